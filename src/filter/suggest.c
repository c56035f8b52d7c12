/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * suggest.c - the nearest word, habits of other tools, and what to say about syntax errors.
 */
#include "filter/suggest.h"

#include "filter/resolve.h"
#include "filter/tokens.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------------ the nearest word */

struct nearest nearest_start(const char *text, size_t len)
{
    return (struct nearest){.text = text, .text_len = len, .word = "", .len = 0,
                            .mistakes = len < 2 ? 0 : len <= 4 ? 2 : 3};
}

/* Edit distance of two short words (insertions, deletions, changes, swaps), cut off at 3. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
    unsigned row[3][34];
    unsigned *before = row[0], *last = row[1], *now = row[2], *spare;
    if (na > 32 || nb > 32 || na > nb + 2 || nb > na + 2) {
        return 3;
    }
    for (size_t j = 0; j <= nb; j++) {
        last[j] = (unsigned)j;
    }
    for (size_t i = 1; i <= na; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned change = last[j - 1] + (strncasecmp(a + i - 1, b + j - 1, 1) != 0);
            unsigned best = last[j] < now[j - 1] ? last[j] + 1 : now[j - 1] + 1;
            best = change < best ? change : best;
            if (i > 1 && j > 1 && strncasecmp(a + i - 1, b + j - 2, 1) == 0 &&
                strncasecmp(a + i - 2, b + j - 1, 1) == 0 && before[j - 2] + 1 < best) {
                best = before[j - 2] + 1;
            }
            now[j] = best;
        }
        spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[nb];
}

/* mistakes is one more than what is still good enough. */
void nearest_try(struct nearest *n, const char *word, size_t len)
{
    bool begins = n->text_len >= 3 && len > n->text_len &&
                  strncasecmp(n->text, word, n->text_len) == 0;
    unsigned d = begins ? 0 : distance(n->text, n->text_len, word, len);
    if (d < n->mistakes && (d > 0 || begins)) {
        n->mistakes = d;
        n->word = word;
        n->len = len;
    }
}

/* ------------------------------------------------------------------ habits */

/* Words that people try, and what is meant. */
static const struct {
    const char *word, *meant;
} habits[] = {
    {"tcp", "proto tcp"},       {"udp", "proto udp"},       {"icmpv6", "proto icmp6"},
    {"icmp6", "proto icmp6"},   {"protocol", "proto"},      {"inet4", "ipv4"},
    {"dscp", "tos (the whole octet, 4 * DSCP)"},            {"ne", "not (in front of the term)"},
    {"xor", "not, and, or"},    {"sport", "src port"},      {"dport", "dst port"},
    {"srcport", "src port"},    {"dstport", "dst port"},    {"srcip", "src ip"},
    {"dstip", "dst ip"},        {"srcaddr", "src ip"},      {"dstaddr", "dst ip"},
    {"saddr", "src ip"},        {"daddr", "dst ip"},        {"address", "ip"},
    {"nextip", "next ip"},      {"srcas", "src as"},        {"dstas", "dst as"},
    {"country", "geo CC"},      {"user", "asa user"},       {"obs", "observation"},
    {"appl", "client latency or server latency"},           {"packet", "packets"},
    {"byte", "bytes"},          {"octets", "bytes"},        {"interface", "if"},
    {"regex", "payload regex"}, {"dns", "payload dns"},     {"tls", "payload tls"},
    {"sni", "payload tls sni"}, {"&", "and"},               {"|", "or"},
    {"!", "not (in front of the term)"},                    {"http", "port 80"},
    {"https", "port 443"},      {"ssh", "port 22"},         {"smtp", "port 25"},
    {"domain", "port 53"},      {"ftp", "port 21"},         {"ntp", "port 123"},
    {"snmp", "port 161"},       {"telnet", "port 23"},      {"geo", "geo CC (two letters)"},
};

static const char *habit(const struct token *t)
{
    for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++) {
        if (t->len == strlen(habits[i].word) &&
            strncasecmp(t->text, habits[i].word, t->len) == 0) {
            return habits[i].meant;
        }
    }
    return NULL;
}

static struct nearest nearest_keyword(const struct token *t)
{
    struct nearest n = nearest_start(t->text, t->len);
    for (size_t i = 0; keyword_row(i) != NULL; i++) {
        if (keyword_row(i)->where == WORD_EVERYWHERE) {
            nearest_try(&n, keyword_row(i)->text, strlen(keyword_row(i)->text));
        }
    }
    return n;
}

/* ------------------------------------------------------------------ syntax errors */

static bool expects(const struct parsing *p, const char *what)
{
    return strstr(p->expected, what) != NULL;
}

/* A plain word where a term begins: only "first seen" goes on after one. */
static bool is_no_term(const struct parsing *p)
{
    return p->before_last_kind == PLAIN_WORD && strcmp(p->expected, "'seen'") == 0;
}

const struct token *suggest_place(const struct parsing *p)
{
    return is_no_term(p) ? &p->before_last : &p->error_at;
}

static bool is_digits(const char *text, size_t len)
{
    return len > 0 && strspn(text, "0123456789") >= len;
}

static bool is_span(const struct token *t)
{
    const char *dash = memchr(t->text, '-', t->len);
    return dash != NULL && is_digits(t->text, (size_t)(dash - t->text)) &&
           is_digits(dash + 1, t->len - (size_t)(dash - t->text) - 1);
}

/* An address that stands where a term should be, or is followed by a prefix where none may be. */
static bool meant_address(const struct parsing *p, const struct token *t, struct buf *out)
{
    bool prefix = p->error_at.raw_len == 1 && p->error_at.raw[0] == '/';
    const struct token *address = prefix ? &p->before_last : t;
    struct ip ip;
    if (address->text == NULL || ip_parse(address->text, address->len, &ip) == 0) {
        return false;
    }
    buf_printf(out, "did you mean '%s %.*s%s'?\n", prefix ? "net" : "ip", TOKEN_TEXT(address),
               prefix ? "/N" : "");
    return true;
}

static void meant_word(const struct parsing *p, const struct token *t, struct buf *out)
{
    const char *meant = habit(t);
    bool number = expects(p, "a number");
    bool value = number || expects(p, "a word");
    struct nearest n = nearest_keyword(t);
    if (meant != NULL && number && strncmp(meant, "port ", 5) == 0) {
        meant += 5;
    }
    if (meant == NULL && (n.len == 0 || value)) { /* keywords are no values */
        return;
    }
    buf_printf(out, "did you mean '%.*s'?\n", meant != NULL ? (int)strlen(meant) : (int)n.len,
               meant != NULL ? meant : n.word);
}

/* What a keyword goes on with, where the token's kind says too little. */
static const char *after_keyword(int kind)
{
    switch (kind) {
    case KW_IP:
        return "an address or 'in' and a list";
    case KW_NET:
        return "an address and its prefix";
    case KW_PROTO:
        return "a protocol number or name";
    case KW_MAC:
        return "a MAC address";
    case KW_PAYLOAD:
        return "content, regex, dns, tls, ssl, ja3 or ja4";
    case KW_ASA:
        return "event, denied, xevent or user";
    case KW_PF:
        return "action, reason, dir, rule or interface";
    case KW_ICMP:
        return "type or code";
    case KW_MPLS:
        return "any, eos, label1 to label10 or exp1 to exp10";
    case KW_OBSERVATION:
        return "domain id or point id";
    case KW_NAT:
        return "event, pblock or a term";
    default:
        return NULL;
    }
}

static void say_expected(const struct parsing *p, struct buf *out)
{
    const char *more = expects(p, "a word") ? after_keyword(p->before_last_kind) : NULL;
    if (more != NULL) {
        buf_printf(out, "expected %s\n", more);
    } else if (is_no_term(p) || p->expected[0] == '\0') {
        buf_str(out, "expected a term, such as port, ip, net, proto or bytes\n");
    } else if (expects(p, "end of file")) {
        buf_str(out, "expected 'and', 'or' or the end of the filter\n");
    } else if (strcmp(p->expected, "'or' or ')'") == 0) {
        buf_str(out, "expected 'and', 'or' or ')'\n");
    } else {
        buf_printf(out, "expected %s\n", p->expected);
    }
}

void suggest_syntax(const struct parsing *p, struct buf *out)
{
    const struct token *t = suggest_place(p);
    say_expected(p, out);
    if (t->raw == NULL || keyword_find(t->text, t->len) != NULL) {
        return;
    }
    if (is_span(t)) {
        buf_str(out, "there are no ranges: use >= and <=\n");
    } else if (t->len > 0 || expects(p, "'/'")) {
        if (!meant_address(p, t->len > 0 ? t : &p->before_last, out)) {
            meant_word(p, t, out);
        }
    }
}
