/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * intake.c - datagrams to the decoder, and what it hands over to the source they belong to.
 */
#include "collect/collecting.h"

#include <string.h>

enum { NAMES_MAX = 8192 }; /* of each kind and source */

/* ---- what the decoder hands over ---- */

/* Where the next rows of the current source go; NULL: memory is out. */
static struct builder *take_rows(void *ctx, const struct wire_exporter *from)
{
    struct collector *c = ctx;
    struct source *s = c->current;
    (void)from;
    if (s->rows != NULL && builder_full_at(builder_rows(s->rows))) {
        rotation_send_rows(c, s);
    }
    if (s->rows == NULL) {
        s->rows = scribe_take_builder(c->scribe);
    }
    return s->rows;
}

static void take_flow(void *ctx, const struct wire_exporter *from, const struct rec *r)
{
    struct collector *c = ctx;
    struct builder *rows = take_rows(ctx, from);
    metric_add(&c->current->metric, r);
    if (rows == NULL || builder_add(rows, r) != 0) {
        log_write(c->log, LOG_LEVEL_ERROR, "Ident: '%s' out of memory: a flow is lost",
                  c->current->ident);
    }
}

static void note_appended(void *ctx, const struct wire_exporter *from, struct builder *b,
                          uint32_t n)
{
    const struct collector *c = ctx;
    metric_add_rows(&c->current->metric, from->id.sysid, b, n);
}

/* Exporters loaded from an earlier run may belong to nobody any more: their source is NULL. */

static void take_exporter(void *ctx, const struct wire_exporter *e)
{
    struct source *s = e->source;
    (void)ctx;
    if (s != NULL) {
        meta_put_exporter(&s->known, &e->id);
        meta_put_exporter(&s->news, &e->id);
    }
}

static void take_sampler(void *ctx, const struct wire_exporter *from, const struct sampler *sampler)
{
    struct source *s = from->source;
    (void)ctx;
    if (s != NULL) {
        meta_put_sampler(&s->known, sampler);
        meta_put_sampler(&s->news, sampler);
    }
}

/* Exporters tell names again and again; strangers, as many as there are numbers. */
static void take_name(void *ctx, const struct wire_exporter *from, enum name_kind kind, uint32_t id,
                      const char *text)
{
    struct source *s = from->source;
    const char *old = s != NULL ? meta_name(&s->known, kind, id) : NULL;
    (void)ctx;
    if (s == NULL || (old != NULL ? strcmp(old, text) == 0 : s->known.nnames >= NAMES_MAX)) {
        return;
    }
    meta_put_name(&s->known, kind, id, text);
    meta_put_name(&s->news, kind, id, text);
}

static bool same_app(const struct app_name *a, const struct app_name *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->description, b->description) == 0;
}

static void take_app(void *ctx, const struct wire_exporter *from, const struct app_name *app)
{
    struct source *s = from->source;
    const struct app_name *old = s != NULL ? meta_app(&s->known, app->id, app->id_len) : NULL;
    (void)ctx;
    if (s == NULL || (old != NULL ? same_app(old, app) : s->known.napps >= NAMES_MAX)) {
        return;
    }
    meta_put_app(&s->known, app);
    meta_put_app(&s->news, app);
}

/* What is malformed is counted in any case; a flood of it must not become a flood of lines. */
static void hear(void *ctx, enum wire_event event, const char *text)
{
    struct collector *c = ctx;
    if (event != WIRE_TROUBLE) {
        log_write(c->log, LOG_LEVEL_INFO, "%s", text);
    } else if (c->troubles_heard++ < TROUBLES_SAID_MAX) {
        log_write(c->log, LOG_LEVEL_WARNING, "%s", text);
    }
}

/* ---- decoding ---- */

static void ignore(struct collector *c, const struct datagram *d)
{
    char text[IP_TEXT_MAX];
    c->ignored++;
    c->counters.ignored++;
    if (c->ignored == 1) { /* once a slot */
        ip_format(&d->from, d->family, text);
        log_write(c->log, LOG_LEVEL_WARNING, "Skip UDP packet from: %s. Ignored packets: 1", text);
    }
}

static void take_datagram(struct collector *c, const struct datagram *d)
{
    struct wire_datagram wd = {.data = d->data, .len = d->len, .from = d->from, .port = d->port,
                               .received = d->received, .stream = d->stream};
    bool fresh;
    int rc;
    c->now = d->received;
    rotation_keep(c);
    c->received++;
    c->counters.received++;
    duty_datagram(c->duties, d);
    c->current = sources_find(c->plan->sources, &d->from, d->family, &fresh);
    if (c->current == NULL || d->len == 0) {
        ignore(c, d);
        return;
    }
    if (fresh) {
        log_write(c->log, LOG_LEVEL_INFO, "Dynamic source added: ident: %s in directory: %s",
                  c->current->ident, c->current->dir);
        rotation_recover(c, c->current);
        rotation_begin(c, c->current);
    }
    wd.source = c->current;
    c->current->datagrams++;
    rc = wire_decode(c->wire, &wd);
    if (rc == ERR_UNSUPPORTED) {
        ignore(c, d);
    }
    c->current->bad_datagrams += rc < 0;
}

void intake_bundle(struct collector *c, const struct bundle *b)
{
    c->kernel_drops += b->kernel_drops;
    c->counters.kernel_drops += b->kernel_drops;
    for (unsigned i = 0; i < b->n; i++) {
        take_datagram(c, &b->datagrams[i]);
    }
}

void intake_time(struct collector *c, uint64_t now)
{
    c->now = now;
    rotation_keep(c);
    if (now < c->last_flush || now - c->last_flush >= c->plan->flush_msec) {
        wire_tick(c->wire, now);
        rotation_flush(c);
    }
    duty_tick(c->duties, &c->counters, now);
}

/* Nobody reads along, so nothing is flushed. */
void intake_capture_time(struct collector *c)
{
    if (c->now < c->last_flush || c->now - c->last_flush >= c->plan->flush_msec) {
        wire_tick(c->wire, c->now);
        c->last_flush = c->now;
    }
}

int intake_open(struct collector *c)
{
    struct wire_sink sink = {.ctx = c, .flow = take_flow, .rows = take_rows,
                             .appended = note_appended, .exporter = take_exporter,
                             .sampler = take_sampler, .name = take_name, .app = take_app,
                             .say = hear};
    c->wire = wire_new(&c->plan->wire, &sink);
    return c->wire != NULL ? 0 : ERR_NOMEM;
}
