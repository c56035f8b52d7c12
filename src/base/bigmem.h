/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * bigmem.h - zeroed memory for large tables that are read at random places.
 *
 * Asked for in large pages where the system has them: else the look-up of the page costs about as
 * much as the read itself (flow table of 2 million flows: see tests/perf/meterbench.c).
 */
#ifndef WEIR_BASE_BIGMEM_H
#define WEIR_BASE_BIGMEM_H

#include <stddef.h>

enum { BIGMEM_PAGE = 2 << 20 };

/* At least so many octets, all zero, aligned to BIGMEM_PAGE if it is as large. NULL when memory is
 * out. Freed by bigmem_free() with the same size. */
void *bigmem_new(size_t octets);
void bigmem_free(void *memory, size_t octets); /* NULL is nothing */

#endif
