/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * detail.c - facts of fat and payload records.
 *
 * Latencies as nfpcapd measures them, the client being who sent first: server = the client's first
 * packet to the server's first; client = the server's last packet to the client's second;
 * application = the client's last packet to the server's second. Both directions get all three.
 */
#include "probe/detail.h"

#include "probe/flowtable.h"

#include <stdlib.h>
#include <string.h>

struct flow_detail *detail_new(const struct packet *p)
{
    struct flow_detail *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return NULL;
    }
    d->src_mac = p->src_mac;
    d->dst_mac = p->dst_mac;
    d->nvlans = p->nvlans;
    d->outer_vlan = p->outer_vlan;
    d->inner_vlan = p->inner_vlan;
    d->nlabels = p->nlabels;
    memcpy(d->label, p->label, sizeof d->label);
    d->tunnel_family = p->tunnel_family;
    d->tunnel_src = p->tunnel_src;
    d->tunnel_dst = p->tunnel_dst;
    d->tunnel_proto = p->tunnel_proto;
    return d;
}

void detail_free(struct flow_detail *d)
{
    if (d != NULL) {
        free(d->payload);
        free(d);
    }
}

void detail_payload(struct flow_detail *d, const struct packet *p)
{
    if (d->payload != NULL || p->payload_length == 0) {
        return;
    }
    d->payload = malloc(p->payload_length);
    if (d->payload != NULL) {
        memcpy(d->payload, p->payload, p->payload_length);
        d->payload_length = p->payload_length;
    }
}

void detail_latency_start(struct probe_flow *answer, struct probe_flow *reverse)
{
    uint64_t usec = answer->first_usec - reverse->first_usec;
    if (answer->detail == NULL || reverse->detail == NULL) {
        return;
    }
    answer->detail->server_latency = reverse->detail->server_latency = usec;
    answer->detail->waiting = LATENCY_APPLICATION;
    reverse->detail->waiting = LATENCY_CLIENT;
}

void detail_latency_next(struct probe_flow *f, struct probe_flow *reverse, uint64_t usec)
{
    struct flow_detail *d = f->detail;
    struct flow_detail *other = reverse != NULL ? reverse->detail : NULL;
    if (other == NULL) {
        return;
    }
    if (d->waiting == LATENCY_CLIENT) {
        d->client_latency = other->client_latency = usec - flow_last_usec(reverse);
    } else {
        d->app_latency = other->app_latency = usec - flow_last_usec(reverse);
        other->waiting = LATENCY_NONE;
    }
    d->waiting = LATENCY_NONE;
}
