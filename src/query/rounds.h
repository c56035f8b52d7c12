/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rounds.h - which keys can have the greatest sums, found in passes over the input whose memory
 * does not grow with the number of keys.
 *
 * One pass adds all values to buckets (bounds.h). Then only keys in great buckets are possible, and
 * another pass counts these exactly. If the last value that will be shown turns out to be less than
 * a bucket that was left out, that value is a bound from below: buckets that do not reach it cannot
 * matter. Either those that do are few enough to be counted, or their keys are spread over other,
 * more buckets once more: a further round.
 */
#ifndef WEIR_QUERY_ROUNDS_H
#define WEIR_QUERY_ROUNDS_H

#include "query/bounds.h"

enum { ROUNDS_MOST = 3 };

struct rounds {
    uint64_t top;          /* sums that will be shown */
    unsigned bits;         /* of the first round's buckets; the others have most_bits */
    unsigned most_bits;
    unsigned round;
    uint64_t least;        /* buckets of the last round were left out below this; 0: none was
                            * chosen yet */
    struct bounded bounded[ROUNDS_MOST];
    struct bounds last;    /* of the last round; no memory between */
};

void rounds_forget(struct rounds *r); /* what was found; may begin again */

/* Buckets for one worker. Returns 0 or ERR_NOMEM. */
int rounds_start(const struct rounds *r, struct bounds *b);

/* Keep the keys that can still matter, by their hashes: returns how many, moved to the front. */
uint32_t rounds_keep(const struct rounds *r, uint64_t *hash, uint32_t *row, uint32_t n);

static inline bool rounds_possible(const struct rounds *r, uint64_t hash)
{
    for (unsigned k = 0; k < ROUNDS_MOST && r->bounded[k].reach != NULL; k++) {
        if (!bounded_has(&r->bounded[k], hash)) {
            return false;
        }
    }
    return true;
}

/* Once all workers are done: take over their buckets, which are free afterwards. */
void rounds_take(struct rounds *r, struct bounds *const *b, unsigned n);

/* Choose the buckets that are possible from now on: some great ones, or those of the last round
 * again. Returns 0 or ERR_NOMEM. */
int rounds_guess(struct rounds *r);

/* This is the value of the last one that would be shown of what was counted so far (0: there are
 * not enough), if not of all: what to do next. PROVEN: no bucket that was left out reaches it.
 * Returns 0 or ERR_NOMEM. */
enum rounds_next { ROUNDS_PROVEN, ROUNDS_COUNT, ROUNDS_BOUND };
int rounds_check(struct rounds *r, uint64_t value, enum rounds_next *next);

#endif
