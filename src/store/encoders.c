/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * encoders.c - a queue of blocks to encode, and the threads that take them.
 *
 * Each thread has its own workspace (weir1_encoder). Encodings that are not in use are kept here:
 * writers of many files that write a little now and then share a few of them.
 */
#include "store/encoders.h"

#include "base/queue.h"
#include "store/addrfilter.h"
#include "store/weir1.h"

#include <pthread.h>
#include <stdlib.h>

enum { WAITING_MAX = 1024, THREADS_MAX = 64, SPARE_MAX = 64 };

struct encoders {
    struct queue *begun;  /* handed over, nobody works on them yet */
    struct queue *spare;
    pthread_mutex_t lock; /* of encoding.encoded; without threads: of the encoder */
    pthread_cond_t one_is_encoded;
    int level;
    unsigned nthreads;
    pthread_t thread[THREADS_MAX];
    struct weir1_encoder *encoder; /* without threads */
};

/* ---- the work ---- */

static void list_keys(const struct weir1_encoder *encoder, struct buf *keys)
{
    uint32_t n;
    const struct ip *addr = weir1_encoded_addresses(encoder, &n);
    uint64_t *key;
    buf_clear(keys);
    keys->failed = false;
    key = (uint64_t *)(void *)buf_room(keys, n * sizeof *key);
    if (key == NULL) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        key[i] = addrfilter_key(&addr[i]);
    }
    buf_grow(keys, n * sizeof *key);
}

static struct batch *batch_of(const struct encoding *job)
{
    return job->lent != NULL ? builder_batch(job->lent) : rowbuf_batch(job->rows);
}

static void give_back(struct encoding *job)
{
    if (job->lent != NULL) {
        job->back.give(job->back.ctx, job->lent);
        job->lent = NULL;
    }
}

static void encode(struct weir1_encoder *encoder, struct encoding *job)
{
    buf_clear(&job->block);
    job->block.failed = false;
    fault_clear(&job->fault);
    job->rc = encoder == NULL ? ERR_NOMEM
                              : weir1_encode(encoder, batch_of(job), job->before,
                                             &job->block, &job->head_len, &job->fault);
    if (job->rc == 0) {
        list_keys(encoder, &job->keys);
        job->rc = job->keys.failed ? ERR_NOMEM : 0;
    }
    if (job->rc == 0) {
        give_back(job);
    }
}

static void *work(void *arg)
{
    struct encoders *e = arg;
    struct weir1_encoder *encoder = weir1_encoder_new(e->level);
    struct encoding *job;
    while ((job = queue_get(e->begun)) != NULL) {
        encode(encoder, job);
        pthread_mutex_lock(&e->lock);
        job->encoded = true;
        pthread_cond_broadcast(&e->one_is_encoded);
        pthread_mutex_unlock(&e->lock);
    }
    weir1_encoder_free(encoder);
    return NULL;
}

/* ---- beginning and end ---- */

static bool start(struct encoders *e, unsigned threads)
{
    if (threads == 0) {
        e->encoder = weir1_encoder_new(e->level);
        return e->encoder != NULL;
    }
    while (e->nthreads < threads && e->nthreads < THREADS_MAX) {
        if (pthread_create(&e->thread[e->nthreads], NULL, work, e) != 0) {
            return false;
        }
        e->nthreads++;
    }
    return true;
}

struct encoders *encoders_new(unsigned threads, int level)
{
    struct encoders *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return NULL;
    }
    e->level = level;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->one_is_encoded, NULL);
    e->begun = queue_new(WAITING_MAX);
    e->spare = queue_new(SPARE_MAX);
    if (e->begun == NULL || e->spare == NULL || !start(e, threads)) {
        encoders_free(e);
        return NULL;
    }
    return e;
}

static void encoding_free(struct encoding *job)
{
    rowbuf_free(job->rows);
    buf_free(&job->block);
    buf_free(&job->keys);
    free(job);
}

void encoders_free(struct encoders *e)
{
    struct encoding *job;
    if (e == NULL) {
        return;
    }
    if (e->begun != NULL) {
        queue_close(e->begun);
    }
    for (unsigned i = 0; i < e->nthreads; i++) {
        pthread_join(e->thread[i], NULL);
    }
    while (e->spare != NULL && (job = queue_try_get(e->spare)) != NULL) {
        encoding_free(job);
    }
    queue_free(e->begun);
    queue_free(e->spare);
    weir1_encoder_free(e->encoder);
    pthread_cond_destroy(&e->one_is_encoded);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

unsigned encoders_threads(const struct encoders *e)
{
    return e->nthreads;
}

/* ---- encodings ---- */

struct encoding *encoding_take(struct encoders *e)
{
    struct encoding *job = queue_try_get(e->spare);
    if (job != NULL) {
        return job;
    }
    job = calloc(1, sizeof *job);
    if (job == NULL) {
        return NULL;
    }
    buf_init(&job->block);
    buf_init(&job->keys);
    job->rows = rowbuf_new();
    if (job->rows == NULL) {
        encoding_free(job);
        return NULL;
    }
    return job;
}

void encoding_return(struct encoders *e, struct encoding *job)
{
    if (job == NULL) {
        return;
    }
    rowbuf_clear(job->rows);
    give_back(job);
    if (!queue_try_put(e->spare, job)) {
        encoding_free(job);
    }
}

void encoding_begin(struct encoders *e, struct encoding *job, uint64_t before)
{
    job->before = before;
    job->nrows = job->lent != NULL ? builder_rows(job->lent) : rowbuf_rows(job->rows);
    job->encoded = false;
    if (e->nthreads > 0) {
        queue_put(e->begun, job);
        return;
    }
    pthread_mutex_lock(&e->lock);
    encode(e->encoder, job);
    job->encoded = true;
    pthread_mutex_unlock(&e->lock);
}

void encoding_wait(struct encoders *e, struct encoding *job)
{
    pthread_mutex_lock(&e->lock);
    while (!job->encoded) {
        pthread_cond_wait(&e->one_is_encoded, &e->lock);
    }
    pthread_mutex_unlock(&e->lock);
}
