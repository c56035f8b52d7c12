/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * metric.h - counters for others: nfcapd's binary records to a socket, and text for Prometheus.
 *
 * The decoding thread counts; the socket is written from there without waiting; the text is made
 * there once a second and served over HTTP by a thread of its own.
 */
#ifndef WEIR_COLLECT_METRIC_H
#define WEIR_COLLECT_METRIC_H

#include "base/buf.h"
#include "base/err.h"
#include "flow/builder.h"
#include "flow/meta.h"
#include "flow/rec.h"

#include <stdint.h>

/* Per source; [TOTAL_TCP ...] as in flow totals. */
struct metric_counts {
    uint64_t exporter; /* sysid << 16 | engine type << 8 | engine id of the first; 0: none */
    uint64_t flows[TOTAL_PROTOS_];
    uint64_t bytes[TOTAL_PROTOS_];
    uint64_t packets[TOTAL_PROTOS_];
};

void metric_add(struct metric_counts *m, const struct rec *r);
void metric_add_rows(struct metric_counts *m, uint32_t sysid, const struct builder *b,
                     uint32_t n); /* the last n rows */
void metric_sum(struct metric_counts *into, const struct metric_counts *from);

/* One record of nfcapd's metric message: ident and counts. */
void metric_record(struct buf *out, const char *ident, const struct metric_counts *m);

/* Send n records to the stream socket at path; ERR_IO when nobody listens. */
int metric_send(const char *path, const struct buf *records, unsigned n, uint32_t interval,
                uint64_t now_msec, uint64_t uptime_msec, struct fault *fault);

/* ---- HTTP ---- */

struct metric_server;

/* "port" (loopback), "address:port" or "[address]:port". */
int metric_serve(const char *where, struct metric_server **out, struct fault *fault);
void metric_stop(struct metric_server *s);

/* What the next GET gets; the text is copied. */
void metric_publish(struct metric_server *s, const struct buf *text);

#endif
