/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdwalk1.c - the records of layout 1 (block type 2): packed by extension maps.
 * Records of one map, the same flags and the same size have a shape (nfdrows.h): front, addresses
 * and counters, then the map's extensions, each piece as long as nfdextensions.def says.
 * Interfaces and the lesser counters count only in records where they are not zero: those are a
 * twin of the shape, with other groups.
 * Invariant: a record that became a row lies within the block and each piece within its record.
 */
#include "store/nfdwalk.h"

#include "store/nfdmaps.h"

#include <string.h>

enum {
    RECORD_COMMON_OLD = 1,
    RECORD_COMMON = 10,
    FLOW_MIN = 28, /* octets of the older common record without its data */
    FLAGS_AT = 4,
    MAP_AT = 6,
};

/* Flags of a common record. */
enum { FLAG_IPV6 = 1, FLAG_PACKETS64 = 2, FLAG_BYTES64 = 4, FLAGS_USED = 7 };

/* Pieces that are no extensions (nfdextensions.def). */
enum {
    PIECE_FRONT = 50, PIECE_EXPORTER8, PIECE_EXPORTER16, PIECE_DIRECTION,
    PIECE_ADDRESS4, PIECE_ADDRESS6, PIECE_PACKETS32, PIECE_PACKETS64, PIECE_BYTES32,
    PIECE_BYTES64,
    PIECES = 64,
    EXTENSION_MISC = 8,
};

static const struct piece {
    uint8_t octets;
    enum { ALWAYS, NONZERO } present;
} pieces[PIECES] = {
#define EXT(number, octets, present) [number] = {octets, present},
#include "store/nfdextensions.def"
};

static const struct piece_field {
    uint8_t piece, codec;
    uint16_t field, offset;
} piece_fields[] = {
#define EXT_FIELD(number, field, offset, codec) {number, NFD_##codec, FIELD_##field, offset},
#include "store/nfdextensions.def"
};

enum { PIECE_FIELDS = sizeof piece_fields / sizeof piece_fields[0] };

/* The tables turned around. */
struct tables {
    uint8_t first[FIELD_STORED_]; /* row of piece_fields + 1; 0: none */
    uint8_t next[PIECE_FIELDS];   /* the next one of the same field */
    uint64_t groups[PIECES];      /* that a piece gives to its record */
    uint64_t nonzero;             /* pieces that count only when they are not zero */
};
_Static_assert(PIECE_FIELDS < UINT8_MAX, "rows of piece_fields fit their numbers");

struct walker {
    struct nfd_walk *w;
    struct nfd1_maps_now *maps;
    struct tables tables;
    uint32_t last; /* shape of the row before, without its twins; UINT32_MAX: none */
};

/* ---- tables ---- */

static uint64_t group_of(const struct piece_field *row)
{
    switch (row->piece) {
    case PIECE_ADDRESS4:
        return group_bit(GROUP_IPV4);
    case PIECE_ADDRESS6:
        return group_bit(GROUP_IPV6);
    default:
        return group_bit(field_of((enum field_id)row->field)->group);
    }
}

static void fill_tables(struct tables *t)
{
    memset(t, 0, sizeof *t);
    for (unsigned i = 0; i < PIECE_FIELDS; i++) {
        const struct piece_field *row = &piece_fields[i];
        t->next[i] = t->first[row->field];
        t->first[row->field] = (uint8_t)(i + 1);
        t->groups[row->piece] |= group_of(row);
    }
    for (unsigned p = 0; p < PIECES; p++) {
        t->nonzero |= (uint64_t)(pieces[p].present == NONZERO) << p;
    }
}

/* Of several pieces that have the field, the last one in the record counts. */
static struct nfd_place locate(const struct nfd_rows *r, const struct nfd_shape *s,
                               enum field_id id)
{
    const struct tables *t = r->layout;
    struct nfd_place place = {0, 0, NFD_NONE};
    for (unsigned i = t->first[id]; i != 0; i = t->next[i - 1]) {
        const struct piece_field *row = &piece_fields[i - 1];
        struct nfd_part part;
        if (nfdrows_part(s, row->piece, &part) &&
            (place.codec == NFD_NONE || part.at + row->offset > place.at)) {
            place = (struct nfd_place){(uint16_t)(part.at + row->offset),
                                       (uint16_t)(part.len - row->offset), row->codec};
        }
    }
    return place;
}

/* ---- shapes ---- */

/* A shape being made: its pieces from the record's start on. */
struct making {
    struct nfd_part part[PIECES];
    uint64_t all;
    size_t at;
};

static void add_piece(struct making *m, unsigned piece, size_t at)
{
    if (pieces[piece].octets > 0) {
        m->part[piece] = (struct nfd_part){(uint16_t)at, pieces[piece].octets};
        m->all |= (uint64_t)1 << piece;
    }
}

static void append_piece(struct making *m, unsigned piece)
{
    add_piece(m, piece, m->at);
    m->at += pieces[piece].octets;
}

static bool map_has(const struct nfd1_map *map, unsigned extension)
{
    for (unsigned i = 0; i < map->n; i++) {
        if (map->extension[i] == extension) {
            return true;
        }
    }
    return false;
}

static void add_front(struct making *m, unsigned type, const struct nfd1_map *map)
{
    unsigned exporter = type == RECORD_COMMON ? PIECE_EXPORTER16 : PIECE_EXPORTER8;
    add_piece(m, PIECE_FRONT, 0);
    add_piece(m, exporter, 0);
    if (type == RECORD_COMMON && map_has(map, EXTENSION_MISC)) {
        add_piece(m, PIECE_DIRECTION, 0);
    }
    m->at = pieces[exporter].octets;
}

/* False if the map names an extension that nobody knows, or the record is too small for it. */
static bool add_pieces(struct making *m, unsigned type, unsigned flags, size_t size,
                       const struct nfd1_map *map)
{
    add_front(m, type, map);
    append_piece(m, flags & FLAG_IPV6 ? PIECE_ADDRESS6 : PIECE_ADDRESS4);
    append_piece(m, flags & FLAG_PACKETS64 ? PIECE_PACKETS64 : PIECE_PACKETS32);
    append_piece(m, flags & FLAG_BYTES64 ? PIECE_BYTES64 : PIECE_BYTES32);
    for (unsigned i = 0; i < map->n; i++) {
        if (map->extension[i] >= PIECE_FRONT) {
            return false;
        }
        append_piece(m, map->extension[i]);
    }
    return m->at <= size;
}

static uint64_t groups_of(const struct tables *t, uint64_t all)
{
    uint64_t groups = group_bit(GROUP_HEADER);
    for (; all != 0; all &= all - 1) {
        groups |= t->groups[__builtin_ctzll(all)];
    }
    return groups;
}

/* What tells shapes apart, beside the size. */
struct key {
    uint32_t head[2];
};

static int new_shape(struct walker *k, const struct key *key, const struct nfd1_next *n,
                     const struct nfd1_map *map, uint32_t *shape)
{
    struct making m = {.all = 0};
    struct nfd_part parts[PIECES];
    struct nfd_shape s = {.heads = key->head, .nheads = 2, .size = (uint16_t)n->size,
                          .parts = parts};
    unsigned nparts = 0;
    *shape = UINT32_MAX;
    if (!add_pieces(&m, n->type, n->at[FLAGS_AT], n->size, map)) {
        return 0;
    }
    for (uint64_t left = m.all; left != 0; left &= left - 1) {
        parts[nparts++] = m.part[__builtin_ctzll(left)];
    }
    s.all = s.shown = m.all;
    s.groups = groups_of(&k->tables, m.all & ~k->tables.nonzero);
    *shape = nfdrows_add_shape(k->w->rows, &s);
    return *shape != UINT32_MAX ? 0 : ERR_NOMEM;
}

static bool is_zero(const uint8_t *at, size_t n)
{
    uint8_t any = 0;
    while (n-- > 0) {
        any |= *at++;
    }
    return any == 0;
}

/* The shape with the groups of those pieces that are not zero in this record. */
static uint32_t twin_of(struct walker *k, uint32_t shape, const uint8_t *record)
{
    const struct nfd_shape *s = &k->w->rows->shapes[shape];
    uint64_t groups = 0;
    for (uint64_t left = s->all & k->tables.nonzero; left != 0; left &= left - 1) {
        unsigned piece = (unsigned)__builtin_ctzll(left);
        struct nfd_part part = {0, 0};
        nfdrows_part(s, piece, &part);
        groups |= is_zero(record + part.at, part.len) ? 0 : k->tables.groups[piece];
    }
    if (groups == 0) {
        return shape;
    }
    return nfdrows_twin(k->w->rows, shape,
                        (groups & group_bit(GROUP_MISC) ? 1 : 0) |
                            (groups & group_bit(GROUP_COUNTER) ? 2 : 0),
                        s->all, s->groups | groups);
}

static bool has_key(const struct nfd_shape *s, const struct key *key, unsigned size)
{
    return s->size == size && memcmp(s->heads, key->head, sizeof key->head) == 0;
}

/* The map of a flow record with a whole front; NULL: there is none. */
static const struct nfd1_map *map_of(const struct walker *k, const struct nfd1_next *n)
{
    return n->size >= FLOW_MIN
               ? nfd1maps_find(k->maps, (uint16_t)(n->at[MAP_AT] | n->at[MAP_AT + 1] << 8)) : NULL;
}

/* *shape becomes UINT32_MAX if the record does not fit its map, or there is none. */
static int shape_of(struct walker *k, const struct nfd1_next *n, uint32_t *shape)
{
    struct nfd_rows *rows = k->w->rows;
    const struct nfd1_map *map = map_of(k, n);
    struct key key;
    int rc = 0;
    *shape = UINT32_MAX;
    if (map == NULL) {
        return 0;
    }
    key.head[0] = nfd1map_number(k->maps, map);
    key.head[1] = (n->at[FLAGS_AT] & FLAGS_USED) | n->type << 8;
    if (k->last != UINT32_MAX && has_key(&rows->shapes[k->last], &key, n->size)) {
        *shape = k->last;
        return 0;
    }
    *shape = nfdrows_find_shape(rows, key.head, 2, (uint16_t)n->size);
    if (*shape == UINT32_MAX) {
        rc = new_shape(k, &key, n, map, shape);
    }
    k->last = *shape;
    return rc;
}

/* ---- the walk ---- */

static int take_flow(struct walker *k, const struct nfd1_next *n)
{
    struct nfd_walk *w = k->w;
    uint32_t shape;
    int rc;
    if (w->nflows++ < w->first_row || nfdrows_full(w->rows)) {
        return 0;
    }
    rc = shape_of(k, n, &shape);
    if (rc != 0) {
        return rc;
    }
    if (shape == UINT32_MAX) {
        nfdwalk_note(w, "Record %llu: a flow that does not fit its extension map",
                     (unsigned long long)nfdwalk_number(w));
        return 0;
    }
    shape = twin_of(k, shape, n->at);
    if (shape == UINT32_MAX) {
        return ERR_NOMEM;
    }
    nfdrows_add(w->rows, (uint32_t)(n->at - w->octets), shape, w->nrecords);
    return 0;
}

static int take_record(struct walker *k, const struct nfd1_next *n)
{
    struct nfd_walk *w = k->w;
    int rc = 0;
    if (n->lost == 0 && n->type == NFD1_RECORD_MAP) {
        w->nmaps++;
        return nfd1maps_meet(k->maps);
    }
    if (n->lost > 0) {
        nfdwalk_lost(w, n->at, n->size, n->lost);
    } else if (n->type == RECORD_COMMON || n->type == RECORD_COMMON_OLD) {
        rc = take_flow(k, n);
    } else {
        w->other_records = true;
        if (!nfdmeta_record(w, n->type, n->at, n->size, &rc)) {
            nfdwalk_note(w, "Skip unknown record: %llu type %u",
                         (unsigned long long)nfdwalk_number(w), n->type);
        }
    }
    w->nrecords++;
    return rc;
}

static int walk(struct walker *k)
{
    struct nfd_walk *w = k->w;
    struct nfdresync s = nfdresync_of(w->octets, w->len, 1);
    struct cur c = cur_of(w->octets, w->len);
    struct nfd1_next n;
    int rc = 0;
    while (rc == 0 && cur_left(&c) > 0) {
        if (!nfd1_next(&s, &c, &n)) {
            nfdwalk_broken(w, n.at, n.size);
            break;
        }
        rc = take_record(k, &n);
    }
    return rc;
}

int nfdwalk1(struct nfd_walk *w, const struct nfd1_maps *maps, uint32_t block)
{
    struct walker *k = arena_alloc(w->arena, sizeof *k);
    if (k == NULL) {
        return ERR_NOMEM;
    }
    *k = (struct walker){.w = w, .maps = nfd1maps_at(maps, block, w->arena), .last = UINT32_MAX};
    fill_tables(&k->tables);
    w->rows = nfdrows_new(w->arena, w->octets, w->len, FLOW_MIN, locate, &k->tables);
    return k->maps != NULL && w->rows != NULL ? walk(k) : ERR_NOMEM;
}
