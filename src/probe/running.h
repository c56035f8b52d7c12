/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * running.h - inside of the probe room: the state of a running probe, and what the control words
 * may do with it. Belongs to the main thread.
 */
#ifndef WEIR_PROBE_RUNNING_H
#define WEIR_PROBE_RUNNING_H

#include "probe/control.h"
#include "probe/probe.h"
#include "probe/worker.h"

enum { PROBE_WORKERS_MAX = 32 };

enum probe_end { RUNNING, GRACEFUL, AT_ONCE };

struct probe {
    const struct probe_plan *plan;
    struct log *log;
    struct worker *workers[PROBE_WORKERS_MAX];
    unsigned nworkers;
    struct queue *finished; /* of struct ended; NULL with a single worker */
    struct export *export;
    struct slots *slots;
    struct control *control;
    int pid_fd;
    enum probe_end end;
    bool booted;           /* the export knows the start of the system */
    bool export_pending;   /* records wait in the encoder */
    uint64_t started;      /* usec since 1970 */
    uint64_t last_second;  /* the last one files were looked after */
    uint64_t seen_drops;
    int write_error;       /* first failure of the files; the run goes on, the exit code tells */
    struct fault write_fault;
};

/* Flows that other threads finished: exported and written now. */
void running_drain(struct probe *p);

bool running_is_live(const struct probe *p);

/* The time by which flows end, usec since 1970. */
uint64_t running_clock(const struct probe *p);

/* In running words: statistics text; all flows handed on, or forgotten; counters of all
 * captures, with new drops put into the loss account. */
void running_statistics(struct probe *p, struct buf *out);
size_t running_expire_all(struct probe *p);
size_t running_delete_all(struct probe *p);
void running_note_drops(struct probe *p);

/* A control_handler; ctx is the struct probe. The workers are locked. */
void running_answer(void *ctx, const char *word, struct buf *reply);

#endif
