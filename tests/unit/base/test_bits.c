/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/bits.h"
#include "../check.h"

#define ROWS 300
#define WORDS BITS_WORDS(ROWS)

static void fill_random(uint64_t *b, size_t n, uint64_t *state)
{
    bits_fill(b, n, false);
    for (size_t i = 0; i < n; i++) {
        if (check_random(state) >> 63) {
            bits_set(b, i);
        }
    }
}

/* Every operation against the same done bit by bit, for all lengths around word ends. */
static void test_against_plain(struct check *t)
{
    uint64_t state = 42;
    uint64_t a[WORDS];
    uint64_t b[WORDS];
    uint64_t r[4][WORDS];
    uint32_t rows[ROWS];

    for (size_t n = 0; n <= ROWS; n++) {
        bool same = true;
        size_t ones = 0;
        fill_random(a, n, &state);
        fill_random(b, n, &state);
        for (int k = 0; k < 4; k++) {
            memcpy(r[k], a, sizeof a);
        }
        bits_and(r[0], b, n);
        bits_or(r[1], b, n);
        bits_andnot(r[2], b, n);
        bits_not(r[3], n);
        for (size_t i = 0; i < n; i++) {
            bool x = bits_get(a, i);
            bool y = bits_get(b, i);
            same = same && bits_get(r[0], i) == (x && y) && bits_get(r[1], i) == (x || y) &&
                   bits_get(r[2], i) == (x && !y) && bits_get(r[3], i) == !x;
            if (x) {
                rows[ones++] = (uint32_t)i;
            }
        }
        uint32_t got[ROWS];
        same = same && bits_count(a, n) == ones && bits_rows(a, n, got) == ones &&
               (ones == 0 || memcmp(got, rows, ones * sizeof rows[0]) == 0) &&
               bits_count(r[3], n) == n - ones;
        CHECK(same);
    }
}

static void test_none_all(struct check *t)
{
    uint64_t b[WORDS];

    for (size_t n = 1; n <= ROWS; n += 13) {
        bits_fill(b, n, true);
        CHECK(bits_all(b, n) && !bits_none(b, n) && bits_count(b, n) == n);
        bits_clear(b, n - 1);
        CHECK(!bits_all(b, n));
        bits_fill(b, n, false);
        CHECK(bits_none(b, n) && !bits_all(b, n));
        bits_set(b, n - 1);
        CHECK(!bits_none(b, n));
        bits_fill(b, n, true);
        bits_not(b, n);
        CHECK(b[BITS_WORDS(n) - 1] == 0); /* nothing set above n */
    }
    CHECK(bits_none(b, 0) && bits_all(b, 0));
}

CHECK_MAIN(test_against_plain, test_none_all)
