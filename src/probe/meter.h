/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * meter.h - packets in, flows out: tracking level, counters, expiry, softflowd's statistics.
 *
 * The meter decodes frames, keeps the flow table and hands each finished flow to `on_flow`, after
 * which it forgets it. It knows no sockets and no files. Times are packet times, usec since 1970
 * UTC.
 */
#ifndef WEIR_PROBE_METER_H
#define WEIR_PROBE_METER_H

#include "base/buf.h"
#include "packet/packet.h"
#include "probe/flowstat.h"
#include "probe/flowtable.h"
#include "probe/timeouts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct meter_options {
    struct flow_scheme scheme;
    struct timeouts timeouts;
    size_t max_flows;    /* beyond, the flows that end first are forced out; 0: no bound */
    bool ip_octets;      /* octets are the IP datagram's length, not the frame's less link header */
    bool at_once;        /* ICMP and DNS: a record a packet; FIN and RST end a flow at once */
    bool drop_duplicates; /* see duplicates.h */
    bool fat;            /* keep details */
    bool payload;        /* keep the first payload */
    bool ignore_v6;      /* IPv6 packets are not tracked */
    uint32_t sampling;   /* 1 in N packets; 0 and 1: all */
    struct packet_options packet;
    void (*on_flow)(void *ctx, struct probe_flow *f); /* may take f->detail over: set it NULL */
    void *ctx;
};

struct meter;

struct meter *meter_new(const struct meter_options *options); /* NULL when memory is out */
void meter_free(struct meter *m); /* flows still tracked are forgotten */

/* One captured frame: `captured` octets at hand of `length`. It may be counted a few packets later,
 * or when flows are to end; meter_settle() before looking in. */
void meter_packet(struct meter *m, uint64_t usec, int link_type, const uint8_t *data,
                  size_t captured, size_t length);

/* Count all packets that were handed in. */
void meter_settle(struct meter *m);

/* End the flows whose time has come (now: seconds since 1970); returns how many. */
size_t meter_expire(struct meter *m, uint64_t now);

/* End all flows (handed on), or forget all (not handed on); returns how many. */
size_t meter_expire_all(struct meter *m);
size_t meter_delete_all(struct meter *m);

size_t meter_flows(const struct meter *m);

/* Add the counters to *sum and the number of tracked flows to *active. */
void meter_sum(const struct meter *m, struct flowstat *sum, size_t *active);

/* The text of `dump-flows`; now: seconds since 1970. */
void meter_dump(struct meter *m, uint64_t now, struct buf *out);

const struct timeouts *meter_timeouts(const struct meter *m);

#endif
