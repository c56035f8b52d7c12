/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * packet.h - captured octets in, facts about one packet out.
 *
 * Zero-copy: cursors walk link, network, tunnel and transport headers of one captured frame and
 * leave what a flow meter needs in a plain struct; `payload` points into the frame. Nothing is
 * allocated. Numbers are host order, lengths octets. The link type is libpcap's DLT number.
 *
 * Used by the probe, and by sFlow and IPFIX decoders for sampled raw headers.
 */
#ifndef WEIR_PACKET_PACKET_H
#define WEIR_PACKET_PACKET_H

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKET_LABELS_MAX = 10 };

/* Fragment flags as IPFIX 197 has them. */
enum { PACKET_DONT_FRAGMENT = 0x40, PACKET_MORE_FRAGMENTS = 0x20 };

enum packet_verdict {
    PACKET_OK,        /* addresses and protocol are known */
    PACKET_NOT_IP,    /* another network protocol */
    PACKET_SHORT,     /* headers end too early or are malformed */
    PACKET_UNKNOWN_LINK /* no decoder for this link type */
};

struct packet {
    /* link */
    bool has_mac;
    uint64_t src_mac, dst_mac; /* low 48 bits */
    unsigned nvlans;           /* tags seen */
    uint16_t outer_vlan, inner_vlan; /* the first and the last one; equal if there is one */
    unsigned nlabels;
    uint32_t label[PACKET_LABELS_MAX]; /* label << 4 | exp << 1 | bottom of stack */
    uint32_t label_octets;     /* of all labels in front of the network header */
    uint16_t ether_type;       /* of the network header */
    uint32_t link_length;      /* octets in front of the first octet after the link header */

    /* network (the inner one if a tunnel was opened) */
    int family; /* 4, 6 */
    struct ip src, dst;
    uint8_t proto; /* after IPv6 extension headers */
    uint8_t tos;
    uint8_t ttl;
    uint32_t flow_label;
    uint32_t ip_length; /* header and payload as the IP header says; 0: it does not say */

    /* fragmentation */
    uint8_t fragment_flags;   /* PACKET_DONT_FRAGMENT | PACKET_MORE_FRAGMENTS */
    uint16_t fragment_offset; /* octets; 0 in the first or only fragment */
    uint32_t fragment_id;
    bool is_fragment;

    /* transport */
    bool has_ports; /* ports (or ICMP type and code) could be read */
    uint16_t src_port;
    uint16_t dst_port; /* ICMP, ICMPv6: type * 256 + code */
    uint8_t tcp_flags;
    uint32_t tcp_seq, tcp_ack;
    const uint8_t *payload; /* captured octets behind the transport header */
    uint32_t payload_length;

    /* the innermost tunnel that was opened; tunnel_family 0: none. ERSPAN is none: what it mirrors
     * did not travel in it. */
    int tunnel_family;
    struct ip tunnel_src, tunnel_dst;
    uint8_t tunnel_proto;
};

struct packet_options {
    bool open_ip_tunnels;  /* GRE, IP-in-IP, 6in4, ERSPAN: report the inner packet */
    bool open_udp_tunnels; /* VXLAN and GENEVE on their ports: report the inner packet */
};

/* Decode one frame of which `captured` octets are at hand. */
enum packet_verdict packet_decode(int link_type, const uint8_t *data, size_t captured,
                                  const struct packet_options *options, struct packet *p);

/* Decode from an IPv4 or IPv6 header on. */
enum packet_verdict packet_decode_ip(const uint8_t *data, size_t captured,
                                     const struct packet_options *options, struct packet *p);

/* Is there a decoder for this link type? */
bool packet_link_known(int link_type);

#endif
