/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * when.h - conditions of JSON and RAW rows, beside having the group.
 */
#ifndef WEIR_PRINT_WHEN_H
#define WEIR_PRINT_WHEN_H

#include "print/row.h"

enum when {
    WHEN_ALWAYS,
    WHEN_ICMP,          /* protocol ICMP or ICMPv6 */
    WHEN_PORTS,         /* any other protocol */
    WHEN_EVENT,         /* the record is an event */
    WHEN_FLOW,          /* the record is a flow */
    WHEN_IDENT,         /* the file has an ident */
    WHEN_NONZERO,       /* one of the row's fields is not 0 */
    WHEN_AS_OR_GEO,     /* AS numbers, or a data base to find them */
    WHEN_SAMPLER_KNOWN,
    WHEN_TLS,           /* the payload begins with a TLS hello */
    WHEN_SNI,           /* … that names the server */
    WHEN_JA3,
    WHEN_JA4
};

bool when_holds(enum when when, const struct row *row, const struct place places[3]);

/* The sampler of the row, or NULL. */
const struct sampler *row_sampler(const struct row *row);

#endif
