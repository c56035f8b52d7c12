/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdrows.c - shapes of records, and columns gathered out of a block by them.
 * A gather first asks once per shape for the field's place. If all rows share one shape the
 * inner loop adds a constant to the row's start; else it looks the offset up by the row's shape.
 * Offset 0 means "this shape lacks the field" (no field stands at a record's first octet).
 * Invariant: a place lies within its shape's record, and every row's record lies within the
 * block, so no inner loop checks bounds. nfdrows_add_shape() asserts the first, walkers see to
 * the second.
 */
#include "store/nfdrows.h"

#include "base/hash.h"

#include <assert.h>
#include <string.h>

/* ------------------------------------------------------------------ shapes */

struct nfd_rows *nfdrows_new(struct arena *arena, const uint8_t *octets, size_t len,
                             size_t smallest_record, nfd_locate *locate, const void *layout)
{
    struct nfd_rows *r = arena_zalloc(arena, sizeof *r);
    size_t room = len / smallest_record + 1;
    if (r == NULL) {
        return NULL;
    }
    room = room < BATCH_ROWS_MAX ? room : BATCH_ROWS_MAX;
    r->octets = octets;
    r->len = len;
    r->arena = arena;
    r->locate = locate;
    r->layout = layout;
    r->rows_room = (uint32_t)room;
    r->slots = arena_zalloc(arena, NFD_SHAPE_SLOTS * sizeof *r->slots);
    r->row_at = arena_alloc(arena, room * sizeof *r->row_at);
    r->row_shape = arena_alloc(arena, room * sizeof *r->row_shape);
    r->row_no = arena_alloc(arena, room * sizeof *r->row_no);
    return r->slots && r->row_at && r->row_shape && r->row_no ? r : NULL;
}

static uint32_t *slot_of(const struct nfd_rows *r, const uint32_t *heads, uint32_t nheads)
{
    return &r->slots[hash_of(heads, nheads * sizeof *heads) & (NFD_SHAPE_SLOTS - 1)];
}

uint32_t nfdrows_find_shape(const struct nfd_rows *r, const uint32_t *heads, uint32_t nheads,
                            uint16_t size)
{
    uint32_t next = *slot_of(r, heads, nheads);
    while (next != 0) {
        const struct nfd_shape *s = &r->shapes[next - 1];
        if (s->size == size && s->nheads == nheads &&
            memcmp(s->heads, heads, nheads * sizeof *heads) == 0) {
            return next - 1;
        }
        next = s->hash_next;
    }
    return UINT32_MAX;
}

static bool make_room(struct nfd_rows *r)
{
    struct nfd_shape *grown = arena_grow(r->arena, r->shapes, r->nshapes, &r->shapes_room,
                                         sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    r->shapes = grown;
    return true;
}

static inline bool parts_fit(const struct nfd_shape *s)
{
    for (int i = 0; i < __builtin_popcountll(s->all); i++) {
        if ((unsigned)s->parts[i].at + s->parts[i].len > s->size) {
            return false;
        }
    }
    return true;
}

uint32_t nfdrows_add_shape(struct nfd_rows *r, const struct nfd_shape *s)
{
    size_t nparts = (size_t)__builtin_popcountll(s->all);
    struct nfd_shape *new;
    uint32_t *slot;
    assert(parts_fit(s));
    if (!make_room(r)) {
        return UINT32_MAX;
    }
    new = &r->shapes[r->nshapes];
    *new = *s;
    new->parts = arena_dup(r->arena, s->parts, nparts * sizeof *s->parts);
    new->heads = arena_dup(r->arena, s->heads, s->nheads * sizeof *s->heads);
    if (new->parts == NULL || new->heads == NULL) {
        return UINT32_MAX;
    }
    slot = slot_of(r, s->heads, s->nheads);
    new->hash_next = *slot;
    *slot = ++r->nshapes;
    return r->nshapes - 1;
}

uint32_t nfdrows_twin(struct nfd_rows *r, uint32_t base, unsigned which, uint64_t shown,
                      uint64_t groups)
{
    uint32_t number = r->shapes[base].twin[which];
    struct nfd_shape *twin;
    if (number != 0) {
        return number - 1;
    }
    if (!make_room(r)) {
        return UINT32_MAX;
    }
    twin = &r->shapes[r->nshapes];
    *twin = r->shapes[base];
    twin->shown = shown;
    twin->groups = groups;
    r->shapes[base].twin[which] = ++r->nshapes;
    return r->nshapes - 1;
}

unsigned nfd_codec_width(enum nfd_codec codec)
{
    static const uint8_t width[] = {
        [NFD_U8] = 1, [NFD_U16] = 2, [NFD_U32] = 4, [NFD_U64] = 8, [NFD_MAC] = 8,
        [NFD_FIRST1] = 4, [NFD_LAST1] = 4, [NFD_BLOCK_END1] = 8,
        [NFD_IP4] = 4, [NFD_IP6] = 16, [NFD_TEXT] = 0, [NFD_BYTES] = 0,
    };
    return width[codec];
}

/* ------------------------------------------------------------------ numbers */

/* Places of one field, by shape. */
struct places {
    struct nfd_place *of; /* nshapes of them */
    uint8_t codec;        /* the only codec met; NFD_NONE: none, or several */
    bool any;             /* some shape has the field */
};

static int find_places(const struct nfd_rows *r, enum field_id id, struct places *p)
{
    bool several = false;
    p->codec = NFD_NONE;
    p->any = false;
    p->of = arena_alloc(r->arena, r->nshapes * sizeof *p->of);
    if (p->of == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < r->nshapes; i++) {
        p->of[i] = r->locate(r, &r->shapes[i], id);
        if (p->of[i].codec == NFD_NONE) {
            p->of[i].at = 0;
            continue;
        }
        several = several || (p->any && p->of[i].codec != p->codec);
        p->codec = p->of[i].codec;
        p->any = true;
    }
    if (several) {
        p->codec = NFD_NONE;
    }
    return 0;
}

#define LOAD_(type)                                       \
    static inline uint64_t load_##type(const uint8_t *at) \
    {                                                     \
        type v;                                           \
        memcpy(&v, at, sizeof v);                         \
        return v;                                         \
    }
LOAD_(uint8_t)
LOAD_(uint16_t)
LOAD_(uint32_t)
LOAD_(uint64_t)
#undef LOAD_

/* start, end, step, size of a port block; layout 1 may leave the end to be computed. */
static uint64_t block_end(const uint8_t *at)
{
    uint64_t end = load_uint16_t(at + 2);
    uint64_t size = load_uint16_t(at + 6);
    return end == 0 && size > 0 ? (load_uint16_t(at) + size - 1) & 0xffff : end;
}

static uint64_t load_value(const uint8_t *at, uint8_t codec)
{
    switch ((enum nfd_codec)codec) {
    case NFD_U8:
        return *at;
    case NFD_U16:
        return load_uint16_t(at);
    case NFD_U32:
        return load_uint32_t(at);
    case NFD_U64:
    case NFD_MAC:
        return load_uint64_t(at);
    case NFD_FIRST1:
        return load_uint32_t(at) * 1000 + load_uint16_t(at - 4);
    case NFD_LAST1:
        return load_uint32_t(at) * 1000 + load_uint16_t(at - 6);
    case NFD_BLOCK_END1:
        return block_end(at);
    default:
        return 0;
    }
}

#define GATHER_(type)                                                                        \
    static void gather_##type(const struct nfd_rows *r, const struct places *p, type *out)   \
    {                                                                                        \
        if (r->nshapes == 1) {                                                               \
            const uint8_t *base = r->octets + p->of[0].at;                                   \
            for (uint32_t i = 0; i < r->nrows; i++) {                                        \
                memcpy(&out[i], base + r->row_at[i], sizeof out[i]);                         \
            }                                                                                \
            return;                                                                          \
        }                                                                                    \
        for (uint32_t i = 0; i < r->nrows; i++) {                                            \
            uint32_t at = p->of[r->row_shape[i]].at;                                         \
            type v;                                                                          \
            memcpy(&v, r->octets + r->row_at[i] + at, sizeof v);                             \
            out[i] = at != 0 ? v : 0;                                                        \
        }                                                                                    \
    }
GATHER_(uint8_t)
GATHER_(uint16_t)
GATHER_(uint32_t)
GATHER_(uint64_t)
#undef GATHER_

static void store_value(void *out, uint32_t row, unsigned width, uint64_t v)
{
    memcpy((uint8_t *)out + (size_t)row * width, &v, width); /* little-endian: the low octets */
}

/* Any codec into any width. */
static void gather_slowly(const struct nfd_rows *r, const struct places *p, unsigned width,
                          void *out)
{
    for (uint32_t i = 0; i < r->nrows; i++) {
        const struct nfd_place *place = &p->of[r->row_shape[i]];
        store_value(out, i, width,
                    load_value(r->octets + r->row_at[i] + place->at, place->codec));
    }
}

/* A record has at least 12 octets, so reading 8 at its start for an absent field stays inside. */
static void gather_numbers(const struct nfd_rows *r, const struct places *p, unsigned width,
                           void *out)
{
    bool plain = p->codec >= NFD_U8 && p->codec <= NFD_MAC && nfd_codec_width(p->codec) == width;
    switch (plain ? width : 0) {
    case 1:
        gather_uint8_t(r, p, out);
        return;
    case 2:
        gather_uint16_t(r, p, out);
        return;
    case 4:
        gather_uint32_t(r, p, out);
        return;
    case 8:
        gather_uint64_t(r, p, out);
        return;
    default:
        gather_slowly(r, p, width, out);
    }
}

/* ------------------------------------------------------------------ addresses, texts, octets */

static struct ip load_ip(const uint8_t *at, uint8_t codec)
{
    if (codec == NFD_IP4) {
        return ip_from_v4((uint32_t)load_uint32_t(at));
    }
    if (codec == NFD_IP6) {
        return ip_from_halves(load_uint64_t(at), load_uint64_t(at + 8));
    }
    return (struct ip){{0}};
}

static void gather_ips(const struct nfd_rows *r, const struct places *p, struct ip *out)
{
    for (uint32_t i = 0; i < r->nrows; i++) {
        const struct nfd_place *place = &p->of[r->row_shape[i]];
        out[i] = load_ip(r->octets + r->row_at[i] + place->at, place->codec);
    }
}

static uint32_t var_length(const uint8_t *at, const struct nfd_place *place)
{
    switch ((enum nfd_codec)place->codec) {
    case NFD_TEXT:
        return (uint32_t)strnlen((const char *)at, place->room);
    case NFD_BYTES:
        return place->room;
    default:
        return 0;
    }
}

/* Lengths first, then the octets: the sum cannot pass the block's size. */
static int gather_vars(const struct nfd_rows *r, const struct places *p, struct column *c)
{
    uint32_t *offsets = arena_alloc(r->arena, ((size_t)r->nrows + 1) * sizeof *offsets);
    uint8_t *bytes;
    if (offsets == NULL) {
        return ERR_NOMEM;
    }
    offsets[0] = 0;
    for (uint32_t i = 0; i < r->nrows; i++) {
        const struct nfd_place *place = &p->of[r->row_shape[i]];
        offsets[i + 1] = offsets[i] + var_length(r->octets + r->row_at[i] + place->at, place);
    }
    assert(offsets[r->nrows] <= r->len);
    bytes = arena_alloc(r->arena, offsets[r->nrows]);
    if (bytes == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < r->nrows; i++) {
        const struct nfd_place *place = &p->of[r->row_shape[i]];
        memcpy(bytes + offsets[i], r->octets + r->row_at[i] + place->at,
               offsets[i + 1] - offsets[i]);
    }
    *c = (struct column){.form = COLUMN_VAR, .nvalues = r->nrows, .offsets = offsets,
                         .bytes = bytes};
    return 0;
}

static int gather(const struct nfd_rows *r, enum field_id id, const struct places *p,
                  struct column *c)
{
    unsigned width = (unsigned)field_width(id);
    void *values;
    if (field_of(id)->type == TYPE_VAR) {
        return gather_vars(r, p, c);
    }
    values = arena_alloc(r->arena, (size_t)r->nrows * width);
    if (values == NULL) {
        return ERR_NOMEM;
    }
    if (field_of(id)->type == TYPE_IP) {
        gather_ips(r, p, values);
    } else {
        gather_numbers(r, p, width, values);
    }
    *c = (struct column){.form = COLUMN_FLAT, .width = (uint8_t)width, .nvalues = r->nrows,
                         .values = values};
    return 0;
}

/* ------------------------------------------------------------------ columns without a place */

/* Group masks by shape; equal masks of several shapes stay several entries. */
static int load_groups(const struct nfd_rows *r, struct column *c)
{
    uint64_t *table = arena_alloc(r->arena, ((size_t)r->nshapes + 1) * sizeof *table);
    bool same = true;
    if (table == NULL) {
        return ERR_NOMEM;
    }
    table[0] = group_bit(GROUP_HEADER);
    for (uint32_t i = 0; i < r->nshapes; i++) {
        table[i] = r->shapes[i].groups;
        same = same && table[i] == table[0];
    }
    *c = same ? (struct column){.form = COLUMN_CONST, .width = 8, .nvalues = 1, .values = table}
              : (struct column){.form = COLUMN_DICT, .width = 8, .code_width = 4,
                                .nvalues = r->nshapes, .values = table, .codes = r->row_shape};
    return 0;
}

static int load_numbers(const struct nfd_rows *r, uint64_t first, struct column *c)
{
    uint64_t *v = arena_alloc(r->arena, (size_t)r->nrows * sizeof *v);
    if (v == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < r->nrows; i++) {
        v[i] = first + r->row_no[i];
    }
    *c = (struct column){.form = COLUMN_FLAT, .width = 8, .nvalues = r->nrows, .values = v};
    return 0;
}

/* A record without first seen takes the time of its event: NSEL's, else NAT's. */
static void first_from_events(struct batch *b, const struct nfd_rows *r, uint64_t *first)
{
    uint64_t events = group_bit(GROUP_NSEL) | group_bit(GROUP_NAT);
    if (!(b->groups_any & events)) {
        return;
    }
    const struct column *nsel = batch_column(b, FIELD_NSEL_TIME);
    const struct column *nat = batch_column(b, FIELD_NAT_TIME);
    for (uint32_t i = 0; i < r->nrows; i++) {
        bool generic = r->shapes[r->row_shape[i]].groups & group_bit(GROUP_GENERIC);
        if (first[i] == 0 && generic) {
            uint64_t time = column_u64(nsel, i);
            first[i] = time != 0 ? time : column_u64(nat, i);
        }
    }
}

static int load(void *source, struct batch *b, enum field_id id, struct column *c,
                struct fault *fault)
{
    const struct nfd_rows *r = source;
    struct places p;
    int rc = 0;
    if (id == FIELD_GROUPS) {
        rc = load_groups(r, c);
    } else if (id == FIELD_RECORD_NO) {
        rc = load_numbers(r, b->first_no, c);
    } else if (r->nrows > 0) {
        rc = find_places(r, id, &p);
        b->cost.columns += p.any;
        rc = rc == 0 && p.any ? gather(r, id, &p, c) : rc;
    }
    if (rc == 0 && id == FIELD_FIRST_SEEN && c->form == COLUMN_FLAT) {
        first_from_events(b, r, (uint64_t *)(uintptr_t)c->values);
    }
    return rc != 0 ? fault_set(fault, rc, "%s", err_text(rc)) : 0;
}

static const struct batch_loader loader = {.load = load};

int nfdrows_to_batch(struct nfd_rows *r, struct batch *b)
{
    uint64_t any = 0, all = r->nshapes != 0 ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < r->nshapes; i++) {
        any |= r->shapes[i].groups;
        all &= r->shapes[i].groups;
    }
    b->nrows = r->nrows;
    b->groups_any = any;
    b->groups_all = all;
    b->loader = &loader;
    b->source = r;
    return 0;
}
