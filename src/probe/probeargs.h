/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * probeargs.h - what was typed on the probe's command line, and the plan made of it.
 *
 * Two dialects, one table of rows each: softflowd's (with weir's long options) and nfpcapd's.
 */
#ifndef WEIR_PROBE_PROBEARGS_H
#define WEIR_PROBE_PROBEARGS_H

#include "base/arena.h"
#include "base/opt.h"
#include "probe/probe.h"

#include <stdbool.h>
#include <stdio.h>

struct probeargs {
    bool nfpcapd;
    bool help, show_version, foreground, debug, track_v6, biflow, spread, no_promiscuous;
    bool adjust_time, fat, payload, udp_tunnels, libpcap, drop_duplicates;
    const char *interface, *file, *targets, *version, *level, *transport, *times;
    const char *control, *pid, *daemon_pid, *dir, *ident, *user, *group, *bind_interface;
    const char *compression, *format, *active_idle, *exporter, *direction_mac;
    bool has_in_if;
    uint32_t in_if;
    unsigned long max_flows, snap_length, sampling, labels, buffer, seconds, subdirs;
    unsigned long threads, mtu;
    int hop_limit; /* -1: the system's */
    struct timeouts timeouts;
    char *filter; /* words joined; "" if none */
};

struct probeargs_dialect;

/* nfpcapd's when called by that name, else softflowd's: under its own name with its own paths. */
const struct probeargs_dialect *probeargs_dialect_of(const char *name);

/* Fill *a; texts lie in argv or the arena. ERR_USAGE, ERR_RANGE with text. */
int probeargs_parse(const struct probeargs_dialect *d, int argc, char **argv, struct arena *arena,
                struct probeargs *a, struct fault *fault);

void probeargs_usage(const struct probeargs_dialect *d, const char *name, FILE *to);

/* The rows of the manual page's option list. */
void probeargs_mdoc(const struct probeargs_dialect *d, struct buf *out);

/* Decide. ERR_USAGE when options do not fit together. */
int probeargs_plan(const struct probeargs *a, const char *name, struct log *log,
                   struct probe_plan *plan, struct fault *fault);

#endif
