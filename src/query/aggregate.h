/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * aggregate.h - the names of -A, how a list is read, and the operator that groups flows.
 *
 * The names come from the AGGR rows of fields.def:
 *
 *     AGGR("name", "tag", KIND, FIELD1, FIELD2)
 *
 * tag: the column of automatic formats, without '%'. KIND says what enters the key:
 *     VALUE  FIELD1, 0 if the flow lacks it
 *     ADDR   the address FIELD1 of either family
 *     ADDR4  the address if the flow is IPv4, else nothing; may have a mask: srcip4/24
 *     ADDR6  the same for IPv6
 *     NET    the address FIELD1 under the flow's own mask FIELD2
 *     PAIR   FIELD1 (IPv4) or FIELD2 (IPv6), whichever the flow has
 *     AS     FIELD1; 0 is looked up in the geo data base
 *     GEO    country code of the address FIELD1
 *
 * Groups come in the order in which their first flow appears; a group shows that flow's fields,
 * with masks applied, and the sums of all. Bidirectional groups take flows of the opposite
 * direction, too.
 */
#ifndef WEIR_QUERY_AGGREGATE_H
#define WEIR_QUERY_AGGREGATE_H

#include "base/buf.h"
#include "query/groupmerge.h"
#include "query/operator.h"
#include "query/table.h"

#include <stdbool.h>
#include <stddef.h>

struct geo_db;

enum aggr_kind {
    AGGR_VALUE, AGGR_ADDR, AGGR_ADDR4, AGGR_ADDR6, AGGR_NET, AGGR_PAIR, AGGR_AS, AGGR_GEO
};

struct aggr_element {
    const char *name;
    const char *tag;
    enum aggr_kind kind;
    enum field_id field[2];
};

const struct aggr_element *aggr_at(size_t i); /* NULL behind the last one */

enum { AGGR_PARTS_MAX = 64 };

struct aggr_part {
    const struct aggr_element *element;
    unsigned mask;  /* prefix length; 0: none */
    size_t offset;  /* in the key */
};

struct aggregation {
    struct aggr_part part[AGGR_PARTS_MAX];
    size_t nparts;        /* 0: by addresses, ports and protocol */
    size_t key_length;
    bool bidirectional;   /* only without parts */
    const struct geo_db *geo;
};

/* Read a list; ERR_USAGE with nfdump's sentence in *fault. */
int aggregation_read(const char *list, struct aggregation *a, struct fault *fault);
void aggregation_five_tuple(struct aggregation *a, bool bidirectional);

/* The format that shows an aggregation: "fmt:..." or, for csv, "csv:...". */
void aggregation_format(const struct aggregation *a, bool csv, bool geo, struct buf *out);

/* May a format with this tag be used? Tags of elements that are not aggregated may not. */
bool aggregation_allows(const struct aggregation *a, const char *tag);

/* What written records keep: groups, and of them those fields that are aggregated; all others are
 * 0. */
uint64_t aggregation_groups(const struct aggregation *a);
void aggregation_kept(const struct aggregation *a, struct field_set *fields);

struct aggregate;

/* shown: fields that are wanted of the first flow. wanted: what will be shown of the table, which
 * holds no more than that. budget: NULL: no limit. NULL: no memory. */
struct aggregate *aggregate_new(const struct aggregation *a, const struct field_set *shown,
                                const struct wanted *wanted, unsigned workers,
                                struct budget *budget);
void aggregate_free(struct aggregate *g);
struct operator aggregate_operator(struct aggregate *g);
struct table *aggregate_table(struct aggregate *g);

#endif
