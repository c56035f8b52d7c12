/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * scancost.h - where the time of a scan goes, for --explain.
 *
 * Each worker has its own; a scan that is not asked for times reads no clock.
 */
#ifndef WEIR_QUERY_SCANCOST_H
#define WEIR_QUERY_SCANCOST_H

#include "flow/batch.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum scan_stage { SCAN_OPEN, SCAN_FILTER, SCAN_COLUMNS, SCAN_OPERATORS, SCAN_STAGES_ };

struct scan_cost {
    bool timed;
    uint64_t since; /* nsec: when the present stage began */
    uint64_t nsec[SCAN_STAGES_];
    struct batch_cost batches;
};

static inline void scan_cost_begin(struct scan_cost *c)
{
    struct timespec now;
    if (c->timed) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        c->since = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    }
}

/* What was done since the beginning, or since the end of the last stage, was this. */
static inline void scan_cost_end(struct scan_cost *c, enum scan_stage stage)
{
    uint64_t since = c->since;
    scan_cost_begin(c);
    c->nsec[stage] += c->since - since;
}

static inline void scan_cost_add(struct scan_cost *sum, const struct scan_cost *c)
{
    for (int i = 0; i < SCAN_STAGES_; i++) {
        sum->nsec[i] += c->nsec[i];
    }
    batch_cost_add(&sum->batches, &c->batches);
}

#endif
