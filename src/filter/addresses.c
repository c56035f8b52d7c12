/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addresses.c - terms of addresses: hosts, networks, lists, geography, Tor.
 *
 * An IPv4 address or network only looks at records and fields of that family, and so does IPv6; a
 * list may mix them. Prefixes may have host bits and may overlap.
 */
#include "filter/resolve.h"

#include "lookup/geo.h"
#include "lookup/tor.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HOSTS_MAX = 1024 };

/* Addresses of both families as they are collected. */
struct address_sets {
    struct ranges v4, v6;
};

static bool all_of(const struct token *w, bool (*good)(char))
{
    for (uint32_t i = 0; i < w->len; i++) {
        if (good(w->text[i])) {
            return true;
        }
    }
    return false;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_colon(char c)
{
    return c == ':';
}

/* A text without colon that has a letter is a host name. */
static bool looks_like_name(const struct token *w)
{
    return all_of(w, is_letter) && !all_of(w, is_colon);
}

static size_t host_lookup(struct resolving *r, const struct token *w, struct ip *addrs,
                          int *families)
{
    char name[300];
    if (r->env->resolver == NULL) {
        snprintf(r->hint, sizeof r->hint, "host names are only looked up with --resolve");
        return 0;
    }
    snprintf(name, sizeof name, "%.*s", TOKEN_TEXT(w));
    return r->env->resolver(r->env->resolver_ctx, name, addrs, families, HOSTS_MAX);
}

static struct range range_of(const struct ip *ip, int family, unsigned prefix)
{
    unsigned bits = family == 4 ? prefix + 96 : prefix;
    wide rest = bits == 0 ? WIDE_MAX : bits >= 128 ? 0 : WIDE_MAX >> bits;
    wide low = wide_of_ip(ip) & ~rest;
    return (struct range){low, low | rest};
}

static struct cond *address_field(struct resolving *r, enum field_id field, const void *ctx)
{
    const struct address_sets *sets = ctx;
    struct cond *any = cond_many(r->arena, COND_OR);
    for (int family = 4; family <= 6; family += 2) {
        struct test t = {.op = OP_ADDR, .field = field, .field2 = FIELD_NONE,
                         .set = family == 4 ? sets->v4 : sets->v6};
        if (t.set.n > 0 && field_has_family(field, family, &t.guard) &&
            !cond_add(r->arena, any, cond_test(r->arena, &t))) {
            return resolve_no_memory(r);
        }
    }
    return any != NULL ? any : resolve_no_memory(r);
}

static struct cond *one_range(struct resolving *r, const struct ast_term *t, int family,
                              struct range range)
{
    struct address_sets sets = {{NULL, 0}, {NULL, 0}};
    struct ranges *set = family == 4 ? &sets.v4 : &sets.v6;
    if (!ranges_single(r->arena, range.low, range.high, set)) {
        return resolve_no_memory(r);
    }
    return resolve_fields(r, t, "ip", address_field, &sets);
}

/* ------------------------------------------------------------------ ip */

static struct cond *tor_field(struct resolving *r, enum field_id field, const void *ctx)
{
    struct test model = {.op = OP_TOR, .field = field, .field2 = FIELD_NONE};
    (void)ctx;
    return resolve_families(r, field, &model);
}

static struct cond *hosts(struct resolving *r, const struct ast_term *t, const struct ip *addrs,
                          const int *families, size_t n)
{
    struct range *raw = arena_alloc(r->arena, 2 * n * sizeof *raw);
    struct address_sets sets;
    size_t n4 = 0;
    size_t n6 = 0;
    if (raw == NULL) {
        return resolve_no_memory(r);
    }
    for (size_t i = 0; i < n; i++) {
        struct range one = range_of(&addrs[i], families[i], families[i] == 4 ? 32 : 128);
        if (families[i] == 4) {
            raw[n4++] = one;
        } else {
            raw[n + n6++] = one;
        }
    }
    sets.v4 = ranges_of(raw, n4);
    sets.v6 = ranges_of(raw + n, n6);
    return resolve_fields(r, t, "ip", address_field, &sets);
}

static bool names_allowed(enum direction d)
{
    return d == DIR_ANY || d == DIR_SRC || d == DIR_DST || d == DIR_SRC_OR_DST ||
        d == DIR_SRC_AND_DST;
}

struct cond *resolve_ip(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[1];
    struct ip addrs[HOSTS_MAX];
    int families[HOSTS_MAX];
    size_t n = 1;
    if (token_is(w, "tor")) {
        return resolve_fields(r, t, "ip tor", tor_field, NULL);
    }
    families[0] = ip_parse(w->text, w->len, &addrs[0]);
    if (families[0] == 0) {
        n = looks_like_name(w) && names_allowed(resolve_direction(t))
                ? host_lookup(r, w, addrs, families) : 0;
    }
    if (n == 0) {
        if (r->hint[0] == '\0') {
            snprintf(r->hint, sizeof r->hint,
                     "expected an IPv4 address of four numbers or an IPv6 address");
        }
        return resolve_fail(r, t, w, "Can not parse/lookup %.*s to an IP address", TOKEN_TEXT(w));
    }
    return hosts(r, t, addrs, families, n);
}

/* ------------------------------------------------------------------ lists */

struct collected {
    struct range *v4, *v6;
    size_t n4, n6, room4, room6;
};

static bool push(struct arena *a, struct range **at, size_t *n, size_t *room, struct range x)
{
    struct range *grown = arena_grow(a, *at, *n, room, sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    *at = grown;
    (*at)[(*n)++] = x;
    return true;
}

static bool collect(struct resolving *r, struct collected *c, const struct ip *ip, int family,
                    unsigned prefix)
{
    struct range x = range_of(ip, family, prefix);
    bool ok = family == 4 ? push(r->arena, &c->v4, &c->n4, &c->room4, x)
                          : push(r->arena, &c->v6, &c->n6, &c->room6, x);
    if (!ok) {
        resolve_no_memory(r);
    }
    return ok;
}

/* An entry fails with the token that was last when it was complete. */
static bool entry_fails(struct resolving *r, const struct ast_term *t, const struct list_entry *e,
                        const struct token *place, const char *message)
{
    struct ast_term at_entry = *t;
    at_entry.at = e->token;
    at_entry.at.raw = e->at_raw;
    at_entry.at.raw_len = e->at_len;
    at_entry.at.line = e->at_line;
    resolve_fail(r, &at_entry, place, "%s", message);
    return false;
}

static void expect_prefix(struct resolving *r, int family)
{
    resolve_hint(r, family == 4 ? "expected a prefix of 0 to 32" : "expected a prefix of 0 to 128");
}

static bool prefix_fits(struct resolving *r, const struct ast_term *t, const struct list_entry *e,
                        int family)
{
    char message[128];
    unsigned limit = family == 4 ? 32 : 128;
    struct token place = e->token;
    if (e->prefix_raw == NULL || e->prefix <= limit) {
        return true;
    }
    place.raw = e->prefix_raw;
    place.raw_len = e->prefix_len;
    snprintf(message, sizeof message, "Prefix %llu out of range for IPv%d address",
             (unsigned long long)e->prefix, family);
    expect_prefix(r, family);
    return entry_fails(r, t, e, &place, message);
}

static bool collect_entry(struct resolving *r, const struct ast_term *t, const struct list_entry *e,
                          struct collected *c)
{
    char message[350];
    struct ip addrs[HOSTS_MAX];
    int families[HOSTS_MAX];
    size_t n = 1;
    families[0] = ip_parse(e->token.text, e->token.len, &addrs[0]);
    if (families[0] == 0) {
        n = looks_like_name(&e->token) ? host_lookup(r, &e->token, addrs, families) : 0;
    }
    if (n == 0) {
        snprintf(message, sizeof message, "Can not parse/resolve %.*s to an IP address",
                 TOKEN_TEXT(&e->token));
        return entry_fails(r, t, e, &e->token, message);
    }
    for (size_t i = 0; i < n; i++) {
        unsigned prefix = families[i] == 4 ? 32 : 128;
        if (!prefix_fits(r, t, e, families[i])) {
            return false;
        }
        prefix = e->prefix_raw != NULL ? (unsigned)e->prefix : prefix;
        if (!collect(r, c, &addrs[i], families[i], prefix)) {
            return false;
        }
    }
    return true;
}

struct cond *resolve_ips(struct resolving *r, const struct ast_term *t)
{
    struct collected c = {0};
    struct address_sets sets;
    for (size_t i = 0; i < t->list->n; i++) {
        if (!collect_entry(r, t, &t->list->entries[i], &c)) {
            return NULL;
        }
    }
    sets.v4 = ranges_of(c.v4, c.n4);
    sets.v6 = ranges_of(c.v6, c.n6);
    return resolve_fields(r, t, "ip in", address_field, &sets);
}

void resolve_open_list(struct resolving *r, const struct ast_list *list)
{
    struct ast_term t = {.kind = TERM_IPS};
    struct collected c = {0};
    for (size_t i = 0; i < list->n && collect_entry(r, &t, &list->entries[i], &c); i++) {
    }
}

/* ------------------------------------------------------------------ networks */

/* "10.0" of "10.0/16": the first numbers of an IPv4 address. */
static bool partial_parse(const struct token *w, struct ip *ip)
{
    char text[64];
    unsigned dots = 0;
    if (w->len > 15 || w->len == 0) {
        return false;
    }
    for (uint32_t i = 0; i < w->len; i++) {
        dots += w->text[i] == '.';
    }
    snprintf(text, sizeof text, "%.*s%s", TOKEN_TEXT(w),
             dots == 1 ? ".0.0" : dots == 2 ? ".0" : "?");
    return ip_parse(text, strlen(text), ip) == 4;
}

struct cond *resolve_net(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[1];
    struct ip ip;
    int family = ip_parse(w->text, w->len, &ip);
    if (family == 0 && partial_parse(w, &ip)) {
        family = 4;
    }
    if (family == 0) {
        return resolve_fail(r, t, w, "Can not parse/lookup %.*s to an IP address", TOKEN_TEXT(w));
    }
    if (t->number.number > (family == 4 ? 32 : 128)) {
        expect_prefix(r, family);
        resolve_fail(r, t, &t->number, "Prefix %llu out of range for IPv%d address",
                     (unsigned long long)t->number.number, family);
        r->error = ERR_RANGE;
        return NULL;
    }
    return one_range(r, t, family, range_of(&ip, family, (unsigned)t->number.number));
}

static struct cond *bits_field(struct resolving *r, enum field_id field, const void *ctx)
{
    struct test t = {.op = OP_ADDR_BITS, .field = field, .field2 = FIELD_NONE,
                     .number = *(const uint64_t *)ctx};
    struct cond *c = field_has_family(field, 4, &t.guard) ? cond_test(r->arena, &t)
                                                          : cond_constant(r->arena, false);
    return c != NULL ? c : resolve_no_memory(r);
}

struct cond *resolve_netmask(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[1];
    const struct token *m = &t->words[2];
    struct ip ip, mask;
    uint64_t number;
    int family = ip_parse(w->text, w->len, &ip);
    int mask_family = ip_parse(m->text, m->len, &mask);
    if (family == 0) {
        return resolve_fail(r, t, w, "Can not parse/lookup %.*s to an IP address", TOKEN_TEXT(w));
    }
    if (mask_family == 0) {
        return resolve_fail(r, t, m, "Can not parse %.*s as IP mask", TOKEN_TEXT(m));
    }
    if (family != 4 || mask_family != 4) {
        return resolve_fail(r, t, w, "Net address %.*s and netmask: %.*s must be IPv4",
                            TOKEN_TEXT(w), TOKEN_TEXT(m));
    }
    number = (uint64_t)ip_to_v4(&mask) << 32 | (ip_to_v4(&ip) & ip_to_v4(&mask));
    return resolve_fields(r, t, "ip", bits_field, &number);
}

/* ------------------------------------------------------------------ data bases */

struct cond *resolve_families(struct resolving *r, enum field_id field, const struct test *model)
{
    struct cond *any = cond_many(r->arena, COND_OR);
    for (int family = 4; family <= 6; family += 2) {
        struct test t = *model;
        t.field = field;
        if (field_has_family(field, family, &t.guard) &&
            !cond_add(r->arena, any, cond_test(r->arena, &t))) {
            return resolve_no_memory(r);
        }
    }
    return any != NULL ? any : resolve_no_memory(r);
}

static struct cond *geo_field(struct resolving *r, enum field_id field, const void *ctx)
{
    struct test model = {.op = OP_GEO, .field2 = FIELD_NONE, .number = *(const uint64_t *)ctx};
    return resolve_families(r, field, &model);
}

struct cond *resolve_geo(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[0];
    uint64_t letters = (uint64_t)(w->text[w->len - 2] & ~0x20) << 8 | (w->text[w->len - 1] & ~0x20);
    return resolve_fields(r, t, "geo", geo_field, &letters);
}

static struct cond *zone_field(struct resolving *r, enum field_id field, const void *ctx)
{
    const struct token *w = ctx;
    struct test model = {.op = OP_ZONE, .field2 = FIELD_NONE, .text = w->text, .text_len = w->len};
    return resolve_families(r, field, &model);
}

struct cond *resolve_tz(struct resolving *r, const struct ast_term *t)
{
    struct token name = t->words[1];
    struct ast_term at_name = *t;
    at_name.at = t->words[1];
    if (!r->env->only_check && !geo_has_time_zones(r->env->geo)) {
        snprintf(r->hint, sizeof r->hint, "time zones need a geo data base that has them");
        return resolve_fail(r, &at_name, &t->words[1], "syntax error");
    }
    if (t->nwords == 3) { /* Europe/Zurich in two words */
        name.len = (uint32_t)(t->words[2].text + t->words[2].len - name.text);
    }
    return resolve_fields(r, t, "tz", zone_field, &name);
}

/* Value 0 (or none) is looked up by the address on the same side. */
static struct cond *as_of_address(struct resolving *r, enum field_id field,
                                  const struct ranges *set)
{
    enum field_id address = field == FIELD_SRC_AS ? FIELD_SRC_ADDR : FIELD_DST_ADDR;
    struct test model = {.op = OP_ADDR_AS, .field2 = FIELD_NONE, .set = *set};
    struct test addressed = {.op = OP_GROUP, .field = FIELD_NONE, .field2 = FIELD_NONE,
                             .number = group_bit(GROUP_IPV4) | group_bit(GROUP_IPV6)};
    struct cond *c = resolve_families(r, address, &model);
    if (c != NULL && ranges_contain(set, 0)) {
        c = cond_pair(r->arena, COND_OR, c, cond_not(r->arena, cond_test(r->arena, &addressed)));
    }
    return c;
}

static struct cond *unguarded(struct resolving *r, enum field_id field, const struct ranges *set)
{
    struct test t = {.op = OP_RANGE, .guard = GROUP_HEADER, .field = field, .field2 = FIELD_NONE,
                     .bits = UINT64_MAX, .set = *set};
    return cond_test(r->arena, &t);
}

struct cond *resolve_as(struct resolving *r, enum field_id field, const struct ranges *set)
{
    struct ranges zero, nonzero, rest;
    struct cond *c;
    if (r->env->geo == NULL) {
        c = unguarded(r, field, set);
        return c != NULL ? c : resolve_no_memory(r);
    }
    if (!ranges_single(r->arena, 0, 0, &zero) || !ranges_single(r->arena, 1, WIDE_MAX, &rest) ||
        !ranges_intersect(r->arena, set, &rest, &nonzero)) {
        return resolve_no_memory(r);
    }
    c = cond_pair(r->arena, COND_AND, unguarded(r, field, &zero), as_of_address(r, field, set));
    c = cond_pair(r->arena, COND_OR, unguarded(r, field, &nonzero), c);
    return c != NULL ? c : resolve_no_memory(r);
}
