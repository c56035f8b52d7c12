/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * feed.c - datagrams out of captured packets.
 */
#include "collect/feed.h"

#include "packet/packet.h"

#include <stdlib.h>
#include <string.h>

enum { PROTO_UDP = 17, UDP_HEADER = 8 };

struct feed {
    struct capture *capture;
    struct feed_stats stats;
};

int feed_open(const struct capture_options *options, struct feed **out, struct fault *fault)
{
    struct feed *f = calloc(1, sizeof *f);
    int rc;
    if (f == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    rc = capture_open(options, &f->capture, fault);
    if (rc != 0) {
        free(f);
        return rc;
    }
    *out = f;
    return 0;
}

void feed_close(struct feed *f)
{
    if (f != NULL) {
        capture_close(f->capture);
        free(f);
    }
}

int feed_fd(const struct feed *f)
{
    return capture_fd(f->capture);
}

const struct feed_stats *feed_stats(const struct feed *f)
{
    return &f->stats;
}

/* Octets the UDP header says the datagram has. */
static uint32_t udp_length(const struct packet *p)
{
    const uint8_t *header = p->payload - UDP_HEADER;
    uint32_t length = (uint32_t)header[4] << 8 | header[5];
    return length >= UDP_HEADER ? length - UDP_HEADER : 0;
}

/* One datagram lies behind the other: fewer pages are touched. */
static size_t octets_used(const struct bundle *b)
{
    const struct datagram *last = b->n > 0 ? &b->datagrams[b->n - 1] : NULL;
    return last != NULL ? (size_t)(last->data - b->memory) + last->len : 0;
}

static void add_datagram(struct feed *f, const struct frame *frame, struct bundle *b)
{
    static const struct packet_options open_tunnels = {.open_ip_tunnels = true};
    struct datagram *d = &b->datagrams[b->n];
    struct packet p;
    f->stats.packets++;
    if (packet_decode(frame->link_type, frame->data, frame->captured, &open_tunnels, &p)
            != PACKET_OK
        || p.proto != PROTO_UDP) {
        return;
    }
    if (!p.has_ports || p.is_fragment || p.payload_length < udp_length(&p)) {
        f->stats.cut++;
        return;
    }
    f->stats.datagrams++;
    d->len = udp_length(&p);
    d->data = memcpy(b->memory + octets_used(b), p.payload, d->len);
    d->family = p.family;
    d->from = p.src;
    d->port = p.src_port;
    d->received = frame->usec / 1000;
    b->n++;
}

int feed_take(struct feed *f, struct bundle *b, struct fault *fault)
{
    struct frame frame;
    int rc = 1;
    b->n = 0;
    b->kernel_drops = 0;
    while (b->n < BUNDLE_DATAGRAMS && rc == 1) {
        rc = capture_next(f->capture, &frame, fault);
        if (rc == 1) {
            add_datagram(f, &frame, b);
        }
    }
    return b->n > 0 ? (int)b->n : rc;
}
