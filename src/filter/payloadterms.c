/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * payloadterms.c - terms that look into payloads.
 *
 * As in nfdump, a direction in front has no effect except for dns.
 */
#include "filter/resolve.h"

#include "payload/ja3.h"
#include "payload/ja4.h"
#include "payload/regex.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The same term without its direction. */
static struct ast_term anywhere(const struct ast_term *t)
{
    struct ast_term plain = *t;
    plain.dir = DIR_ANY;
    return plain;
}

static struct cond *model_field(struct resolving *r, enum field_id field, const void *ctx)
{
    struct test t = *(const struct test *)ctx;
    struct cond *c;
    t.field = field;
    t.field2 = FIELD_NONE;
    t.guard = field_guard(field);
    c = cond_test(r->arena, &t);
    return c != NULL ? c : resolve_no_memory(r);
}

static struct cond *with_tcp(struct resolving *r, struct cond *c)
{
    c = c != NULL ? cond_pair(r->arena, COND_AND, cond_range(r->arena, FIELD_PROTO, 6, 6), c)
        : NULL;
    return c != NULL ? c : resolve_no_memory(r);
}

static struct cond *content(struct resolving *r, const struct ast_term *t)
{
    struct ast_term plain = anywhere(t);
    struct test model = {.op = OP_CONTENT, .text = t->words[2].text, .text_len = t->words[2].len};
    if (model.text_len == 0) {
        return resolve_fail(r, t, &t->words[2], "Empty string for payload content");
    }
    return resolve_fields(r, &plain, "payload content", model_field, &model);
}

static struct cond *regex_refused(struct resolving *r, const struct ast_term *t, const char *why)
{
    snprintf(r->hint, sizeof r->hint, "%.200s", why);
    return resolve_fail(r, t, &t->words[2], "failed to compile regex: %.*s",
                        TOKEN_TEXT(&t->words[2]));
}

static struct cond *regex_term(struct resolving *r, const struct ast_term *t)
{
    struct ast_term plain = anywhere(t);
    struct regex_entry *entry = arena_zalloc(r->arena, sizeof *entry);
    struct test model = {.op = OP_REGEX, .text = t->words[2].text, .text_len = t->words[2].len};
    struct fault fault = {0};
    char *flags = t->nwords == 4 ? arena_strndup(r->arena, t->words[3].text, t->words[3].len)
        : NULL;
    if (entry == NULL || (t->nwords == 4 && flags == NULL)) {
        return resolve_no_memory(r);
    }
    if (regex_compile(t->words[2].text, t->words[2].len, flags, REGEX_BEST, &entry->regex,
                      &fault) != 0) {
        return regex_refused(r, t, fault.text);
    }
    entry->next = r->regexes;
    r->regexes = entry;
    model.object = entry->regex;
    return resolve_fields(r, &plain, "payload regex", model_field, &model);
}

/* ------------------------------------------------------------------ dns */

/* (protocol) and (source or destination port 53) and the question asked of the payload. */
static struct cond *dns_over(struct resolving *r, const struct ast_term *t, struct test model,
                             uint64_t proto)
{
    struct cond *c = resolve_fields(r, t, "payload dns", model_field, &model);
    struct cond *ports;
    if (c == NULL) {
        return NULL;
    }
    ports = cond_pair(r->arena, COND_OR, cond_range(r->arena, FIELD_SRC_PORT, 53, 53),
                      cond_range(r->arena, FIELD_DST_PORT, 53, 53));
    c = cond_pair(r->arena, COND_AND, ports, c);
    c = cond_pair(r->arena, COND_AND, cond_range(r->arena, FIELD_PROTO, proto, proto), c);
    return c != NULL ? c : resolve_no_memory(r);
}

static struct cond *dns_condition(struct resolving *r, const struct ast_term *t, uint64_t what)
{
    struct test model = {.op = OP_DNS, .number = what};
    struct cond *udp, *tcp;
    if (what != DNS_DEFINED) {
        model.text = t->words[3].text;
        model.text_len = t->words[3].len;
    }
    udp = dns_over(r, t, model, 17);
    model.number |= DNS_OVER_TCP;
    tcp = udp != NULL ? dns_over(r, t, model, 6) : NULL;
    udp = tcp != NULL ? cond_pair(r->arena, COND_OR, udp, tcp) : NULL;
    return udp != NULL ? udp : resolve_no_memory(r);
}

static struct cond *dns_term(struct resolving *r, const struct ast_term *t)
{
    const struct token *arg = &t->words[2];
    bool name = token_is(arg, "name");
    if (t->dir != DIR_ANY && t->dir != DIR_IN && t->dir != DIR_OUT) {
        return resolve_fail(r, t, &t->dir_at, "Use 'in' or 'out' as direction specifier");
    }
    if (token_is(arg, "defined")) {
        return dns_condition(r, t, DNS_DEFINED);
    }
    if (!name && !token_is(arg, "address") && !token_is(arg, "addr")) {
        resolve_expect(r, arg, "defined name address");
        return resolve_fail(r, t, arg, "Unknown payload dns argument: %.*s", TOKEN_TEXT(arg));
    }
    if (t->nwords < 4) {
        return resolve_fail(r, t, arg, "Missing string for 'payload dns %s <string>'",
                            name ? "name" : "address");
    }
    return dns_condition(r, t, name ? DNS_NAME : DNS_ADDRESS);
}

/* ------------------------------------------------------------------ tls, ja3, ja4 */

static struct cond *tls_condition(struct resolving *r, const struct ast_term *t, uint64_t number,
                                  const struct token *text)
{
    struct ast_term plain = anywhere(t);
    struct test model = {.op = OP_TLS, .number = number};
    if (text != NULL) {
        model.text = text->text;
        model.text_len = text->len;
    }
    return with_tcp(r, resolve_fields(r, &plain, "payload tls", model_field, &model));
}

/* "1.2" as major and minor digit. */
static bool version_parse(const struct token *w, unsigned *major, unsigned *minor)
{
    if (w->len != 3 || w->text[1] != '.' || w->text[0] < '0' || w->text[0] > '3' ||
        w->text[2] < '0' || w->text[2] > '3') {
        return false;
    }
    *major = (unsigned)(w->text[0] - '0');
    *minor = (unsigned)(w->text[2] - '0');
    return !(*major > 1 && *minor > 0) && *major > 0;
}

static struct cond *tls_version(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[t->nwords == 4 ? 3 : 2];
    bool tls = token_is(&t->words[1], "tls");
    unsigned major, minor;
    if (!version_parse(w, &major, &minor)) {
        snprintf(r->hint, sizeof r->hint,
                 "expected 1.0, 1.1, 1.2 or 1.3 for tls, 2.0 or 3.0 for ssl");
        return resolve_fail(r, t, w, "String %.*s is not a valid SSL/TLS version", TOKEN_TEXT(w));
    }
    if (tls ? major > 1 : minor > 0) {
        return resolve_fail(r, t, w, "String %.*s is not a valid %s version", TOKEN_TEXT(w), tls
                            ? "TLS" : "SSL");
    }
    return tls_condition(r, t, (tls ? 0x0301 + minor : major << 8) << 8 | TLS_VERSION, NULL);
}

static struct cond *tls_term(struct resolving *r, const struct ast_term *t)
{
    const struct token *arg = &t->words[2];
    if (token_is(arg, "defined")) {
        return tls_condition(r, t, TLS_DEFINED, NULL);
    }
    if (token_is(arg, "version")) {
        return tls_version(r, t);
    }
    if (token_is(arg, "sni")) {
        bool missing = t->nwords < 4;
        if (missing || t->words[3].len > 64) {
            return resolve_fail(r, t, arg, "Invalid string %.*s for SSL/TLS sni name",
                                missing ? 0 : (int)t->words[3].len, missing ? ""
                                    : t->words[3].text);
        }
        return tls_condition(r, t, TLS_SNI, &t->words[3]);
    }
    resolve_expect(r, arg, "defined version sni");
    return resolve_fail(r, t, arg, "String %.*s is not a valid SSL/TLS filter", TOKEN_TEXT(arg));
}

static struct cond *fingerprint(struct resolving *r, const struct ast_term *t, enum op op,
                                const char *key, const char *text, size_t len, uint64_t number)
{
    struct ast_term plain = anywhere(t);
    struct test model = {.op = op, .text = text, .text_len = len, .number = number};
    return with_tcp(r, resolve_fields(r, &plain, key, model_field, &model));
}

static struct cond *ja3_term(struct resolving *r, const struct ast_term *t)
{
    const struct token *arg = &t->words[2];
    char lower[JA3_LENGTH + 1];
    if (token_is(arg, "defined")) {
        return fingerprint(r, t, OP_JA3, "payload ja3", NULL, 0, 0);
    }
    if (!ja3_valid(arg->text, arg->len, lower)) {
        snprintf(r->hint, sizeof r->hint, "expected 32 hexadecimal digits or 'defined'");
        return resolve_fail(r, t, arg, "String %.*s is not a valid ja3 string", TOKEN_TEXT(arg));
    }
    return fingerprint(r, t, OP_JA3, "payload ja3", arena_strndup(r->arena, lower, JA3_LENGTH),
                       JA3_LENGTH, 0);
}

static struct cond *ja4_term(struct resolving *r, const struct ast_term *t)
{
    const struct token *arg = &t->words[2];
    if (token_is(arg, "defined")) {
        return fingerprint(r, t, OP_JA4, "payload ja4", NULL, 0, 0);
    }
    if (!ja4_valid(arg->text, arg->len)) {
        snprintf(r->hint, sizeof r->hint,
                 "expected a text like t12d1612h1_94fc43e2fc61_c9eaec7dbab4");
        return resolve_fail(r, t, arg, "String %.*s is not a valid ja4 string", TOKEN_TEXT(arg));
    }
    return fingerprint(r, t, OP_JA4, "payload ja4", arg->text, arg->len, 0);
}

static struct cond *ja4s_term(struct resolving *r, const struct ast_term *t)
{
    const struct token *arg = &t->words[2];
    if (!ja4s_enabled()) {
        snprintf(r->hint, sizeof r->hint, "this build does not have JA4S");
        return resolve_fail(r, t, &t->words[1], "ja4s code not enabled");
    }
    if (token_is(arg, "defined")) {
        return fingerprint(r, t, OP_JA4, "payload ja4", NULL, 0, 1);
    }
    if (!ja4s_valid(arg->text, arg->len)) {
        return resolve_fail(r, t, arg, "String %.*s is not a valid ja4s string", TOKEN_TEXT(arg));
    }
    return fingerprint(r, t, OP_JA4, "payload ja4", arg->text, arg->len, 1);
}

struct cond *resolve_payload(struct resolving *r, const struct ast_term *t)
{
    static const struct {
        const char *kind;
        struct cond *(*resolve)(struct resolving *r, const struct ast_term *t);
    } kinds[] = {
        {"content", content}, {"regex", regex_term}, {"dns", dns_term},   {"ssl", tls_term},
        {"tls", tls_term},    {"ja3", ja3_term},     {"ja4", ja4_term},   {"ja4s", ja4s_term},
    };
    const struct token *kind = &t->words[1];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (token_is(kind, kinds[i].kind)) {
            return kinds[i].resolve(r, t);
        }
    }
    resolve_expect(r, kind, "content regex dns tls ssl ja3 ja4");
    return resolve_fail(r, t, kind, "Unknown 'payload' argument: %.*s", TOKEN_TEXT(kind));
}
