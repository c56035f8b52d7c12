/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/hash.h"
#include "../check.h"

/* The values stand in files, so they must never change: XXH3's published ones. */
static void test_known_values(struct check *t)
{
    CHECK_EQ_U64(hash_of("", 0), 0x2d06800538d394c2);
    CHECK_EQ_U64(hash_of("abc", 3), 0x78af5f94892f3950);
    CHECK_EQ_U64(hash_seeded("abc", 3, 0), hash_of("abc", 3));
    CHECK(hash_seeded("abc", 3, 1) != hash_of("abc", 3));
}

/* Consecutive numbers must spread over the low bits (tables use them) and the high bits. */
static void test_spread(struct check *t)
{
    unsigned low[256] = {0};
    unsigned high[256] = {0};
    unsigned worst = 0;

    for (uint64_t v = 0; v < 256 * 64; v++) {
        low[hash_u64(v) & 255]++;
        high[hash_u64(v << 32) >> 56]++;
    }
    for (int i = 0; i < 256; i++) {
        worst = low[i] > worst ? low[i] : worst;
        worst = high[i] > worst ? high[i] : worst;
    }
    CHECK(worst < 120); /* 64 on average */
    CHECK(hash_random_seed() != hash_random_seed());
}

CHECK_MAIN(test_known_values, test_spread)
