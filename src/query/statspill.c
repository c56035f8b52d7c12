/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statspill.c - see statspill.h.
 *
 * No value is in two portions, so the first of all are among the first of each portion.
 */
#include "query/statspill.h"

#include "base/err.h"
#include "query/ranksort.h"
#include "query/runs.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ choosing */

static int copy_value(const struct valueset *from, uint64_t id, struct valueset *to)
{
    struct value_times times = valueset_times(from, id);
    struct value_out out = valueset_out(from, id);
    return valueset_add(to, valueset_at(from, id), &times, &out, 1);
}

static int copy_all(const struct valueset *from, struct valueset *to)
{
    int rc = 0;
    for (uint64_t id = valueset_from(from, VALUE_START); id != VALUE_NONE && rc == 0;
         id = valueset_from(from, id + 1)) {
        rc = copy_value(from, id, to);
    }
    return rc;
}

static int compare_ids(const void *a, const void *b)
{
    const struct stat_ranked *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* The first ones of every order, each once. */
static int list_first(const struct stat_ranker *how, uint32_t orders, uint32_t ascending,
                      struct stat_ranking *all)
{
    int rc = 0;
    *all = (struct stat_ranking){NULL, 0};
    for (unsigned o = 0; o < ORDER_COUNT_ && rc == 0; o++) {
        struct stat_ranking r = {NULL, 0};
        struct stat_ranked *more;
        if (!(orders >> o & 1)) {
            continue;
        }
        rc = stat_rank(how, (enum order_id)o, (ascending >> o & 1) != 0, &r);
        more = rc == 0 ? realloc(all->at, (all->n + r.n + 1) * sizeof *more) : NULL;
        if (more != NULL) {
            memcpy(more + all->n, r.at, r.n * sizeof *more);
            all->n += r.n;
            all->at = more;
        } else if (rc == 0) {
            rc = ERR_NOMEM;
        }
        free(r.at);
    }
    if (all->n > 0) {
        qsort(all->at, all->n, sizeof *all->at, compare_ids);
    }
    return rc;
}

static int copy_first(const struct stat_ranker *how, uint32_t orders, uint32_t ascending,
                      struct valueset *to)
{
    struct stat_ranking all;
    int rc = list_first(how, orders, ascending, &all);
    for (size_t i = 0; i < all.n && rc == 0; i++) {
        if (i == 0 || all.at[i].id != all.at[i - 1].id) {
            rc = copy_value(how->values, all.at[i].id, to);
        }
    }
    free(all.at);
    return rc;
}

/* Values that cannot be among the first any more are left out now and then. */
static int cut(const struct stat_ranker *how, uint32_t orders, uint32_t ascending,
               struct valueset **chosen)
{
    struct stat_ranker all = *how;
    struct valueset *first;
    uint64_t norders = (unsigned)__builtin_popcount(orders) + 1u;
    int rc;
    if (how->top == 0 || valueset_count(*chosen) <= RANK_PLAIN_FROM + 2 * how->top * norders) {
        return 0;
    }
    first = valueset_new(NULL);
    if (first == NULL) {
        return ERR_NOMEM;
    }
    all.values = *chosen;
    all.plain = true;
    rc = copy_first(&all, orders, ascending, first);
    valueset_free(*chosen);
    *chosen = first;
    return rc;
}

/* How to rank portion i alone; the caller frees its values. */
static int open_portion(const struct stat_ranker *how, unsigned i, struct stat_ranker *one)
{
    struct valueset *portion;
    int rc = valueset_portion(how->values, i, &portion);
    if (rc != 0) {
        return rc;
    }
    *one = *how;
    one->values = portion;
    one->plain = true;
    return 0;
}

static int choose_portion(const struct stat_ranker *how, unsigned i, uint32_t orders,
                          uint32_t ascending, struct valueset **chosen, uint64_t *total)
{
    struct stat_ranker one;
    int rc = open_portion(how, i, &one);
    if (rc != 0) {
        return rc;
    }
    *total += valueset_count(one.values);
    if (*total <= RANK_PLAIN_FROM) {
        rc = copy_all(one.values, *chosen);
    } else if (how->top != 0) {
        rc = copy_first(&one, orders, ascending, *chosen);
    }
    valueset_free(one.values);
    return rc != 0 ? rc : cut(how, orders, ascending, chosen);
}

int stat_spill_choose(const struct stat_ranker *how, uint32_t orders, uint32_t ascending,
                      struct valueset **chosen, uint64_t *total)
{
    int rc = 0;
    *total = 0;
    *chosen = valueset_new(NULL);
    if (*chosen == NULL) {
        return ERR_NOMEM;
    }
    for (unsigned i = 0, n = valueset_portions(how->values); i < n && rc == 0; i++) {
        rc = choose_portion(how, i, orders, ascending, chosen, total);
    }
    if (rc != 0) {
        valueset_free(*chosen);
    }
    return rc;
}

/* ------------------------------------------------------------------ walking */

struct walked {
    struct value value;
    struct tally tally;
};

/* What is shown first gets the least key. */
static int add_ranked(struct runs *runs, const struct valueset *values, const struct stat_ranked *r,
                      bool ascending)
{
    struct walked w = {*valueset_at(values, r->id), stat_value_tally(values, r->id)};
    struct run_record record = {.key = ascending ? r->key : ~r->key,
                                .tie = ascending ? ~w.value.first : w.value.first,
                                .length = sizeof w, .data = (uint8_t *)&w};
    return runs_add(runs, &record);
}

static int add_portion(struct runs *runs, const struct stat_ranker *how, unsigned i,
                       enum order_id order, bool ascending)
{
    struct stat_ranker one;
    struct stat_ranking r = {NULL, 0};
    int rc = open_portion(how, i, &one);
    if (rc != 0) {
        return rc;
    }
    rc = stat_rank(&one, order, ascending, &r);
    for (size_t k = 0; k < r.n && rc == 0; k++) {
        rc = add_ranked(runs, one.values, &r.at[k], ascending);
    }
    free(r.at);
    valueset_free(one.values);
    return rc;
}

static int take_sorted(struct runs *runs, uint64_t top, stat_spill_taker *take, void *ctx)
{
    int rc = runs_sort(runs);
    for (uint64_t n = 0; rc == 0 && (top == 0 || n < top); n++) {
        struct run_record record;
        struct walked w;
        int more = runs_next(runs, &record);
        if (more != 1) {
            return more;
        }
        memcpy(&w, record.data, sizeof w);
        rc = take(ctx, &w.value, &w.tally);
    }
    return rc;
}

int stat_spill_walk(const struct stat_ranker *how, enum order_id order, bool ascending,
                    struct budget *budget, stat_spill_taker *take, void *ctx)
{
    struct runs *runs = runs_new(budget);
    int rc = runs != NULL ? 0 : ERR_NOMEM;
    for (unsigned i = 0, n = valueset_portions(how->values); i < n && rc == 0; i++) {
        rc = add_portion(runs, how, i, order, ascending);
    }
    rc = rc != 0 ? rc : take_sorted(runs, how->top, take, ctx);
    runs_free(runs);
    return rc;
}
