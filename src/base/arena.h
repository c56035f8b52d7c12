/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * arena.h - memory with the lifetime of a phase: allocate freely, free at once.
 *
 * An arena is used by one thread. Blocks from it stay where they are until arena_reset/arena_free.
 */
#ifndef WEIR_BASE_ARENA_H
#define WEIR_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    size_t used;                /* octets handed out since the last reset */
    bool large;
};

void arena_init(struct arena *a);

/* Before its first use: it will need megabytes, again and again, so take them in large pages. */
void arena_expect_much(struct arena *a);

/* n octets aligned to 32, not cleared; NULL when memory is out. n = 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n); /* cleared */
void *arena_dup(struct arena *a, const void *data, size_t n);
/* The array at of *room items, n of them used, with room for another: itself, or a copy with more
 * room (not cleared; the old one stays until the arena is reset). NULL when memory is out; then
 * nothing has changed. at may be NULL with *room 0. */
void *arena_grow(struct arena *a, void *at, size_t n, size_t *room, size_t item_size);

char *arena_strndup(struct arena *a, const char *text, size_t n); /* NUL-terminated copy */

void arena_reset(struct arena *a); /* forget everything, keep the memory for reuse */
void arena_free(struct arena *a);  /* give all memory back; the arena may be used again */

#endif
