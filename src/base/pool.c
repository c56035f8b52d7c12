/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * pool.c - worker threads over a ring of slots.
 *
 * Jobs are numbered from 0; job n lives in slot n % window. Invariant, under the lock:
 * delivered <= begun <= submitted <= delivered + window. delivered and submitted change only in the
 * owner's thread, which may therefore read them without the lock.
 */
#include "base/pool.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

struct slot {
    void *job;
    bool finished;
};

struct worker {
    struct pool *pool;
    unsigned number;
    pthread_t thread;
};

struct pool {
    pool_work *work;
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t has_job;  /* or shall end */
    pthread_cond_t oldest;   /* the oldest job was finished */
    uint64_t delivered;
    uint64_t begun;
    uint64_t submitted;
    size_t window;
    bool ending;
    unsigned nworkers;
    struct worker *workers;
    struct slot *slots;
};

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct pool *p = w->pool;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->begun == p->submitted && !p->ending) {
            pthread_cond_wait(&p->has_job, &p->lock);
        }
        if (p->ending) {
            break;
        }
        uint64_t number = p->begun++;
        struct slot *slot = &p->slots[number % p->window];
        pthread_mutex_unlock(&p->lock);
        p->work(slot->job, w->number, p->context);
        pthread_mutex_lock(&p->lock);
        slot->finished = true;
        if (number == p->delivered) {
            pthread_cond_signal(&p->oldest);
        }
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static bool workers_start(struct pool *p, unsigned wanted)
{
    for (unsigned i = 0; i < wanted; i++) {
        p->workers[i] = (struct worker){.pool = p, .number = i};
        if (pthread_create(&p->workers[i].thread, NULL, worker_main, &p->workers[i]) != 0) {
            return false;
        }
        p->nworkers++;
    }
    return true;
}

struct pool *pool_new(unsigned workers, size_t window, pool_work *work, void *context)
{
    struct pool *p = calloc(1, sizeof *p);

    assert(window > 0);
    if (p == NULL) {
        return NULL;
    }
    p->work = work;
    p->context = context;
    p->window = window;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->has_job, NULL);
    pthread_cond_init(&p->oldest, NULL);
    p->workers = calloc(workers > 0 ? workers : 1, sizeof *p->workers);
    p->slots = calloc(window, sizeof *p->slots);
    if (p->workers == NULL || p->slots == NULL || !workers_start(p, workers)) {
        pool_free(p);
        return NULL;
    }
    return p;
}

bool pool_is_full(const struct pool *p)
{
    return p->submitted - p->delivered == p->window;
}

void pool_submit(struct pool *p, void *job)
{
    struct slot *slot = &p->slots[p->submitted % p->window];

    assert(!pool_is_full(p) && job != NULL);
    *slot = (struct slot){job, false};
    if (p->nworkers == 0) {
        p->work(job, 0, p->context);
        slot->finished = true;
        p->submitted++;
        p->begun++;
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->submitted++;
    pthread_cond_signal(&p->has_job);
    pthread_mutex_unlock(&p->lock);
}

void *pool_next(struct pool *p)
{
    struct slot *slot = &p->slots[p->delivered % p->window];

    if (p->delivered == p->submitted) {
        return NULL;
    }
    pthread_mutex_lock(&p->lock);
    while (!slot->finished) {
        pthread_cond_wait(&p->oldest, &p->lock);
    }
    p->delivered++;
    pthread_mutex_unlock(&p->lock);
    return slot->job;
}

void pool_free(struct pool *p)
{
    if (p == NULL) {
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->has_job);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->nworkers; i++) {
        pthread_join(p->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&p->oldest);
    pthread_cond_destroy(&p->has_job);
    pthread_mutex_destroy(&p->lock);
    free(p->slots);
    free(p->workers);
    free(p);
}

unsigned pool_processors(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        return (unsigned)CPU_COUNT(&set);
    }
    return 1;
}
