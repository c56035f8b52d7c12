/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statcount.c - see statcount.h.
 *
 * A key is 16 octets of value, protocol and family; texts (ja3, ja4) follow behind. One reader
 * for each kind of value fills the key of a row, or says that the row has no value. Pieces tally
 * the rows of a block; merging adds them in the order in which values appeared.
 *
 * Most values are known by a small number: their code in the block's dictionary, or themselves. A
 * shortcut remembers the group of each, so that its key is built and looked for once a block.
 */
#include "query/statcount.h"

#include "lookup/geo.h"
#include "payload/ja3.h"
#include "payload/ja4.h"
#include "query/groups.h"
#include "query/statcells.h"
#include "query/table.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_PROTO = 16, KEY_FAMILY = 17, KEY_TEXT = 24, TEXT_ROOM = 40, FIELDS_MAX = 4 };

/* The groups of values by number: group + 1, 0 where it is not known yet. */
struct shortcut {
    struct buf groups;
    size_t n;
};

struct counted {
    struct groups groups;
    struct chunks tally;
    bool accessed_after; /* the last access met a value that was there already */
};

struct statcount {
    struct stat_spec spec;
    const struct geo_db *geo;
    size_t key_length;
    struct counted all;
    struct shortcut known; /* groups of `all` by value; no places: values are wide */
};

enum { STRIP = 1024 };

struct piece {
    struct counted own;
    struct buf work;
    struct shortcut known[FIELDS_MAX]; /* groups of the block by code or value */
    uint32_t rows[BATCH_ROWS_MAX];
    struct tally tally[STRIP];
};

/* One field of one block. */
struct reading {
    const struct statcount *s;
    struct piece *piece;
    struct batch *batch;
    enum field_id id;
    const struct column *column;
    const struct column *address; /* of the same side as an AS */
    const struct column *groups;
    struct shortcut *known;
};

/* ------------------------------------------------------------------ values */

static bool has_field(const struct reading *r, uint32_t row)
{
    return batch_has(r->batch, field_of(r->id)->group, row);
}

static bool put_number(uint8_t *key, uint64_t v)
{
    memcpy(key, &v, sizeof v);
    return true;
}

static int family_of(struct batch *b, uint32_t row)
{
    uint64_t g = batch_groups(b, row);
    return (g & group_bit(GROUP_IPV4)) ? 4 : (g & group_bit(GROUP_IPV6)) ? 6 : 0;
}

static bool read_any_number(const struct reading *r, uint32_t row, uint8_t *key)
{
    return put_number(key, column_u64(r->column, row));
}

static bool read_present_number(const struct reading *r, uint32_t row, uint8_t *key)
{
    return has_field(r, row) && put_number(key, column_u64(r->column, row));
}

/* Access lists have shown as 0 since they became statistics; scripts that add columns rely on it.
 * */
static bool read_acl(const struct reading *r, uint32_t row, uint8_t *key)
{
    return has_field(r, row) && put_number(key, 0);
}

static bool read_as(const struct reading *r, uint32_t row, uint8_t *key)
{
    uint64_t as = column_u64(r->column, row);
    if (as == 0 && r->s->geo != NULL) {
        as = geo_as(r->s->geo, column_ip(r->address, row), family_of(r->batch, row));
    }
    return put_number(key, as);
}

static bool read_geo(const struct reading *r, uint32_t row, uint8_t *key)
{
    char country[2] = {'\0', '\0'};
    int family = family_of(r->batch, row);
    if (r->s->geo != NULL && family != 0) {
        geo_country(r->s->geo, column_ip(r->column, row), family, country);
    }
    return put_number(key, (uint64_t)(uint8_t)country[0] | (uint64_t)(uint8_t)country[1] << 8);
}

/* Fields of one family have a group of their own; the flow's own addresses follow its family. */
static bool read_addr(const struct reading *r, uint32_t row, uint8_t *key)
{
    bool own = r->id == FIELD_SRC_ADDR || r->id == FIELD_DST_ADDR;
    const struct ip *addr = column_ip(r->column, row);
    int family = own ? family_of(r->batch, row) : has_field(r, row) ? (ip_is_mapped(addr) ? 4 : 6)
                                                                    : 0;
    if (family == 0) {
        return false;
    }
    memcpy(key, addr, sizeof *addr);
    key[KEY_FAMILY] = (uint8_t)family;
    return true;
}

static bool read_hello(const struct reading *r, uint32_t row, struct tls_hello *hello)
{
    struct span payload;
    if (!has_field(r, row) || batch_u64(r->batch, FIELD_PROTO, row) != 6) {
        return false;
    }
    payload = column_var(r->column, row);
    return tls_parse(payload.data, payload.len, hello) == 0;
}

static bool read_ja3(const struct reading *r, uint32_t row, uint8_t *key)
{
    struct tls_hello hello;
    return read_hello(r, row, &hello) &&
           ja3_of(&hello, &r->piece->work, (char *)key + KEY_TEXT) == 0;
}

static bool read_ja4(const struct reading *r, uint32_t row, uint8_t *key)
{
    struct tls_hello hello;
    return read_hello(r, row, &hello) && ja4_of(&hello, (char *)key + KEY_TEXT);
}

static bool read_nbar(const struct reading *r, uint32_t row, uint8_t *key)
{
    struct span id = column_var(r->column, row);
    uint64_t v = 0;
    for (uint32_t i = 0; i < id.len && i < 8; i++) {
        v = v << 8 | id.data[i];
    }
    return has_field(r, row) && put_number(key, v);
}

static bool (*const readers[])(const struct reading *r, uint32_t row, uint8_t *key) = {
    [STAT_KIND_NUMBER] = read_any_number,
    [STAT_KIND_PROTO] = read_any_number,
    [STAT_KIND_TUNPROTO] = read_any_number,
    [STAT_KIND_AS] = read_as,
    [STAT_KIND_ORG] = read_as,
    [STAT_KIND_GEO] = read_geo,
    [STAT_KIND_HEX] = read_present_number,
    [STAT_KIND_ACL] = read_acl,
    [STAT_KIND_ADDR] = read_addr,
    [STAT_KIND_MAC] = read_present_number,
    [STAT_KIND_MPLS] = read_present_number,
    [STAT_KIND_LATENCY] = read_present_number,
    [STAT_KIND_FLAGS] = read_present_number,
    [STAT_KIND_EVENT] = read_present_number,
    [STAT_KIND_NAT_EVENT] = read_present_number,
    [STAT_KIND_NBAR] = read_nbar,
    [STAT_KIND_JA3] = read_ja3,
    [STAT_KIND_JA4] = read_ja4,
};

/* ------------------------------------------------------------------ shortcuts */

enum { NARROW_VALUES = 65536 };

static uint32_t *shortcut_places(struct shortcut *k)
{
    return (uint32_t *)(void *)k->groups.data;
}

static int shortcut_start(struct shortcut *k, size_t n)
{
    size_t octets = n * sizeof(uint32_t);
    k->n = 0;
    buf_clear(&k->groups);
    if (octets > 0) {
        char *places = buf_room(&k->groups, octets);
        if (places == NULL) {
            return ERR_NOMEM;
        }
        memset(places, 0, octets);
    }
    k->n = n;
    return 0;
}

/* Keys that depend on nothing but the field's value, or on its family as well. */
static bool key_is_value(const struct statcount *s)
{
    switch (s->spec.element->kind) {
    case STAT_KIND_NUMBER:
    case STAT_KIND_PROTO:
    case STAT_KIND_TUNPROTO:
        return !s->spec.by_proto;
    case STAT_KIND_AS:
    case STAT_KIND_ORG:
        return !s->spec.by_proto && s->geo == NULL;
    default:
        return false;
    }
}

static bool key_is_own_address(const struct reading *r)
{
    return r->s->spec.element->kind == STAT_KIND_ADDR && !r->s->spec.by_proto &&
           (r->id == FIELD_SRC_ADDR || r->id == FIELD_DST_ADDR);
}

/* How many numbers values of this block have; 0: none that are small enough. */
static size_t shortcut_room(const struct reading *r)
{
    const struct column *c = r->column;
    if (!key_is_value(r->s) && !key_is_own_address(r)) {
        return 0;
    }
    if (c->form == COLUMN_CONST || c->form == COLUMN_DICT) {
        return c->nvalues;
    }
    return c->form == COLUMN_FLAT && c->width <= 2 ? NARROW_VALUES : 0;
}

/* The place for a row's group; NULL: there is none. */
static uint32_t *shortcut_of(const struct reading *r, uint32_t row)
{
    const struct column *c = r->column;
    if (r->known->n == 0) {
        return NULL;
    }
    return shortcut_places(r->known) +
           (c->form == COLUMN_FLAT ? column_u64(c, row) : column_place(c, row));
}

/* Add a row to a group known by shortcut. False: it is not known, or of the other family. */
static bool count_known(struct counted *c, const struct reading *r, uint32_t row,
                        const uint32_t *place, const struct tally *t)
{
    if (place == NULL || *place == 0) {
        return false;
    }
    if (r->s->spec.element->kind == STAT_KIND_ADDR) {
        const uint8_t *key = groups_key(&c->groups, *place - 1);
        uint64_t own = column_u64(r->groups, row);
        enum field_group family = key[KEY_FAMILY] == 4 ? GROUP_IPV4 : GROUP_IPV6;
        if (!(own & group_bit(family)) || (family == GROUP_IPV6 && (own & group_bit(GROUP_IPV4)))) {
            return false;
        }
    }
    c->accessed_after = true;
    tally_add(chunks_at(&c->tally, *place - 1), t);
    return true;
}

/* ------------------------------------------------------------------ life */

static bool is_text(enum stat_kind kind)
{
    return kind == STAT_KIND_JA3 || kind == STAT_KIND_JA4;
}

static void counted_init(struct counted *c, size_t key_length)
{
    groups_init(&c->groups, key_length);
    chunks_init(&c->tally, sizeof(struct tally));
    c->accessed_after = false;
}

static void counted_free(struct counted *c)
{
    groups_free(&c->groups);
    chunks_free(&c->tally);
}

static unsigned widest_value(const struct stat_element *e)
{
    unsigned widest = 0;
    for (unsigned i = 0; i < FIELDS_MAX && e->field[i] != FIELD_NONE; i++) {
        unsigned width = column_absent(e->field[i]).width;
        widest = width > widest ? width : widest;
    }
    return widest;
}

struct statcount *statcount_new(const struct stat_spec *spec, const struct geo_db *geo)
{
    struct statcount *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->spec = *spec;
    s->geo = geo;
    s->key_length = is_text(spec->element->kind) ? KEY_TEXT + TEXT_ROOM : KEY_TEXT;
    counted_init(&s->all, s->key_length);
    buf_init(&s->known.groups);
    if (key_is_value(s) && widest_value(spec->element) <= 2 &&
        shortcut_start(&s->known, NARROW_VALUES) != 0) {
        statcount_free(s);
        return NULL;
    }
    return s;
}

void statcount_free(struct statcount *s)
{
    if (s != NULL) {
        counted_free(&s->all);
        buf_free(&s->known.groups);
        free(s);
    }
}

const struct stat_spec *statcount_spec(const struct statcount *s)
{
    return &s->spec;
}

static void *piece_new(void *op)
{
    const struct statcount *s = op;
    struct piece *p = calloc(1, sizeof *p);
    if (p != NULL) {
        counted_init(&p->own, s->key_length);
        buf_init(&p->work);
        for (unsigned i = 0; i < FIELDS_MAX; i++) {
            buf_init(&p->known[i].groups);
        }
    }
    return p;
}

static void piece_free(void *arg)
{
    struct piece *p = arg;
    counted_free(&p->own);
    buf_free(&p->work);
    for (unsigned i = 0; i < FIELDS_MAX; i++) {
        buf_free(&p->known[i].groups);
    }
    free(p);
}

/* ------------------------------------------------------------------ counting */

/* Count a value; *place, if there is one, learns its group. */
static int count_value(struct counted *c, const uint8_t *key, const struct tally *t,
                       uint32_t *place)
{
    bool is_new;
    size_t i = groups_put(&c->groups, key, &is_new);
    if (i == GROUP_NONE || (is_new && chunks_add(&c->tally) == NULL)) {
        return ERR_NOMEM;
    }
    c->accessed_after = !is_new;
    if (is_new) {
        *(struct tally *)chunks_at(&c->tally, i) = *t;
    } else {
        tally_add(chunks_at(&c->tally, i), t);
    }
    if (place != NULL) {
        *place = (uint32_t)i + 1;
    }
    return 0;
}

static unsigned start_readings(const struct statcount *s, struct piece *p, struct batch *b,
                               struct reading r[FIELDS_MAX])
{
    const struct stat_element *e = s->spec.element;
    unsigned n = 0;
    for (; n < FIELDS_MAX && e->field[n] != FIELD_NONE; n++) {
        r[n] = (struct reading){.s = s, .piece = p, .batch = b, .id = e->field[n],
                                .column = batch_column(b, e->field[n]),
                                .groups = batch_column(b, FIELD_GROUPS),
                                .known = &p->known[n]};
        if (e->kind == STAT_KIND_AS || e->kind == STAT_KIND_ORG) {
            r[n].address = batch_column(b, e->field[n] == FIELD_SRC_AS ? FIELD_SRC_ADDR
                                                                        : FIELD_DST_ADDR);
        }
    }
    return n;
}

static int count_row(struct reading *r, unsigned fields, uint32_t row, uint8_t proto,
                     const struct tally *t)
{
    const struct statcount *s = r->s;
    struct counted *own = &r->piece->own;
    uint8_t key[KEY_TEXT + TEXT_ROOM];
    for (unsigned k = 0; k < fields; k++) {
        uint32_t *place = shortcut_of(&r[k], row);
        if (count_known(own, &r[k], row, place, t)) {
            continue;
        }
        memset(key, 0, s->key_length);
        key[KEY_PROTO] = proto;
        if (readers[s->spec.element->kind](&r[k], row, key) &&
            count_value(own, key, t, place) != 0) {
            return ERR_NOMEM;
        }
    }
    return 0;
}

/* Each row counts in all its fields before the next row does, as in one pass over the flows. */
static int count_strip(struct reading *r, unsigned fields, const uint32_t *rows, uint32_t n)
{
    const struct column *proto = batch_column(r->batch, FIELD_PROTO);
    struct piece *p = r->piece;
    int rc = 0;
    tally_read(r->batch, rows, n, false, p->tally);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        rc = count_row(r, fields, rows[i],
                       r->s->spec.by_proto ? (uint8_t)column_u64(proto, rows[i]) : 0,
                       &p->tally[i]);
    }
    return rc;
}

static int consume(void *op, void *piece, const struct passing *in)
{
    struct piece *p = piece;
    struct reading r[FIELDS_MAX];
    uint32_t n = tally_rows(in->batch, in->rows, in->n, p->rows);
    unsigned fields = start_readings(op, p, in->batch, r);
    int rc = 0;
    for (unsigned k = 0; k < fields && rc == 0; k++) {
        rc = shortcut_start(r[k].known, shortcut_room(&r[k]));
    }
    for (uint32_t at = 0; at < n && rc == 0; at += STRIP) {
        rc = count_strip(r, fields, p->rows + at, n - at < STRIP ? n - at : STRIP);
    }
    return rc;
}

static int merge_value(struct statcount *s, const uint8_t *key, const struct tally *t)
{
    uint32_t *place = NULL;
    if (s->known.n > 0) {
        uint64_t number;
        memcpy(&number, key, sizeof number);
        place = shortcut_places(&s->known) + number;
    }
    if (place != NULL && *place != 0) {
        s->all.accessed_after = true;
        tally_add(chunks_at(&s->all.tally, *place - 1), t);
        return 0;
    }
    return count_value(&s->all, key, t, place);
}

static int merge(void *op, void *piece)
{
    struct statcount *s = op;
    struct counted *own = &((struct piece *)piece)->own;
    size_t n = groups_count(&own->groups);
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = merge_value(s, groups_key(&own->groups, i), chunks_at(&own->tally, i));
    }
    if (n > 0 && own->accessed_after) {
        s->all.accessed_after = true;
    }
    groups_clear(&own->groups);
    chunks_clear(&own->tally);
    own->accessed_after = false;
    return rc;
}

static const struct operator_kind kind = {.piece_new = piece_new, .piece_free = piece_free,
                                          .consume = consume, .merge = merge};

struct operator statcount_operator(struct statcount *s)
{
    struct operator op = {.kind = &kind, .op = s};
    const struct stat_element *e = s->spec.element;
    tally_fields(&op.fields);
    field_set_add(&op.fields, FIELD_PROTO);
    for (unsigned i = 0; i < FIELDS_MAX && e->field[i] != FIELD_NONE; i++) {
        field_set_add(&op.fields, e->field[i]);
    }
    if (e->kind == STAT_KIND_AS || e->kind == STAT_KIND_ORG) {
        field_set_add(&op.fields, FIELD_SRC_ADDR);
        field_set_add(&op.fields, FIELD_DST_ADDR);
    }
    return op;
}

/* ------------------------------------------------------------------ results */

size_t statcount_values(const struct statcount *s)
{
    return groups_count(&s->all.groups);
}

struct stat_value statcount_value(const struct statcount *s, size_t i)
{
    const uint8_t *key = groups_key(&s->all.groups, i);
    struct stat_value v = {.proto = key[KEY_PROTO], .family = key[KEY_FAMILY]};
    memcpy(&v.number, key, sizeof v.number);
    memcpy(&v.addr, key, sizeof v.addr);
    v.text = is_text(s->spec.element->kind) ? (const char *)key + KEY_TEXT : NULL;
    v.tally = *(const struct tally *)chunks_at(&s->all.tally, i);
    return v;
}

/* What nfdump hashes: the number, an IPv4 address, the low half of an IPv6 address; 0 for texts. */
static uint64_t hashed_number(const struct statcount *s, size_t i)
{
    const uint8_t *key = groups_key(&s->all.groups, i);
    struct ip addr;
    uint64_t v;
    if (is_text(s->spec.element->kind)) {
        return 0;
    }
    if (key[KEY_FAMILY] == 0) {
        memcpy(&v, key, sizeof v);
        return v;
    }
    memcpy(&addr, key, sizeof addr);
    return key[KEY_FAMILY] == 4 ? ip_to_v4(&addr) : ip_low(&addr);
}

static int start_order(const struct statcount *s, struct rank *rank, size_t n)
{
    uint64_t *number = calloc(n + 1, sizeof *number);
    uint32_t *order = malloc((n + 1) * sizeof *order);
    int rc = number != NULL && order != NULL ? 0 : ERR_NOMEM;
    for (size_t i = 0; i < n && rc == 0; i++) {
        number[i] = hashed_number(s, i);
    }
    if (rc == 0) {
        rc = stat_cells(number, n, s->all.accessed_after, order);
    }
    for (size_t i = 0; i < n && rc == 0; i++) {
        rank[i].item = order[i];
    }
    free(number);
    free(order);
    return rc;
}

struct rank *statcount_rank(const struct statcount *s, enum order_id order)
{
    size_t n = statcount_values(s);
    struct rank *rank = malloc((n + 1) * sizeof *rank);
    if (rank == NULL || start_order(s, rank, n) != 0) {
        free(rank);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        rank[i].key = order_value(order, chunks_at(&s->all.tally, rank[i].item));
    }
    rank_sort(rank, n);
    return rank;
}
