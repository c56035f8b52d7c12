/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * daymodel.h - a synthetic day of flows at the border of a large network.
 *
 * About 60 thousand hosts inside and 2 million outside, some far more popular than others; TCP
 * sessions with replies, DNS, QUIC, ICMP and scans; heavy-tailed packets, octets and durations; AS,
 * mask, next hop and interface follow the prefix of the address; 15 % IPv6; more by day than by
 * night. The same numbers for the same seed. One thread.
 */
#ifndef WEIR_PERF_DAYMODEL_H
#define WEIR_PERF_DAYMODEL_H

#include "flow/rec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One flow, small enough to be sorted by the hundred thousand. */
struct day_flow {
    uint64_t first;    /* msec since 1970 */
    uint64_t received; /* when the exporter's datagram arrived; flows of a slot are sorted by it */
    uint32_t duration; /* msec */
    uint32_t packets;
    uint64_t bytes;
    uint32_t inside;   /* number of the host inside */
    uint32_t outside;  /* number of the host outside */
    uint16_t inside_port;
    uint16_t outside_port;
    uint8_t proto;
    uint8_t tcp_flags;
    uint8_t tos;
    bool six;
    bool inbound;      /* from outside to inside */
};

struct day {
    uint64_t state;  /* of the random numbers */
    uint64_t seed;
    uint64_t start;  /* msec since 1970 of the day's first slot */
    size_t flows;    /* of the whole day */
    size_t slots;    /* of five minutes if 288 */
};

void day_init(struct day *d, uint64_t seed, uint64_t start, size_t flows, size_t slots);

/* How many flows slot i has. They add up to d->flows over all slots. */
size_t day_slot_flows(const struct day *d, size_t i);
uint64_t day_slot_start(const struct day *d, size_t i);

/* Fill n flows of slot i, sorted by time received. */
void day_slot_fill(struct day *d, size_t i, struct day_flow *flows, size_t n);

/* The flow as a record, with everything that follows from its addresses. */
void day_record(const struct day *d, const struct day_flow *flow, struct rec *r);

uint64_t day_random(struct day *d);

#endif
