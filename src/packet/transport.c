/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * transport.c - ports, TCP flags, ICMP types; and the tunnels that start here.
 *
 * A packet whose transport header is cut or that is a later fragment is still a packet of a flow:
 * its ports are unknown (0, has_ports false).
 */
#include "packet/walk.h"

enum {
    PROTO_ICMP = 1,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_DCCP = 33,
    PROTO_ICMP6 = 58,
    PROTO_SCTP = 132,
    PROTO_UDP_LITE = 136,
};

enum { UDP_HEADER = 8 };

/* Both or none: half of them would name another flow. */
static void take_ports(struct walk *w)
{
    uint16_t src = cur_u16be(&w->c);
    uint16_t dst = cur_u16be(&w->c);
    if (cur_ok(&w->c)) {
        w->p->src_port = src;
        w->p->dst_port = dst;
        w->p->has_ports = true;
    }
}

static void take_payload(struct walk *w)
{
    w->p->payload = w->c.at;
    w->p->payload_length = (uint32_t)cur_left(&w->c);
}

static void take_tcp(struct walk *w)
{
    struct packet *p = w->p;
    unsigned header;
    take_ports(w);
    p->tcp_seq = cur_u32be(&w->c);
    p->tcp_ack = cur_u32be(&w->c);
    header = (cur_u8(&w->c) >> 4) * 4u;
    p->tcp_flags = cur_u8(&w->c);
    cur_skip(&w->c, 6);
    if (cur_ok(&w->c) && header >= 20) {
        cur_skip(&w->c, header - 20);
        take_payload(w);
    }
}

static void take_udp(struct walk *w)
{
    unsigned length;
    take_ports(w);
    length = cur_u16be(&w->c);
    cur_skip(&w->c, 2); /* checksum */
    take_payload(w);
    if (length >= UDP_HEADER && length - UDP_HEADER < w->p->payload_length) {
        w->p->payload_length = length - UDP_HEADER;
    }
}

static void take_icmp(struct walk *w)
{
    w->p->src_port = 0;
    w->p->dst_port = cur_u16be(&w->c); /* type, code */
    w->p->has_ports = cur_ok(&w->c);
    cur_skip(&w->c, 6); /* checksum, and four octets whose meaning depends on the type */
    take_payload(w);
}

static void take_other_ports(struct walk *w)
{
    take_ports(w);
    take_payload(w);
}

static void take_by_protocol(struct walk *w)
{
    switch (w->p->proto) {
    case PROTO_TCP:
        take_tcp(w);
        break;
    case PROTO_UDP:
    case PROTO_UDP_LITE:
        take_udp(w);
        break;
    case PROTO_ICMP:
    case PROTO_ICMP6:
        take_icmp(w);
        break;
    case PROTO_SCTP:
    case PROTO_DCCP:
        take_other_ports(w);
        break;
    default:
        take_payload(w);
        break;
    }
}

enum packet_verdict walk_transport(struct walk *w)
{
    struct packet *p = w->p;
    walk_step *tunnel;
    p->has_ports = false;
    p->src_port = p->dst_port = 0;
    p->tcp_flags = 0;
    p->payload = w->c.at;
    p->payload_length = 0;
    if (p->fragment_offset != 0) {
        return PACKET_OK;
    }
    tunnel = walk_tunnel_step(w);
    if (tunnel != NULL) {
        return tunnel(w);
    }
    take_by_protocol(w);
    if (!cur_ok(&w->c)) {
        p->payload_length = 0;
        return PACKET_OK;
    }
    tunnel = walk_udp_tunnel_step(w);
    return tunnel != NULL ? tunnel(w) : PACKET_OK;
}
