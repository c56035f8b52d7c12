/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rowbuf.h - collect rows of many batches into one of up to BATCH_ROWS_MAX, column by column.
 */
#ifndef WEIR_STORE_ROWBUF_H
#define WEIR_STORE_ROWBUF_H

#include "flow/batch.h"

#include <stdbool.h>
#include <stdint.h>

struct rowbuf;

struct rowbuf *rowbuf_new(void); /* NULL when memory is out */
void rowbuf_free(struct rowbuf *rb);

/* Can the rows of a batch be a block as they are? Not if their VAR columns have too many octets. */
bool rowbuf_is_needless(const struct batch *b);

/* Load all columns of the groups that a batch has: 0 or its fault. Do so before rowbuf_add. */
int rowbuf_require(struct batch *b, struct fault *fault);

/* Take rows of a batch, as many as fit: rows[0..n), or with rows NULL from, from + 1 ...
 * Returns how many were taken (0: full); ERR_NOMEM, ERR_LIMIT (an absurdly long value). */
int rowbuf_add(struct rowbuf *rb, struct batch *b, const uint32_t *rows, uint32_t from, uint32_t n);

uint32_t rowbuf_rows(const struct rowbuf *rb);
bool rowbuf_is_full(const struct rowbuf *rb); /* rows, or octets of a VAR column */

/* The rows as a batch; valid until the next add or clear. */
struct batch *rowbuf_batch(struct rowbuf *rb);

void rowbuf_clear(struct rowbuf *rb);

#endif
