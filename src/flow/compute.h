/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * compute.h - values of computed fields.
 */
#ifndef WEIR_FLOW_COMPUTE_H
#define WEIR_FLOW_COMPUTE_H

#include "field/field.h"

#include <stdint.h>

/* The value of a computed field from its inputs (in the order of its COMPUTED row; absent ones 0)
 * and the group mask of the record. */
uint64_t compute_value(enum field_id id, const uint64_t in[3], uint64_t groups);

#endif
