/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statrank.c - see statrank.h.
 *
 * Of many values only the best are kept while walking over all, in a heap with the worst on top.
 */
#include "query/statrank.h"

#include "base/err.h"
#include "base/ip.h"
#include "query/ranksort.h"
#include "query/statcells.h"

#include <stdlib.h>
#include <string.h>

struct tally stat_value_tally(const struct valueset *s, uint64_t id)
{
    const struct value *v = valueset_at(s, id);
    struct value_times times = valueset_times(s, id);
    struct value_out out = valueset_out(s, id);
    return (struct tally){.first = times.first, .last = times.last, .flows = v->flows,
                          .packets = v->packets, .bytes = v->bytes, .out_packets = out.packets,
                          .out_bytes = out.bytes};
}

/* Times are looked up for orders that are no sums only. */
static uint64_t key_of(const struct stat_ranker *how, uint64_t id, enum order_id order)
{
    const struct value *v = valueset_at(how->values, id);
    struct tally t = {.flows = v->flows, .packets = v->packets, .bytes = v->bytes};
    enum field_id sum[2];
    if (order_sums(order, sum) == 0 || order_side(order) != ORDER_IN) {
        t = stat_value_tally(how->values, id);
    }
    return order_value(order, &t);
}

/* ------------------------------------------------------------------ few values */

/* What nfdump hashes: the number, an IPv4 address, the low half of an IPv6 address; 0 for texts. */
static uint64_t hashed_number(const struct stat_ranker *how, const struct value *v)
{
    unsigned family = value_tag(v) >> 8;
    struct ip addr;
    if (how->texts) {
        return 0;
    }
    memcpy(&addr, v->word, sizeof addr);
    return family == 4 ? ip_to_v4(&addr) : family == 6 ? ip_low(&addr) : v->word[0];
}

/* Values in the order of their first appearance, which differs. */
static void list_appeared(const struct valueset *s, struct rank *list)
{
    size_t n = 0;
    for (uint64_t id = valueset_from(s, VALUE_START); id != VALUE_NONE;
         id = valueset_from(s, id + 1)) {
        list[n++] = (struct rank){valueset_at(s, id)->first, id};
    }
    rank_sort(list, n);
}

struct small {
    struct rank *list;
    uint64_t *number;
    uint32_t *cell;
    struct rank *rank;
};

/* nfdump's table was used once more after the last value came, unless that was the last access. */
static int sort_small(const struct stat_ranker *how, enum order_id order, size_t n,
                      size_t from, size_t to, struct small *w)
{
    int rc;
    list_appeared(how->values, w->list);
    for (size_t i = 0; i < n; i++) {
        w->number[i] = hashed_number(how, valueset_at(how->values, w->list[i].item));
    }
    rc = stat_cells(w->number, n, n > 0 && w->list[n - 1].key + 1 != how->last_access, w->cell);
    for (size_t i = 0; i < n && rc == 0; i++) {
        w->rank[i].item = w->cell[i];
        w->rank[i].key = key_of(how, w->list[w->cell[i]].item, order);
    }
    if (rc == 0) {
        rank_sort_part(w->rank, n, from, to);
    }
    return rc;
}

static int rank_small(const struct stat_ranker *how, enum order_id order, bool ascending, size_t n,
                      struct stat_ranking *r)
{
    struct small w = {malloc((n + 1) * sizeof *w.list), malloc((n + 1) * sizeof *w.number),
                      malloc((n + 1) * sizeof *w.cell), malloc((n + 1) * sizeof *w.rank)};
    int rc = w.list != NULL && w.number != NULL && w.cell != NULL && w.rank != NULL
                 ? sort_small(how, order, n, ascending ? 0 : n - r->n, ascending ? r->n : n, &w)
                 : ERR_NOMEM;
    for (size_t i = 0; i < r->n && rc == 0; i++) {
        const struct rank *from = &w.rank[ascending ? i : n - 1 - i];
        r->at[i] = (struct stat_ranked){from->key, w.list[from->item].item};
    }
    free(w.list);
    free(w.number);
    free(w.cell);
    free(w.rank);
    return rc;
}

/* ------------------------------------------------------------------ many values */

struct many {
    const struct valueset *values;
    bool ascending;
    struct stat_ranked *at;
    size_t n;
};

/* Whether a is shown before b. A table read upwards has equal keys the other way round, too. */
static bool is_before(const struct many *m, const struct stat_ranked *a,
                      const struct stat_ranked *b)
{
    if (a->key != b->key) {
        return m->ascending ? a->key < b->key : a->key > b->key;
    }
    return (valueset_at(m->values, a->id)->first < valueset_at(m->values, b->id)->first) !=
           m->ascending;
}

/* Sink the element at i; the heap's top is the one that is shown last. */
static void sink(struct many *m, size_t i)
{
    struct stat_ranked moved = m->at[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child < m->n - 1 && is_before(m, &m->at[child], &m->at[child + 1])) {
            child++;
        }
        if (child >= m->n || !is_before(m, &moved, &m->at[child])) {
            break;
        }
        m->at[i] = m->at[child];
        i = child;
    }
    m->at[i] = moved;
}

static void make_heap(struct many *m)
{
    for (size_t i = m->n / 2; i > 0; i--) {
        sink(m, i - 1);
    }
}

/* Take the last shown away again and again. */
static void sort_heap(struct many *m)
{
    size_t n = m->n;
    while (m->n > 1) {
        struct stat_ranked last = m->at[0];
        m->at[0] = m->at[m->n - 1];
        m->at[--m->n] = last;
        sink(m, 0);
    }
    m->n = n;
}

static void rank_many(const struct stat_ranker *how, enum order_id order, bool ascending,
                      struct stat_ranking *r)
{
    struct many m = {how->values, ascending, r->at, 0};
    for (uint64_t id = valueset_from(how->values, VALUE_START); id != VALUE_NONE;
         id = valueset_from(how->values, id + 1)) {
        struct stat_ranked one = {key_of(how, id, order), id};
        if (m.n < r->n) {
            m.at[m.n++] = one;
            if (m.n == r->n) {
                make_heap(&m);
            }
        } else if (is_before(&m, &one, &m.at[0])) {
            m.at[0] = one;
            sink(&m, 0);
        }
    }
    sort_heap(&m);
}

int stat_rank(const struct stat_ranker *how, enum order_id order, bool ascending,
              struct stat_ranking *r)
{
    size_t n = valueset_count(how->values);
    r->n = how->top != 0 && how->top < n ? (size_t)how->top : n;
    r->at = malloc((r->n + 1) * sizeof *r->at);
    if (r->at == NULL) {
        return ERR_NOMEM;
    }
    if (how->plain || n > RANK_PLAIN_FROM) {
        rank_many(how, order, ascending, r);
        return 0;
    }
    if (rank_small(how, order, ascending, n, r) != 0) {
        free(r->at);
        r->at = NULL;
        return ERR_NOMEM;
    }
    return 0;
}
