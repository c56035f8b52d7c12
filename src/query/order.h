/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * order.h - what tables are sorted by, from order.def.
 *
 * Element statistics and record tables have different names for some orders; both are columns of
 * one row. A value is an unsigned number; rates are integer divisions.
 */
#ifndef WEIR_QUERY_ORDER_H
#define WEIR_QUERY_ORDER_H

#include "base/buf.h"
#include "field/field.h"
#include "query/tally.h"

#include <stdbool.h>
#include <stdint.h>

enum order_id {
#define ORDER(id, record, stat, side, function, ascending, field1, field2) ORDER_##id,
#include "query/order.def"
    ORDER_COUNT_,
    ORDER_NONE = ORDER_COUNT_
};

enum order_names { ORDER_OF_RECORDS, ORDER_OF_STATS }; /* which column of names */

enum order_side { ORDER_IN, ORDER_OUT, ORDER_BOTH };

const char *order_name(enum order_id id, enum order_names names); /* NULL: not in that column */
enum order_side order_side(enum order_id id);
bool order_ascends(enum order_id id); /* default direction of -O */
uint64_t order_value(enum order_id id, const struct tally *t);

/* The fields whose sum over all flows of a group is the order's value; how many. 0: no sum. */
unsigned order_sums(enum order_id id, enum field_id field[2]);

/* Counters of one side. */
uint64_t tally_packets(const struct tally *t, enum order_side side);
uint64_t tally_bytes(const struct tally *t, enum order_side side);

/* Find a name, case-insensitively; ORDER_NONE if there is none. */
enum order_id order_find(const char *name, size_t len, enum order_names names);

/* One NAME[:a|:d]. *direction is 'a', 'd' or 0 when none was given. */
struct order_word {
    enum order_id id;  /* ORDER_NONE: unknown name */
    char direction;
    char wrong;        /* a direction letter that is neither a nor d; else 0 */
};
struct order_word order_read(const char *text, size_t len, enum order_names names);

/* "Available ... order:" and the names, as the usage errors print them. */
void order_list(enum order_names names, struct buf *out);

#endif
