/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * resolve.c - terms of numbers, names and events; the walk over the tree.
 */
#include "filter/resolve.h"

#include "field/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct cond *resolve_fail(struct resolving *r, const struct ast_term *t, const struct token *place,
                          const char *fmt, ...)
{
    va_list args;
    if (r->error == 0) {
        r->error = ERR_SYNTAX;
        r->at = t->at;
        r->place = *place;
        va_start(args, fmt);
        vsnprintf(r->message, sizeof r->message, fmt, args);
        va_end(args);
    }
    return NULL;
}

struct cond *resolve_no_memory(struct resolving *r)
{
    if (r->error == 0) {
        r->error = ERR_NOMEM;
        snprintf(r->message, sizeof r->message, "out of memory");
    }
    return NULL;
}

static void hint(struct resolving *r, const char *text)
{
    if (r->hint[0] == '\0') {
        snprintf(r->hint, sizeof r->hint, "%s", text);
    }
}

bool token_is(const struct token *t, const char *word)
{
    return t->len == strlen(word) && strncasecmp(t->text, word, t->len) == 0;
}

/* For messages: at most 256 octets of a token. */
#define TEXT(token) (int)((token)->len), (token)->text

void comparator_range(enum comparator cmp, uint64_t n, uint64_t *low, uint64_t *high)
{
    *low = 0;
    *high = UINT64_MAX;
    switch (cmp) {
    case CMP_EQ:
        *low = *high = n;
        break;
    case CMP_GE:
        *low = n;
        break;
    case CMP_LE:
        *high = n;
        break;
    case CMP_GT:
        *low = n == UINT64_MAX ? 1 : n + 1;
        *high = n == UINT64_MAX ? 0 : UINT64_MAX;
        break;
    case CMP_LT:
        *low = n == 0 ? 1 : 0;
        *high = n == 0 ? 0 : n - 1;
        break;
    }
}

/* ------------------------------------------------------------------ directions and fields */

enum direction resolve_direction(const struct ast_term *t)
{
    const struct keyword *k = t->words[0].word;
    if (k == NULL || (strcmp(k->canonical, "nat ip") != 0 && strcmp(k->canonical,
                                                                    "nat port") != 0)) {
        return t->dir;
    }
    return t->dir == DIR_ANY ? DIR_NAT : t->dir == DIR_SRC ? DIR_SRC_NAT
         : t->dir == DIR_DST ? DIR_DST_NAT : t->dir;
}

static struct cond *one_direction(struct resolving *r, const struct ast_term *t, const char *key,
                                  enum direction dir, field_maker make, const void *ctx)
{
    enum field_id fields[WORD_FIELDS_MAX];
    size_t n = word_fields(key, dir, fields);
    struct cond *any;
    if (n == 0) {
        return resolve_fail(r, t, &t->words[0], "%s", term_facts(key)->direction_message);
    }
    if (n == 1) {
        return make(r, fields[0], ctx);
    }
    any = cond_many(r->arena, COND_OR);
    for (size_t i = 0; i < n; i++) {
        struct cond *c = make(r, fields[i], ctx);
        if (c == NULL || !cond_add(r->arena, any, c)) {
            return resolve_no_memory(r);
        }
    }
    return any;
}

static struct cond *two_directions(struct resolving *r, const struct ast_term *t, const char *key,
                                   enum cond_kind kind, field_maker make, const void *ctx)
{
    struct cond *src = one_direction(r, t, key, DIR_SRC, make, ctx);
    struct cond *dst = src != NULL ? one_direction(r, t, key, DIR_DST, make, ctx) : NULL;
    struct cond *both = dst != NULL ? cond_pair(r->arena, kind, src, dst) : NULL;
    return both != NULL ? both : resolve_no_memory(r);
}

struct cond *resolve_fields(struct resolving *r, const struct ast_term *t, const char *key,
                            field_maker make, const void *ctx)
{
    enum direction dir = resolve_direction(t);
    if (dir == DIR_SRC_OR_DST || dir == DIR_SRC_AND_DST) {
        return two_directions(r, t, key, dir == DIR_SRC_OR_DST ? COND_OR : COND_AND, make, ctx);
    }
    return one_direction(r, t, key, dir, make, ctx);
}

/* ------------------------------------------------------------------ numbers */

static struct cond *number_field(struct resolving *r, enum field_id field, const void *ctx)
{
    const struct ranges *set = ctx;
    struct test t = {.op = OP_RANGE, .guard = field_guard(field), .field = field,
                     .field2 = FIELD_NONE, .bits = UINT64_MAX, .set = *set};
    struct cond *c;
    if (field == FIELD_SRC_AS || field == FIELD_DST_AS) {
        return resolve_as(r, field, set);
    }
    c = cond_test(r->arena, &t);
    return c != NULL ? c : resolve_no_memory(r);
}

/* Some terms carry a protocol with them. */
static struct cond *with_implied(struct resolving *r, const struct term_facts *facts,
                                 struct cond *c)
{
    struct cond *proto;
    if (c == NULL || facts->implied == IMPLIED_NONE) {
        return c;
    }
    proto = facts->implied == IMPLIED_TCP
                ? cond_range(r->arena, FIELD_PROTO, 6, 6)
                : cond_pair(r->arena, COND_OR, cond_range(r->arena, FIELD_PROTO, 1, 1),
                            cond_range(r->arena, FIELD_PROTO, 58, 58));
    c = cond_pair(r->arena, COND_AND, proto, c);
    return c != NULL ? c : resolve_no_memory(r);
}

/* "nat pblock start" from its tokens; "nat " of older spellings is left to the direction. */
static void term_key(const struct ast_term *t, char *key, size_t room)
{
    const struct keyword *k = t->words[0].word;
    const char *first = k != NULL ? k->canonical : "";
    size_t used;
    if (strcmp(first, "nat ip") == 0 || strcmp(first, "nat port") == 0) {
        first += 4;
    }
    used = (size_t)snprintf(key, room, "%s", first);
    for (unsigned i = 1; i < t->nwords && used < room; i++) {
        used += (size_t)snprintf(key + used, room - used, " %.*s", TEXT(&t->words[i]));
    }
    for (char *p = key; *p != '\0'; p++) {
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
    }
    if (strcmp(key, "exporter sysid") == 0) {
        snprintf(key, room, "exporter id");
    }
}

/* What nfdump says about "asa foo 1" and its like. */
static struct cond *unknown_number_term(struct resolving *r, const struct ast_term *t,
                                        const char *key)
{
    static const struct {
        const char *head, *message;
        unsigned word;
    } rows[] = {
        {"nat pblock ", "Unknown port block argument", 2}, {"asa ", "Invalid ASA type", 1},
        {"pf ", "Invalid pf argument", 1},                 {"exporter ",
                                                            "Unknown exporter argument", 1},
        {"engine ", "Unknown engine argument", 1},         {"icmp ", "Unknown ICMP argument", 1},
        {"observation ", "Unknown observation specifier", 1},
    };
    unsigned word = 1;
    const char *message = "Invalid NAT type";
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strncmp(key, rows[i].head, strlen(rows[i].head)) == 0) {
            message = rows[i].message;
            word = rows[i].word;
            break;
        }
    }
    if (t->words[0].word->token != 0 && strncmp(key, "nat ", 4) == 0 && t->nwords == 3 &&
        strncmp(key, "nat pblock ", 11) != 0) {
        message = "Unknown NAT argument";
    }
    if (strncmp(key, "observation ", 12) == 0 && !token_is(&t->words[2], "id")) {
        word = 2;
    }
    if (word >= t->nwords) {
        word = t->nwords - 1;
    }
    return resolve_fail(r, t, &t->words[word], "%s: %.*s", message, TEXT(&t->words[word]));
}

static bool fits(struct resolving *r, const struct ast_term *t, const struct token *place,
                 uint64_t number, const struct term_facts *facts)
{
    char text[128];
    const char *mark = strstr(facts->range_message, "%llu");
    if (number <= facts->maximum) {
        return true;
    }
    if (mark == NULL) {
        snprintf(text, sizeof text, "%s", facts->range_message);
    } else {
        snprintf(text, sizeof text, "%.*s%llu%s", (int)(mark - facts->range_message),
                 facts->range_message, (unsigned long long)number, mark + 4);
    }
    resolve_fail(r, t, place, "%s", text);
    r->error = ERR_RANGE;
    snprintf(r->hint, sizeof r->hint, "expected a number from 0 to %llu",
             (unsigned long long)facts->maximum);
    return false;
}

static struct cond *number_term(struct resolving *r, const struct ast_term *t)
{
    char key[600];
    uint64_t low, high;
    struct ranges set;
    const struct term_facts *facts;
    term_key(t, key, sizeof key);
    facts = term_facts(key);
    if (t->nwords > 1 && facts->term[0] == '\0') {
        return unknown_number_term(r, t, key);
    }
    if (!fits(r, t, &t->number, t->number.number, facts)) {
        return NULL;
    }
    comparator_range(t->cmp, t->number.number, &low, &high);
    if (!ranges_single(r->arena, low, high, &set)) {
        return resolve_no_memory(r);
    }
    return with_implied(r, facts, resolve_fields(r, t, key, number_field, &set));
}

static struct cond *numbers_term(struct resolving *r, const struct ast_term *t)
{
    char key[600];
    struct range *raw = arena_alloc(r->arena, t->list->n * sizeof *raw);
    const struct term_facts *facts;
    const struct token *worst = NULL;
    struct ranges set;
    term_key(t, key, sizeof key - 3);
    strcat(key, " in");
    facts = term_facts(key);
    if (raw == NULL) {
        return resolve_no_memory(r);
    }
    for (size_t i = 0; i < t->list->n; i++) {
        const struct token *n = &t->list->entries[i].token;
        raw[i] = (struct range){n->number, n->number};
        if (n->number > facts->maximum && (worst == NULL || n->number < worst->number)) {
            worst = n;
        }
    }
    if (worst != NULL && !fits(r, t, worst, worst->number, facts)) {
        return NULL;
    }
    set = ranges_of(raw, t->list->n);
    return resolve_fields(r, t, key, number_field, &set);
}

/* key = number, for terms whose value was given by name. */
static struct cond *named_value(struct resolving *r, const struct ast_term *t, const char *key,
                                uint64_t number)
{
    struct ranges set;
    if (!ranges_single(r->arena, number, number, &set)) {
        return resolve_no_memory(r);
    }
    return with_implied(r, term_facts(key), resolve_fields(r, t, key, number_field, &set));
}

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

static struct cond *proto_term(struct resolving *r, const struct ast_term *t)
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
        resolve_fail(r, t, w, "Unknown protocol: %.*s", TEXT(w));
        list_protocols(&r->after);
        hint(r, "expected a protocol number or name, such as tcp, udp, icmp, icmp6, gre");
        return NULL;
    }
    return named_value(r, t, "proto", number);
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

static struct cond *flags_term(struct resolving *r, const struct ast_term *t)
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
        hint(r, "expected letters of CEUAPRSF or X in upper case, each once, or a number");
        return resolve_fail(r, t, w, w->len > 10 ? "Flags string error" : "Unknown flags");
    }
    test.bits = strict ? UINT64_MAX : (uint64_t)bits;
    if (!ranges_single(r->arena, (wide)bits, (wide)bits, &test.set)) {
        return resolve_no_memory(r);
    }
    return with_implied(r, term_facts("flags"), cond_test(r->arena, &test));
}

static struct cond *ttl_term(struct resolving *r, const struct ast_term *t)
{
    struct test test = {.op = OP_EQ2, .guard = GROUP_IP_INFO, .field = FIELD_MIN_TTL,
                        .field2 = FIELD_MAX_TTL};
    struct cond *c;
    if (!token_is(&t->words[1], "equal")) {
        hint(r, "expected a number or 'equal'");
        return resolve_fail(r, t, &t->words[1], "Unexpected argument: %.*s", TEXT(&t->words[1]));
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
        buf_printf(out, "%s  %u\n", rows[i].text, rows[i].number);
    }
}

static struct cond *fwdstat_term(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[1];
    uint32_t number;
    if (!number_of(NAMES_FWD_STATUS, w->text, w->len, &number)) {
        list_forwarding(&r->before);
        return resolve_fail(r, t, w, "Unknown forwarding status: %.*s", TEXT(w));
    }
    return named_value(r, t, "fwdstat", number);
}

static struct cond *flowdir_term(struct resolving *r, const struct ast_term *t)
{
    struct ast_term plain = *t;
    if (t->dir != DIR_INGRESS && t->dir != DIR_EGRESS) {
        hint(r, "expected 0, 1, ingress or egress");
        return resolve_fail(r, t, &t->words[0], "Unknown flowdir");
    }
    plain.dir = DIR_ANY;
    return named_value(r, &plain, "flowdir", t->dir == DIR_EGRESS);
}

/* ------------------------------------------------------------------ constants */

static struct cond *any_term(struct resolving *r, const struct ast_term *t)
{
    struct cond *c = cond_constant(r->arena, true);
    (void)t;
    return c != NULL ? c : resolve_no_memory(r);
}

static struct cond *family_term(struct resolving *r, const struct ast_term *t)
{
    bool v4 = strcmp(t->words[0].word->canonical, "ipv4") == 0;
    struct test test = {.op = OP_GROUP, .field = FIELD_NONE, .field2 = FIELD_NONE,
                        .number = group_bit(v4 ? GROUP_IPV4 : GROUP_IPV6)};
    struct cond *c = cond_test(r->arena, &test);
    return c != NULL ? c : resolve_no_memory(r);
}

static bool ident_letter(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
        c == '-';
}

static struct cond *ident_term(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[1];
    struct test test = {.op = OP_IDENT, .field = FIELD_NONE, .field2 = FIELD_NONE, .text = w->text,
                        .text_len = w->len};
    struct cond *c;
    if (w->len == 0) {
        return resolve_fail(r, t, w, "Invalid ident string: ");
    }
    for (uint32_t i = 0; i < w->len; i++) {
        if (!ident_letter(w->text[i])) {
            hint(r, "an ident has letters, digits, _ and -");
            return resolve_fail(r, t, w, "Invalid char in ident string: %.*s: %c", TEXT(w),
                                w->text[i]);
        }
    }
    c = cond_test(r->arena, &test);
    return c != NULL ? c : resolve_no_memory(r);
}

static struct cond *refused_term(struct resolving *r, const struct ast_term *t)
{
    return resolve_fail(r, t, &t->words[t->nwords - 1], "%s", t->refusal);
}

static struct cond *seen_term(struct resolving *r, const struct ast_term *t)
{
    char text[300];
    char key[16];
    uint64_t msec, low, high;
    struct ranges set;
    if (t->has_number) {
        snprintf(text, sizeof text, "%d", (int)t->number.number);
    } else {
        snprintf(text, sizeof text, "%.*s", TEXT(&t->number));
    }
    if (!filter_time_parse(text, strlen(text), &msec)) {
        hint(r, "expected YYYY-MM-DDTHH:MM:SS.mmm or the first parts of it");
        return resolve_fail(r, t, &t->number, "Invalid ISO8601 time string: %s", text);
    }
    if (!token_is(&t->words[0], "first") && !token_is(&t->words[0], "last")) {
        hint(r, "expected 'first seen' or 'last seen'");
        return resolve_fail(r, t, &t->words[0], "Unexpected token: %s", text);
    }
    snprintf(key, sizeof key, "%s seen", token_is(&t->words[0], "first") ? "first" : "last");
    comparator_range(t->cmp, msec, &low, &high);
    if (!ranges_single(r->arena, low, high, &set)) {
        return resolve_no_memory(r);
    }
    return resolve_fields(r, t, key, number_field, &set);
}

/* ------------------------------------------------------------------ port blocks */

static struct cond *pair_test(struct resolving *r, enum op op, enum field_id a, enum field_id b)
{
    struct test t = {.op = op, .guard = field_guard(b), .field = a, .field2 = b};
    return cond_test(r->arena, &t);
}

static struct cond *pblock_field(struct resolving *r, enum field_id field, const void *ctx)
{
    struct test has = {.op = OP_GROUP, .field = FIELD_NONE, .field2 = FIELD_NONE,
                       .number = group_bit(field_guard(field))};
    struct cond *c = cond_pair(r->arena, COND_AND, pair_test(r, OP_GE2, field, FIELD_BLOCK_START),
                               pair_test(r, OP_LE2, field, FIELD_BLOCK_END));
    (void)ctx;
    return c != NULL && cond_add(r->arena, c, cond_test(r->arena, &has)) ? c : resolve_no_memory(r);
}

static struct cond *pblock_term(struct resolving *r, const struct ast_term *t)
{
    if (!token_is(&t->words[1], "pblock")) {
        return resolve_fail(r, t, &t->words[1], "Invalid port block: %.*s", TEXT(&t->words[1]));
    }
    return resolve_fields(r, t, "port in pblock", pblock_field, NULL);
}

/* ------------------------------------------------------------------ mpls */

static struct cond *mpls_bits(struct resolving *r, enum field_id field, unsigned shift,
                              uint64_t bits,
                              uint64_t low, uint64_t high)
{
    struct test t = {.op = OP_RANGE, .guard = field_guard(field), .field = field,
                     .field2 = FIELD_NONE, .shift = shift, .bits = bits};
    return ranges_single(r->arena, low, high, &t.set) ? cond_test(r->arena, &t) : NULL;
}

/* From the bottom up: this label ends the stack and fits, or it does not and a lower one does. */
static struct cond *mpls_eos(struct resolving *r, uint64_t low, uint64_t high)
{
    struct cond *below = NULL;
    for (int i = FIELD_MPLS10; i >= FIELD_MPLS1; i--) {
        enum field_id f = (enum field_id)i;
        struct cond *here = cond_pair(r->arena, COND_AND, mpls_bits(r, f, 0, 1, 1, 1),
                                      mpls_bits(r, f, 4, 0xfffff, low, high));
        if (below != NULL) {
            below = cond_pair(r->arena, COND_AND, mpls_bits(r, f, 0, 1, 0, 0), below);
            here = cond_pair(r->arena, COND_OR, here, below);
        }
        below = here;
    }
    return below != NULL ? below : resolve_no_memory(r);
}

/* A label counts as long as the stack has not ended. "= N" looks at all ten places, as nfdump
 * does. */
static struct cond *mpls_any(struct resolving *r, enum comparator cmp, uint64_t low, uint64_t high)
{
    struct cond *below = NULL;
    for (int i = FIELD_MPLS10; i >= FIELD_MPLS1; i--) {
        enum field_id f = (enum field_id)i;
        struct cond *here = mpls_bits(r, f, 4, 0xfffff, low, high);
        struct test used = {.op = OP_RANGE, .guard = GROUP_MPLS, .field = f, .field2 = FIELD_NONE,
                            .bits = UINT64_MAX};
        if (cmp != CMP_EQ) {
            here = ranges_single(r->arena, 1, UINT32_MAX, &used.set)
                       ? cond_pair(r->arena, COND_AND, cond_test(r->arena, &used), here) : NULL;
        }
        below = below == NULL ? here : cond_pair(r->arena, COND_OR, here, below);
    }
    return below != NULL ? below : resolve_no_memory(r);
}

/* Number behind "label" or "exp": 1..10, or 0. */
static unsigned mpls_index(const struct token *w, size_t skip)
{
    unsigned n = 0;
    for (size_t i = skip; i < w->len; i++) {
        if (w->text[i] < '0' || w->text[i] > '9' || n > 10) {
            return 0;
        }
        n = n * 10 + (unsigned)(w->text[i] - '0');
    }
    return n <= 10 ? n : 0;
}

static struct cond *mpls_numbered(struct resolving *r, const struct ast_term *t, uint64_t low,
                                  uint64_t high)
{
    const struct token *w = &t->words[1];
    bool label = w->len >= 5 && strncasecmp(w->text, "label", 5) == 0;
    bool exp = !label && w->len >= 3 && strncasecmp(w->text, "exp", 3) == 0;
    unsigned n = label || exp ? mpls_index(w, label ? 5 : 3) : 0;
    struct cond *c;
    if ((label && w->len == 5) || (exp && w->len == 3)) {
        return resolve_fail(r, t, w, label ? "Missing mpls stack number for label"
                                           : "Missing mpls stack number for exp value");
    }
    if (n == 0) {
        hint(r, "expected any, eos, label1 to label10 or exp1 to exp10");
        return resolve_fail(r, t, w, "Unknown mpls argument: %.*s", TEXT(w));
    }
    c = mpls_bits(r, (enum field_id)(FIELD_MPLS1 + n - 1), label ? 4 : 1, label ? 0xfffff : 7,
                  low, high);
    return c != NULL ? c : resolve_no_memory(r);
}

static struct cond *mpls_term(struct resolving *r, const struct ast_term *t)
{
    uint64_t low, high;
    comparator_range(t->cmp, t->number.number, &low, &high);
    if (token_is(&t->words[1], "any")) {
        return mpls_any(r, t->cmp, low, high);
    }
    return token_is(&t->words[1], "eos") ? mpls_eos(r, low, high) : mpls_numbered(r, t, low, high);
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

static struct cond *mac_term(struct resolving *r, const struct ast_term *t)
{
    uint64_t mac;
    if (!mac_parse(&t->words[1], &mac)) {
        hint(r, "expected six hexadecimal octets with colons, not all zero");
        return resolve_fail(r, t, &t->words[1], "Invalid MAC address: %.*s", TEXT(&t->words[1]));
    }
    return named_value(r, t, "mac", mac);
}

/* ------------------------------------------------------------------ events, pf */

static struct cond *text_field(struct resolving *r, enum field_id field, const void *ctx)
{
    const struct token *w = ctx;
    struct test t = {.op = OP_TEXT, .guard = field_guard(field), .field = field,
                     .field2 = FIELD_NONE, .text = w->text, .text_len = w->len};
    struct cond *c = cond_test(r->arena, &t);
    return c != NULL ? c : resolve_no_memory(r);
}

static struct cond *asa_user(struct resolving *r, const struct ast_term *t)
{
    if (t->words[2].len > 65) {
        return resolve_fail(r, t, &t->words[2], "Length of ASA user name > 65 chars");
    }
    return resolve_fields(r, t, "asa user", text_field, &t->words[2]);
}

static struct cond *asa_event(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[2];
    uint32_t number;
    if (token_is(w, "deny")) {
        return named_value(r, t, "asa event", 3);
    }
    if (!number_of(NAMES_FW_EVENT, w->text, w->len, &number)) {
        hint(r, "expected ignore, create, delete, denied, alert, update or 0 to 5");
        return resolve_fail(r, t, w, "Invalid ASA event type: %.*s", TEXT(w));
    }
    return named_value(r, t, "asa event", number);
}

static struct cond *asa_denied(struct resolving *r, const struct ast_term *t, const struct token *w)
{
    uint32_t number;
    if (!number_of(NAMES_XEVENT, w->text, w->len, &number)) {
        hint(r, "expected ingress, egress, interface, access, nosyn, I-ACL, E-ACL, deny or ignore");
        return resolve_fail(r, t, w, "Invalid ASA Xevent type: %.*s", TEXT(w));
    }
    return named_value(r, t, "asa denied", number);
}

static struct cond *asa_term(struct resolving *r, const struct ast_term *t)
{
    const struct token *what = &t->words[1];
    if (t->nwords == 4) { /* asa event denied ingress */
        struct ast_term at_last = *t;
        at_last.at = t->words[3];
        if (!token_is(what, "event") ||
            (!token_is(&t->words[2], "denied") && !token_is(&t->words[2], "deny"))) {
            return resolve_fail(r, &at_last, &t->words[3], "syntax error");
        }
        return asa_denied(r, &at_last, &t->words[3]);
    }
    if (token_is(what, "event")) {
        return asa_event(r, t);
    }
    if (token_is(what, "denied")) {
        return asa_denied(r, t, &t->words[2]);
    }
    if (token_is(what, "user")) {
        return asa_user(r, t);
    }
    hint(r, "expected event, denied, xevent or user");
    return resolve_fail(r, t, what, "Invalid ASA type: %.*s", TEXT(what));
}

static void list_nat_events(struct buf *out)
{
    size_t n;
    const struct name_row *rows = names_rows(NAMES_NAT_EVENT, &n);
    buf_str(out, "Valid NAT events:\n");
    for (size_t i = 0; i < n; i++) {
        if (rows[i].number > 0) {
            buf_printf(out, "%s for %s\n", rows[i].text,
                       name_of(NAMES_NAT_EVENT_LONG, rows[i].number));
        }
    }
}

static struct cond *nat_term(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[2];
    uint32_t number = 1;
    if (!token_is(&t->words[1], "event")) {
        hint(r, "expected event or pblock");
        return resolve_fail(r, t, &t->words[1], "Invalid NAT type: %.*s", TEXT(&t->words[1]));
    }
    if (!token_is(w, "create") && !number_of(NAMES_NAT_EVENT, w->text, w->len, &number)) {
        resolve_fail(r, t, w, "Invalid NAT event type: %.*s", TEXT(w));
        list_nat_events(&r->after);
        return NULL;
    }
    return named_value(r, t, "nat event", number);
}

static struct cond *pf_named(struct resolving *r, const struct ast_term *t, enum name_table table,
                             const char *what)
{
    const struct token *w = &t->words[2];
    char key[32];
    uint32_t number;
    snprintf(key, sizeof key, "pf %s", what);
    if (!number_of(table, w->text, w->len, &number)) {
        size_t n;
        const struct name_row *rows = names_rows(table, &n);
        resolve_fail(r, t, w, "Invalid pf %s: %.*s", what, TEXT(w));
        buf_printf(&r->after, "Possible pf %s values: ", what);
        for (size_t i = 0; i < n; i++) {
            buf_printf(&r->after, "%s ", rows[i].text);
        }
        buf_char(&r->after, '\n');
        return NULL;
    }
    return named_value(r, t, key, number);
}

static struct cond *pf_direction(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[2];
    struct cond *c;
    if (token_is(w, "in")) {
        return named_value(r, t, "pf dir", 1);
    }
    if (!token_is(w, "out")) {
        hint(r, "expected in or out");
        return resolve_fail(r, t, w, "Invalid pf direction: %.*s", TEXT(w));
    }
    c = named_value(r, t, "pf dir", 0);
    return c;
}

static struct cond *pf_term(struct resolving *r, const struct ast_term *t)
{
    const struct token *what = &t->words[1];
    if (token_is(what, "action")) {
        return pf_named(r, t, NAMES_PF_ACTION, "action");
    }
    if (token_is(what, "reason")) {
        return pf_named(r, t, NAMES_PF_REASON, "reason");
    }
    if (token_is(what, "dir")) {
        return pf_direction(r, t);
    }
    if (token_is(what, "interface")) {
        return resolve_fields(r, t, "pf interface", text_field, &t->words[2]);
    }
    hint(r, "expected action, reason, dir, rule or interface");
    return resolve_fail(r, t, what, "Invalid pf argument: %.*s", TEXT(what));
}

/* ------------------------------------------------------------------ the tree */

typedef struct cond *(*term_resolver)(struct resolving *r, const struct ast_term *t);

static const term_resolver resolvers[TERM_COUNT_] = {
    [TERM_ANY] = any_term,         [TERM_FAMILY] = family_term,   [TERM_IDENT] = ident_term,
    [TERM_NUMBER] = number_term,   [TERM_NUMBERS] = numbers_term, [TERM_PROTO] = proto_term,
    [TERM_FLAGS] = flags_term,     [TERM_TTL] = ttl_term,         [TERM_FWDSTAT] = fwdstat_term,
    [TERM_FLOWDIR] = flowdir_term, [TERM_IP] = resolve_ip,        [TERM_IPS] = resolve_ips,
    [TERM_NET] = resolve_net,      [TERM_NETMASK] = resolve_netmask, [TERM_PBLOCK] = pblock_term,
    [TERM_MPLS] = mpls_term,       [TERM_MAC] = mac_term,         [TERM_ASA] = asa_term,
    [TERM_NAT] = nat_term,         [TERM_PAYLOAD] = resolve_payload, [TERM_GEO] = resolve_geo,
    [TERM_TZ] = resolve_tz,        [TERM_SEEN] = seen_term,       [TERM_PF] = pf_term,
    [TERM_REFUSED] = refused_term,
};

struct cond *resolve_term(struct resolving *r, const struct ast_term *t)
{
    return resolvers[t->kind](r, t);
}

struct cond *resolve_tree(struct resolving *r, const struct ast_node *n)
{
    struct cond *c;
    if (n->kind == AST_TERM) {
        return resolve_term(r, n->term);
    }
    c = cond_many(r->arena, n->kind == AST_AND ? COND_AND : n->kind == AST_OR ? COND_OR : COND_NOT);
    for (const struct ast_node *child = n->first; child != NULL; child = child->next) {
        struct cond *kid = resolve_tree(r, child);
        if (kid == NULL || !cond_add(r->arena, c, kid)) {
            return resolve_no_memory(r);
        }
    }
    return c != NULL ? c : resolve_no_memory(r);
}
