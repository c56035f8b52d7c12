/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * builder.h - records in, batches out.
 *
 * A builder owns FLAT arrays, growing up to BATCH_ROWS_MAX rows, for each field that was ever
 * needed and offers them as a batch. Columns of groups that no record has stay absent. Used by one
 * thread.
 */
#ifndef WEIR_FLOW_BUILDER_H
#define WEIR_FLOW_BUILDER_H

#include "flow/batch.h"
#include "flow/rec.h"

#include <stdbool.h>

struct builder;

struct builder *builder_new(void); /* NULL when memory is out */
void builder_free(struct builder *b);

uint32_t builder_rows(const struct builder *b);

static inline bool builder_full_at(uint32_t rows)
{
    return rows >= BATCH_ROWS_MAX;
}

/* Copy one record (spans included) as the next row. Returns 0, ERR_LIMIT when full, ERR_NOMEM. */
int builder_add(struct builder *b, const struct rec *r);

/* Rows column by column: reserve room for n, ask for the columns, fill n values in each from where
 * they point, the group masks (FIELD_GROUPS) among them, then builder_append(n). Columns that were
 * not asked for are zero in these rows. An array has the field's width; NULL when memory is out;
 * not for VAR. */
uint32_t builder_room(const struct builder *b); /* rows that still fit */
int builder_reserve(struct builder *b, uint32_t n); /* <= builder_room(); 0 or ERR_NOMEM */
void *builder_column(struct builder *b, enum field_id id);
/* In place of a column: the n rows to be appended have this one value. No array is filled as long
 * as all rows have the same. 0 or ERR_NOMEM. */
int builder_constant(struct builder *b, enum field_id id, const void *value, uint32_t n);
void builder_append(struct builder *b, uint32_t n);
const void *builder_last(const struct builder *b, enum field_id id, uint32_t n); /* n last values,
                                                                 of a column that was asked for */

/* The rows so far as a batch; valid until the next builder_add or builder_reset. */
struct batch *builder_batch(struct builder *b);

void builder_reset(struct builder *b); /* no rows; keeps memory */

#endif
