/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * probe.c - one loop: frames, control clients, time.
 *
 * Live: sleeps in ppoll until a frame, a control client, a signal or the next second. Capture files
 * are read to their end; there flows end by packet time when they go to files, and all at the end
 * when they are exported, as softflowd does it. Signals only set a flag.
 */
#include "probe/probe.h"

#include "base/clock.h"
#include "probe/opening.h"
#include "probe/record.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>

enum {
    THREADS_NAP_NSEC = 20 * 1000000,
    BOOT_BEFORE_USEC = 1000000, /* no flow starts at uptime 0: collectors take that for none */
};

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal)
{
    (void)signal;
    stop_asked = 1;
}

/* ---- finished flows ---- */

static void write_flow(struct probe *p, const struct probe_flow *f, uint64_t usec)
{
    struct fault fault = {0};
    struct rec r;
    for (int side = 0; side < 2; side++) {
        int rc = 0;
        if (record_of_flow(f, side, RECORD_FILE, &r)) {
            r.received = usec / 1000;
            rc = slots_add(p->slots, &r, usec / 1000000, &fault);
        }
        if (rc != 0 && p->write_error == 0) {
            p->write_error = rc;
            p->write_fault = fault;
            log_fault(p->log, LOG_LEVEL_ERROR, &fault);
        }
    }
}

/* The system of a capture file starts a second before its first packet. */
static void set_boot(struct probe *p)
{
    if (p->plan->boot_from_packets && !p->booted) {
        export_set_boot(p->export, worker_first_packet(p->workers[0]) - BOOT_BEFORE_USEC);
    }
    p->booted = true;
}

static void flow_ended(void *ctx, const struct probe_flow *f, uint64_t usec)
{
    struct probe *p = ctx;
    if (p->export != NULL) {
        set_boot(p);
        export_flow(p->export, f, usec);
        p->export_pending = true;
    }
    if (p->slots != NULL) {
        write_flow(p, f, usec);
    }
}

void running_drain(struct probe *p)
{
    struct ended *e;
    while (p->finished != NULL && (e = queue_try_get(p->finished)) != NULL) {
        flow_ended(p, &e->flow, e->usec);
        ended_free(e);
    }
}

bool running_is_live(const struct probe *p)
{
    return capture_is_live(worker_capture(p->workers[0]));
}

uint64_t running_clock(const struct probe *p)
{
    return worker_clock(p->workers[0]);
}

static void lock_workers(struct probe *p)
{
    for (unsigned i = 0; i < p->nworkers; i++) {
        worker_lock(p->workers[i]);
    }
}

static void unlock_workers(struct probe *p)
{
    for (unsigned i = 0; i < p->nworkers; i++) {
        worker_unlock(p->workers[i]);
    }
}

/* Packets that the kernel dropped belong to the file of the slot that is open. */
static void note_drops(struct probe *p)
{
    if (p->slots != NULL && running_is_live(p)) {
        lock_workers(p);
        running_note_drops(p);
        unlock_workers(p);
    }
}

/* Once a second: what waits in the encoder goes out, a slot that is over is finished. */
static void keep_time(struct probe *p)
{
    uint64_t second = running_clock(p) / 1000000;
    struct fault fault = {0};
    if (second == p->last_second) {
        return;
    }
    p->last_second = second;
    if (p->export_pending && running_is_live(p)) {
        export_flush(p->export, running_clock(p));
        p->export_pending = false;
    }
    note_drops(p);
    if (p->slots != NULL && slots_tick(p->slots, second, &fault) != 0) {
        log_fault(p->log, LOG_LEVEL_ERROR, &fault);
    }
}

/* ---- the loop ---- */

static void serve_control(struct probe *p)
{
    lock_workers(p);
    control_serve(p->control, running_answer, p);
    unlock_workers(p);
}

static int read_file(struct probe *p, struct fault *fault)
{
    int rc = 1;
    while (rc > 0 && !stop_asked) {
        rc = worker_turn(p->workers[0], fault);
        keep_time(p);
    }
    p->end = GRACEFUL;
    return rc == ERR_END || rc >= 0 ? 0 : rc;
}

static void wait_for_work(struct probe *p, bool more, const sigset_t *unblocked)
{
    bool threads = p->finished != NULL;
    struct timespec patience = {.tv_sec = threads || more ? 0 : 1,
                                .tv_nsec = threads ? THREADS_NAP_NSEC : 0};
    struct pollfd fds[2] = {
        {.fd = threads ? -1 : capture_fd(worker_capture(p->workers[0])), .events = POLLIN},
        {.fd = p->control != NULL ? control_fd(p->control) : -1, .events = POLLIN},
    };
    if (ppoll(fds, 2, &patience, unblocked) > 0 && (fds[1].revents & POLLIN)) {
        serve_control(p);
    }
}

static int watch_interface(struct probe *p, const sigset_t *unblocked, struct fault *fault)
{
    int rc = 0;
    while (p->end == RUNNING && rc >= 0) {
        wait_for_work(p, rc > 0, unblocked);
        if (p->finished == NULL) {
            rc = worker_turn(p->workers[0], fault);
        }
        running_drain(p);
        keep_time(p);
        if (stop_asked && p->end == RUNNING) {
            p->end = GRACEFUL;
        }
    }
    return rc < 0 && rc != ERR_END ? rc : 0;
}

/* ---- start and end ---- */

static int start_workers(struct probe *p, struct fault *fault)
{
    int rc = 0;
    for (unsigned i = 0; p->finished != NULL && i < p->nworkers && rc == 0; i++) {
        rc = worker_start(p->workers[i], p->finished, fault);
    }
    return rc;
}

/* The workers' threads end; what they finished meanwhile is taken. */
static void stop_workers(struct probe *p)
{
    if (p->finished == NULL) {
        return;
    }
    for (unsigned i = 0; i < p->nworkers; i++) {
        running_drain(p);
        worker_stop(p->workers[i]);
    }
    running_drain(p);
}

static void block_signals(sigset_t *before)
{
    struct sigaction stop = {.sa_handler = ask_stop};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, before);
    sigdelset(before, SIGINT);
    sigdelset(before, SIGTERM);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static const char *source_of(const struct probe *p)
{
    const struct capture_options *o = &p->plan->capture;
    return o->interface != NULL ? o->interface : o->file;
}

static int run(struct probe *p, struct fault *fault)
{
    sigset_t unblocked;
    int rc;
    block_signals(&unblocked);
    log_write(p->log, LOG_LEVEL_NOTICE, "%s v%s starting data collection", p->plan->name,
              WEIR_VERSION);
    if (p->export != NULL) {
        export_tell_targets(p->export, source_of(p), p->log);
    }
    if (running_is_live(p)) {
        rc = start_workers(p, fault);
        if (rc == 0) {
            rc = watch_interface(p, &unblocked, fault);
        }
        stop_workers(p);
        return rc;
    }
    sigprocmask(SIG_SETMASK, &unblocked, NULL);
    rc = read_file(p, fault);
    log_write(p->log, LOG_LEVEL_NOTICE, "Shutting down after pcap EOF");
    return rc;
}

static void finish_flows(struct probe *p)
{
    if (p->end == AT_ONCE) {
        log_write(p->log, LOG_LEVEL_NOTICE, "Exiting immediately on user request");
        running_delete_all(p);
        return;
    }
    if (running_is_live(p)) {
        log_write(p->log, LOG_LEVEL_NOTICE, "Shutting down on user request");
    }
    running_expire_all(p);
    if (p->export != NULL) {
        export_flush(p->export, running_clock(p));
    }
}

static void print_statistics(struct probe *p)
{
    struct buf text;
    buf_init(&text);
    running_statistics(p, &text);
    fwrite(text.data, 1, text.len, stdout);
    fflush(stdout);
    buf_free(&text);
}

static int close_files(struct probe *p, struct fault *fault)
{
    int rc = 0;
    if (p->slots != NULL) {
        running_note_drops(p);
        rc = slots_close(p->slots, fault);
    }
    if (rc == 0 && p->write_error != 0) {
        rc = p->write_error;
        *fault = p->write_fault;
    }
    return rc;
}

int probe_run(const struct probe_plan *plan, struct fault *fault)
{
    struct fault later = {0};
    struct probe p = {.plan = plan, .log = plan->log, .pid_fd = -1,
                      .started = clock_now_msec() * 1000};
    int rc = opening_all(&p, flow_ended, fault);
    int files;
    if (rc == 0) {
        rc = run(&p, fault);
        finish_flows(&p);
        if (plan->print_statistics) {
            print_statistics(&p);
        }
    }
    files = close_files(&p, rc == 0 ? fault : &later);
    opening_undo(&p);
    return rc != 0 ? rc : files;
}
