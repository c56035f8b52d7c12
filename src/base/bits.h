/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * bits.h - bitmaps of up to 65,536 rows: selections and presence.
 *
 * A bitmap of n bits is BITS_WORDS(n) 64-bit words; bits at and above n in the last word are kept
 * zero by every function here.
 */
#ifndef WEIR_BASE_BITS_H
#define WEIR_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITS_WORDS(n) (((size_t)(n) + 63) / 64)

static inline bool bits_get(const uint64_t *b, size_t i)
{
    return b[i / 64] >> (i % 64) & 1;
}

static inline void bits_set(uint64_t *b, size_t i)
{
    b[i / 64] |= (uint64_t)1 << (i % 64);
}

static inline void bits_clear(uint64_t *b, size_t i)
{
    b[i / 64] &= ~((uint64_t)1 << (i % 64));
}

void bits_fill(uint64_t *b, size_t n, bool value); /* all n bits */
size_t bits_count(const uint64_t *b, size_t n);    /* number of ones */
bool bits_none(const uint64_t *b, size_t n);
bool bits_all(const uint64_t *b, size_t n);
void bits_and(uint64_t *dst, const uint64_t *src, size_t n);
void bits_or(uint64_t *dst, const uint64_t *src, size_t n);
void bits_andnot(uint64_t *dst, const uint64_t *src, size_t n); /* dst &= ~src */
void bits_not(uint64_t *dst, size_t n);

/* Row numbers of the ones, ascending, into rows (room for n); returns how many. */
size_t bits_rows(const uint64_t *b, size_t n, uint32_t *rows);

#endif
