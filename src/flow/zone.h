/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * zone.h - what is known about a block of flows without reading it.
 *
 * Bounds are never too narrow: a question answered "never" is true for every row. Strings and
 * payloads have no bounds.
 */
#ifndef WEIR_FLOW_ZONE_H
#define WEIR_FLOW_ZONE_H

#include "base/ip.h"
#include "field/field.h"

#include <stdbool.h>
#include <stdint.h>

enum zone_says { ZONE_NEVER, ZONE_MAYBE, ZONE_ALWAYS };

struct zone_bounds {
    bool known;
    union {
        uint64_t u64;
        struct ip ip;
    } min, max; /* over all rows, rows lacking the group (value 0) included */
};

struct zone {
    uint32_t nrows;
    uint64_t groups_any; /* as in struct batch */
    uint64_t groups_all;
    struct zone_bounds bounds[FIELD_STORED_];

    /* May the block's file contain this address in any address field? NULL: unknown. */
    bool (*may_hold)(const void *ctx, const struct ip *addr);
    const void *may_hold_ctx;
};

#endif
