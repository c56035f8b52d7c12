/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * arena.c - memory with the lifetime of a phase.
 * Chunks grow from 64 KiB, doubling; the newest one is handed out from its start to its end. A
 * reset keeps only the newest and largest chunk: after a few rounds a phase runs in one piece of
 * memory. Invariant: in every chunk, at <= size, and both are multiples of ARENA_ALIGN.
 *
 * Where megabytes are expected the first chunk is a large page already: touching 2 MB page by page
 * costs 512 faults, which took half of the time of short queries (2026-11-25).
 */
#include "base/arena.h"

#include "base/pages.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN 32
#define ARENA_FIRST ((size_t)64 << 10)
#define ARENA_LARGEST ((size_t)64 << 20) /* chunks stop doubling here */
#define GROW_FIRST ((size_t)4)           /* items: nodes of a tree mostly have two or three */

struct arena_chunk {
    struct arena_chunk *older;
    size_t at;
    size_t size; /* octets after this header */
    bool large;  /* from pages_new() */
    uint8_t pad[ARENA_ALIGN - 3 * sizeof(size_t) - sizeof(bool)];
};
_Static_assert(sizeof(struct arena_chunk) == ARENA_ALIGN, "data stays aligned");

void arena_init(struct arena *a)
{
    *a = (struct arena){.chunks = NULL};
}

void arena_expect_much(struct arena *a)
{
    assert(a->chunks == NULL);
    a->large = true;
}

static size_t chunk_size_for(const struct arena *a, size_t need)
{
    size_t size = a->chunks != NULL ? a->chunks->size * 2 : ARENA_FIRST;
    if (size > ARENA_LARGEST) {
        size = ARENA_LARGEST;
    }
    return size < need ? need : size;
}

static struct arena_chunk *chunk_add(struct arena *a, size_t need)
{
    size_t size = chunk_size_for(a, need);
    struct arena_chunk *c;
    if (a->large) {
        size = (size + sizeof *c + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE - sizeof *c;
        c = pages_new(size + sizeof *c);
    } else {
        c = aligned_alloc(ARENA_ALIGN, sizeof *c + size);
    }
    if (c != NULL) {
        c->large = a->large;
        c->older = a->chunks;
        c->at = 0;
        c->size = size;
        a->chunks = c;
    }
    return c;
}

void *arena_alloc(struct arena *a, size_t n)
{
    struct arena_chunk *c = a->chunks;
    void *place;

    if (n > SIZE_MAX / 2) {
        return NULL;
    }
    n = n == 0 ? ARENA_ALIGN : (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (c == NULL || n > c->size - c->at) {
        c = chunk_add(a, n);
        if (c == NULL) {
            return NULL;
        }
    }
    place = (uint8_t *)(c + 1) + c->at;
    c->at += n;
    a->used += n;
    assert(c->at <= c->size);
    return place;
}

void *arena_zalloc(struct arena *a, size_t n)
{
    void *place = arena_alloc(a, n);
    if (place != NULL) {
        memset(place, 0, n);
    }
    return place;
}

void *arena_grow(struct arena *a, void *at, size_t n, size_t *room, size_t item_size)
{
    size_t more = *room == 0 ? GROW_FIRST : *room * 4;
    void *grown;
    if (n < *room) {
        return at;
    }
    if (*room > SIZE_MAX / 8 / item_size || (grown = arena_alloc(a, more * item_size)) == NULL) {
        return NULL;
    }
    if (n > 0) {
        memcpy(grown, at, n * item_size);
    }
    *room = more;
    return grown;
}

void *arena_dup(struct arena *a, const void *data, size_t n)
{
    void *place = arena_alloc(a, n);
    if (place != NULL && n > 0) {
        memcpy(place, data, n);
    }
    return place;
}

char *arena_strndup(struct arena *a, const char *text, size_t n)
{
    size_t len = strnlen(text, n);
    char *place = arena_alloc(a, len + 1);
    if (place != NULL) {
        memcpy(place, text, len);
        place[len] = '\0';
    }
    return place;
}

static void chunks_free(struct arena_chunk *c)
{
    while (c != NULL) {
        struct arena_chunk *older = c->older;
        if (c->large) {
            pages_free(c, c->size + sizeof *c);
        } else {
            free(c);
        }
        c = older;
    }
}

void arena_reset(struct arena *a)
{
    if (a->chunks != NULL) {
        chunks_free(a->chunks->older);
        a->chunks->older = NULL;
        a->chunks->at = 0;
    }
    a->used = 0;
}

void arena_free(struct arena *a)
{
    chunks_free(a->chunks);
    a->chunks = NULL;
    a->used = 0;
}
