/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statcells.h - the order of values in nfdump's hash table of statistics.
 *
 * The table starts with 128 cells; a value goes to the cell its hash names or the next free one.
 * At the first access made while it holds 64 values it doubles and all values are placed again in
 * the order of the cells; afterwards it doubles whenever the number of values reaches the former
 * number of cells.
 */
#ifndef WEIR_QUERY_STATCELLS_H
#define WEIR_QUERY_STATCELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* number[i]: the i-th value that appeared, as a number. accessed_after: the table was used once
 * more after the last value came. order gets 0 .. n - 1 in the order of the cells. Returns 0 or
 * ERR_NOMEM. */
int stat_cells(const uint64_t *number, size_t n, bool accessed_after, uint32_t *order);

#endif
