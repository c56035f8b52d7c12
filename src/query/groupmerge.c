/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * groupmerge.c - see groupmerge.h.
 *
 * A part is a range of hashes. For each set the numbers of its groups are sorted by part (counting
 * sort); then parts are jobs: all groups of a part go into a table of pointers, where the first to
 * come collects the others. Candidates for the top of an order are kept in a heap with the worst
 * one on top, first for each part, then for all.
 */
#include "query/groupmerge.h"

#include "base/err.h"
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

enum { PART_BITS = 6, PARTS = 1 << PART_BITS };

_Static_assert(ORDER_COUNT_ < 32, "orders are bits");

/* ------------------------------------------------------------------ choosing */

struct pick {
    uint64_t value;
    struct group *group;
};

/* The best ones of an order, the worst of them on top. */
struct heap {
    struct pick *pick;
    size_t n, cap;
    uint64_t limit; /* 0: no limit */
    bool ascending;
};

/* Shown later: equal values come in the order of appearance, in ascending tables reversed. */
static bool is_worse(const struct heap *h, const struct pick *a, const struct pick *b)
{
    if (a->value != b->value) {
        return (a->value < b->value) != h->ascending;
    }
    return (a->group->first > b->group->first) != h->ascending;
}

static void sink(struct heap *h, size_t i)
{
    struct pick moving = h->pick[i];
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && is_worse(h, &h->pick[child + 1], &h->pick[child])) {
            child++;
        }
        if (!is_worse(h, &h->pick[child], &moving)) {
            break;
        }
        h->pick[i] = h->pick[child];
    }
    h->pick[i] = moving;
}

static void rise(struct heap *h, size_t i)
{
    struct pick moving = h->pick[i];
    for (; i > 0 && is_worse(h, &moving, &h->pick[(i - 1) / 2]); i = (i - 1) / 2) {
        h->pick[i] = h->pick[(i - 1) / 2];
    }
    h->pick[i] = moving;
}

static int heap_offer(struct heap *h, const struct pick *p)
{
    if (h->n == h->limit) {
        if (is_worse(h, &h->pick[0], p)) {
            h->pick[0] = *p;
            sink(h, 0);
        }
        return 0;
    }
    if (h->n == h->cap) {
        size_t cap = h->cap != 0 ? h->cap * 2 : 64;
        struct pick *pick = realloc(h->pick, cap * sizeof *pick);
        if (pick == NULL) {
            return ERR_NOMEM;
        }
        h->pick = pick;
        h->cap = cap;
    }
    h->pick[h->n++] = *p;
    rise(h, h->n - 1);
    return 0;
}

uint64_t group_value(const struct group *g, enum order_id order)
{
    return order == ORDER_NONE ? g->first : order_value(order, &g->tally);
}

/* The orders wanted, at least one. */
static unsigned list_orders(const struct wanted *w, enum order_id list[ORDER_COUNT_])
{
    unsigned n = 0;
    for (unsigned i = 0; i < ORDER_COUNT_; i++) {
        if (w->orders >> i & 1) {
            list[n++] = (enum order_id)i;
        }
    }
    if (n == 0) {
        list[n++] = ORDER_NONE;
    }
    return n;
}

/* ------------------------------------------------------------------ one part */

struct part {
    struct group **group; /* that are left */
    size_t n;
    struct heap heap[ORDER_COUNT_];
    int rc;
};

struct merge {
    struct groupset *const *set;
    unsigned nsets;
    const struct wanted *wanted;
    enum order_id order[ORDER_COUNT_];
    unsigned norders;
    uint32_t **number;  /* of groups, for each set, sorted by part */
    uint32_t (*start)[PARTS + 1];
    struct part part[PARTS];
};

static unsigned part_of(uint64_t hash)
{
    return (unsigned)(hash >> (64 - PART_BITS));
}

static size_t groups_in(const struct merge *m, unsigned part)
{
    size_t n = 0;
    for (unsigned i = 0; i < m->nsets; i++) {
        n += m->start[i][part + 1] - m->start[i][part];
    }
    return n;
}

static bool same_key(struct group *a, struct group *b, size_t length)
{
    return a->hash == b->hash && memcmp(group_key(a), group_key(b), length) == 0;
}

/* Put a group into the table of pointers, or merge it into the one that is there. */
static void put_group(struct part *p, struct group **slot, size_t nslots, struct group *g,
                      const struct group_layout *l)
{
    size_t i = g->hash & (nslots - 1);
    for (; slot[i] != NULL; i = (i + 1) & (nslots - 1)) {
        if (same_key(slot[i], g, l->key_length)) {
            group_merge(slot[i], g, l);
            return;
        }
    }
    slot[i] = g;
    p->group[p->n++] = g;
}

static int merge_part(struct merge *m, unsigned number)
{
    struct part *p = &m->part[number];
    const struct group_layout *l = &m->set[0]->layout;
    size_t n = groups_in(m, number), nslots = 16;
    struct group **slot;
    while (nslots < 2 * n) {
        nslots *= 2;
    }
    slot = calloc(nslots, sizeof *slot);
    p->group = malloc((n + 1) * sizeof *p->group);
    for (unsigned i = 0; i < m->nsets && slot != NULL && p->group != NULL; i++) {
        for (uint32_t k = m->start[i][number]; k < m->start[i][number + 1]; k++) {
            put_group(p, slot, nslots, groupset_at(m->set[i], m->number[i][k]), l);
        }
    }
    p->rc = slot != NULL && p->group != NULL ? 0 : ERR_NOMEM;
    free(slot);
    return p->rc;
}

/* Counters in the direction of the first flow. */
static void direct(struct part *p)
{
    struct tally none = {.first = UINT64_MAX};
    for (size_t i = 0; i < p->n; i++) {
        struct group *g = p->group[i];
        if (first_turned(g->first)) {
            struct tally turned = none;
            tally_add_reversed(&turned, &g->tally);
            g->tally = turned;
            g->first &= ~(uint64_t)1; /* done */
        }
    }
}

static int choose(struct merge *m, struct part *p)
{
    int rc = 0;
    for (unsigned k = 0; k < m->norders && m->wanted->top > 0; k++) {
        p->heap[k].limit = m->wanted->top;
        p->heap[k].ascending = m->wanted->ascending;
        for (size_t i = 0; i < p->n && rc == 0; i++) {
            struct pick pick = {group_value(p->group[i], m->order[k]), p->group[i]};
            rc = heap_offer(&p->heap[k], &pick);
        }
    }
    return rc;
}

static void do_part(void *job, unsigned worker, void *context)
{
    struct merge *m = context;
    struct part *p = job;
    (void)worker;
    if (merge_part(m, (unsigned)(p - m->part)) == 0) {
        direct(p);
        p->rc = choose(m, p);
    }
}

/* ------------------------------------------------------------------ all parts */

static int sort_numbers(const struct groupset *s, uint32_t **number, uint32_t start[PARTS + 1])
{
    size_t n = groupset_count(s);
    uint32_t next[PARTS];
    *number = malloc((n + 1) * sizeof **number);
    if (*number == NULL) {
        return ERR_NOMEM;
    }
    memset(start, 0, (PARTS + 1) * sizeof *start);
    for (size_t i = 0; i < n; i++) {
        start[part_of(groupset_at(s, i)->hash) + 1]++;
    }
    for (unsigned p = 0; p < PARTS; p++) {
        start[p + 1] += start[p];
        next[p] = start[p];
    }
    for (size_t i = 0; i < n; i++) {
        (*number)[next[part_of(groupset_at(s, i)->hash)]++] = (uint32_t)i;
    }
    return 0;
}

static int merge_parts(struct merge *m, unsigned workers)
{
    struct pool *pool = pool_new(workers > 1 ? workers : 0, PARTS, do_part, m);
    int rc = 0;
    if (pool == NULL) {
        return ERR_NOMEM;
    }
    for (unsigned p = 0; p < PARTS; p++) {
        pool_submit(pool, &m->part[p]);
    }
    for (struct part *p; (p = pool_next(pool)) != NULL;) {
        rc = rc != 0 ? rc : p->rc;
    }
    pool_free(pool);
    return rc;
}

static int by_first(const void *a, const void *b)
{
    const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static int take_all(struct merge *m, struct merged *out)
{
    out->group = malloc((out->total + 1) * sizeof *out->group);
    if (out->group == NULL) {
        return ERR_NOMEM;
    }
    for (unsigned p = 0; p < PARTS; p++) {
        memcpy(out->group + out->n, m->part[p].group, m->part[p].n * sizeof *out->group);
        out->n += m->part[p].n;
    }
    return 0;
}

/* The best of all parts, for one order, behind what is in out already. */
static int take_best(struct merge *m, unsigned k, struct merged *out)
{
    struct heap best = {.limit = m->wanted->top, .ascending = m->wanted->ascending};
    struct group **more;
    int rc = 0;
    for (unsigned p = 0; p < PARTS; p++) {
        const struct heap *h = &m->part[p].heap[k];
        for (size_t i = 0; i < h->n && rc == 0; i++) {
            rc = heap_offer(&best, &h->pick[i]);
        }
    }
    more = rc == 0 ? realloc(out->group, (out->n + best.n + 1) * sizeof *more) : NULL;
    for (size_t i = 0; i < best.n && more != NULL; i++) {
        more[out->n++] = best.pick[i].group;
    }
    out->group = more != NULL ? more : out->group;
    free(best.pick);
    return more != NULL ? 0 : ERR_NOMEM;
}

/* Several orders may have chosen the same group. */
static void leave_out_repetitions(struct merged *out)
{
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++) {
        if (n == 0 || out->group[n - 1] != out->group[i]) {
            out->group[n++] = out->group[i];
        }
    }
    out->n = n;
}

static int collect(struct merge *m, struct merged *out)
{
    int rc = 0;
    for (unsigned p = 0; p < PARTS; p++) {
        out->total += m->part[p].n;
    }
    if (m->wanted->top == 0 || out->total <= MERGE_SMALL) {
        rc = take_all(m, out);
    } else {
        for (unsigned k = 0; k < m->norders && rc == 0; k++) {
            rc = take_best(m, k, out);
        }
    }
    if (rc == 0 && out->n > 0) {
        qsort(out->group, out->n, sizeof *out->group, by_first);
        leave_out_repetitions(out);
    }
    return rc;
}

static void merge_free(struct merge *m)
{
    for (unsigned i = 0; i < m->nsets && m->number != NULL; i++) {
        free(m->number[i]);
    }
    for (unsigned p = 0; p < PARTS; p++) {
        free(m->part[p].group);
        for (unsigned k = 0; k < ORDER_COUNT_; k++) {
            free(m->part[p].heap[k].pick);
        }
    }
    free(m->number);
    free(m->start);
    free(m);
}

int groups_merge(struct groupset *const *set, unsigned nsets, const struct wanted *wanted,
                 unsigned workers, struct merged *out)
{
    struct merge *m = calloc(1, sizeof *m);
    int rc;
    memset(out, 0, sizeof *out);
    if (m == NULL) {
        return ERR_NOMEM;
    }
    m->set = set;
    m->nsets = nsets;
    m->wanted = wanted;
    m->norders = list_orders(wanted, m->order);
    m->number = calloc(nsets, sizeof *m->number);
    m->start = calloc(nsets, sizeof *m->start);
    rc = m->number != NULL && m->start != NULL ? 0 : ERR_NOMEM;
    for (unsigned i = 0; i < nsets && rc == 0; i++) {
        rc = sort_numbers(set[i], &m->number[i], m->start[i]);
    }
    rc = rc != 0 ? rc : merge_parts(m, workers);
    rc = rc != 0 ? rc : collect(m, out);
    merge_free(m);
    if (rc != 0) {
        merged_free(out);
    }
    return rc;
}

void merged_free(struct merged *m)
{
    free(m->group);
    m->group = NULL;
    m->n = 0;
}
