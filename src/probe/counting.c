/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * counting.c - one decoded packet into the counters of its flow, and the end of a flow.
 */
#include "probe/metering.h"

#include "probe/detail.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58 };
enum { TCP_FIN = 0x01, TCP_RST = 0x04 };
enum { PORT_DNS = 53 };

void metering_forget(struct meter *m, struct probe_flow *f)
{
    detail_free(f->detail);
    f->detail = NULL;
    flowtable_remove(m->table, f);
}

/* ---- the end of flows ---- */

/* A flow that lived its whole life ended for that, unless it was asked to end. */
static bool has_lived(const struct meter *m, const struct probe_flow *f)
{
    uint32_t life = m->o.timeouts.maxlife;
    return life != 0 && flow_last_usec(f) / 1000000 - f->first_usec / 1000000 >= life;
}

void metering_end_as(struct meter *m, struct probe_flow *f, enum expiry_reason reason)
{
    f->end = (uint8_t)timeouts_fate(&m->o.timeouts, f).end;
    f->reason = (uint8_t)(reason != EXPIRY_FLUSH && has_lived(m, f) ? EXPIRY_MAXLIFE : reason);
    m->o.on_flow(m->o.ctx, f);
    flowstat_ended(&m->stat, f);
    metering_forget(m, f);
}

void metering_end(struct meter *m, struct probe_flow *f)
{
    metering_end_as(m, f, timeouts_fate(&m->o.timeouts, f).reason);
}

static void force_out(struct meter *m)
{
    while (m->o.max_flows != 0 && flowtable_count(m->table) > m->o.max_flows) {
        m->stat.forced++;
        metering_end_as(m, flowtable_oldest(m->table), EXPIRY_MAXFLOWS);
    }
}

/* The flow of the other direction, for tables that keep directions apart. */
static struct probe_flow *reverse_flow(struct meter *m, const struct probe_flow *f)
{
    struct flow_key key = flow_key_reverse(&f->key);
    return flowtable_find(m->table, &key);
}

/* ---- counting ---- */

static void open_direction(struct meter *m, struct probe_flow *f, const struct arrival *a)
{
    const struct packet *p = &a->packet;
    bool full = m->o.scheme.level >= TRACK_FULL;
    f->opening[a->side] = (struct flow_opening){
        .first_usec = a->usec,
        .flow_label = full ? p->flow_label : 0,
        .tos = full ? p->tos : 0,
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
    if (m->o.scheme.level >= TRACK_PORT) { /* they are read with the ports */
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
            metering_end(m, f);
            return;
        }
        flowtable_arm(m->table, f);
    }
    if (m->o.at_once && ends_at_once(&a->packet)) {
        metering_end(m, f);
    }
}

static void start_flow(struct meter *m, struct probe_flow *f, uint64_t usec)
{
    f->first_usec = usec;
    f->seq = m->next_seq++;
    f->oneway = m->o.scheme.oneway;
}

void metering_name(const struct meter *m, struct arrival *a)
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
        metering_end(m, f);
        f = flowtable_get(m->table, &a->key, a->hash, &fresh);
    }
    if (f != NULL && fresh) {
        start_flow(m, f, a->usec);
    }
    return f;
}

void metering_count(struct meter *m, const struct arrival *a)
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
