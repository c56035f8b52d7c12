/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * veckernels.h - the inner loops of decoding vecs, one set per width of the result.
 *
 * All sizes are in values. Inputs may be unaligned where it says so.
 */
#ifndef WEIR_STORE_VECKERNELS_H
#define WEIR_STORE_VECKERNELS_H

#include <stdbool.h>
#include <stdint.h>

void kernel_fill(void *out, uint32_t n, unsigned width, uint64_t value);

/* out[i] = base + in[i]; in: n little-endian numbers of in_width <= width octets, unaligned. */
void kernel_widen(const uint8_t *in, uint32_t n, unsigned in_width, uint64_t base, unsigned width,
                  void *out);

/* out[i] = in[i] modulo 2^(8 * width) */
void kernel_narrow(const uint64_t *in, uint32_t n, unsigned width, void *out);

/* In place: out[i] = base + the sum of differences up to i; zigzag: they are signed. */
void kernel_sum(void *out, uint32_t n, unsigned width, uint64_t base, bool zigzag);

/* The same from differences of 32 bits. */
void kernel_sum_small(const uint32_t *in, uint32_t n, uint64_t base, bool zigzag, uint64_t *out);

/* out[i] = table[codes[i]]; every code is below the length of the table. */
void kernel_look_up(const void *table, const void *codes, unsigned code_width, uint32_t n,
                    unsigned width, void *out);

/* out[i] = codes[i] == escape ? the next exception : table[codes[i]]. The table has escape + 1
 * entries (the last one unused), exceptions as many as there are escapes, and one more to read. */
void kernel_popular(const void *table, const void *codes, unsigned code_width, uint32_t escape,
                    const void *exceptions, uint32_t n, unsigned width, void *out);

/* out[i] = base + plane[0][i] + (plane[1][i] << 8) + ...; count <= width planes */
void kernel_planes(const uint8_t *const *plane, unsigned count, uint32_t n, uint64_t base,
                   unsigned width, void *out);

/* sum[i] += in[i]; in: numbers of `width` octets */
void kernel_add(const void *in, unsigned width, uint32_t n, uint64_t *sum);

/* out[rows[i]] = in[i] */
void kernel_scatter(const void *in, const uint32_t *rows, uint32_t n, unsigned width, void *out);

/* The largest code, and how many are equal to `value`. */
uint32_t kernel_codes_max(const void *codes, uint32_t n, unsigned code_width);
uint32_t kernel_codes_count(const void *codes, uint32_t n, unsigned code_width, uint32_t value);

#endif
