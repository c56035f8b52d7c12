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
#include "collect/prometheus.h"
#include "store/filename.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP_EVERY_MSEC = 60000, PUBLISH_EVERY_MSEC = 1000 };

struct duties {
    const struct collector_plan *plan;
    struct log *log;
    struct wire *wire;
    struct repeater *repeaters[REPEATERS_MAX];
    pthread_mutex_t lock;   /* of the next two */
    struct launcher *launcher;
    bool expire;
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
    pthread_mutex_init(&d->lock, NULL);
    d->plan = plan;
    d->expire = plan->expire;
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
    pthread_mutex_destroy(&d->lock);
    free(d);
}

/* ---- datagrams and files ---- */

void duty_datagram(struct duties *d, const struct datagram *datagram)
{
    for (unsigned i = 0; i < d->plan->nrepeaters; i++) {
        if (d->repeaters[i] != NULL) {
            repeater_send(d->repeaters[i], datagram);
        }
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

/* The time as in the file's name: the plan may have changed since. */
static void launch(struct duties *d, const struct scribe_report *r)
{
    struct fault fault = {0};
    struct launch what = {r->path, r->dir, strrchr(r->path, '.') + 1, r->ident, r->start};
    if (launcher_run(d->launcher, &what, &fault) != 0) {
        log_fault(d->log, LOG_LEVEL_ERROR, &fault);
    }
}

void duty_file(struct duties *d, const struct scribe_report *r)
{
    bool expires;
    pthread_mutex_lock(&d->lock);
    if (d->launcher != NULL && r->written) {
        launch(d, r);
    }
    expires = d->expire;
    pthread_mutex_unlock(&d->lock);
    if (expires) {
        expire(d, r);
    }
}

/* ---- another plan ---- */

static void change_command(struct duties *d, const char *command)
{
    struct launcher *launcher = NULL;
    struct fault fault = {0};
    if (command != NULL && launcher_new(command, &launcher, &fault) != 0) {
        log_fault(d->log, LOG_LEVEL_ERROR, &fault);
        return;
    }
    pthread_mutex_lock(&d->lock);
    launcher_free(d->launcher);
    d->launcher = launcher;
    pthread_mutex_unlock(&d->lock);
}

static void change_repeaters(struct duties *d, const struct collector_plan *next)
{
    for (unsigned i = 0; i < REPEATERS_MAX; i++) {
        struct fault fault = {0};
        repeater_close(d->repeaters[i]);
        d->repeaters[i] = NULL;
        if (i < next->nrepeaters
            && repeater_open(next->repeaters[i], next->keep_sender, &d->repeaters[i], &fault)
                   != 0) {
            log_fault(d->log, LOG_LEVEL_ERROR, &fault);
        }
    }
}

/* A sandbox without programs stays one. */
void duties_change(struct duties *d, struct collector_plan *now, const struct collector_plan *next)
{
    if (now->command == NULL && next->command != NULL) {
        log_write(d->log, LOG_LEVEL_WARNING, "Commands for files take effect at the next start");
    } else {
        change_command(d, next->command);
        now->command = next->command;
    }
    pthread_mutex_lock(&d->lock);
    d->expire = next->expire;
    pthread_mutex_unlock(&d->lock);
    now->expire = next->expire;
    change_repeaters(d, next);
    now->keep_sender = next->keep_sender;
    now->nrepeaters = next->nrepeaters;
    memcpy(now->repeaters, next->repeaters, sizeof now->repeaters);
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
        metric_record(&records, s->ident, &s->metric);
        metric_sum(&s->sent, &s->metric);
        s->metric = (struct metric_counts){.exporter = s->sent.exporter};
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

static void publish(struct duties *d, const struct duty_counters *counters)
{
    struct buf text;
    buf_init(&text);
    prometheus_text(&text, counters, d->plan->sources, d->wire);
    metric_publish(d->server, &text);
    buf_free(&text);
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
