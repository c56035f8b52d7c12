/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * tablespill.h - the rows of a table that does not fit into the memory budget.
 *
 * Rows go to a temporary file as they come. For each order that is asked for they are sorted anew
 * (runs.h): a spilled table has more than RANK_PLAIN_FROM rows, so equal keys have the plain order.
 */
#ifndef WEIR_QUERY_TABLESPILL_H
#define WEIR_QUERY_TABLESPILL_H

#include "query/table.h"

struct table_spill *table_spill_new(struct budget *b); /* NULL: no memory */
void table_spill_free(struct table_spill *s);
uint64_t table_spill_count(const struct table_spill *s);

/* rows: the layout. first: rows with less appeared before. Returns 0 or ERR_*. */
int table_spill_add(struct table_spill *s, const struct rows *rows, uint64_t first,
                    const uint8_t *row, const struct tally *tally);

/* Sort for table_spill_page(), which puts the next rows, in the order in which they are shown, into
 * an empty table. Return 0 or ERR_*. */
int table_spill_rank(struct table_spill *s, enum order_id order, bool ascending);
int table_spill_page(struct table_spill *s, struct table *page, size_t n);

#endif
