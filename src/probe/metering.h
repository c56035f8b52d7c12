/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * metering.h - inside of the meter: its state, and what counting.c does with one packet or one flow
 * for meter.c.
 */
#ifndef WEIR_PROBE_METERING_H
#define WEIR_PROBE_METERING_H

#include "packet/fragment.h"
#include "probe/duplicates.h"
#include "probe/meter.h"

/* A packet between its capture and its flow. */
struct arrival {
    struct packet packet;
    uint64_t usec;
    uint64_t octets;
    int side;
    uint32_t hash;
    struct flow_key key;
};

/* Packets are counted so many together: the memory that they touch is asked for in short loops, in
 * which the processor has many requests under way, look-ups of pages included. Asked for packet by
 * packet, each look-up held up the packet (2 million flows: 390 ns a packet, together 115;
 * 2026-11-25). */
enum { TOGETHER = 32 };

struct meter {
    struct meter_options o;
    struct flowtable *table;
    struct fragments *fragments;
    struct flowstat stat;
    struct duplicates duplicates;
    uint64_t next_seq;
    uint64_t maxlife_usec; /* UINT64_MAX: no bound */
    size_t arrived;
    struct arrival arrivals[TOGETHER];
};

/* Say what a packet is called in the table. */
void metering_name(const struct meter *m, struct arrival *a);

/* Into its flow's counters; may end flows. */
void metering_count(struct meter *m, const struct arrival *a);

/* Hand the flow on, for its own reason or for this one; or forget it. */
void metering_end(struct meter *m, struct probe_flow *f);
void metering_end_as(struct meter *m, struct probe_flow *f, enum expiry_reason reason);
void metering_forget(struct meter *m, struct probe_flow *f);

#endif
