/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * wire.c - which decoder a datagram goes to; the life of a struct wire.
 */
#include "wire/wire.h"

#include "base/hash.h"
#include "wire/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60000, IDLE_MAX_MSEC = 60 * MINUTE, IDLE_NO_FLOWS_MSEC = 5 * MINUTE };

static void set_default(unsigned *value, unsigned otherwise)
{
    if (*value == 0) {
        *value = otherwise;
    }
}

static void set_defaults(struct wire_options *o)
{
    struct wire_limits *l = &o->limits;
    set_default(&l->exporters, 16384);
    set_default(&l->templates, 2048);
    set_default(&l->samplers, 1024);
    set_default(&l->pending_msec, MINUTE);
    l->template_octets = l->template_octets != 0 ? l->template_octets : 4 << 20;
    l->template_octets_all = l->template_octets_all != 0 ? l->template_octets_all : 256 << 20;
    l->pending_octets = l->pending_octets != 0 ? l->pending_octets : 64 << 10;
    l->pending_octets_all = l->pending_octets_all != 0 ? l->pending_octets_all : 16 << 20;
    o->groups = o->groups != 0 ? o->groups | group_bit(GROUP_GENERIC) | group_bit(GROUP_IPV4) |
                                     group_bit(GROUP_IPV6)
                               : UINT64_MAX;
    if (!o->netflow && !o->sflow) {
        o->netflow = o->sflow = true;
    }
}

struct wire *wire_new(const struct wire_options *options, const struct wire_sink *sink)
{
    static const unsigned versions[] = {1, 5, 7};
    struct wire *w = calloc(1, sizeof *w);
    bool ok = w != NULL;
    if (w == NULL) {
        return NULL;
    }
    w->options = *options;
    w->sink = *sink;
    w->seed = hash_random_seed();
    set_defaults(&w->options);
    for (size_t i = 0; i < 3; i++) {
        w->fixed[i] = legacy_template(versions[i], w->options.groups);
        ok = ok && w->fixed[i] != NULL;
    }
    if (!ok) {
        wire_free(w);
        return NULL;
    }
    return w;
}

void wire_free(struct wire *w)
{
    if (w == NULL) {
        return;
    }
    for (unsigned i = 0; i < w->nentries; i++) {
        exporter_free(w, w->entries[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        template_free(w->fixed[i]);
    }
    free(w->entries);
    free(w->index);
    free(w);
}

void wire_say(struct wire *w, enum wire_event event, const char *fmt, ...)
{
    char text[256];
    va_list args;
    if (w->sink.say == NULL) {
        return;
    }
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    w->sink.say(w->sink.ctx, event, text);
}

/* ---- dispatch ---- */

typedef int decoder(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows);

/* By the first two octets; sFlow has a 32-bit version, so its first two are zero. */
static const struct {
    uint16_t version;
    bool sflow;
    decoder *decode;
} decoders[] = {
    {5, false, decode_v5},    {9, false, decode_v9}, {10, false, decode_ipfix},
    {0, true, decode_sflow},  {1, false, decode_v1}, {7, false, decode_v7},
    {250, false, decode_nfd},
};

static decoder *decoder_of(const struct wire *w, uint16_t version)
{
    for (size_t i = 0; i < sizeof decoders / sizeof decoders[0]; i++) {
        if (decoders[i].version == version) {
            bool accepted = decoders[i].sflow ? w->options.sflow : w->options.netflow;
            return accepted ? decoders[i].decode : NULL;
        }
    }
    return NULL;
}

int wire_decode(struct wire *w, const struct wire_datagram *d)
{
    struct cur c = cur_of(d->data, d->len);
    struct cur peek = c;
    decoder *decode = decoder_of(w, cur_u16be(&peek));
    unsigned flows = 0;
    int rc;
    if (!cur_ok(&peek) || decode == NULL) {
        w->loss.bad_datagrams++;
        return ERR_UNSUPPORTED;
    }
    rc = decode(w, d, &c, &flows);
    if (rc == ERR_LIMIT || rc == ERR_NOMEM || rc == ERR_UNSUPPORTED) {
        w->loss.bad_datagrams++;
    }
    return rc < 0 ? rc : (int)flows;
}

void wire_set_sampling(struct wire *w, int32_t sampling)
{
    w->options.sampling = sampling;
}

/* ---- housekeeping ---- */

static bool is_stale(const struct wire_entry *e, uint64_t now)
{
    uint64_t idle = now > e->pub.last_heard ? now - e->pub.last_heard : 0;
    return idle > (e->pub.id.flows == 0 ? IDLE_NO_FLOWS_MSEC : IDLE_MAX_MSEC);
}

static void forget_stale(struct wire *w, uint64_t now)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < w->nentries; i++) {
        struct wire_entry *e = w->entries[i];
        if (is_stale(e, now)) {
            loss_add(&w->loss, &e->pub.loss);
            w->pending_octets -= e->pending_octets;
            exporter_free(w, e);
        } else {
            w->entries[kept++] = e;
        }
    }
    if (kept < w->nentries) {
        w->nentries = kept;
        exporter_index(w);
    }
}

void wire_tick(struct wire *w, uint64_t now)
{
    for (unsigned i = 0; i < w->nentries; i++) {
        pending_expire(w, w->entries[i], now);
    }
    if (w->nentries >= w->options.limits.exporters - w->options.limits.exporters / 8) {
        forget_stale(w, now);
    }
}

void wire_give_up(struct wire *w)
{
    for (unsigned i = 0; i < w->nentries; i++) {
        pending_expire(w, w->entries[i], UINT64_MAX);
    }
}

void wire_exporters(struct wire *w, wire_visit *visit, void *ctx)
{
    for (unsigned i = 0; i < w->nentries; i++) {
        visit(ctx, &w->entries[i]->pub);
    }
}

void wire_samplers(struct wire *w, void (*visit)(void *ctx, const struct wire_exporter *e,
                                                 const struct sampler *s), void *ctx)
{
    for (unsigned i = 0; i < w->nentries; i++) {
        struct wire_entry *e = w->entries[i];
        for (unsigned k = 0; k < e->nsamplers; k++) {
            visit(ctx, &e->pub, &e->samplers[k].s);
        }
    }
}

void wire_take_losses(struct wire *w, void (*visit)(void *ctx, const struct wire_exporter *e,
                                                    const struct loss *l), void *ctx)
{
    if (!loss_is_none(&w->loss)) {
        visit(ctx, NULL, &w->loss);
        w->loss = (struct loss){0};
    }
    for (unsigned i = 0; i < w->nentries; i++) {
        struct wire_exporter *e = &w->entries[i]->pub;
        if (!loss_is_none(&e->loss)) {
            visit(ctx, e, &e->loss);
            loss_add(&e->before, &e->loss);
            e->loss = (struct loss){.sysid = e->id.sysid};
        }
    }
}
