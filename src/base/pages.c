/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * pages.c - see pages.h.
 *
 * Blocks double until they are large, so that small tables do not take a large page each.
 */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { FIRST_BLOCK = 256 << 10, LAST_BLOCK = 8 << 20, ALIGNMENT = 64 };

struct pages_block {
    struct pages_block *before;
    size_t size;
};

static size_t rounded(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* Large pages stand at multiples of their size: what is too much at both ends is given back. */
static void *map_large(size_t size)
{
    uint8_t *p = mmap(NULL, size + LARGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0);
    size_t before;
    if (p == MAP_FAILED) {
        return NULL;
    }
    before = rounded((uintptr_t)p, LARGE_PAGE) - (uintptr_t)p;
    if (before > 0) {
        munmap(p, before);
    }
    if (before < LARGE_PAGE) {
        munmap(p + before + size, LARGE_PAGE - before);
    }
#ifdef MADV_HUGEPAGE
    madvise(p + before, size, MADV_HUGEPAGE);
#endif
    return p + before;
}

void *pages_new(size_t octets)
{
    return octets < LARGE_PAGE ? calloc(1, octets) : map_large(rounded(octets, LARGE_PAGE));
}

void pages_free(void *p, size_t octets)
{
    if (octets < LARGE_PAGE) {
        free(p);
    } else if (p != NULL) {
        munmap(p, rounded(octets, LARGE_PAGE));
    }
}

void pages_init(struct pages *p)
{
    *p = (struct pages){.block = NULL};
    pthread_mutex_init(&p->lock, NULL);
}

void pages_clear(struct pages *p)
{
    while (p->block != NULL) {
        struct pages_block *before = p->block->before;
        pages_free(p->block, p->block->size);
        p->block = before;
    }
    p->used = 0;
}

void pages_end(struct pages *p)
{
    pages_clear(p);
    pthread_mutex_destroy(&p->lock);
}

static int add_block(struct pages *p, size_t octets)
{
    size_t size = p->block != NULL ? p->block->size * 2 : FIRST_BLOCK;
    struct pages_block *block;
    size = size > LAST_BLOCK ? LAST_BLOCK : size;
    size = size < octets + ALIGNMENT ? octets + ALIGNMENT : size;
    block = pages_new(size);
    if (block == NULL) {
        return -1;
    }
    block->before = p->block;
    block->size = size;
    p->block = block;
    p->used = ALIGNMENT;
    return 0;
}

void *pages_take(struct pages *p, size_t octets)
{
    void *piece = NULL;
    octets = rounded(octets, ALIGNMENT);
    pthread_mutex_lock(&p->lock);
    if ((p->block != NULL && p->block->size - p->used >= octets) || add_block(p, octets) == 0) {
        piece = (uint8_t *)p->block + p->used;
        p->used += octets;
    }
    pthread_mutex_unlock(&p->lock);
    return piece;
}
