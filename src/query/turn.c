/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * turn.c - see turn.h.
 */
#include "query/turn.h"

#include <string.h>

enum { TCP = 6, UDP = 17 };

static const struct pair {
    enum field_id a, b;
    bool counters; /* only where the flow has counters of both directions */
} pairs[] = {
    {FIELD_SRC_ADDR, FIELD_DST_ADDR, false}, {FIELD_SRC_PORT, FIELD_DST_PORT, false},
    {FIELD_SRC_AS, FIELD_DST_AS, false},     {FIELD_IN_IF, FIELD_OUT_IF, false},
    {FIELD_SRC_MASK, FIELD_DST_MASK, false}, {FIELD_PACKETS, FIELD_OUT_PACKETS, true},
    {FIELD_BYTES, FIELD_OUT_BYTES, true},
};

enum { NPAIRS = sizeof pairs / sizeof pairs[0] };

bool turn_wanted(uint64_t proto, uint64_t src_port, uint64_t dst_port)
{
    static const uint64_t border[] = {1024, 32768, 49152};
    for (size_t i = 0; i < 3 && (proto == TCP || proto == UDP); i++) {
        if (src_port < border[i] && dst_port >= border[i]) {
            return true;
        }
    }
    return false;
}

void turn_fields(struct field_set *set)
{
    field_set_add(set, FIELD_GROUPS);
    field_set_add(set, FIELD_PROTO);
    for (size_t i = 0; i < NPAIRS; i++) {
        field_set_add(set, pairs[i].a);
        field_set_add(set, pairs[i].b);
    }
}

static void exchange(const struct column *a, const struct column *b, uint32_t row)
{
    uint8_t h[16];
    uint8_t *pa = (uint8_t *)(uintptr_t)a->values + (size_t)row * a->width;
    uint8_t *pb = (uint8_t *)(uintptr_t)b->values + (size_t)row * b->width;
    memcpy(h, pa, a->width);
    memcpy(pa, pb, a->width);
    memcpy(pb, h, a->width);
}

int turn_flows(struct batch *b)
{
    const struct column *proto = batch_column(b, FIELD_PROTO);
    const struct column *src = batch_column(b, FIELD_SRC_PORT);
    const struct column *dst = batch_column(b, FIELD_DST_PORT);
    const struct column *groups = batch_column(b, FIELD_GROUPS);
    for (uint32_t i = 0; i < b->nrows; i++) {
        bool has_counters = (column_u64(groups, i) & group_bit(GROUP_COUNTER)) != 0;
        if (!turn_wanted(column_u64(proto, i), column_u64(src, i), column_u64(dst, i))) {
            continue;
        }
        for (size_t k = 0; k < NPAIRS; k++) {
            if (!pairs[k].counters || has_counters) {
                exchange(batch_column(b, pairs[k].a), batch_column(b, pairs[k].b), i);
            }
        }
    }
    return 0;
}
