/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addrkeys.h - the set of address keys of a file under construction, for its address filter.
 *
 * It gives up rather than grow without end: a file may do without a filter.
 */
#ifndef WEIR_STORE_ADDRKEYS_H
#define WEIR_STORE_ADDRKEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addrkeys { /* open addressing, 0 marks free slots; all zero: empty */
    uint64_t *slot;
    size_t nslots; /* a power of two, at least twice n */
    size_t n;
    bool given_up;
};

void addrkeys_add(struct addrkeys *k, const uint64_t *keys, size_t n);

/* The keys to the front of the slots, as an array of k->n. The set is not one any more. */
const uint64_t *addrkeys_list(struct addrkeys *k);

void addrkeys_free(struct addrkeys *k);

#endif
