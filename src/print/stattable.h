/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stattable.h - tables of element statistics (-s) as text, csv, json and pipe.
 *
 * The query computes rows, this prints them. A table has one order; a statistic with several
 * orders is several tables.
 */
#ifndef WEIR_PRINT_STATTABLE_H
#define WEIR_PRINT_STATTABLE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/ip.h"
#include "flow/rec.h"
#include "print/print.h"

#include <stdbool.h>
#include <stdint.h>

enum stat_type {
    STAT_NUMBER,
    STAT_HEX,
    STAT_ADDR,
    STAT_MAC,
    STAT_MPLS,
    STAT_LATENCY,   /* number: usec */
    STAT_FLAGS,
    STAT_EVENT,     /* firewall event */
    STAT_NAT_EVENT,
    STAT_GEO,       /* text: country code */
    STAT_ORG,       /* number: AS; text: organisation, empty: look it up */
    STAT_HASH       /* text: ja3, ja4 */
};

/* How the "protocol" column is filled. */
enum stat_proto {
    STAT_PROTO_ANY,   /* rows are not split by protocol: "any" */
    STAT_PROTO_KEY,   /* :p, and the statistic proto */
    STAT_PROTO_VALUE  /* tunproto: the value is the protocol */
};

enum stat_direction { STAT_IN, STAT_OUT, STAT_BOTH };

struct stat_table {
    const char *name;   /* "srcip", key in json */
    const char *header; /* "Src IP Addr" */
    enum stat_type type;
    enum stat_proto proto;
    const char *order;               /* "flows" */
    enum stat_direction direction;   /* which counters the order and the columns mean */
    uint64_t top;                    /* -n; 0: all */
    uint64_t total_flows;            /* 100 % */
    uint64_t total_packets;
    uint64_t total_bytes;
};

struct stat_row {
    uint64_t number;   /* value, by type */
    struct ip addr;
    int family;        /* of addr: 4, 6, or 0: no address */
    struct span text;
    uint8_t protocol;
    uint64_t first;    /* msec */
    uint64_t last;     /* msec */
    uint64_t flows;
    uint64_t packets;  /* of the table's direction */
    uint64_t bytes;
};

struct stat_style {
    enum print_mode mode; /* raw, null and csv-fast print nothing; csv16 as csv */
    const struct print_options *options;
    bool title;           /* print title and header of text tables (not with -q, -w) */
    struct clock_zone *clock;
};

void stat_table_head(const struct stat_style *style, const struct stat_table *t, struct buf *out);
void stat_table_row(const struct stat_style *style, const struct stat_table *t,
                    const struct stat_row *row, struct buf *out);
void stat_table_foot(const struct stat_style *style, const struct stat_table *t, struct buf *out);

#endif
