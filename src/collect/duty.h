/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * duty.h - what a collector does beside collecting: repeat datagrams, run commands, expire files,
 * count for others, remember templates, tell the service manager.
 *
 * duties_open() takes what needs rights (sockets), duties_start() begins what needs threads and the
 * decoder. duty_file() is called in the scribe's thread, everything else in the decoding thread.
 */
#ifndef WEIR_COLLECT_DUTY_H
#define WEIR_COLLECT_DUTY_H

#include "collect/collector.h"
#include "collect/scribe.h"

struct duties;

struct duty_counters { /* of the process, since its start */
    uint64_t received, ignored, kernel_drops;
};

int duties_open(const struct collector_plan *plan, struct duties **out, struct fault *fault);
int duties_start(struct duties *d, struct wire *wire, struct fault *fault);

void duty_ready(struct duties *d);
void duty_datagram(struct duties *d, const struct datagram *datagram);
void duty_file(struct duties *d, const struct scribe_report *report);
void duty_tick(struct duties *d, const struct duty_counters *counters, uint64_t now);

/* Commands, expiry and repeaters as in next; what cannot change stays, with a message. `now` gets
 * what does. */
void duties_change(struct duties *d, struct collector_plan *now, const struct collector_plan *next);

/* Stopping: remember the templates. The wire may go after it. d may be NULL. */
void duties_end(struct duties *d, uint64_t now);
void duties_free(struct duties *d);

#endif
