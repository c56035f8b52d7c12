/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * groupset.h - groups of flows by key: where the first flow is, and the tally of all.
 *
 * Each worker fills a set of its own, without regard to the order of blocks; once all are done,
 * the sets are merged (groupmerge.h). What makes the result that of one pass over the input is
 * `first`: places ascend in the order of the input, so the least one is the first flow.
 *
 * A group is followed by its key and, if the set keeps rows, by the first flow's row. Groups lie in
 * chunks in the order in which they came and never move. A set is used by one thread.
 */
#ifndef WEIR_QUERY_GROUPSET_H
#define WEIR_QUERY_GROUPSET_H

#include "query/chunks.h"
#include "query/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct group {
    uint64_t hash;
    uint64_t first;     /* see group_first() */
    struct tally tally; /* in the direction of the key */
};

/* First: the block's place, the row in it, and whether the key is that of the other direction. */
static inline uint64_t group_first(uint64_t place, uint32_t row, bool turned)
{
    return place << 17 | (uint64_t)row << 1 | turned;
}

static inline uint64_t first_place(uint64_t first)
{
    return first >> 17;
}

static inline uint32_t first_row(uint64_t first)
{
    return (uint32_t)(first >> 1 & 0xffff);
}

static inline bool first_turned(uint64_t first)
{
    return (first & 1) != 0;
}

struct group_layout {
    size_t key_length;
    size_t row_at;    /* octets from the group; behind the key */
    size_t row_width; /* 0: no rows are kept */
    size_t width;
};

struct group_layout group_layout_of(size_t key_length, size_t row_width);

static inline uint8_t *group_key(struct group *g)
{
    return (uint8_t *)(g + 1);
}

static inline uint8_t *group_row(struct group *g, const struct group_layout *l)
{
    return (uint8_t *)g + l->row_at;
}

struct groupset {
    struct group_layout layout;
    struct pages *pages; /* of groups; made with the first one */
    struct chunks group;
    uint64_t *slot;  /* upper half of the hash, then the group's number + 1; 0: free */
    size_t nslots;   /* a power of two, or 0 */
};

void groupset_init(struct groupset *s, const struct group_layout *layout);
void groupset_free(struct groupset *s); /* no groups; may be filled again */

static inline size_t groupset_count(const struct groupset *s)
{
    return s->group.n;
}

/* The memory that the set takes. */
static inline uint64_t groupset_octets(const struct groupset *s)
{
    return (uint64_t)s->group.nchunks * CHUNK_ITEMS * s->group.width +
           s->nslots * sizeof *s->slot;
}

static inline struct group *groupset_at(const struct groupset *s, size_t i)
{
    return chunks_at(&s->group, i);
}

/* The group of a key, added if it is new; *is_new: everything but hash and key is unset. NULL when
 * memory is out. */
struct group *groupset_put(struct groupset *s, uint64_t hash, const uint8_t *key, bool *is_new);

/* Fetch the place where the key will be looked for. */
static inline void groupset_expect(const struct groupset *s, uint64_t hash)
{
    if (s->nslots != 0) {
        __builtin_prefetch(&s->slot[hash & (s->nslots - 1)]);
    }
}

/* Add what another set has of the same group; the earlier row wins. */
void group_merge(struct group *into, const struct group *from, const struct group_layout *l);

#endif
