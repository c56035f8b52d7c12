/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * pages.h - memory for tables that are touched at random: in large pages, where the system has
 * them.
 *
 * A look-up in a table of 100 MB misses the processor's list of page addresses nearly each time; in
 * large pages it does not (-s srcip/bytes of 20 M flows: 2.0 to 1.4 s user, 2026-11-25).
 */
#ifndef WEIR_BASE_PAGES_H
#define WEIR_BASE_PAGES_H

#include <pthread.h>
#include <stddef.h>

enum { LARGE_PAGE = 2 << 20 };

/* One array, all zero, aligned to LARGE_PAGE if it is as large; NULL when memory is out. Free it
 * with the same size; NULL may be freed. */
void *pages_new(size_t octets);
void pages_free(void *p, size_t octets);

/* Pieces of any size that are freed together; taken by any thread. */
struct pages {
    pthread_mutex_t lock;
    struct pages_block *block; /* the newest */
    size_t used;               /* of it */
};

void pages_init(struct pages *p);
void pages_clear(struct pages *p); /* free all pieces */
void pages_end(struct pages *p);   /* that, and what init made */
void *pages_take(struct pages *p, size_t octets); /* not cleared; NULL when memory is out */

#endif
