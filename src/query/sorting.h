/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sorting.h - the operator that keeps flows in a table to be sorted (-O without aggregation).
 *
 * Flows without the generic group are left out.
 */
#ifndef WEIR_QUERY_SORTING_H
#define WEIR_QUERY_SORTING_H

#include "query/operator.h"
#include "query/table.h"

struct sorting;

struct sorting *sorting_new(const struct field_set *shown); /* NULL: no memory */
void sorting_free(struct sorting *s);
struct operator sorting_operator(struct sorting *s);
struct table *sorting_table(struct sorting *s);

#endif
