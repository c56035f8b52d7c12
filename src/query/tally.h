/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * tally.h - the counters of a group of flows.
 */
#ifndef WEIR_QUERY_TALLY_H
#define WEIR_QUERY_TALLY_H

#include <stdbool.h>
#include <stdint.h>

struct tally {
    uint64_t first;       /* msec */
    uint64_t last;        /* msec */
    uint64_t flows;
    uint64_t packets;     /* forward direction */
    uint64_t bytes;
    uint64_t out_packets; /* reverse direction */
    uint64_t out_bytes;
    uint8_t flags;        /* TCP flags, forward direction, or-ed */
    uint8_t out_flags;
};

/* A first of 0 wins, a last of 0 does not. */
static inline void tally_add(struct tally *t, const struct tally *more)
{
    t->first = more->first < t->first ? more->first : t->first;
    t->last = more->last > t->last ? more->last : t->last;
    t->flows += more->flows;
    t->packets += more->packets;
    t->bytes += more->bytes;
    t->out_packets += more->out_packets;
    t->out_bytes += more->out_bytes;
    t->flags |= more->flags;
    t->out_flags |= more->out_flags;
}

/* The same with the directions of `more` exchanged. */
static inline void tally_add_reversed(struct tally *t, const struct tally *more)
{
    struct tally turned = *more;
    turned.packets = more->out_packets;
    turned.bytes = more->out_bytes;
    turned.out_packets = more->packets;
    turned.out_bytes = more->bytes;
    turned.flags = more->out_flags;
    turned.out_flags = more->flags;
    tally_add(t, &turned);
}

#endif
