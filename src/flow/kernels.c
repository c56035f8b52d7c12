/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * kernels.c - comparisons over whole columns, made by macro from type and operator.
 *
 * 64 rows at a time: compare into 64 octets of 0 or 1, which compilers turn into vector code, then
 * gather the octets into one word of the bitmap. The plain meaning of each kernel is the
 * expression it
 * is made with; tests/unit/filter compares them row by row.
 */
#include "flow/kernels.h"

#include "base/simd.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#if defined __GNUC__ && !defined __clang__
#pragma GCC optimize("O3")
#endif

#if defined __SSE2__ && !defined WEIR_PORTABLE
#include <emmintrin.h>

/* Octets of 0 or 0xff into bits. */
static inline uint64_t gather64(const uint8_t yes[64])
{
    uint64_t word = 0;
    for (int k = 0; k < 4; k++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(yes + 16 * k));
        word |= (uint64_t)(uint32_t)_mm_movemask_epi8(v) << 16 * k;
    }
    return word;
}
#else
/* The same anywhere: the product moves bit 8 i to bit 56 + i. */
static inline uint64_t gather64(const uint8_t yes[64])
{
    uint64_t word = 0;
    for (unsigned k = 0; k < 8; k++) {
        uint64_t eight = 0;
        for (unsigned j = 0; j < 8; j++) {
            eight |= (uint64_t)(yes[8 * k + j] & 1) << 8 * j;
        }
        word |= (eight * 0x0102040810204080u >> 56) << (8 * k);
    }
    return word;
}
#endif

#define UNALIGNED(type) type##_loose
typedef uint8_t UNALIGNED(uint8_t);
typedef uint16_t UNALIGNED(uint16_t) __attribute__((aligned(1), may_alias));
typedef uint32_t UNALIGNED(uint32_t) __attribute__((aligned(1), may_alias));
typedef uint64_t UNALIGNED(uint64_t) __attribute__((aligned(1), may_alias));

/* A function over an array of `type`, with `condition` of v[j] for each row. */
#define KERNEL(name, type, params, condition)                                                      \
    SIMD_CLONES static void name(const void *values, uint32_t n, uint64_t *out, params)            \
    {                                                                                              \
        const UNALIGNED(type) *v = values;                                                         \
        uint8_t yes[64];                                                                           \
        uint32_t i = 0;                                                                            \
        for (; i + 64 <= n; i += 64, v += 64) {                                                    \
            for (unsigned j = 0; j < 64; j++) {                                                    \
                yes[j] = (uint8_t)-(condition);                                                    \
            }                                                                                      \
            *out++ = gather64(yes);                                                                \
        }                                                                                          \
        if (i < n) {                                                                               \
            memset(yes, 0, sizeof yes);                                                            \
            for (unsigned j = 0; j < n - i; j++) {                                                 \
                yes[j] = (uint8_t)-(condition);                                                    \
            }                                                                                      \
            *out = gather64(yes);                                                                  \
        }                                                                                          \
    }

#define COMMA ,
#define RANGE_KERNEL(type, bits) KERNEL(range_##bits, type, type lo COMMA type span,               \
                                        (type)(v[j] - lo) <= span)
RANGE_KERNEL(uint8_t, 8)
RANGE_KERNEL(uint16_t, 16)
RANGE_KERNEL(uint32_t, 32)
RANGE_KERNEL(uint64_t, 64)

#define BITS_KERNEL(type, bits)                                                                    \
    KERNEL(bits_##bits, type, unsigned shift COMMA type mask COMMA type lo COMMA type span,        \
           (type)((type)(v[j] >> shift & mask) - lo) <= span)
BITS_KERNEL(uint8_t, 8)
BITS_KERNEL(uint16_t, 16)
BITS_KERNEL(uint32_t, 32)
BITS_KERNEL(uint64_t, 64)

#define BITMAP_KERNEL(type, bits)                                                                  \
    KERNEL(bitmap_##bits, type, const uint64_t *map COMMA uint64_t limit,                          \
           (v[j] < limit && (map[v[j] / 64] >> (v[j] % 64) & 1) != 0))
BITMAP_KERNEL(uint8_t, 8)
BITMAP_KERNEL(uint16_t, 16)
BITMAP_KERNEL(uint32_t, 32)
BITMAP_KERNEL(uint64_t, 64)

#define TABLE_KERNEL(type, bits)                                                                   \
    KERNEL(table_##bits, type, const uint8_t *table COMMA uint32_t m, (v[j] < m && table[v[j]]))
TABLE_KERNEL(uint8_t, 8)
TABLE_KERNEL(uint16_t, 16)
TABLE_KERNEL(uint32_t, 32)

KERNEL(le2, uint64_t, const uint64_t *b, v[j] <= b[i + j])
KERNEL(eq2, uint64_t, const uint64_t *b, v[j] == b[i + j])

static void no_rows(uint32_t n, uint64_t *out)
{
    memset(out, 0, ((size_t)n + 63) / 64 * sizeof *out);
}

/* The greatest value of a width. */
static uint64_t top_of(unsigned width)
{
    return width >= 8 ? UINT64_MAX : ((uint64_t)1 << (8 * width)) - 1;
}

void kernel_range(const void *values, unsigned width, uint32_t n, uint64_t lo, uint64_t hi,
                  uint64_t *out)
{
    uint64_t top = top_of(width);
    if (lo > top || lo > hi) {
        no_rows(n, out);
        return;
    }
    hi = hi > top ? top : hi;
    switch (width) {
    case 1:
        range_8(values, n, out, (uint8_t)lo, (uint8_t)(hi - lo));
        break;
    case 2:
        range_16(values, n, out, (uint16_t)lo, (uint16_t)(hi - lo));
        break;
    case 4:
        range_32(values, n, out, (uint32_t)lo, (uint32_t)(hi - lo));
        break;
    default:
        range_64(values, n, out, lo, hi - lo);
    }
}

void kernel_bits(const void *values, unsigned width, uint32_t n, unsigned shift, uint64_t bits,
                 uint64_t lo, uint64_t hi, uint64_t *out)
{
    uint64_t top = top_of(width);
    if (lo > top || lo > hi) {
        no_rows(n, out);
        return;
    }
    hi = hi > top ? top : hi;
    if (shift >= 8 * width) { /* nothing is left of a value but 0 */
        shift = 0;
        bits = 0;
    }
    switch (width) {
    case 1:
        bits_8(values, n, out, shift, (uint8_t)bits, (uint8_t)lo, (uint8_t)(hi - lo));
        break;
    case 2:
        bits_16(values, n, out, shift, (uint16_t)bits, (uint16_t)lo, (uint16_t)(hi - lo));
        break;
    case 4:
        bits_32(values, n, out, shift, (uint32_t)bits, (uint32_t)lo, (uint32_t)(hi - lo));
        break;
    default:
        bits_64(values, n, out, shift, bits, lo, hi - lo);
    }
}

void kernel_bitmap(const void *values, unsigned width, uint32_t n, const uint64_t *bitmap,
                   uint64_t limit, uint64_t *out)
{
    switch (width) {
    case 1:
        bitmap_8(values, n, out, bitmap, limit);
        break;
    case 2:
        bitmap_16(values, n, out, bitmap, limit);
        break;
    case 4:
        bitmap_32(values, n, out, bitmap, limit);
        break;
    default:
        bitmap_64(values, n, out, bitmap, limit);
    }
}

static void look_up(const void *codes, unsigned width, uint32_t n, const uint8_t *yes, uint32_t m,
                    uint64_t *out)
{
    switch (width) {
    case 1:
        table_8(codes, n, out, yes, m);
        break;
    case 2:
        table_16(codes, n, out, yes, m);
        break;
    default:
        table_32(codes, n, out, yes, m);
    }
}

/* A run of ones in yes. */
struct run {
    uint32_t first, last;
};

/* The runs of ones among m octets of 0 or 1, or RUNS_MAX + 1 if there are more than RUNS_MAX. */
enum { RUNS_MAX = 4 };

static unsigned find_runs(const uint8_t *yes, uint32_t m, struct run runs[RUNS_MAX])
{
    unsigned n = 0;
    for (uint32_t at = 0; at < m;) {
        const uint8_t *one = memchr(yes + at, 1, m - at);
        const uint8_t *end;
        if (one == NULL) {
            break;
        }
        if (n == RUNS_MAX) {
            return RUNS_MAX + 1;
        }
        end = memchr(one, 0, (size_t)(yes + m - one));
        at = end != NULL ? (uint32_t)(end - yes) : m;
        runs[n++] = (struct run){(uint32_t)(one - yes), at - 1};
    }
    return n;
}

/* Comparing reads the codes once a run, 16 or more at a time; looking up takes about a ns each. */
void kernel_codes(const void *codes, unsigned width, uint32_t n, const uint8_t *yes, uint32_t m,
                  uint64_t *out)
{
    struct run runs[RUNS_MAX];
    unsigned nruns = find_runs(yes, m, runs);
    uint64_t more[1024];
    size_t words = ((size_t)n + 63) / 64;
    if (nruns > RUNS_MAX || words > 1024) {
        look_up(codes, width, n, yes, m, out);
        return;
    }
    no_rows(n, out);
    for (unsigned r = 0; r < nruns; r++) {
        kernel_range(codes, width, n, runs[r].first, runs[r].last, r == 0 ? out : more);
        for (size_t w = 0; r > 0 && w < words; w++) {
            out[w] |= more[w];
        }
    }
}

bool number_passes(const struct number_test *t, uint64_t v)
{
    switch (t->ask) {
    case NUMBER_BITS:
        v = v >> t->shift & t->bits;
        return v >= t->lo && v <= t->hi;
    case NUMBER_SET:
        return v < t->limit && (t->bitmap[v / 64] >> v % 64 & 1) != 0;
    case NUMBER_RANGE:
        break;
    }
    return v >= t->lo && v <= t->hi;
}

void number_test_array(const struct number_test *t, const void *values, unsigned width, uint32_t n,
                       uint64_t *out)
{
    switch (t->ask) {
    case NUMBER_BITS:
        kernel_bits(values, width, n, t->shift, t->bits, t->lo, t->hi, out);
        break;
    case NUMBER_SET:
        kernel_bitmap(values, width, n, t->bitmap, t->limit, out);
        break;
    case NUMBER_RANGE:
        kernel_range(values, width, n, t->lo, t->hi, out);
        break;
    }
}

void kernel_le2(const uint64_t *a, const uint64_t *b, uint32_t n, uint64_t *out)
{
    le2(a, n, out, b);
}

void kernel_eq2(const uint64_t *a, const uint64_t *b, uint32_t n, uint64_t *out)
{
    eq2(a, n, out, b);
}
