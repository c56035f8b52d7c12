/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statspill.h - the values of a statistic in their order, if they do not fit into the budget.
 */
#ifndef WEIR_QUERY_STATSPILL_H
#define WEIR_QUERY_STATSPILL_H

#include "query/statrank.h"

/* Put the values of a spilled set that can be among the first how->top of any of the orders (bit
 * sets of enum order_id) into a new set, which may have others, too: all of them if there are not
 * more than RANK_PLAIN_FROM. *total: how many there are. Returns 0 or ERR_*. */
int stat_spill_choose(const struct stat_ranker *how, uint32_t orders, uint32_t ascending,
                      struct valueset **chosen, uint64_t *total);

/* One value with all that is known of it; nothing is kept of it after the call. 0 or an error. */
typedef int stat_spill_taker(void *ctx, const struct value *v, const struct tally *t);

/* All values of a spilled set in the order in which they are shown, or the first how->top. */
int stat_spill_walk(const struct stat_ranker *how, enum order_id order, bool ascending,
                    struct budget *budget, stat_spill_taker *take, void *ctx);

#endif
