/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * opening.h - inside of the probe room: start and end of a running probe.
 */
#ifndef WEIR_PROBE_OPENING_H
#define WEIR_PROBE_OPENING_H

#include "probe/running.h"

/* A flow that ended at `usec`; ctx is the struct probe. */
typedef void ended_flow(void *ctx, const struct probe_flow *f, uint64_t usec);

/* Open captures, collectors, files, sockets as the plan has it, go into the background and give up
 * rights. Also after an error opening_undo() is to be called. */
int opening_all(struct probe *p, ended_flow *ended, struct fault *fault);
void opening_undo(struct probe *p);

#endif
