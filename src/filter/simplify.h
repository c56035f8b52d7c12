/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * simplify.h - equal conditions that run faster.
 *
 * Rules, each on its own so that tests can look at it:
 *   normal     negation moves down to the tests, constants fold, and/or within and/or flatten
 *   merge      tests of the same field under one and/or become one set
 *   dedupe     equal kids are tested once; x and not x, x or not x become constants
 *   order      cheap tests first
 */
#ifndef WEIR_FILTER_SIMPLIFY_H
#define WEIR_FILTER_SIMPLIFY_H

#include "filter/cond.h"

/* NULL when memory is out. The result never has COND_NOT; only a root can be TRUE or FALSE. */
struct cond *simplify(struct arena *a, const struct cond *c);

#endif
