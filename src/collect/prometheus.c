/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * prometheus.c - one HELP and TYPE line a metric, one line a label set.
 */
#include "collect/prometheus.h"

#include <inttypes.h>
#include <stdio.h>

enum { EXPORTERS_SHOWN = 1000 };

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP weir_%s %s\n# TYPE weir_%s %s\n", name, help, name, type);
}

/* ---- the process ---- */

static void process_line(struct buf *b, const char *name, const char *help, uint64_t value)
{
    head(b, name, "counter", help);
    buf_printf(b, "weir_%s %" PRIu64 "\n", name, value);
}

static void process_lines(struct buf *b, const struct duty_counters *c)
{
    process_line(b, "received_datagrams_total", "datagrams received", c->received);
    process_line(b, "ignored_datagrams_total", "datagrams of no source or no known protocol",
                 c->ignored);
    process_line(b, "kernel_drops_total", "datagrams the kernel dropped for lack of buffer",
                 c->kernel_drops);
}

/* ---- sources ---- */

/* Quotation marks and backslashes of a label's value. */
static void label(struct buf *b, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            buf_char(b, '\\');
        }
        buf_char(b, *text == '\n' ? ' ' : *text);
    }
}

static void source_line(struct buf *b, const char *name, const struct source *s,
                        const uint64_t values[TOTAL_PROTOS_])
{
    static const char *const classes[TOTAL_PROTOS_] = {"tcp", "udp", "icmp", "other"};
    for (size_t p = 0; p < TOTAL_PROTOS_; p++) {
        buf_printf(b, "weir_%s_total{ident=\"", name);
        label(b, s->ident);
        buf_printf(b, "\",proto=\"%s\"} %" PRIu64 "\n", classes[p], values[p]);
    }
}

static void source_lines(struct buf *b, struct sources *sources)
{
    static const char *const names[] = {"flows", "octets", "packets"};
    for (size_t what = 0; what < 3; what++) {
        buf_printf(b, "# HELP weir_%s_total %s collected\n# TYPE weir_%s_total counter\n",
                   names[what], names[what], names[what]);
        for (size_t i = 0; i < sources_count(sources); i++) {
            const struct source *s = sources_at(sources, i);
            struct metric_counts total = s->sent;
            const uint64_t *values[] = {total.flows, total.bytes, total.packets};
            metric_sum(&total, &s->metric);
            source_line(b, names[what], s, values[what]);
        }
    }
}

/* ---- exporters ---- */

typedef uint64_t of_exporter(const struct wire_exporter *e);

static uint64_t of_datagrams(const struct wire_exporter *e)
{
    return e->id.packets;
}

static uint64_t of_flows(const struct wire_exporter *e)
{
    return e->id.flows;
}

static uint64_t of_counter_samples(const struct wire_exporter *e)
{
    return e->counter_samples;
}

static uint64_t of_other_samples(const struct wire_exporter *e)
{
    return e->other_samples;
}

static uint64_t of_exported(const struct wire_exporter *e)
{
    return e->says_exported;
}

static uint64_t of_templates(const struct wire_exporter *e)
{
    return e->templates;
}

static const struct {
    const char *name, *type, *help;
    of_exporter *value;
} own_counters[] = {
    {"exporter_datagrams_total", "counter", "datagrams of an exporter", of_datagrams},
    {"exporter_flows_total", "counter", "flow records of an exporter", of_flows},
    {"exporter_counter_samples_total", "counter", "sFlow counter samples", of_counter_samples},
    {"exporter_other_samples_total", "counter", "sFlow samples of other kinds", of_other_samples},
    {"exporter_says_exported_total", "counter", "flow records sent, by the exporter's own account",
     of_exported},
    {"exporter_templates", "gauge", "templates held", of_templates},
};

/* One metric of all exporters: a loss counter, or what `value` reads. */
struct lines {
    struct buf *b;
    const char *name;
    of_exporter *value; /* NULL: loss */
    enum loss_counter loss;
    unsigned shown;
};

static void exporter_line(void *ctx, struct wire_exporter *e)
{
    struct lines *l = ctx;
    char text[IP_TEXT_MAX];
    uint64_t value = l->value != NULL
                         ? l->value(e)
                         : loss_count(&e->loss, l->loss) + loss_count(&e->before, l->loss);
    if (l->shown++ >= EXPORTERS_SHOWN) {
        return;
    }
    ip_format(&e->id.addr, ip_is_mapped(&e->id.addr) ? 4 : 6, text);
    buf_printf(l->b, "weir_%s{exporter=\"%s\",version=\"%u\",domain=\"%u\"} %" PRIu64 "\n",
               l->name, text, e->id.version, e->id.id, value);
}

static void own_lines(struct buf *b, struct wire *wire)
{
    for (size_t i = 0; i < sizeof own_counters / sizeof own_counters[0]; i++) {
        struct lines l = {.b = b, .name = own_counters[i].name, .value = own_counters[i].value};
        head(b, l.name, own_counters[i].type, own_counters[i].help);
        wire_exporters(wire, exporter_line, &l);
    }
}

/* The kernel's drops and what could not be stored belong to no exporter. */
static void loss_lines(struct buf *b, struct wire *wire)
{
    for (unsigned i = 0; i < LOSS_COUNTERS_; i++) {
        char name[64];
        struct lines l = {.b = b, .name = name, .loss = (enum loss_counter)i};
        if (i == LOSS_kernel_drops || i == LOSS_storage) {
            continue;
        }
        snprintf(name, sizeof name, "exporter_%s_total", loss_metric(l.loss));
        head(b, name, "counter", loss_doc(l.loss));
        wire_exporters(wire, exporter_line, &l);
    }
}

void prometheus_text(struct buf *out, const struct duty_counters *counters,
                     struct sources *sources, struct wire *wire)
{
    process_lines(out, counters);
    source_lines(out, sources);
    own_lines(out, wire);
    loss_lines(out, wire);
}
