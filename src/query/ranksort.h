/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ranksort.h - sort keys ascending, with a fixed order of equal keys.
 *
 * rank_sort() is a quicksort with an insertion sort for short pieces. It is not stable, but it is
 * deterministic, and the order in which it leaves equal keys is the one that scripts know from
 * nfdump's tables (doc/decisions: order of ties). rank_sort_plain() orders equal keys by item,
 * descending, so that reading a table backwards gives them ascending; it needs no history and is
 * used for large tables.
 */
#ifndef WEIR_QUERY_RANKSORT_H
#define WEIR_QUERY_RANKSORT_H

#include <stddef.h>
#include <stdint.h>

struct rank {
    uint64_t key;
    uint64_t item;
};

void rank_sort(struct rank *r, size_t n);

#endif
