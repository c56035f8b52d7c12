/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_ranksort.c - sorting: keys ascending, nothing lost, and the plain order of ties.
 */
#include "query/ranksort.h"
#include "../check.h"

#include <stdlib.h>

enum { MAX = 5000 };

static uint64_t roll(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void fill(struct rank *r, size_t n, uint64_t keys, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        r[i] = (struct rank){roll(&seed) % keys, i};
    }
}

static bool is_sorted(const struct rank *r, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (r[i].key < r[i - 1].key) {
            return false;
        }
    }
    return true;
}

static bool is_plain(const struct rank *r, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (r[i].key < r[i - 1].key ||
            (r[i].key == r[i - 1].key && r[i].item > r[i - 1].item)) {
            return false;
        }
    }
    return true;
}

static bool holds_all(const struct rank *r, size_t n)
{
    static bool seen[MAX];
    for (size_t i = 0; i < n; i++) {
        seen[i] = false;
    }
    for (size_t i = 0; i < n; i++) {
        if (r[i].item >= n || seen[r[i].item]) {
            return false;
        }
        seen[r[i].item] = true;
    }
    return true;
}

/* A part of the order is what the whole has there. */
static void check_part(struct check *t, size_t n, uint64_t keys, const struct rank *sorted)
{
    static struct rank part[MAX];
    size_t from = n / 3, to = n / 3 + n / 50 + (n > 0);
    bool same = true;
    fill(part, n, keys, n + keys);
    rank_sort_part(part, n, from, to);
    for (size_t i = from; i < to; i++) {
        same = same && part[i].item == sorted[i].item;
    }
    CHECK(same && holds_all(part, n));
}

static void check_size(struct check *t, size_t n, uint64_t keys)
{
    static struct rank sorted[MAX], plain[MAX], part[MAX];
    size_t k = n / 3 + 1;
    fill(sorted, n, keys, n + keys);
    fill(plain, n, keys, n + keys);
    rank_sort(sorted, n);
    CHECK(is_sorted(sorted, n) && holds_all(sorted, n));
    check_part(t, n, keys, sorted);
    rank_sort_plain(plain, n, 1);
    CHECK(is_plain(plain, n) && holds_all(plain, n));
    fill(part, n, keys, n + keys);
    rank_sort_greatest(part, n, k);
    CHECK(holds_all(part, n));
    for (size_t i = n > k ? n - k : 0; i < n; i++) {
        CHECK(part[i].item == plain[i].item);
    }
    fill(part, n, keys, n + keys);
    rank_sort_least(part, n, k);
    for (size_t i = 0; i < k && i < n; i++) {
        CHECK(part[i].item == plain[i].item);
    }
}

static void test_sizes(struct check *t)
{
    static const size_t sizes[] = {0, 1, 2, 3, 49, 50, 51, 52, 100, 600, 5000};
    static const uint64_t keys[] = {1, 2, 7, 1000, 1000000007};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = 0; j < sizeof keys / sizeof keys[0]; j++) {
            check_size(t, sizes[i], keys[j]);
        }
    }
}

/* Several threads make the same order as one. */
static void test_threads(struct check *t)
{
    enum { LARGE = 140000 };
    static const unsigned workers[] = {2, 3, 16, 100};
    static const uint64_t keys[] = {1, 7, 1000000};
    static struct rank one[LARGE], more[LARGE];
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        fill(one, LARGE, keys[k], k);
        rank_sort_plain(one, LARGE, 1);
        CHECK(is_plain(one, LARGE));
        for (size_t w = 0; w < sizeof workers / sizeof workers[0]; w++) {
            fill(more, LARGE, keys[k], k);
            rank_sort_plain(more, LARGE, workers[w]);
            CHECK(memcmp(one, more, sizeof one) == 0);
        }
    }
}

CHECK_MAIN(test_sizes, test_threads)
