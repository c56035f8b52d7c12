/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ranges.c - sets as ranges.
 *
 * Sorting is a radix-free quicksort with an insertion sort at the bottom, written out because a
 * 50,000-entry list must compile in milliseconds and qsort()'s calls take most of that time.
 */
#include "filter/ranges.h"

#include <string.h>

wide wide_of_ip(const struct ip *ip)
{
    return (wide)ip_high(ip) << 64 | ip_low(ip);
}

struct ip wide_to_ip(wide w)
{
    return ip_from_halves((uint64_t)(w >> 64), (uint64_t)w);
}

static void insertion_sort(struct range *r, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct range x = r[i];
        size_t j = i;
        for (; j > 0 && r[j - 1].low > x.low; j--) {
            r[j] = r[j - 1];
        }
        r[j] = x;
    }
}

static void swap_ranges(struct range *x, struct range *y)
{
    struct range t = *x;
    *x = *y;
    *y = t;
}

static wide median(wide a, wide b, wide c)
{
    wide low = a < b ? a : b;
    wide high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

static void sift(struct range *r, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && r[child].low < r[child + 1].low) {
            child++;
        }
        if (r[root].low >= r[child].low) {
            return;
        }
        swap_ranges(&r[root], &r[child]);
    }
}

static void heap_sort(struct range *r, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) {
        sift(r, i, n);
    }
    for (size_t end = n; end-- > 1;) {
        swap_ranges(&r[0], &r[end]);
        sift(r, 0, end);
    }
}

/* Quicksort; falls back to a heap when the pivots are bad, so that nobody can make it quadratic. */
static void sort_ranges(struct range *r, size_t n, unsigned depth)
{
    while (n > 24) {
        wide pivot = median(r[0].low, r[n / 2].low, r[n - 1].low);
        size_t i = 0;
        size_t j = n - 1;
        if (depth-- == 0) {
            heap_sort(r, n);
            return;
        }
        for (;;) {
            while (r[i].low < pivot) {
                i++;
            }
            while (r[j].low > pivot) {
                j--;
            }
            if (i >= j) {
                break;
            }
            swap_ranges(&r[i++], &r[j--]);
        }
        sort_ranges(r, i, depth);
        r += i;
        n -= i;
    }
    insertion_sort(r, n);
}

static bool is_sorted(const struct range *r, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (r[i].low < r[i - 1].low) {
            return false;
        }
    }
    return true;
}

struct ranges ranges_of(struct range *raw, size_t n)
{
    struct ranges s = {raw, 0};
    if (!is_sorted(raw, n)) {
        sort_ranges(raw, n, 64);
    }
    for (size_t i = 0; i < n; i++) {
        struct range *last = s.n > 0 ? &s.at[s.n - 1] : NULL;
        if (raw[i].low > raw[i].high) {
            continue;
        }
        if (last != NULL && (last->high == WIDE_MAX || raw[i].low <= last->high + 1)) {
            last->high = raw[i].high > last->high ? raw[i].high : last->high;
        } else {
            s.at[s.n++] = raw[i];
        }
    }
    return s;
}

bool ranges_single(struct arena *a, wide low, wide high, struct ranges *out)
{
    struct range *r = arena_alloc(a, sizeof *r);
    if (r == NULL) {
        return false;
    }
    *r = (struct range){low, high};
    *out = ranges_of(r, 1);
    return true;
}

bool ranges_union(struct arena *a, const struct ranges *const *sets, size_t n, struct ranges *out)
{
    struct range *raw;
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        total += sets[i]->n;
    }
    raw = arena_alloc(a, total * sizeof *raw);
    if (raw == NULL) {
        return false;
    }
    total = 0;
    for (size_t i = 0; i < n; i++) {
        if (sets[i]->n > 0) {
            memcpy(raw + total, sets[i]->at, sets[i]->n * sizeof *raw);
        }
        total += sets[i]->n;
    }
    *out = ranges_of(raw, total);
    return true;
}

bool ranges_intersect(struct arena *a, const struct ranges *x, const struct ranges *y,
                      struct ranges *out)
{
    struct range *raw = arena_alloc(a, (x->n + y->n) * sizeof *raw);
    size_t n = 0;
    size_t i = 0;
    size_t j = 0;
    if (raw == NULL) {
        return false;
    }
    while (i < x->n && j < y->n) {
        wide low = x->at[i].low > y->at[j].low ? x->at[i].low : y->at[j].low;
        wide high = x->at[i].high < y->at[j].high ? x->at[i].high : y->at[j].high;
        if (low <= high) {
            raw[n++] = (struct range){low, high};
        }
        if (x->at[i].high < y->at[j].high) {
            i++;
        } else {
            j++;
        }
    }
    *out = (struct ranges){raw, n};
    return true;
}

/* The first range whose high is not below w. */
static size_t find(const struct ranges *s, wide w)
{
    size_t low = 0;
    size_t high = s->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->at[middle].high < w) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool ranges_contain(const struct ranges *s, wide w)
{
    size_t i = find(s, w);
    return i < s->n && s->at[i].low <= w;
}

bool ranges_equal(const struct ranges *x, const struct ranges *y)
{
    return x->n == y->n && (x->n == 0 || memcmp(x->at, y->at, x->n * sizeof *x->at) == 0);
}

bool ranges_touch(const struct ranges *s, wide low, wide high)
{
    size_t i = find(s, low);
    return i < s->n && s->at[i].low <= high;
}

bool ranges_cover(const struct ranges *s, wide low, wide high)
{
    size_t i = find(s, low);
    return i < s->n && s->at[i].low <= low && s->at[i].high >= high;
}
