/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * finish.c - from what a record's elements said to what the flow was: times, ICMP, addresses of two
 * families, sampling, events.
 *
 * Rules follow nfdump's where those keep the exporter's data, and go beyond where they lose it: a
 * time that is unknown becomes the export time, never 1970.
 */
#include "wire/message.h"

#include <stddef.h>
#include <string.h>

enum { PROTO_ICMP = 1, PROTO_IPV4 = 4, PROTO_ICMP6 = 58 };
enum { FLAG_EVENT = 1, FLAG_SAMPLED = 2 };
enum { AHEAD_MAX_MSEC = 100000 }; /* a flow may end so much after the export time */

#define NTP_1970 2208988800u

/* ---- times ---- */

struct instant {
    uint64_t msec; /* 0: unknown */
    uint32_t nano; /* beyond msec */
};

static struct instant from_ntp(uint64_t ntp)
{
    struct instant t = {0, 0};
    uint64_t sec = ntp >> 32;
    uint64_t nsec = (ntp & 0xffffffff) * 1000000000u >> 32;
    if (sec > NTP_1970) {
        t.msec = (sec - NTP_1970) * 1000 + nsec / 1000000;
        t.nano = (uint32_t)(nsec % 1000000);
    }
    return t;
}

static struct instant from_delta(const struct message *m, uint64_t usec)
{
    struct instant t = {0, 0};
    uint64_t at = m->export_msec * 1000;
    if (usec != 0 && usec < at) {
        t.msec = (at - usec) / 1000;
        t.nano = (uint32_t)((at - usec) % 1000 * 1000);
    }
    return t;
}

/* v5, v9: how long before the export time; the clock may have wrapped. */
static uint64_t from_uptime(const struct message *m, uint32_t at)
{
    uint32_t age = m->uptime - at;
    if (age > UINT32_MAX - AHEAD_MAX_MSEC) {
        return m->export_msec + (uint32_t)-age;
    }
    return m->export_msec > age ? m->export_msec - age : 0;
}

/* IPFIX: the start of the exporter is told by the record or by option data. Without it only the
 * length of the flow is known; it is taken to have ended at the export time. */
static void uptimes_by_boot(const struct message *m, const uint64_t *reg, struct instant *first,
                            struct instant *last)
{
    uint64_t boot = reg[REG_BOOT_MSEC] != 0 ? reg[REG_BOOT_MSEC] : m->e->boot;
    uint64_t length = reg[REG_LAST_UPTIME] - reg[REG_FIRST_UPTIME];
    if (boot != 0) {
        first->msec = boot + reg[REG_FIRST_UPTIME];
        last->msec = reg[REG_LAST_UPTIME] != 0 ? boot + reg[REG_LAST_UPTIME] : 0;
    } else {
        last->msec = m->export_msec;
        first->msec = length < last->msec ? last->msec - length : last->msec;
    }
}

static void take_uptimes(const struct message *m, const uint64_t *reg, struct instant *first,
                         struct instant *last)
{
    if ((reg[REG_FIRST_UPTIME] | reg[REG_LAST_UPTIME]) == 0) {
        return;
    }
    if (!m->has_uptime) {
        uptimes_by_boot(m, reg, first, last);
        return;
    }
    if (reg[REG_LAST_UPTIME] != 0) {
        last->msec = from_uptime(m, (uint32_t)reg[REG_LAST_UPTIME]);
        first->msec = from_uptime(m, (uint32_t)reg[REG_FIRST_UPTIME]);
    } else {
        first->msec = from_uptime(m, (uint32_t)reg[REG_FIRST_UPTIME]);
    }
}

/* The first kind of time that is there counts, the finest first. */
static void take_times(const struct message *m, const struct template *t, const uint64_t *reg,
                       struct instant *first, struct instant *last)
{
    if (template_fills(t, REG_FIRST_NTP) || template_fills(t, REG_LAST_NTP)) {
        *first = from_ntp(reg[REG_FIRST_NTP]);
        *last = from_ntp(reg[REG_LAST_NTP]);
    }
    if ((first->msec | last->msec) == 0) {
        first->msec = reg[REG_FIRST_MSEC];
        last->msec = reg[REG_LAST_MSEC];
    }
    if ((first->msec | last->msec) == 0) {
        first->msec = reg[REG_FIRST_SEC] * 1000;
        last->msec = reg[REG_LAST_SEC] * 1000;
    }
    if ((first->msec | last->msec) == 0) {
        *first = from_delta(m, reg[REG_FIRST_DELTA]);
        *last = from_delta(m, reg[REG_LAST_DELTA]);
    }
    if ((first->msec | last->msec) == 0) {
        take_uptimes(m, reg, first, last);
    }
}

static uint64_t event_time(const uint64_t *reg)
{
    if (reg[REG_EVENT_MSEC] != 0) {
        return reg[REG_EVENT_MSEC];
    }
    return reg[REG_EVENT_SEC] != 0 ? reg[REG_EVENT_SEC] * 1000 : from_ntp(reg[REG_EVENT_NTP]).msec;
}

static void fill_unknown_times(const struct message *m, const uint64_t *reg, struct instant *first,
                               struct instant *last)
{
    uint64_t length = reg[REG_DURATION_MSEC] != 0 ? reg[REG_DURATION_MSEC]
                                                  : reg[REG_DURATION_USEC] / 1000;
    if ((first->msec | last->msec) == 0) {
        uint64_t at = event_time(reg);
        last->msec = at != 0 ? at : m->export_msec != 0 ? m->export_msec : m->received;
    }
    if (first->msec == 0) {
        first->msec = length < last->msec ? last->msec - length : last->msec;
        first->nano = length == 0 ? last->nano : 0;
    } else if (last->msec == 0) {
        last->msec = first->msec + length;
        last->nano = length == 0 ? first->nano : 0;
    }
}

static void set_times(struct message *m, const struct template *t, struct workspace *w)
{
    struct instant first = {0, 0};
    struct instant last = {0, 0};
    take_times(m, t, w->reg, &first, &last);
    fill_unknown_times(m, w->reg, &first, &last);
    w->rec.first = first.msec;
    w->rec.last = last.msec;
    if ((first.nano | last.nano) != 0 && (m->w->options.groups & group_bit(GROUP_NANO)) != 0) {
        w->rec.first_nano = first.nano;
        w->rec.last_nano = last.nano;
        rec_add_group(&w->rec, GROUP_NANO);
    }
}

/* ---- ICMP, class of service, latency ---- */

/* Some exporters leave out the protocol when they tell type and code. */
bool finish_icmp_possible(uint8_t proto)
{
    return proto == 0 || proto == PROTO_ICMP || proto == PROTO_ICMP6;
}

static void set_icmp(struct rec *r, const uint64_t *reg)
{
    if (r->proto == 0) {
        r->dst_port = reg[REG_ICMP] != 0 ? (uint16_t)reg[REG_ICMP] : r->dst_port;
    }
    if (r->proto == 0 || !finish_icmp_possible(r->proto)) {
        return;
    }
    if (reg[REG_ICMP] != 0) {
        r->dst_port = (uint16_t)reg[REG_ICMP];
    } else if ((reg[REG_ICMP_TYPE] | reg[REG_ICMP_CODE]) != 0) {
        r->dst_port = (uint16_t)((reg[REG_ICMP_TYPE] & 255) << 8 | (reg[REG_ICMP_CODE] & 255));
    } else if (r->src_port != 0 && r->dst_port == 0) {
        r->dst_port = r->src_port;
    }
    r->src_port = 0;
}

/* What replaces a value that the record does not have itself. */
static void set_substitutes(struct rec *r, const uint64_t *reg)
{
    r->proto = r->proto != 0 ? r->proto : (uint8_t)reg[REG_NEXT_HEADER];
    r->bytes = r->bytes != 0 ? r->bytes : reg[REG_LAYER2_OCTETS];
    r->tcp_flags |= (uint8_t)(reg[REG_FIRST_FLAGS] | reg[REG_OTHER_FLAGS]);
    if ((reg[REG_REV_FIRST_FLAGS] | reg[REG_REV_OTHER_FLAGS]) != 0) {
        r->rev_tcp_flags |= (uint8_t)(reg[REG_REV_FIRST_FLAGS] | reg[REG_REV_OTHER_FLAGS]);
        rec_add_group(r, GROUP_REVERSE);
    }
}

static void set_tos(struct rec *r, const uint64_t *reg)
{
    if (reg[REG_POST_DSCP] != 0 && r->dst_tos == 0) {
        r->dst_tos = (uint8_t)(reg[REG_POST_DSCP] << 2);
        rec_add_group(r, GROUP_MISC);
    }
    if (r->src_tos == 0 && reg[REG_DSCP] != 0) {
        r->src_tos = (uint8_t)(reg[REG_DSCP] << 2);
    } else if (r->src_tos == 0 && reg[REG_PRECEDENCE] != 0) {
        r->src_tos = (uint8_t)(reg[REG_PRECEDENCE] << 5);
    }
}

static void set_latency(const struct template *t, struct rec *r, const uint64_t *reg)
{
    const uint64_t any = (uint64_t)0x3f << REG_CLIENT_SEC; /* six neighbours */
    if ((t->registers & any) == 0) {
        return;
    }
    r->client_latency = reg[REG_CLIENT_SEC] * 1000000 + reg[REG_CLIENT_USEC];
    r->server_latency = reg[REG_SERVER_SEC] * 1000000 + reg[REG_SERVER_USEC];
    r->app_latency = reg[REG_APP_SEC] * 1000000 + reg[REG_APP_USEC];
    rec_add_group(r, GROUP_LATENCY);
}

/* ---- addresses ---- */

/* IPv4 and IPv6 addresses in one record: one pair is usually zero. If neither is, IPv4 travels
 * in IPv6. */
static void choose_family(struct workspace *w)
{
    struct rec *r = &w->rec;
    const struct ip zero4 = ip_from_v4(0);
    bool has4 = !ip_equal(&r->src_addr, &zero4) || !ip_equal(&r->dst_addr, &zero4);
    bool has6 = !ip_is_zero(&w->src6) || !ip_is_zero(&w->dst6);
    if (has6 && !has4) {
        r->src_addr = w->src6;
        r->dst_addr = w->dst6;
        r->groups &= ~group_bit(GROUP_IPV4);
        return;
    }
    r->groups &= ~group_bit(GROUP_IPV6);
    if (has6) {
        r->tun_src6 = w->src6;
        r->tun_dst6 = w->dst6;
        r->tun_proto6 = PROTO_IPV4;
        rec_add_group(r, GROUP_TUNNEL6);
    }
}

/* A record may name only one of its two addresses, or only the other family's. */
static void complete_addresses(struct rec *r)
{
    const struct ip none = {{0}};
    if (!rec_has(r, GROUP_IPV4)) {
        return;
    }
    if (ip_equal(&r->src_addr, &none)) {
        r->src_addr = ip_from_v4(0);
    }
    if (ip_equal(&r->dst_addr, &none)) {
        r->dst_addr = ip_from_v4(0);
    }
}

/* ---- sampling ---- */

static struct rate rate_of(uint64_t packets, uint64_t space)
{
    return (struct rate){FLAG_SAMPLED, packets, space};
}

/* Saturates: a forged rate must not wrap around to a small count. */
static uint64_t times(uint64_t count, const struct rate *rate)
{
    unsigned __int128 of = (unsigned __int128)rate->packets + rate->space;
    unsigned __int128 scaled = of * count / rate->packets;
    return scaled <= UINT64_MAX ? (uint64_t)scaled : UINT64_MAX;
}

uint64_t rate_scaled(const struct rate *rate, uint64_t count)
{
    return rate->packets == 0 || rate->space == 0 ? count : times(count, rate);
}

/* What the record itself says; without flags: nothing. */
static struct rate rate_by_record(const uint64_t *reg)
{
    if (reg[REG_PACKET_INTERVAL] != 0 && reg[REG_PACKET_SPACE] != 0) {
        return rate_of(reg[REG_PACKET_INTERVAL], reg[REG_PACKET_SPACE]);
    }
    if (reg[REG_SAMPLING] > 1) {
        return rate_of(1, reg[REG_SAMPLING] - 1);
    }
    if (reg[REG_PACKET_INTERVAL] > 1) {
        return rate_of(1, reg[REG_PACKET_INTERVAL] - 1);
    }
    if (reg[REG_SAMPLE_SIZE] != 0 && reg[REG_SAMPLE_POPULATION] > reg[REG_SAMPLE_SIZE]) {
        return rate_of(reg[REG_SAMPLE_SIZE], reg[REG_SAMPLE_POPULATION] - reg[REG_SAMPLE_SIZE]);
    }
    return (struct rate){0};
}

static struct rate rate_by_sampler(const struct message *m, const struct sampler *s)
{
    int32_t asked = m->w->options.sampling;
    if (s != NULL) {
        return rate_of(s->packet_interval, s->space_interval);
    }
    if (m->sampling > 1) {
        return rate_of(1, m->sampling - 1);
    }
    return asked > 1 ? rate_of(1, (uint64_t)asked - 1) : (struct rate){0};
}

static bool is_overridden(const struct message *m, struct rate *rate)
{
    int32_t asked = m->w->options.sampling;
    if (asked < 0) {
        *rate = rate_of(1, (uint64_t)-(int64_t)asked - 1);
    }
    return asked < 0;
}

struct rate finish_rate(const struct message *m, bool has_selector, uint64_t selector,
                        uint32_t in_if)
{
    struct rate rate;
    if (is_overridden(m, &rate)) {
        return rate;
    }
    return rate_by_sampler(m, exporter_sampler(m->e, has_selector, selector, in_if));
}

/* A sampler of the record's own counts, then what the record says, then what holds for all. */
static struct rate rate_of_record(const struct message *m, const struct rec *r,
                                  const uint64_t *reg)
{
    const struct sampler *s;
    struct rate rate;
    if (is_overridden(m, &rate)) {
        return rate;
    }
    s = exporter_sampler(m->e, rec_has(r, GROUP_SAMPLER), r->sampler_selector, r->in_if);
    rate = s == NULL || s->id == SAMPLER_GENERIC ? rate_by_record(reg) : (struct rate){0};
    return rate.flags != 0 ? rate : rate_by_sampler(m, s);
}

static void set_sampling(const struct message *m, struct rec *r, const uint64_t *reg)
{
    struct rate rate = rate_of_record(m, r, reg);
    r->record_flags |= (uint8_t)rate.flags;
    r->packets = rate_scaled(&rate, r->packets);
    r->bytes = rate_scaled(&rate, r->bytes);
    r->out_packets = rate_scaled(&rate, r->out_packets);
    r->out_bytes = rate_scaled(&rate, r->out_bytes);
}

/* ---- events ---- */

/* v9 event records have one time; it stands for first and last seen too. */
static void set_event(const struct message *m, struct rec *r, const uint64_t *reg)
{
    uint64_t at = event_time(reg);
    bool nsel = rec_has(r, GROUP_NSEL);
    bool nat = rec_has(r, GROUP_NAT);
    if (!nsel && !nat) {
        return;
    }
    if (at != 0 && m->version == 9) {
        r->first = at;
        r->last = at;
    }
    r->record_flags |= FLAG_EVENT;
    r->nsel_time = nsel ? (at != 0 ? at : r->first) : 0;
    r->nat_time = nat ? (at != 0 ? at : r->first) : 0;
}

/* ---- all of it ---- */

enum field_group finish_router(const struct message *m)
{
    enum field_group g = ip_is_mapped(&m->e->pub.id.addr) ? GROUP_ROUTER4 : GROUP_ROUTER6;
    return (m->w->options.groups & group_bit(g)) != 0 ? g : GROUP_HEADER;
}

static void set_router(struct message *m, struct rec *r)
{
    enum field_group g = finish_router(m);
    if (g != GROUP_HEADER) {
        *(g == GROUP_ROUTER4 ? &r->router4 : &r->router6) = m->e->pub.id.addr;
        rec_add_group(r, g);
    }
}

void rec_keep_groups(struct rec *r, uint64_t groups)
{
    uint64_t gone = r->groups & ~groups;
    for (unsigned id = 0; gone != 0 && id < FIELD_STORED_; id++) {
        const struct field *f = field_of((enum field_id)id);
        if (gone >> f->group & 1) {
            size_t width = f->type == TYPE_VAR ? sizeof(struct span)
                                               : field_width((enum field_id)id);
            memset((uint8_t *)r + rec_offset((enum field_id)id), 0, width);
        }
    }
    r->groups &= groups;
}

void finish_hand_on(struct message *m, struct rec *r)
{
    r->exporter_id = (uint16_t)m->e->pub.id.sysid;
    r->nf_version = m->version;
    r->received = m->received;
    rec_add_group(r, GROUP_GENERIC);
    set_router(m, r);
    if (rec_has(r, GROUP_COUNTER) && r->flows == 0) {
        r->flows = 1;
    }
    m->flows++;
    m->e->pub.id.flows++;
    m->w->sink.flow(m->w->sink.ctx, &m->e->pub, r);
}

void finish_engine(const struct message *m, struct rec *r)
{
    if (r->engine_type == 0 && r->engine_id == 0) {
        r->engine_type = m->engine_type;
        r->engine_id = m->engine_id;
    }
}

bool finish_needs_sampling(const struct message *m)
{
    int32_t asked = m->w->options.sampling;
    return m->e->nsamplers > 0 || m->sampling > 1 || asked < 0 || asked > 1;
}

void finish_row(struct message *m, const struct template *t)
{
    struct workspace *w = &m->w->work;
    set_times(m, t, w);
    set_icmp(&w->rec, w->reg);
}

void finish_record(struct message *m, const struct template *t, uint64_t groups)
{
    struct workspace *w = &m->w->work;
    struct rec *r = &w->rec;
    r->groups = groups | group_bit(GROUP_HEADER) | group_bit(GROUP_GENERIC);
    if (t->two_families) {
        choose_family(w);
    }
    complete_addresses(r);
    set_substitutes(r, w->reg);
    set_times(m, t, w);
    set_icmp(r, w->reg);
    set_tos(r, w->reg);
    set_latency(t, r, w->reg);
    set_sampling(m, r, w->reg);
    set_event(m, r, w->reg);
    finish_engine(m, r);
    if (rec_has(r, GROUP_SAMPLER)) {
        r->sampler_exporter = (uint16_t)m->e->pub.id.sysid;
    }
    if (rec_has(r, GROUP_OBSERVATION) && r->obs_domain == 0) {
        r->obs_domain = m->e->pub.id.id;
    }
    finish_hand_on(m, r);
}

void message_note_clock(struct message *m)
{
    struct wire_entry *e = m->e;
    if (e->export_sec != 0 && m->export_sec + 1 < e->export_sec) {
        e->pub.loss.clock_backwards++;
    }
    e->export_sec = m->export_sec;
}

uint64_t message_export_msec(uint32_t export_sec, uint64_t received)
{
    const uint32_t year_1980 = 315532800;
    return export_sec >= year_1980 ? (uint64_t)export_sec * 1000 : received;
}
