/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * queue.h - a bounded queue of pointers between threads.
 *
 * Any number of threads may put and get. The queue does not own what it holds.
 */
#ifndef WEIR_BASE_QUEUE_H
#define WEIR_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue;

struct queue *queue_new(size_t capacity); /* NULL when memory is out */
void queue_free(struct queue *q);         /* nobody may be using it any more; q may be NULL */

/* Wait for room and put; false when the queue was closed (the item was not taken). item != NULL. */
bool queue_put(struct queue *q, void *item);
bool queue_try_put(struct queue *q, void *item); /* false also when there is no room */

/* Wait for an item; NULL when the queue is closed and empty. */
void *queue_get(struct queue *q);
void *queue_try_get(struct queue *q); /* NULL also when it is empty */

/* The same with the item that was put last: for pools of buffers, whose memory the processor may
 * still have at hand. */
void *queue_get_newest(struct queue *q);
void *queue_try_get_newest(struct queue *q);

void queue_close(struct queue *q); /* no more puts; wakes everybody */
size_t queue_length(struct queue *q);

#endif
