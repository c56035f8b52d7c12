/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statcount.h - the operator of one element statistic: counters by value.
 *
 * Workers count in arrays (stattally.h) and put what they have into one set of values. The times of
 * the values that are shown are read in a second pass, from few blocks (stattimes.h), where that is
 * enough. Nothing depends on the order of blocks.
 */
#ifndef WEIR_QUERY_STATCOUNT_H
#define WEIR_QUERY_STATCOUNT_H

#include "query/operator.h"
#include "query/stat.h"
#include "query/statrank.h"

#include <stddef.h>

struct geo_db;
struct statcount;

struct stat_value {
    uint64_t number;    /* numbers, MAC, AS, ...; GEO: two letters, the first in the low octet */
    struct ip addr;
    int family;         /* of addr: 4 or 6 */
    uint8_t proto;      /* with :p */
    const char *text;   /* ja3, ja4; NULL otherwise */
    struct tally tally; /* without flags */
};

enum stat_way {
    STAT_LAZY,  /* times are left to a second pass where that is possible */
    STAT_EAGER, /* all in one pass: rows are cut at a limit, so there is no second look at them */
    STAT_PLAIN  /* the same, row by row for every kind of value: the reference */
};

/* top: values that will be shown of each order; 0: all. budget: NULL: no limit. NULL: no memory. */
struct statcount *statcount_new(const struct stat_spec *spec, const struct geo_db *geo,
                                uint64_t top, enum stat_way way, struct budget *budget);

/* One value for all flows. */
struct statcount *statcount_new_totals(enum stat_way way);
void statcount_free(struct statcount *s);
struct operator statcount_operator(struct statcount *s);
const struct stat_spec *statcount_spec(const struct statcount *s);

/* Called with each value that is shown, in their order. Returns 0, or an error that ends all. */
typedef int stat_shower(void *ctx, const struct stat_value *v);

/* Returns 0, ERR_* or what `show` returned. */
int statcount_show(const struct statcount *s, enum order_id order, stat_shower *show, void *ctx);

/* The counters of all flows; false: there are none. */
bool statcount_totals(const struct statcount *s, struct tally *t);

#endif
