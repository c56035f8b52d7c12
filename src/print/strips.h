/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * strips.h - columns of a batch, a few rows at a time, as numbers in easy reach.
 *
 * A strip has one number a row of the rows at hand: the value of the column or, where the column
 * is a short table of values, the code of the value; of addresses, the place in a table. What is
 * written from it needs no decision about forms and widths any more. Strips are made when they are
 * first asked for, and follow the rows from then on.
 */
#ifndef WEIR_PRINT_STRIPS_H
#define WEIR_PRINT_STRIPS_H

#include "flow/batch.h"

enum { STRIP_ROWS = 64, STRIPS_MAX = 64 };

struct strip {
    enum field_id id;
    bool codes;            /* numbers are places in the table, not values */
    uint32_t limit;        /* numbers are below; 0: nothing is known */
    const void *table;     /* codes: of values; else NULL */
    bool own_rows;         /* numbers are those of the rows */
    struct column column;  /* else, where they come from */
    uint64_t number[STRIP_ROWS];
};

/* The number of a row at hand; 0 without a strip. */
static inline uint64_t strip_number(const struct strip *t, unsigned at)
{
    return t != NULL ? t->number[at] : 0;
}

struct strips {
    struct batch *batch;
    const uint32_t *rows; /* at hand */
    uint32_t nrows;
    size_t n;
    struct strip strip[STRIPS_MAX];
    uint32_t own[STRIP_ROWS]; /* rows, if nobody says which */
};

/* Forget all strips; the columns of the batch are loaded. */
void strips_bind(struct strips *s, struct batch *b);

/* The rows at hand: n (up to STRIP_ROWS) of those given from `from` on (NULL: all in order). */
void strips_move(struct strips *s, const uint32_t *rows, size_t from, uint32_t n);

/* The strip of a stored field. NULL: there is none (a value that is no number, or too many). */
const struct strip *strips_of(struct strips *s, enum field_id id);

#endif
