/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * groups.c - see groups.h.
 */
#include "query/groups.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024 };

void groups_init(struct groups *g, size_t key_length)
{
    memset(g, 0, sizeof *g);
    chunks_init(&g->key, key_length);
}

void groups_free(struct groups *g)
{
    chunks_free(&g->key);
    free(g->slot);
}

void groups_clear(struct groups *g)
{
    chunks_clear(&g->key);
    if (g->slot != NULL) {
        memset(g->slot, 0, g->nslots * sizeof *g->slot);
    }
}

static void place(uint64_t *slot, size_t nslots, uint64_t entry, uint64_t hash)
{
    size_t i = hash & (nslots - 1);
    while (slot[i] != 0) {
        i = (i + 1) & (nslots - 1);
    }
    slot[i] = entry;
}

static uint64_t hash_key(const struct groups *g, const void *key)
{
    return hash_of(key, g->key.width);
}

static int grow(struct groups *g)
{
    size_t n = g->nslots != 0 ? g->nslots * 2 : FIRST_SLOTS;
    uint64_t *slot = calloc(n, sizeof *slot);
    if (slot == NULL) {
        return -1;
    }
    for (size_t i = 0; i < g->nslots; i++) {
        if (g->slot[i] != 0) {
            place(slot, n, g->slot[i],
                  hash_key(g, groups_key(g, (g->slot[i] & UINT32_MAX) - 1)));
        }
    }
    free(g->slot);
    g->slot = slot;
    g->nslots = n;
    return 0;
}

/* The slot that holds the key, or the free one where it belongs. */
static size_t find_slot(const struct groups *g, const void *key, uint64_t hash)
{
    size_t i = hash & (g->nslots - 1);
    while (g->slot[i] != 0) {
        if (g->slot[i] >> 32 == hash >> 32 &&
            memcmp(groups_key(g, (g->slot[i] & UINT32_MAX) - 1), key, g->key.width) == 0) {
            break;
        }
        i = (i + 1) & (g->nslots - 1);
    }
    return i;
}

size_t groups_put(struct groups *g, const void *key, bool *is_new)
{
    uint64_t hash = hash_key(g, key);
    size_t i;
    void *to;
    if (g->key.n >= g->nslots / 2 && (g->key.n >= UINT32_MAX - 1 || grow(g) != 0)) {
        return GROUP_NONE;
    }
    i = find_slot(g, key, hash);
    *is_new = g->slot[i] == 0;
    if (!*is_new) {
        return (size_t)(g->slot[i] & UINT32_MAX) - 1;
    }
    to = chunks_add(&g->key);
    if (to == NULL) {
        return GROUP_NONE;
    }
    memcpy(to, key, g->key.width);
    g->slot[i] = (hash >> 32) << 32 | g->key.n;
    return g->key.n - 1;
}
