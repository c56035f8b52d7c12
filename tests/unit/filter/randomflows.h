/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * randomflows.h - flows and filters for comparing ways of evaluating.
 */
#ifndef WEIR_FILTER_RANDOMFLOWS_H
#define WEIR_FILTER_RANDOMFLOWS_H

#include "../check.h"

#include "flow/builder.h"
#include "flow/rec.h"

static uint64_t pick(uint64_t *seed, uint64_t n)
{
    return check_random(seed) % n;
}

static struct ip random_ip(uint64_t *seed, int family)
{
    return family == 4 ? ip_from_v4(0x0a000000u + (uint32_t)pick(seed, 4))
                       : ip_from_halves(0x20010db800000000u, pick(seed, 4));
}

static void random_addrs(uint64_t *seed, struct rec *r)
{
    int family = pick(seed, 3) == 0 ? 6 : 4;
    if (pick(seed, 10) > 0) {
        r->src_addr = random_ip(seed, family);
        r->dst_addr = random_ip(seed, family);
        rec_add_group(r, family == 4 ? GROUP_IPV4 : GROUP_IPV6);
    }
    if (pick(seed, 2) == 0) {
        r->next4 = random_ip(seed, 4);
        rec_add_group(r, GROUP_NEXT4);
    }
}

/* Small numbers everywhere, so that comparisons hit; most groups in half of the records. */
static void random_rec(uint64_t *seed, struct rec *r)
{
    static const uint8_t protos[] = {1, 6, 6, 6, 17, 17, 58};
    rec_clear(r);
    random_addrs(seed, r);
    for (unsigned id = FIELD_ENGINE_TYPE; id < FIELD_STORED_; id++) {
        const struct field *f = field_of((enum field_id)id);
        bool numeric = f->type < TYPE_IP && f->group != GROUP_HEADER;
        if (numeric && (f->group == GROUP_GENERIC || (r->proto ^ f->group) % 2 == 0)) {
            rec_set_u64(r, (enum field_id)id, pick(seed, 6));
        }
    }
    r->proto = protos[pick(seed, sizeof protos)];
    r->tcp_flags = (uint8_t)pick(seed, 64);
    r->last = r->first + pick(seed, 3) * 1000;
    r->user_name = (struct span){(const uint8_t *)"joe", 3};
    if (pick(seed, 2) == 0) {
        rec_add_group(r, GROUP_USER);
    } else {
        r->user_name.len = 0;
    }
}

static const char *const random_terms[] = {
    "any", "ipv4", "ipv6", "port 3", "src port > 2", "dst port in [1 3 5]", "port in [0 4]",
    "proto tcp", "proto udp", "proto icmp", "flags S", "flags =SA", "flags 2", "flags > 5",
    "icmp type 0", "icmp code < 3", "tos 2", "dst tos >= 3", "packets > 3", "out bytes 2",
    "bytes <= 2", "duration 1000", "pps > 1", "bps > 16000", "bpp 1", "flows > 2",
    "ip 10.0.0.1", "src ip 10.0.0.2", "ip 2001:db8::1", "net 10.0.0.0/31", "dst net 2001:db8::/127",
    "ip in [10.0.0.1 2001:db8::2 10.0.0.2/31]", "next ip 10.0.0.3", "net 10.0.0.1 0.0.0.1",
    "as 3", "src as in [1 2]", "prev as 1", "if 2", "in if 3", "mask 4", "vlan 5", "src vlan 1",
    "ethertype 3", "mac 0:0:0:0:0:2", "mpls label1 0", "mpls any 0", "mpls eos 0", "mpls exp2 > 0",
    "ttl 3", "min ttl < 2", "ttl equal", "fwdstat 1", "flowdir 1", "engine type 0",
    "exporter id 0", "observation domain id 2", "ingress vrf 2", "client latency > 2",
    "asa event 1", "asa xevent 2", "asa user joe", "nat event 3", "nat pblock start < 3",
    "port in nat pblock", "ingress acl 2", "egress acl > 3", "pf rule 1", "pf dir in",
    "src and dst port > 1", "src or dst tos 3", "ident none", "ident x", "first seen > 2024",
};

enum { RANDOM_TERMS = sizeof random_terms / sizeof random_terms[0] };

#endif
