/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * batch.h - the one currency inside weir: typed columns for up to 65,536 flows.
 *
 * A column is CONST (one value for all rows), FLAT (an array), DICT (codes into a table of values)
 * or VAR (offsets + octets). The group mask column (FIELD_GROUPS) says which groups each row has;
 * values of rows that lack the field's group are 0 / empty and must not be looked at.
 *
 * Columns come to life on first touch: batch_column() asks the batch's loader (a file block, an
 * nfdump block, computed fields) to fill them. A batch is used by one thread at a time. Memory of
 * the columns belongs to the batch's arena or to the loader and lives until batch_reset().
 * A column may be narrower than its field's type, if all values fit: go by column->width.
 */
#ifndef WEIR_FLOW_BATCH_H
#define WEIR_FLOW_BATCH_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "field/field.h"
#include "flow/rec.h"
#include "flow/zone.h"

#include <stdbool.h>
#include <stdint.h>

#define BATCH_ROWS_MAX 65536

enum column_form { COLUMN_CONST, COLUMN_FLAT, COLUMN_DICT, COLUMN_VAR };

struct column {
    enum column_form form;
    uint8_t width;         /* octets per value: 1 2 4 8 16; VAR: 0 */
    uint8_t code_width;    /* DICT: octets per code: 1 2 4 */
    uint32_t nvalues;      /* DICT: entries of the table; FLAT: rows; CONST: 1 */
    const void *values; /* CONST: one value; FLAT: one a row; DICT: the table; aligned to width */
    const void *codes;     /* DICT: one code a row, each < nvalues */
    const uint32_t *offsets; /* VAR: rows + 1 ascending offsets into bytes; value i is [i, i+1) */
    const uint8_t *bytes;  /* VAR */
    bool sorted; /* DICT: the table is strictly ascending (addresses: octet order); if not, a
                  * value may stand in it more than once */
};

struct batch;
struct flow_meta;
struct number_test;
struct address_range;

/* Where columns come from. */
struct batch_loader {
    /* Fill *column for a stored field. Returns 0 or ERR_* with *fault set; memory from b->arena or
     * living at least as long as the batch's contents. Fields the source does not have: a CONST 0
     * column (batch_absent). */
    int (*load)(void *source, struct batch *b, enum field_id id, struct column *column,
                struct fault *fault);

    /* Those below spare loading a column that is looked at once or in few rows. All may be NULL,
     * and all may answer BATCH_LOAD_IT: the column has to be loaded to tell. */

    /* Which rows' values pass the test, as a bitmap; rows outside of need come out either way. */
    int (*test)(void *source, struct batch *b, enum field_id id, const struct number_test *t,
                const uint64_t *need, uint64_t *out, struct fault *fault);

    /* The same for addresses: rows whose address lies in one of n ranges. May be NULL. */
    int (*test_address)(void *source, struct batch *b, enum field_id id,
                        const struct address_range *ranges, size_t n, uint64_t *out,
                        struct fault *fault);

    /* Fill *column with the values of n ascending rows only, in memory of `arena`. */
    int (*pick)(void *source, struct batch *b, enum field_id id, const uint32_t *rows, uint32_t n,
                struct arena *arena, struct column *column, struct fault *fault);
};

enum { BATCH_LOAD_IT = 1 };

/* What a loader keeps from one batch to the next (a decoder's state). Begins each such struct. */
struct batch_keepsake {
    void (*free)(struct batch_keepsake *k);
};

/* What a batch has asked of its source so far. */
struct batch_cost {
    uint64_t octets;    /* read, if the source reads columns one by one */
    uint64_t columns;   /* decoded */
    uint64_t questions; /* answered without loading */
    uint64_t picked;    /* columns of which only few rows were wanted */
};

struct batch {
    uint32_t nrows;
    uint64_t groups_any;  /* or of all rows' group masks (may claim too much, never too little) */
    uint64_t groups_all;  /* and of all rows' group masks (may claim too little) */
    uint64_t first_no;    /* record number of row 0 for FIELD_RECORD_NO when the loader has none */
    const char *ident;    /* ident of the file the rows come from; NULL if it has none */
    const struct flow_meta *meta; /* exporters, samplers, names met in this block; may be NULL */
    uint64_t source_bytes; /* uncompressed octets of the block the rows come from; 0: unknown */
    bool other_records;   /* the block also holds records that are not flows */
    uint32_t unread; /* records (or parts of them) of the block that are damaged or unknown and were
                      * left out; a program's status tells when it is not 0 */
    const struct zone *zone; /* what is known of the rows beforehand; NULL: nothing */
    struct batch_cost cost;
    const char *notes; /* about records of the block that were skipped: lines for the user, each
                        * with its newline; NULL: none */
    const struct batch_loader *loader; /* NULL: columns not present are absent */
    void *source;         /* handed to the loader */
    struct arena arena;
    struct batch_keepsake *keepsake; /* outlives resets; NULL: none. Who finds one with another
                                      * free() than its own replaces it. */
    struct fault fault;   /* first failure of a load; fault.code 0: none */
    struct field_set present; /* columns that are filled */
    struct column columns[FIELD_COUNT_];
};

static inline void batch_cost_add(struct batch_cost *sum, const struct batch_cost *c)
{
    sum->octets += c->octets;
    sum->columns += c->columns;
    sum->questions += c->questions;
    sum->picked += c->picked;
}

void batch_init(struct batch *b);
void batch_reset(struct batch *b); /* no rows, no columns; keeps memory */
void batch_free(struct batch *b);

/* False once a column could not be loaded; the rows must then not be used. */
static inline bool batch_ok(const struct batch *b)
{
    return b->fault.code == 0;
}

/* The column of a field, loading or computing it if need be. Never NULL: on failure it is a CONST 0
 * column and batch_ok() turns false. */
const struct column *batch_column(struct batch *b, enum field_id id);

/* Load all columns of a set before rows are used. Returns 0 or the error. */
int batch_require(struct batch *b, const struct field_set *set);

/* Install a column (its memory must live as long as the batch's contents). */
void batch_set_column(struct batch *b, enum field_id id, const struct column *column);

/* A CONST column of value 0 (VAR: empty value) of the field's type. */
struct column column_absent(enum field_id id);

/* Rows whose number passes a test, straight from the form in which the source keeps the field.
 * False: the column is there already or has to be loaded. Rows outside of need may come out either
 * way. On failure no row passes and batch_ok() turns false. */
bool batch_test(struct batch *b, enum field_id id, const struct number_test *t,
                const uint64_t *need, uint64_t *out);

/* The same for addresses in one of n ranges (at most ADDRESS_RANGES_MAX). */
bool batch_test_address(struct batch *b, enum field_id id, const struct address_range *ranges,
                        size_t n, uint64_t *out);

/* Make *out (initialised; reset here) the n given rows of *from, in that order: ascending rows,
 * constant as long as *out is used, like *from itself. Columns come from *from on first touch, only
 * these rows of them where its loader can do that. */
void batch_pick(struct batch *out, struct batch *from, const uint32_t *rows, uint32_t n);

/* Bitmap of the rows that have a group, BITS_WORDS(nrows) words, into bits. */
void batch_group_bits(struct batch *b, enum field_group g, uint64_t *bits);

/* ---- values of one row; the column must be filled and row < nrows ---- */

static inline uint32_t column_code(const struct column *c, uint32_t row)
{
    switch (c->code_width) {
    case 1:
        return ((const uint8_t *)c->codes)[row];
    case 2:
        return ((const uint16_t *)c->codes)[row];
    default:
        return ((const uint32_t *)c->codes)[row];
    }
}

static inline uint32_t column_place(const struct column *c, uint32_t row)
{
    return c->form == COLUMN_FLAT ? row : c->form == COLUMN_CONST ? 0 : column_code(c, row);
}

/* A numeric value, widened. Not for IP and VAR columns. */
static inline uint64_t column_u64(const struct column *c, uint32_t row)
{
    uint32_t i = column_place(c, row);
    switch (c->width) {
    case 1:
        return ((const uint8_t *)c->values)[i];
    case 2:
        return ((const uint16_t *)c->values)[i];
    case 4:
        return ((const uint32_t *)c->values)[i];
    default:
        return ((const uint64_t *)c->values)[i];
    }
}

static inline const struct ip *column_ip(const struct column *c, uint32_t row)
{
    return (const struct ip *)c->values + column_place(c, row);
}

/* The octets of a VAR value (VAR or CONST form: a CONST VAR column has one offsets pair). */
static inline struct span column_var(const struct column *c, uint32_t row)
{
    uint32_t i = c->form == COLUMN_CONST ? 0 : row;
    return (struct span){c->bytes + c->offsets[i], c->offsets[i + 1] - c->offsets[i]};
}

/* Values of n chosen rows, widened to 64 bits. */
void column_gather(const struct column *c, const uint32_t *rows, uint32_t n, uint64_t *out);

/* Values of all nrows rows, widened to 64 bits. */
void column_widen(const struct column *c, uint32_t nrows, uint64_t *out);

static inline uint64_t batch_u64(struct batch *b, enum field_id id, uint32_t row)
{
    return column_u64(batch_column(b, id), row);
}

static inline uint64_t batch_groups(struct batch *b, uint32_t row)
{
    return batch_u64(b, FIELD_GROUPS, row);
}

static inline bool batch_has(struct batch *b, enum field_group g, uint32_t row)
{
    return (batch_groups(b, row) & group_bit(g)) != 0;
}

/* Copy the fields of a set from one row (spans point into the batch). Other members: zero. */
void batch_get_rec(struct batch *b, uint32_t row, const struct field_set *set, struct rec *r);

#endif
