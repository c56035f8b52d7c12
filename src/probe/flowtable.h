/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowtable.h - the flows that are being measured.
 *
 * An open-addressing table (keyed hash, so that strangers cannot aim at one bucket) finds flows; a
 * timer wheel of one-second slots tells which ones end. The wheel is lazy: a packet that lets its
 * flow live longer does not touch it; when the flow's slot comes by, the table asks the owner when
 * the flow really ends. Memory grows with the number of flows up to the maximum the caller keeps to
 * (flowtable_oldest).
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

/* What each packet adds to its direction; 0 is the one whose sender is addr[0]. Flows end before
 * their octets exceed 2^32 (timeouts.h), so 32 bits count the packets. */
struct flow_direction {
    uint64_t octets;
    uint64_t last_usec;
    uint32_t packets;
    uint8_t tcp_flags;
    uint8_t min_ttl, max_ttl;
};

/* What the first packet of a direction said. */
struct flow_opening {
    uint64_t first_usec;
    uint32_t flow_label;
    uint8_t tos;
    uint8_t fragment_flags;
};

struct flow_detail; /* fat and payload facts, see detail.h */

/* By cache lines: a packet touches the first, which names the flow, and the second, which counts
 * it; only the begin and the end of a flow touch the third. */
struct probe_flow {
    struct flow_key key;

    uint64_t first_usec; /* of either direction, since 1970 */
    struct flow_direction dir[2];
    uint16_t wheel_slot; /* private to the table */
    bool oneway;         /* the table keeps directions apart: only dir[0] is used */
    uint8_t last_side;   /* whose packet came last */
    uint8_t reason, end; /* enum expiry_reason, end_reason: set when it ends */

    struct flow_opening opening[2];
    struct flow_detail *detail; /* owned by whoever set it; NULL */
    uint64_t seq;               /* running number of the flow */
    uint32_t self, wheel_next, wheel_prev; /* private to the table */
};

enum { FLOW_CACHE_LINE = 64 };

_Static_assert(offsetof(struct probe_flow, first_usec) == FLOW_CACHE_LINE
                   && offsetof(struct probe_flow, opening) == 2 * FLOW_CACHE_LINE
                   && sizeof(struct probe_flow) == 3 * FLOW_CACHE_LINE,
               "flows lie in the table by cache lines");

/* Time of the last packet. */
static inline uint64_t flow_last_usec(const struct probe_flow *f)
{
    return f->dir[f->last_side].last_usec;
}

/* The second (since 1970) by which a flow ends if no further packet comes. */
typedef uint64_t flow_end(const void *ctx, const struct probe_flow *f);

struct flowtable;

struct flowtable *flowtable_new(flow_end *end, const void *ctx); /* NULL when memory is out */
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

/* It is new, or may end earlier than it was to: look at its end. One that only lives longer needs
 * no word. */
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
