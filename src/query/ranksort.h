/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ranksort.h - sort keys ascending, with a fixed order of equal keys.
 *
 * rank_sort() is a quicksort with an insertion sort for short pieces. It is not stable, but it is
 * deterministic, and the order in which it leaves equal keys is the one that scripts know from
 * nfdump's tables. It needs all keys at once. For large tables there is a plain total order: equal
 * keys by item, descending, so that a table read backwards shows them as they appeared
 * (doc/decisions: ties of large tables).
 */
#ifndef WEIR_QUERY_RANKSORT_H
#define WEIR_QUERY_RANKSORT_H

#include <stddef.h>
#include <stdint.h>

struct rank {
    uint64_t key;
    uint64_t item;
};

enum { RANK_PLAIN_FROM = 65536 }; /* tables with more rows have the plain order */

void rank_sort(struct rank *r, size_t n);

/* What rank_sort() leaves at [from, to), there; what stands elsewhere is left unsorted. */
void rank_sort_part(struct rank *r, size_t n, size_t from, size_t to);

/* The plain order; all of them, or only those that come last: the k greatest stand sorted at the
 * end. rank_sort_least: the k least stand sorted at the beginning. */
void rank_sort_plain(struct rank *r, size_t n, unsigned workers);
void rank_sort_greatest(struct rank *r, size_t n, size_t k);
void rank_sort_least(struct rank *r, size_t n, size_t k);

#endif
