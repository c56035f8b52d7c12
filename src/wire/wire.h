/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * wire.h - export datagrams in, flow records out.
 *
 * A struct wire decodes NetFlow v1, v5, v7, v9, IPFIX, sFlow v2, v4, v5 and nfdump's version 250,
 * told apart by their first octets. It keeps one entry per exporter, keyed by (address, version,
 * domain): templates, samplers, sequence numbers and a loss account. All of it is bounded, so that
 * forged datagrams cannot make it grow without end. One thread uses a struct wire at a time;
 * several may share the counter that numbers exporters.
 */
#ifndef WEIR_WIRE_WIRE_H
#define WEIR_WIRE_WIRE_H

#include "base/buf.h"
#include "base/err.h"
#include "flow/builder.h"
#include "flow/meta.h"
#include "flow/rec.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire;

struct wire_datagram {
    const uint8_t *data;
    size_t len;
    struct ip from;     /* IPv4 as ::ffff:a.b.c.d */
    uint16_t port;
    uint64_t received;  /* msec since 1970 UTC */
    bool stream;        /* over TCP: each connection counts for itself */
    void *source;       /* the caller's; handed back with exporters */
};

/* What callers may know of an exporter. Counters since the exporter was first seen. */
struct wire_exporter {
    struct exporter id;        /* with packets (datagrams), flows, sequence_failures */
    struct loss loss;          /* since the last wire_take_losses */
    struct loss before;        /* until then */
    struct ip agent;           /* sFlow: its own address; streams: the port; else zero */
    void *source;              /* of its last datagram */
    uint64_t last_heard;       /* msec since 1970 UTC */
    uint64_t counter_samples;  /* sFlow */
    uint64_t other_samples;    /* sFlow: of kinds that are no flows */
    uint64_t says_exported;    /* by its option data: flow records since its start */
    uint64_t says_not_sent;    /* by its option data: flow records it could not send */
    bool knows_not_sent;
    unsigned templates;        /* held now */
};

enum wire_event {
    WIRE_NEW_EXPORTER,
    WIRE_TROUBLE /* something malformed; the text says what */
};

/* Where decoded things go. Any member may be NULL except flow. Called inside wire_decode. */
struct wire_sink {
    void *ctx;
    /* The record and what its spans point to are valid during the call only. */
    void (*flow)(void *ctx, const struct wire_exporter *from, const struct rec *r);
    /* Where many records at once may be appended, with room for at least one, and what was told
     * when they were: the last n rows. Both or neither. NULL from rows(): one by one, please. */
    struct builder *(*rows)(void *ctx, const struct wire_exporter *from);
    void (*appended)(void *ctx, const struct wire_exporter *from, struct builder *b, uint32_t n);
    void (*exporter)(void *ctx, const struct wire_exporter *e); /* a new one */
    void (*sampler)(void *ctx, const struct wire_exporter *from, const struct sampler *s);
    void (*name)(void *ctx, const struct wire_exporter *from, enum name_kind kind, uint32_t id,
                 const char *text);
    void (*app)(void *ctx, const struct wire_exporter *from, const struct app_name *a);
    void (*say)(void *ctx, enum wire_event event, const char *text); /* for the log */
};

struct wire_limits { /* 0: the default */
    unsigned exporters;          /* 16384 */
    unsigned templates;          /* per exporter: 2048 */
    size_t template_octets;      /* per exporter: 4 MiB of compiled templates */
    size_t template_octets_all;  /* of all exporters: 256 MiB */
    unsigned samplers;           /* per exporter: 1024 */
    size_t pending_octets;       /* per exporter: 64 KiB of data sets waiting for their template */
    size_t pending_octets_all;   /* of all exporters: 16 MiB */
    uint32_t pending_msec;       /* how long they wait: 60,000 */
};

struct wire_options {
    int32_t sampling;   /* > 1: for exporters that announce none; < 0: overrides (-s); 0, 1: none */
    uint64_t groups;    /* groups of fields to keep; 0: all (-X) */
    bool open_tunnels;  /* sFlow headers: report the inner packet (-o tun) */
    bool sflow;         /* accept sFlow */
    bool netflow;       /* accept NetFlow and IPFIX */
    struct wire_limits limits;
    _Atomic uint32_t *next_sysid; /* shared by several decoders; NULL: counts for itself */
};

/* NULL when memory is out. The options and the sink are copied. */
struct wire *wire_new(const struct wire_options *options, const struct wire_sink *sink);
void wire_free(struct wire *w);

/* From now on, as in the options. */
void wire_set_sampling(struct wire *w, int32_t sampling);

/* Decode one datagram. Returns the number of flow records, or ERR_FORMAT (malformed; records
 * before the fault were handed on), ERR_UNSUPPORTED (no protocol we know), ERR_LIMIT (too many
 * exporters), ERR_NOMEM. */
int wire_decode(struct wire *w, const struct wire_datagram *d);

/* Length of the whole message that begins with these octets, for stream transports: IPFIX only.
 * 0: more octets are needed; ERR_FORMAT: not IPFIX. */
int wire_message_length(const uint8_t *data, size_t len);

/* Give up data sets that have waited too long, and exporters not heard for idle_msec when the
 * table is full. Call it now and then. */
void wire_tick(struct wire *w, uint64_t now);

/* At the end: give up all data sets that still wait, and count them. */
void wire_give_up(struct wire *w);

/* All exporters in order of appearance. */
typedef void wire_visit(void *ctx, struct wire_exporter *e);
void wire_exporters(struct wire *w, wire_visit *visit, void *ctx);
void wire_samplers(struct wire *w, void (*visit)(void *ctx, const struct wire_exporter *e,
                                                 const struct sampler *s), void *ctx);

/* Copy the loss account since the last call and set it to zero; the collector as a whole (sysid
 * 0: unknown versions, refused exporters) counts here too. Each with a nonzero counter is
 * visited. */
void wire_take_losses(struct wire *w, void (*visit)(void *ctx, const struct wire_exporter *e,
                                                    const struct loss *l), void *ctx);

/* Templates and samplers as text, and back (after a restart). wire_load returns 0 or ERR_FORMAT
 * with the line; what was before it is kept. source_of names the source of an exporter's
 * address, NULL source allowed. */
void wire_save(struct wire *w, struct buf *out);
int wire_load(struct wire *w, const char *text, size_t len,
              void *(*source_of)(void *ctx, const struct ip *addr), void *ctx, struct fault *fault);

#endif
