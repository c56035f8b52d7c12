/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * runs.h - sort any number of records within a memory budget.
 *
 * Records come in any order and are kept in memory as long as they fit; then they are sorted and
 * written out as a run. In the end the runs are merged. Used by one thread.
 */
#ifndef WEIR_QUERY_RUNS_H
#define WEIR_QUERY_RUNS_H

#include "query/spill.h"

/* Records ascend by key, then by tie, which should differ. */
struct run_record {
    uint64_t key, tie;
    uint32_t length;
    uint8_t *data;   /* until the next call; may be changed */
};

struct runs;

struct runs *runs_new(struct budget *b); /* NULL: no memory */
void runs_free(struct runs *r);

int runs_add(struct runs *r, const struct run_record *record); /* 0 or ERR_* */
int runs_sort(struct runs *r);                                 /* all are added; 0 or ERR_* */
int runs_next(struct runs *r, struct run_record *record);      /* 1, 0 at the end, or ERR_* */

#endif
