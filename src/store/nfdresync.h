/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdresync.h - find the next record of a block behind one whose size is wrong.
 *
 * Inside of src/store only.
 */
#ifndef WEIR_STORE_NFDRESYNC_H
#define WEIR_STORE_NFDRESYNC_H

#include "base/cur.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The search in one block. */
struct nfdresync {
    const uint8_t *octets;
    size_t len;
    unsigned layout; /* 1 or 2 */
    uint64_t work;   /* steps left: a hostile block must not take for ever */
};

struct nfdresync nfdresync_of(const uint8_t *octets, size_t len, unsigned layout);

/* Do records that make sense follow each other from octet `at` on: to the end of the block, or for
 * long enough? */
bool nfdresync_holds(struct nfdresync *s, size_t at);

/* Put *c at the first octet from `from` on where that is so. False: there is none, or the block
 * breaks at its first record: then it was not unpacked as it was packed, and nothing in it can be
 * trusted (nfdump leaves it out, too). */
bool nfdresync(struct nfdresync *s, size_t from, struct cur *c);

#endif
