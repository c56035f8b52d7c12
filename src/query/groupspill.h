/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * groupspill.h - groups that do not fit into the memory budget, parted by hash in a temporary file.
 *
 * A worker whose set has become too large puts all of its groups here and begins anew. In the end
 * the parts are merged one after the other: a part, or as much of it as fits, is read into one set,
 * so that groups with the same key meet.
 */
#ifndef WEIR_QUERY_GROUPSPILL_H
#define WEIR_QUERY_GROUPSPILL_H

#include "query/groupmerge.h"
#include "query/rows.h"
#include "query/spill.h"

struct group_extent;

struct groupspill {
    struct spill file;
    const struct group_layout *layout;
    const struct rows *rows;       /* layout of the rows of groups */
    pthread_mutex_t lock;          /* of what follows */
    struct group_extent *extent;
    size_t n, cap;
    uint64_t groups;               /* with repetitions */
};

void groupspill_init(struct groupspill *s, struct budget *b, const struct group_layout *layout,
                     const struct rows *rows);
void groupspill_free(struct groupspill *s);
void groupspill_clear(struct groupspill *s); /* empty, to be used again */

static inline bool groupspill_is_used(const struct groupspill *s)
{
    return s->n > 0;
}

/* Move the groups of a set into the file; the set is empty then. Any thread. 0 or ERR_*. */
int groupspill_put(struct groupspill *s, struct groupset *set);

/* Called with groups that are complete, in no order. 0 or an error. */
typedef int group_taker(void *ctx, struct group *g);

/* All groups that were put here, merged, and the wanted ones of them kept in the set `kept`, with
 * their rows in `bytes`. If all are wanted but there are too many to be kept, they go to `take`
 * instead, and *out has none. The file is empty afterwards. Returns 0 or ERR_*. */
struct group_keeping {
    const struct wanted *wanted;
    unsigned workers;
    group_taker *take;
    void *ctx;
    struct groupset kept;
    struct arena bytes;
};
int groupspill_merge(struct groupspill *s, struct group_keeping *k, struct merged *out);

#endif
