/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * keyindex.c - open addressing over positions, at most half full.
 */
#include "flow/keyindex.h"

#include "base/err.h"

#include <stdlib.h>

enum { FEW = 16 }; /* elements up to which looking at each is as fast */

static const void *element(const struct keyindex_kind *kind, const void *array, size_t i)
{
    return (const uint8_t *)array + i * kind->size;
}

static size_t find_one_by_one(const struct keyindex_kind *kind, const void *array, size_t n,
                              const void *like)
{
    size_t i = 0;
    while (i < n && !kind->same(element(kind, array, i), like)) {
        i++;
    }
    return i;
}

size_t keyindex_find(const struct keyindex *x, const struct keyindex_kind *kind, const void *array,
                     size_t n, const void *like)
{
    size_t mask = x->nslots - 1;
    if (n <= FEW || x->nslots == 0) {
        return find_one_by_one(kind, array, n, like);
    }
    for (size_t at = kind->hash(like) & mask; x->slot[at] != 0; at = (at + 1) & mask) {
        size_t i = x->slot[at] - 1;
        if (i < n && kind->same(element(kind, array, i), like)) {
            return i;
        }
    }
    return n;
}

static void put(struct keyindex *x, const struct keyindex_kind *kind, const void *array, size_t i)
{
    size_t mask = x->nslots - 1;
    size_t at = kind->hash(element(kind, array, i)) & mask;
    while (x->slot[at] != 0) {
        at = (at + 1) & mask;
    }
    x->slot[at] = (uint32_t)(i + 1);
}

/* A table for n elements and as many again. */
static int build(struct keyindex *x, const struct keyindex_kind *kind, const void *array, size_t n)
{
    size_t nslots = 4 * FEW;
    while (nslots < 4 * n) {
        nslots *= 2;
    }
    keyindex_free(x);
    x->slot = calloc(nslots, sizeof *x->slot);
    if (x->slot == NULL) {
        return ERR_NOMEM;
    }
    x->nslots = nslots;
    for (size_t i = 0; i < n; i++) {
        put(x, kind, array, i);
    }
    return 0;
}

int keyindex_added(struct keyindex *x, const struct keyindex_kind *kind, const void *array,
                   size_t n)
{
    if (n <= FEW) {
        return 0;
    }
    if (n == FEW + 1 || 2 * n > x->nslots) {
        return build(x, kind, array, n);
    }
    put(x, kind, array, n - 1);
    return 0;
}

void keyindex_free(struct keyindex *x)
{
    free(x->slot);
    *x = (struct keyindex){0};
}
