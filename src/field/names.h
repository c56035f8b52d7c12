/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * names.h - numbers that have names: protocols, events, reasons.
 *
 * Constant tables made from names.def.
 */
#ifndef WEIR_FIELD_NAMES_H
#define WEIR_FIELD_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum name_table {
    NAMES_PROTO,          /* IP protocols */
    NAMES_FW_EVENT,       /* firewall event */
    NAMES_XEVENT,         /* extended firewall event */
    NAMES_NAT_EVENT,      /* NAT event, short */
    NAMES_NAT_EVENT_LONG, /* NAT event in words */
    NAMES_BIFLOW_DIR,
    NAMES_END_REASON,
    NAMES_PF_ACTION,
    NAMES_PF_REASON,
    NAMES_FWD_STATUS,     /* forwarding status, short */
    NAMES_FWD_STATUS_LONG, /* forwarding status in words */
    NAMES_CREATOR,        /* what writes flow files */
    NAMES_TABLES_
};

struct name_row {
    uint32_t number;
    const char *text;
};

/* The name of a number, or NULL if it has none. */
const char *name_of(enum name_table table, uint64_t number);

/* The number of a name (aliases too), whole word, without regard to case. Returns false if
 * unknown. */
bool number_of(enum name_table table, const char *text, size_t len, uint32_t *number);

/* The lowest number whose name starts with text, without regard to case (aliases not looked at). */
bool number_of_prefix(enum name_table table, const char *text, size_t len, uint32_t *number);

/* All rows of a table in ascending order, for lists; *n their count. */
const struct name_row *names_rows(enum name_table table, size_t *n);

#endif
