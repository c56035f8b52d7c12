/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ranges.h - sets of numbers as ascending, disjoint, non-adjacent ranges.
 *
 * One kind of set for ports, AS numbers and addresses: members are 128 bits wide. An address counts
 * as its 16 octets read as one number, so that a prefix is a range. Sets live in an arena and are
 * never changed once made.
 */
#ifndef WEIR_FILTER_RANGES_H
#define WEIR_FILTER_RANGES_H

#include "base/arena.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned __int128 wide;

#define WIDE_MAX (~(wide)0)

struct range {
    wide low, high; /* both included */
};

struct ranges {
    struct range *at;
    size_t n;
};

wide wide_of_ip(const struct ip *ip);
struct ip wide_to_ip(wide w);

/* Make a set of n ranges in any order, overlapping or not; raw is reordered and becomes the set's.
 * */
struct ranges ranges_of(struct range *raw, size_t n);

/* A set of one range; empty if low > high. Returns false when memory is out, here and below. */
bool ranges_single(struct arena *a, wide low, wide high, struct ranges *out);
bool ranges_union(struct arena *a, const struct ranges *const *sets, size_t n, struct ranges *out);
bool ranges_intersect(struct arena *a, const struct ranges *x, const struct ranges *y,
                      struct ranges *out);

bool ranges_contain(const struct ranges *s, wide w);
bool ranges_equal(const struct ranges *x, const struct ranges *y);
bool ranges_touch(const struct ranges *s, wide low, wide high); /* any member in [low, high]? */
bool ranges_cover(const struct ranges *s, wide low, wide high); /* all of [low, high]? */

#endif
