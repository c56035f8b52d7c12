/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addrfilter.h - "may this file contain that address?" in about 9 bits per distinct address.
 * A binary fuse filter (Graf and Lemire, 2022) with 8-bit fingerprints over XXH3-64 of the 16
 * octets of an address: never a false no, a false yes once in 256.
 */
#ifndef WEIR_STORE_ADDRFILTER_H
#define WEIR_STORE_ADDRFILTER_H

#include "base/buf.h"
#include "base/cur.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addrfilter {
    uint64_t seed;
    uint32_t segment;        /* slots of a segment, a power of two */
    uint32_t segments_len;   /* slots of all segments but the last two */
    const uint8_t *slots;
    uint32_t nslots;
};

uint64_t addrfilter_key(const struct ip *ip);

/* Append the filter over n distinct keys. Returns 0 or an ERR_. */
int addrfilter_build(const uint64_t *keys, uint32_t n, struct buf *out);

/* Set *f to point into the cursor's octets; ERR_FORMAT if they are no filter. */
int addrfilter_get(struct cur *c, struct addrfilter *f);

bool addrfilter_may_hold(const struct addrfilter *f, uint64_t key);

#endif
