/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * timeouts.h - when a flow ends: softflowd's named timeouts (seconds), and the rules that use them.
 */
#ifndef WEIR_PROBE_TIMEOUTS_H
#define WEIR_PROBE_TIMEOUTS_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct timeouts {
#define TIMEOUT(id, member, name, seconds, label, meaning) uint32_t member;
#include "probe/timeouts.def"
};

/* Why a flow left the table; the order is that of softflowd's statistics. */
enum expiry_reason {
    EXPIRY_TCP,
    EXPIRY_TCP_RST,
    EXPIRY_TCP_FIN,
    EXPIRY_UDP,
    EXPIRY_ICMP,
    EXPIRY_GENERAL,
    EXPIRY_MAXLIFE,
    EXPIRY_OVERBYTES,
    EXPIRY_MAXFLOWS,
    EXPIRY_FLUSH,
    EXPIRY_REASONS_
};

/* Flow end reasons of IPFIX element 136 (RFC 5102). */
enum end_reason {
    END_IDLE = 1,
    END_ACTIVE = 2,
    END_DETECTED = 3,
    END_FORCED = 4,
    END_RESOURCES = 5
};

void timeouts_default(struct timeouts *t);

/* All idle timeouts to `idle` seconds and the life to `active`: the way nfpcapd is told. */
void timeouts_active_idle(struct timeouts *t, uint32_t active, uint32_t idle);

/* "name=time", time a sum of numbers with suffix s m h d w. ERR_USAGE / ERR_RANGE. */
int timeouts_set(struct timeouts *t, const char *text, struct fault *fault);

/* The lines of the control command `timeouts`. */
void timeouts_print(const struct timeouts *t, struct buf *out);

/* One line of name and value each, for usage texts; a table for the manual page. */
void timeouts_list(const struct timeouts *t, struct buf *out);
void timeouts_mdoc(struct buf *out);

struct probe_flow;

/* When a flow ends if no further packet comes (seconds since 1970, 0: at once), and why. */
struct fate {
    uint64_t at;
    enum expiry_reason reason;
    enum end_reason end;
};

/* Follows from what the flow has counted, and from nothing else. Neither direction carries more
 * than FLOW_OCTETS_MAX: softflowd's limit. */
#define FLOW_OCTETS_MAX (UINT64_C(1) << 31)

struct fate timeouts_fate(const struct timeouts *t, const struct probe_flow *f);

/* The end on the grid of expiry scans (expint). */
uint64_t timeouts_due(const struct timeouts *t, const struct probe_flow *f);

/* Does a packet at `usec` (since 1970) come after the flow's end? */
bool timeouts_over(const struct timeouts *t, const struct probe_flow *f, uint64_t usec);

#endif
