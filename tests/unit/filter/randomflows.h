/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * randomflows.h - flows and filters for comparing ways of evaluating.
 */
#ifndef WEIR_FILTER_RANDOMFLOWS_H
#define WEIR_FILTER_RANDOMFLOWS_H

#include "../check.h"

#include "filter/words.h"
#include "flow/builder.h"
#include "flow/rec.h"

static uint64_t pick(uint64_t *seed, uint64_t n)
{
    return check_random(seed) % n;
}

/* Few, so that comparisons hit; one is known to the Tor data base. */
static struct ip random_ip(uint64_t *seed, int family)
{
    if (family == 4 && pick(seed, 8) == 0) {
        return ip_from_v4(0xcb007105u);
    }
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

/* Addresses of translations, tunnels and routers: every field that holds one, by its group. */
static void random_hops(uint64_t *seed, struct rec *r)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        const struct field *f = field_of((enum field_id)id);
        enum field_group guard;
        if (f->type == TYPE_IP && id != FIELD_SRC_ADDR && id != FIELD_DST_ADDR &&
            id != FIELD_NEXT4 && pick(seed, 3) == 0) {
            struct ip ip = random_ip(seed, field_has_family((enum field_id)id, 6, &guard) ? 6 : 4);
            memcpy((uint8_t *)r + rec_offset((enum field_id)id), &ip, sizeof ip);
            rec_add_group(r, f->group);
        }
    }
}

/* A DNS answer, the same over TCP, a TLS client's hello, HTTP, octets without meaning. */
static const uint8_t random_dns[] =
    "\0\x3d\x12\x34\x81\x80\0\1\0\1\0\0\0\0\3www\7example\3org\0\0\1\0\1"
    "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\x50";
static const uint8_t random_tls[] =
    "\x16\3\1\0\x4a\1\0\0\x46\3\3" "0123456789abcdef0123456789abcdef" "\0\0\2\x13\1\1\0"
    "\0\x1b\0\x2b\0\3\2\3\4\0\0\0\x10\0\x0e\0\0\x0b" "example.org";
static const uint8_t random_http[] = "GET / HTTP/1.1\r\nHost: www.example.org\r\n";
static const uint8_t random_junk[] = "\0\1\2aaab\0needle\xff";

static struct span random_payload(uint64_t *seed)
{
    switch (pick(seed, 6)) {
    case 0:
        return (struct span){random_dns + 2, sizeof random_dns - 3};
    case 1:
        return (struct span){random_dns, sizeof random_dns - 1};
    case 2:
        return (struct span){random_tls, sizeof random_tls - 1};
    case 3:
        return (struct span){random_http, sizeof random_http - 1};
    default:
        return (struct span){random_junk, sizeof random_junk - 1};
    }
}

static void random_payloads(uint64_t *seed, struct rec *r)
{
    if (pick(seed, 2) == 0) {
        r->in_payload = random_payload(seed);
        rec_add_group(r, GROUP_IN_PAYLOAD);
        r->dst_port = pick(seed, 2) == 0 ? 53 : r->dst_port;
    }
    if (pick(seed, 3) == 0) {
        r->out_payload = random_payload(seed);
        rec_add_group(r, GROUP_OUT_PAYLOAD);
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
    r->engine_type = (uint8_t)pick(seed, 3);
    r->exporter_id = (uint16_t)pick(seed, 3);
    r->first += pick(seed, 2) * 1720684800000;
    r->last = r->first + pick(seed, 3) * 1000;
    if (r->groups & group_bit(GROUP_PF)) {
        r->pf_interface = (struct span){(const uint8_t *)(pick(seed, 2) == 0 ? "em0" : "em1"), 3};
    }
    random_hops(seed, r);
    random_payloads(seed, r);
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
    "bytes <= 2", "duration 1000", "pps > 1", "bps > 16", "bpp 1", "flows > 2",
    "ip 10.0.0.1", "src ip 10.0.0.2", "ip 2001:db8::1", "net 10.0.0.0/31", "dst net 2001:db8::/127",
    "ip in [10.0.0.1 2001:db8::2 10.0.0.2/31]", "next ip 10.0.0.3", "net 10.0.0.1 0.0.0.1",
    "as 3", "src as in [1 2]", "prev as 1", "if 2", "in if 3", "mask 4", "vlan 5", "src vlan 1",
    "ethertype 3", "mac 0:0:0:0:0:2", "mpls label1 0", "mpls any 0", "mpls eos 0", "mpls exp2 > 0",
    "ttl 3", "min ttl < 2", "ttl equal", "fwdstat 1", "flowdir 1", "engine type 0",
    "exporter id 0", "observation domain id 2", "ingress vrf 2", "client latency > 2",
    "asa event 1", "asa xevent 2", "asa user joe", "nat event 3", "nat pblock start < 3",
    "port in nat pblock", "ingress acl 2", "egress acl > 3", "pf rule 1", "pf dir in",
    "src and dst port > 1", "src or dst tos 3", "ident none", "ident x", "first seen > 2024",
    "nat ip 10.0.0.1", "src nat ip in [10.0.0.0/31 2001:db8::3]", "dst nat net 2001:db8::2/127",
    "nat port 3", "src nat port in [1 2]", "tun ip 10.0.0.2", "dst tun ip in [10.0.0.3]",
    "src tun net 10.0.0.0/30", "tun proto 4", "tun ip 2001:db8::1", "bgp next ip 10.0.0.1",
    "router ip 10.0.0.2", "next ip in [10.0.0.1 2001:db8::1]", "payload content GET",
    "payload content 'aab'", "payload regex '^GET .*HTTP'", "payload regex 'host: w+' i",
    "payload dns defined", "out payload dns defined", "payload dns name example",
    "payload dns address 192.0.2", "payload tls defined", "payload tls sni example",
    "payload tls version 1.3", "payload ja3 defined", "payload ja4 defined",
    "geo CH", "src geo FR", "nat geo CH", "src tun geo FR", "src as 64510", "as in [64510 65030]",
    "as 0", "ip tor", "dst ip tor", "pf interface em0", "observation point id > 3",
    "server latency 1", "egress vrf 1", "nat pblock size 2", "nat pblock end > 3", "icmp-code 1",
    "max ttl > 3", "dst mask 1", "out src mac 0:0:0:0:0:1", "last seen < 2024",
};

enum { RANDOM_TERMS = sizeof random_terms / sizeof random_terms[0] };

#endif
