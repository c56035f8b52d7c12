/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * duty.c - the duties, each only when asked for.
 */
#include "collect/duty.h"

#include "collect/expire.h"
#include "collect/keepsake.h"
#include "collect/launcher.h"
#include "collect/metric.h"
#include "collect/notify.h"
#include "store/filename.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP_EVERY_MSEC = 60000, PUBLISH_EVERY_MSEC = 1000, EXPORTERS_SHOWN = 1000 };

struct duties {
    const struct collector_plan *plan;
    struct log *log;
    struct wire *wire;
    struct repeater *repeaters[REPEATERS_MAX];
    struct launcher *launcher;
    struct metric_server *server;
    struct notifier notifier;
    uint64_t started;
    uint64_t kept;      /* msec: templates written */
    uint64_t published;
    uint64_t sent;      /* metric slot, in intervals since 1970 */
    bool nobody_listens;
};

/* ---- beginning and end ---- */

int duties_open(const struct collector_plan *plan, struct duties **out, struct fault *fault)
{
    struct duties *d = calloc(1, sizeof *d);
    int rc = 0;
    if (d == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    d->plan = plan;
    d->log = plan->log;
    notify_open(&d->notifier);
    for (unsigned i = 0; rc == 0 && i < plan->nrepeaters; i++) {
        rc = repeater_open(plan->repeaters[i], plan->keep_sender, &d->repeaters[i], fault);
    }
    if (rc == 0 && plan->command != NULL) {
        rc = launcher_new(plan->command, &d->launcher, fault);
    }
    if (rc != 0) {
        duties_free(d);
        return rc;
    }
    *out = d;
    return 0;
}

int duties_start(struct duties *d, struct wire *wire, struct fault *fault)
{
    struct fault old = {0};
    d->wire = wire;
    if (d->plan->state_path != NULL &&
        keepsake_load(d->plan->state_path, wire, d->plan->sources, &old) != 0) {
        log_write(d->log, LOG_LEVEL_WARNING, "%s: %s", d->plan->state_path, old.text);
    }
    return d->plan->metrics_place != NULL ? metric_serve(d->plan->metrics_place, &d->server, fault)
                                          : 0;
}

void duty_ready(struct duties *d)
{
    notify_state(&d->notifier, "READY=1");
}

static void keep_templates(struct duties *d, uint64_t now)
{
    struct fault fault = {0};
    d->kept = now;
    if (d->plan->state_path != NULL && d->wire != NULL &&
        keepsake_save(d->plan->state_path, d->wire, &fault) != 0) {
        log_fault(d->log, LOG_LEVEL_WARNING, &fault);
    }
}

void duties_end(struct duties *d, uint64_t now)
{
    if (d != NULL) {
        notify_state(&d->notifier, "STOPPING=1");
        keep_templates(d, now);
        d->wire = NULL;
    }
}

void duties_free(struct duties *d)
{
    if (d == NULL) {
        return;
    }
    metric_stop(d->server);
    launcher_free(d->launcher);
    for (unsigned i = 0; i < REPEATERS_MAX; i++) {
        repeater_close(d->repeaters[i]);
    }
    notify_close(&d->notifier);
    free(d);
}

/* ---- datagrams and files ---- */

void duty_datagram(struct duties *d, const struct datagram *datagram)
{
    for (unsigned i = 0; i < d->plan->nrepeaters; i++) {
        repeater_send(d->repeaters[i], datagram);
    }
}

static void expire(struct duties *d, const struct scribe_report *r)
{
    struct expire_result result;
    struct fault fault = {0};
    if (expire_pass(r->dir, &result, &fault) != 0) {
        log_fault(d->log, LOG_LEVEL_ERROR, &fault);
    } else if (result.removed > 0) {
        log_write(d->log, LOG_LEVEL_INFO,
                  "Ident: '%s' expired files: %" PRIu64 ", octets: %" PRIu64, r->ident,
                  result.removed, result.freed);
    }
}

void duty_file(struct duties *d, const struct scribe_report *r)
{
    char text[FILENAME_MAX_LEN];
    struct fault fault = {0};
    if (d->launcher != NULL && r->written) {
        struct launch what = {r->path, r->dir, text, r->ident, r->start};
        filename_time_text(r->start, d->plan->seconds, d->plan->zone_names, text);
        if (launcher_run(d->launcher, &what, &fault) != 0) {
            log_fault(d->log, LOG_LEVEL_ERROR, &fault);
        }
    }
    if (d->plan->expire) {
        expire(d, r);
    }
}

/* ---- nfcapd's metric socket ---- */

static void send_metric(struct duties *d, uint64_t now)
{
    struct sources *sources = d->plan->sources;
    struct fault fault = {0};
    struct buf records;
    size_t n = sources_count(sources);
    buf_init(&records);
    for (size_t i = 0; i < n; i++) {
        struct source *s = sources_at(sources, i);
        uint64_t exporter = s->metric.exporter;
        metric_record(&records, s->ident, &s->metric);
        s->metric = (struct metric_counts){.exporter = exporter};
    }
    if (metric_send(d->plan->metric_path, &records, (unsigned)n, d->plan->metric_seconds, now,
                    now - d->started, &fault) == 0) {
        d->nobody_listens = false;
    } else if (!d->nobody_listens) { /* once */
        log_fault(d->log, LOG_LEVEL_WARNING, &fault);
        d->nobody_listens = true;
    }
    buf_free(&records);
}

/* ---- Prometheus ---- */

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP weir_%s %s\n# TYPE weir_%s %s\n", name, help, name, type);
}

static void process_lines(struct buf *b, const struct duty_counters *c)
{
    head(b, "received_datagrams_total", "counter", "datagrams received");
    buf_printf(b, "weir_received_datagrams_total %" PRIu64 "\n", c->received);
    head(b, "ignored_datagrams_total", "counter", "datagrams of no source or no known protocol");
    buf_printf(b, "weir_ignored_datagrams_total %" PRIu64 "\n", c->ignored);
    head(b, "kernel_drops_total", "counter", "datagrams the kernel dropped for lack of buffer");
    buf_printf(b, "weir_kernel_drops_total %" PRIu64 "\n", c->kernel_drops);
}

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

static void source_lines(struct buf *b, struct sources *sources)
{
    static const char *const classes[TOTAL_PROTOS_] = {"tcp", "udp", "icmp", "other"};
    static const char *const names[] = {"flows", "octets", "packets"};
    for (size_t what = 0; what < 3; what++) {
        buf_printf(b, "# HELP weir_%s_total %s collected\n# TYPE weir_%s_total counter\n",
                   names[what], names[what], names[what]);
        for (size_t i = 0; i < sources_count(sources); i++) {
            const struct source *s = sources_at(sources, i);
            const uint64_t *values[] = {s->total.flows, s->total.bytes, s->total.packets};
            for (size_t p = 0; p < TOTAL_PROTOS_; p++) {
                buf_printf(b, "weir_%s_total{ident=\"", names[what]);
                label(b, s->ident);
                buf_printf(b, "\",proto=\"%s\"} %" PRIu64 "\n", classes[p], values[what][p]);
            }
        }
    }
}

/* Counters of exporters: name, what is read, help. */
static uint64_t of_datagrams(const struct wire_exporter *e) { return e->id.packets; }
static uint64_t of_flows(const struct wire_exporter *e) { return e->id.flows; }
static uint64_t of_gaps(const struct wire_exporter *e)
{
    return e->loss.sequence_gaps + e->before.sequence_gaps;
}
static uint64_t of_missed(const struct wire_exporter *e)
{
    return e->loss.sequence_missed + e->before.sequence_missed;
}
static uint64_t of_bad(const struct wire_exporter *e)
{
    return e->loss.bad_datagrams + e->before.bad_datagrams;
}
static uint64_t of_bad_records(const struct wire_exporter *e)
{
    return e->loss.bad_records + e->before.bad_records;
}
static uint64_t of_no_template(const struct wire_exporter *e)
{
    return e->loss.no_template + e->before.no_template;
}
static uint64_t of_duplicates(const struct wire_exporter *e) { return e->duplicates; }
static uint64_t of_clock(const struct wire_exporter *e) { return e->clock_backwards; }
static uint64_t of_counter_samples(const struct wire_exporter *e) { return e->counter_samples; }
static uint64_t of_templates(const struct wire_exporter *e) { return e->templates; }

static const struct {
    const char *name;
    const char *type;
    const char *help;
    uint64_t (*value)(const struct wire_exporter *e);
} exporter_counters[] = {
    {"exporter_datagrams_total", "counter", "datagrams of an exporter", of_datagrams},
    {"exporter_flows_total", "counter", "flow records of an exporter", of_flows},
    {"exporter_sequence_gaps_total", "counter", "jumps of the sequence number", of_gaps},
    {"exporter_missed_total", "counter", "flows or datagrams the gaps amount to", of_missed},
    {"exporter_bad_datagrams_total", "counter", "malformed datagrams", of_bad},
    {"exporter_bad_records_total", "counter", "records that could not be decoded", of_bad_records},
    {"exporter_no_template_total", "counter", "data sets dropped without template", of_no_template},
    {"exporter_duplicates_total", "counter", "datagrams that came twice", of_duplicates},
    {"exporter_clock_backwards_total", "counter", "times the export time went back", of_clock},
    {"exporter_counter_samples_total", "counter", "sFlow counter samples", of_counter_samples},
    {"exporter_templates", "gauge", "templates held", of_templates},
};

struct lines {
    struct buf *b;
    size_t counter;
    unsigned shown;
};

static void exporter_line(void *ctx, struct wire_exporter *e)
{
    struct lines *l = ctx;
    char text[IP_TEXT_MAX];
    if (l->shown++ >= EXPORTERS_SHOWN) {
        return;
    }
    ip_format(&e->id.addr, ip_is_mapped(&e->id.addr) ? 4 : 6, text);
    buf_printf(l->b, "weir_%s{exporter=\"%s\",version=\"%u\",domain=\"%u\"} %" PRIu64 "\n",
               exporter_counters[l->counter].name, text, e->id.version, e->id.id,
               exporter_counters[l->counter].value(e));
}

static void publish(struct duties *d, const struct duty_counters *counters)
{
    struct buf b;
    buf_init(&b);
    process_lines(&b, counters);
    source_lines(&b, d->plan->sources);
    for (size_t i = 0; i < sizeof exporter_counters / sizeof exporter_counters[0]; i++) {
        struct lines l = {&b, i, 0};
        head(&b, exporter_counters[i].name, exporter_counters[i].type, exporter_counters[i].help);
        wire_exporters(d->wire, exporter_line, &l);
    }
    metric_publish(d->server, &b);
    buf_free(&b);
}

/* ---- time ---- */

void duty_tick(struct duties *d, const struct duty_counters *counters, uint64_t now)
{
    notify_alive(&d->notifier, now);
    if (d->started == 0) {
        d->started = d->kept = now;
        d->sent = now / (d->plan->metric_seconds * 1000u);
    }
    if (now - d->kept >= KEEP_EVERY_MSEC) {
        keep_templates(d, now);
    }
    if (d->server != NULL && now - d->published >= PUBLISH_EVERY_MSEC) {
        d->published = now;
        publish(d, counters);
    }
    if (d->plan->metric_path != NULL && now / (d->plan->metric_seconds * 1000u) != d->sent) {
        d->sent = now / (d->plan->metric_seconds * 1000u);
        send_metric(d, now);
    }
}
