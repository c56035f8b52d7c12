/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * resolve.c - the walk over the tree; directions, fields and terms of numbers.
 */
#include "filter/resolve.h"

#include "filter/suggest.h"

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

void resolve_hint(struct resolving *r, const char *text)
{
    if (r->hint[0] == '\0') {
        snprintf(r->hint, sizeof r->hint, "%s", text);
    }
}

/* "a b c" as "expected a, b or c". */
static void expect_list(struct resolving *r, const char *words)
{
    size_t used = (size_t)snprintf(r->hint, sizeof r->hint, "expected ");
    for (const char *w = words, *end; *w != '\0' && used < sizeof r->hint; w = end + 1) {
        bool last = (end = strchr(w, ' ')) == NULL;
        end = last ? w + strlen(w) : end;
        used += (size_t)snprintf(r->hint + used, sizeof r->hint - used, "%s%.*s",
                                 w == words ? "" : last ? " or " : ", ", (int)(end - w), w);
        if (last) {
            return;
        }
    }
}

void resolve_expect(struct resolving *r, const struct token *t, const char *words)
{
    struct nearest n = nearest_start(t->text, t->len);
    const char *end;
    for (const char *w = words; w != NULL; w = end != NULL ? end + 1 : NULL) {
        end = strchr(w, ' ');
        nearest_try(&n, w, end != NULL ? (size_t)(end - w) : strlen(w));
    }
    if (r->error == 0) {
        expect_list(r, words);
        snprintf(r->meant, sizeof r->meant, "%.*s", (int)n.len, n.word);
    }
}

void resolve_expect_name(struct resolving *r, const struct token *t, enum name_table table)
{
    struct nearest best = nearest_start(t->text, t->len);
    size_t n;
    const struct name_row *rows = names_rows(table, &n);
    for (size_t i = 0; i < n; i++) {
        nearest_try(&best, rows[i].text, strlen(rows[i].text));
    }
    snprintf(r->meant, sizeof r->meant, "%.*s", (int)best.len, best.word);
}

bool token_is(const struct token *t, const char *word)
{
    return t->len == strlen(word) && strncasecmp(t->text, word, t->len) == 0;
}

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

/* What may stand in front of a term. */
static void expect_directions(struct resolving *r, const char *key)
{
    enum field_id fields[WORD_FIELDS_MAX];
    const char *between = "";
    size_t used = (size_t)snprintf(r->hint, sizeof r->hint, "'%s' takes ", key);
    for (int d = DIR_ANY + 1; d < DIR_COUNT_ && used < sizeof r->hint; d++) {
        if (word_fields(key, (enum direction)d, fields) > 0) {
            used += (size_t)snprintf(r->hint + used, sizeof r->hint - used, "%s%s", between,
                                     direction_text((enum direction)d));
            between = ", ";
        }
    }
    if (used < sizeof r->hint && word_fields(key, DIR_ANY, fields) > 0) {
        snprintf(r->hint + used, sizeof r->hint - used, " or nothing in front of it");
    }
}

static struct cond *one_direction(struct resolving *r, const struct ast_term *t, const char *key,
                                  enum direction dir, field_maker make, const void *ctx)
{
    enum field_id fields[WORD_FIELDS_MAX];
    size_t n = word_fields(key, dir, fields);
    struct cond *any;
    if (n == 0) {
        expect_directions(r, key);
        return resolve_fail(r, t, t->dir_at.raw != NULL ? &t->dir_at : &t->words[0], "%s",
                            term_facts(key)->direction_message);
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

struct cond *resolve_number_field(struct resolving *r, enum field_id field, const void *ctx)
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
struct cond *resolve_implied(struct resolving *r, const struct term_facts *facts,
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
        used += (size_t)snprintf(key + used, room - used, " %.*s", TOKEN_TEXT(&t->words[i]));
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
        const char *right;
    } rows[] = {
        {"nat pblock ", "Unknown port block argument", 2, "start end step size"},
        {"asa ", "Invalid ASA type", 1, "event xevent"},
        {"pf ", "Invalid pf argument", 1, "rule"},
        {"exporter ", "Unknown exporter argument", 1, "id sysid"},
        {"engine ", "Unknown engine argument", 1, "type id"},
        {"icmp ", "Unknown ICMP argument", 1, "type code"},
        {"observation ", "Unknown observation specifier", 1, "domain point"},
    };
    unsigned word = 1;
    const char *message = "Invalid NAT type";
    const char *right = "event pblock";
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strncmp(key, rows[i].head, strlen(rows[i].head)) == 0) {
            message = rows[i].message;
            word = rows[i].word;
            right = rows[i].right;
            break;
        }
    }
    if (t->words[0].word->token != 0 && strncmp(key, "nat ", 4) == 0 && t->nwords == 3 &&
        strncmp(key, "nat pblock ", 11) != 0) {
        message = "Unknown NAT argument";
    }
    if (strncmp(key, "observation ", 12) == 0 && !token_is(&t->words[2], "id")) {
        word = 2;
        right = "id";
    }
    if (word >= t->nwords) {
        word = t->nwords - 1;
    }
    resolve_expect(r, &t->words[word], right);
    return resolve_fail(r, t, &t->words[word], "%s: %.*s", message, TOKEN_TEXT(&t->words[word]));
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
    return resolve_implied(r, facts, resolve_fields(r, t, key, resolve_number_field, &set));
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
    return resolve_fields(r, t, key, resolve_number_field, &set);
}

struct cond *resolve_named(struct resolving *r, const struct ast_term *t, const char *key,
                                uint64_t number)
{
    struct ranges set;
    if (!ranges_single(r->arena, number, number, &set)) {
        return resolve_no_memory(r);
    }
    return resolve_implied(r, term_facts(key),
                           resolve_fields(r, t, key, resolve_number_field, &set));
}

/* ------------------------------------------------------------------ the tree */

static struct cond *refused_term(struct resolving *r, const struct ast_term *t)
{
    if (t->expected != NULL) {
        resolve_expect(r, &t->words[t->nwords - 1], t->expected);
    }
    return resolve_fail(r, t, &t->words[t->nwords - 1], "%s", t->refusal);
}

typedef struct cond *(*term_resolver)(struct resolving *r, const struct ast_term *t);

static const term_resolver resolvers[TERM_COUNT_] = {
    [TERM_ANY] = resolve_any,               [TERM_FAMILY] = resolve_family,
    [TERM_IDENT] = resolve_ident,           [TERM_NUMBER] = number_term,
    [TERM_NUMBERS] = numbers_term,          [TERM_PROTO] = resolve_proto,
    [TERM_FLAGS] = resolve_flags,           [TERM_TTL] = resolve_ttl,
    [TERM_FWDSTAT] = resolve_fwdstat,       [TERM_FLOWDIR] = resolve_flowdir,
    [TERM_IP] = resolve_ip,                 [TERM_IPS] = resolve_ips,
    [TERM_NET] = resolve_net,               [TERM_NETMASK] = resolve_netmask,
    [TERM_PBLOCK] = resolve_pblock,         [TERM_MPLS] = resolve_mpls,
    [TERM_MAC] = resolve_mac,               [TERM_ASA] = resolve_asa,
    [TERM_NAT] = resolve_nat,               [TERM_PAYLOAD] = resolve_payload,
    [TERM_GEO] = resolve_geo,               [TERM_TZ] = resolve_tz,
    [TERM_SEEN] = resolve_seen,             [TERM_PF] = resolve_pf,
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

