/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * queue.c - a ring under one mutex.
 *
 * Invariant: count <= capacity; items are ring[first .. first + count) modulo capacity.
 */
#include "base/queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t has_item; /* or was closed */
    pthread_cond_t has_room; /* or was closed */
    size_t capacity;
    size_t first;
    size_t count;
    bool closed;
    void *ring[];
};

struct queue *queue_new(size_t capacity)
{
    struct queue *q;

    assert(capacity > 0);
    q = calloc(1, sizeof *q + capacity * sizeof q->ring[0]);
    if (q == NULL) {
        return NULL;
    }
    q->capacity = capacity;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->has_item, NULL);
    pthread_cond_init(&q->has_room, NULL);
    return q;
}

void queue_free(struct queue *q)
{
    if (q != NULL) {
        pthread_cond_destroy(&q->has_room);
        pthread_cond_destroy(&q->has_item);
        pthread_mutex_destroy(&q->lock);
        free(q);
    }
}

static bool put(struct queue *q, void *item, bool wait)
{
    bool taken = false;

    assert(item != NULL);
    pthread_mutex_lock(&q->lock);
    while (wait && q->count == q->capacity && !q->closed) {
        pthread_cond_wait(&q->has_room, &q->lock);
    }
    if (q->count < q->capacity && !q->closed) {
        q->ring[(q->first + q->count++) % q->capacity] = item;
        taken = true;
        pthread_cond_signal(&q->has_item);
    }
    pthread_mutex_unlock(&q->lock);
    return taken;
}

bool queue_put(struct queue *q, void *item)
{
    return put(q, item, true);
}

bool queue_try_put(struct queue *q, void *item)
{
    return put(q, item, false);
}

enum which { OLDEST, NEWEST };

/* There is one. */
static void *take(struct queue *q, enum which which)
{
    size_t at = which == OLDEST ? q->first : (q->first + q->count - 1) % q->capacity;
    if (which == OLDEST) {
        q->first = (q->first + 1) % q->capacity;
    }
    q->count--;
    return q->ring[at];
}

static void *get(struct queue *q, enum which which, bool wait)
{
    void *item = NULL;

    pthread_mutex_lock(&q->lock);
    while (wait && q->count == 0 && !q->closed) {
        pthread_cond_wait(&q->has_item, &q->lock);
    }
    if (q->count > 0) {
        item = take(q, which);
        pthread_cond_signal(&q->has_room);
    }
    pthread_mutex_unlock(&q->lock);
    return item;
}

void *queue_get(struct queue *q)
{
    return get(q, OLDEST, true);
}

void *queue_try_get(struct queue *q)
{
    return get(q, OLDEST, false);
}

void *queue_get_newest(struct queue *q)
{
    return get(q, NEWEST, true);
}

void *queue_try_get_newest(struct queue *q)
{
    return get(q, NEWEST, false);
}

void queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->has_item);
    pthread_cond_broadcast(&q->has_room);
    pthread_mutex_unlock(&q->lock);
}

size_t queue_length(struct queue *q)
{
    size_t count;
    pthread_mutex_lock(&q->lock);
    count = q->count;
    pthread_mutex_unlock(&q->lock);
    return count;
}
