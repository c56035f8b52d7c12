/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stattop.h - the greatest sums of a statistic without counting all of its values, in one worker.
 *
 * The codes of a block are parted: values that may be among the greatest are left to be counted,
 * others go to buckets, or nowhere (rounds.h).
 */
#ifndef WEIR_QUERY_STATTOP_H
#define WEIR_QUERY_STATTOP_H

#include "query/order.h"
#include "query/rounds.h"
#include "query/statcodes.h"

enum stat_parting {
    PART_NOT,   /* all values are counted */
    PART_GUESS, /* guessed ones are counted, all others go to buckets */
    PART_BOUND, /* possible ones that were not guessed go to buckets */
    PART_COUNT  /* possible ones that were not guessed are counted */
};

struct stat_chosen {
    uint32_t *mark;          /* for each code: its number among those to be counted + 1; 0: none */
    struct value_key *key;   /* of those */
    uint32_t cap, nkeys;
    uint32_t *rows, *code;   /* BATCH_ROWS_MAX each */
};

struct stat_top {
    enum stat_parting parting;
    const struct bounded *guess;
    const struct rounds *rounds;
    enum order_id order;
    struct bounds bounds;    /* if something goes to buckets */
    uint64_t *sum;           /* by code; zero between blocks */
    uint64_t *hash;          /* by code */
    uint32_t cap;
    struct stat_chosen chosen[STAT_FIELDS_MAX];
};

void stat_top_init(struct stat_top *t, const struct bounded *guess, const struct rounds *rounds,
                   enum order_id order);
void stat_top_free(struct stat_top *t);

/* Part from now on. Returns 0 or ERR_NOMEM. */
int stat_top_start(struct stat_top *t, enum stat_parting parting);

/* Part the values of a block, of which n rows count: *codes of all fields are those to be counted
 * afterwards. Returns 0 or ERR_NOMEM; the batch may fail. */
int stat_top_part(struct stat_top *t, const struct stat_coder *coder, struct batch *b,
                  struct stat_codes *codes, int nfields);

#endif
