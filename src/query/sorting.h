/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sorting.h - the operator that keeps flows in a table to be sorted (-O without aggregation).
 *
 * Flows without the generic group are left out. If only the first rows of the order are wanted, a
 * large table is pruned to them again and again, and flows that cannot get into it are not kept
 * at all.
 */
#ifndef WEIR_QUERY_SORTING_H
#define WEIR_QUERY_SORTING_H

#include "query/operator.h"
#include "query/table.h"

struct sorting;

/* top: rows that will be shown, 0: all. budget: NULL: no limit. NULL: no memory. */
struct sorting *sorting_new(const struct field_set *shown, enum order_id order, bool ascending,
                            uint64_t top, unsigned workers, struct budget *budget);
void sorting_free(struct sorting *s);
struct operator sorting_operator(struct sorting *s);
struct table *sorting_table(struct sorting *s);

#endif
