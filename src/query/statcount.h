/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statcount.h - the operator of one element statistic: tallies by value.
 *
 * Values are kept as keys of a fixed length in the order of their first appearance. Sorting
 * starts from the order of nfdump's hash cells (statcells.h), so that values with equal counters
 * come in the order that scripts know.
 */
#ifndef WEIR_QUERY_STATCOUNT_H
#define WEIR_QUERY_STATCOUNT_H

#include "query/operator.h"
#include "query/ranksort.h"
#include "query/stat.h"

#include <stddef.h>

struct geo_db;
struct statcount;

struct stat_value {
    uint64_t number;    /* numbers, MAC, AS, ...; GEO: two letters, the first in the low octet */
    struct ip addr;
    int family;         /* of addr: 4 or 6 */
    uint8_t proto;      /* with :p */
    const char *text;   /* ja3, ja4; NULL otherwise */
    struct tally tally;
};

/* NULL: no memory. */
struct statcount *statcount_new(const struct stat_spec *spec, const struct geo_db *geo);
void statcount_free(struct statcount *s);
struct operator statcount_operator(struct statcount *s);
const struct stat_spec *statcount_spec(const struct statcount *s);

size_t statcount_values(const struct statcount *s);

/* Order all values, keys ascending, into a new array; every call starts from the same order.
 * NULL: no memory. */
struct rank *statcount_rank(const struct statcount *s, enum order_id order);
struct stat_value statcount_value(const struct statcount *s, size_t i);

#endif
