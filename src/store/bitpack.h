/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * bitpack.h - numbers of 1..32 bits, packed so that plain loops over 32 neighbours vectorise.
 * Values are cut into groups of 1024 (the last one may be shorter). In a group of t values,
 * value i belongs to lane i % 32 and is that lane's number i / 32. A lane is a stream of bits,
 * lowest first, in 32-bit little-endian words; word w of lane l stands at 4 * (32 * w + l). So a
 * group takes 128 * ceil(ceil(t / 32) * bits / 32) octets: 128 * bits for a full one. Missing
 * values are 0.
 */
#ifndef WEIR_STORE_BITPACK_H
#define WEIR_STORE_BITPACK_H

#include <stddef.h>
#include <stdint.h>

#define BITPACK_GROUP 1024
#define BITPACK_LANES 32

/* Octets that n values of `bits` take. */
size_t bitpack_size(uint32_t n, unsigned bits);

/* Pack v[i] - base, each below 2^bits, into out[bitpack_size(n, bits)]. */
void bitpack_pack(const uint64_t *v, uint32_t n, unsigned bits, uint64_t base, uint8_t *out);

/* Unpack n values, add base, into an array of `width` octets each (1 2 4 8). */
void bitpack_unpack(const uint8_t *in, uint32_t n, unsigned bits, uint64_t base, unsigned width,
                    void *out);

/* The i-th number (without a base) of those that were packed. */
uint32_t bitpack_get(const uint8_t *in, uint32_t i, unsigned bits);

#endif
