/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stat.h - element statistics: the names of -s, and how one -s is read.
 *
 * The names come from the STAT rows of fields.def:
 *
 *     STAT("name", "header", KIND, FIELD1, FIELD2, FIELD3, FIELD4)
 *
 * header: title of the value column. KIND: how values are read and printed (enum stat_kind). Each
 * field that is not NONE is counted by itself, so a flow may count up to four times. Kinds
 * NUMBER, AS, ORG, PROTO, TUNPROTO and GEO count a flow that lacks the field under 0 (empty); the
 * others leave it out.
 */
#ifndef WEIR_QUERY_STAT_H
#define WEIR_QUERY_STAT_H

#include "base/buf.h"
#include "field/field.h"
#include "query/order.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stat_kind {
    STAT_KIND_NUMBER,
    STAT_KIND_PROTO,     /* number; always split by protocol */
    STAT_KIND_TUNPROTO,
    STAT_KIND_AS,        /* number; 0 is looked up in the geo data base */
    STAT_KIND_ORG,       /* the same, shown with the organisation */
    STAT_KIND_GEO,       /* country code of an address */
    STAT_KIND_HEX,
    STAT_KIND_ACL,
    STAT_KIND_ADDR,
    STAT_KIND_MAC,
    STAT_KIND_MPLS,
    STAT_KIND_LATENCY,
    STAT_KIND_FLAGS,
    STAT_KIND_EVENT,
    STAT_KIND_NAT_EVENT,
    STAT_KIND_NBAR,
    STAT_KIND_JA3,
    STAT_KIND_JA4
};

struct stat_element {
    const char *name;
    const char *header;
    enum stat_kind kind;
    enum field_id field[4]; /* FIELD_NONE fills up */
};

/* Case-insensitive; NULL if there is none. */
const struct stat_element *stat_find(const char *name, size_t len);
const struct stat_element *stat_at(size_t i); /* NULL behind the last one */
void stat_list(struct buf *out); /* "Available element statistics:" and the names */

#define STATS_MAX 8 /* element statistics of one run */

/* One -s. */
struct stat_spec {
    const struct stat_element *element; /* NULL: -s record */
    bool by_proto;                      /* :p */
    uint32_t orders;                    /* bit set of enum order_id */
    uint32_t ascending;                 /* of them */
};

/* All -s together. */
struct stats_asked {
    struct stat_spec element[STATS_MAX];
    size_t nelements;
    bool record;
    uint32_t record_orders;
    bool record_ascends; /* the last direction given holds for all of them */
};

/* Add one -s. Returns 0, or ERR_USAGE with lines for the user in err and lists in out. */
int stats_add(struct stats_asked *s, const char *text, struct buf *out, struct buf *err);

#endif
