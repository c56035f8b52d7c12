/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * collector.h - the running collector: receive, decode, write, rotate.
 */
#ifndef WEIR_COLLECT_COLLECTOR_H
#define WEIR_COLLECT_COLLECTOR_H

#include "base/log.h"
#include "collect/feed.h"
#include "collect/receive.h"
#include "collect/repeater.h"
#include "collect/source.h"
#include "store/flowwriter.h"
#include "wire/wire.h"

#include <stdbool.h>

/* What to do, decided; texts belong to the caller and outlive the run. */
struct collector_plan {
    struct sources *sources;
    struct receiver_options receiver;
    unsigned nreceivers;
    struct capture_options feed; /* .file or .interface set: read from there, no receivers */
    uint32_t seconds;            /* length of a slot */
    unsigned subdirs;
    bool zone_names;
    uint32_t flush_msec;
    struct flowwriter_options writer; /* ident, temp and encoders are filled in */
    unsigned nencoders;               /* threads that encode; 0: the writing one does */
    struct wire_options wire;
    bool daemon;
    const char *pid_path; /* NULL: none */
    const char *user, *group;
    const char *command;       /* after each file; NULL: none */
    bool expire;
    const char *repeaters[REPEATERS_MAX];
    unsigned nrepeaters;
    bool keep_sender;
    const char *metric_path;   /* nfcapd's metric socket; NULL: none */
    uint32_t metric_seconds;
    const char *metrics_place; /* Prometheus; NULL: none */
    const char *tcp_service;   /* IPFIX over TCP; NULL: not */
    const char *state_path;    /* templates over restarts; NULL: forget them */
    const char *config_path;   /* NULL: none */

    /* Make the plan anew, on SIGHUP; next->sources is the caller's to free, also after an error.
     * NULL: SIGHUP only ends the slot. */
    int (*reread)(void *ctx, struct collector_plan *next, struct fault *fault);
    void *reread_ctx;
    struct log *log;
};

/* Run until a signal, or the end of a capture file. Returns 0 or ERR_*. */
int collector_run(const struct collector_plan *plan, struct fault *fault);

#endif
