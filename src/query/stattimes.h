/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stattimes.h - first and last seen of the values that are shown, read only where they can be.
 *
 * Sums do not need times, and ten lines of output do not need the times of all flows. So the first
 * pass only notes the bounds of times of each block. A value's first flow is at latest what the
 * block where it first appeared has as its latest time; only blocks with an earlier time than that,
 * in which the value can be, are read again for their times. For its last flow likewise.
 */
#ifndef WEIR_QUERY_STATTIMES_H
#define WEIR_QUERY_STATTIMES_H

#include "flow/zone.h"
#include "query/statcodes.h"
#include "query/statrank.h"

struct timed_block {
    uint64_t place;
    struct value_times earliest, latest; /* least and greatest of first and last seen */
    bool wanted;
};

struct timed_blocks {
    struct timed_block *at; /* once sorted: by place */
    size_t n, cap;
};

struct timed_value {
    struct value_key key;
    uint64_t id;
    uint64_t from, to;        /* places of the first and the last block that has it */
    struct value_times times; /* as far as they are known */
};

struct stat_times {
    struct timed_blocks blocks;
    struct timed_value *value; /* by key */
    size_t n;
};

/* Whether the bounds of a block's times are known. */
bool timed_zone(const struct zone *zone);
int timed_blocks_add(struct timed_blocks *b, uint64_t place, const struct zone *zone);
int timed_blocks_join(struct timed_blocks *b, const struct timed_blocks *more);

void stat_times_free(struct stat_times *t);

/* Start with the values of n ids; an id may stand there more than once. True in *again: blocks have
 * to be read. Returns 0 or ERR_NOMEM. */
int stat_times_want(struct stat_times *t, const struct valueset *values, const uint64_t *ids,
                    size_t n, bool *again);
bool stat_times_wants(const struct stat_times *t, uint64_t from, uint64_t end);

/* Add the times of a block's rows to `found`, one for each wanted value. memo: room for as many
 * numbers as there are codes. */
void stat_times_read(const struct stat_times *t, const struct stat_coder *coder,
                     const struct stat_codes *codes, struct batch *b, uint32_t *memo,
                     struct value_times *found);
void stat_times_join(struct stat_times *t, const struct value_times *found);

/* NULL: not among those wanted. */
const struct value_times *stat_times_of(const struct stat_times *t, const struct value *v);

#endif
