/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * namedterms.c - terms whose value is a name or has a form of its own: protocols, TCP flags,
 * forwarding states, MAC addresses, idents, times.
 */
#include "filter/resolve.h"

#include "field/names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------------ protocol, flags, ttl */

static void list_protocols(struct buf *out)
{
    size_t n;
    const struct name_row *rows = names_rows(NAMES_PROTO, &n);
    buf_str(out, "Valid protocols:\n");
    for (size_t i = 0; i < n; i++) {
        buf_u64_pad(out, rows[i].number, 3);
        buf_printf(out, ": %s\n", rows[i].text);
    }
}

struct cond *resolve_proto(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[1];
    uint32_t number = 0;
    bool known = w->len > 0 && w->len < 6 && number_of_prefix(NAMES_PROTO, w->text, w->len,
                                                              &number);
    if (token_is(w, "icmpv6")) {
        number = 58;
        known = true;
    }
    if (!known) {
        resolve_fail(r, t, w, "Unknown protocol: %.*s", TOKEN_TEXT(w));
        list_protocols(&r->after);
        resolve_hint(r, "expected a protocol number or name, such as tcp, udp, icmp, icmp6, gre");
        resolve_expect_name(r, w, NAMES_PROTO);
        return NULL;
    }
    return resolve_named(r, t, "proto", number);
}

/* Bits of a flag string; -1 if it is wrong. */
static int flag_bits(const char *text, size_t len)
{
    static const char letters[] = "FSRPAUECX";
    int bits = 0;
    int seen = 0;
    for (size_t i = 0; i < len; i++) {
        const char *at = strchr(letters, text[i]);
        int bit = at != NULL && *at != '\0' ? 1 << (at - letters) : 0;
        if (bit == 0 || (seen & bit) != 0) {
            return -1;
        }
        seen |= bit;
        bits |= bit == 256 ? 63 : bit;
    }
    return len == 0 ? -1 : bits;
}

struct cond *resolve_flags(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[1];
    bool strict = w->len > 0 && w->text[0] == '=';
    int bits = flag_bits(w->text + strict, w->len - strict);
    struct test test = {.op = OP_RANGE, .guard = GROUP_GENERIC, .field = FIELD_TCP_FLAGS,
                        .field2 = FIELD_NONE};
    if (w->word != NULL && bits < 0) {
        return resolve_fail(r, t, w, "syntax error");
    }
    if (w->len > 10 || bits < 0) {
        resolve_hint(r, "expected letters of CEUAPRSF or X in upper case, each once, or a number");
        return resolve_fail(r, t, w, w->len > 10 ? "Flags string error" : "Unknown flags");
    }
    test.bits = strict ? UINT64_MAX : (uint64_t)bits;
    if (!ranges_single(r->arena, (wide)bits, (wide)bits, &test.set)) {
        return resolve_no_memory(r);
    }
    return resolve_implied(r, term_facts("flags"), cond_test(r->arena, &test));
}

struct cond *resolve_ttl(struct resolving *r, const struct ast_term *t)
{
    struct test test = {.op = OP_EQ2, .guard = GROUP_IP_INFO, .field = FIELD_MIN_TTL,
                        .field2 = FIELD_MAX_TTL};
    struct cond *c;
    if (!token_is(&t->words[1], "equal")) {
        resolve_expect(r, &t->words[1], "equal");
        return resolve_fail(r, t, &t->words[1], "Unexpected argument: %.*s",
                            TOKEN_TEXT(&t->words[1]));
    }
    c = cond_test(r->arena, &test);
    return c != NULL ? c : resolve_no_memory(r);
}

static void list_forwarding(struct buf *out)
{
    size_t n;
    const struct name_row *rows = names_rows(NAMES_FWD_STATUS, &n);
    buf_str(out, "Recognized forward status strings:\n");
    for (size_t i = 0; i < n; i++) {
        buf_printf(out, "%s  %s\n", rows[i].text,
                   name_of(NAMES_FWD_STATUS_LONG, rows[i].number));
    }
}

struct cond *resolve_fwdstat(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[1];
    uint32_t number;
    if (!number_of(NAMES_FWD_STATUS, w->text, w->len, &number)) {
        list_forwarding(&r->before);
        resolve_hint(r, "expected a number from 0 to 255 or a name, such as Forw, Drop, Term");
        resolve_expect_name(r, w, NAMES_FWD_STATUS);
        return resolve_fail(r, t, w, "Unknown forwarding status: %.*s", TOKEN_TEXT(w));
    }
    return resolve_named(r, t, "fwdstat", number);
}

struct cond *resolve_flowdir(struct resolving *r, const struct ast_term *t)
{
    struct ast_term plain = *t;
    if (t->dir != DIR_INGRESS && t->dir != DIR_EGRESS) {
        resolve_expect(r, &t->dir_at, "0 1 ingress egress");
        return resolve_fail(r, t, &t->dir_at, "Unknown flowdir");
    }
    plain.dir = DIR_ANY;
    return resolve_named(r, &plain, "flowdir", t->dir == DIR_EGRESS);
}

/* ------------------------------------------------------------------ constants */

struct cond *resolve_any(struct resolving *r, const struct ast_term *t)
{
    struct cond *c = cond_constant(r->arena, true);
    (void)t;
    return c != NULL ? c : resolve_no_memory(r);
}

struct cond *resolve_family(struct resolving *r, const struct ast_term *t)
{
    bool v4 = strcmp(t->words[0].word->canonical, "ipv4") == 0;
    struct test test = {.op = OP_GROUP, .field = FIELD_NONE, .field2 = FIELD_NONE,
                        .number = group_bit(v4 ? GROUP_IPV4 : GROUP_IPV6)};
    struct cond *c = cond_test(r->arena, &test);
    return c != NULL ? c : resolve_no_memory(r);
}

enum { IDENT_LENGTH_MAX = 255 };

static bool ident_letter(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
        c == '-';
}

struct cond *resolve_ident(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[1];
    struct test test = {.op = OP_IDENT, .field = FIELD_NONE, .field2 = FIELD_NONE, .text = w->text,
                        .text_len = w->len};
    struct cond *c;
    if (w->len == 0 || w->len > IDENT_LENGTH_MAX) {
        return resolve_fail(r, t, w, "Invalid ident string: %.*s", TOKEN_TEXT(w));
    }
    for (uint32_t i = 0; i < w->len; i++) {
        if (!ident_letter(w->text[i])) {
            resolve_hint(r, "an ident has letters, digits, _ and -");
            return resolve_fail(r, t, w, "Invalid char in ident string: %.*s: %c", TOKEN_TEXT(w),
                                w->text[i]);
        }
    }
    c = cond_test(r->arena, &test);
    return c != NULL ? c : resolve_no_memory(r);
}

struct cond *resolve_seen(struct resolving *r, const struct ast_term *t)
{
    char text[300];
    char key[16];
    uint64_t msec, low, high;
    struct ranges set;
    if (t->has_number) {
        snprintf(text, sizeof text, "%d", (int)t->number.number);
    } else {
        snprintf(text, sizeof text, "%.*s", TOKEN_TEXT(&t->number));
    }
    if (!filter_time_parse(text, strlen(text), &msec)) {
        resolve_hint(r, "expected YYYY-MM-DDTHH:MM:SS.mmm or the first parts of it");
        return resolve_fail(r, t, &t->number, "Invalid ISO8601 time string: %s", text);
    }
    if (!token_is(&t->words[0], "first") && !token_is(&t->words[0], "last")) {
        resolve_expect(r, &t->words[0], "first last");
        return resolve_fail(r, t, &t->words[0], "Unexpected token: %s", text);
    }
    snprintf(key, sizeof key, "%s seen", token_is(&t->words[0], "first") ? "first" : "last");
    comparator_range(t->cmp, msec, &low, &high);
    if (!ranges_single(r->arena, low, high, &set)) {
        return resolve_no_memory(r);
    }
    return resolve_fields(r, t, key, resolve_number_field, &set);
}

/* ------------------------------------------------------------------ mac */

static bool mac_parse(const struct token *w, uint64_t *mac)
{
    uint64_t v = 0;
    size_t at = 0;
    for (int i = 0; i < 6; i++) {
        unsigned octet = 0;
        unsigned digits = 0;
        if (i > 0 && (at >= w->len || w->text[at++] != ':')) {
            return false;
        }
        for (; at < w->len && digits < 2; at++, digits++) {
            char c = (char)(w->text[at] | 0x20);
            int d = c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : w->text[at] >= '0' && w->text[at] <= '9' ? w->text[at] - '0' : -1;
            if (d < 0) {
                break;
            }
            octet = octet * 16 + (unsigned)d;
        }
        if (digits == 0) {
            return false;
        }
        v = v << 8 | octet;
    }
    *mac = v;
    return at == w->len && v != 0;
}

struct cond *resolve_mac(struct resolving *r, const struct ast_term *t)
{
    uint64_t mac;
    if (!mac_parse(&t->words[1], &mac)) {
        resolve_hint(r, "expected six hexadecimal octets with colons, not all zero");
        return resolve_fail(r, t, &t->words[1], "Invalid MAC address: %.*s",
                            TOKEN_TEXT(&t->words[1]));
    }
    return resolve_named(r, t, "mac", mac);
}

