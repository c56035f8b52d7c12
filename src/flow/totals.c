/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * totals.c - the counters of a statistics record over batches.
 */
#include "base/bits.h"
#include "flow/batch.h"
#include "flow/meta.h"

#include <string.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58 };

void totals_clear(struct flow_totals *t)
{
    memset(t, 0, sizeof *t);
    t->first = UINT64_MAX;
}

void totals_merge(struct flow_totals *into, const struct flow_totals *from)
{
    into->flows += from->flows;
    into->bytes += from->bytes;
    into->packets += from->packets;
    for (int p = 0; p < TOTAL_PROTOS_; p++) {
        into->flows_of[p] += from->flows_of[p];
        into->bytes_of[p] += from->bytes_of[p];
        into->packets_of[p] += from->packets_of[p];
    }
    into->first = from->first < into->first ? from->first : into->first;
    into->last = from->last > into->last ? from->last : into->last;
    into->sequence_failures += from->sequence_failures;
}

static enum total_proto proto_class(uint64_t proto)
{
    switch (proto) {
    case PROTO_TCP:
        return TOTAL_TCP;
    case PROTO_UDP:
        return TOTAL_UDP;
    case PROTO_ICMP:
    case PROTO_ICMP6:
        return TOTAL_ICMP;
    default:
        return TOTAL_OTHER;
    }
}

struct totals_columns {
    const struct column *groups, *proto, *flows, *packets, *bytes, *out_packets, *out_bytes;
    const struct column *first, *last;
};

static struct totals_columns columns_of(struct batch *b)
{
    return (struct totals_columns){
        .groups = batch_column(b, FIELD_GROUPS),
        .proto = batch_column(b, FIELD_PROTO),
        .flows = batch_column(b, FIELD_FLOWS),
        .packets = batch_column(b, FIELD_PACKETS),
        .bytes = batch_column(b, FIELD_BYTES),
        .out_packets = batch_column(b, FIELD_OUT_PACKETS),
        .out_bytes = batch_column(b, FIELD_OUT_BYTES),
        .first = batch_column(b, FIELD_FIRST_SEEN),
        .last = batch_column(b, FIELD_LAST_SEEN),
    };
}

/* Records without the generic group do not count, as in nfdump. */
static void add_row(struct flow_totals *t, const struct totals_columns *c, uint32_t row)
{
    uint64_t flows = column_u64(c->flows, row);
    uint64_t packets = column_u64(c->packets, row) + column_u64(c->out_packets, row);
    uint64_t bytes = column_u64(c->bytes, row) + column_u64(c->out_bytes, row);
    uint64_t first = column_u64(c->first, row);
    uint64_t last = column_u64(c->last, row);
    enum total_proto p = proto_class(column_u64(c->proto, row));
    if (!(column_u64(c->groups, row) & group_bit(GROUP_GENERIC))) {
        return;
    }
    flows = flows != 0 ? flows : 1;
    t->flows += flows;
    t->packets += packets;
    t->bytes += bytes;
    t->flows_of[p] += flows;
    t->packets_of[p] += packets;
    t->bytes_of[p] += bytes;
    t->first = first < t->first ? first : t->first;
    t->last = last > t->last ? last : t->last;
}

void totals_add_batch(struct flow_totals *t, struct batch *b, const uint64_t *sel)
{
    struct totals_columns c = columns_of(b);
    for (uint32_t i = 0; i < b->nrows; i++) {
        if (sel == NULL || bits_get(sel, i)) {
            add_row(t, &c, i);
        }
    }
}
