/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * chunks.c - see chunks.h.
 */
#include "query/chunks.h"

#include "base/pages.h"

#include <stdlib.h>
#include <string.h>

void chunks_init(struct chunks *c, size_t width)
{
    memset(c, 0, sizeof *c);
    c->width = width;
}

void chunks_init_in(struct chunks *c, size_t width, struct pages *pages)
{
    chunks_init(c, width);
    c->pages = pages;
}

void chunks_free(struct chunks *c)
{
    for (size_t i = 0; i < c->nchunks && c->pages == NULL; i++) {
        free(c->chunk[i]);
    }
    free(c->chunk);
    chunks_init_in(c, c->width, c->pages);
}

void chunks_clear(struct chunks *c)
{
    c->n = 0;
}

static int add_chunk(struct chunks *c)
{
    if (c->nchunks == c->cap) {
        size_t cap = c->cap != 0 ? c->cap * 2 : 16;
        uint8_t **list = realloc(c->chunk, cap * sizeof *list);
        if (list == NULL) {
            return -1;
        }
        c->chunk = list;
        c->cap = cap;
    }
    c->chunk[c->nchunks] = c->pages != NULL ? pages_take(c->pages, c->width * CHUNK_ITEMS)
                                            : malloc(c->width * CHUNK_ITEMS);
    if (c->chunk[c->nchunks] == NULL) {
        return -1;
    }
    c->nchunks++;
    return 0;
}

void *chunks_add(struct chunks *c)
{
    if (c->n >> CHUNK_SHIFT == c->nchunks && add_chunk(c) != 0) {
        return NULL;
    }
    return chunks_at(c, c->n++);
}

void *chunks_add_run(struct chunks *c, size_t n, size_t *got)
{
    size_t room = CHUNK_ITEMS - (c->n & (CHUNK_ITEMS - 1));
    size_t at = c->n;
    if (c->n >> CHUNK_SHIFT == c->nchunks && add_chunk(c) != 0) {
        return NULL;
    }
    *got = n < room ? n : room;
    c->n += *got;
    return chunks_at(c, at);
}
