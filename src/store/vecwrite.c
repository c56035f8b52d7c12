/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * vecwrite.c - encode arrays of numbers, each the cheapest way.
 *
 * A plan (vecplan.h) says which kind; then the kind's writer runs. It may refuse (a table grew too
 * long), which bans the kind and plans again.
 *
 * Invariant: every vec starts at a multiple of 8 in the buffer. Scratch memory lives until the
 * outermost call returns.
 */
#include "store/vecplan.h"

#include "base/hash.h"
#include "base/simd.h"
#include "store/bitpack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct vec_writer *vec_writer_new(int level)
{
    struct vec_writer *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    arena_init(&w->arena);
    arena_expect_much(&w->arena);
    w->level = level;
    w->cctx = level != 0 ? ZSTD_createCCtx() : NULL;
    w->direct = calloc((size_t)1 << DIRECT_BITS, sizeof *w->direct);
    w->known = vecplan_known_new();
    if (w->direct == NULL || w->known == NULL || (level != 0 && w->cctx == NULL)) {
        vec_writer_free(w);
        return NULL;
    }
    return w;
}

void vec_writer_free(struct vec_writer *w)
{
    if (w == NULL) {
        return;
    }
    ZSTD_freeCCtx(w->cctx);
    arena_free(&w->arena);
    free(w->direct);
    free(w->known);
    free(w);
}

static void *scratch(struct vec_writer *w, size_t n, size_t size, struct buf *out)
{
    void *p = arena_alloc(&w->arena, n * size + 8);
    if (p == NULL) {
        out->failed = true;
    }
    return p;
}

/* ------------------------------------------------------------------ writers */

static size_t head_begin(struct buf *out, enum vec_kind kind, unsigned bits, unsigned flags,
                         uint64_t base)
{
    uint8_t head[VEC_HEAD] = {(uint8_t)kind, (uint8_t)bits, (uint8_t)flags};
    size_t at = out->len;
    assert(at % 8 == 0);
    memcpy(head + 8, &base, 8);
    buf_add(out, head, sizeof head);
    return at;
}

static void head_end(struct buf *out, size_t at)
{
    uint32_t len = (uint32_t)(out->len - at - VEC_HEAD);
    if (!out->failed) {
        memcpy(out->data + at + 4, &len, sizeof len);
    }
    buf_fill(out, '\0', -out->len & 7);
}

/* zstd frame of raw, if it is clearly shorter. */
static bool add_zstd(struct vec_writer *w, const void *raw, size_t size, struct buf *out)
{
    char *to = buf_room(out, ZSTD_compressBound(size));
    size_t got;
    if (to == NULL) {
        return false;
    }
    got = ZSTD_compressCCtx(w->cctx, to, ZSTD_compressBound(size), raw, size, w->level);
    if (ZSTD_isError(got) || got > size - size / 16) {
        return false;
    }
    buf_grow(out, got);
    return true;
}

static void set_flags(struct buf *out, size_t at, unsigned flags)
{
    if (!out->failed) {
        out->data[at + 2] = (char)flags;
    }
}

static bool write_const(struct vec_writer *w, const struct vec_array *a, const struct vec_plan *p,
                        struct buf *out)
{
    (void)w;
    (void)p;
    if (a->bits != 0) {
        return false;
    }
    head_end(out, head_begin(out, VEC_CONST, 0, 0, a->min));
    return true;
}

static bool write_raw(struct vec_writer *w, const struct vec_array *a, const struct vec_plan *p,
                      struct buf *out)
{
    unsigned width = vecplan_raw_width(a->bits);
    uint64_t base = width == a->width ? 0 : a->min; /* 0: readers use the numbers in place */
    size_t size = (size_t)a->n * width;
    uint8_t *raw = scratch(w, size, 1, out);
    size_t at = head_begin(out, VEC_RAW, 8 * width, 0, base);
    if (raw == NULL) {
        return true;
    }
    vecplan_narrow(a->v, a->n, base, width, raw);
    if (p->zstd && w->cctx != NULL && add_zstd(w, raw, size, out)) {
        set_flags(out, at, VEC_ZSTD);
    } else {
        buf_add(out, raw, size);
    }
    head_end(out, at);
    return true;
}

static bool write_bits(struct vec_writer *w, const struct vec_array *a, const struct vec_plan *p,
                       struct buf *out)
{
    size_t at;
    size_t size;
    char *to;
    (void)w;
    (void)p;
    if (a->bits < 1 || a->bits > 32) {
        return false;
    }
    at = head_begin(out, VEC_BITS, a->bits, 0, a->min);
    size = bitpack_size(a->n, a->bits);
    to = buf_room(out, size);
    if (to != NULL) {
        bitpack_pack(a->v, a->n, a->bits, a->min, (uint8_t *)to);
        buf_grow(out, size);
    }
    head_end(out, at);
    return true;
}

static void write_array(struct vec_writer *w, const struct vec_array *a, unsigned banned,
                        struct buf *out);

/* Parts of a vec, for places: planes count up from PART_PLANE. */
enum part { PART_DIFFERENCES, PART_TABLE, PART_CODES, PART_OTHERS, PART_PLANE, PARTS_ = 16 };

static void write_part(struct vec_writer *w, unsigned part, const uint64_t *v, uint32_t n,
                       unsigned width, unsigned banned, struct buf *out)
{
    struct vec_array a = vecplan_array(v, n, width);
    uint32_t place = w->place;
    w->place = place == 0 ? 0 : place * PARTS_ + part;
    w->depth++;
    write_array(w, &a, banned, out);
    w->depth--;
    w->place = place;
}

static bool write_delta(struct vec_writer *w, const struct vec_array *a, const struct vec_plan *p,
                        struct buf *out)
{
    uint64_t *d = scratch(w, a->n, sizeof *d, out);
    bool is_signed;
    size_t at;
    (void)p;
    if (d == NULL || a->n == 0) {
        return a->n != 0;
    }
    is_signed = vecplan_differences(a, d);
    at = head_begin(out, VEC_DELTA, 0, is_signed ? VEC_ZIGZAG : 0, a->v[0]);
    write_part(w, PART_DIFFERENCES, d, a->n, a->width, BAN(VEC_DELTA), out);
    head_end(out, at);
    return true;
}

/* Open addressing map from values to codes; at most `limit` entries. */
struct code_map {
    struct code_slot {
        uint64_t value;
        uint64_t code; /* + 1; 0: empty */
    } *slots;
    size_t mask;
};

static bool map_init(struct code_map *m, struct vec_writer *w, size_t limit)
{
    size_t n = 16;
    while (n < limit * 2) {
        n *= 2;
    }
    m->slots = arena_zalloc(&w->arena, n * sizeof *m->slots);
    m->mask = n - 1;
    return m->slots != NULL;
}

static inline struct code_slot *map_slot(const struct code_map *m, uint64_t value)
{
    size_t i = hash_u64(value) & m->mask;
    while (m->slots[i].code != 0 && m->slots[i].value != value) {
        i = (i + 1) & m->mask;
    }
    return &m->slots[i];
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The distinct values, ascending; 0 if there are more than the limit. */
static uint32_t collect(struct code_map *m, const struct vec_array *a, uint64_t *table,
                        uint32_t limit)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        struct code_slot *s = map_slot(m, a->v[i]);
        if (s->code != 0) {
            continue;
        }
        if (n == limit) {
            return 0;
        }
        *s = (struct code_slot){a->v[i], 1};
        table[n++] = a->v[i];
    }
    qsort(table, n, sizeof *table, by_value);
    for (uint32_t i = 0; i < n; i++) {
        map_slot(m, table[i])->code = i + 1;
    }
    return n;
}

/* Table and codes through the map; 0: too many values. */
static uint32_t dict_by_map(struct vec_writer *w, const struct vec_array *a, uint64_t *table,
                            uint32_t limit, uint64_t *codes)
{
    struct code_map map;
    uint32_t m = map_init(&map, w, limit) ? collect(&map, a, table, limit) : 0;
    for (uint32_t i = 0; m > 0 && i < a->n; i++) {
        codes[i] = map_slot(&map, a->v[i])->code - 1;
    }
    return m;
}

/* The same for a small range of values. */
static uint32_t dict_direct(struct vec_writer *w, const struct vec_array *a, uint64_t *table,
                            uint32_t limit, uint64_t *codes)
{
    uint32_t range = (uint32_t)(a->max - a->min) + 1;
    uint32_t m = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        w->direct[a->v[i] - a->min] = 1;
    }
    for (uint32_t v = 0; v < range && m < limit; v++) {
        if (w->direct[v] != 0) {
            table[m] = a->min + v;
            w->direct[v] = m++;
        }
    }
    for (uint32_t i = 0; i < a->n; i++) {
        codes[i] = w->direct[a->v[i] - a->min];
    }
    memset(w->direct, 0, range * sizeof *w->direct);
    return m;
}

static void table_head(struct buf *out, uint32_t m, uint32_t e)
{
    uint32_t counts[2] = {m, e};
    buf_add(out, counts, sizeof counts);
}

static bool write_dict(struct vec_writer *w, const struct vec_array *a, const struct vec_plan *p,
                       struct buf *out)
{
    uint32_t limit = a->n < VEC_TABLE_MAX ? a->n : VEC_TABLE_MAX;
    uint64_t *codes = scratch(w, a->n, sizeof *codes, out);
    uint64_t *table = scratch(w, limit, sizeof *table, out);
    uint32_t m;
    size_t at;
    (void)p;
    if (codes == NULL || table == NULL || a->n == 0) {
        return false;
    }
    m = vecplan_is_dense(a) ? dict_direct(w, a, table, limit, codes)
                            : dict_by_map(w, a, table, limit, codes);
    if (m == 0) {
        return false;
    }
    at = head_begin(out, VEC_DICT, 0, 0, 0);
    table_head(out, m, 0);
    write_part(w, PART_TABLE, table, m, a->width, 0, out);
    write_part(w, PART_CODES, codes, a->n, vec_code_width(m), BAN_STEPS, out);
    head_end(out, at);
    return true;
}

/* Codes of popular values, and the values that are not: how many of the latter, or UINT32_MAX. */
static uint32_t split(struct vec_writer *w, const struct vec_array *a, const uint64_t *table,
                      uint32_t m, uint64_t *codes, uint64_t *others)
{
    struct code_map map;
    uint32_t e = 0;
    if (!map_init(&map, w, 2 * (size_t)m)) {
        return UINT32_MAX;
    }
    for (uint32_t i = 0; i < m; i++) {
        *map_slot(&map, table[i]) = (struct code_slot){table[i], i + 1};
    }
    for (uint32_t i = 0; i < a->n; i++) {
        const struct code_slot *s = map_slot(&map, a->v[i]);
        codes[i] = s->code != 0 ? s->code - 1 : m;
        others[e] = a->v[i];
        e += s->code == 0;
    }
    return e;
}

/* The same for a small range of values: codes by value - min, in the (zeroed) counts. */
static uint32_t split_direct(struct vec_writer *w, const struct vec_array *a, const uint64_t *table,
                             uint32_t m, uint64_t *codes, uint64_t *others)
{
    uint32_t e = 0;
    for (uint32_t k = 0; k < m; k++) {
        w->direct[table[k] - a->min] = k + 1;
    }
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t code = w->direct[a->v[i] - a->min];
        codes[i] = code != 0 ? code - 1 : m;
        others[e] = a->v[i];
        e += code == 0;
    }
    for (uint32_t k = 0; k < m; k++) {
        w->direct[table[k] - a->min] = 0;
    }
    return e;
}

static bool write_popular(struct vec_writer *w, const struct vec_array *a, const struct vec_plan *p,
                          struct buf *out)
{
    uint64_t *codes = scratch(w, a->n, sizeof *codes, out);
    uint64_t *others = scratch(w, a->n, sizeof *others, out);
    uint64_t table[TOP_MAX];
    struct vec_histogram h;
    uint32_t m;
    uint32_t e;
    size_t at;
    vecplan_count(w, a, true, &h);
    m = h.ntop < (1u << p->top_bits) - 1 ? h.ntop : (1u << p->top_bits) - 1;
    if (codes == NULL || others == NULL || m == 0) {
        return false;
    }
    for (uint32_t i = 0; i < m; i++) {
        table[i] = h.top[i].value;
    }
    e = a->bits <= DIRECT_BITS ? split_direct(w, a, table, m, codes, others)
                               : split(w, a, table, m, codes, others);
    if (e == UINT32_MAX) {
        return false;
    }
    at = head_begin(out, VEC_POPULAR, 0, 0, 0);
    table_head(out, m, e);
    write_part(w, PART_TABLE, table, m, a->width, 0, out);
    write_part(w, PART_CODES, codes, a->n, vec_code_width(m + 1), BAN_STEPS, out);
    write_part(w, PART_OTHERS, others, e, a->width, BAN_STEPS, out);
    head_end(out, at);
    return true;
}

SIMD_CLONES static void plane_of(const uint64_t *restrict v, uint32_t n, uint64_t base,
                                 unsigned shift, uint64_t *restrict out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (v[i] - base) >> shift & 255;
    }
}

static bool write_planes(struct vec_writer *w, const struct vec_array *a, const struct vec_plan *p,
                         struct buf *out)
{
    uint64_t *plane = scratch(w, a->n, sizeof *plane, out);
    unsigned planes = a->bits == 0 ? 1 : (a->bits + 7) / 8;
    size_t at = head_begin(out, VEC_PLANES, planes * 8, 0, a->min);
    (void)p;
    for (unsigned k = 0; k < planes && plane != NULL; k++) {
        plane_of(a->v, a->n, a->min, 8 * k, plane);
        write_part(w, PART_PLANE + k, plane, a->n, 1, BAN(VEC_DELTA), out);
    }
    head_end(out, at);
    return true;
}

/* The value of most rows; false if there is none of which more than one was seen. */
static bool usual_value(struct vec_writer *w, const struct vec_array *a, uint64_t *base)
{
    struct vec_histogram h;
    vecplan_count(w, a, false, &h);
    *base = h.ntop > 0 ? h.top[0].value : 0;
    return h.ntop > 0;
}

/* Rows that differ from base, as gaps, and their values. */
static uint32_t find_exceptions(const struct vec_array *a, uint64_t base, uint64_t *gaps,
                                uint64_t *values)
{
    uint32_t e = 0;
    uint32_t next = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->v[i] != base) {
            gaps[e] = i - next;
            values[e++] = a->v[i];
            next = i + 1;
        }
    }
    return e;
}

static bool write_sparse(struct vec_writer *w, const struct vec_array *a, const struct vec_plan *p,
                         struct buf *out)
{
    uint64_t *gaps = scratch(w, a->n, sizeof *gaps, out);
    uint64_t *values = scratch(w, a->n, sizeof *values, out);
    uint64_t base;
    uint32_t e;
    size_t at;
    (void)p;
    if (gaps == NULL || values == NULL || !usual_value(w, a, &base)) {
        return false;
    }
    e = find_exceptions(a, base, gaps, values);
    at = head_begin(out, VEC_SPARSE, 0, 0, base);
    table_head(out, e, 0);
    write_part(w, PART_DIFFERENCES, gaps, e, 4, BAN_STEPS, out);
    write_part(w, PART_OTHERS, values, e, a->width, BAN_STEPS, out);
    head_end(out, at);
    return true;
}

static bool (*const writers[VEC_KINDS_])(struct vec_writer *, const struct vec_array *,
                                         const struct vec_plan *, struct buf *) = {
    [VEC_CONST] = write_const, [VEC_RAW] = write_raw,   [VEC_BITS] = write_bits,
    [VEC_DELTA] = write_delta, [VEC_DICT] = write_dict, [VEC_POPULAR] = write_popular,
    [VEC_PLANES] = write_planes, [VEC_SPARSE] = write_sparse,
};

/* The way that served for the block before; false: it does not any more, nothing is written. */
static bool write_as_before(struct vec_writer *w, const struct vec_array *a, unsigned banned,
                            struct buf *out)
{
    size_t at = out->len;
    struct vec_plan p;
    if (!vecplan_recall(w, a, banned, &p)) {
        return false;
    }
    if (writers[p.kind](w, a, &p, out) && vecplan_still_good(w, a, out->len - at)) {
        return true;
    }
    out->len = at;
    return false;
}

static void write_array(struct vec_writer *w, const struct vec_array *a, unsigned banned,
                        struct buf *out)
{
    size_t at = out->len;
    struct vec_plan p;
    if (write_as_before(w, a, banned, out)) {
        return;
    }
    p = vecplan_for(w, a, banned);
    while (!writers[p.kind](w, a, &p, out) && !out->failed) {
        banned |= BAN(p.kind);
        p = vecplan_for(w, a, banned);
    }
    vecplan_remember(w, a, &p, out->len - at);
}

void vec_write(struct vec_writer *w, uint32_t place, const uint64_t *values, uint32_t n,
               unsigned width, struct buf *out)
{
    struct vec_array a = vecplan_array(values, n, width);
    w->place = place;
    write_array(w, &a, 0, out);
    arena_reset(&w->arena);
}

bool vec_cost_known(struct vec_writer *w, uint32_t place, uint32_t n, double *cost)
{
    w->place = place;
    return vecplan_cost(w, n, cost);
}

double vec_cost(struct vec_writer *w, uint32_t place, const uint64_t *values, uint32_t n,
                unsigned width)
{
    struct vec_array a = vecplan_array(values, n, width);
    double cost = vecplan_for(w, &a, 0).cost;
    w->place = place;
    vecplan_set_cost(w, n, cost);
    arena_reset(&w->arena);
    return cost;
}

void vec_write_as(struct vec_writer *w, enum vec_kind kind, const uint64_t *values, uint32_t n,
                  unsigned width, struct buf *out)
{
    struct vec_array a = vecplan_array(values, n, width);
    struct vec_plan p = {.kind = kind, .zstd = true, .top_bits = 8};
    size_t at = out->len;
    w->place = 0;
    if (!writers[kind](w, &a, &p, out)) {
        out->len = at;
        write_array(w, &a, 0, out);
    }
    arena_reset(&w->arena);
}

void vec_write_octets(struct vec_writer *w, const uint8_t *octets, uint32_t n, struct buf *out)
{
    size_t at = head_begin(out, VEC_RAW, 8, 0, 0);
    if (n >= VECPLAN_SMALL && w->cctx != NULL && add_zstd(w, octets, n, out)) {
        set_flags(out, at, VEC_ZSTD);
    } else {
        buf_add(out, octets, n);
    }
    head_end(out, at);
}
