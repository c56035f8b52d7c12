/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * record.h - a measured flow as a record of the catalogue.
 */
#ifndef WEIR_PROBE_RECORD_H
#define WEIR_PROBE_RECORD_H

#include "flow/rec.h"
#include "probe/flowtable.h"

#include <stdbool.h>

enum record_shape {
    RECORD_EXPORT, /* times of the whole flow for both directions, as softflowd exports them */
    RECORD_FILE    /* times of the direction, nfpcapd's record header */
};

/* Fill *r from one direction (0, 1) of a flow. Spans point into the flow. Returns false if that
 * direction has no packets. */
bool record_of_flow(const struct probe_flow *f, int side, enum record_shape shape, struct rec *r);

/* Both directions in one record: forward is who sent first (RFC 5103, initiator), the other one in
 * the reverse counters. */
void record_of_biflow(const struct probe_flow *f, struct rec *r);

#endif
