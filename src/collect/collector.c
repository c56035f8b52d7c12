/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * collector.c - receive, decode, write, rotate.
 *
 *     receiving threads --bundles--> this thread: decode --builders--> scribe's thread: files
 *
 * Bundles circulate between two bounded queues, so memory is bounded and a slow decoder shows as
 * kernel drops, which are counted. SIGTERM and SIGINT end, SIGHUP ends the current slot early.
 */
#include "collect/collecting.h"

#include "base/clock.h"

#include <signal.h>
#include <stdlib.h>

/* Atomic, because the handler runs in another thread than the one that looks. */
static atomic_bool stop_asked;
static atomic_bool rotate_asked;

static void on_signal(int number)
{
    *(number == SIGHUP ? &rotate_asked : &stop_asked) = true;
}

static int fill_bundles(struct collector *c, struct fault *fault)
{
    for (int i = 0; i < (is_feeding(c) ? BUNDLES_FEEDING : BUNDLES); i++) {
        struct bundle *b = bundle_new();
        if (b == NULL) {
            return fault_set(fault, ERR_NOMEM, "out of memory");
        }
        queue_put(c->empty, b);
    }
    return 0;
}

static void recover_all(struct collector *c)
{
    for (size_t i = 0; i < sources_count(c->plan->sources); i++) {
        rotation_recover(c, sources_at(c->plan->sources, i));
    }
}

/* The time is the clock's, but in a capture file that of its packets. */
static void collect(struct collector *c)
{
    struct bundle *b;
    while (!stop_asked && (b = queue_get(c->full)) != NULL) {
        if (atomic_exchange(&rotate_asked, false)) {
            c->rotate = true;
        }
        intake_bundle(c, b);
        queue_put(c->empty, b);
        if (c->plan->feed.file == NULL) {
            intake_time(c, clock_now_msec());
        } else {
            intake_capture_time(c);
        }
    }
}

enum { LAST_BUNDLES = 4096 }; /* a flood must not keep us from ending */

/* What was received before the end is decoded too, and what the kernel holds for us already. */
static void drain(struct collector *c)
{
    struct bundle *b;
    while ((b = queue_get(c->full)) != NULL) {
        intake_bundle(c, b);
        bundle_free(b);
    }
    b = bundle_new();
    for (unsigned i = 0; b != NULL && i < LAST_BUNDLES && crew_take_rest(c, b); i++) {
        intake_bundle(c, b);
    }
    bundle_free(b);
}

static int make_parts(struct collector *c, struct fault *fault)
{
    struct scribe_options scribe = {.log = c->log, .writer = c->plan->writer,
                                    .encoders = c->plan->nencoders,
                                    .finished = rotation_finished, .ctx = c};
    c->scribe = scribe_new(&scribe);
    if (intake_open(c) != 0 || c->scribe == NULL || fill_bundles(c, fault) != 0) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    return duties_start(c->duties, c->wire, fault);
}

static int open_all(struct collector *c, struct fault *fault)
{
    int rc;
    c->full = queue_new(BUNDLES + 1);
    c->empty = queue_new(BUNDLES + 1);
    if (c->full == NULL || c->empty == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    rc = duties_open(c->plan, &c->duties, fault);
    if (rc == 0) {
        rc = crew_open(c, fault);
    }
    if (rc == 0) {
        rc = standing_take(c, fault);
    }
    return rc == 0 ? make_parts(c, fault) : rc;
}

void collector_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

/* All threads are made with them blocked; one then hears them. */
static void handle_signals(void)
{
    struct sigaction act = {.sa_handler = on_signal};
    sigset_t set;
    collector_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full disk is an error, not an end */
    signal(SIGCHLD, SIG_IGN); /* commands are not waited for */
}

static int run(struct collector *c, struct fault *fault)
{
    int rc;
    recover_all(c);
    log_write(c->log, LOG_LEVEL_NOTICE, "Startup %s.", c->log->ident);
    rc = crew_start(c, fault);
    if (rc == 0) {
        if (c->plan->feed.file == NULL) {
            intake_time(c, clock_now_msec());
        }
        duty_ready(c->duties);
        collect(c);
        rc = crew_stop(c, fault);
        drain(c);
    }
    wire_give_up(c->wire);
    rotation_finish(c);
    duties_end(c->duties, c->now);
    log_write(c->log, LOG_LEVEL_NOTICE, "Terminating %s.", c->log->ident);
    return rc;
}

static void free_bundles(struct queue *q)
{
    struct bundle *b;
    while (q != NULL && (b = queue_try_get(q)) != NULL) {
        bundle_free(b);
    }
    queue_free(q);
}

static void close_all(struct collector *c)
{
    crew_close(c);
    scribe_free(c->scribe); /* first: it still reports */
    duties_free(c->duties);
    wire_free(c->wire);
    feed_close(c->feed);
    free_bundles(c->full);
    free_bundles(c->empty);
    free(c->base);
    standing_leave(c);
}

int collector_run(const struct collector_plan *plan, struct fault *fault)
{
    struct collector *c = calloc(1, sizeof *c);
    int rc;
    if (c == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    c->own_plan = *plan;
    c->plan = &c->own_plan;
    c->log = plan->log;
    c->pid_fd = c->wake = -1;
    c->wait_msec = plan->flush_msec;
    handle_signals();
    rc = open_all(c, fault);
    if (rc == 0) {
        rc = run(c, fault);
    }
    close_all(c);
    free(c);
    return rc;
}
