/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * tunnel.c - GRE (RFC 2784, 2890, PPTP's version 1), IP-in-IP, 6in4, ERSPAN, VXLAN (RFC 7348),
 * GENEVE (RFC 8926).
 *
 * A tunnel that cannot be opened to an IP packet is reported as what it is on the outside.
 */
#include "packet/walk.h"

enum { PROTO_IPIP = 4, PROTO_UDP = 17, PROTO_IPV6 = 41, PROTO_GRE = 47 };
enum { PORT_VXLAN = 4789, PORT_VXLAN_LINUX = 8472, PORT_GENEVE = 6081 };
enum { GRE_CHECKSUM = 0x8000, GRE_ROUTING = 0x4000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000,
       GRE_ACK = 0x0080, GRE_VERSION = 0x0007 };
enum { TYPE_PPP = 0x880b, TYPE_ERSPAN2 = 0x88be, TYPE_ERSPAN3 = 0x22eb, TYPE_BRIDGED = 0x6558 };

void walk_enter_tunnel(struct walk *w)
{
    struct packet *p = w->p;
    p->tunnel_family = p->family;
    p->tunnel_src = p->src;
    p->tunnel_dst = p->dst;
    p->tunnel_proto = p->proto;
}

/* Try `inner` with the outer packet noted as tunnel; if it fails the outer packet stands. */
static enum packet_verdict open_tunnel(struct walk *w, walk_step *inner)
{
    struct packet outer = *w->p;
    walk_enter_tunnel(w);
    if (inner(w) == PACKET_OK) {
        return PACKET_OK;
    }
    *w->p = outer;
    return PACKET_OK;
}

/* A mirrored frame: no tunnel of its packet. */
static enum packet_verdict inner_mirror(struct walk *w)
{
    w->p->tunnel_family = 0;
    return walk_ethernet(w);
}

static enum packet_verdict step_ipip(struct walk *w)
{
    return open_tunnel(w, walk_ip);
}

static enum packet_verdict inner_gre(struct walk *w)
{
    uint16_t flags = cur_u16be(&w->c);
    uint16_t type = cur_u16be(&w->c);
    bool enhanced = (flags & GRE_VERSION) == 1;
    cur_skip(&w->c, flags & (GRE_CHECKSUM | GRE_ROUTING) ? 4 : 0);
    cur_skip(&w->c, flags & GRE_KEY ? 4 : 0);
    cur_skip(&w->c, flags & GRE_SEQUENCE ? 4 : 0);
    cur_skip(&w->c, enhanced && (flags & GRE_ACK) ? 4 : 0);
    switch (type) {
    case TYPE_PPP:
        return walk_ppp(w);
    case TYPE_ERSPAN2:
        cur_skip(&w->c, flags & GRE_SEQUENCE ? 8 : 0); /* type I has no header of its own */
        return inner_mirror(w);
    case TYPE_ERSPAN3:
        cur_skip(&w->c, 12);
        return inner_mirror(w);
    case TYPE_BRIDGED:
        return walk_ethernet(w);
    default:
        return walk_ether_type(w, type);
    }
}

static enum packet_verdict step_gre(struct walk *w)
{
    return open_tunnel(w, inner_gre);
}

static enum packet_verdict inner_vxlan(struct walk *w)
{
    cur_skip(&w->c, 8);
    return walk_ethernet(w);
}

static enum packet_verdict step_vxlan(struct walk *w)
{
    return open_tunnel(w, inner_vxlan);
}

static enum packet_verdict inner_geneve(struct walk *w)
{
    unsigned options = (cur_u8(&w->c) & 0x3fu) * 4;
    uint16_t type;
    cur_skip(&w->c, 1);
    type = cur_u16be(&w->c);
    cur_skip(&w->c, 4u + options);
    return type == TYPE_BRIDGED ? walk_ethernet(w) : walk_ether_type(w, type);
}

static enum packet_verdict step_geneve(struct walk *w)
{
    return open_tunnel(w, inner_geneve);
}

walk_step *walk_tunnel_step(const struct walk *w)
{
    if (w->options == NULL || !w->options->open_ip_tunnels || w->p->is_fragment) {
        return NULL;
    }
    switch (w->p->proto) {
    case PROTO_IPIP:
    case PROTO_IPV6:
        return step_ipip;
    case PROTO_GRE:
        return step_gre;
    default:
        return NULL;
    }
}

walk_step *walk_udp_tunnel_step(const struct walk *w)
{
    if (w->options == NULL || !w->options->open_udp_tunnels || w->p->is_fragment
        || w->p->proto != PROTO_UDP || !w->p->has_ports) {
        return NULL;
    }
    switch (w->p->dst_port) {
    case PORT_VXLAN:
    case PORT_VXLAN_LINUX:
        return step_vxlan;
    case PORT_GENEVE:
        return step_geneve;
    default:
        return NULL;
    }
}
