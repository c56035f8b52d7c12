/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * encode.h - records in, export datagrams out: NetFlow v1, v5, v9 and IPFIX.
 *
 * An encoder packs records into datagrams of at most `mtu` octets and hands each full one to
 * `send`. For v9 and IPFIX the template and the record are written from the same rows (layout.c),
 * templates go out first and then every ENCODE_TEMPLATE_EVERY datagrams or ENCODE_TEMPLATE_MSEC; in
 * a stream once a session. Sequence numbers follow each protocol: v5 flows before, v9 datagrams
 * before, IPFIX data records before (RFC 3954, RFC 7011). Used by one thread. Times: msec since
 * 1970 UTC.
 */
#ifndef WEIR_WIRE_ENCODE_H
#define WEIR_WIRE_ENCODE_H

#include "flow/rec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The smallest datagram holds the templates with all extras, and a record. */
enum { ENCODE_MTU = 1428, ENCODE_MTU_OLD = 1464 /* v1, v5: 30 records */,
       ENCODE_MTU_MIN = 1000, ENCODE_MTU_MAX = 65507 };
enum { ENCODE_TEMPLATE_EVERY = 16, ENCODE_TEMPLATE_MSEC = 60000 };

/* Template ids, as softflowd numbers them. */
enum { TEMPLATE_OPTIONS = 256, TEMPLATE_V4 = 1024, TEMPLATE_V4_ICMP, TEMPLATE_V6 = 2048,
       TEMPLATE_V6_ICMP };

enum encode_times {
    TIMES_UPTIME, /* 22, 21: msec since the system's start */
    TIMES_SEC,    /* 150, 151 */
    TIMES_MSEC,   /* 152, 153 */
    TIMES_USEC,   /* 154, 155: NTP format, RFC 7011 6.1.9 */
    TIMES_NSEC    /* 156, 157: NTP format */
};

struct encoder_options {
    int version;        /* 1, 5, 9, 10 */
    uint32_t domain;    /* v9 source id, IPFIX observation domain; v5: engine type and id */
    enum encode_times times;
    uint64_t boot;      /* the system's start, msec since 1970 */
    bool with_vlan, with_mac;
    unsigned labels;    /* MPLS labels in each record, 0..10 */
    bool biflow;        /* IPFIX: reverse counters as RFC 5103 elements */
    uint32_t sampling;  /* 1 in N packets was looked at; 0, 1: all */
    const struct ip *exporter; /* its address, announced in IPFIX options; NULL: none */
    size_t mtu;         /* ENCODE_MTU_MIN..MAX; 0: ENCODE_MTU or _OLD */
    bool stream;        /* datagrams form a session: one that fails to leave ends it */
    bool (*send)(void *ctx, const uint8_t *data, size_t len); /* false: it did not leave */
    void *ctx;
};

struct encoder;

/* NULL when memory is out. */
struct encoder *encoder_new(const struct encoder_options *options);
void encoder_free(struct encoder *e); /* what was not flushed is lost */

/* False when the version cannot carry the record (IPv6 in v1, v5). */
bool encoder_can(const struct encoder *e, const struct rec *r);

/* Queue one record; may send a datagram. */
void encoder_add(struct encoder *e, const struct rec *r, uint64_t now);

/* Send what is queued. */
void encoder_flush(struct encoder *e, uint64_t now);

/* The next datagram carries templates. */
void encoder_send_templates(struct encoder *e);

void encoder_set_boot(struct encoder *e, uint64_t boot);

#endif
