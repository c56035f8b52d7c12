/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statrank.h - the values of a statistic in the order in which they are shown.
 *
 * Up to RANK_PLAIN_FROM values are sorted as nfdump does, from the order of its hash cells
 * (statcells.h), so that values with equal counters come in the order that scripts know. More
 * values have the plain order: equal keys by first appearance.
 */
#ifndef WEIR_QUERY_STATRANK_H
#define WEIR_QUERY_STATRANK_H

#include "query/order.h"
#include "query/valueset.h"

struct stat_ranked {
    uint64_t key;
    uint64_t id;    /* of the value */
};

struct stat_ranking {
    struct stat_ranked *at; /* the first shown comes first */
    size_t n;
};

struct stat_ranker {
    struct valueset *values;
    bool texts;          /* values are numbers of texts */
    uint64_t last_access; /* position + 1 of the last row that had a value */
    uint64_t top;        /* values that will be shown; 0: all */
    bool plain;          /* values were left out: there are many */
};

/* Returns 0 or ERR_NOMEM. The caller frees r->at. */
int stat_rank(const struct stat_ranker *how, enum order_id order, bool ascending,
              struct stat_ranking *r);

/* The counters of a value, without flags; times as far as the set has them. */
struct tally stat_value_tally(const struct valueset *s, uint64_t id);

#endif
