/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rows.h - flows kept as packed rows of just the fields a query needs.
 *
 * The layout is made from a set of stored fields; a VAR value is kept as a struct span whose
 * octets live in the rows' arena. Group masks are always among the fields. Rows never move. Used
 * by one thread at a time. rows_batch() makes a batch of any selection of rows, which lives until
 * the batch is reset or rows are cleared.
 */
#ifndef WEIR_QUERY_ROWS_H
#define WEIR_QUERY_ROWS_H

#include "base/arena.h"
#include "base/buf.h"
#include "flow/batch.h"
#include "query/chunks.h"

struct row_field {
    enum field_id id;
    uint32_t offset;
    uint32_t width; /* octets in the row */
};

struct rows {
    struct row_field field[FIELD_STORED_];
    unsigned nfields;
    int16_t place[FIELD_STORED_]; /* index into field, or -1 */
    struct chunks row;
    bool has_vars;
    struct arena bytes;           /* of VAR values */
};

/* set is closed over computed fields here; RECORD_NO is kept only if `numbered`. */
void rows_init(struct rows *r, const struct field_set *set, bool numbered);
void rows_init_like(struct rows *r, const struct rows *like); /* no rows, the same layout */
void rows_free(struct rows *r);
void rows_clear(struct rows *r); /* no rows; keeps layout and memory */

static inline size_t rows_count(const struct rows *r)
{
    return r->row.n;
}

/* Copy rows of a batch, or one row of the same layout. Return 0 or ERR_NOMEM. */
int rows_add(struct rows *r, struct batch *b, const uint32_t *rows, uint32_t n);
int rows_put(struct rows *r, const uint8_t *row);

/* Copy the octets of a row's VAR values into an arena. Returns 0 or ERR_NOMEM. */
int rows_own(const struct rows *r, uint8_t *row, struct arena *bytes);

/* A row of the layout as octets that can be written: itself, then those of its VAR values. In such
 * octets rows_unpack() makes the row valid again, as long as they stay; how many they are. */
void rows_pack(const struct rows *r, const uint8_t *row, struct buf *out);
size_t rows_length(const struct rows *r, const uint8_t *packed); /* before it is unpacked, too */
size_t rows_unpack(const struct rows *r, uint8_t *packed);

/* Place of a value in a row; NULL if the layout lacks the field. */
void *rows_value(const struct rows *r, size_t row, enum field_id id);

/* A number (width up to 8); 0 if the layout lacks the field. */
uint64_t rows_u64(const struct rows *r, size_t row, enum field_id id);
void rows_set_u64(struct rows *r, size_t row, enum field_id id, uint64_t value);

/* Make *b (reset here) the n rows named in `which`: all fields of the layout as FLAT or VAR
 * columns. Returns 0 or ERR_NOMEM. */
int rows_batch(const struct rows *r, const uint64_t *which, uint32_t n, struct batch *b);

#endif
