/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * groupmerge.h - the groups of all workers put together, and those chosen that will be shown.
 *
 * Groups are parted by their hashes into PARTS; each part is merged and searched by one thread, so
 * nothing is locked. Merging works in place: the groups stay where they are, in the sets.
 */
#ifndef WEIR_QUERY_GROUPMERGE_H
#define WEIR_QUERY_GROUPMERGE_H

#include "query/groupset.h"
#include "query/order.h"

/* The rows that a table will show first. ORDER_NONE: by appearance. */
struct wanted {
    uint32_t orders;    /* bit set of enum order_id; 0: by appearance */
    bool ascending;
    uint64_t top;       /* of each order; 0: all groups */
    bool cut;           /* flows are cut at a limit: what is damaged must be known before */
    bool once;          /* reading takes so long that memory is spent rather than a second pass */
};

struct merged {
    struct group **group; /* in the order of their first appearance; directions as they are shown */
    size_t n;
    uint64_t total;       /* groups there are */
};

enum { MERGE_SMALL = 65536 }; /* a table of no more groups is given whole, whatever is wanted */

/* Sets must have one layout. Returns 0 or ERR_NOMEM; merged_free() frees what is not the sets'. */
int groups_merge(struct groupset *const *set, unsigned nsets, const struct wanted *wanted,
                 unsigned workers, struct merged *out);
void merged_free(struct merged *m);

/* What a group is ordered by. */
uint64_t group_value(const struct group *g, enum order_id order);

#endif
