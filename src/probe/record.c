/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * record.c - a measured flow as a record of the catalogue.
 */
#include "probe/record.h"

#include "packet/packet.h"
#include "probe/detail.h"

/* nfpcapd's mark in the record header: captured packets, version 1; engine type and id. */
enum { VERSION_PCAP = 0x41, ENGINE_TYPE = 0x11, ENGINE_ID = 1 };

static void put_addresses(const struct probe_flow *f, int side, struct rec *r)
{
    rec_add_group(r, f->key.family == 4 ? GROUP_IPV4 : GROUP_IPV6);
    r->src_addr = f->key.addr[side];
    r->dst_addr = f->key.addr[!side];
    r->src_port = f->key.port[side];
    r->dst_port = f->key.port[!side];
    r->proto = f->key.proto;
}

static void put_counters(const struct probe_flow *f, int side, bool own_times, struct rec *r)
{
    const struct flow_direction *d = &f->dir[side];
    rec_add_group(r, GROUP_GENERIC);
    r->first = (own_times ? f->opening[side].first_usec : f->first_usec) / 1000;
    r->last = (own_times ? d->last_usec : flow_last_usec(f)) / 1000;
    r->packets = d->packets;
    r->bytes = d->octets;
    r->tcp_flags = d->tcp_flags;
    r->src_tos = f->opening[side].tos;
}

static void put_key_extras(const struct probe_flow *f, int side, struct rec *r)
{
    if (f->key.vlan != 0) {
        rec_add_group(r, GROUP_VLAN);
        r->src_vlan = f->key.vlan;
    }
    if ((f->key.mac[0] | f->key.mac[1]) != 0) {
        rec_add_group(r, GROUP_MAC);
        r->in_src_mac = f->key.mac[side];
        r->out_dst_mac = f->key.mac[!side];
    }
    if (f->key.family == 6 && f->opening[side].flow_label != 0) {
        rec_add_group(r, GROUP_IPV6_INFO);
        r->flow_label = f->opening[side].flow_label;
    }
}

static void put_tunnel(const struct flow_detail *d, struct rec *r)
{
    if (d->tunnel_family == 4) {
        rec_add_group(r, GROUP_TUNNEL4);
        r->tun_src4 = d->tunnel_src;
        r->tun_dst4 = d->tunnel_dst;
        r->tun_proto4 = d->tunnel_proto;
    } else if (d->tunnel_family == 6) {
        rec_add_group(r, GROUP_TUNNEL6);
        r->tun_src6 = d->tunnel_src;
        r->tun_dst6 = d->tunnel_dst;
        r->tun_proto6 = d->tunnel_proto;
    }
}

static void put_labels(const struct flow_detail *d, struct rec *r)
{
    uint32_t *labels[PACKET_LABELS_MAX] = {&r->mpls1, &r->mpls2, &r->mpls3, &r->mpls4, &r->mpls5,
                                           &r->mpls6, &r->mpls7, &r->mpls8, &r->mpls9, &r->mpls10};
    if (d->nlabels > 0) {
        rec_add_group(r, GROUP_MPLS);
    }
    for (unsigned i = 0; i < d->nlabels; i++) {
        *labels[i] = d->label[i];
    }
}

static void put_latency(const struct flow_detail *d, struct rec *r)
{
    if (d->app_latency == 0) {
        return;
    }
    rec_add_group(r, GROUP_LATENCY);
    r->client_latency = d->client_latency;
    r->server_latency = d->server_latency;
    r->app_latency = d->app_latency;
}

/* nfpcapd's fat record: VLAN, MAC, MPLS, latency; IP facts always. */
static void put_detail(const struct flow_detail *d, struct rec *r)
{
    put_tunnel(d, r);
    put_labels(d, r);
    put_latency(d, r);
    if (d->inner_vlan != 0) {
        rec_add_group(r, GROUP_VLAN);
        r->src_vlan = d->inner_vlan;
    }
    if (d->nvlans > 1) {
        rec_add_group(r, GROUP_LAYER2);
        r->vlan_id = d->outer_vlan;
        r->customer_vlan = d->inner_vlan;
    }
    if (d->src_mac != 0) { /* loopback has none */
        rec_add_group(r, GROUP_MAC);
        r->in_src_mac = d->src_mac;
        r->out_dst_mac = d->dst_mac;
    }
    if (d->payload_length > 0) {
        rec_add_group(r, GROUP_IN_PAYLOAD);
        r->in_payload = (struct span){d->payload, d->payload_length};
    }
}

static void put_ip_info(const struct probe_flow *f, int side, struct rec *r)
{
    rec_add_group(r, GROUP_IP_INFO);
    r->min_ttl = f->dir[side].min_ttl;
    r->max_ttl = f->dir[side].max_ttl;
    r->fragment_flags = f->opening[side].fragment_flags;
}

static void put_export_facts(const struct probe_flow *f, int side, struct rec *r)
{
    rec_add_group(r, GROUP_MISC);
    r->direction = (uint8_t)side;
    r->end_reason = f->end;
    rec_add_group(r, GROUP_LAYER2);
    r->ip_version = f->key.family;
}

bool record_of_flow(const struct probe_flow *f, int side, enum record_shape shape, struct rec *r)
{
    if (f->dir[side].packets == 0) {
        return false;
    }
    rec_clear(r);
    put_addresses(f, side, r);
    put_counters(f, side, shape == RECORD_FILE, r);
    put_key_extras(f, side, r);
    if (shape == RECORD_EXPORT) {
        put_export_facts(f, side, r);
    } else {
        r->engine_type = ENGINE_TYPE;
        r->engine_id = ENGINE_ID;
        r->nf_version = VERSION_PCAP;
    }
    if (f->detail != NULL) {
        put_detail(f->detail, r);
        put_ip_info(f, side, r);
    }
    return true;
}

void record_of_biflow(const struct probe_flow *f, struct rec *r)
{
    bool second = f->dir[1].packets > 0
                  && (f->dir[0].packets == 0
                      || f->opening[1].first_usec < f->opening[0].first_usec);
    const struct flow_direction *reverse = &f->dir[!second];
    record_of_flow(f, second, RECORD_EXPORT, r);
    if (reverse->packets > 0) {
        rec_add_group(r, GROUP_COUNTER);
        r->flows = 1;
        r->out_packets = reverse->packets;
        r->out_bytes = reverse->octets;
        r->dst_tos = f->opening[!second].tos;
        rec_add_group(r, GROUP_REVERSE);
        r->rev_tcp_flags = reverse->tcp_flags;
    }
}
