/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/pool.h"
#include "../check.h"

#include <pthread.h>

struct job {
    uint64_t number;
    uint64_t result;
    unsigned worker;
};

struct context {
    uint64_t factor;
};

/* Unequal work, so that jobs finish out of order. */
static void multiply(void *arg, unsigned worker, void *context)
{
    struct job *job = arg;
    const struct context *c = context;
    volatile uint64_t spin = 0;

    for (uint64_t i = 0; i < (job->number * 7919) % 5000; i++) {
        spin += i;
    }
    job->result = job->number * c->factor;
    job->worker = worker;
}

#define JOBS 3000

static void run(struct check *t, unsigned workers, size_t window)
{
    struct context c = {3};
    struct job *jobs = calloc(JOBS, sizeof *jobs);
    struct pool *p = pool_new(workers, window, multiply, &c);
    uint64_t next = 0;
    unsigned wrong = 0;
    struct job *done;

    CHECK_OR_RETURN(p != NULL && jobs != NULL);
    for (uint64_t i = 0; i < JOBS; i++) {
        while (pool_is_full(p)) {
            done = pool_next(p);
            wrong += done != &jobs[next] || done->result != next * 3;
            next++;
        }
        jobs[i].number = i;
        pool_submit(p, &jobs[i]);
        wrong += i - next >= window;
    }
    while ((done = pool_next(p)) != NULL) {
        wrong += done != &jobs[next] || done->result != next * 3;
        wrong += done->worker >= (workers > 0 ? workers : 1);
        next++;
    }
    CHECK_EQ_U64(wrong, 0);
    CHECK_EQ_U64(next, JOBS);
    CHECK(pool_next(p) == NULL);
    pool_free(p);
    free(jobs);
}

static void test_order(struct check *t)
{
    run(t, 0, 1);
    run(t, 0, 10);
    run(t, 1, 1);
    run(t, 2, 3);
    run(t, 4, 64);
    run(t, 9, 4);
}

/* Ending with jobs inside neither hangs nor loses memory (the sanitizer build looks). */
static void test_early_end(struct check *t)
{
    struct context c = {1};
    struct job jobs[64] = {{0, 0, 0}};
    struct pool *p = pool_new(2, 64, multiply, &c);

    CHECK_OR_RETURN(p != NULL);
    for (size_t i = 0; i < 64; i++) {
        jobs[i].number = i;
        pool_submit(p, &jobs[i]);
    }
    CHECK(pool_is_full(p));
    pool_free(p);
    pool_free(NULL);
    CHECK(pool_processors() >= 1);
}

CHECK_MAIN(test_order, test_early_end)
