/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfarray.h - nfdump's data base files: an nfdump file (layout 2) of blocks with arrays of equal
 * elements, compressed or not.
 */
#ifndef WEIR_LOOKUP_NFARRAY_H
#define WEIR_LOOKUP_NFARRAY_H

#include "base/cur.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Kinds of element. */
enum {
    NFARRAY_LOCATION = 1,
    NFARRAY_PLACE4 = 2,
    NFARRAY_PLACE6 = 3,
    NFARRAY_AS4 = 4,
    NFARRAY_AS6 = 5,
    NFARRAY_TOR = 6,
    NFARRAY_ORG = 7
};
enum { NFARRAY_UNKNOWN = 1 };

/* Called for each array: `n` elements of `size` octets are in *elements. Returns 0, ERR_*, or
 * NFARRAY_UNKNOWN for a kind that is not looked for. */
typedef int (*nfarray_visitor)(void *ctx, unsigned kind, uint32_t n, unsigned size,
                               struct cur *elements);

/* Read all arrays of a file. Returns 0, the visitor's error, or ERR_* with *fault set. What was
 * left out of a file that is read stands in fault->text, a line each. */
int nfarray_read(const char *name, nfarray_visitor visit, void *ctx, struct fault *fault);

/* The same for the octets of a file. */
int nfarray_parse(const void *data, size_t len, nfarray_visitor visit, void *ctx,
                  struct fault *fault);

#endif
