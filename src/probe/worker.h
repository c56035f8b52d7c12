/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * worker.h - one capture with its meter.
 * A single worker is run by the main thread, turn by turn. Several workers share an interface,
 * each in a thread of its own: it holds its lock while it works a turn and hands finished flows
 * over through a queue. Whoever wants to look into a worker's meter takes its lock.
 */
#ifndef WEIR_PROBE_WORKER_H
#define WEIR_PROBE_WORKER_H

#include "base/log.h"
#include "base/queue.h"
#include "packet/capture.h"
#include "probe/meter.h"

#include <stdbool.h>
#include <stdint.h>

/* A finished flow on its way from a worker's thread; owns its detail. */
struct ended {
    struct probe_flow flow;
    uint64_t usec; /* when it ended */
};

void ended_free(struct ended *e);

struct worker_options {
    struct capture_options capture;
    struct meter_options meter; /* on_flow and ctx are the worker's */
    bool packet_time; /* flows end by packet time (files), else by the clock (live only) */
    bool gathering;
    struct log *log;
    void (*ended)(void *ctx, const struct probe_flow *f, uint64_t usec); /* in the main thread */
    void *ctx;
};

struct worker;

int worker_open(const struct worker_options *options, struct worker **out, struct fault *fault);
void worker_close(struct worker *w);

/* Frames that wait, at most a turn's worth, and the flows that have ended by now. 1 when there
 * may be more frames, 0 when not; ERR_END, or ERR_* with *fault. */
int worker_turn(struct worker *w, struct fault *fault);

/* Work in a thread of its own until worker_stop(); flows that end go to the queue as struct
 * ended. */
int worker_start(struct worker *w, struct queue *finished, struct fault *fault);
void worker_stop(struct worker *w);

/* Between these two the caller may use the meter; flows that end meanwhile go to ended(). */
void worker_lock(struct worker *w);
void worker_unlock(struct worker *w);

struct meter *worker_meter(struct worker *w);
struct capture *worker_capture(struct worker *w);
void worker_gather(struct worker *w, bool on);

/* Time of the first frame, usec since 1970; 0: none yet. */
uint64_t worker_first_packet(const struct worker *w);

/* The time by which flows end, usec since 1970; 0: no packet yet. */
uint64_t worker_clock(const struct worker *w);

#endif
