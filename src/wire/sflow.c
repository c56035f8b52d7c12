/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sflow.c - sFlow v2, v4 and v5: each flow sample becomes one record.
 *
 * A sample stands for `rate` packets of its size. Every sample and every record of version 5 has a
 * length, so one that is malformed spoils nothing behind it. In versions 2 and 4 nothing has a
 * length: the first unknown thing ends the datagram.
 */
#include "base/buf.h"
#include "packet/packet.h"
#include "wire/message.h"

#include <stdio.h>
#include <string.h>

enum { SAMPLE_FLOW = 1, SAMPLE_COUNTERS = 2, SAMPLE_FLOW_EXPANDED = 3,
       SAMPLE_COUNTERS_EXPANDED = 4 };
enum { HEADER_IPV4 = 11, HEADER_IPV6 = 12, HEADER_MPLS = 13 };
enum { FLAG_SAMPLED = 2, NF_SFLOW = 0x80, WINDOW = 64, PATH_ROOM = 1024 };
enum { INTERFACE_MASK = 0x3fffffff };

struct sample {
    struct rec r;
    uint32_t rate;
    uint32_t frame_length;
    unsigned nlabels; /* MPLS labels that a record told; the header's go first */
    uint32_t label[PACKET_LABELS_MAX];
    char path[PATH_ROOM];
    char communities[PATH_ROOM];
};

struct sflow {
    struct message m;
    uint32_t version;
    struct ip agent;
    struct sample s;
};

/* An address with its type in front: 4, 6 or 0 (unknown). */
static int read_address(struct cur *c, struct ip *ip)
{
    uint32_t type = cur_u32be(c);
    switch (type) {
    case 1:
        *ip = ip_from_v4(cur_u32be(c));
        return 4;
    case 2:
        cur_copy(c, ip->octet, sizeof ip->octet);
        return 6;
    default:
        return 0;
    }
}

static void read_pair(struct cur *c, int family, struct ip *src, struct ip *dst)
{
    if (family == 4) {
        *src = ip_from_v4(cur_u32be(c));
        *dst = ip_from_v4(cur_u32be(c));
    } else {
        cur_copy(c, src->octet, sizeof src->octet);
        cur_copy(c, dst->octet, sizeof dst->octet);
    }
}

static void set_family(struct rec *r, int family)
{
    r->groups &= ~(group_bit(GROUP_IPV4) | group_bit(GROUP_IPV6));
    if (family != 0) {
        rec_add_group(r, family == 4 ? GROUP_IPV4 : GROUP_IPV6);
    }
}

/* ---- the sampled packet ---- */

static void take_link(const struct packet *p, struct rec *r)
{
    if (p->has_mac) {
        r->in_src_mac = p->src_mac;
        r->out_dst_mac = p->dst_mac;
        rec_add_group(r, GROUP_MAC);
    }
    if (p->nvlans > 0) {
        r->src_vlan = p->inner_vlan;
    }
    for (unsigned i = 0; i < p->nlabels; i++) {
        rec_set_u64(r, (enum field_id)(FIELD_MPLS1 + i), p->label[i]);
    }
    if (p->ether_type != 0) {
        rec_set_u64(r, FIELD_ETHER_TYPE, p->ether_type);
    }
}

static void take_tunnel(const struct packet *p, struct rec *r)
{
    if (p->tunnel_family == 4) {
        r->tun_src4 = p->tunnel_src;
        r->tun_dst4 = p->tunnel_dst;
        rec_set_u64(r, FIELD_TUN_PROTO4, p->tunnel_proto);
    } else if (p->tunnel_family == 6) {
        r->tun_src6 = p->tunnel_src;
        r->tun_dst6 = p->tunnel_dst;
        rec_set_u64(r, FIELD_TUN_PROTO6, p->tunnel_proto);
    }
}

static void take_network(const struct packet *p, struct rec *r)
{
    if (p->family == 0) {
        return;
    }
    r->src_addr = p->src;
    r->dst_addr = p->dst;
    set_family(r, p->family);
    r->proto = p->proto;
    r->src_tos = p->tos;
    r->src_port = p->src_port;
    r->dst_port = p->dst_port;
    r->tcp_flags = p->tcp_flags;
    rec_set_u64(r, FIELD_MIN_TTL, p->ttl);
    rec_set_u64(r, FIELD_MAX_TTL, p->ttl);
    rec_set_u64(r, FIELD_FRAGMENT_FLAGS, p->fragment_flags);
    if (p->family == 6 && p->flow_label != 0) {
        rec_set_u64(r, FIELD_FLOW_LABEL, p->flow_label);
    }
    take_tunnel(p, r);
}

/* sFlow's header protocols and libpcap's numbers of the same link types. */
static const struct {
    uint8_t protocol;
    uint8_t link_type;
} links[] = {
    {1, 1},    /* Ethernet */
    {5, 107},  /* frame relay */
    {7, 9},    /* PPP */
    {14, 50},  /* packets over SONET: PPP in HDLC framing */
    {15, 105}, /* 802.11 */
};

/* An MPLS label stack is decoded the way PPP would carry it. */
static void decode_mpls(const uint8_t *data, uint32_t len, const struct packet_options *options,
                        struct packet *p)
{
    enum { PPP_MPLS = 0x0281, ROOM = 512 };
    uint8_t frame[ROOM] = {PPP_MPLS >> 8, PPP_MPLS & 255};
    size_t n = len < ROOM - 2 ? len : ROOM - 2;
    memcpy(frame + 2, data, n);
    packet_decode(9, frame, n + 2, options, p);
}

static bool decode_frame(uint32_t protocol, const uint8_t *data, uint32_t len,
                         const struct packet_options *options, struct packet *p)
{
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (links[i].protocol == protocol) {
            packet_decode(links[i].link_type, data, len, options, p);
            return true;
        }
    }
    if (protocol == HEADER_IPV4 || protocol == HEADER_IPV6) {
        packet_decode_ip(data, len, options, p);
    } else if (protocol == HEADER_MPLS) {
        decode_mpls(data, len, options, p);
    } else {
        return false;
    }
    return true;
}

static void decode_header(const struct sflow *f, uint32_t protocol, const uint8_t *data,
                          uint32_t len, struct rec *r)
{
    struct packet_options options = {.open_ip_tunnels = f->m.w->options.open_tunnels};
    struct packet p;
    if (decode_frame(protocol, data, len, &options, &p)) {
        take_link(&p, r);
        take_network(&p, r);
    }
}

static void raw_header(struct sflow *f, struct cur *c)
{
    uint32_t protocol = cur_u32be(c);
    uint32_t len, there;
    const uint8_t *data;
    f->s.frame_length = cur_u32be(c);
    if (f->version >= 5) {
        cur_skip(c, 4); /* octets stripped */
    }
    len = cur_u32be(c);
    there = len < cur_left(c) ? len : (uint32_t)cur_left(c);
    data = cur_take(c, there);
    if (data != NULL && there > 0) { /* also what is left of a header that was cut */
        decode_header(f, protocol, data, there, &f->s.r);
    }
    cur_skip(c, len - there);
    cur_skip(c, (4 - len % 4) % 4 <= cur_left(c) ? (4 - len % 4) % 4 : 0);
}

static void raw_ethernet(struct sflow *f, struct cur *c)
{
    struct rec *r = &f->s.r;
    uint32_t length = cur_u32be(c);
    f->s.frame_length = f->s.frame_length != 0 ? f->s.frame_length : length;
    if (rec_has(r, GROUP_MAC)) { /* from the header itself */
        return;
    }
    r->in_src_mac = cur_uintbe(c, 6);
    cur_skip(c, 2);
    r->out_dst_mac = cur_uintbe(c, 6);
    cur_skip(c, 2);
    rec_set_u64(r, FIELD_ETHER_TYPE, cur_u32be(c));
    rec_add_group(r, GROUP_MAC);
}

/* Sampled by the agent itself: no header, but what it read there. */
static void raw_ip(struct sflow *f, struct cur *c, int family)
{
    struct rec *r = &f->s.r;
    uint32_t length = cur_u32be(c);
    f->s.frame_length = length; /* the packet without its link header */
    if (rec_family(r) != 0) {
        return;
    }
    r->proto = (uint8_t)cur_u32be(c);
    read_pair(c, family, &r->src_addr, &r->dst_addr);
    set_family(r, family);
    r->src_port = (uint16_t)cur_u32be(c);
    r->dst_port = (uint16_t)cur_u32be(c);
    r->tcp_flags = (uint8_t)cur_u32be(c);
    r->src_tos = (uint8_t)cur_u32be(c);
}

static void raw_ipv4(struct sflow *f, struct cur *c)
{
    raw_ip(f, c, 4);
}

static void raw_ipv6(struct sflow *f, struct cur *c)
{
    raw_ip(f, c, 6);
}

/* ---- what the switch knows about it ---- */

static void ext_switch(struct sflow *f, struct cur *c)
{
    struct rec *r = &f->s.r;
    r->src_vlan = cur_u32be(c);
    rec_set_u64(r, FIELD_VLAN_PRIORITY, cur_u32be(c));
    r->dst_vlan = cur_u32be(c);
    rec_set_u64(r, FIELD_POST_VLAN_PRIORITY, cur_u32be(c));
}

static void ext_router(struct sflow *f, struct cur *c)
{
    struct rec *r = &f->s.r;
    struct ip next;
    int family = read_address(c, &next);
    if (family == 4) {
        r->next4 = next;
        rec_add_group(r, GROUP_NEXT4);
    } else if (family == 6) {
        r->next6 = next;
        rec_add_group(r, GROUP_NEXT6);
    }
    r->src_mask = (uint8_t)cur_u32be(c);
    r->dst_mask = (uint8_t)cur_u32be(c);
}

static void add_text(char *text, const char *fmt, uint32_t a, uint32_t b)
{
    size_t n = strlen(text);
    char piece[32];
    int len = snprintf(piece, sizeof piece, b != UINT32_MAX ? "%s%u:%u" : "%s%u", fmt, a, b);
    if (len > 0 && n + (size_t)len < PATH_ROOM) {
        memcpy(text + n, piece, (size_t)len + 1);
    }
}

/* One segment: a sequence, or a set in braces. Remembers its last number. */
static void path_segment(struct sflow *f, struct cur *c)
{
    enum { AS_SET = 1 };
    uint32_t type = f->version >= 4 ? cur_u32be(c) : 2;
    uint32_t n = cur_u32be(c);
    for (uint32_t i = 0; i < n && cur_ok(c); i++) {
        uint32_t as = cur_u32be(c);
        const char *before = type == AS_SET ? (i == 0 ? " {" : ",") : " ";
        add_text(f->s.path, f->s.path[0] == '\0' && type != AS_SET ? "" : before, as, UINT32_MAX);
        f->s.r.dst_as = as;
    }
    if (type == AS_SET && n > 0 && strlen(f->s.path) + 1 < PATH_ROOM) {
        strcat(f->s.path, "}");
    }
}

static void note_texts(struct sflow *f)
{
    struct rec *r = &f->s.r;
    r->as_path = (struct span){(const uint8_t *)f->s.path, (uint32_t)strlen(f->s.path)};
    r->communities =
        (struct span){(const uint8_t *)f->s.communities, (uint32_t)strlen(f->s.communities)};
}

static void ext_gateway(struct sflow *f, struct cur *c)
{
    struct rec *r = &f->s.r;
    struct ip next;
    uint32_t n;
    int family = f->version >= 5 ? read_address(c, &next) : 0;
    if (family == 4) {
        r->bgp_next4 = next;
        rec_add_group(r, GROUP_BGP_NEXT4);
    } else if (family == 6) {
        r->bgp_next6 = next;
        rec_add_group(r, GROUP_BGP_NEXT6);
    }
    cur_skip(c, 4); /* the agent's own */
    r->src_as = cur_u32be(c);
    r->prev_as = cur_u32be(c);
    rec_add_group(r, GROUP_AS_ADJACENT);
    n = f->version >= 4 ? cur_u32be(c) : 1;
    for (uint32_t i = 0; i < n && cur_ok(c); i++) {
        path_segment(f, c);
    }
    if (f->version >= 4) {
        n = cur_u32be(c);
        for (uint32_t i = 0; i < n && cur_ok(c); i++) {
            uint32_t v = cur_u32be(c);
            add_text(f->s.communities, f->s.communities[0] == '\0' ? "" : " ", v >> 16, v & 0xffff);
        }
        r->local_pref = cur_u32be(c);
    }
    rec_add_group(r, GROUP_ROUTE);
}

static void ext_nat(struct sflow *f, struct cur *c)
{
    struct rec *r = &f->s.r;
    struct ip src, dst;
    int family = read_address(c, &src);
    if (read_address(c, &dst) != family) {
        return;
    }
    if (family == 4) {
        r->xlate_src4 = src;
        r->xlate_dst4 = dst;
        rec_add_group(r, GROUP_XLATE4);
    } else if (family == 6) {
        r->xlate_src6 = src;
        r->xlate_dst6 = dst;
        rec_add_group(r, GROUP_XLATE6);
    }
}

static void ext_nat_port(struct sflow *f, struct cur *c)
{
    rec_set_u64(&f->s.r, FIELD_XLATE_SRC_PORT, cur_u32be(c));
    rec_set_u64(&f->s.r, FIELD_XLATE_DST_PORT, cur_u32be(c));
}

/* A text: length, octets, up to three octets of padding. */
static struct span read_text(struct cur *c)
{
    uint32_t len = cur_u32be(c);
    const uint8_t *text = cur_take(c, len);
    cur_skip(c, (4 - len % 4) % 4);
    return (struct span){text, text != NULL ? len : 0};
}

/* The user at the source, or the one at the destination; in version 5 with a character set each. */
static void ext_user(struct sflow *f, struct cur *c)
{
    const size_t charset = f->version >= 5 ? 4 : 0;
    struct span src, dst;
    cur_skip(c, charset);
    src = read_text(c);
    cur_skip(c, charset);
    dst = read_text(c);
    f->s.r.user_name = src.len > 0 ? src : dst;
    rec_add_group(&f->s.r, GROUP_USER);
}

static void ext_url(struct sflow *f, struct cur *c)
{
    cur_skip(c, 4); /* direction */
    f->s.r.http_url = read_text(c);
    f->s.r.http_host = f->version >= 5 ? read_text(c) : (struct span){0};
    rec_add_group(&f->s.r, GROUP_HTTP);
}

/* The label stack the packet came with, top first; the header may have told it already. */
static void ext_mpls(struct sflow *f, struct cur *c)
{
    struct ip next;
    uint32_t n;
    read_address(c, &next);
    n = cur_u32be(c);
    for (uint32_t i = 0; i < n && i < PACKET_LABELS_MAX && cur_ok(c); i++) {
        f->s.label[i] = cur_u32be(c) >> 8; /* without time to live */
        f->s.nlabels = i + 1;
    }
}

/* The outer header of a tunnel that the packet leaves or enters. */
static void ext_tunnel(struct sflow *f, struct cur *c, int family)
{
    struct packet p = {.tunnel_family = family};
    cur_skip(c, 4); /* length */
    p.tunnel_proto = (uint8_t)cur_u32be(c);
    read_pair(c, family, &p.tunnel_src, &p.tunnel_dst);
    if (cur_ok(c)) {
        take_tunnel(&p, &f->s.r);
    }
}

static void ext_tunnel4(struct sflow *f, struct cur *c)
{
    ext_tunnel(f, c, 4);
}

static void ext_tunnel6(struct sflow *f, struct cur *c)
{
    ext_tunnel(f, c, 6);
}

static void ext_vni(struct sflow *f, struct cur *c)
{
    rec_set_u64(&f->s.r, FIELD_VXLAN, cur_u32be(c));
}

/* What the socket of a host agent is connected to; only if no header told it. */
static void ext_socket(struct sflow *f, struct cur *c, int family)
{
    struct rec *r = &f->s.r;
    if (rec_family(r) != 0) {
        return;
    }
    r->proto = (uint8_t)cur_u32be(c);
    read_pair(c, family, &r->src_addr, &r->dst_addr);
    set_family(r, family);
    r->src_port = (uint16_t)cur_u32be(c);
    r->dst_port = (uint16_t)cur_u32be(c);
}

static void ext_socket4(struct sflow *f, struct cur *c)
{
    ext_socket(f, c, 4);
}

static void ext_socket6(struct sflow *f, struct cur *c)
{
    ext_socket(f, c, 6);
}

typedef void take_record(struct sflow *f, struct cur *c);

/* The records of a flow sample that fill something, by their version 5 number. */
static const struct {
    uint32_t tag;
    take_record *take;
} record_kinds[] = {
    {1, raw_header},
    {2, raw_ethernet},
    {3, raw_ipv4},
    {4, raw_ipv6},
    {1001, ext_switch},
    {1002, ext_router},
    {1003, ext_gateway},
    {1004, ext_user},
    {1005, ext_url},
    {1006, ext_mpls},
    {1007, ext_nat},
    {1020, ext_nat_port},
    {1023, ext_tunnel4}, /* egress */
    {1024, ext_tunnel4}, /* ingress */
    {1025, ext_tunnel6},
    {1026, ext_tunnel6},
    {1029, ext_vni}, /* egress */
    {1030, ext_vni}, /* ingress */
    {2100, ext_socket4},
    {2101, ext_socket6},
};

static bool sample_record(struct sflow *f, uint32_t tag, struct cur *c)
{
    for (size_t i = 0; i < sizeof record_kinds / sizeof record_kinds[0]; i++) {
        if (record_kinds[i].tag == tag) {
            record_kinds[i].take(f, c);
            return true;
        }
    }
    return false;
}

/* ---- samples ---- */

static void begin_sample(struct sflow *f)
{
    struct sample *s = &f->s;
    rec_clear(&s->r);
    s->rate = 0;
    s->frame_length = 0;
    s->nlabels = 0;
    s->path[0] = '\0';
    s->communities[0] = '\0';
    rec_add_group(&s->r, GROUP_MISC);
    rec_add_group(&s->r, GROUP_VLAN);
    rec_add_group(&s->r, GROUP_AS);
}

static void put_labels(struct sample *s)
{
    unsigned n = rec_has(&s->r, GROUP_MPLS) ? 0 : s->nlabels;
    for (unsigned i = 0; i < n; i++) {
        rec_set_u64(&s->r, (enum field_id)(FIELD_MPLS1 + i), s->label[i]);
    }
}

/* ICMP as in all other protocols: type and code in the destination port. */
static void end_sample(struct sflow *f)
{
    struct rec *r = &f->s.r;
    int32_t asked = f->m.w->options.sampling;
    uint64_t rate = asked < 0 ? (uint64_t)-(int64_t)asked : f->s.rate;
    r->packets = rate;
    r->bytes = rate * f->s.frame_length;
    r->first = r->last = f->m.received;
    r->record_flags = FLAG_SAMPLED;
    note_texts(f);
    put_labels(&f->s);
    r->agent_addr = f->agent;
    rec_add_group(r, GROUP_ROUTE);
    rec_keep_groups(r, f->m.w->options.groups | group_bit(GROUP_HEADER));
    finish_hand_on(&f->m, r);
}

static void interfaces(struct sflow *f, struct cur *c, bool expanded)
{
    struct rec *r = &f->s.r;
    if (expanded) {
        cur_skip(c, 4);
        r->in_if = cur_u32be(c);
        cur_skip(c, 4);
        r->out_if = cur_u32be(c);
    } else {
        /* the upper two bits say what kind of number it is */
        r->in_if = cur_u32be(c) & INTERFACE_MASK;
        r->out_if = cur_u32be(c) & INTERFACE_MASK;
    }
}

static void flow_sample_v5(struct sflow *f, struct cur *c, bool expanded)
{
    uint32_t n;
    begin_sample(f);
    cur_skip(c, expanded ? 12 : 8); /* sequence, data source */
    f->s.rate = cur_u32be(c);
    cur_skip(c, 8); /* pool, drops */
    interfaces(f, c, expanded);
    n = cur_u32be(c);
    for (uint32_t i = 0; i < n && cur_ok(c); i++) {
        uint32_t tag = cur_u32be(c);
        uint32_t len = cur_u32be(c);
        bool cut = len > cur_left(c);
        struct cur body = cur_sub(c, cut ? cur_left(c) : len);
        if (cur_ok(c)) {
            sample_record(f, tag, &body);
            f->m.e->pub.loss.bad_records += cut || !cur_ok(&body);
        }
    }
    end_sample(f);
}

static void sample_v5(struct sflow *f, uint32_t tag, struct cur *c)
{
    switch (tag) {
    case SAMPLE_FLOW:
    case SAMPLE_FLOW_EXPANDED:
        flow_sample_v5(f, c, tag == SAMPLE_FLOW_EXPANDED);
        return;
    case SAMPLE_COUNTERS:
    case SAMPLE_COUNTERS_EXPANDED:
        f->m.e->pub.counter_samples++;
        return;
    default: /* discarded packets, events, vendors' own */
        f->m.e->pub.other_samples++;
        return;
    }
}

static bool samples_v5(struct sflow *f, struct cur *c, uint32_t n)
{
    for (uint32_t i = 0; i < n && cur_left(c) > 0; i++) {
        uint32_t tag = cur_u32be(c);
        uint32_t len = cur_u32be(c);
        bool cut = len > cur_left(c);
        struct cur body = cur_sub(c, cut ? cur_left(c) : len);
        if (!cur_ok(c) || cur_left(&body) == 0) {
            return false;
        }
        sample_v5(f, tag, &body);
        if (cut) {
            return false;
        }
    }
    return cur_ok(c);
}

/* ---- versions 2 and 4 ---- */

static void extended_old(struct sflow *f, struct cur *c)
{
    uint32_t n = cur_u32be(c);
    for (uint32_t i = 0; i < n && cur_ok(c); i++) {
        uint32_t type = cur_u32be(c);
        if (!sample_record(f, 1000 + type, c)) {
            cur_skip(c, cur_left(c) + 1);
            return;
        }
    }
}

static void flow_sample_old(struct sflow *f, struct cur *c)
{
    begin_sample(f);
    cur_skip(c, 8);
    f->s.rate = cur_u32be(c);
    cur_skip(c, 8);
    interfaces(f, c, false);
    switch (cur_u32be(c)) {
    case 1:
        raw_header(f, c);
        break;
    case 2:
        raw_ipv4(f, c);
        break;
    case 3:
        raw_ipv6(f, c);
        break;
    default:
        cur_skip(c, cur_left(c) + 1);
        return;
    }
    extended_old(f, c);
    end_sample(f);
}

static void counter_sample_old(struct sflow *f, struct cur *c)
{
    /* octets after the counters' version number: generic, Ethernet, token ring, FDDI, VG, WAN,
     * VLAN */
    static const uint16_t sizes[] = {0, 88, 140, 160, 88, 168, 88, 28};
    uint32_t version;
    cur_skip(c, 12);
    version = cur_u32be(c);
    f->m.e->pub.counter_samples++;
    cur_skip(c, version < sizeof sizes / sizeof sizes[0] ? sizes[version] : cur_left(c) + 1);
}

static bool samples_old(struct sflow *f, struct cur *c, uint32_t n)
{
    for (uint32_t i = 0; i < n && cur_left(c) > 0 && cur_ok(c); i++) {
        uint32_t type = cur_u32be(c);
        if (type == SAMPLE_FLOW) {
            flow_sample_old(f, c);
        } else if (type == SAMPLE_COUNTERS) {
            counter_sample_old(f, c);
        } else {
            return false;
        }
    }
    return cur_ok(c);
}

/* ---- datagrams ---- */

int decode_sflow(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows)
{
    struct sflow f = {.m = {.w = w, .received = d->received}};
    enum sequence_place place;
    uint32_t sub_agent = 0;
    uint32_t sequence, n;
    bool whole;
    int rc;
    f.version = cur_u32be(c);
    if (f.version != 2 && f.version != 4 && f.version != 5) {
        return ERR_UNSUPPORTED;
    }
    f.m.version = (uint8_t)(NF_SFLOW | f.version);
    if (read_address(c, &f.agent) == 0) {
        f.agent = (struct ip){{0}};
    }
    sub_agent = f.version >= 5 ? cur_u32be(c) : 0;
    sequence = cur_u32be(c);
    cur_skip(c, 4); /* uptime */
    n = cur_u32be(c);
    if (!cur_ok(c)) {
        return ERR_FORMAT;
    }
    f.m.e = exporter_of_agent(w, d, EXPORTER_SFLOW, sub_agent, &f.agent, &rc);
    if (f.m.e == NULL) {
        return rc;
    }
    place = sequence_check(f.m.e, sequence, WINDOW);
    whole = f.version == 5 ? samples_v5(&f, c, n) : samples_old(&f, c, n);
    sequence_advance(f.m.e, place, sequence, 1);
    *flows += f.m.flows;
    if (!whole) {
        f.m.e->pub.loss.bad_datagrams++;
        wire_say(w, WIRE_TROUBLE, "sFlow from exporter %u: malformed", f.m.e->pub.id.sysid);
        return ERR_FORMAT;
    }
    return 0;
}
