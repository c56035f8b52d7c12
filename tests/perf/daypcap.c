/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * daypcap.c - the synthetic day as captures.
 *
 * Frames are built in network order by hand; only headers are stored, the length on the wire is
 * what the flow's octets say.
 */
#include "daypcap.h"

#include "wire/encode.h"

#include <stdlib.h>
#include <string.h>

enum { FRAME_MAX = 1600, ETHERNET = 14 };

struct frame {
    uint8_t octet[FRAME_MAX];
    size_t len;
};

static void put(struct frame *f, const void *data, size_t n)
{
    memcpy(f->octet + f->len, data, n);
    f->len += n;
}

static void put_be(struct frame *f, uint64_t v, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        f->octet[f->len++] = (uint8_t)(v >> (8 * i));
    }
}

void daypcap_begin(FILE *out)
{
    const uint32_t head[6] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1};
    fwrite(head, sizeof head, 1, out);
}

static void write_frame(FILE *out, uint64_t usec, const struct frame *f, uint32_t wire_length)
{
    uint32_t head[4] = {(uint32_t)(usec / 1000000), (uint32_t)(usec % 1000000), (uint32_t)f->len,
                        wire_length > f->len ? wire_length : (uint32_t)f->len};
    fwrite(head, sizeof head, 1, out);
    fwrite(f->octet, f->len, 1, out);
}

static void put_ethernet(struct frame *f, bool six)
{
    put(f, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
    put_be(f, six ? 0x86dd : 0x0800, 2);
}

static void put_ip(struct frame *f, const struct rec *r, bool six, uint32_t length)
{
    put_ethernet(f, six);
    if (six) {
        put_be(f, 6u << 28 | (uint32_t)r->src_tos << 20, 4);
        put_be(f, length - 40, 2);
        put_be(f, (uint64_t)r->proto << 8 | 60, 2);
        put(f, r->src_addr.octet, 16);
        put(f, r->dst_addr.octet, 16);
        return;
    }
    put_be(f, 0x4500u | r->src_tos, 2);
    put_be(f, length, 2);
    put_be(f, 0x4000, 4);
    put_be(f, 60u << 8 | r->proto, 2);
    put_be(f, 0, 2);
    put(f, r->src_addr.octet + 12, 4);
    put(f, r->dst_addr.octet + 12, 4);
}

static void put_transport(struct frame *f, const struct rec *r, uint8_t flags, uint32_t length)
{
    switch (r->proto) {
    case 6:
        put_be(f, (uint64_t)r->src_port << 16 | r->dst_port, 4);
        put_be(f, 0, 8);
        put_be(f, 0x5000u | flags, 2);
        put_be(f, 0, 6);
        break;
    case 17:
        put_be(f, (uint64_t)r->src_port << 16 | r->dst_port, 4);
        put_be(f, length, 2);
        put_be(f, 0, 2);
        break;
    default:
        put_be(f, r->dst_port, 2);
        put_be(f, 0, 6);
    }
}

/* One packet of a flow: the k-th of n. */
struct moment {
    uint64_t usec;
    uint32_t flow;
    uint32_t k;
    uint32_t n;
};

static int by_time(const void *a, const void *b)
{
    const struct moment *x = a;
    const struct moment *y = b;
    if (x->usec != y->usec) {
        return x->usec < y->usec ? -1 : 1;
    }
    return x->flow < y->flow ? -1 : x->flow > y->flow ? 1 : x->k < y->k ? -1 : x->k > y->k;
}

static uint8_t flags_of_packet(uint8_t all, const struct moment *m)
{
    if (m->k == 0 && (all & 0x02)) {
        return m->n == 1 ? all : (uint8_t)(all & 0x12);
    }
    return m->k + 1 == m->n ? (uint8_t)(all & ~0x02) : (uint8_t)(all & 0x18);
}

static void write_packet(FILE *out, const struct day *d, const struct day_flow *flow,
                         const struct moment *m)
{
    struct frame f = {.len = 0};
    struct rec r;
    uint32_t head = (flow->six ? 40 : 20) + (flow->proto == 6 ? 20 : 8);
    uint32_t length = (uint32_t)(flow->bytes / (flow->packets > 0 ? flow->packets : 1));

    length = length < head ? head : length > 1500 ? 1500 : length;
    day_record(d, flow, &r);
    put_ip(&f, &r, flow->six, length);
    put_transport(&f, &r, flags_of_packet(r.tcp_flags, m), length - (flow->six ? 40 : 20));
    write_frame(out, m->usec, &f, ETHERNET + length);
}

size_t daypcap_packets(FILE *out, const struct day *d, const struct day_flow *flows, size_t n,
                       unsigned most)
{
    struct moment *moments = calloc(n * most, sizeof *moments);
    size_t count = 0;

    if (moments == NULL) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t packets = flows[i].packets < most ? flows[i].packets : most;
        for (uint32_t k = 0; k < packets; k++) {
            uint64_t after =
                packets > 1 ? (uint64_t)flows[i].duration * 1000 * k / (packets - 1) : 0;
            moments[count++] =
                (struct moment){flows[i].first * 1000 + after, (uint32_t)i, k, packets};
        }
    }
    qsort(moments, count, sizeof *moments, by_time);
    for (size_t i = 0; i < count; i++) {
        write_packet(out, d, &flows[moments[i].flow], &moments[i]);
    }
    free(moments);
    return count;
}

struct export {
    FILE *out;
    uint64_t now; /* msec */
};

static bool send_datagram(void *ctx, const uint8_t *data, size_t len)
{
    struct export *e = ctx;
    struct frame f = {.len = 0};
    struct rec r;

    rec_clear(&r);
    r.proto = 17;
    r.src_port = 40000;
    r.dst_port = 9995;
    r.src_addr = ip_from_v4(0x7f000001);
    r.dst_addr = ip_from_v4(0x7f000001);
    put_ip(&f, &r, false, (uint32_t)(28 + len));
    put_transport(&f, &r, 0, (uint32_t)(8 + len));
    put(&f, data, len);
    write_frame(e->out, e->now * 1000, &f, 0);
    return true;
}

void daypcap_exports(FILE *out, const struct day *d, const struct day_flow *flows, size_t n)
{
    struct export e = {out, 0};
    struct encoder_options options = {
        .version = 10, .domain = 1, .times = TIMES_MSEC, .send = send_datagram, .ctx = &e,
        .boot = d->start - 86400000,
    };
    struct encoder *encoder = encoder_new(&options);
    struct rec r;

    for (size_t i = 0; i < n && encoder != NULL; i++) {
        e.now = flows[i].received;
        day_record(d, &flows[i], &r);
        encoder_add(encoder, &r, e.now);
    }
    if (encoder != NULL) {
        encoder_flush(encoder, e.now);
    }
    encoder_free(encoder);
}
