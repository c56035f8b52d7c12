/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * network.c - IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers.
 */
#include "packet/walk.h"

enum {
    NEXT_HOP_BY_HOP = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AH = 51,
    NEXT_NONE = 59,
    NEXT_DESTINATION = 60,
};

enum { EXTENSIONS_MAX = 16 };

enum packet_verdict walk_ip(struct walk *w)
{
    if (cur_left(&w->c) == 0 || ++w->depth > WALK_DEPTH_MAX) {
        return PACKET_SHORT;
    }
    if (w->p->link_length == 0) {
        w->p->link_length = (uint32_t)cur_offset(&w->c);
    }
    switch (w->c.at[0] >> 4) {
    case 4:
        return walk_ipv4(w);
    case 6:
        return walk_ipv6(w);
    default:
        return PACKET_NOT_IP;
    }
}

/* Octets behind the IP datagram (link padding) are none of it. A datagram that the card was to
 * cut into pieces may have been captured before with a length of 0: it fills the frame. */
static void cut_padding(struct walk *w, size_t left)
{
    if (w->p->ip_length != 0 && left < cur_left(&w->c)) {
        w->c.end = w->c.at + left;
    }
}

enum packet_verdict walk_ipv4(struct walk *w)
{
    struct packet *p = w->p;
    unsigned header = (cur_u8(&w->c) & 0x0fu) * 4;
    unsigned length, fragment;
    p->family = 4;
    p->tos = cur_u8(&w->c);
    length = cur_u16be(&w->c);
    p->fragment_id = cur_u16be(&w->c);
    fragment = cur_u16be(&w->c);
    p->ttl = cur_u8(&w->c);
    p->proto = cur_u8(&w->c);
    cur_skip(&w->c, 2);
    p->src = ip_from_v4(cur_u32be(&w->c));
    p->dst = ip_from_v4(cur_u32be(&w->c));
    if (!cur_ok(&w->c) || header < 20) {
        return PACKET_SHORT;
    }
    p->flow_label = 0;
    p->ip_length = length;
    p->fragment_flags = (uint8_t)(fragment >> 8 & (PACKET_DONT_FRAGMENT | PACKET_MORE_FRAGMENTS));
    p->fragment_offset = (uint16_t)((fragment & 0x1fff) * 8);
    p->is_fragment = (fragment & 0x3fff) != 0;
    cur_skip(&w->c, header - 20);
    cut_padding(w, length > header ? length - header : 0);
    return walk_transport(w);
}

static void take_fragment_header(struct walk *w)
{
    struct packet *p = w->p;
    unsigned fragment = cur_u16be(&w->c);
    p->fragment_id = cur_u32be(&w->c);
    p->fragment_offset = (uint16_t)(fragment & 0xfff8);
    p->fragment_flags = (fragment & 1) != 0 ? PACKET_MORE_FRAGMENTS : 0;
    p->is_fragment = (fragment & 0xfff9) != 0;
}

/* One extension header if `next` is one: skips it and returns true with the header behind it. */
static bool skip_extension(struct walk *w, uint8_t *next)
{
    uint8_t type = *next;
    uint8_t length;
    switch (type) {
    case NEXT_HOP_BY_HOP:
    case NEXT_ROUTING:
    case NEXT_DESTINATION:
    case NEXT_FRAGMENT:
    case NEXT_AH:
        break;
    default:
        return false;
    }
    if (type == NEXT_AH || w->p->fragment_offset != 0) {
        return false; /* AH is a protocol to a flow meter; later fragments have no chain */
    }
    *next = cur_u8(&w->c);
    length = cur_u8(&w->c);
    if (type == NEXT_FRAGMENT) {
        take_fragment_header(w);
    } else {
        cur_skip(&w->c, length * 8u + 6u);
    }
    return cur_ok(&w->c);
}

enum packet_verdict walk_ipv6(struct walk *w)
{
    struct packet *p = w->p;
    uint32_t head = cur_u32be(&w->c);
    unsigned length = cur_u16be(&w->c);
    uint8_t next = cur_u8(&w->c);
    p->family = 6;
    p->ttl = cur_u8(&w->c);
    cur_copy(&w->c, p->src.octet, sizeof p->src.octet);
    cur_copy(&w->c, p->dst.octet, sizeof p->dst.octet);
    if (!cur_ok(&w->c)) {
        return PACKET_SHORT;
    }
    p->tos = (uint8_t)(head >> 20);
    p->flow_label = head & 0xfffff;
    p->ip_length = length > 0 || next == NEXT_NONE ? length + 40 : 0;
    p->fragment_flags = 0;
    p->fragment_offset = 0;
    p->is_fragment = false;
    cut_padding(w, length);
    for (int i = 0; i < EXTENSIONS_MAX && skip_extension(w, &next); i++) {
    }
    p->proto = next;
    return walk_transport(w);
}
