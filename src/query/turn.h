/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * turn.h - exchange source and destination of flows whose source looks like the server.
 */
#ifndef WEIR_QUERY_TURN_H
#define WEIR_QUERY_TURN_H

#include "flow/batch.h"

#include <stdbool.h>

/* TCP and UDP only: the source port is a well-known one and the destination port is not, or the
 * source port lies in a lower range than an ephemeral destination port. */
bool turn_wanted(uint64_t proto, uint64_t src_port, uint64_t dst_port);

/* Fields that turn_flows() reads or exchanges. */
void turn_fields(struct field_set *set);

/* Exchange the rows that want it in a batch with FLAT columns of its own. */
int turn_flows(struct batch *b);

#endif
