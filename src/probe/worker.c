/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * worker.c - one capture with its meter.
 */
#include "probe/worker.h"

#include "probe/detail.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { FRAMES_PER_TURN = 4096, WAIT_MSEC = 200 };

struct worker {
    struct worker_options o;
    struct capture *capture;
    struct meter *meter;
    struct queue *finished; /* NULL: flows go to ended() at once */
    bool handing_over;      /* the meter works in the worker's thread now */
    uint64_t first_usec;    /* time of the first frame; 0: none yet */
    uint64_t packet_usec;   /* time of the last frame; 0: none yet */
    uint64_t last_second;   /* the last one flows were looked through */
    pthread_mutex_t lock;
    pthread_t thread;
    bool running;
    atomic_bool stopping;
};

static uint64_t now_usec(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t worker_clock(const struct worker *w)
{
    return w->o.packet_time || !capture_is_live(w->capture) ? w->packet_usec : now_usec();
}

uint64_t worker_first_packet(const struct worker *w)
{
    return w->first_usec;
}

void ended_free(struct ended *e)
{
    detail_free(e->flow.detail);
    free(e);
}

/* A finished flow: to the main thread, by call or by queue. */
static void flow_ended(void *ctx, struct probe_flow *f)
{
    struct worker *w = ctx;
    struct ended *e;
    if (!w->handing_over) {
        w->o.ended(w->o.ctx, f, worker_clock(w));
        return;
    }
    e = malloc(sizeof *e);
    if (e == NULL) {
        log_write(w->o.log, LOG_LEVEL_ERROR, "out of memory: a flow is lost");
        return;
    }
    e->flow = *f;
    e->usec = worker_clock(w);
    f->detail = NULL;
    if (!queue_put(w->finished, e)) {
        ended_free(e);
    }
}

int worker_open(const struct worker_options *options, struct worker **out, struct fault *fault)
{
    struct worker *w = calloc(1, sizeof *w);
    int rc;
    if (w == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    pthread_mutex_init(&w->lock, NULL);
    w->o = *options;
    w->o.meter.on_flow = flow_ended;
    w->o.meter.ctx = w;
    rc = capture_open(&w->o.capture, &w->capture, fault);
    w->meter = rc == 0 ? meter_new(&w->o.meter) : NULL;
    if (rc == 0 && w->meter == NULL) {
        rc = fault_set(fault, ERR_NOMEM, "out of memory");
    }
    if (rc != 0) {
        worker_close(w);
        return rc;
    }
    *out = w;
    return 0;
}

void worker_close(struct worker *w)
{
    if (w == NULL) {
        return;
    }
    meter_free(w->meter);
    capture_close(w->capture);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

/* ---- turns ---- */

static void end_due_flows(struct worker *w, uint64_t second)
{
    if (second != w->last_second) {
        w->last_second = second;
        meter_expire(w->meter, second);
    }
}

static void take_frame(struct worker *w, const struct frame *f)
{
    if (w->o.packet_time && f->usec / 1000000 != w->last_second) {
        meter_settle(w->meter); /* what ends at once ended in its own second */
    }
    w->first_usec = w->first_usec != 0 ? w->first_usec : f->usec;
    w->packet_usec = f->usec;
    if (w->o.gathering) {
        meter_packet(w->meter, f->usec, f->link_type, f->data, f->captured, f->length);
    }
    if (w->o.packet_time) {
        end_due_flows(w, f->usec / 1000000);
    }
}

static int take_frames(struct worker *w, struct fault *fault)
{
    struct frame f;
    for (int i = 0; i < FRAMES_PER_TURN; i++) {
        int rc = capture_next(w->capture, &f, fault);
        if (rc != 1) {
            return rc;
        }
        take_frame(w, &f);
    }
    return 1;
}

int worker_turn(struct worker *w, struct fault *fault)
{
    int rc = take_frames(w, fault);
    meter_settle(w->meter);
    if (capture_is_live(w->capture)) {
        end_due_flows(w, now_usec() / 1000000);
    }
    return rc;
}

/* ---- threads ---- */

static void *work(void *arg)
{
    struct worker *w = arg;
    struct pollfd fd = {.fd = capture_fd(w->capture), .events = POLLIN};
    struct fault fault = {0};
    int rc = 0;
    while (!w->stopping && rc >= 0) {
        if (rc == 0) {
            poll(&fd, 1, WAIT_MSEC);
        }
        worker_lock(w);
        w->handing_over = true;
        rc = worker_turn(w, &fault);
        w->handing_over = false;
        worker_unlock(w);
    }
    if (rc < 0) {
        log_fault(w->o.log, LOG_LEVEL_ERROR, &fault);
    }
    return NULL;
}

int worker_start(struct worker *w, struct queue *finished, struct fault *fault)
{
    sigset_t all, before;
    int failed;
    w->finished = finished;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    failed = pthread_create(&w->thread, NULL, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    w->running = failed == 0;
    return failed == 0 ? 0 : fault_set(fault, ERR_NOMEM, "cannot start a thread");
}

void worker_stop(struct worker *w)
{
    w->stopping = true;
    if (w->running) {
        pthread_join(w->thread, NULL);
        w->running = false;
    }
}

void worker_lock(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
}

void worker_unlock(struct worker *w)
{
    pthread_mutex_unlock(&w->lock);
}

struct meter *worker_meter(struct worker *w)
{
    return w->meter;
}

struct capture *worker_capture(struct worker *w)
{
    return w->capture;
}

void worker_gather(struct worker *w, bool on)
{
    w->o.gathering = on;
}
