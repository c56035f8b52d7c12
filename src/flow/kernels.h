/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * kernels.h - questions about numbers, answered for whole columns as bitmaps.
 *
 * Each kernel writes BITS_WORDS(n) words; bits above n are 0. Values lie as in struct column:
 * `width` octets each (1 2 4 8). They need no alignment.
 */
#ifndef WEIR_FLOW_KERNELS_H
#define WEIR_FLOW_KERNELS_H

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

/* What is asked about each number. */
struct number_test {
    enum { NUMBER_RANGE, NUMBER_BITS, NUMBER_SET } ask;
    uint64_t lo, hi;        /* RANGE: lo <= v <= hi; BITS: lo <= (v >> shift & bits) <= hi */
    unsigned shift;
    uint64_t bits;
    const uint64_t *bitmap; /* SET: bit v; numbers at or above limit are not in the set */
    uint64_t limit;         /* a multiple of 64, at least 64 */
};

/* Addresses asked for: low <= a <= high, in octet order. */
struct address_range {
    struct ip low, high;
};

enum { ADDRESS_RANGES_MAX = 16 }; /* in one question */

bool number_passes(const struct number_test *t, uint64_t v);
void number_test_array(const struct number_test *t, const void *values, unsigned width, uint32_t n,
                       uint64_t *out);

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

/* yes[code] is 0 or 1 for each of m codes; codes at or above m pass no test. Codes of 1, 2 or 4
 * octets. Few or neighbouring entries are found by comparing, many by looking up. */
void kernel_codes(const void *codes, unsigned width, uint32_t n, const uint8_t *yes, uint32_t m,
                  uint64_t *out);

/* a compared with b: less or equal (a <= b), or equal. Arrays of 64-bit values. */
void kernel_le2(const uint64_t *a, const uint64_t *b, uint32_t n, uint64_t *out);
void kernel_eq2(const uint64_t *a, const uint64_t *b, uint32_t n, uint64_t *out);

#endif
