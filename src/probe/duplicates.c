/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * duplicates.c - a ring of hashes.
 */
#include "probe/duplicates.h"

#include "base/hash.h"

#include <string.h>

enum { HEADER_V4 = 20, HEADER_V6 = 40 };

/* The header without what a router changes; returns its length, 0: no whole header. */
static size_t lasting_header(const uint8_t *packet, size_t n, uint8_t header[HEADER_V6])
{
    bool v6 = n > 0 && packet[0] >> 4 == 6;
    size_t length = v6 ? HEADER_V6 : HEADER_V4;
    if (n < length) {
        return 0;
    }
    memcpy(header, packet, length);
    if (v6) {
        header[7] = 0; /* hop limit */
    } else {
        header[8] = header[10] = header[11] = 0; /* time to live, checksum */
    }
    return length;
}

bool duplicates_seen(struct duplicates *d, const uint8_t *packet, size_t n)
{
    uint8_t header[HEADER_V6];
    size_t length = lasting_header(packet, n, header);
    uint64_t hash = hash_seeded(packet + length, n - length, hash_of(header, length));
    for (unsigned i = 0; i < DUPLICATES_WINDOW; i++) {
        if (d->recent[i] == hash) {
            return true;
        }
    }
    d->recent[d->next] = hash;
    d->next = (d->next + 1) % DUPLICATES_WINDOW;
    return false;
}
