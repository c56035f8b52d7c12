/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * duplicates.h - packets that a capture saw twice (at two ports of a mirror, before and after a
 * router): equal to one of the last few but for time to live and header checksum.
 */
#ifndef WEIR_PROBE_DUPLICATES_H
#define WEIR_PROBE_DUPLICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DUPLICATES_WINDOW = 8 };

struct duplicates { /* all zero to begin with */
    uint64_t recent[DUPLICATES_WINDOW];
    unsigned next;
};

/* Was this IP packet (n octets of it are at hand) among the last ones? It is one of them from now
 * on. */
bool duplicates_seen(struct duplicates *d, const uint8_t *packet, size_t n);

#endif
