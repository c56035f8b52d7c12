/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * walk.h - inside of the packet room: the state that header decoders hand on.
 *
 * Each decoder reads its header from w->c, notes facts in w->p and calls the next one. Depth bounds
 * the nesting of tunnels and tags that a hostile frame can ask for.
 */
#ifndef WEIR_PACKET_WALK_H
#define WEIR_PACKET_WALK_H

#include "base/cur.h"
#include "packet/packet.h"

enum { WALK_DEPTH_MAX = 16 };

struct walk {
    struct cur c;
    struct packet *p;
    const struct packet_options *options;
    unsigned depth;
};

typedef enum packet_verdict walk_step(struct walk *w);

enum packet_verdict walk_ether_type(struct walk *w, uint16_t type);
enum packet_verdict walk_ethernet(struct walk *w);
enum packet_verdict walk_ppp(struct walk *w); /* RFC 1661, with or without HDLC framing */
enum packet_verdict walk_ip(struct walk *w); /* version nibble decides */
enum packet_verdict walk_ipv4(struct walk *w);
enum packet_verdict walk_ipv6(struct walk *w);
enum packet_verdict walk_transport(struct walk *w);

/* The walk goes into a tunnel: remember its addresses. */
void walk_enter_tunnel(struct walk *w);

/* Does a tunnel start here that the options want opened? */
walk_step *walk_tunnel_step(const struct walk *w);
walk_step *walk_udp_tunnel_step(const struct walk *w);

#endif
