/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * meter.c - from a decoded packet to its flow's counters.
 */
#include "probe/meter.h"

#include "base/hash.h"
#include "packet/fragment.h"
#include "probe/detail.h"

#include <stdlib.h>
#include <string.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58 };
enum { TCP_FIN = 0x01, TCP_RST = 0x04 };
enum { PORT_DNS = 53 };

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
    uint64_t next_seq;
    uint64_t maxlife_usec; /* UINT64_MAX: no bound */
    size_t arrived;
    struct arrival arrivals[TOGETHER];
};

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

static void forget_flow(struct meter *m, struct probe_flow *f)
{
    detail_free(f->detail);
    f->detail = NULL;
    flowtable_remove(m->table, f);
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

/* The flow of the other direction, for tables that keep directions apart. */
static struct probe_flow *reverse_flow(struct meter *m, const struct probe_flow *f)
{
    struct flow_key key = flow_key_reverse(&f->key);
    return flowtable_find(m->table, &key);
}

/* ---- the end of flows ---- */

/* A flow that lived its whole life ended for that, unless it was asked to end. */
static bool has_lived(const struct meter *m, const struct probe_flow *f)
{
    uint32_t life = m->o.timeouts.maxlife;
    return life != 0 && flow_last_usec(f) / 1000000 - f->first_usec / 1000000 >= life;
}

static void end_flow_as(struct meter *m, struct probe_flow *f, enum expiry_reason reason)
{
    f->end = (uint8_t)timeouts_fate(&m->o.timeouts, f).end;
    f->reason = (uint8_t)(reason != EXPIRY_FLUSH && has_lived(m, f) ? EXPIRY_MAXLIFE : reason);
    m->o.on_flow(m->o.ctx, f);
    flowstat_ended(&m->stat, f);
    forget_flow(m, f);
}

static void end_flow(struct meter *m, struct probe_flow *f)
{
    end_flow_as(m, f, timeouts_fate(&m->o.timeouts, f).reason);
}

static void force_out(struct meter *m)
{
    while (m->o.max_flows != 0 && flowtable_count(m->table) > m->o.max_flows) {
        m->stat.forced++;
        end_flow_as(m, flowtable_oldest(m->table), EXPIRY_MAXFLOWS);
    }
}

/* ---- counting ---- */

static void open_direction(struct meter *m, struct probe_flow *f, const struct arrival *a)
{
    const struct packet *p = &a->packet;
    f->opening[a->side] = (struct flow_opening){
        .first_usec = a->usec,
        .flow_label = m->o.scheme.level >= TRACK_FULL ? p->flow_label : 0,
        .tos = p->tos,
        .fragment_flags = p->fragment_flags,
    };
    f->dir[a->side].min_ttl = f->dir[a->side].max_ttl = p->ttl;
}

static void count_in_direction(struct meter *m, struct probe_flow *f, const struct arrival *a)
{
    struct flow_direction *d = &f->dir[a->side];
    const struct packet *p = &a->packet;
    if (d->packets == 0) {
        open_direction(m, f, a);
    }
    d->last_usec = a->usec;
    d->packets++;
    d->octets += a->octets;
    d->min_ttl = p->ttl < d->min_ttl ? p->ttl : d->min_ttl;
    d->max_ttl = p->ttl > d->max_ttl ? p->ttl : d->max_ttl;
    if (m->o.scheme.level >= TRACK_FULL) {
        d->tcp_flags |= p->tcp_flags;
    }
    f->last_side = (uint8_t)a->side;
}

static bool is_fresh(const struct probe_flow *f)
{
    return f->dir[0].packets + f->dir[1].packets == 0;
}

/* A flow that its first packet ends has no connection. */
static void keep_latency(struct meter *m, struct probe_flow *f, const struct packet *p,
                         uint64_t usec)
{
    if (is_fresh(f) && (p->tcp_flags & (TCP_FIN | TCP_RST)) == 0) {
        struct probe_flow *reverse = reverse_flow(m, f);
        if (reverse != NULL) {
            detail_latency_start(f, reverse);
        }
    } else if (f->detail->waiting != LATENCY_NONE) {
        detail_latency_next(f, reverse_flow(m, f), usec);
    }
}

static void keep_detail(struct meter *m, struct probe_flow *f, const struct packet *p,
                        uint64_t usec)
{
    if (is_fresh(f)) {
        f->detail = detail_new(p);
    }
    if (f->detail == NULL) {
        return;
    }
    if (m->o.payload) {
        detail_payload(f->detail, p);
    }
    if (m->o.fat && p->proto == PROTO_TCP) {
        keep_latency(m, f, p, usec);
    }
}

/* Records that nfpcapd writes at once. */
static bool ends_at_once(const struct packet *p)
{
    if (p->is_fragment) {
        return false; /* the others of its datagram belong to it */
    }
    switch (p->proto) {
    case PROTO_TCP:
        return (p->tcp_flags & (TCP_FIN | TCP_RST)) != 0;
    case PROTO_UDP:
        return p->src_port == PORT_DNS || p->dst_port == PORT_DNS;
    case PROTO_ICMP:
    case PROTO_ICMP6:
        return true;
    default:
        return false;
    }
}

/* Could a packet make its flow end earlier than it was to? Most only let it live on. */
struct before {
    uint64_t last_usec;
    uint8_t tcp_flags;
};

static bool may_end_earlier(const struct meter *m, const struct probe_flow *f,
                            const struct before *before)
{
    const struct flow_direction *d = &f->dir[f->last_side];
    return d->tcp_flags != before->tcp_flags
           || d->last_usec < before->last_usec /* also: its first packet */
           || d->last_usec - f->first_usec > m->maxlife_usec || d->octets > FLOW_OCTETS_MAX;
}

static void add_packet(struct meter *m, struct probe_flow *f, const struct arrival *a)
{
    struct before before = {is_fresh(f) ? UINT64_MAX : flow_last_usec(f),
                            f->dir[a->side].tcp_flags};
    count_in_direction(m, f, a);
    if (may_end_earlier(m, f, &before)) {
        if (timeouts_fate(&m->o.timeouts, f).at == 0) {
            end_flow(m, f);
            return;
        }
        flowtable_arm(m->table, f);
    }
    if (m->o.at_once && ends_at_once(&a->packet)) {
        end_flow(m, f);
    }
}

static void start_flow(struct meter *m, struct probe_flow *f, uint64_t usec)
{
    f->first_usec = usec;
    f->seq = m->next_seq++;
    f->oneway = m->o.scheme.oneway;
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

/* What a packet is called in the table. */
static void name_packet(const struct meter *m, struct arrival *a)
{
    a->side = flow_key_sender(&m->o.scheme, &a->packet);
    flow_key_of(&m->o.scheme, &a->packet, a->side, &a->key);
    a->hash = flowtable_hash(m->table, &a->key);
}

/* The flow of a packet; one whose time was over before the packet came makes room for a new one. */
static struct probe_flow *flow_of(struct meter *m, const struct arrival *a)
{
    bool fresh;
    struct probe_flow *f = flowtable_get(m->table, &a->key, a->hash, &fresh);
    if (f != NULL && !fresh && m->o.scheme.oneway
        && timeouts_over(&m->o.timeouts, f, a->usec)) {
        end_flow(m, f);
        f = flowtable_get(m->table, &a->key, a->hash, &fresh);
    }
    if (f != NULL && fresh) {
        start_flow(m, f, a->usec);
    }
    return f;
}

static void count_packet(struct meter *m, const struct arrival *a)
{
    const struct packet *p = &a->packet;
    struct probe_flow *f = flow_of(m, a);
    if (f == NULL) {
        m->stat.no_memory++;
        return;
    }
    if (m->o.fat || m->o.payload || p->tunnel_family != 0
        || (m->o.scheme.labels > 0 && p->nlabels > 0)) {
        keep_detail(m, f, p, a->usec);
    }
    add_packet(m, f, a);
    force_out(m);
}

/* A fragment that has waited for the first one of its datagram. Time does not run back for a flow
 * that went on meanwhile. */
static void count_held(struct meter *m, const struct held_fragment *held)
{
    struct arrival a = {.packet = held->packet, .usec = held->usec, .octets = held->octets};
    const struct probe_flow *f;
    name_packet(m, &a);
    f = flowtable_find(m->table, &a.key);
    a.usec = f != NULL && flow_last_usec(f) > a.usec ? flow_last_usec(f) : a.usec;
    count_packet(m, &a);
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
        name_packet(m, a); /* it may have learnt its ports */
        count_packet(m, a);
    }
}

/* ---- packets on their way ---- */

static void count_arrival(struct meter *m, struct arrival *a)
{
    if (!m->o.ip_octets) { /* softflowd's way: later fragments stay without ports */
        count_packet(m, a);
        return;
    }
    fragments_tick(m->fragments, a->usec);
    if (a->packet.is_fragment) {
        count_fragment(m, a);
        return;
    }
    count_released(m);
    count_packet(m, a);
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
    if (is_sampled_out(m)
        || !is_tracked(m, packet_decode(link_type, data, captured, &m->o.packet, &a->packet),
                       &a->packet)) {
        return;
    }
    a->usec = usec;
    a->octets = octets_of(m, &a->packet, length);
    m->stat.fragments += a->packet.is_fragment;
    name_packet(m, a);
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
        end_flow(m, f);
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
        end_flow_as(m, f, EXPIRY_FLUSH);
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
        forget_flow(m, f);
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
