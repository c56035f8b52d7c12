/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * table.h - rows with counters: what sorting and aggregation make, and how it is shown in order.
 *
 * A table is filled with rows in the order of their first appearance. Counters and times stand in
 * the tallies only. table_rank() orders it, any
 * number of times: equal keys stay in an order that depends on the ranking before (ranksort.h),
 * as scripts know it. table_show() walks the ranked rows as batches whose counters are those of
 * the tallies.
 */
#ifndef WEIR_QUERY_TABLE_H
#define WEIR_QUERY_TABLE_H

#include "filter/filter.h"
#include "query/order.h"
#include "query/ranksort.h"
#include "query/rows.h"
#include "query/spill.h"

struct table_spill;

struct table {
    struct rows rows;
    struct chunks tally; /* one struct tally for each row */
    struct rank *rank;   /* once ranked: all rows, keys ascending */
    bool plain;          /* rows were left out: equal keys have the plain order */
    bool ranked;         /* rows stand in the order asked for already, ascending */
    unsigned workers;          /* that sort */
    struct budget *budget;     /* NULL: no limit */
    struct table_spill *spill; /* rows that do not fit into it; NULL: all do */
};

void table_init(struct table *t, const struct field_set *fields);
void table_init_like(struct table *t, const struct table *like); /* empty, the same layout */
void table_free(struct table *t);
void table_clear(struct table *t);

/* Rows in memory: all, unless the table was spilled. */
static inline size_t table_count(const struct table *t)
{
    return rows_count(&t->rows);
}

/* With those that were spilled. */
uint64_t table_total(const struct table *t);

static inline struct tally *table_tally(const struct table *t, size_t i)
{
    return chunks_at(&t->tally, i);
}

/* Columns that tallies are read from; of a table that shows only some fields and has only these
 * orders: columns that matter then. */
void tally_fields(struct field_set *set);
void tally_fields_of(const struct field_set *shown, uint32_t orders, struct field_set *set);

/* Tallies of n rows of a batch: the members that are among `fields`; others are 0. zero_flows: a
 * flow count of 0 stays 0 instead of counting as 1. */
void tally_read(struct batch *b, const uint32_t *rows, uint32_t n, bool zero_flows,
                const struct field_set *fields, struct tally *out);

/* Only the sum of the fields that an order adds up (order_sums). */
void tally_read_sums(struct batch *b, const uint32_t *rows, uint32_t n, bool zero_flows,
                     enum order_id order, uint64_t *out);

/* Rows that have the generic group: only they have times and counters. Returns how many. */
uint32_t tally_rows(struct batch *b, const uint32_t *rows, uint32_t n, uint32_t *out);

/* Add rows of a batch with their tallies, or one row of a table of the same layout; 0 or
 * ERR_NOMEM. The two halves of adding may be done apart, in the same order. */
int table_add(struct table *t, struct batch *b, const uint32_t *rows, uint32_t n,
              const struct tally *tally);
int table_add_tally(struct table *t, const struct tally *tally);
int table_put(struct table *t, const uint8_t *row, const struct tally *tally);
int table_copy(struct table *t, const struct table *from, size_t i);

/* Move the rows in memory out of it if there are many and they exceed the budget; a table that was
 * spilled keeps its rows in a temporary file from then on. 0 or ERR_*. */
int table_fit(struct table *t);

/* Put a row into the file; rows with less `first` appeared before. 0 or ERR_*. */
int table_spill_row(struct table *t, uint64_t first, const uint8_t *row, const struct tally *tally);

/* Order the rows; ORDER_NONE: by appearance. top: rows that will be shown of them, from the
 * ascending or the other end; 0: all. 0 or ERR_NOMEM. */
int table_rank(struct table *t, enum order_id order, bool ascending, uint64_t top);

/* Keep only the rows that will be shown, in the order of their appearance; from now on the table
 * has the plain order of ranksort.h. *border is the key of the last row kept. 0 or ERR_NOMEM. */
int table_prune(struct table *t, enum order_id order, bool ascending, uint64_t top,
                uint64_t *border);

struct table_view {
    bool ascending;             /* else the ranking is read backwards */
    uint64_t top;               /* rows; 0: all */
    bool guess_direction;       /* turn flows so that the server is the destination */
    const struct filter *post;  /* rows that fail are left out, after the cut; NULL: none */
    bool has_min_packets, has_min_bytes; /* -l, -L; below: at most instead of at least */
    bool packets_below, bytes_below;
    uint64_t packets, bytes;
    const char *ident;          /* of the shown rows */
    const struct flow_meta *meta;
};

/* Called with batches in order; rows are those that are shown; number: of the batch's first row
 * in the table, from 1. Returns 0 or an error, which ends the show. */
typedef int table_shower(void *ctx, struct batch *b, const uint32_t *rows, uint32_t n,
                         const uint64_t *bits);

int table_show(struct table *t, const struct table_view *view, table_shower *show, void *ctx);

/* Who makes text of rows. Functions return 0 or an error, which ends the printing. */
struct table_format {
    void *(*work_new)(void *ctx); /* a workspace that one thread uses at a time; NULL: no memory */
    void (*work_free)(void *work);
    int (*rows)(void *ctx, void *work, struct batch *b, const uint32_t *rows, uint32_t n,
                struct buf *out);
    /* In order, by the caller's thread: out is to be written, then what the workspace says. */
    int (*put)(void *ctx, void *work, struct buf *out);
    void *ctx;
};

/* The same as text. Several workers make it, pages in any order; one makes them in order. */
int table_print(struct table *t, const struct table_view *view, const struct table_format *format,
                unsigned workers);

#endif
