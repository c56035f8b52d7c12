/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * link.c - link layers: from the first octet of a frame to its network header.
 *
 * One row per libpcap link type. Ethernet types lead on to VLAN tags (802.1Q, 802.1ad), MPLS
 * stacks, PPPoE sessions and IP. Link header lengths: www.tcpdump.org/linktypes.html.
 */
#include "packet/walk.h"

#include <pcap/dlt.h>
#include <string.h>

enum {
    TYPE_IPV4 = 0x0800,
    TYPE_VLAN = 0x8100,
    TYPE_IPV6 = 0x86dd,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_MULTICAST = 0x8848,
    TYPE_PPPOE = 0x8864,
    TYPE_QINQ = 0x88a8,
    TYPE_QINQ_OLD = 0x9100,
    TYPE_LENGTH_MAX = 1500, /* up to here the field is an 802.3 length */
};

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, PPP_MPLS = 0x0281 };

static uint64_t take_mac(struct cur *c)
{
    uint64_t high = cur_u16be(c);
    return high << 32 | cur_u32be(c);
}

static enum packet_verdict walk_vlan(struct walk *w)
{
    uint16_t tag = cur_u16be(&w->c);
    w->p->inner_vlan = tag & 0x0fff;
    if (w->p->nvlans++ == 0) {
        w->p->outer_vlan = tag & 0x0fff;
    }
    return walk_ether_type(w, cur_u16be(&w->c));
}

/* RFC 3032 label stack, then IP by its version nibble. */
static enum packet_verdict walk_mpls(struct walk *w)
{
    uint32_t entry = 0;
    while (cur_ok(&w->c) && (entry & 1) == 0) {
        entry = cur_u32be(&w->c) >> 8; /* without the TTL */
        w->p->label_octets += cur_ok(&w->c) && w->p->link_length == 0 ? 4 : 0;
        if (cur_ok(&w->c) && w->p->nlabels < PACKET_LABELS_MAX) {
            w->p->label[w->p->nlabels++] = entry;
        }
    }
    return walk_ip(w);
}

static enum packet_verdict walk_ppp_type(struct walk *w, uint16_t type)
{
    switch (type) {
    case PPP_IPV4:
    case PPP_IPV6:
        return walk_ip(w);
    case PPP_MPLS:
        return walk_mpls(w);
    default:
        return cur_ok(&w->c) ? PACKET_NOT_IP : PACKET_SHORT;
    }
}

static enum packet_verdict walk_pppoe(struct walk *w)
{
    cur_skip(&w->c, 6); /* version and type, code, session, length */
    return walk_ppp_type(w, cur_u16be(&w->c));
}

/* 802.2 LLC with SNAP: 6 octets, then an Ethernet type. Others are no IP. */
static enum packet_verdict walk_llc(struct walk *w)
{
    uint32_t llc = cur_u32be(&w->c);
    uint16_t oui = cur_u16be(&w->c);
    uint16_t type = cur_u16be(&w->c);
    if (!cur_ok(&w->c) || llc != 0xaaaa0300 || oui != 0) {
        return cur_ok(&w->c) ? PACKET_NOT_IP : PACKET_SHORT;
    }
    return walk_ether_type(w, type);
}

enum packet_verdict walk_ether_type(struct walk *w, uint16_t type)
{
    if (!cur_ok(&w->c) || ++w->depth > WALK_DEPTH_MAX) {
        return PACKET_SHORT;
    }
    w->p->ether_type = type;
    switch (type) {
    case TYPE_IPV4:
    case TYPE_IPV6:
        return walk_ip(w);
    case TYPE_VLAN:
    case TYPE_QINQ:
    case TYPE_QINQ_OLD:
        return walk_vlan(w);
    case TYPE_MPLS:
    case TYPE_MPLS_MULTICAST:
        return walk_mpls(w);
    case TYPE_PPPOE:
        return walk_pppoe(w);
    default:
        return type <= TYPE_LENGTH_MAX ? walk_llc(w) : PACKET_NOT_IP;
    }
}

enum packet_verdict walk_ethernet(struct walk *w)
{
    w->p->dst_mac = take_mac(&w->c); /* in a tunnel: of the inner frame */
    w->p->src_mac = take_mac(&w->c);
    w->p->has_mac = true;
    return walk_ether_type(w, cur_u16be(&w->c));
}

/* Linux cooked: packet type, hardware type, address length, address (8), protocol. */
static enum packet_verdict walk_sll(struct walk *w)
{
    cur_skip(&w->c, 14);
    return walk_ether_type(w, cur_u16be(&w->c));
}

static enum packet_verdict walk_sll2(struct walk *w)
{
    uint16_t type = cur_u16be(&w->c);
    cur_skip(&w->c, 18);
    return walk_ether_type(w, type);
}

enum packet_verdict walk_ppp(struct walk *w)
{
    uint16_t type;
    if (cur_left(&w->c) >= 2 && w->c.at[0] == 0xff && w->c.at[1] == 0x03) {
        cur_skip(&w->c, 2); /* HDLC address and control */
    }
    type = cur_u8(&w->c);
    if ((type & 1) == 0) { /* else a compressed one-octet protocol */
        type = (uint16_t)(type << 8 | cur_u8(&w->c));
    }
    return walk_ppp_type(w, type);
}

/* Cisco HDLC: address, control, Ethernet type. */
static enum packet_verdict walk_chdlc(struct walk *w)
{
    cur_skip(&w->c, 2);
    return walk_ether_type(w, cur_u16be(&w->c));
}

/* Address family in the byte order of whoever captured: the version nibble tells enough. */
static enum packet_verdict walk_null(struct walk *w)
{
    cur_skip(&w->c, 4);
    return walk_ip(w);
}

/* Frame relay (RFC 2427): Q.922 address of 2 octets, control 3, padding 0, NLPID. */
static enum packet_verdict walk_frame_relay(struct walk *w)
{
    uint8_t nlpid;
    cur_skip(&w->c, 2);
    if (cur_left(&w->c) >= 2 && w->c.at[0] == 0x08 && w->c.at[1] == 0x00) {
        return walk_ether_type(w, cur_u16be(&w->c)); /* Cisco encapsulation */
    }
    cur_skip(&w->c, 1);
    nlpid = cur_u8(&w->c);
    if (nlpid == 0x00) {
        nlpid = cur_u8(&w->c);
    }
    if (nlpid == 0x80) { /* SNAP */
        cur_skip(&w->c, 3);
        return walk_ether_type(w, cur_u16be(&w->c));
    }
    return nlpid == 0xcc || nlpid == 0x8e ? walk_ip(w) : PACKET_NOT_IP;
}

/* IEEE 802.11 data frames; other frames carry no IP. */
static enum packet_verdict walk_80211(struct walk *w)
{
    uint8_t control = cur_u8(&w->c);
    uint8_t flags = cur_u8(&w->c);
    bool qos = (control & 0x80) != 0;
    if ((control & 0x0c) != 0x08 || (flags & 0x40) != 0) { /* no data, or encrypted */
        return cur_ok(&w->c) ? PACKET_NOT_IP : PACKET_SHORT;
    }
    cur_skip(&w->c, 22);
    if ((flags & 0x03) == 0x03) {
        cur_skip(&w->c, 6); /* fourth address */
    }
    if (qos) {
        cur_skip(&w->c, 2);
    }
    return walk_llc(w);
}

static enum packet_verdict walk_radiotap(struct walk *w)
{
    cur_skip(&w->c, 2);
    uint16_t length = cur_u16le(&w->c);
    cur_skip(&w->c, length < 4 ? 0 : length - 4u);
    return walk_80211(w);
}

/* pflog: the header's length stands in its first octet and is padded to 4. */
static enum packet_verdict walk_pflog(struct walk *w)
{
    unsigned length = cur_u8(&w->c);
    cur_skip(&w->c, ((length + 3u) & ~3u) - (length > 0 ? 1u : 0u));
    return walk_ip(w);
}

/* NFLOG: family, version, resource id, then attributes; the packet is attribute 9. */
static enum packet_verdict walk_nflog(struct walk *w)
{
    enum { ATTRIBUTE_PAYLOAD = 9 };
    cur_skip(&w->c, 4);
    while (cur_left(&w->c) >= 4) {
        uint16_t length = cur_u16le(&w->c);
        uint16_t type = cur_u16le(&w->c) & 0x7fff;
        if (length < 4) {
            return PACKET_SHORT;
        }
        if (type == ATTRIBUTE_PAYLOAD) {
            return walk_ip(w);
        }
        cur_skip(&w->c, ((length + 3u) & ~3u) - 4u);
    }
    return cur_ok(&w->c) ? PACKET_NOT_IP : PACKET_SHORT;
}

static const struct link {
    int type;
    walk_step *step;
} links[] = {
    {DLT_EN10MB, walk_ethernet},
    {DLT_LINUX_SLL, walk_sll},
#ifdef DLT_LINUX_SLL2
    {DLT_LINUX_SLL2, walk_sll2},
#endif
    {DLT_RAW, walk_ip},
    {12, walk_ip}, /* raw IP as some systems number it */
    {14, walk_ip},
    {DLT_IPV4, walk_ip},
    {DLT_IPV6, walk_ip},
    {DLT_NULL, walk_null},
    {DLT_LOOP, walk_null},
    {DLT_PPP, walk_ppp},
    {DLT_PPP_SERIAL, walk_ppp},
    {DLT_PPP_ETHER, walk_pppoe},
    {DLT_C_HDLC, walk_chdlc},
    {DLT_FRELAY, walk_frame_relay},
    {DLT_IEEE802_11, walk_80211},
    {DLT_IEEE802_11_RADIO, walk_radiotap},
    {DLT_PFLOG, walk_pflog},
    {DLT_NFLOG, walk_nflog},
};

static walk_step *link_step(int type)
{
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (links[i].type == type) {
            return links[i].step;
        }
    }
    return NULL;
}

bool packet_link_known(int link_type)
{
    return link_step(link_type) != NULL;
}

enum packet_verdict packet_decode(int link_type, const uint8_t *data, size_t captured,
                                  const struct packet_options *options, struct packet *p)
{
    walk_step *step = link_step(link_type);
    struct walk w = {.c = cur_of(data, captured), .p = p, .options = options, .depth = 0};
    memset(p, 0, sizeof *p);
    return step != NULL ? step(&w) : PACKET_UNKNOWN_LINK;
}

enum packet_verdict packet_decode_ip(const uint8_t *data, size_t captured,
                                     const struct packet_options *options, struct packet *p)
{
    struct walk w = {.c = cur_of(data, captured), .p = p, .options = options, .depth = 0};
    memset(p, 0, sizeof *p);
    return walk_ip(&w);
}
