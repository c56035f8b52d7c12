/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowstat.h - counters about the meter's work and their text, as softflowd prints them.
 */
#ifndef WEIR_PROBE_FLOWSTAT_H
#define WEIR_PROBE_FLOWSTAT_H

#include "base/buf.h"
#include "probe/flowtable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spread { /* running minimum, mean, maximum */
    uint64_t n;
    double min, mean, max;
};

struct flowstat {
    uint64_t packets, not_sampled, duplicates, fragments, non_ip, too_short, no_memory;
    uint64_t expired, forced;
    uint64_t reason[EXPIRY_REASONS_];
    struct spread octets, flow_packets, duration;
    struct {
        uint64_t octets, packets;
        struct spread duration;
    } proto[256];
};

void flowstat_ended(struct flowstat *s, const struct probe_flow *f);

void flowstat_merge(struct flowstat *into, const struct flowstat *from);

/* What export and capture contribute to the statistics text. */
struct flowstat_outside {
    uint64_t exported_flows, exported_records, datagrams, failures;
    bool has_capture;
    uint64_t received, dropped, interface_dropped;
};

/* The block of softflowd's `statistics`, without its first line. */
void flowstat_print(const struct flowstat *s, size_t active, const struct flowstat_outside *o,
                    struct buf *out);
void flowstat_print_flow(const struct probe_flow *f, uint64_t ends_at, uint64_t now,
                         struct buf *out);

/* "2026-11-23T16:39:50" in UTC. */
void flowstat_time(uint64_t seconds, char text[20]);

#endif
