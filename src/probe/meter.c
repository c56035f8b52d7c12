/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * meter.c - packets on their way to their flows: which ones count, how they wait for the memory
 * they touch and for the first fragment of their datagram; the end of many flows; looking in.
 */
#include "probe/metering.h"

#include <stdlib.h>

/* The table asks when a flow ends. */
static uint64_t end_of_flow(const void *ctx, const struct probe_flow *f)
{
    return timeouts_due(ctx, f);
}

struct meter *meter_new(const struct meter_options *options)
{
    struct meter *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->o = *options;
    m->next_seq = 1;
    m->maxlife_usec = m->o.timeouts.maxlife != 0
                          ? m->o.timeouts.maxlife * UINT64_C(1000000) : UINT64_MAX;
    m->table = flowtable_new(end_of_flow, &m->o.timeouts);
    m->fragments = fragments_new();
    if (m->table == NULL || m->fragments == NULL) {
        meter_free(m);
        return NULL;
    }
    return m;
}

void meter_free(struct meter *m)
{
    if (m == NULL) {
        return;
    }
    if (m->table != NULL) {
        meter_delete_all(m);
    }
    flowtable_free(m->table);
    fragments_free(m->fragments);
    free(m);
}

static bool is_tracked(struct meter *m, enum packet_verdict verdict, const struct packet *p)
{
    bool ip = (verdict == PACKET_OK || verdict == PACKET_SHORT)
              && !(p->family == 6 && m->o.ignore_v6);
    m->stat.packets += ip;
    m->stat.non_ip += !ip;
    m->stat.too_short += ip && verdict == PACKET_SHORT;
    return ip && verdict == PACKET_OK;
}

static bool is_duplicate(struct meter *m, const struct packet *p, const uint8_t *data,
                         size_t captured)
{
    size_t n = captured - p->link_length;
    if (!m->o.drop_duplicates) {
        return false;
    }
    if (p->tunnel_family == 0 && p->ip_length != 0 && p->ip_length < n) {
        n = p->ip_length; /* without padding */
    }
    if (!duplicates_seen(&m->duplicates, data + p->link_length, n)) {
        return false;
    }
    m->stat.duplicates++;
    return true;
}

/* softflowd's way: a packet that is ignored is not one of the N. */
static bool is_sampled_out(struct meter *m)
{
    if (m->o.sampling <= 1 || (m->stat.packets + m->stat.not_sampled) % m->o.sampling == 0) {
        return false;
    }
    m->stat.not_sampled++;
    return true;
}

/* softflowd counts what follows the link header, labels and padding included. */
static uint64_t octets_of(const struct meter *m, const struct packet *p, size_t length)
{
    size_t link = p->link_length - (m->o.ip_octets ? 0 : p->label_octets);
    if (m->o.ip_octets && p->ip_length != 0) {
        return p->ip_length;
    }
    return length > link ? length - link : 0;
}

/* A fragment that has waited for the first one of its datagram. Time does not run back for a flow
 * that went on meanwhile. */
static void count_held(struct meter *m, const struct held_fragment *held)
{
    struct arrival a = {.packet = held->packet, .usec = held->usec, .octets = held->octets};
    const struct probe_flow *f;
    metering_name(m, &a);
    f = flowtable_find(m->table, &a.key);
    a.usec = f != NULL && flow_last_usec(f) > a.usec ? flow_last_usec(f) : a.usec;
    metering_count(m, &a);
}

static void count_released(struct meter *m)
{
    struct held_fragment held;
    while (fragments_next(m->fragments, &held)) {
        count_held(m, &held);
    }
}

static void count_fragment(struct meter *m, struct arrival *a)
{
    bool now = fragments_pass(m->fragments, &a->packet, a->usec, a->octets);
    count_released(m);
    if (now) {
        metering_name(m, a); /* it may have learnt its ports */
        metering_count(m, a);
    }
}

/* ---- packets on their way ---- */

static void count_arrival(struct meter *m, struct arrival *a)
{
    if (!m->o.ip_octets) { /* softflowd's way: later fragments stay without ports */
        metering_count(m, a);
        return;
    }
    fragments_tick(m->fragments, a->usec);
    if (a->packet.is_fragment) {
        count_fragment(m, a);
        return;
    }
    count_released(m);
    metering_count(m, a);
}

static void fetch_flows(const struct meter *m)
{
    for (size_t i = 0; i < m->arrived; i++) {
        flowtable_expect(m->table, m->arrivals[i].hash);
    }
    for (size_t i = 0; i < m->arrived; i++) {
        flowtable_expect_flow(m->table, m->arrivals[i].hash);
    }
}

void meter_settle(struct meter *m)
{
    fetch_flows(m);
    for (size_t i = 0; i < m->arrived; i++) {
        count_arrival(m, &m->arrivals[i]);
    }
    m->arrived = 0;
}

void meter_packet(struct meter *m, uint64_t usec, int link_type, const uint8_t *data,
                  size_t captured, size_t length)
{
    struct arrival *a = &m->arrivals[m->arrived];
    enum packet_verdict verdict;
    if (is_sampled_out(m)) {
        return;
    }
    verdict = packet_decode(link_type, data, captured, &m->o.packet, &a->packet);
    if ((verdict == PACKET_OK && is_duplicate(m, &a->packet, data, captured))
        || !is_tracked(m, verdict, &a->packet)) {
        return;
    }
    a->usec = usec;
    a->octets = octets_of(m, &a->packet, length);
    m->stat.fragments += a->packet.is_fragment;
    metering_name(m, a);
    m->arrived++;
    if (m->arrived == TOGETHER || m->o.payload) { /* payload lies in the caller's memory */
        meter_settle(m);
    }
}

/* ---- the end of many ---- */

size_t meter_expire(struct meter *m, uint64_t now)
{
    struct probe_flow *f;
    size_t n = 0;
    meter_settle(m);
    while ((f = flowtable_due(m->table, now)) != NULL) {
        metering_end(m, f);
        n++;
    }
    return n;
}

size_t meter_expire_all(struct meter *m)
{
    struct probe_flow *f;
    size_t n = 0;
    meter_settle(m);
    fragments_flush(m->fragments);
    count_released(m);
    while ((f = flowtable_oldest(m->table)) != NULL) {
        metering_end_as(m, f, EXPIRY_FLUSH);
        n++;
    }
    return n;
}

size_t meter_delete_all(struct meter *m)
{
    struct probe_flow *f;
    size_t n = 0;
    m->arrived = 0;
    while ((f = flowtable_oldest(m->table)) != NULL) {
        metering_forget(m, f);
        n++;
    }
    return n;
}

/* ---- looking in ---- */

size_t meter_flows(const struct meter *m)
{
    return flowtable_count(m->table);
}

const struct timeouts *meter_timeouts(const struct meter *m)
{
    return &m->o.timeouts;
}

void meter_sum(const struct meter *m, struct flowstat *sum, size_t *active)
{
    flowstat_merge(sum, &m->stat);
    *active += flowtable_count(m->table);
}

void meter_dump(struct meter *m, uint64_t now, struct buf *out)
{
    struct probe_flow *f;
    size_t place = 0;
    while ((f = flowtable_next(m->table, &place)) != NULL) {
        flowstat_print_flow(f, timeouts_fate(&m->o.timeouts, f).at, now, out);
    }
}
