/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * chunks.h - a growing array of items of one size that never move.
 *
 * Memory comes in chunks of CHUNK_ITEMS items; the list of chunks is the only thing that is
 * copied when it grows. Used by one thread at a time.
 */
#ifndef WEIR_QUERY_CHUNKS_H
#define WEIR_QUERY_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

enum { CHUNK_SHIFT = 10, CHUNK_ITEMS = 1 << CHUNK_SHIFT };

struct pages;

struct chunks {
    struct pages *pages; /* where chunks come from, and stay when they are freed; NULL: malloc() */
    size_t width;    /* octets of an item */
    size_t n;        /* items */
    uint8_t **chunk;
    size_t nchunks;  /* allocated */
    size_t cap;      /* room for chunk pointers */
};

void chunks_init(struct chunks *c, size_t width);
void chunks_init_in(struct chunks *c, size_t width, struct pages *pages);
void chunks_free(struct chunks *c);
void chunks_clear(struct chunks *c); /* no items; keeps memory */

/* One more item, not cleared; NULL when memory is out. */
void *chunks_add(struct chunks *c);

/* Up to n more items that lie side by side: *got of them, at least 1. NULL when memory is out. */
void *chunks_add_run(struct chunks *c, size_t n, size_t *got);

static inline void *chunks_at(const struct chunks *c, size_t i)
{
    return c->chunk[i >> CHUNK_SHIFT] + (i & (CHUNK_ITEMS - 1)) * c->width;
}

#endif
