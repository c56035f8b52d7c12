/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * probe.h - the running probe: capture, meter, export, files and control tied together.
 */
#ifndef WEIR_PROBE_PROBE_H
#define WEIR_PROBE_PROBE_H

#include "base/log.h"
#include "packet/capture.h"
#include "probe/export.h"
#include "probe/meter.h"
#include "probe/slots.h"

#include <stdbool.h>

/* What to do, decided; texts belong to the caller and outlive the probe. */
struct probe_plan {
    const char *name;           /* program name in replies and logs */
    struct capture_options capture;
    struct meter_options meter; /* on_flow and ctx are filled in by the probe */
    unsigned threads;           /* captures that share a live interface, each with a thread */
    bool exporting;
    struct export_options export;
    bool writing;
    struct slots_options slots;
    const char *control_path;   /* NULL: no socket */
    const char *pid_path;       /* NULL: none */
    bool packet_time;           /* flows end by packet time (files); else by the clock, live only */
    bool print_statistics;      /* at the end, to standard output */
    bool boot_from_packets;     /* the system starts with the first packet, not now */
    bool daemon;
    const char *user, *group;   /* to become after everything is open; NULL: stay */
    struct log *log;
};

/* Run until the capture ends, a signal or the control socket says so. Returns 0 or ERR_*. */
int probe_run(const struct probe_plan *plan, struct fault *fault);

#endif
