/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addrfilter.h - "may this file contain that address?" in about 9 bits per distinct address.
 * A binary fuse filter (Graf and Lemire, 2022) with 8-bit fingerprints over XXH3-64 of the 16
 * octets of an address: never a false no, a false yes once in 256.
 *
 * In a file its slots stand apart from its head, which has a check for every page of them: a reader
 * with one question reads one or two pages (weir1filter.c).
 */
#ifndef WEIR_STORE_ADDRFILTER_H
#define WEIR_STORE_ADDRFILTER_H

#include "base/buf.h"
#include "base/cur.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ADDRFILTER_PAGE = 512 }; /* slots that have a check of their own */

struct addrfilter {
    uint64_t seed;
    uint32_t segment;        /* slots of a segment, a power of two */
    uint32_t segments_len;   /* slots of all segments but the last two */
    uint32_t nslots;
    const uint8_t *checks;   /* u32 for each page, little-endian; in the octets of the head */
};

/* Where a key's fingerprint comes from: ascending places of slots, xor of what stands there. */
struct addrfilter_probe {
    uint32_t slot[3];
    uint8_t fingerprint;
};

uint64_t addrfilter_key(const struct ip *ip);

/* Append head and slots of the filter over n distinct keys. Returns 0 or an ERR_. */
int addrfilter_build(const uint64_t *keys, uint32_t n, struct buf *head, struct buf *slots);

/* Set *f to point into the cursor's octets; ERR_FORMAT if they are no filter's head. */
int addrfilter_get(struct cur *c, struct addrfilter *f);

struct addrfilter_probe addrfilter_probe(const struct addrfilter *f, uint64_t key);

/* Whether the slots of a page, the last of which may be short, are what was written. */
bool addrfilter_page_is_good(const struct addrfilter *f, uint32_t page, const uint8_t *slots,
                             size_t len);

#endif
