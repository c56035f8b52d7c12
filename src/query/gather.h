/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * gather.h - values of chosen rows out of a column, to places at equal distances.
 */
#ifndef WEIR_QUERY_GATHER_H
#define WEIR_QUERY_GATHER_H

#include "flow/batch.h"

#include <stddef.h>
#include <stdint.h>

/* n values of `width` octets each (1 2 4 8, or 16 for addresses) to `to`, `to + step`, ... A
 * column that is narrower than width is widened. */
void gather_to(const struct column *c, const uint32_t *rows, uint32_t n, uint8_t *to, size_t step,
               size_t width);

#endif
