/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * keyindex.h - where in an array is the element with that key?
 *
 * For arrays that are mostly short and sometimes long: up to a few elements are looked at one by
 * one, beyond that a hash table of positions is kept. Elements may change, but not their keys; the
 * array may also be made shorter at its end.
 */
#ifndef WEIR_FLOW_KEYINDEX_H
#define WEIR_FLOW_KEYINDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keyindex { /* all zero: empty */
    uint32_t *slot; /* position + 1; 0: free */
    size_t nslots;  /* a power of two */
};

/* How elements of a kind of array are told apart. */
struct keyindex_kind {
    uint64_t (*hash)(const void *element);
    bool (*same)(const void *a, const void *b);
    size_t size;
};

/* Position in array[0..n) of the element with the key of *like; n: there is none. */
size_t keyindex_find(const struct keyindex *x, const struct keyindex_kind *kind, const void *array,
                     size_t n, const void *like);

/* array[n - 1] is new. Returns 0 or ERR_NOMEM. */
int keyindex_added(struct keyindex *x, const struct keyindex_kind *kind, const void *array,
                   size_t n);

void keyindex_free(struct keyindex *x);

#endif
