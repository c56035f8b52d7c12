/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rec.h - one flow while somebody builds it: decoders, the probe, merging.
 *
 * A plain struct with one member per stored field of the catalogue. A member counts only if the
 * bit of its group is set in `groups`; members of absent groups must be zero in a record that is
 * handed on. IPv4 addresses are kept as ::ffff:a.b.c.d. VAR members point to memory of whoever
 * filled the record and are copied when it is added to a batch.
 */
#ifndef WEIR_FLOW_REC_H
#define WEIR_FLOW_REC_H

#include "base/ip.h"
#include "field/field.h"

#include <stdbool.h>
#include <stdint.h>

/* Octets of a variable-length value. */
struct span {
    const uint8_t *data; /* may be NULL if len is 0 */
    uint32_t len;
};

#define REC_U8 uint8_t
#define REC_U16 uint16_t
#define REC_U32 uint32_t
#define REC_U64 uint64_t
#define REC_IP struct ip
#define REC_VAR struct span

struct rec {
#define FIELD(id, member, class, type, group, merge, doc) REC_##type member;
#include "field/fields.def"
};

#undef REC_U8
#undef REC_U16
#undef REC_U32
#undef REC_U64
#undef REC_IP
#undef REC_VAR

/* An empty record: all zero, group HEADER set. */
void rec_clear(struct rec *r);

static inline bool rec_has(const struct rec *r, enum field_group g)
{
    return (r->groups & group_bit(g)) != 0;
}

static inline void rec_add_group(struct rec *r, enum field_group g)
{
    r->groups |= group_bit(g);
}

/* Octet offset of a stored field in struct rec. */
size_t rec_offset(enum field_id id);

/* The value of a numeric field (stored or computed) as 64 bits; 0 if its group is absent. */
uint64_t rec_u64(const struct rec *r, enum field_id id);

/* Set a numeric stored field from 64 bits (cut to its width) and set its group. */
void rec_set_u64(struct rec *r, enum field_id id, uint64_t value);

/* 4, 6 or 0 (no address). */
static inline int rec_family(const struct rec *r)
{
    return rec_has(r, GROUP_IPV4) ? 4 : rec_has(r, GROUP_IPV6) ? 6 : 0;
}

/* Merge `from` into `into` by the merge rules of the catalogue: sums, minima, maxima, or;
 * everything else stays as in `into`. A group that only `from` has is taken over. Flow counts
 * follow FLOW_COUNT (absent or 0 counts as 1); group COUNTER appears when the sum is above 1 or
 * there are reverse counters. A last seen of 0 never wins. */
void rec_merge(struct rec *into, const struct rec *from);

#endif
