/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stattally.h - the counters of one statistic in one worker: rows of a block are added to arrays
 * that codes index (statcodes.h), and each value of the block goes to the common set once.
 *
 * Values that are small numbers stay in arrays of the worker until the scan is over.
 */
#ifndef WEIR_QUERY_STATTALLY_H
#define WEIR_QUERY_STATTALLY_H

#include "query/operator.h"
#include "query/stattop.h"
#include "query/valueset.h"

/* Two in a line of the cache. */
struct stat_count {
    uint64_t flows, packets, bytes;
    uint64_t seen; /* of a block: ~ of the first position in it, 0: none; of numbers: the place of
                    * the last block that has it */
};

/* Counters by code. times and out are there once they were needed. */
struct stat_counts {
    uint32_t cap;
    struct stat_count *count;
    struct value_times *times;
    struct value_out *out;
};

/* Four in a line of the cache, so that those of all numbers take 1 MB instead of 2 (waiting for
 * memory was a third of -s dstport/flows, 2026-11-25). */
struct stat_small {
    uint64_t bytes;             /* << SMALL_BITS | number of the last block that has it */
    uint32_t flows, packets;
};

enum { SMALL_BITS = 10 };

/* Values below 65,536 that were seen in any block. */
struct stat_numbers {
    struct stat_counts counts;  /* cap is 0 until needed */
    uint64_t *first;            /* position */
    struct stat_small *small;   /* not yet in counts */
    uint64_t flows, packets, bytes; /* of all small ones */
    uint64_t place[1 << SMALL_BITS]; /* of the blocks that they come from */
    unsigned nplaces;
};

struct stat_tally {
    struct stat_coder coder;
    struct stat_top top;        /* which values are counted; initialised by the owner */
    struct batch few;           /* the rows that have them, if they are few */
    struct valueset *values;
    struct stat_counts block;
    struct stat_numbers numbers;
    uint64_t last_access;       /* position + 1 of the last row that had a value; 0: none */
    struct value *item;         /* VALUESET_RUN each, on their way to the set */
    struct value_times *item_times;
    struct value_out *item_out;
};

int stat_tally_init(struct stat_tally *t, struct valueset *values); /* 0 or ERR_NOMEM */
void stat_tally_free(struct stat_tally *t);

/* Count rows, which have the generic group. with_times: first and last are counted, too. Returns 0,
 * ERR_NOMEM or the batch's fault. */
int stat_tally_rows(struct stat_tally *t, struct batch *b, const uint32_t *rows, uint32_t n,
                    uint64_t place, bool with_times);

/* Hand all that is left over to the set. */
int stat_tally_finish(struct stat_tally *t);

/* Take over what another worker has left. Returns 0 or ERR_NOMEM. */
int stat_tally_join(struct stat_tally *t, struct stat_tally *from);

/* Positions ascend in the order of the input, and within a flow in the order of the fields. */
static inline uint64_t stat_position(uint64_t place, uint32_t row, unsigned field)
{
    return place << 18 | (uint64_t)row << 2 | field;
}

static inline uint64_t stat_position_place(uint64_t position)
{
    return position >> 18;
}

#endif
