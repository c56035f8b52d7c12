/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * kernels.h - comparisons over whole columns, results as bitmaps.
 *
 * Each writes BITS_WORDS(n) words; bits above n are 0. Values lie as in struct column: `width`
 * octets
 * each (1 2 4 8), aligned.
 */
#ifndef WEIR_FILTER_KERNELS_H
#define WEIR_FILTER_KERNELS_H

#include <stdint.h>

/* lo <= value <= hi */
void kernel_range(const void *values, unsigned width, uint32_t n, uint64_t lo, uint64_t hi,
                  uint64_t *out);

/* lo <= (value >> shift & bits) <= hi */
void kernel_bits(const void *values, unsigned width, uint32_t n, unsigned shift, uint64_t bits,
                 uint64_t lo, uint64_t hi, uint64_t *out);

/* bit value of bitmap; values at or above limit have none. limit is a multiple of 64, at least 64.
 * */
void kernel_bitmap(const void *values, unsigned width, uint32_t n, const uint64_t *bitmap,
                   uint64_t limit, uint64_t *out);

/* yes[value] is 0 or 1; each value must be a valid place. */
void kernel_table(const void *codes, unsigned width, uint32_t n, const uint8_t *yes, uint64_t *out);

/* a compared with b: less or equal (a <= b), or equal. Arrays of 64-bit values. */
void kernel_le2(const uint64_t *a, const uint64_t *b, uint32_t n, uint64_t *out);
void kernel_eq2(const uint64_t *a, const uint64_t *b, uint32_t n, uint64_t *out);

#endif
