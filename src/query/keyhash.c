/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * keyhash.c - hashes of keys, column by column.
 *
 * A hash is the sum of what each part of the key contributes: a number times an odd factor of the
 * part, or the mixed halves of an address. Contributions depend on values only, so those of a
 * dictionary are worked out once for each of its entries. Parts that look elsewhere (geo data
 * base, masks of the flow, two families in two fields), and bidirectional keys, have their octets
 * hashed.
 */
#include "query/keys.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

/* What of the families a flow has: bit 0 IPv4, bit 1 IPv6. */
enum { HAS_V4 = 1, HAS_V6 = 2, CLASSES = 4 };

static unsigned class_of(uint64_t groups)
{
    return ((groups & group_bit(GROUP_IPV4)) ? HAS_V4 : 0) |
           ((groups & group_bit(GROUP_IPV6)) ? HAS_V6 : 0);
}

/* An odd number for each part. */
static uint64_t factor(size_t part)
{
    return hash_u64(part + 1) | 1;
}

static inline uint64_t mix_address(const struct ip *ip, uint64_t seed)
{
    uint64_t half[2];
    memcpy(half, ip, sizeof half);
    unsigned __int128 m = (unsigned __int128)(half[0] ^ 0x9e3779b97f4a7c15u ^ seed) *
                          (half[1] ^ 0xc2b2ae3d27d4eb4fu);
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* ------------------------------------------------------------------ contributions of a table */

#define ADD_CODES(type)                                                                            \
    for (uint32_t i = 0; i < n; i++) {                                                             \
        hash[i] += table[((const type *)c->codes)[rows[i]]];                                       \
    }

static void add_codes(const struct column *c, const uint64_t *table, const uint32_t *rows,
                      uint32_t n, uint64_t *hash)
{
    if (c->code_width == 1) {
        ADD_CODES(uint8_t)
    } else if (c->code_width == 2) {
        ADD_CODES(uint16_t)
    } else {
        ADD_CODES(uint32_t)
    }
}

static uint64_t *reserve(struct keys *k, size_t n)
{
    if (n > k->table_cap) {
        uint64_t *table = realloc(k->table, n * sizeof *table);
        if (table == NULL) {
            return NULL;
        }
        k->table = table;
        k->table_cap = n;
    }
    return k->table;
}

/* ------------------------------------------------------------------ numbers */

#define ADD_FLAT(type)                                                                             \
    for (uint32_t i = 0; i < n; i++) {                                                             \
        hash[i] += ((const type *)c->values)[rows[i]] * f;                                         \
    }

static void add_flat(const struct column *c, uint64_t f, const uint32_t *rows, uint32_t n,
                     uint64_t *hash)
{
    if (c->width == 1) {
        ADD_FLAT(uint8_t)
    } else if (c->width == 2) {
        ADD_FLAT(uint16_t)
    } else if (c->width == 4) {
        ADD_FLAT(uint32_t)
    } else {
        ADD_FLAT(uint64_t)
    }
}

static int add_numbers(struct keys *k, const struct column *c, uint64_t f, const uint32_t *rows,
                       uint32_t n, uint64_t *hash)
{
    struct column values = {.form = COLUMN_FLAT, .width = c->width, .values = c->values};
    uint64_t *table;
    if (c->form == COLUMN_FLAT) {
        add_flat(c, f, rows, n, hash);
        return 0;
    }
    if (c->form == COLUMN_CONST) {
        for (uint32_t i = 0; i < n; i++) {
            hash[i] += column_u64(c, 0) * f;
        }
        return 0;
    }
    table = reserve(k, c->nvalues);
    for (uint32_t i = 0; i < c->nvalues && table != NULL; i++) {
        table[i] = column_u64(&values, i) * f;
    }
    if (table != NULL) {
        add_codes(c, table, rows, n, hash);
    }
    return table != NULL ? 0 : ERR_NOMEM;
}

/* ------------------------------------------------------------------ addresses */

/* An address as a part sees it in a flow of a class: with the masks of this part and of those
 * before it; false: it does not enter the key. */
static bool seen_address(const struct aggregation *how, size_t part, unsigned class,
                         struct ip *ip)
{
    const struct aggr_element *e = how->part[part].element;
    struct ip zero4 = ip_from_v4(0), zero6 = {{0}};
    for (size_t i = 0; i <= part; i++) {
        const struct aggr_part *p = &how->part[i];
        bool v4 = p->element->kind == AGGR_ADDR4;
        if (p->mask == 0) {
            continue;
        }
        if (!(class & (v4 ? HAS_V4 : HAS_V6))) {
            *ip = (class & HAS_V4) ? zero4 : zero6;
        } else if (p->element->field[0] == e->field[0]) {
            *ip = ip_mask(ip, v4 ? p->mask + 96 : p->mask);
        }
    }
    return e->kind == AGGR_ADDR || (class & (e->kind == AGGR_ADDR4 ? HAS_V4 : HAS_V6));
}

static uint64_t contribution(const struct aggregation *how, size_t part, unsigned class,
                             const struct ip *address)
{
    struct ip ip = *address;
    if (how->nparts > 0 && (!seen_address(how, part, class, &ip) ||
                            !keys_shows_address(how->part[part].element->kind, &ip))) {
        return 0;
    }
    return mix_address(&ip, factor(part));
}

/* All classes are the same to a part without masks and family. */
static bool is_plain(const struct aggregation *how, size_t part)
{
    for (size_t i = 0; how->nparts > 0 && i <= part; i++) {
        if (how->part[i].mask != 0) {
            return false;
        }
    }
    return how->nparts == 0 || how->part[part].element->kind == AGGR_ADDR;
}

/* Classes that occur in the batch, as a bit set. */
static unsigned classes_in(const struct batch *b, const struct column *groups)
{
    unsigned any = class_of(b->groups_any), set = 0;
    uint32_t n = groups->form == COLUMN_FLAT ? b->nrows : groups->nvalues;
    struct column values = {.form = COLUMN_FLAT, .width = groups->width,
                            .values = groups->values};
    if (any == class_of(b->groups_all)) {
        return 1u << any;
    }
    for (uint32_t i = 0; i < n && set != (1u << CLASSES) - 1; i++) {
        set |= 1u << class_of(column_u64(&values, i));
    }
    return set;
}

struct address_part {
    const struct aggregation *how;
    size_t part;
    const struct column *column;
    const struct column *groups;
    bool plain;
};

static void add_each_address(const struct address_part *a, const uint32_t *rows, uint32_t n,
                             uint64_t *hash)
{
    for (uint32_t i = 0; i < n; i++) {
        unsigned class = a->plain ? 0 : class_of(column_u64(a->groups, rows[i]));
        hash[i] += contribution(a->how, a->part, class, column_ip(a->column, rows[i]));
    }
}

/* A table of contributions for each class that occurs. */
static int add_dictionary(struct keys *k, const struct address_part *a, unsigned classes,
                          const uint32_t *rows, uint32_t n, uint64_t *hash)
{
    const struct ip *ip = a->column->values;
    uint32_t m = a->column->nvalues;
    uint64_t *table = reserve(k, (size_t)m * CLASSES);
    if (table == NULL) {
        return ERR_NOMEM;
    }
    for (unsigned class = 0; class < CLASSES; class++) {
        for (uint32_t i = 0; i < m && (classes >> class & 1); i++) {
            table[(size_t)class * m + i] = contribution(a->how, a->part, class, &ip[i]);
        }
    }
    if ((classes & (classes - 1)) == 0) {
        add_codes(a->column, table + (size_t)m * (unsigned)__builtin_ctz(classes), rows, n, hash);
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        size_t class = class_of(column_u64(a->groups, rows[i]));
        hash[i] += table[class * m + column_code(a->column, rows[i])];
    }
    return 0;
}

static int add_addresses(struct keys *k, struct batch *b, size_t part, enum field_id id,
                         const uint32_t *rows, uint32_t n, uint64_t *hash)
{
    struct address_part a = {k->how, part, batch_column(b, id), batch_column(b, FIELD_GROUPS),
                             is_plain(k->how, part)};
    if (a.column->form != COLUMN_DICT || a.column->nvalues > n) {
        add_each_address(&a, rows, n, hash);
        return 0;
    }
    return add_dictionary(k, &a, a.plain ? 1 : classes_in(b, a.groups), rows, n, hash);
}

/* ------------------------------------------------------------------ whole keys */

static int hash_octets(struct keys *k, struct batch *b, const uint32_t *rows, uint32_t n,
                       uint64_t *hash)
{
    int rc = keys_make(k, b, rows, n);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        hash[i] = hash_of(keys_at(k, i), k->how->key_length);
    }
    return rc;
}

static int add_part(struct keys *k, struct batch *b, size_t part, const uint32_t *rows, uint32_t n,
                    uint64_t *hash)
{
    const struct aggr_element *e = k->how->part[part].element;
    if (e->kind == AGGR_VALUE || e->kind == AGGR_AS) {
        return add_numbers(k, batch_column(b, e->field[0]), factor(part), rows, n, hash);
    }
    return add_addresses(k, b, part, e->field[0], rows, n, hash);
}

/* Flows without addresses have the hash of the empty key. */
static void clear_homeless(struct batch *b, const uint32_t *rows, uint32_t n, uint64_t *hash)
{
    const struct column *groups = batch_column(b, FIELD_GROUPS);
    if (class_of(b->groups_all) != 0) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        hash[i] = class_of(column_u64(groups, rows[i])) != 0 ? hash[i] : 0;
    }
}

static int add_five_tuple(struct keys *k, struct batch *b, const uint32_t *rows, uint32_t n,
                          uint64_t *hash)
{
    static const enum field_id number[] = {FIELD_SRC_PORT, FIELD_DST_PORT, FIELD_PROTO};
    int rc = add_addresses(k, b, 0, FIELD_SRC_ADDR, rows, n, hash);
    rc = rc != 0 ? rc : add_addresses(k, b, 1, FIELD_DST_ADDR, rows, n, hash);
    for (size_t i = 0; i < 3 && rc == 0; i++) {
        rc = add_numbers(k, batch_column(b, number[i]), factor(2 + i), rows, n, hash);
    }
    clear_homeless(b, rows, n, hash);
    return rc;
}

static bool needs_octets(const struct aggregation *how)
{
    for (size_t i = 0; i < how->nparts; i++) {
        enum aggr_kind kind = how->part[i].element->kind;
        if (kind == AGGR_NET || kind == AGGR_PAIR || kind == AGGR_GEO ||
            (kind == AGGR_AS && how->geo != NULL)) {
            return true;
        }
    }
    return how->bidirectional;
}

int keys_hash(struct keys *k, struct batch *b, const uint32_t *rows, uint32_t n, uint64_t *hash)
{
    int rc = 0;
    if (needs_octets(k->how)) {
        return hash_octets(k, b, rows, n, hash);
    }
    memset(hash, 0, n * sizeof *hash);
    if (k->how->nparts == 0) {
        rc = add_five_tuple(k, b, rows, n, hash);
    }
    for (size_t i = 0; i < k->how->nparts && rc == 0; i++) {
        rc = add_part(k, b, i, rows, n, hash);
    }
    for (uint32_t i = 0; i < n; i++) {
        hash[i] = hash_u64(hash[i]);
    }
    return rc;
}
