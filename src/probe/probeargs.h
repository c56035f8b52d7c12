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
    bool adjust_time, fat, payload, udp_tunnels, libpcap;
    const char *interface, *file, *targets, *version, *level, *transport, *times;
    const char *control, *pid, *dir, *ident, *user, *bind_interface, *compression, *format;
    const char *active_idle;
    uint32_t in_if;
    unsigned long max_flows, snap_length, sampling, labels, buffer, seconds, subdirs, hop_limit;
    unsigned long threads, mtu;
    struct timeouts timeouts;
    char *filter; /* words joined; "" if none */
};

struct probeargs_dialect;

/* nfpcapd's when called by that name, else softflowd's. */
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
