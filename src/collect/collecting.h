/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * collecting.h - inside of the collect room: the state of a running collector, its parts by file.
 *
 *     intake.c     datagrams to the decoder, what it hands over to sources
 *     rotation.c   slots: begin, flush, finish, and the loss account
 *     reload.c     a plan that changes
 *     crew.c       the receiving threads
 *     standing.c   what a process has to do before it may look at the network
 */
#ifndef WEIR_COLLECT_COLLECTING_H
#define WEIR_COLLECT_COLLECTING_H

#include "base/queue.h"
#include "collect/collector.h"
#include "collect/duty.h"
#include "collect/scribe.h"
#include "collect/stream.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum {
    BUNDLES = 256,       /* so many of datagrams may wait to be decoded */
    BUNDLES_FEEDING = 16, /* a file can wait */
    RECEIVERS_MAX = 16,
    TROUBLES_SAID_MAX = 100 /* lines on the log about malformed datagrams, in a slot */
};

struct collector;

struct receiving {
    struct collector *c;
    struct receiver *receiver;
    struct stream *stream; /* instead of a receiver: IPFIX over TCP */
    pthread_t thread;
    bool running;
    bool first; /* keeps the time */
    int result;         /* of a capture: 0 or ERR_*, with fault */
    struct fault fault;
};

/* Counters of an exporter when the slot began. */
struct baseline {
    uint64_t packets, flows;
    uint32_t sequence_failures;
};

struct collector {
    const struct collector_plan *plan; /* own_plan */
    struct collector_plan own_plan;    /* may change when it is read again */
    struct log *log;
    struct scribe *scribe;
    struct wire *wire;
    struct feed *feed;
    struct duties *duties;
    struct duty_counters counters;
    struct receiving receiving[RECEIVERS_MAX + 1];
    unsigned nreceiving;
    struct queue *full;  /* bundles to decode */
    struct queue *empty; /* bundles to receive into */
    atomic_bool stopping;
    _Atomic uint32_t wait_msec; /* the plan's flush_msec, for the receiving threads */
    int wake;            /* eventfd: readable when stopping */
    struct source *current;  /* of the datagram that is being decoded */
    uint64_t slot;           /* start of the slot, seconds since 1970; 0: none yet */
    uint64_t slots;          /* files begun so far */
    uint64_t now;            /* msec: time of the last datagram or tick */
    uint64_t last_flush;     /* msec */
    struct baseline *base;   /* by sysid */
    size_t nbase;
    uint64_t received, ignored, kernel_drops; /* in this slot */
    _Atomic uint64_t not_stored; /* flows lost at the ends of slots, in no account yet */
    unsigned losses_said;    /* lines on the log about them, in this slot */
    unsigned troubles_heard; /* in this slot: what was malformed */
    uint64_t started;        /* msec: of this slot's counting */
    bool rotate;             /* asked for: end the slot early */
    int pid_fd;
};

/* ---- rotation.c ---- */

/* Rows and what changed, to the scribe; begin the file of a source that is new. */
void rotation_begin(struct collector *c, struct source *s);
void rotation_send_rows(struct collector *c, struct source *s);
void rotation_recover(struct collector *c, const struct source *s); /* files a killed run left */

/* Time has come to c->now: turn to its slot if it is another one; flush now and then. */
void rotation_keep(struct collector *c);
void rotation_flush(struct collector *c);
void rotation_finish(struct collector *c);
void rotation_finished(void *collector, const struct scribe_report *r); /* scribe's thread */

/* ---- reload.c ---- */

void reload(struct collector *c); /* between two slots */

/* ---- intake.c ---- */

int intake_open(struct collector *c); /* makes c->wire; ERR_NOMEM */
void intake_bundle(struct collector *c, const struct bundle *b);
void intake_time(struct collector *c, uint64_t now); /* once per bundle: what time asks for */
void intake_capture_time(struct collector *c);       /* in its place, for a capture file */

/* ---- collector.c ---- */

void collector_signals(sigset_t *set); /* those that end it or the slot */

/* ---- crew.c ---- */

int crew_open(struct collector *c, struct fault *fault); /* sockets */
int crew_start(struct collector *c, struct fault *fault); /* threads */
int crew_stop(struct collector *c, struct fault *fault);  /* what a capture ended with */
bool crew_take_rest(struct collector *c, struct bundle *b); /* false: nothing waits any more */
void crew_close(struct collector *c);

/* ---- standing.c ---- */

/* In this order: rights, background, PID file, sandbox. */
int standing_take(struct collector *c, struct fault *fault);
void standing_leave(struct collector *c); /* the PID file goes */

static inline bool is_feeding(const struct collector *c)
{
    return c->plan->feed.file != NULL || c->plan->feed.interface != NULL;
}

#endif
