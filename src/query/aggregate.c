/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * aggregate.c - the operator that groups flows.
 *
 * A piece groups the rows of one block, merging puts the groups into the operator's own in the
 * order in which they appeared, so the result is that of one pass over all flows. Keys are built
 * column by column into one array for all rows of a block.
 */
#include "query/aggregate.h"

#include "lookup/geo.h"
#include "query/gather.h"
#include "query/groups.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TCP = 6, UDP = 17, STRIP = 1024 };

/* The key of a five-tuple: 16 + 16 octets of addresses, then: */
enum { KEY_SRC = 0, KEY_DST = 16, KEY_SRC_PORT = 32, KEY_DST_PORT = 34, KEY_PROTO = 36,
       KEY_FAMILY = 37 };

struct groups_of_flows {
    struct groups groups;
    struct table table;
};

struct aggregate {
    struct aggregation how;
    struct field_set fields; /* kept of the first flow of a group */
    bool masks;              /* addresses of groups are rewritten */
    struct groups_of_flows all;
};

struct piece {
    const struct aggregate *owner;
    struct groups_of_flows own;
    uint8_t *keys;
    size_t keys_cap;
    struct ip *src, *dst;    /* addresses with masks applied; BATCH_ROWS_MAX each */
    uint32_t *rows;          /* rows that count */
    uint32_t *fresh;         /* of them, those that begin a group: places in rows */
    uint32_t *fresh_rows;
    uint32_t nfresh;
    struct tally *tally;     /* STRIP of them */
};

/* ------------------------------------------------------------------ life */

static void groups_of_flows_init(struct groups_of_flows *g, const struct aggregate *a)
{
    groups_init(&g->groups, a->how.key_length);
    table_init(&g->table, &a->fields);
}

static void groups_of_flows_free(struct groups_of_flows *g)
{
    groups_free(&g->groups);
    table_free(&g->table);
}

static void add_part_fields(struct field_set *set, const struct aggr_part *p)
{
    field_set_add(set, p->element->field[0]);
    if (p->element->field[1] != FIELD_NONE) {
        field_set_add(set, p->element->field[1]);
    }
    if (p->element->kind == AGGR_AS) {
        field_set_add(set, p->element->field[0] == FIELD_SRC_AS ? FIELD_SRC_ADDR : FIELD_DST_ADDR);
    }
}

static void key_fields(const struct aggregation *how, struct field_set *set)
{
    static const enum field_id tuple[] = {FIELD_SRC_ADDR, FIELD_DST_ADDR, FIELD_SRC_PORT,
                                          FIELD_DST_PORT, FIELD_PROTO};
    for (size_t i = 0; i < how->nparts; i++) {
        add_part_fields(set, &how->part[i]);
    }
    for (size_t i = 0; i < 5 && how->nparts == 0; i++) {
        field_set_add(set, tuple[i]);
    }
}

static bool rewrites(const struct aggr_part *p)
{
    return p->mask != 0 || p->element->kind == AGGR_NET;
}

struct aggregate *aggregate_new(const struct aggregation *how, const struct field_set *shown)
{
    struct aggregate *a = calloc(1, sizeof *a);
    if (a == NULL) {
        return NULL;
    }
    a->how = *how;
    a->fields = *shown;
    field_set_close(&a->fields);
    tally_fields(&a->fields);
    key_fields(how, &a->fields);
    for (size_t i = 0; i < how->nparts; i++) {
        a->masks = a->masks || rewrites(&how->part[i]);
    }
    if (a->masks) { /* a mask of one side may clear the other */
        field_set_add(&a->fields, FIELD_SRC_ADDR);
        field_set_add(&a->fields, FIELD_DST_ADDR);
    }
    groups_of_flows_init(&a->all, a);
    return a;
}

void aggregate_free(struct aggregate *a)
{
    if (a != NULL) {
        groups_of_flows_free(&a->all);
        free(a);
    }
}

struct table *aggregate_table(struct aggregate *a)
{
    return &a->all.table;
}

static void piece_free(void *arg)
{
    struct piece *p = arg;
    groups_of_flows_free(&p->own);
    free(p->keys);
    free(p->src);
    free(p->dst);
    free(p->rows);
    free(p->fresh);
    free(p->fresh_rows);
    free(p->tally);
    free(p);
}

static void *piece_new(void *op)
{
    const struct aggregate *a = op;
    struct piece *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    p->owner = a;
    groups_of_flows_init(&p->own, a);
    p->rows = malloc(BATCH_ROWS_MAX * sizeof *p->rows);
    p->fresh = malloc(BATCH_ROWS_MAX * sizeof *p->fresh);
    p->fresh_rows = malloc(BATCH_ROWS_MAX * sizeof *p->fresh_rows);
    p->tally = malloc(STRIP * sizeof *p->tally);
    if (a->masks) {
        p->src = malloc(BATCH_ROWS_MAX * sizeof *p->src);
        p->dst = malloc(BATCH_ROWS_MAX * sizeof *p->dst);
    }
    if (p->rows == NULL || p->fresh == NULL || p->fresh_rows == NULL || p->tally == NULL ||
        (a->masks && (p->src == NULL || p->dst == NULL))) {
        piece_free(p);
        return NULL;
    }
    return p;
}

/* ------------------------------------------------------------------ keys */

static int reserve_keys(struct piece *p, size_t need)
{
    if (need > p->keys_cap) {
        uint8_t *keys = realloc(p->keys, need);
        if (keys == NULL) {
            return ERR_NOMEM;
        }
        p->keys = keys;
        p->keys_cap = need;
    }
    memset(p->keys, 0, need);
    return 0;
}

/* Where in the keys a value goes. */
struct slot_of_keys {
    uint8_t *at;
    size_t step;
};

static void put_values(struct slot_of_keys k, const struct column *c, size_t width,
                       const uint32_t *rows, uint32_t n)
{
    gather_to(c, rows, n, k.at, k.step, width);
}

/* Addresses as they are now: from the columns, or with masks applied so far. */
static const struct ip *address(const struct piece *p, const struct column *c, enum field_id id,
                                uint32_t i, uint32_t row)
{
    const struct ip *changed = id == FIELD_SRC_ADDR ? p->src : p->dst;
    return changed != NULL ? &changed[i] : column_ip(c, row);
}

static void mask_addresses(struct piece *p, struct batch *b, const struct aggr_part *part,
                           uint32_t n)
{
    bool v4 = part->element->kind == AGGR_ADDR4;
    enum field_group family = v4 ? GROUP_IPV4 : GROUP_IPV6;
    unsigned bits = v4 ? part->mask + 96 : part->mask;
    struct ip *mine = part->element->field[0] == FIELD_SRC_ADDR ? p->src : p->dst;
    struct ip zero4 = ip_from_v4(0), zero6 = {{0}};
    for (uint32_t i = 0; i < n; i++) {
        uint64_t groups = batch_groups(b, p->rows[i]);
        if (groups & group_bit(family)) {
            mine[i] = ip_mask(&mine[i], bits);
        } else {
            p->src[i] = p->dst[i] = (groups & group_bit(GROUP_IPV4)) ? zero4 : zero6;
        }
    }
}

static void net_addresses(struct piece *p, struct batch *b, const struct aggr_part *part,
                          uint32_t n)
{
    const struct column *mask = batch_column(b, part->element->field[1]);
    struct ip *mine = part->element->field[0] == FIELD_SRC_ADDR ? p->src : p->dst;
    for (uint32_t i = 0; i < n; i++) {
        bool v4 = (batch_groups(b, p->rows[i]) & group_bit(GROUP_IPV4)) != 0;
        unsigned bits = (unsigned)column_u64(mask, p->rows[i]);
        bits = v4 ? (bits == 0 ? 128 : bits + 96) : bits;
        mine[i] = ip_mask(&mine[i], bits > 128 ? 128 : bits);
    }
}

static void put_part_addresses(struct piece *p, struct batch *b, const struct aggr_part *part,
                               struct slot_of_keys k, uint32_t n)
{
    enum field_id id = part->element->field[0];
    const struct column *c = batch_column(b, id);
    uint64_t family = part->element->kind == AGGR_ADDR4   ? group_bit(GROUP_IPV4)
                      : part->element->kind == AGGR_ADDR6 ? group_bit(GROUP_IPV6)
                                                          : 0;
    for (uint32_t i = 0; i < n; i++) {
        if (family == 0 || (batch_groups(b, p->rows[i]) & family)) {
            memcpy(k.at + i * k.step, address(p, c, id, i, p->rows[i]), sizeof(struct ip));
        }
    }
}

static void put_pair(struct piece *p, struct batch *b, const struct aggr_part *part,
                     struct slot_of_keys k, uint32_t n)
{
    const struct column *c4 = batch_column(b, part->element->field[0]);
    const struct column *c6 = batch_column(b, part->element->field[1]);
    uint64_t g4 = group_bit(field_of(part->element->field[0])->group);
    for (uint32_t i = 0; i < n; i++) {
        bool v4 = (batch_groups(b, p->rows[i]) & g4) != 0;
        memcpy(k.at + i * k.step, column_ip(v4 ? c4 : c6, p->rows[i]), sizeof(struct ip));
    }
}

static int family_of(struct batch *b, uint32_t row)
{
    uint64_t g = batch_groups(b, row);
    return (g & group_bit(GROUP_IPV4)) ? 4 : (g & group_bit(GROUP_IPV6)) ? 6 : 0;
}

static void look_up_as(struct piece *p, struct batch *b, const struct aggr_part *part,
                       struct slot_of_keys k, uint32_t n)
{
    enum field_id addr = part->element->field[0] == FIELD_SRC_AS ? FIELD_SRC_ADDR : FIELD_DST_ADDR;
    const struct column *c = batch_column(b, addr);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t as;
        memcpy(&as, k.at + i * k.step, sizeof as);
        if (as == 0) {
            as = geo_as(p->owner->how.geo, address(p, c, addr, i, p->rows[i]),
                        family_of(b, p->rows[i]));
            memcpy(k.at + i * k.step, &as, sizeof as);
        }
    }
}

static void put_countries(struct piece *p, struct batch *b, const struct aggr_part *part,
                          struct slot_of_keys k, uint32_t n)
{
    enum field_id id = part->element->field[0];
    const struct column *c = batch_column(b, id);
    for (uint32_t i = 0; i < n; i++) {
        char country[2] = {'.', '.'};
        geo_country(p->owner->how.geo, address(p, c, id, i, p->rows[i]), family_of(b, p->rows[i]),
                    country);
        memcpy(k.at + i * k.step, country, sizeof country);
    }
}

static void put_part(struct piece *p, struct batch *b, const struct aggr_part *part, uint32_t n)
{
    struct slot_of_keys k = {p->keys + part->offset, p->owner->how.key_length};
    const struct aggr_element *e = part->element;
    if (e->kind == AGGR_NET) {
        net_addresses(p, b, part, n);
    } else if (part->mask != 0) {
        mask_addresses(p, b, part, n);
    }
    switch (e->kind) {
    case AGGR_VALUE:
    case AGGR_AS:
        put_values(k, batch_column(b, e->field[0]), field_width(e->field[0]), p->rows, n);
        if (e->kind == AGGR_AS && p->owner->how.geo != NULL) {
            look_up_as(p, b, part, k, n);
        }
        break;
    case AGGR_NET:
        put_values((struct slot_of_keys){k.at + 16, k.step}, batch_column(b, e->field[1]), 1,
                    p->rows, n);
        put_part_addresses(p, b, part, k, n);
        break;
    case AGGR_ADDR:
    case AGGR_ADDR4:
    case AGGR_ADDR6:
        put_part_addresses(p, b, part, k, n);
        break;
    case AGGR_PAIR:
        put_pair(p, b, part, k, n);
        break;
    case AGGR_GEO:
        put_countries(p, b, part, k, n);
        break;
    }
}

/* Flows without any address form one group, whatever else they have. */
static void put_five_tuple(struct piece *p, struct batch *b, uint32_t n)
{
    size_t step = p->owner->how.key_length;
    uint8_t *keys = p->keys;
    put_values((struct slot_of_keys){keys + KEY_SRC, step}, batch_column(b, FIELD_SRC_ADDR),
               sizeof(struct ip), p->rows, n);
    put_values((struct slot_of_keys){keys + KEY_DST, step}, batch_column(b, FIELD_DST_ADDR),
               sizeof(struct ip), p->rows, n);
    put_values((struct slot_of_keys){keys + KEY_SRC_PORT, step}, batch_column(b, FIELD_SRC_PORT),
                2, p->rows, n);
    put_values((struct slot_of_keys){keys + KEY_DST_PORT, step}, batch_column(b, FIELD_DST_PORT),
                2, p->rows, n);
    put_values((struct slot_of_keys){keys + KEY_PROTO, step}, batch_column(b, FIELD_PROTO), 1,
                p->rows, n);
    for (uint32_t i = 0; i < n; i++) {
        keys[i * step + KEY_FAMILY] = (uint8_t)family_of(b, p->rows[i]);
        if (keys[i * step + KEY_FAMILY] == 0) {
            memset(keys + i * step, 0, step);
        }
    }
}

static void start_addresses(struct piece *p, struct batch *b, uint32_t n)
{
    const struct column *src = batch_column(b, FIELD_SRC_ADDR);
    const struct column *dst = batch_column(b, FIELD_DST_ADDR);
    for (uint32_t i = 0; i < n && p->src != NULL; i++) {
        p->src[i] = *column_ip(src, p->rows[i]);
        p->dst[i] = *column_ip(dst, p->rows[i]);
    }
}

static int make_keys(struct piece *p, struct batch *b, uint32_t n)
{
    const struct aggregation *how = &p->owner->how;
    int rc = reserve_keys(p, (size_t)n * how->key_length);
    if (rc != 0) {
        return rc;
    }
    start_addresses(p, b, n);
    if (how->nparts == 0) {
        put_five_tuple(p, b, n);
    }
    for (size_t i = 0; i < how->nparts; i++) {
        put_part(p, b, &how->part[i], n);
    }
    return 0;
}

/* ------------------------------------------------------------------ groups */

static bool reverse_key(const uint8_t *key, uint8_t *reversed)
{
    if (key[KEY_PROTO] != TCP && key[KEY_PROTO] != UDP) {
        return false;
    }
    memset(reversed, 0, 40);
    memcpy(reversed + KEY_SRC, key + KEY_DST, 16);
    memcpy(reversed + KEY_DST, key + KEY_SRC, 16);
    memcpy(reversed + KEY_SRC_PORT, key + KEY_DST_PORT, 2);
    memcpy(reversed + KEY_DST_PORT, key + KEY_SRC_PORT, 2);
    reversed[KEY_PROTO] = key[KEY_PROTO];
    reversed[KEY_FAMILY] = key[KEY_FAMILY];
    return true;
}

/* Add to a group that is there; false: there is none. */
static bool add_to_group(const struct aggregate *a, struct groups_of_flows *g, const uint8_t *key,
                         const struct tally *t)
{
    uint8_t reversed[40];
    size_t i = groups_find(&g->groups, key);
    if (i != GROUP_NONE) {
        tally_add(table_tally(&g->table, i), t);
        return true;
    }
    if (!a->how.bidirectional || !reverse_key(key, reversed)) {
        return false;
    }
    i = groups_find(&g->groups, reversed);
    if (i != GROUP_NONE) {
        tally_add_reversed(table_tally(&g->table, i), t);
    }
    return i != GROUP_NONE;
}

static int add_flow(struct piece *p, uint32_t i, const struct tally *t)
{
    const uint8_t *key = p->keys + (size_t)i * p->owner->how.key_length;
    bool is_new;
    size_t group;
    if (p->owner->how.bidirectional && add_to_group(p->owner, &p->own, key, t)) {
        return 0;
    }
    group = groups_put(&p->own.groups, key, &is_new);
    if (group == GROUP_NONE) {
        return ERR_NOMEM;
    }
    if (is_new) {
        p->fresh[p->nfresh++] = i;
        return table_add_tally(&p->own.table, t);
    }
    tally_add(table_tally(&p->own.table, group), t);
    return 0;
}

/* The rows of all groups that began in this block. */
static int keep_fresh(struct piece *p, struct batch *b)
{
    size_t first = rows_count(&p->own.table.rows);
    int rc;
    for (uint32_t i = 0; i < p->nfresh; i++) {
        p->fresh_rows[i] = p->rows[p->fresh[i]];
    }
    rc = rows_add(&p->own.table.rows, b, p->fresh_rows, p->nfresh);
    for (uint32_t i = 0; i < p->nfresh && rc == 0 && p->src != NULL; i++) {
        uint32_t from = p->fresh[i];
        memcpy(rows_value(&p->own.table.rows, first + i, FIELD_SRC_ADDR), &p->src[from], 16);
        memcpy(rows_value(&p->own.table.rows, first + i, FIELD_DST_ADDR), &p->dst[from], 16);
    }
    return rc;
}

static int consume(void *op, void *piece, const struct passing *in)
{
    struct piece *p = piece;
    const struct aggregate *a = op;
    uint32_t n = tally_rows(in->batch, in->rows, in->n, p->rows);
    int rc = make_keys(p, in->batch, n);
    p->nfresh = 0;
    for (uint32_t at = 0; at < n && rc == 0; at += STRIP) {
        uint32_t part = n - at < STRIP ? n - at : STRIP;
        tally_read(in->batch, p->rows + at, part, a->how.bidirectional, p->tally);
        for (uint32_t i = 0; i < part && rc == 0; i++) {
            rc = add_flow(p, at + i, &p->tally[i]);
        }
    }
    return rc != 0 ? rc : keep_fresh(p, in->batch);
}

static int merge_group(struct aggregate *a, struct piece *p, size_t i)
{
    const uint8_t *key = groups_key(&p->own.groups, i);
    bool is_new;
    if (add_to_group(a, &a->all, key, table_tally(&p->own.table, i))) {
        return 0;
    }
    if (groups_put(&a->all.groups, key, &is_new) == GROUP_NONE ||
        table_copy(&a->all.table, &p->own.table, i) != 0) {
        return ERR_NOMEM;
    }
    return 0;
}

static int merge(void *op, void *piece)
{
    struct aggregate *a = op;
    struct piece *p = piece;
    int rc = 0;
    for (size_t i = 0; i < groups_count(&p->own.groups) && rc == 0; i++) {
        rc = merge_group(a, p, i);
    }
    groups_clear(&p->own.groups);
    table_clear(&p->own.table);
    return rc;
}

static const struct operator_kind kind = {.piece_new = piece_new, .piece_free = piece_free,
                                          .consume = consume, .merge = merge};

struct operator aggregate_operator(struct aggregate *a)
{
    return (struct operator){.kind = &kind, .op = a, .fields = a->fields};
}
