/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ranksort.c - see ranksort.h.
 *
 * Pieces of more than SHORT elements are parted around the median of their first, middle and last
 * element; the shorter work is done first, the longer one in the same call, so that the stack stays
 * small. The order in which pieces are worked on does not matter for the result.
 */
#include "query/ranksort.h"

#include "base/pool.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT = 50 };

static void exchange(struct rank *a, struct rank *b)
{
    struct rank h = *a;
    *a = *b;
    *b = h;
}

/* The smallest goes to the left end, so that the inner loop needs no bound. */
static void sort_short(struct rank *left, struct rank *right)
{
    for (struct rank *p = left + 1; p <= right; p++) {
        if (p->key < left->key) {
            exchange(p, left);
        }
    }
    for (struct rank *p = left + 2; p <= right; p++) {
        struct rank h = *p;
        struct rank *q = p;
        for (; h.key < q[-1].key; q--) {
            *q = q[-1];
        }
        *q = h;
    }
}

/* Stable order of three: equal keys stay in the order a, b, c. */
static void sort_three(struct rank *a, struct rank *b, struct rank *c)
{
    if (b->key < a->key) {
        exchange(a, b);
        if (c->key < b->key) {
            exchange(b, c);
            if (b->key < a->key) {
                exchange(a, b);
            }
        }
    } else if (c->key < b->key) {
        exchange(b, c);
        if (b->key < a->key) {
            exchange(a, b);
        }
    }
}

/* Part [left, right]; returns where the pivot stands. */
static struct rank *part(struct rank *left, struct rank *right)
{
    struct rank *middle = left + (right - left) / 2;
    struct rank *i = left + 1;
    struct rank *j = right;
    struct rank pivot = *middle;
    *middle = *i;
    sort_three(left, &pivot, right);
    *i = pivot;
    for (;;) {
        do {
            i++;
        } while (i->key < pivot.key);
        do {
            j--;
        } while (j->key > pivot.key);
        if (i >= j) {
            break;
        }
        exchange(i, j);
    }
    left[1] = *j;
    *j = pivot;
    return j;
}

/* Only what reaches into [from, end). */
static void sort_piece(struct rank *left, struct rank *right, const struct rank *from,
                       const struct rank *end)
{
    while (right - left >= SHORT && left < end && right >= from) {
        struct rank *p = part(left, right);
        if (p - left < right - p) {
            sort_piece(left, p - 1, from, end);
            left = p + 1;
        } else {
            sort_piece(p + 1, right, from, end);
            right = p - 1;
        }
    }
    if (right - left < SHORT) {
        sort_short(left, right);
    }
}

void rank_sort_part(struct rank *r, size_t n, size_t from, size_t to)
{
    if (n > 1) {
        sort_piece(r, r + n - 1, r + from, r + to);
    }
}

void rank_sort(struct rank *r, size_t n)
{
    rank_sort_part(r, n, 0, n);
}

/* ------------------------------------------------------------------ the plain order */

static bool is_before(const struct rank *a, const struct rank *b)
{
    return a->key != b->key ? a->key < b->key : a->item > b->item;
}

static int compare_plain(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : is_before(b, a) ? 1 : 0;
}

static void sort_plain(struct rank *r, size_t n)
{
    rank_sort(r, n);
    for (size_t i = 0, same; i < n; i += same) {
        for (same = 1; i + same < n && r[i + same].key == r[i].key;) {
            same++;
        }
        if (same > 1) {
            qsort(r + i, same, sizeof *r, compare_plain);
        }
    }
}

/* Put the element that belongs at place k there, smaller ones before, greater ones behind. */
static void select_place(struct rank *r, size_t n, size_t k)
{
    size_t first = 0, last = n - 1;
    while (first < last) {
        struct rank pivot = r[first + (last - first) / 2];
        size_t i = first, j = last;
        for (;;) {
            while (is_before(&r[i], &pivot)) {
                i++;
            }
            while (is_before(&pivot, &r[j])) {
                j--;
            }
            if (i >= j) {
                break;
            }
            exchange(&r[i++], &r[j--]);
        }
        if (k <= j) {
            last = j;
        } else {
            first = j + 1;
        }
    }
}

void rank_sort_greatest(struct rank *r, size_t n, size_t k)
{
    if (k < n && k > 0) {
        select_place(r, n, n - k);
        sort_plain(r + (n - k), k);
    } else {
        sort_plain(r, n);
    }
}

void rank_sort_least(struct rank *r, size_t n, size_t k)
{
    if (k < n && k > 0) {
        select_place(r, n, k - 1);
        sort_plain(r, k);
    } else {
        sort_plain(r, n);
    }
}

/* ------------------------------------------------------------------ several threads */

enum { SLICES_MOST = 16, SLICES_FROM = 1 << 17 };

/* A slice to be sorted. */
struct slice {
    struct rank *r;
    size_t n;
};

/* Sorted pieces, one of each slice, to be merged. */
struct merging {
    const struct rank *at[SLICES_MOST], *end[SLICES_MOST];
    unsigned n;
    struct rank *out;
};

static void sort_slice(void *job, unsigned worker, void *context)
{
    const struct slice *s = job;
    (void)worker;
    (void)context;
    sort_plain(s->r, s->n);
}

static void merge_pieces(void *job, unsigned worker, void *context)
{
    struct merging *m = job;
    (void)worker;
    (void)context;
    for (;;) {
        unsigned least = m->n;
        for (unsigned i = 0; i < m->n; i++) {
            if (m->at[i] < m->end[i] && (least == m->n || is_before(m->at[i], m->at[least]))) {
                least = i;
            }
        }
        if (least == m->n) {
            return;
        }
        *m->out++ = *m->at[least]++;
    }
}

/* The first place of a sorted slice that does not come before r. */
static size_t place_in(const struct slice *s, const struct rank *r)
{
    size_t from = 0, to = s->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (is_before(&s->r[middle], r)) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

/* Where the k-th of n mergings begins: at the middle one of what stands there in each slice. */
static struct rank border(const struct slice *s, unsigned n, unsigned k)
{
    struct rank at[SLICES_MOST];
    for (unsigned i = 0; i < n; i++) {
        at[i] = s[i].r[s[i].n / n * k];
    }
    sort_plain(at, n);
    return at[n / 2];
}

static void plan_mergings(const struct slice *s, unsigned n, struct rank *out, struct merging *m)
{
    for (unsigned k = 0; k < n; k++) {
        struct rank from = border(s, n, k), to = k + 1 < n ? border(s, n, k + 1) : from;
        m[k] = (struct merging){.n = n, .out = out};
        for (unsigned i = 0; i < n; i++) {
            m[k].at[i] = s[i].r + (k > 0 ? place_in(&s[i], &from) : 0);
            m[k].end[i] = s[i].r + (k + 1 < n ? place_in(&s[i], &to) : s[i].n);
            out += m[k].end[i] - m[k].at[i];
        }
    }
}

static bool run_jobs(unsigned n, pool_work *work, void *job, size_t width)
{
    struct pool *pool = pool_new(n, n, work, NULL);
    for (unsigned i = 0; i < n && pool != NULL; i++) {
        pool_submit(pool, (uint8_t *)job + i * width);
    }
    while (pool != NULL && pool_next(pool) != NULL) {
        continue;
    }
    pool_free(pool);
    return pool != NULL;
}

/* False: no memory or threads; then the elements are in any order. */
static bool sort_slices(struct rank *r, size_t n, unsigned slices)
{
    struct slice s[SLICES_MOST];
    struct merging m[SLICES_MOST];
    struct rank *out = malloc(n * sizeof *out);
    bool ok = out != NULL;
    for (unsigned i = 0; i < slices; i++) {
        size_t from = n / slices * i;
        s[i] = (struct slice){r + from, (i + 1 < slices ? n / slices * (i + 1) : n) - from};
    }
    ok = ok && run_jobs(slices, sort_slice, s, sizeof s[0]);
    if (ok) {
        plan_mergings(s, slices, out, m);
        ok = run_jobs(slices, merge_pieces, m, sizeof m[0]);
    }
    if (ok) {
        memcpy(r, out, n * sizeof *r);
    }
    free(out);
    return ok;
}

void rank_sort_plain(struct rank *r, size_t n, unsigned workers)
{
    unsigned slices = workers < SLICES_MOST ? workers : SLICES_MOST;
    if (slices < 2 || n < SLICES_FROM || !sort_slices(r, n, slices)) {
        sort_plain(r, n);
    }
}
