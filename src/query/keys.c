/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * keys.c - the octets of keys; see keys.h. Hashes: keyhash.c.
 */
#include "query/keys.h"

#include "lookup/geo.h"
#include "query/gather.h"

#include <stdlib.h>
#include <string.h>

enum { TCP = 6, UDP = 17 };

/* The key of a five-tuple: 16 + 16 octets of addresses, then: */
enum { KEY_SRC = 0, KEY_DST = 16, KEY_SRC_PORT = 32, KEY_DST_PORT = 34, KEY_PROTO = 36,
       KEY_FAMILY = 37, KEY_TUPLE = 40 };

/* The rows whose keys are made. */
struct chosen {
    struct batch *batch;
    const uint32_t *rows;
    uint32_t n;
};

/* Where in the keys a value goes. */
struct slot_of_keys {
    uint8_t *at;
    size_t step;
};

/* ------------------------------------------------------------------ life */

bool keys_rewrite_addresses(const struct aggregation *how)
{
    for (size_t i = 0; i < how->nparts; i++) {
        if (how->part[i].mask != 0 || how->part[i].element->kind == AGGR_NET) {
            return true;
        }
    }
    return false;
}

int keys_init(struct keys *k, const struct aggregation *how)
{
    memset(k, 0, sizeof *k);
    k->how = how;
    k->masks = keys_rewrite_addresses(how);
    if (k->masks) {
        k->src = malloc(BATCH_ROWS_MAX * sizeof *k->src);
        k->dst = malloc(BATCH_ROWS_MAX * sizeof *k->dst);
    }
    if (how->bidirectional) {
        k->turned = calloc(BATCH_ROWS_MAX, sizeof *k->turned);
    }
    if ((k->masks && (k->src == NULL || k->dst == NULL)) ||
        (how->bidirectional && k->turned == NULL)) {
        keys_free(k);
        return ERR_NOMEM;
    }
    return 0;
}

void keys_free(struct keys *k)
{
    free(k->key);
    free(k->src);
    free(k->dst);
    free(k->turned);
    free(k->table);
    memset(k, 0, sizeof *k);
}

static void part_fields(const struct aggr_part *p, struct field_set *set)
{
    field_set_add(set, p->element->field[0]);
    if (p->element->field[1] != FIELD_NONE) {
        field_set_add(set, p->element->field[1]);
    }
    if (p->element->kind == AGGR_AS) {
        field_set_add(set, p->element->field[0] == FIELD_SRC_AS ? FIELD_SRC_ADDR : FIELD_DST_ADDR);
    }
}

void keys_fields(const struct aggregation *how, struct field_set *set)
{
    static const enum field_id tuple[] = {FIELD_SRC_ADDR, FIELD_DST_ADDR, FIELD_SRC_PORT,
                                          FIELD_DST_PORT, FIELD_PROTO};
    field_set_add(set, FIELD_GROUPS);
    for (size_t i = 0; i < how->nparts; i++) {
        part_fields(&how->part[i], set);
    }
    for (size_t i = 0; i < sizeof tuple / sizeof tuple[0] && how->nparts == 0; i++) {
        field_set_add(set, tuple[i]);
    }
    if (keys_rewrite_addresses(how)) { /* a mask of one side may clear the other */
        field_set_add(set, FIELD_SRC_ADDR);
        field_set_add(set, FIELD_DST_ADDR);
    }
}

static int reserve(struct keys *k, size_t need)
{
    if (need > k->cap) {
        uint8_t *key = realloc(k->key, need);
        if (key == NULL) {
            return ERR_NOMEM;
        }
        k->key = key;
        k->cap = need;
    }
    memset(k->key, 0, need);
    return 0;
}

int keys_family(struct batch *b, uint32_t row)
{
    uint64_t g = batch_groups(b, row);
    return (g & group_bit(GROUP_IPV4)) ? 4 : (g & group_bit(GROUP_IPV6)) ? 6 : 0;
}

/* ------------------------------------------------------------------ addresses */

bool keys_shows_address(enum aggr_kind kind, const struct ip *ip)
{
    struct ip zero4 = ip_from_v4(0), zero6 = {{0}};
    return (kind != AGGR_ADDR4 || memcmp(ip, &zero4, sizeof *ip) != 0) &&
           (kind != AGGR_ADDR6 || memcmp(ip, &zero6, sizeof *ip) != 0);
}

static void start_addresses(struct keys *k, const struct chosen *c)
{
    const struct column *src = batch_column(c->batch, FIELD_SRC_ADDR);
    const struct column *dst = batch_column(c->batch, FIELD_DST_ADDR);
    for (uint32_t i = 0; i < c->n; i++) {
        k->src[i] = *column_ip(src, c->rows[i]);
        k->dst[i] = *column_ip(dst, c->rows[i]);
    }
}

/* Addresses as they are now: from the columns, or with masks applied so far. */
static const struct ip *address(const struct keys *k, const struct column *c, enum field_id id,
                                uint32_t i, uint32_t row)
{
    const struct ip *changed = id == FIELD_SRC_ADDR ? k->src : k->dst;
    return changed != NULL ? &changed[i] : column_ip(c, row);
}

static struct ip *addresses_of(struct keys *k, const struct aggr_part *part)
{
    return part->element->field[0] == FIELD_SRC_ADDR ? k->src : k->dst;
}

static void mask_addresses(struct keys *k, const struct chosen *c, const struct aggr_part *part)
{
    const struct column *groups = batch_column(c->batch, FIELD_GROUPS);
    bool v4 = part->element->kind == AGGR_ADDR4;
    enum field_group family = v4 ? GROUP_IPV4 : GROUP_IPV6;
    unsigned bits = v4 ? part->mask + 96 : part->mask;
    struct ip *mine = addresses_of(k, part);
    struct ip zero4 = ip_from_v4(0), zero6 = {{0}};
    for (uint32_t i = 0; i < c->n; i++) {
        uint64_t g = column_u64(groups, c->rows[i]);
        if (g & group_bit(family)) {
            mine[i] = ip_mask(&mine[i], bits);
        } else {
            k->src[i] = k->dst[i] = (g & group_bit(GROUP_IPV4)) ? zero4 : zero6;
        }
    }
}

/* Networks are told apart by their address alone. A mask of 0 is unknown: IPv4 stays as it is, IPv6
 * keeps its upper half. */
static void net_addresses(struct keys *k, const struct chosen *c, const struct aggr_part *part)
{
    const struct column *mask = batch_column(c->batch, part->element->field[1]);
    struct ip *mine = addresses_of(k, part);
    for (uint32_t i = 0; i < c->n; i++) {
        bool v4 = (batch_groups(c->batch, c->rows[i]) & group_bit(GROUP_IPV4)) != 0;
        unsigned bits = (unsigned)column_u64(mask, c->rows[i]);
        bits = v4 ? (bits == 0 ? 128 : bits + 96) : (bits == 0 ? 64 : bits);
        mine[i] = ip_mask(&mine[i], bits > 128 ? 128 : bits);
    }
}

/* ------------------------------------------------------------------ parts */

static void put_values(struct slot_of_keys s, const struct chosen *c, enum field_id id)
{
    gather_to(batch_column(c->batch, id), c->rows, c->n, s.at, s.step, field_width(id));
}

static void put_addresses(struct keys *k, const struct chosen *c, const struct aggr_part *part,
                          struct slot_of_keys s)
{
    enum field_id id = part->element->field[0];
    const struct column *col = batch_column(c->batch, id);
    uint64_t family = part->element->kind == AGGR_ADDR4   ? group_bit(GROUP_IPV4)
                      : part->element->kind == AGGR_ADDR6 ? group_bit(GROUP_IPV6)
                                                          : 0;
    if (family == 0 && k->src == NULL) {
        put_values(s, c, id);
        return;
    }
    for (uint32_t i = 0; i < c->n; i++) {
        const struct ip *ip = address(k, col, id, i, c->rows[i]);
        bool has = family == 0 || (batch_groups(c->batch, c->rows[i]) & family) != 0;
        if (has && keys_shows_address(part->element->kind, ip)) {
            memcpy(s.at + i * s.step, ip, sizeof *ip);
        }
    }
}

static void put_pair(const struct chosen *c, const struct aggr_part *part, struct slot_of_keys s)
{
    const struct column *c4 = batch_column(c->batch, part->element->field[0]);
    const struct column *c6 = batch_column(c->batch, part->element->field[1]);
    uint64_t g4 = group_bit(field_of(part->element->field[0])->group);
    for (uint32_t i = 0; i < c->n; i++) {
        bool v4 = (batch_groups(c->batch, c->rows[i]) & g4) != 0;
        memcpy(s.at + i * s.step, column_ip(v4 ? c4 : c6, c->rows[i]), sizeof(struct ip));
    }
}

static void look_up_as(struct keys *k, const struct chosen *c, const struct aggr_part *part,
                       struct slot_of_keys s)
{
    enum field_id addr = part->element->field[0] == FIELD_SRC_AS ? FIELD_SRC_ADDR : FIELD_DST_ADDR;
    const struct column *col = batch_column(c->batch, addr);
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t as;
        memcpy(&as, s.at + i * s.step, sizeof as);
        if (as == 0) {
            as = geo_as(k->how->geo, address(k, col, addr, i, c->rows[i]),
                        keys_family(c->batch, c->rows[i]));
            memcpy(s.at + i * s.step, &as, sizeof as);
        }
    }
}

static void put_countries(struct keys *k, const struct chosen *c, const struct aggr_part *part,
                          struct slot_of_keys s)
{
    enum field_id id = part->element->field[0];
    const struct column *col = batch_column(c->batch, id);
    for (uint32_t i = 0; i < c->n; i++) {
        char country[2] = {'.', '.'};
        geo_country(k->how->geo, address(k, col, id, i, c->rows[i]),
                    keys_family(c->batch, c->rows[i]), country);
        memcpy(s.at + i * s.step, country, sizeof country);
    }
}

static void put_part(struct keys *k, const struct chosen *c, const struct aggr_part *part)
{
    struct slot_of_keys s = {k->key + part->offset, k->how->key_length};
    const struct aggr_element *e = part->element;
    if (e->kind == AGGR_NET) {
        net_addresses(k, c, part);
    } else if (part->mask != 0) {
        mask_addresses(k, c, part);
    }
    switch (e->kind) {
    case AGGR_VALUE:
    case AGGR_AS:
        put_values(s, c, e->field[0]);
        if (e->kind == AGGR_AS && k->how->geo != NULL) {
            look_up_as(k, c, part, s);
        }
        break;
    case AGGR_NET:
    case AGGR_ADDR:
    case AGGR_ADDR4:
    case AGGR_ADDR6:
        put_addresses(k, c, part, s);
        break;
    case AGGR_PAIR:
        put_pair(c, part, s);
        break;
    case AGGR_GEO:
        put_countries(k, c, part, s);
        break;
    }
}

/* ------------------------------------------------------------------ the five-tuple */

/* Flows without any address form one group, whatever else they have. */
static void put_families(struct keys *k, const struct chosen *c)
{
    const struct column *groups = batch_column(c->batch, FIELD_GROUPS);
    for (uint32_t i = 0; i < c->n; i++) {
        uint8_t *key = k->key + (size_t)i * KEY_TUPLE;
        uint64_t g = column_u64(groups, c->rows[i]);
        if (g & group_bit(GROUP_IPV4)) {
            key[KEY_FAMILY] = 4;
        } else if (g & group_bit(GROUP_IPV6)) {
            key[KEY_FAMILY] = 6;
        } else {
            memset(key, 0, KEY_TUPLE);
        }
    }
}

static void put_five_tuple(struct keys *k, const struct chosen *c)
{
    uint8_t *key = k->key;
    put_values((struct slot_of_keys){key + KEY_SRC, KEY_TUPLE}, c, FIELD_SRC_ADDR);
    put_values((struct slot_of_keys){key + KEY_DST, KEY_TUPLE}, c, FIELD_DST_ADDR);
    put_values((struct slot_of_keys){key + KEY_SRC_PORT, KEY_TUPLE}, c, FIELD_SRC_PORT);
    put_values((struct slot_of_keys){key + KEY_DST_PORT, KEY_TUPLE}, c, FIELD_DST_PORT);
    put_values((struct slot_of_keys){key + KEY_PROTO, KEY_TUPLE}, c, FIELD_PROTO);
    put_families(k, c);
}

/* The key that a flow of the opposite direction has; false: there is none. */
static bool reverse_key(const uint8_t *key, uint8_t *reversed)
{
    if (key[KEY_PROTO] != TCP && key[KEY_PROTO] != UDP) {
        return false;
    }
    memset(reversed, 0, KEY_TUPLE);
    memcpy(reversed + KEY_SRC, key + KEY_DST, sizeof(struct ip));
    memcpy(reversed + KEY_DST, key + KEY_SRC, sizeof(struct ip));
    memcpy(reversed + KEY_SRC_PORT, key + KEY_DST_PORT, 2);
    memcpy(reversed + KEY_DST_PORT, key + KEY_SRC_PORT, 2);
    reversed[KEY_PROTO] = key[KEY_PROTO];
    reversed[KEY_FAMILY] = key[KEY_FAMILY];
    return true;
}

static void turn_keys(struct keys *k, uint32_t n)
{
    uint8_t reversed[KEY_TUPLE];
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *key = k->key + (size_t)i * KEY_TUPLE;
        k->turned[i] = reverse_key(key, reversed) && memcmp(reversed, key, KEY_TUPLE) < 0;
        if (k->turned[i]) {
            memcpy(key, reversed, KEY_TUPLE);
        }
    }
}

int keys_make(struct keys *k, struct batch *b, const uint32_t *rows, uint32_t n)
{
    const struct aggregation *how = k->how;
    struct chosen c = {b, rows, n};
    int rc = reserve(k, (size_t)n * how->key_length);
    if (rc != 0) {
        return rc;
    }
    if (k->masks) {
        start_addresses(k, &c);
    }
    if (how->nparts == 0) {
        put_five_tuple(k, &c);
    }
    for (size_t i = 0; i < how->nparts; i++) {
        put_part(k, &c, &how->part[i]);
    }
    if (how->bidirectional) {
        turn_keys(k, n);
    }
    return 0;
}
