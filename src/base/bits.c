/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * bits.c - bitmaps of rows.
 */
#include "base/bits.h"

#include "base/simd.h"

#include <string.h>

/* The bits of the last word that belong to a map of n > 0 bits. */
static inline uint64_t last_mask(size_t n)
{
    return n % 64 == 0 ? UINT64_MAX : ((uint64_t)1 << (n % 64)) - 1;
}

static inline void trim(uint64_t *b, size_t n)
{
    if (n > 0) {
        b[BITS_WORDS(n) - 1] &= last_mask(n);
    }
}

void bits_fill(uint64_t *b, size_t n, bool value)
{
    memset(b, value ? 0xff : 0, BITS_WORDS(n) * sizeof *b);
    trim(b, n);
}

SIMD_CLONES size_t bits_count(const uint64_t *b, size_t n)
{
    size_t count = 0;
    for (size_t w = 0; w < BITS_WORDS(n); w++) {
        count += (size_t)__builtin_popcountll(b[w]);
    }
    return count;
}

bool bits_none(const uint64_t *b, size_t n)
{
    for (size_t w = 0; w < BITS_WORDS(n); w++) {
        if (b[w] != 0) {
            return false;
        }
    }
    return true;
}

bool bits_all(const uint64_t *b, size_t n)
{
    size_t whole = n / 64;
    for (size_t w = 0; w < whole; w++) {
        if (b[w] != UINT64_MAX) {
            return false;
        }
    }
    return n % 64 == 0 || b[whole] == last_mask(n);
}

void bits_and(uint64_t *dst, const uint64_t *src, size_t n)
{
    for (size_t w = 0; w < BITS_WORDS(n); w++) {
        dst[w] &= src[w];
    }
}

void bits_or(uint64_t *dst, const uint64_t *src, size_t n)
{
    for (size_t w = 0; w < BITS_WORDS(n); w++) {
        dst[w] |= src[w];
    }
}

void bits_andnot(uint64_t *dst, const uint64_t *src, size_t n)
{
    for (size_t w = 0; w < BITS_WORDS(n); w++) {
        dst[w] &= ~src[w];
    }
}

void bits_not(uint64_t *dst, size_t n)
{
    for (size_t w = 0; w < BITS_WORDS(n); w++) {
        dst[w] = ~dst[w];
    }
    trim(dst, n);
}

size_t bits_rows(const uint64_t *b, size_t n, uint32_t *rows)
{
    size_t count = 0;
    for (size_t w = 0; w < BITS_WORDS(n); w++) {
        for (uint64_t word = b[w]; word != 0; word &= word - 1) {
            rows[count++] = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(word));
        }
    }
    return count;
}
