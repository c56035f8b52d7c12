/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * summary.h - the four lines after the records.
 */
#ifndef WEIR_PRINT_SUMMARY_H
#define WEIR_PRINT_SUMMARY_H

#include "base/buf.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct summary {
    /* over the records that passed */
    uint64_t flows;
    uint64_t packets; /* both directions */
    uint64_t bytes;   /* both directions */
    uint64_t first;   /* msec; with last: the time that averages refer to */
    uint64_t last;
    /* over the files read, clipped to the time window asked for; msec */
    uint64_t window_first; /* 0: unknown */
    uint64_t window_last;  /* 0: unknown */
    /* work done */
    uint64_t processed;
    uint64_t passed;
    uint64_t blocks_skipped;
    uint64_t bytes_read;
    double seconds_system;
    double seconds_user;
    double seconds_wall;
    double seconds_run;
    double flows_per_second;
};

void summary_print(const struct summary *s, bool plain_numbers, struct clock_zone *clock,
                   struct buf *out);

#endif
