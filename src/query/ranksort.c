/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ranksort.c - see ranksort.h.
 *
 * Pieces of more than SHORT elements are parted around the median of their first, middle and last
 * element; the shorter work is done first, the longer one in the same call, so that the stack stays
 * small. The order in which pieces are worked on does not matter for the result.
 */
#include "query/ranksort.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

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

void rank_sort_plain(struct rank *r, size_t n)
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
        rank_sort_plain(r + (n - k), k);
    } else {
        rank_sort_plain(r, n);
    }
}

void rank_sort_least(struct rank *r, size_t n, size_t k)
{
    if (k < n && k > 0) {
        select_place(r, n, k - 1);
        rank_sort_plain(r, k);
    } else {
        rank_sort_plain(r, n);
    }
}
