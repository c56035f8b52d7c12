/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/queue.h"
#include "../check.h"

#include <pthread.h>

#define ITEMS 20000
#define THREADS 3

struct shared {
    struct queue *q;
    uint64_t sum[THREADS];
    uint8_t values[ITEMS];
};

struct consumer {
    struct shared *shared;
    unsigned number;
};

static void *consume(void *arg)
{
    struct consumer *c = arg;
    uint8_t *item;
    while ((item = queue_get(c->shared->q)) != NULL) {
        c->shared->sum[c->number] += (uint64_t)(item - c->shared->values);
    }
    return NULL;
}

/* Every item arrives exactly once (by their sum), through a queue far smaller than their number. */
static void test_threads(struct check *t)
{
    struct shared *s = calloc(1, sizeof *s);
    pthread_t threads[THREADS];
    struct consumer consumers[THREADS];
    uint64_t sum = 0;

    CHECK_OR_RETURN(s != NULL);
    s->q = queue_new(7);
    for (unsigned i = 0; i < THREADS; i++) {
        consumers[i] = (struct consumer){s, i};
        pthread_create(&threads[i], NULL, consume, &consumers[i]);
    }
    for (size_t i = 0; i < ITEMS; i++) {
        queue_put(s->q, &s->values[i]);
    }
    queue_close(s->q);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += s->sum[i];
    }
    CHECK_EQ_U64(sum, (uint64_t)ITEMS * (ITEMS - 1) / 2);
    queue_free(s->q);
    free(s);
}

static void test_alone(struct check *t)
{
    struct queue *q = queue_new(2);
    int a = 1;
    int b = 2;

    CHECK(queue_try_get(q) == NULL);
    CHECK(queue_try_put(q, &a) && queue_put(q, &b));
    CHECK(!queue_try_put(q, &a)); /* full */
    CHECK_EQ_U64(queue_length(q), 2);
    CHECK(queue_get(q) == &a); /* first in, first out */
    CHECK(queue_try_put(q, &a));
    queue_close(q);
    CHECK(!queue_put(q, &b));
    CHECK(queue_get(q) == &b && queue_try_get(q) == &a); /* what is in comes out */
    CHECK(queue_get(q) == NULL);
    queue_free(q);
    queue_free(NULL);
}

/* The last in is the first out, also where the ring has turned. */
static void test_newest(struct check *t)
{
    struct queue *q = queue_new(3);
    int a = 1, b = 2, c = 3;

    CHECK(queue_try_get_newest(q) == NULL);
    CHECK(queue_put(q, &a) && queue_put(q, &b) && queue_get(q) == &a);
    CHECK(queue_put(q, &c) && queue_put(q, &a));
    CHECK(queue_get_newest(q) == &a && queue_try_get_newest(q) == &c);
    CHECK(queue_get(q) == &b);
    queue_close(q);
    CHECK(queue_get_newest(q) == NULL);
    queue_free(q);
}

CHECK_MAIN(test_alone, test_newest, test_threads)
