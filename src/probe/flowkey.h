/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowkey.h - which packets belong to one flow: tracking levels, and the key of a packet.
 */
#ifndef WEIR_PROBE_FLOWKEY_H
#define WEIR_PROBE_FLOWKEY_H

#include "packet/packet.h"

#include <stdbool.h>
#include <stdint.h>

/* What makes a flow, each level adding to the one before (softflowd -T). */
enum track_level { TRACK_IP, TRACK_PROTO, TRACK_PORT, TRACK_FULL, TRACK_VLAN, TRACK_ETHER };

/* false if there is no such level */
bool track_level_parse(const char *text, enum track_level *level);

/* Members that the tracking level leaves out are zero. Padding-free, compared as octets. */
struct flow_key {
    struct ip addr[2];
    uint64_t mac[2];
    uint64_t labels;  /* hash of the MPLS label stack */
    uint16_t port[2]; /* ICMP: type * 256 + code stands at the receiver's side */
    uint16_t vlan;
    uint8_t family;
    uint8_t proto;
};

struct flow_scheme {
    enum track_level level;
    bool oneway;     /* each direction is a flow of its own */
    unsigned labels; /* MPLS labels that belong to the key */
};

/* Which side of the flow sent the packet: that of the smaller address is side 0. */
int flow_key_sender(const struct flow_scheme *s, const struct packet *p);

/* The key of a packet sent by `side`. */
void flow_key_of(const struct flow_scheme *s, const struct packet *p, int side,
                 struct flow_key *key);

/* The key of the other direction, where directions are kept apart. */
struct flow_key flow_key_reverse(const struct flow_key *key);

#endif
