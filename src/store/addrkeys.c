/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addrkeys.c - a list of 64-bit keys, sorted and rid of doubles when it is full and at the end.
 *
 * Keys are hashes, so a part of their bits orders nearly all of them. A hash table instead waits
 * for memory with each key: 0.5 million keys took 90 ms, this takes 15 (2026-11-25).
 */
#include "store/addrkeys.h"

#include "base/pages.h"

#include <string.h>

#define CAP_FIRST ((size_t)1 << 12)
#define KEYS_MAX ((size_t)1 << 24) /* distinct addresses; above, the file has no filter */

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 3, FEW = 64 };

/* Stable, by one digit. */
static void sort_by_digit(const uint64_t *from, uint64_t *to, size_t n, unsigned shift)
{
    size_t at[DIGITS] = {0};
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        at[from[i] >> shift & (DIGITS - 1)]++;
    }
    for (size_t d = 0; d < DIGITS; d++) {
        size_t here = at[d];
        at[d] = sum;
        sum += here;
    }
    for (size_t i = 0; i < n; i++) {
        to[at[from[i] >> shift & (DIGITS - 1)]++] = from[i];
    }
}

static void sort_by_insertion(uint64_t *key, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t k = key[i];
        size_t at = i;
        for (; at > 0 && key[at - 1] > k; at--) {
            key[at] = key[at - 1];
        }
        key[at] = k;
    }
}

/* Keys that agree in all digits looked at are neighbours then; of those few are not the same. */
static void sort_within_digits(uint64_t *key, size_t n)
{
    const uint64_t mask = ((uint64_t)1 << DIGIT_BITS * PASSES) - 1;
    size_t from = 0;
    for (size_t i = 1; i <= n; i++) {
        if (i == n || ((key[i] ^ key[from]) & mask) != 0) {
            sort_by_insertion(key + from, i - from);
            from = i;
        }
    }
}

static void sort(struct addrkeys *k)
{
    if (k->n <= FEW) {
        sort_by_insertion(k->key, k->n);
        return;
    }
    for (unsigned pass = 0; pass < PASSES; pass++) {
        uint64_t *sorted = k->spare;
        sort_by_digit(k->key, sorted, k->n, pass * DIGIT_BITS);
        k->spare = k->key;
        k->key = sorted;
    }
    sort_within_digits(k->key, k->n);
}

static void make_distinct(struct addrkeys *k)
{
    size_t n = 0;
    sort(k);
    for (size_t i = 0; i < k->n; i++) {
        if (n == 0 || k->key[n - 1] != k->key[i]) {
            k->key[n++] = k->key[i];
        }
    }
    k->n = n;
}

static bool grow(struct addrkeys *k, size_t room)
{
    size_t cap = k->cap != 0 ? k->cap : CAP_FIRST;
    struct addrkeys grown = {.n = k->n};
    while (cap < room) {
        cap *= 2;
    }
    grown.cap = cap;
    grown.key = pages_new(cap * sizeof *grown.key);
    grown.spare = pages_new(cap * sizeof *grown.spare);
    if (grown.key == NULL || grown.spare == NULL) {
        addrkeys_free(&grown);
        return false;
    }
    if (k->n > 0) {
        memcpy(grown.key, k->key, k->n * sizeof *grown.key);
    }
    addrkeys_free(k);
    *k = grown;
    return true;
}

/* Room for `more` keys. The doubles go first; at least half of the room is free then, so that
 * sorting is not done again at once. */
static bool reserve(struct addrkeys *k, size_t more)
{
    if (k->n + more <= k->cap) {
        return true;
    }
    if (k->n > 0) {
        make_distinct(k);
    }
    return k->n <= KEYS_MAX && (2 * (k->n + more) <= k->cap || grow(k, 2 * (k->n + more)));
}

void addrkeys_add(struct addrkeys *k, const uint64_t *keys, size_t n)
{
    if (n == 0) {
        return;
    }
    if (k->given_up || !reserve(k, n)) {
        k->given_up = true;
        return;
    }
    memcpy(k->key + k->n, keys, n * sizeof *keys);
    k->n += n;
}

const uint64_t *addrkeys_list(struct addrkeys *k)
{
    if (k->n > 0) {
        make_distinct(k);
    }
    return k->key;
}

void addrkeys_free(struct addrkeys *k)
{
    pages_free(k->key, k->cap * sizeof *k->key);
    pages_free(k->spare, k->cap * sizeof *k->spare);
    *k = (struct addrkeys){0};
}
