/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * randomflows.h - flows for tests of storage: any groups and values at all, or a plausible mix.
 */
#ifndef WEIR_STORE_RANDOMFLOWS_H
#define WEIR_STORE_RANDOMFLOWS_H

#include "flow/builder.h"
#include "flow/rec.h"

#include "../check.h"

/* Texts that VAR members point into. */
static const uint8_t random_octets[64] =
    "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0";

/* Fill every field of the groups that the record has. */
static inline void random_fields(struct rec *r, uint64_t *seed)
{
    for (unsigned id = FIELD_ENGINE_TYPE; id < FIELD_STORED_; id++) {
        const struct field *f = field_of((enum field_id)id);
        uint8_t *to = (uint8_t *)r + rec_offset((enum field_id)id);
        uint64_t v = check_random(seed);
        if (!rec_has(r, f->group) || field_is_transient((enum field_id)id)) {
            continue;
        }
        if (f->type == TYPE_VAR) {
            struct span s = {random_octets, (uint32_t)(v % 40)};
            memcpy(to, &s, sizeof s);
        } else if (f->type == TYPE_IP) {
            struct ip ip = v % 4 ? ip_from_v4((uint32_t)(v >> 32) & 0xff00ffff)
                                 : ip_from_halves(v & 0xff00000000000000, v >> 40);
            memcpy(to, &ip, sizeof ip);
        } else {
            v >>= check_random(seed) % 64;
            memcpy(to, &v, field_width((enum field_id)id));
        }
    }
}

static inline uint64_t all_groups(void)
{
    uint64_t groups = 0;
    for (unsigned g = 0; g < GROUP_COUNT_; g++) {
        groups |= field_group_name(g) != NULL ? (uint64_t)1 << g : 0;
    }
    return groups;
}

/* Any groups. */
static inline void random_rec(struct rec *r, uint64_t *seed)
{
    rec_clear(r);
    r->groups |= check_random(seed) & check_random(seed) & all_groups();
    random_fields(r, seed);
}

/* A flow as routers send it; AS, mask and next hop follow from the addresses. */
static inline void plausible_rec(struct rec *r, uint64_t *seed)
{
    static const uint16_t ports[] = {443, 443, 443, 80, 53, 53, 22, 25, 123, 8080};
    uint64_t x = check_random(seed);
    uint32_t inside = 0x0a000000u + (uint32_t)(x % 200);
    uint32_t outside = 0xc0000000u + (uint32_t)((x >> 16) % 3000) * 7919;
    bool out = x >> 40 & 1;
    bool six = x % 7 == 0;
    rec_clear(r);
    r->groups |= group_bit(GROUP_GENERIC) | group_bit(GROUP_MISC) | group_bit(GROUP_AS) |
                 group_bit(six ? GROUP_IPV6 : GROUP_IPV4) | group_bit(GROUP_NEXT4);
    r->first = 1700000000000 + (x >> 20) % 300000;
    r->last = r->first + (x % 3 ? 0 : (x >> 24) % 60000);
    r->received = r->last + 5;
    r->packets = 1 + (x >> 44) % 20;
    r->bytes = r->packets * (40 + (x >> 30) % 1400);
    r->proto = x % 5 ? 6 : 17;
    r->tcp_flags = r->proto == 6 ? 0x1b : 0;
    r->src_addr = six ? ip_from_halves(0x20010db800000000, inside) : ip_from_v4(inside);
    r->dst_addr = six ? ip_from_halves(0x20010db800000001, outside) : ip_from_v4(outside);
    r->src_port = (uint16_t)(32768 + (x >> 12) % 28000);
    r->dst_port = ports[(x >> 50) % 10];
    r->src_as = 64512;
    r->dst_as = outside % 61;
    r->src_mask = 16;
    r->dst_mask = (uint8_t)(16 + outside % 9);
    r->next4 = six ? ip_from_halves(0, 0) : ip_from_v4(0xc0a80001 + outside % 3);
    if (!out) {
        struct rec f = *r;
        r->src_addr = f.dst_addr, r->dst_addr = f.src_addr;
        r->src_port = f.dst_port, r->dst_port = f.src_port;
        r->src_as = f.dst_as, r->dst_as = f.src_as;
        r->src_mask = f.dst_mask, r->dst_mask = f.src_mask;
        r->next4 = ip_from_v4(0xc0a80009);
    }
    r->in_if = out ? 3 : 7;
    r->out_if = out ? 7 : 3;
}

#endif
