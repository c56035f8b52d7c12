/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * kernels.c - comparisons over whole columns, made by macro from type and operator.
 *
 * 64 rows at a time: compare into 64 octets of 0 or 1, which compilers turn into vector code, then
 * gather the octets into one word of the bitmap. The plain meaning of each kernel is the
 * expression it
 * is made with; tests/unit/filter compares them row by row.
 */
#include "filter/kernels.h"

#include <stddef.h>
#include <string.h>

#if defined __GNUC__ && !defined __clang__
#pragma GCC optimize("O3")
#endif

/* One copy for each instruction set, chosen when the program is loaded. Sanitizers cannot do that.
 * */
#if defined __x86_64__ && defined __linux__ && defined __GLIBC__ && defined __GNUC__ &&           \
    !defined __clang__ && !defined __SANITIZE_ADDRESS__
#define CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CLONES
#endif

/* Octets of 0 or 1 into bits: the product moves bit 8 i to bit 56 + i. */
static inline uint64_t gather64(const uint8_t yes[64])
{
    uint64_t word = 0;
    for (unsigned k = 0; k < 8; k++) {
        uint64_t eight;
        memcpy(&eight, yes + 8 * k, 8);
        word |= (eight * 0x0102040810204080u >> 56) << (8 * k);
    }
    return word;
}

/* A function over an array of `type`, with `condition` of v[j] for each row. */
#define KERNEL(name, type, params, condition)                                                      \
    CLONES static void name(const type *v, uint32_t n, uint64_t *out, params)                      \
    {                                                                                              \
        uint8_t yes[64];                                                                           \
        uint32_t i = 0;                                                                            \
        for (; i + 64 <= n; i += 64, v += 64) {                                                    \
            for (unsigned j = 0; j < 64; j++) {                                                    \
                yes[j] = (uint8_t)(condition);                                                     \
            }                                                                                      \
            *out++ = gather64(yes);                                                                \
        }                                                                                          \
        if (i < n) {                                                                               \
            memset(yes, 0, sizeof yes);                                                            \
            for (unsigned j = 0; j < n - i; j++) {                                                 \
                yes[j] = (uint8_t)(condition);                                                     \
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
           v[j] < limit && (map[v[j] / 64] >> (v[j] % 64) & 1) != 0)
BITMAP_KERNEL(uint8_t, 8)
BITMAP_KERNEL(uint16_t, 16)
BITMAP_KERNEL(uint32_t, 32)
BITMAP_KERNEL(uint64_t, 64)

#define TABLE_KERNEL(type, bits) KERNEL(table_##bits, type, const uint8_t *table, table[v[j]])
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

void kernel_table(const void *codes, unsigned width, uint32_t n, const uint8_t *yes, uint64_t *out)
{
    switch (width) {
    case 1:
        table_8(codes, n, out, yes);
        break;
    case 2:
        table_16(codes, n, out, yes);
        break;
    default:
        table_32(codes, n, out, yes);
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
