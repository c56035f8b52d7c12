/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * pool.h - threads that work on jobs; finished jobs come back in the order they were submitted.
 * One thread, the owner, submits and takes back:
 *
 *     while ((job = next_job()) != NULL) {
 *
 *         while (pool_is_full(p)) {
 *
 *             consume(pool_next(p));
 *
 *         }
 *
 *         pool_submit(p, job);
 *
 *     }
 *
 *     while ((job = pool_next(p)) != NULL) {
 *
 *         consume(job);
 *
 *     }
 *
 * At most `window` jobs are between submit and next, which bounds memory. The pool owns no job.
 * With no workers the work is done by the owner in pool_submit.
 */
#ifndef WEIR_BASE_POOL_H
#define WEIR_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool;

/* worker is 0 .. workers - 1, the same for all jobs of one thread: for its own workspace. */
typedef void pool_work(void *job, unsigned worker, void *context);

/* NULL when memory or threads are out. */
struct pool *pool_new(unsigned workers, size_t window, pool_work *work, void *context);

bool pool_is_full(const struct pool *p);    /* window jobs are in there */
void pool_submit(struct pool *p, void *job); /* must not be full */

/* Wait for the oldest job to be finished and hand it back; NULL when there is none left. */
void *pool_next(struct pool *p);

/* Ends the threads after their current job; jobs not begun are dropped. p may be NULL. */
void pool_free(struct pool *p);

/* Processors this process may use; at least 1. */
unsigned pool_processors(void);

#endif
