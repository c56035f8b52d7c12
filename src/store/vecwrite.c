/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * vecwrite.c - encode arrays of numbers, each the cheapest way.
 *
 * plan_for() estimates what every kind would take, from a histogram (exact for a range of up to 16
 * bits, else sampled) and from a sample put through zstd, and picks the least cost: octets, with a
 * surcharge for kinds that decode slower. Then the kind's writer runs; it may refuse (a table grew
 * too long), which bans the kind and plans again.
 *
 * Invariant: every vec starts at a multiple of 8 in the buffer. Scratch memory lives until the
 * outermost call returns.
 */
#include "store/vec.h"

#include "base/hash.h"
#include "store/bitpack.h"
#include "base/simd.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define SAMPLE 2048          /* values looked at for estimates */
#define SMALL 64             /* arrays below are CONST, RAW or BITS only */
#define PLAIN_DEPTH 4        /* so are those nested that deeply */
#define TOP_MAX 255          /* entries of a POPULAR table */
#define SURCHARGE_ZSTD 1.2   /* zstd gives 1 GB/s, packed bits over 10 */
#define SURCHARGE_STEP 1.03  /* DELTA, POPULAR: one more pass */
#define DIRECT_BITS 16
#define DIRECT_BITS_SAMPLE 11 /* for a sample, a table of the range may not be much larger */
#define COUNT_MAX 1023        /* counts above are all the same */

struct vec_writer {
    ZSTD_CCtx *cctx; /* NULL: no zstd */
    int level;
    int depth;
    struct arena arena;
    uint32_t *direct; /* 1 << DIRECT_BITS counts, all zero between uses */
};

struct count {
    uint64_t value;
    uint32_t count;
};

/* How often values occur: the most frequent ones, descending; counts are of n values seen. */
struct histogram {
    uint32_t n;
    uint32_t distinct;
    bool exact;
    unsigned ntop;
    struct count top[TOP_MAX];
};

struct array {
    const uint64_t *v;
    uint32_t n;
    unsigned width;
    uint64_t min;
    uint64_t max;
    unsigned bits; /* of max - min */
};

struct plan {
    enum vec_kind kind;
    bool zstd;
    unsigned top_bits; /* POPULAR: bits of a code */
    double cost;
};

struct vec_writer *vec_writer_new(int level)
{
    struct vec_writer *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    arena_init(&w->arena);
    w->level = level;
    w->cctx = level != 0 ? ZSTD_createCCtx() : NULL;
    w->direct = calloc((size_t)1 << DIRECT_BITS, sizeof *w->direct);
    if (w->direct == NULL || (level != 0 && w->cctx == NULL)) {
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
    free(w);
}

static inline unsigned bit_length(uint64_t v)
{
    return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

static inline uint64_t width_mask(unsigned width)
{
    return width == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
}

/* Octets of the RAW number that holds so many bits. */
static inline unsigned raw_width(unsigned bits)
{
    return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
}

SIMD_CLONES static void min_max(const uint64_t *v, uint32_t n, uint64_t *min, uint64_t *max)
{
    uint64_t lo = UINT64_MAX;
    uint64_t hi = 0;
    for (uint32_t i = 0; i < n; i++) {
        lo = v[i] < lo ? v[i] : lo;
        hi = v[i] > hi ? v[i] : hi;
    }
    *min = lo;
    *max = hi;
}

static struct array array_of(const uint64_t *v, uint32_t n, unsigned width)
{
    struct array a = {.v = v, .n = n, .width = width};
    if (n > 0) {
        min_max(v, n, &a.min, &a.max);
    }
    a.bits = bit_length(a.max - a.min);
    return a;
}

static void *scratch(struct vec_writer *w, size_t n, size_t size, struct buf *out)
{
    void *p = arena_alloc(&w->arena, n * size + 8);
    if (p == NULL) {
        out->failed = true;
    }
    return p;
}

/* ------------------------------------------------------------------ histograms */

/* By insertion: there are not many values that occur so often. */
static void sort_few(struct count *c, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct count x = c[i];
        uint32_t k = i;
        for (; k > 0 && c[k - 1].count < x.count; k--) {
            c[k] = c[k - 1];
        }
        c[k] = x;
    }
}

/* Most frequent first; equally frequent ones stay as they are. */
static void sort_by_count(struct count *c, uint32_t n, struct count *spare)
{
    uint32_t at[COUNT_MAX + 1] = {0};
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        at[c[i].count < COUNT_MAX ? c[i].count : COUNT_MAX]++;
    }
    for (int k = COUNT_MAX; k >= 0; k--) {
        uint32_t here = at[k];
        at[k] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < n; i++) {
        spare[at[c[i].count < COUNT_MAX ? c[i].count : COUNT_MAX]++] = c[i];
    }
    memcpy(c, spare, n * sizeof *c);
    sort_few(c, at[COUNT_MAX]);
}

/* The smallest count of at least 2 that at most TOP_MAX values reach. */
static uint32_t top_threshold(const uint32_t *counts, uint32_t range)
{
    uint32_t reach[COUNT_MAX + 1] = {0};
    uint32_t sum = 0;
    uint32_t c = COUNT_MAX;
    for (uint32_t i = 0; i < range; i++) {
        if (counts[i] > 1) {
            reach[counts[i] < COUNT_MAX ? counts[i] : COUNT_MAX]++;
        }
    }
    for (; c >= 2 && sum + reach[c] <= TOP_MAX; c--) {
        sum += reach[c];
    }
    return c + 1;
}

/* Every step-th value, of a small range. */
static void count_direct(struct vec_writer *w, const struct array *a, uint32_t step,
                         struct histogram *h)
{
    struct count spare[TOP_MAX];
    uint32_t range = (uint32_t)(a->max - a->min) + 1;
    uint32_t threshold;
    *h = (struct histogram){.n = (a->n + step - 1) / step, .exact = step == 1};
    for (uint32_t i = 0; i < a->n; i += step) {
        w->direct[a->v[i] - a->min]++;
    }
    threshold = top_threshold(w->direct, range);
    for (uint32_t i = 0; i < range; i++) {
        h->distinct += w->direct[i] > 0;
        if (w->direct[i] >= threshold && h->ntop < TOP_MAX) {
            h->top[h->ntop++] = (struct count){a->min + i, w->direct[i]};
        }
    }
    memset(w->direct, 0, range * sizeof *w->direct);
    sort_by_count(h->top, h->ntop, spare);
}

#define SLOTS (2 * SAMPLE)

static struct count *find_slot(struct count *slots, uint64_t value)
{
    size_t i = hash_u64(value) % SLOTS;
    while (slots[i].count != 0 && slots[i].value != value) {
        i = (i + 1) % SLOTS;
    }
    slots[i].value = value;
    return &slots[i];
}

/* Only values seen twice or more are worth sorting. */
static void top_of_slots(struct count *slots, struct histogram *h)
{
    struct count spare[SAMPLE / 2];
    uint32_t n = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i].count > 1) {
            slots[n++] = slots[i];
        }
    }
    sort_by_count(slots, n, spare);
    h->ntop = n < TOP_MAX ? n : TOP_MAX;
    memcpy(h->top, slots, h->ntop * sizeof *h->top);
}

static void count_sample(struct vec_writer *w, const struct array *a, uint32_t step,
                         struct histogram *h)
{
    struct count *slots = arena_zalloc(&w->arena, SLOTS * sizeof *slots);
    *h = (struct histogram){.n = 0, .exact = step == 1};
    if (slots == NULL) {
        return;
    }
    for (uint32_t i = 0; i < a->n && h->n < SAMPLE; i += step) {
        h->distinct += find_slot(slots, a->v[i])->count++ == 0;
        h->n++;
    }
    top_of_slots(slots, h);
}

/* For plans a sample will do; for the table that is written all values count, if that is cheap. */
static void count_values(struct vec_writer *w, const struct array *a, bool all,
                         struct histogram *h)
{
    uint32_t step = a->n > SAMPLE ? a->n / SAMPLE : 1;
    if (a->bits <= DIRECT_BITS && (all || step == 1)) {
        count_direct(w, a, 1, h);
    } else if (a->bits <= DIRECT_BITS_SAMPLE) {
        count_direct(w, a, step, h);
    } else {
        count_sample(w, a, step, h);
    }
}

/* ------------------------------------------------------------------ estimates */

/* Kinds that must not be planned: a writer refused, or nesting them there only makes decoding
 * slow. */
#define BAN(kind) (1u << (kind))
#define BAN_STEPS (BAN(VEC_DELTA) | BAN(VEC_DICT) | BAN(VEC_POPULAR) | BAN(VEC_PLANES))

static inline bool allowed(unsigned banned, enum vec_kind kind)
{
    return !(banned >> kind & 1);
}

static double cost_bits(uint32_t n, unsigned bits)
{
    return VEC_HEAD + (bits == 0 ? 0 : (double)bitpack_size(n, bits));
}

static void offer(struct plan *best, enum vec_kind kind, double cost)
{
    if (cost < best->cost) {
        *best = (struct plan){.kind = kind, .cost = cost};
    }
}

static struct plan plan_plain(const struct array *a)
{
    struct plan p = {.kind = VEC_RAW, .cost = VEC_HEAD + (double)a->n * raw_width(a->bits)};
    if (a->bits == 0) {
        return (struct plan){.kind = VEC_CONST, .cost = VEC_HEAD};
    }
    if (a->bits <= 32) {
        offer(&p, VEC_BITS, cost_bits(a->n, a->bits));
    }
    return p;
}

static void offer_dict(const struct array *a, const struct histogram *h, struct plan *best)
{
    double m = h->exact ? h->distinct : h->distinct * 1.3;
    if (h->exact ? h->distinct > VEC_TABLE_MAX / 2 : h->distinct > h->n / 8) {
        return;
    }
    offer(best, VEC_DICT, 2 * VEC_HEAD + 8 + m * raw_width(a->bits) +
                              cost_bits(a->n, bit_length((uint64_t)m - 1)));
}

static void offer_popular(const struct array *a, const struct histogram *h, struct plan *best)
{
    double scale = (double)a->n / h->n;
    double value = a->bits <= 32 ? a->bits / 8.0 : 8;
    double covered = 0;
    unsigned m = 0;
    for (unsigned bits = 1; bits <= 8; bits++) {
        double cost;
        for (; m < h->ntop && m < (1u << bits) - 1; m++) {
            covered += h->top[m].count * scale;
        }
        if (m < 1u << (bits - 1)) {
            break;
        }
        cost = 4 * VEC_HEAD + 8 + m * value + cost_bits(a->n, bits) + (a->n - covered) * value;
        if (cost * SURCHARGE_STEP < best->cost) {
            offer(best, VEC_POPULAR, cost * SURCHARGE_STEP);
            best->top_bits = bits;
        }
    }
}

static double octet_entropy(const uint32_t count[256], uint32_t n)
{
    double bits = 0;
    for (int i = 0; i < 256; i++) {
        if (count[i] > 0) {
            bits -= count[i] * log2((double)count[i] / n);
        }
    }
    return bits / n;
}

/* What a plane of octets takes: entropy coded if that helps. Samples make entropy look smaller. */
static double plane_cost(const struct array *a, unsigned shift, uint32_t step)
{
    uint32_t count[256] = {0};
    uint32_t seen = 0;
    double bits;
    for (uint32_t i = 0; i < a->n; i += step, seen++) {
        count[(a->v[i] - a->min) >> shift & 255]++;
    }
    bits = octet_entropy(count, seen);
    return VEC_HEAD + a->n * (bits > 7.3 ? 1.0 : bits / 8 * SURCHARGE_ZSTD + 0.01);
}

static void offer_planes(const struct array *a, struct plan *best)
{
    uint32_t step = a->n > SAMPLE ? a->n / SAMPLE : 1;
    double cost = VEC_HEAD;
    for (unsigned shift = 0; shift < a->bits; shift += 8) {
        cost += plane_cost(a, shift, step);
    }
    offer(best, VEC_PLANES, cost * SURCHARGE_STEP);
}

#define NARROW(type)                                                                               \
    SIMD_CLONES static void narrow_##type(const uint64_t *restrict v, uint32_t n, uint64_t base,   \
                                          type *restrict out)                                      \
    {                                                                                              \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            out[i] = (type)(v[i] - base);                                                          \
        }                                                                                          \
    }
NARROW(uint8_t)
NARROW(uint16_t)
NARROW(uint32_t)
NARROW(uint64_t)

/* values - base as numbers of `width` octets; out is aligned to 8 */
static void narrow(const uint64_t *v, uint32_t n, uint64_t base, unsigned width, void *out)
{
    switch (width) {
    case 1:
        narrow_uint8_t(v, n, base, out);
        break;
    case 2:
        narrow_uint16_t(v, n, base, out);
        break;
    case 4:
        narrow_uint32_t(v, n, base, out);
        break;
    default:
        narrow_uint64_t(v, n, base, out);
    }
}

static struct array middle_of(const struct array *a)
{
    struct array part = *a;
    if (a->n > SAMPLE) {
        part.v += (a->n - SAMPLE) / 2;
        part.n = SAMPLE;
    }
    return part;
}

static void offer_zstd(struct vec_writer *w, const struct array *a, struct plan *best)
{
    struct array part = middle_of(a);
    unsigned width = raw_width(a->bits);
    size_t size = (size_t)part.n * width;
    size_t room = ZSTD_compressBound(size);
    uint8_t *raw = arena_alloc(&w->arena, size + room);
    double cost;
    size_t got;
    if (raw == NULL) {
        return;
    }
    narrow(part.v, part.n, a->min, width, raw);
    got = ZSTD_compressCCtx(w->cctx, raw + size, room, raw, size, w->level);
    cost = VEC_HEAD + (double)got * a->n / part.n;
    if (!ZSTD_isError(got) && cost * SURCHARGE_ZSTD < best->cost) {
        offer(best, VEC_RAW, cost * SURCHARGE_ZSTD);
        best->zstd = true;
    }
}

/* Differences modulo 2^(8 * width), from base = the first value; signed ones zigzag. */
SIMD_CLONES static bool subtract_neighbours(const uint64_t *restrict v, uint32_t n, uint64_t mask,
                                            uint64_t *restrict d)
{
    uint64_t falls = 0;
    d[0] = 0;
    for (uint32_t i = 1; i < n; i++) {
        falls |= v[i] < v[i - 1];
        d[i] = (v[i] - v[i - 1]) & mask;
    }
    return falls == 0;
}

SIMD_CLONES static void zigzag(uint64_t *d, uint32_t n, unsigned top, uint64_t mask)
{
    for (uint32_t i = 0; i < n; i++) {
        d[i] = (d[i] << 1 ^ (0 - (d[i] >> top & 1))) & mask;
    }
}

static bool differences(const struct array *a, uint64_t *d)
{
    uint64_t mask = width_mask(a->width);
    bool ascending = subtract_neighbours(a->v, a->n, mask, d);
    if (!ascending) {
        zigzag(d, a->n, 8 * a->width - 1, mask);
    }
    return !ascending;
}

static struct plan plan_for(struct vec_writer *w, const struct array *a, unsigned banned);

static void offer_delta(struct vec_writer *w, const struct array *a, struct plan *best)
{
    struct array part = middle_of(a);
    uint64_t *d = arena_alloc(&w->arena, ((size_t)part.n + 1) * sizeof *d);
    struct array deltas;
    struct plan p;
    if (d == NULL) {
        return;
    }
    differences(&part, d);
    deltas = array_of(d, part.n, a->width);
    w->depth++;
    p = plan_for(w, &deltas, BAN(VEC_DELTA));
    w->depth--;
    offer(best, VEC_DELTA, (VEC_HEAD + p.cost * a->n / part.n) * SURCHARGE_STEP);
}

static struct plan plan_for(struct vec_writer *w, const struct array *a, unsigned banned)
{
    struct plan best = plan_plain(a);
    struct histogram h;
    if (a->bits == 0 || a->n < SMALL || w->depth >= PLAIN_DEPTH) {
        return best;
    }
    if (allowed(banned, VEC_DICT) || allowed(banned, VEC_POPULAR)) {
        count_values(w, a, false, &h);
    }
    if (allowed(banned, VEC_DICT)) {
        offer_dict(a, &h, &best);
    }
    if (allowed(banned, VEC_POPULAR)) {
        offer_popular(a, &h, &best);
    }
    if (w->cctx != NULL) {
        offer_zstd(w, a, &best);
        if (a->bits > 8 && allowed(banned, VEC_PLANES)) {
            offer_planes(a, &best);
        }
    }
    if (allowed(banned, VEC_DELTA)) {
        offer_delta(w, a, &best);
    }
    return best;
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

static bool write_const(struct vec_writer *w, const struct array *a, const struct plan *p,
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

static bool write_raw(struct vec_writer *w, const struct array *a, const struct plan *p,
                      struct buf *out)
{
    unsigned width = raw_width(a->bits);
    uint64_t base = width == a->width ? 0 : a->min; /* 0: readers use the numbers in place */
    size_t size = (size_t)a->n * width;
    uint8_t *raw = scratch(w, size, 1, out);
    size_t at = head_begin(out, VEC_RAW, 8 * width, 0, base);
    if (raw == NULL) {
        return true;
    }
    narrow(a->v, a->n, base, width, raw);
    if (p->zstd && w->cctx != NULL && add_zstd(w, raw, size, out)) {
        set_flags(out, at, VEC_ZSTD);
    } else {
        buf_add(out, raw, size);
    }
    head_end(out, at);
    return true;
}

static bool write_bits(struct vec_writer *w, const struct array *a, const struct plan *p,
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

static void write_array(struct vec_writer *w, const struct array *a, unsigned banned,
                        struct buf *out);

static void write_part(struct vec_writer *w, const uint64_t *v, uint32_t n, unsigned width,
                       unsigned banned, struct buf *out)
{
    struct array a = array_of(v, n, width);
    w->depth++;
    write_array(w, &a, banned, out);
    w->depth--;
}

static bool write_delta(struct vec_writer *w, const struct array *a, const struct plan *p,
                        struct buf *out)
{
    uint64_t *d = scratch(w, a->n, sizeof *d, out);
    bool is_signed;
    size_t at;
    (void)p;
    if (d == NULL || a->n == 0) {
        return a->n != 0;
    }
    is_signed = differences(a, d);
    at = head_begin(out, VEC_DELTA, 0, is_signed ? VEC_ZIGZAG : 0, a->v[0]);
    write_part(w, d, a->n, a->width, BAN(VEC_DELTA), out);
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
static uint32_t collect(struct code_map *m, const struct array *a, uint64_t *table, uint32_t limit)
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
static uint32_t dict_by_map(struct vec_writer *w, const struct array *a, uint64_t *table,
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
static uint32_t dict_direct(struct vec_writer *w, const struct array *a, uint64_t *table,
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

static bool write_dict(struct vec_writer *w, const struct array *a, const struct plan *p,
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
    m = a->bits <= DIRECT_BITS ? dict_direct(w, a, table, limit, codes)
                               : dict_by_map(w, a, table, limit, codes);
    if (m == 0) {
        return false;
    }
    at = head_begin(out, VEC_DICT, 0, 0, 0);
    table_head(out, m, 0);
    write_part(w, table, m, a->width, 0, out);
    write_part(w, codes, a->n, vec_code_width(m), BAN_STEPS, out);
    head_end(out, at);
    return true;
}

/* Codes of popular values, and the values that are not. Returns the number of the latter. */
static uint32_t split(const struct array *a, const struct code_map *map, uint32_t m,
                      uint64_t *codes, uint64_t *others)
{
    uint32_t e = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct code_slot *s = map_slot(map, a->v[i]);
        codes[i] = s->code != 0 ? s->code - 1 : m;
        others[e] = a->v[i];
        e += s->code == 0;
    }
    return e;
}

/* The same for a small range of values: codes by value - min, in the (zeroed) counts. */
static uint32_t split_direct(struct vec_writer *w, const struct array *a, const uint64_t *table,
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

static bool write_popular(struct vec_writer *w, const struct array *a, const struct plan *p,
                          struct buf *out)
{
    uint64_t *codes = scratch(w, a->n, sizeof *codes, out);
    uint64_t *others = scratch(w, a->n, sizeof *others, out);
    uint64_t table[TOP_MAX];
    struct histogram h;
    struct code_map map;
    uint32_t m;
    uint32_t e;
    size_t at;
    count_values(w, a, true, &h);
    m = h.ntop < (1u << p->top_bits) - 1 ? h.ntop : (1u << p->top_bits) - 1;
    if (codes == NULL || others == NULL || m == 0 || !map_init(&map, w, 2 * TOP_MAX)) {
        return false;
    }
    for (uint32_t i = 0; i < m; i++) {
        table[i] = h.top[i].value;
        *map_slot(&map, table[i]) = (struct code_slot){table[i], i + 1};
    }
    e = a->bits <= DIRECT_BITS ? split_direct(w, a, table, m, codes, others)
                               : split(a, &map, m, codes, others);
    at = head_begin(out, VEC_POPULAR, 0, 0, 0);
    table_head(out, m, e);
    write_part(w, table, m, a->width, 0, out);
    write_part(w, codes, a->n, vec_code_width(m + 1), BAN_STEPS, out);
    write_part(w, others, e, a->width, BAN_STEPS, out);
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

static bool write_planes(struct vec_writer *w, const struct array *a, const struct plan *p,
                         struct buf *out)
{
    uint64_t *plane = scratch(w, a->n, sizeof *plane, out);
    unsigned planes = a->bits == 0 ? 1 : (a->bits + 7) / 8;
    size_t at = head_begin(out, VEC_PLANES, planes * 8, 0, a->min);
    (void)p;
    for (unsigned k = 0; k < planes && plane != NULL; k++) {
        plane_of(a->v, a->n, a->min, 8 * k, plane);
        write_part(w, plane, a->n, 1, BAN(VEC_DELTA), out);
    }
    head_end(out, at);
    return true;
}

static bool (*const writers[VEC_KINDS_])(struct vec_writer *, const struct array *,
                                         const struct plan *, struct buf *) = {
    [VEC_CONST] = write_const, [VEC_RAW] = write_raw,   [VEC_BITS] = write_bits,
    [VEC_DELTA] = write_delta, [VEC_DICT] = write_dict, [VEC_POPULAR] = write_popular,
    [VEC_PLANES] = write_planes,
};

static void write_array(struct vec_writer *w, const struct array *a, unsigned banned,
                        struct buf *out)
{
    struct plan p = plan_for(w, a, banned);
    while (!writers[p.kind](w, a, &p, out) && !out->failed) {
        banned |= BAN(p.kind);
        p = plan_for(w, a, banned);
    }
}

void vec_write(struct vec_writer *w, const uint64_t *values, uint32_t n, unsigned width,
               struct buf *out)
{
    struct array a = array_of(values, n, width);
    write_array(w, &a, 0, out);
    arena_reset(&w->arena);
}

double vec_cost(struct vec_writer *w, const uint64_t *values, uint32_t n, unsigned width)
{
    struct array a = array_of(values, n, width);
    double cost = plan_for(w, &a, 0).cost;
    arena_reset(&w->arena);
    return cost;
}

void vec_write_as(struct vec_writer *w, enum vec_kind kind, const uint64_t *values, uint32_t n,
                  unsigned width, struct buf *out)
{
    struct array a = array_of(values, n, width);
    struct plan p = {.kind = kind, .zstd = true, .top_bits = 8};
    size_t at = out->len;
    if (!writers[kind](w, &a, &p, out)) {
        out->len = at;
        write_array(w, &a, 0, out);
    }
    arena_reset(&w->arena);
}

void vec_write_octets(struct vec_writer *w, const uint8_t *octets, uint32_t n, struct buf *out)
{
    size_t at = head_begin(out, VEC_RAW, 8, 0, 0);
    if (n >= SMALL && w->cctx != NULL && add_zstd(w, octets, n, out)) {
        set_flags(out, at, VEC_ZSTD);
    } else {
        buf_add(out, octets, n);
    }
    head_end(out, at);
}
