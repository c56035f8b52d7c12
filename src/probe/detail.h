/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * detail.h - what a flow carries beyond counters when the user asked for "fat" or "payload"
 * records: MACs, VLANs, MPLS labels, tunnel, TCP latencies, first payload.
 */
#ifndef WEIR_PROBE_DETAIL_H
#define WEIR_PROBE_DETAIL_H

#include "packet/packet.h"

#include <stdbool.h>
#include <stdint.h>

enum latency_wait { LATENCY_NONE, LATENCY_CLIENT, LATENCY_APPLICATION };

struct flow_detail {
    uint64_t src_mac, dst_mac;
    unsigned nvlans;
    uint16_t outer_vlan, inner_vlan;
    unsigned nlabels;
    uint32_t label[PACKET_LABELS_MAX];
    int tunnel_family; /* 0: none */
    struct ip tunnel_src, tunnel_dst;
    uint8_t tunnel_proto;
    uint64_t client_latency, server_latency, app_latency; /* usec; 0: not measured */
    enum latency_wait waiting;  /* what the next packet of this flow measures */
    uint8_t *payload;           /* owned */
    uint32_t payload_length;
};

/* Facts of the flow's first packet; NULL when memory is out. */
struct flow_detail *detail_new(const struct packet *p);
void detail_free(struct flow_detail *d);

/* Keep the first payload that is not empty. */
void detail_payload(struct flow_detail *d, const struct packet *p);

struct probe_flow;

/* TCP latencies. The first packet of `answer` came, the other direction has flowed before; a later
 * packet of f came at `usec` while f waits (reverse: the other direction, or NULL). */
void detail_latency_start(struct probe_flow *answer, struct probe_flow *reverse);
void detail_latency_next(struct probe_flow *f, struct probe_flow *reverse, uint64_t usec);

#endif
