/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowtable.h - the flows that are being measured.
 *
 * An open-addressing table (keyed hash, so that strangers cannot aim at one bucket) finds flows; a
 * timer wheel of one-second slots tells which ones end. Arming a flow is cheap: the wheel entry of
 * a flow that lives longer stays where it is and is moved when its slot comes by. Memory grows
 * with the number of flows up to the maximum the caller keeps to (flowtable_oldest).
 *
 * Used by one thread. Pointers to flows are stable until flowtable_remove().
 */
#ifndef WEIR_PROBE_FLOWTABLE_H
#define WEIR_PROBE_FLOWTABLE_H

#include "probe/flowkey.h"
#include "probe/timeouts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was seen of one direction; 0 is the one whose sender is addr[0]. */
struct flow_direction {
    uint64_t packets;
    uint64_t octets;
    uint64_t first_usec;
    uint64_t last_usec;
    uint8_t tcp_flags;
    uint8_t tos;
    uint8_t min_ttl, max_ttl;
    uint8_t fragment_flags;
};

struct flow_detail; /* fat and payload facts, see detail.h */

/* In the order of use: a packet touches the first cache line (its key), the second, and that of its
 * direction. */
struct probe_flow {
    struct flow_key key;

    uint64_t first_usec, last_usec; /* of either direction, since 1970 */
    uint64_t expires_at;            /* end by the timeouts, seconds since 1970; 0: at once */
    uint64_t due_at;                /* the same on the grid of expiry scans: the table goes by it */
    struct flow_detail *detail;     /* owned by whoever set it; NULL */
    enum expiry_reason reason;
    enum end_reason end;
    uint32_t wheel_slot, hash;      /* private to the table */
    bool oneway;                    /* the table keeps directions apart: only dir[0] is used */

    struct flow_direction dir[2];
    uint64_t seq;                   /* running number of the flow */
    uint32_t flow_label[2];
    uint32_t in_if;
    uint32_t self, wheel_next, wheel_prev; /* private to the table */
    uint8_t unused[16];                    /* whole cache lines */
};

_Static_assert(offsetof(struct probe_flow, dir) == 128 && sizeof(struct probe_flow) == 256,
               "flows lie in the table by cache lines");

struct flowtable;

struct flowtable *flowtable_new(void); /* NULL when memory is out */
void flowtable_free(struct flowtable *t);

size_t flowtable_count(const struct flowtable *t);

uint32_t flowtable_hash(const struct flowtable *t, const struct flow_key *key);

/* The flow of a key and its hash, made if there is none (*fresh; all zero but key). NULL when
 * memory is out. */
struct probe_flow *flowtable_get(struct flowtable *t, const struct flow_key *key, uint32_t hash,
                                 bool *fresh);

/* The flow of a key, or NULL. */
struct probe_flow *flowtable_find(const struct flowtable *t, const struct flow_key *key);

/* A packet of the flow comes soon: have the memory it will touch fetched meanwhile. First where the
 * flow is noted; a few packets later, the flow. */
void flowtable_expect(const struct flowtable *t, uint32_t hash);
void flowtable_expect_flow(const struct flowtable *t, uint32_t hash);

/* Say when it ends (f->due_at was set). */
void flowtable_arm(struct flowtable *t, struct probe_flow *f);

/* A flow whose end lies before `now` (seconds since 1970), or NULL. Remove it before asking
 * again. */
struct probe_flow *flowtable_due(struct flowtable *t, uint64_t now);

/* The flow that ends first, or NULL if the table is empty. */
struct probe_flow *flowtable_oldest(struct flowtable *t);

/* Flows one by one in no particular order: start with *place = 0; NULL at the end. */
struct probe_flow *flowtable_next(struct flowtable *t, size_t *place);

/* Forget the flow; its memory is reused. */
void flowtable_remove(struct flowtable *t, struct probe_flow *f);

#endif
