/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowkey.c - from a packet to the key of its flow.
 */
#include "probe/flowkey.h"

#include "base/hash.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

bool track_level_parse(const char *text, enum track_level *level)
{
    static const char *const names[] = {
        [TRACK_IP] = "ip", [TRACK_PROTO] = "proto", [TRACK_PORT] = "port",
        [TRACK_FULL] = "full", [TRACK_VLAN] = "vlan", [TRACK_ETHER] = "ether",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(text, names[i]) == 0) {
            *level = (enum track_level)i;
            return true;
        }
    }
    return false;
}

static uint64_t label_hash(const struct flow_scheme *s, const struct packet *p)
{
    unsigned n = p->nlabels < s->labels ? p->nlabels : s->labels;
    return n == 0 ? 0 : hash_of(p->label, n * sizeof p->label[0]);
}

int flow_key_sender(const struct flow_scheme *s, const struct packet *p)
{
    return !s->oneway && ip_cmp(&p->src, &p->dst) > 0;
}

void flow_key_of(const struct flow_scheme *s, const struct packet *p, int side,
                 struct flow_key *key)
{
    memset(key, 0, sizeof *key);
    key->family = (uint8_t)p->family;
    key->addr[side] = p->src;
    key->addr[!side] = p->dst;
    key->labels = label_hash(s, p);
    if (s->level >= TRACK_PROTO) {
        key->proto = p->proto;
    }
    if (s->level >= TRACK_PORT) {
        key->port[side] = p->src_port;
        key->port[!side] = p->dst_port;
    }
    if (s->level >= TRACK_VLAN && p->nvlans > 0) {
        key->vlan = p->inner_vlan;
    }
    if (s->level >= TRACK_ETHER) {
        key->mac[side] = p->src_mac;
        key->mac[!side] = p->dst_mac;
    }
}

struct flow_key flow_key_reverse(const struct flow_key *key)
{
    struct flow_key reverse = *key;
    for (int side = 0; side < 2; side++) {
        reverse.addr[side] = key->addr[!side];
        reverse.port[side] = key->port[!side];
        reverse.mac[side] = key->mac[!side];
    }
    return reverse;
}
