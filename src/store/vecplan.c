/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * vecplan.c - estimate what every kind of encoding would take.
 *
 * From a histogram (exact for small ranges, else sampled) and from a sample put through zstd; the
 * least cost wins: octets, with a surcharge for kinds that decode slower.
 *
 * Plans are remembered by place and by the power of two of the length, in a small table where a
 * later one may take the place of an earlier one. Now and then they are made anew, because data
 * may change so that another kind would be better though the present one stays good.
 */
#include "store/vecplan.h"

#include "base/hash.h"
#include "base/simd.h"
#include "store/bitpack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE 2048          /* values looked at for estimates */
#define PLAIN_DEPTH 4        /* arrays nested that deeply are CONST, RAW or BITS only */
#define SURCHARGE_ZSTD 1.2   /* zstd gives 1 GB/s, packed bits over 10 */
#define SURCHARGE_FRAME 300  /* octets: a frame's tables take 5 us to build, however short it is */
#define SURCHARGE_STEP 1.03  /* DELTA, PLANES: one more pass */
#define SURCHARGE_POPULAR 1.12 /* and one that no vector unit does */
#define DIRECT_BITS_SAMPLE 11 /* for a sample, a table of the range may not be much larger */
#define COUNT_MAX 1023        /* counts above are all the same */
#define DENSE 8               /* a range of so many times the values may be walked */

enum {
    KNOWN_SLOTS = 1024, /* remembered plans, a power of two */
    KNOWN_USES = 32     /* of a plan, then it is made anew */
};

struct vec_known {
    uint32_t place;
    uint32_t magnitude; /* bits of the length */
    uint32_t uses;
    struct vec_plan plan;
    double octets_each;
};

static inline unsigned bit_length(uint64_t v)
{
    return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

static inline uint64_t width_mask(unsigned width)
{
    return width == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
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

struct vec_array vecplan_array(const uint64_t *v, uint32_t n, unsigned width)
{
    struct vec_array a = {.v = v, .n = n, .width = width};
    if (n > 0) {
        min_max(v, n, &a.min, &a.max);
    }
    a.bits = bit_length(a.max - a.min);
    return a;
}

/* ------------------------------------------------------------------ histograms */

/* By insertion: there are not many values that occur so often. */
static void sort_few(struct vec_count *c, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct vec_count x = c[i];
        uint32_t k = i;
        for (; k > 0 && c[k - 1].count < x.count; k--) {
            c[k] = c[k - 1];
        }
        c[k] = x;
    }
}

/* Counts up to which an array of them is needed; of small arrays it is short. */
static uint32_t count_limit(uint32_t values)
{
    return values < COUNT_MAX ? values : COUNT_MAX;
}

/* Most frequent first; equally frequent ones stay as they are. Counts add up to `values`. */
static void sort_by_count(struct vec_count *c, uint32_t n, uint32_t values,
                          struct vec_count *spare)
{
    uint32_t at[COUNT_MAX + 1];
    uint32_t sum = 0;
    memset(at, 0, (count_limit(values) + 1) * sizeof *at);
    at[COUNT_MAX] = 0;
    for (uint32_t i = 0; i < n; i++) {
        at[c[i].count < COUNT_MAX ? c[i].count : COUNT_MAX]++;
    }
    for (int k = (int)count_limit(values); k >= 0; k--) {
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

/* The smallest count of at least 2 that at most TOP_MAX values reach. Counts add up to `values`. */
static uint32_t top_threshold(const uint32_t *counts, uint32_t range, uint32_t values)
{
    uint32_t reach[COUNT_MAX + 1];
    uint32_t sum = 0;
    uint32_t c = count_limit(values);
    memset(reach, 0, (c + 1) * sizeof *reach);
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
static void count_direct(struct vec_writer *w, const struct vec_array *a, uint32_t step,
                         struct vec_histogram *h)
{
    struct vec_count spare[TOP_MAX];
    uint32_t range = (uint32_t)(a->max - a->min) + 1;
    uint32_t threshold;
    *h = (struct vec_histogram){.n = (a->n + step - 1) / step, .exact = step == 1};
    for (uint32_t i = 0; i < a->n; i += step) {
        w->direct[a->v[i] - a->min]++;
    }
    threshold = top_threshold(w->direct, range, h->n);
    for (uint32_t i = 0; i < range; i++) {
        h->distinct += w->direct[i] > 0;
        if (w->direct[i] >= threshold && h->ntop < TOP_MAX) {
            h->top[h->ntop++] = (struct vec_count){a->min + i, w->direct[i]};
        }
    }
    memset(w->direct, 0, range * sizeof *w->direct);
    sort_by_count(h->top, h->ntop, h->n, spare);
}

/* Open addressing; places for twice the values that are counted. */
struct slots {
    struct vec_count *slot;
    uint32_t mask;
};

static struct vec_count *find_slot(const struct slots *s, uint64_t value)
{
    size_t i = hash_u64(value) & s->mask;
    while (s->slot[i].count != 0 && s->slot[i].value != value) {
        i = (i + 1) & s->mask;
    }
    s->slot[i].value = value;
    return &s->slot[i];
}

static bool slots_new(struct vec_writer *w, uint32_t values, struct slots *s)
{
    uint32_t n = 16;
    while (n < 2 * values) {
        n *= 2;
    }
    s->slot = arena_zalloc(&w->arena, n * sizeof *s->slot);
    s->mask = n - 1;
    return s->slot != NULL;
}

/* Only values seen twice or more are worth sorting. */
static void top_of_slots(const struct slots *s, struct vec_histogram *h)
{
    struct vec_count spare[SAMPLE / 2];
    uint32_t n = 0;
    for (uint32_t i = 0; i <= s->mask; i++) {
        if (s->slot[i].count > 1) {
            s->slot[n++] = s->slot[i];
        }
    }
    sort_by_count(s->slot, n, h->n, spare);
    h->ntop = n < TOP_MAX ? n : TOP_MAX;
    memcpy(h->top, s->slot, h->ntop * sizeof *h->top);
}

static void count_sample(struct vec_writer *w, const struct vec_array *a, uint32_t step,
                         struct vec_histogram *h)
{
    struct slots s;
    *h = (struct vec_histogram){.n = 0, .exact = step == 1};
    if (!slots_new(w, a->n < SAMPLE ? a->n : SAMPLE, &s)) {
        return;
    }
    for (uint32_t i = 0; i < a->n && h->n < SAMPLE; i += step) {
        h->distinct += find_slot(&s, a->v[i])->count++ == 0;
        h->n++;
    }
    top_of_slots(&s, h);
}

bool vecplan_is_dense(const struct vec_array *a)
{
    return a->bits <= DIRECT_BITS && a->max - a->min < (uint64_t)a->n * DENSE;
}

void vecplan_count(struct vec_writer *w, const struct vec_array *a, bool all,
                         struct vec_histogram *h)
{
    uint32_t step = a->n > SAMPLE ? a->n / SAMPLE : 1;
    if (vecplan_is_dense(a) && (all || step == 1)) {
        count_direct(w, a, 1, h);
    } else if (a->bits <= DIRECT_BITS_SAMPLE) {
        count_direct(w, a, step, h);
    } else {
        count_sample(w, a, step, h);
    }
}

/* ------------------------------------------------------------------ estimates */

static inline bool allowed(unsigned banned, enum vec_kind kind)
{
    return !(banned >> kind & 1);
}

static double cost_bits(uint32_t n, unsigned bits)
{
    return VEC_HEAD + (bits == 0 ? 0 : (double)bitpack_size(n, bits));
}

static void offer(struct vec_plan *best, enum vec_kind kind, double cost)
{
    if (cost < best->cost) {
        *best = (struct vec_plan){.kind = kind, .cost = cost};
    }
}

static struct vec_plan plan_plain(const struct vec_array *a)
{
    struct vec_plan p = {.kind = VEC_RAW,
                         .cost = VEC_HEAD + (double)a->n * vecplan_raw_width(a->bits)};
    if (a->bits == 0) {
        return (struct vec_plan){.kind = VEC_CONST, .cost = VEC_HEAD};
    }
    if (a->bits <= 32) {
        offer(&p, VEC_BITS, cost_bits(a->n, a->bits));
    }
    return p;
}

static void offer_dict(const struct vec_array *a, const struct vec_histogram *h,
                       struct vec_plan *best)
{
    double m = h->exact ? h->distinct : h->distinct * 1.3;
    if (h->exact ? h->distinct > VEC_TABLE_MAX / 2 : h->distinct > h->n / 8) {
        return;
    }
    offer(best, VEC_DICT, 2 * VEC_HEAD + 8 + m * vecplan_raw_width(a->bits) +
                              cost_bits(a->n, bit_length((uint64_t)m - 1)));
}

static void offer_popular(const struct vec_array *a, const struct vec_histogram *h,
                          struct vec_plan *best)
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
        if (cost * SURCHARGE_POPULAR < best->cost) {
            offer(best, VEC_POPULAR, cost * SURCHARGE_POPULAR);
            best->top_bits = bits;
        }
    }
}

/* Distances between exceptions: few are more than so many times the average, which is what their
 * packed bits must hold. */
#define GAP_SPREAD 8

static void offer_sparse(const struct vec_array *a, const struct vec_histogram *h,
                         struct vec_plan *best)
{
    double share = h->ntop > 0 ? 1 - (double)h->top[0].count / h->n : 1;
    double e = share * a->n + 1;
    double bits = bit_length((uint64_t)(a->n / e * GAP_SPREAD)) + (a->bits < 32 ? a->bits : 32);
    if (share < 0.25) {
        offer(best, VEC_SPARSE, 3 * VEC_HEAD + 8 + e * bits / 8);
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
static double plane_cost(const struct vec_array *a, unsigned shift, uint32_t step)
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

static void offer_planes(const struct vec_array *a, struct vec_plan *best)
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

void vecplan_narrow(const uint64_t *v, uint32_t n, uint64_t base, unsigned width, void *out)
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

static struct vec_array middle_of(const struct vec_array *a)
{
    struct vec_array part = *a;
    if (a->n > SAMPLE) {
        part.v += (a->n - SAMPLE) / 2;
        part.n = SAMPLE;
    }
    return part;
}

static void offer_zstd(struct vec_writer *w, const struct vec_array *a, struct vec_plan *best)
{
    struct vec_array part = middle_of(a);
    unsigned width = vecplan_raw_width(a->bits);
    size_t size = (size_t)part.n * width;
    size_t room = ZSTD_compressBound(size);
    uint8_t *raw = arena_alloc(&w->arena, size + room);
    double cost;
    size_t got;
    if (raw == NULL) {
        return;
    }
    vecplan_narrow(part.v, part.n, a->min, width, raw);
    got = ZSTD_compressCCtx(w->cctx, raw + size, room, raw, size, w->level);
    cost = VEC_HEAD + SURCHARGE_FRAME + (double)got * a->n / part.n;
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

bool vecplan_differences(const struct vec_array *a, uint64_t *d)
{
    uint64_t mask = width_mask(a->width);
    bool ascending = subtract_neighbours(a->v, a->n, mask, d);
    if (!ascending) {
        zigzag(d, a->n, 8 * a->width - 1, mask);
    }
    return !ascending;
}

static void offer_delta(struct vec_writer *w, const struct vec_array *a, struct vec_plan *best)
{
    struct vec_array part = middle_of(a);
    uint64_t *d = arena_alloc(&w->arena, ((size_t)part.n + 1) * sizeof *d);
    struct vec_array deltas;
    struct vec_plan p;
    if (d == NULL) {
        return;
    }
    vecplan_differences(&part, d);
    deltas = vecplan_array(d, part.n, a->width);
    w->depth++;
    p = vecplan_for(w, &deltas, BAN(VEC_DELTA));
    w->depth--;
    offer(best, VEC_DELTA, (VEC_HEAD + p.cost * a->n / part.n) * SURCHARGE_STEP);
}

struct vec_plan vecplan_for(struct vec_writer *w, const struct vec_array *a, unsigned banned)
{
    struct vec_plan best = plan_plain(a);
    struct vec_histogram h;
    if (a->bits == 0 || a->n < VECPLAN_SMALL || w->depth >= PLAIN_DEPTH) {
        return best;
    }
    if (allowed(banned, VEC_DICT) || allowed(banned, VEC_POPULAR) ||
        allowed(banned, VEC_SPARSE)) {
        vecplan_count(w, a, false, &h);
    }
    if (allowed(banned, VEC_DICT)) {
        offer_dict(a, &h, &best);
    }
    if (allowed(banned, VEC_POPULAR)) {
        offer_popular(a, &h, &best);
    }
    if (allowed(banned, VEC_SPARSE)) {
        offer_sparse(a, &h, &best);
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

/* ------------------------------------------------------------------ remembered plans */

static inline uint32_t magnitude_of(uint32_t n)
{
    return bit_length(n);
}

static struct vec_known *known_at(const struct vec_writer *w, uint32_t n)
{
    uint64_t key = (uint64_t)w->place << 8 | magnitude_of(n);
    return &w->known[hash_u64(key) & (KNOWN_SLOTS - 1)];
}

struct vec_known *vecplan_known_new(void)
{
    return calloc(KNOWN_SLOTS, sizeof(struct vec_known));
}

static struct vec_known *known_of(const struct vec_writer *w, uint32_t n)
{
    struct vec_known *k = known_at(w, n);
    bool fresh = w->place != 0 && k->place == w->place && k->magnitude == magnitude_of(n) &&
                 k->uses < KNOWN_USES;
    return fresh ? k : NULL;
}

bool vecplan_recall(struct vec_writer *w, const struct vec_array *a, unsigned banned,
                    struct vec_plan *p)
{
    struct vec_known *k = a->bits != 0 && a->n >= VECPLAN_SMALL ? known_of(w, a->n) : NULL;
    if (k == NULL || !allowed(banned, k->plan.kind)) {
        return false;
    }
    k->uses++;
    *p = k->plan;
    return true;
}

bool vecplan_still_good(const struct vec_writer *w, const struct vec_array *a, size_t octets)
{
    const struct vec_known *k = known_at(w, a->n);
    return (double)octets <= 1.1 * k->octets_each * a->n + 2 * VEC_HEAD;
}

void vecplan_remember(struct vec_writer *w, const struct vec_array *a, const struct vec_plan *p,
                      size_t octets)
{
    if (w->place != 0 && a->bits != 0 && a->n >= VECPLAN_SMALL) {
        *known_at(w, a->n) = (struct vec_known){.place = w->place,
                                                .magnitude = magnitude_of(a->n), .plan = *p,
                                                .octets_each = (double)octets / a->n};
    }
}

bool vecplan_cost(struct vec_writer *w, uint32_t n, double *cost)
{
    struct vec_known *k = known_of(w, n);
    if (k != NULL) {
        k->uses++;
        *cost = k->octets_each * n;
    }
    return k != NULL;
}

void vecplan_set_cost(struct vec_writer *w, uint32_t n, double cost)
{
    if (w->place != 0 && n > 0) {
        *known_at(w, n) = (struct vec_known){.place = w->place, .magnitude = magnitude_of(n),
                                             .octets_each = cost / n};
    }
}
