/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * groups.h - a hash table that numbers keys of one length in the order they first appear.
 *
 * Open addressing; a slot holds half of the hash and the number of the key, keys lie apart and
 * never move.
 */
#ifndef WEIR_QUERY_GROUPS_H
#define WEIR_QUERY_GROUPS_H

#include "base/hash.h"
#include "query/chunks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GROUP_NONE SIZE_MAX

struct groups {
    struct chunks key;
    uint64_t *slot;  /* hash's upper half, then number + 1; 0: free */
    size_t nslots;   /* a power of two, or 0 */
};

void groups_init(struct groups *g, size_t key_length);
void groups_free(struct groups *g);
void groups_clear(struct groups *g); /* no keys; keeps memory */

static inline size_t groups_count(const struct groups *g)
{
    return g->key.n;
}

static inline const void *groups_key(const struct groups *g, size_t i)
{
    return chunks_at(&g->key, i);
}

/* Number of a key, which is added if it is new; GROUP_NONE when memory is out. */
size_t groups_put(struct groups *g, const void *key, bool *is_new);

#endif
