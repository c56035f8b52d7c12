/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * daymodel.c - a synthetic day of flows.
 *
 * Hosts are numbers; hash_u64 of the number decides address, prefix and everything that depends on
 * it, so nothing has to be remembered. Popularity: rank = count^u for a uniform u, which makes the
 * r-th host come with a probability of about 1/r (Zipf). Conversations have one flow each way,
 * exported at about the same time.
 */
#include "daymodel.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    INSIDE_HOSTS = 60000,
    OUTSIDE_HOSTS = 2000000,
    OUTSIDE_PREFIXES = 40000,
    OUTSIDE_SYSTEMS = 9000,
    OWN_SYSTEM = 64500,
    UPLINKS = 4,
    SLOT_MSEC = 300000,
    RECORDS_PER_DATAGRAM = 24
};

uint64_t day_random(struct day *d)
{
    d->state ^= d->state >> 12;
    d->state ^= d->state << 25;
    d->state ^= d->state >> 27;
    return d->state * 0x2545f4914f6cdd1du;
}

static double uniform(struct day *d)
{
    return ((double)(day_random(d) >> 11) + 0.5) / 9007199254740992.0;
}

static unsigned percent(struct day *d)
{
    return (unsigned)((day_random(d) >> 32) * 100 >> 32);
}

static uint32_t between(struct day *d, uint32_t low, uint32_t high)
{
    return low + (uint32_t)((day_random(d) >> 32) * (high - low + 1) >> 32);
}

static double pareto(struct day *d, double least, double shape, double most)
{
    double v = least / pow(uniform(d), 1 / shape);
    return v < most ? v : most;
}

static uint32_t popular(struct day *d, uint32_t count)
{
    uint32_t rank = (uint32_t)(exp(uniform(d) * log(count)) - 1);
    return rank < count ? rank : count - 1;
}

void day_init(struct day *d, uint64_t seed, uint64_t start, size_t flows, size_t slots)
{
    *d = (struct day){hash_u64(seed + 1) | 1, seed, start, flows, slots};
}

/* Share of the day's flows before slot i: little at night, a maximum in the afternoon. */
static double load_before(const struct day *d, size_t i)
{
    double at = (double)i / (double)d->slots;
    return at - 0.7 * sin(6.283185307 * (at - 0.08)) / 6.283185307 -
           0.7 * sin(6.283185307 * 0.08) / 6.283185307;
}

size_t day_slot_flows(const struct day *d, size_t i)
{
    double before = load_before(d, i) * (double)d->flows;
    double after = load_before(d, i + 1) * (double)d->flows;
    return (size_t)floor(after + 0.5) - (size_t)floor(before + 0.5);
}

uint64_t day_slot_start(const struct day *d, size_t i)
{
    return d->start + (uint64_t)i * SLOT_MSEC;
}

/* ---- conversations ---- */

static uint16_t ephemeral_port(struct day *d)
{
    return (uint16_t)(percent(d) < 60 ? between(d, 32768, 60999) : between(d, 49152, 65535));
}

static uint16_t tcp_service(struct day *d)
{
    static const uint16_t services[] = {22, 25, 993, 8080, 587, 5223, 8443, 3478, 445, 1935, 143,
                                        110, 5228, 853, 9001, 21, 3389, 5060, 179, 4070};
    unsigned kind = percent(d);

    if (kind < 62) {
        return 443;
    }
    if (kind < 74) {
        return 80;
    }
    return kind < 92 ? services[popular(d, 20)] : (uint16_t)between(d, 1024, 65535);
}

static uint32_t outside_host(struct day *d)
{
    return percent(d) < 65 ? popular(d, OUTSIDE_HOSTS) : between(d, 0, OUTSIDE_HOSTS - 1);
}

/* Who talks, and when; the counters follow. */
static void begin(struct day *d, uint64_t slot, struct day_flow *f)
{
    memset(f, 0, sizeof *f);
    f->inside = percent(d) < 40 ? popular(d, INSIDE_HOSTS) : between(d, 0, INSIDE_HOSTS - 1);
    f->outside = outside_host(d);
    f->six = percent(d) < 15;
    f->tos = (uint8_t)(percent(d) < 85 ? 0 : percent(d) < 50 ? 0x28 : 0xb8);
    f->received = slot + between(d, 0, SLOT_MSEC - 1);
}

/* A flow that lasted and was exported some time after its end. */
static void set_times(struct day *d, struct day_flow *f, double duration, bool ended)
{
    uint32_t wait = ended ? between(d, 20, 1500) : between(d, 10000, 16000);
    f->duration = (uint32_t)duration;
    f->first = f->received - wait - f->duration;
}

static void set_counts(struct day_flow *f, double packets, double octets_each)
{
    f->packets = (uint32_t)packets;
    f->bytes = (uint64_t)(packets * octets_each);
}

/* The other direction of a conversation: mostly the same times. */
static struct day_flow answer_to(struct day *d, const struct day_flow *f)
{
    struct day_flow a = *f;
    uint32_t trip = between(d, 1, 120);

    a.inbound = !f->inbound;
    a.tos = 0;
    a.first += a.duration > trip ? trip : 0;
    a.duration -= a.duration > trip ? trip : 0;
    a.received += between(d, 0, 30);
    return a;
}

static double lasting(struct day *d)
{
    return percent(d) < 40 ? pareto(d, 15, 0.9, 2000) : pareto(d, 120, 0.55, 280000);
}

static size_t tcp_pair(struct day *d, struct day_flow *out)
{
    double answer = pareto(d, 4, 0.85, 400000);
    double request = 3 + answer * (0.35 + 0.3 * uniform(d));
    bool served_inside = percent(d) < 18;
    bool reset = percent(d) < 9;

    out->proto = 6;
    out->tcp_flags = reset ? 0x1e : percent(d) < 80 ? 0x1b : 0x18;
    out->inbound = served_inside;
    out->inside_port = served_inside ? tcp_service(d) : ephemeral_port(d);
    out->outside_port = served_inside ? ephemeral_port(d) : tcp_service(d);
    set_times(d, out, lasting(d), out->tcp_flags != 0x18);
    out[1] = answer_to(d, out);
    out[1].tcp_flags = reset ? 0x1a : out->tcp_flags;
    set_counts(out, request, 52 + pareto(d, 8, 1.1, 900));
    set_counts(out + 1, answer, 60 + uniform(d) * (answer > 12 ? 1390 : 500));
    return 2;
}

static size_t dns_pair(struct day *d, struct day_flow *out)
{
    out->proto = 17;
    out->outside = popular(d, 300) * 577u; /* few servers */
    out->inside_port = ephemeral_port(d);
    out->outside_port = 53;
    set_times(d, out, percent(d) < 95 ? 0 : between(d, 1, 5000), false);
    out[1] = answer_to(d, out);
    set_counts(out, 1, between(d, 54, 96));
    set_counts(out + 1, 1, between(d, 70, 320));
    return 2;
}

static size_t quic_pair(struct day *d, struct day_flow *out)
{
    double answer = pareto(d, 8, 0.8, 300000);

    out->proto = 17;
    out->inside_port = ephemeral_port(d);
    out->outside_port = 443;
    set_times(d, out, lasting(d), false);
    out[1] = answer_to(d, out);
    set_counts(out, 2 + answer / 4, 80 + uniform(d) * 300);
    set_counts(out + 1, answer, 300 + uniform(d) * 950);
    return 2;
}

static size_t udp_other(struct day *d, struct day_flow *out)
{
    static const uint16_t services[] = {123, 3478, 5060, 161, 500, 4500, 1194, 27015};

    out->proto = 17;
    out->inbound = percent(d) < 50;
    out->inside_port = ephemeral_port(d);
    out->outside_port = percent(d) < 60 ? services[popular(d, 8)] : ephemeral_port(d);
    set_times(d, out, percent(d) < 70 ? 0 : lasting(d), false);
    set_counts(out, pareto(d, 1, 1.0, 50000), between(d, 60, 400));
    return 1;
}

/* ICMP: the destination port holds type and code. */
static size_t icmp(struct day *d, struct day_flow *out)
{
    out->proto = out->six ? 58 : 1;
    out->inbound = percent(d) < 60;
    uint16_t kind = (uint16_t)(percent(d) < 60 ? (out->six ? 128 : 8) : out->six ? 1 : 3);
    uint16_t value = (uint16_t)(kind * 256 + (kind == 3 ? between(d, 0, 3) : 0));
    *(out->inbound ? &out->inside_port : &out->outside_port) = value;
    set_times(d, out, percent(d) < 75 ? 0 : lasting(d), false);
    set_counts(out, pareto(d, 1, 1.2, 5000), 84);
    return 1;
}

/* One octet-poor packet to a random host inside; a few scanners do most of it. */
static size_t scan(struct day *d, struct day_flow *out)
{
    static const uint16_t wanted[] = {23, 445, 22, 3389, 80, 8080, 5555, 2323, 1433, 81};

    out->proto = 6;
    out->six = false;
    out->tcp_flags = 0x02;
    out->inbound = true;
    out->outside = 1000000 + popular(d, 5000);
    out->inside = between(d, 0, INSIDE_HOSTS - 1);
    out->inside_port = percent(d) < 60 ? wanted[popular(d, 10)] : (uint16_t)between(d, 1, 65535);
    out->outside_port = (uint16_t)between(d, 1024, 65535);
    set_times(d, out, 0, false);
    set_counts(out, 1, 40 + 4 * between(d, 0, 2));
    return 1;
}

struct kind {
    unsigned below; /* percent of conversations */
    size_t (*make)(struct day *d, struct day_flow *out);
};

static const struct kind kinds[] = {
    {50, tcp_pair}, {74, dns_pair}, {82, quic_pair}, {87, udp_other}, {90, icmp}, {101, scan},
};

static size_t converse(struct day *d, uint64_t slot, struct day_flow *out)
{
    unsigned drawn = percent(d);
    const struct kind *k = kinds;

    begin(d, slot, out);
    while (drawn >= k->below) {
        k++;
    }
    return k->make(d, out);
}

static int by_received(const void *a, const void *b)
{
    const struct day_flow *x = a;
    const struct day_flow *y = b;
    if (x->received != y->received) {
        return x->received < y->received ? -1 : 1;
    }
    return x->first < y->first ? -1 : x->first > y->first;
}

void day_slot_fill(struct day *d, size_t i, struct day_flow *flows, size_t n)
{
    uint64_t slot = day_slot_start(d, i);
    size_t have = 0;

    while (have < n) {
        struct day_flow made[2];
        size_t count = converse(d, slot, made);
        for (size_t k = 0; k < count && have < n; k++) {
            flows[have++] = made[k];
        }
    }
    qsort(flows, n, sizeof *flows, by_received);
    /* Flows of one datagram arrive together. */
    for (size_t k = 0; k < n; k++) {
        size_t last = k - k % RECORDS_PER_DATAGRAM + RECORDS_PER_DATAGRAM - 1;
        flows[k].received = flows[last < n ? last : n - 1].received;
    }
}

/* ---- what follows from an address ---- */

struct place {
    struct ip addr;
    uint32_t as;
    uint8_t mask;
    uint8_t link; /* interface: an uplink outside, a line inside */
};

static struct place inside_place(const struct day_flow *f)
{
    struct place p = {.as = OWN_SYSTEM, .link = (uint8_t)(10 + f->inside / 4096)};
    uint32_t net = f->inside / 200; /* hosts of a /24, or /64 */

    if (f->six) {
        p.mask = 48;
        p.addr = ip_from_halves(0x20010db800000000u + ((uint64_t)net << 16 | net % 7),
                                hash_u64(f->inside));
    } else {
        p.mask = 16;
        p.addr = ip_from_v4(0x0a000000u + net * 256 + 2 + f->inside % 200);
    }
    return p;
}

static struct place outside_place(const struct day *d, const struct day_flow *f)
{
    uint64_t h = hash_u64(f->outside * 2654435761u + d->seed);
    double spread = (double)(h >> 40) / 16777216.0;
    uint32_t prefix =
        (uint32_t)(exp(spread * log(OUTSIDE_PREFIXES)) - 1); /* large ones hold more */
    uint64_t p = hash_u64(prefix + 77 + d->seed);
    struct place place = {
        .as = 1 + (uint32_t)(exp((double)(p >> 48) / 65536.0 * log(OUTSIDE_SYSTEMS)) * 7),
        .link = (uint8_t)(1 + (p >> 20) % UPLINKS),
        .mask = (uint8_t)(prefix < 400 ? 12 + prefix % 5 : 18 + p % 7),
    };

    if (f->six) {
        place.mask = (uint8_t)(29 + p % 20);
        place.addr = ip_from_halves(0x2a00000000000000u + ((p & 0xffffff) << 32) + (h & 0xffff),
                                    h % 3 == 0 ? h % 251 + 1 : hash_u64(h));
    } else {
        uint32_t top = 0x0b000000u + (uint32_t)(p % 0xc0000000u);
        uint32_t wild = UINT32_MAX >> place.mask;
        place.addr = ip_from_v4((top & ~wild) | ((uint32_t)h & wild));
    }
    return place;
}

static void set_ends(struct rec *r, const struct place *src, const struct place *dst)
{
    r->src_addr = src->addr;
    r->dst_addr = dst->addr;
    r->src_as = src->as;
    r->dst_as = dst->as;
    r->src_mask = src->mask;
    r->dst_mask = dst->mask;
    r->in_if = src->link;
    r->out_if = dst->link;
}

static void set_next_hop(struct rec *r, bool six, uint8_t link)
{
    if (six) {
        r->next6 = ip_from_halves(0xfe80000000000000u, 0x100u + link);
        rec_add_group(r, GROUP_NEXT6);
    } else {
        r->next4 = ip_from_v4(0xac100000u + link);
        rec_add_group(r, GROUP_NEXT4);
    }
}

void day_record(const struct day *d, const struct day_flow *f, struct rec *r)
{
    struct place inside = inside_place(f);
    struct place outside = outside_place(d, f);

    rec_clear(r);
    rec_add_group(r, GROUP_GENERIC);
    rec_add_group(r, f->six ? GROUP_IPV6 : GROUP_IPV4);
    rec_add_group(r, GROUP_MISC);
    rec_add_group(r, GROUP_AS);
    r->first = f->first;
    r->last = f->first + f->duration;
    r->received = f->received;
    r->packets = f->packets;
    r->bytes = f->bytes;
    r->proto = f->proto;
    r->tcp_flags = f->tcp_flags;
    r->src_tos = f->tos;
    r->nf_version = 10;
    r->exporter_id = 1;
    r->src_port = f->inbound ? f->outside_port : f->inside_port;
    r->dst_port = f->inbound ? f->inside_port : f->outside_port;
    set_ends(r, f->inbound ? &outside : &inside, f->inbound ? &inside : &outside);
    set_next_hop(r, f->six, (uint8_t)r->out_if);
}
