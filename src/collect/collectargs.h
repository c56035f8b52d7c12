/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * collectargs.h - what was typed on the collector's command line, and the plan made of it.
 */
#ifndef WEIR_COLLECT_COLLECTARGS_H
#define WEIR_COLLECT_COLLECTARGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "collect/collector.h"

#include <stdbool.h>

struct collectargs {
    bool sflow_port; /* called sfcapd: its default port */
    bool help, version, daemon, zone_names;
    const char *dir, *dynamic, *ident, *port, *host, *multicast, *file, *interface;
    const char *compression, *format, *pid, *user, *group;
    const char *command, *metric, *metrics, *tcp, *state, *config;
    const char *repeater[REPEATERS_MAX];
    size_t nrepeaters;
    bool expire, keep_sender, open_tunnels;
    unsigned long interval;
    const char **source; /* -n texts, in the arena */
    size_t nsources;
    int family;
    unsigned long buffer, seconds, subdirs, receivers, encoders, flush, verbose;
    int32_t sampling;
    uint64_t groups;
};

/* name: the program's, without directories. Texts lie in argv, lists in the arena. */
int collectargs_parse(const char *name, int argc, char **argv, struct arena *arena,
                      struct collectargs *a, struct fault *fault);

/* Decide. plan->sources is the caller's to free, also after an error. */
int collectargs_plan(const struct collectargs *a, struct log *log, struct collector_plan *plan,
                     struct fault *fault);

void collectargs_usage(const char *name, struct buf *out);
void collectargs_mdoc(struct buf *out); /* rows of the manual's option list */

#endif
