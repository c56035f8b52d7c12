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

static void sort_piece(struct rank *left, struct rank *right)
{
    while (right - left >= SHORT) {
        struct rank *p = part(left, right);
        if (p - left < right - p) {
            sort_piece(left, p - 1);
            left = p + 1;
        } else {
            sort_piece(p + 1, right);
            right = p - 1;
        }
    }
    sort_short(left, right);
}

void rank_sort(struct rank *r, size_t n)
{
    if (n > 1) {
        sort_piece(r, r + n - 1);
    }
}
