/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * crew.c - the threads that receive: bundles out of `empty`, filled, into `full`.
 *
 * The first receiver sends a bundle at least once a second and flush, also an empty one: time
 * passes in the decoding thread by bundles.
 */
#include "collect/collecting.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- receiving threads ---- */

/* Signals come to the first thread alone: they end its waiting, and the bundle it then sends wakes
 * the decoding thread. */
static void hear_signals(const struct receiving *r)
{
    sigset_t set;
    if (r == &r->c->receiving[0]) {
        collector_signals(&set);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    }
}

/* At most a second, or until the next flush; the end of the collector, and a signal, end it too. */
static void wait_for_input(const struct collector *c, int fd)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = c->wake, .events = POLLIN}};
    uint32_t msec = c->wait_msec;
    poll(fds, 2, msec < 1000 ? (int)msec : 1000);
}

/* Messages of streams go the way of datagrams. */
static void *receive_streams(void *arg)
{
    struct receiving *r = arg;
    struct collector *c = r->c;
    while (!c->stopping) {
        struct bundle *b = queue_get_newest(c->empty);
        if (b == NULL) {
            break;
        }
        queue_put(stream_take(r->stream, b, c->wake, 1000) > 0 ? c->full : c->empty, b);
    }
    return NULL;
}

static void *receive(void *arg)
{
    struct receiving *r = arg;
    struct collector *c = r->c;
    struct fault fault = {0};
    hear_signals(r);
    while (!c->stopping) {
        struct bundle *b = queue_get_newest(c->empty);
        int n;
        if (b == NULL) {
            break;
        }
        n = receiver_take(r->receiver, b, &fault);
        if (n == 0 && b->kernel_drops == 0) {
            wait_for_input(c, receiver_fd(r->receiver));
            n = receiver_take(r->receiver, b, &fault);
        }
        if (n < 0) {
            b->n = 0;
            log_fault(c->log, LOG_LEVEL_ERROR, &fault);
        }
        queue_put(n > 0 || b->kernel_drops > 0 || r->first ? c->full : c->empty, b);
    }
    return NULL;
}

/* Packets out of a capture; at the end of a file there is nothing more to decode. */
static void *receive_packets(void *arg)
{
    struct receiving *r = arg;
    struct collector *c = r->c;
    int fd = feed_fd(c->feed);
    struct bundle *b;
    int rc = 1;
    hear_signals(r);
    while (rc >= 0 && !c->stopping && (b = queue_get_newest(c->empty)) != NULL) {
        rc = feed_take(c->feed, b, &r->fault);
        if (rc == 0 && fd >= 0) {
            wait_for_input(c, fd);
            rc = feed_take(c->feed, b, &r->fault);
        }
        queue_put(c->full, b);
    }
    r->result = rc == ERR_END || rc >= 0 ? 0 : rc;
    queue_close(c->full);
    return NULL;
}

static int open_streams(struct collector *c, struct fault *fault)
{
    struct receiving *r = &c->receiving[c->nreceiving];
    int rc;
    if (c->plan->tcp_service == NULL) {
        return 0;
    }
    rc = stream_open(c->plan->receiver.host, c->plan->tcp_service, c->plan->receiver.family,
                     &r->stream, fault);
    if (rc == 0) {
        r->c = c;
        c->nreceiving++;
    }
    return rc;
}

static int open_feed(struct collector *c, struct fault *fault)
{
    int rc = feed_open(&c->plan->feed, &c->feed, fault);
    c->receiving[0].c = c;
    c->nreceiving = rc == 0;
    return rc;
}

static int open_receivers(struct collector *c, struct fault *fault)
{
    struct receiver_options o = c->plan->receiver;
    o.share_port = c->plan->nreceivers > 1;
    for (unsigned i = 0; i < c->plan->nreceivers && i < RECEIVERS_MAX; i++) {
        struct receiving *r = &c->receiving[i];
        int buffer;
        int rc = receiver_open(&o, &r->receiver, &buffer, fault);
        if (rc != 0) {
            return rc;
        }
        r->c = c;
        r->first = i == 0;
        c->nreceiving++;
        log_write(c->log, LOG_LEVEL_DEBUG, "Receive buffer: %d octets", buffer);
    }
    return open_streams(c, fault);
}

int crew_open(struct collector *c, struct fault *fault)
{
    c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->wake < 0) {
        return fault_sys(fault, "eventfd");
    }
    return is_feeding(c) ? open_feed(c, fault) : open_receivers(c, fault);
}

static void *(*work_of(const struct receiving *r))(void *)
{
    if (r->c->feed != NULL) {
        return receive_packets;
    }
    return r->stream != NULL ? receive_streams : receive;
}

int crew_start(struct collector *c, struct fault *fault)
{
    sigset_t all, before;
    int failed = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < c->nreceiving && failed == 0; i++) {
        struct receiving *r = &c->receiving[i];
        failed = pthread_create(&r->thread, NULL, work_of(r), r);
        c->receiving[i].running = failed == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ? 0 : fault_set(fault, ERR_NOMEM, "cannot start a thread");
}

int crew_stop(struct collector *c, struct fault *fault)
{
    int rc = 0;
    c->stopping = true;
    eventfd_write(c->wake, 1);
    queue_close(c->empty);
    for (unsigned i = 0; i < c->nreceiving; i++) {
        if (c->receiving[i].running) {
            pthread_join(c->receiving[i].thread, NULL);
        }
        if (c->receiving[i].result != 0) {
            rc = c->receiving[i].result;
            *fault = c->receiving[i].fault;
        }
    }
    queue_close(c->full);
    return rc;
}

bool crew_take_rest(struct collector *c, struct bundle *b)
{
    struct fault fault;
    for (unsigned i = 0; i < c->nreceiving; i++) {
        struct receiving *r = &c->receiving[i];
        if ((r->receiver != NULL
             && (receiver_take(r->receiver, b, &fault) > 0 || b->kernel_drops > 0))
            || (r->stream != NULL && stream_take(r->stream, b, c->wake, 0) > 0)) {
            return true;
        }
    }
    return false;
}

void crew_close(struct collector *c)
{
    for (unsigned i = 0; i < c->nreceiving; i++) {
        receiver_close(c->receiving[i].receiver);
        stream_close(c->receiving[i].stream);
    }
    if (c->wake >= 0) {
        close(c->wake);
    }
}

