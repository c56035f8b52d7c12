/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * hash.h - XXH3 behind two names, so that the choice stands in one place.
 *
 * Not keyed against an attacker unless a secret seed is given (hash_seeded).
 */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_of(const void *data, size_t len);                        /* XXH3-64, seed 0 */
uint64_t hash_seeded(const void *data, size_t len, uint64_t seed);     /* XXH3-64 */

/* A good mix of one number (for hash tables keyed by integers). */
static inline uint64_t hash_u64(uint64_t v)
{
    v ^= v >> 32;
    v *= 0xd6e8feb86659fd93u;
    v ^= v >> 32;
    v *= 0xd6e8feb86659fd93u;
    return v ^ v >> 32;
}

/* A random seed from the kernel, for tables that strangers fill. */
uint64_t hash_random_seed(void);

#endif
