/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * hash.c - XXH3, compiled in here and nowhere else.
 */
#define XXH_INLINE_ALL
#include "base/hash.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

uint64_t hash_of(const void *data, size_t len)
{
    return XXH3_64bits(data, len);
}

uint64_t hash_seeded(const void *data, size_t len, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, len, seed);
}

uint64_t hash_random_seed(void)
{
    uint64_t seed;
    struct timespec now;

    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed) {
        return seed;
    }
    /* Only before the kernel's generator is ready, early at boot. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    return hash_u64((uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 30 ^ (uint64_t)getpid() << 48);
}
