/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addrkeys.c - a set of 64-bit keys that only grows.
 */
#include "store/addrkeys.h"

#include <stdlib.h>

#define SLOTS_FIRST ((size_t)1 << 10)
#define KEYS_MAX ((size_t)1 << 24) /* distinct addresses; above, the file has no filter */

static void insert(struct addrkeys *k, uint64_t key)
{
    size_t i = key & (k->nslots - 1);
    while (k->slot[i] != 0 && k->slot[i] != key) {
        i = (i + 1) & (k->nslots - 1);
    }
    k->n += k->slot[i] == 0;
    k->slot[i] = key;
}

/* Room for `more` keys. */
static bool reserve(struct addrkeys *k, size_t more)
{
    struct addrkeys grown = {.nslots = k->nslots != 0 ? k->nslots : SLOTS_FIRST};
    if (2 * (k->n + more) <= k->nslots) {
        return true;
    }
    if (k->n > KEYS_MAX) {
        return false;
    }
    while (grown.nslots < 2 * (k->n + more)) {
        grown.nslots *= 2;
    }
    grown.slot = calloc(grown.nslots, sizeof *grown.slot);
    if (grown.slot == NULL) {
        return false;
    }
    for (size_t i = 0; i < k->nslots; i++) {
        if (k->slot[i] != 0) {
            insert(&grown, k->slot[i]);
        }
    }
    free(k->slot);
    *k = grown;
    return true;
}

void addrkeys_add(struct addrkeys *k, const uint64_t *keys, size_t n)
{
    if (k->given_up || !reserve(k, n)) {
        k->given_up = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (keys[i] == 0) { /* one address in 2^64: the set cannot hold it */
            k->given_up = true;
            return;
        }
        insert(k, keys[i]);
    }
}

const uint64_t *addrkeys_list(struct addrkeys *k)
{
    size_t n = 0;
    for (size_t i = 0; i < k->nslots; i++) {
        if (k->slot[i] != 0) {
            k->slot[n++] = k->slot[i];
        }
    }
    return k->slot;
}

void addrkeys_free(struct addrkeys *k)
{
    free(k->slot);
    *k = (struct addrkeys){0};
}
