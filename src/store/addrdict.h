/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addrdict.h - the distinct addresses of a block and their codes.
 * Add all addresses of all columns (each gets a number in order of appearance), then sort: the
 * code of an address is its place in octet order. Reused from block to block.
 */
#ifndef WEIR_STORE_ADDRDICT_H
#define WEIR_STORE_ADDRDICT_H

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

struct addrdict {
    struct ip *addr;   /* in order of appearance; after sorting ascending */
    uint32_t *code_of; /* after sorting: number of appearance -> code */
    uint32_t n;
    uint32_t cap;
    uint32_t *slots;   /* open addressing: number + 1 */
    uint32_t nslots;   /* a power of two: those in use, at least twice n */
    uint32_t slots_cap;
    unsigned shift;    /* of a hash, to slots */
    void *keys;        /* workspace of sorting, for keys_cap addresses */
    uint32_t keys_cap;
};

void addrdict_init(struct addrdict *d);
void addrdict_free(struct addrdict *d);

/* Empty it, for a block of so many rows: small blocks touch little memory. False: out of it. */
bool addrdict_begin(struct addrdict *d, uint32_t rows);

/* Fetch what adding an address will look at; the bulk of the time would go into waiting for it. */
void addrdict_prefetch(const struct addrdict *d, const struct ip *ip);

/* The number of an address; UINT32_MAX when memory is out. */
uint32_t addrdict_add(struct addrdict *d, const struct ip *ip);

bool addrdict_sort(struct addrdict *d); /* false when memory is out */

/* Position of the run of ::ffff:0:0/96 in the sorted dictionary: [*from, *to). */
void addrdict_v4(const struct ip *addr, uint32_t n, uint32_t *from, uint32_t *to);

#endif
