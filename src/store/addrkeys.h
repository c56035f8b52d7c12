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

struct addrkeys { /* all zero: empty */
    uint64_t *key;
    uint64_t *spare; /* as large */
    size_t cap;
    size_t n; /* distinct once addrkeys_list() was asked */
    bool given_up;
};

void addrkeys_add(struct addrkeys *k, const uint64_t *keys, size_t n);

/* The keys, k->n of them, each once. */
const uint64_t *addrkeys_list(struct addrkeys *k);

void addrkeys_free(struct addrkeys *k);

#endif
