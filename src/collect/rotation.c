/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rotation.c - slots: a file per source and slot, begun, flushed and finished together, and the
 * account of what was lost meanwhile.
 *
 * All of it is orders to the scribe, so no turn of a slot waits for a disk.
 */
#include "collect/collecting.h"

#include "collect/recover.h"
#include "store/filename.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

enum { LOSSES_SAID_MAX = 100 }; /* lines on the log a slot: strangers may be many */

static void path_of_slot(const struct collector *c, const struct source *s, char path[PATH_MAX])
{
    char sub[FILENAME_MAX_LEN], name[FILENAME_MAX_LEN];
    filename_subdir(c->plan->subdirs, c->slot, sub);
    filename_of_slot(c->slot, c->plan->seconds, c->plan->zone_names, name);
    snprintf(path, PATH_MAX, "%s/%s%s%s", s->dir, sub, *sub != '\0' ? "/" : "", name);
}

static void send_meta(struct collector *c, struct source *s, const struct flow_meta *meta)
{
    struct flow_meta *copy = malloc(sizeof *copy);
    if (copy == NULL || s->slot == NULL) {
        free(copy);
        return;
    }
    meta_init(copy);
    if (meta_merge(copy, meta) == 0) {
        scribe_meta(c->scribe, s->slot, copy);
    } else {
        meta_free(copy);
        free(copy);
    }
}

void rotation_begin(struct collector *c, struct source *s)
{
    char path[PATH_MAX], temp[PATH_MAX];
    struct scribe_place place = {.ident = s->ident, .dir = s->dir, .path = path, .temp = temp,
                                 .start = c->slot};
    path_of_slot(c, s, path);
    recover_temp_name(s->dir, c->slots++, temp);
    s->slot = scribe_begin(c->scribe, &place);
    if (!meta_is_empty(&s->known)) { /* each file can be read on its own */
        send_meta(c, s, &s->known);
    }
    meta_free(&s->news);
    s->bad_datagrams = s->datagrams = 0;
}

void rotation_send_rows(struct collector *c, struct source *s)
{
    if (s->rows == NULL || s->slot == NULL) {
        return;
    }
    if (builder_rows(s->rows) > 0) {
        scribe_rows(c->scribe, s->slot, s->rows);
    } else {
        scribe_return_builder(c->scribe, s->rows);
    }
    s->rows = NULL;
}

static void for_each_source(struct collector *c, void (*act)(struct collector *, struct source *))
{
    for (size_t i = 0; i < sources_count(c->plan->sources); i++) {
        act(c, sources_at(c->plan->sources, i));
    }
}

static void send_changes(struct collector *c, struct source *s)
{
    if (!meta_is_empty(&s->news)) {
        send_meta(c, s, &s->news);
        meta_free(&s->news);
    }
    rotation_send_rows(c, s);
}

static void flush_source(struct collector *c, struct source *s)
{
    bool something = !meta_is_empty(&s->news) || (s->rows != NULL && builder_rows(s->rows) > 0);
    if (s->slot != NULL && something) {
        send_changes(c, s);
        scribe_flush(c->scribe, s->slot);
    }
}

void rotation_flush(struct collector *c)
{
    for_each_source(c, flush_source);
    c->last_flush = c->now;
}

/* ---- the end of a slot ---- */

static struct baseline *baseline_of(struct collector *c, uint32_t sysid)
{
    if (sysid >= c->nbase) {
        size_t n = (size_t)sysid * 2 + 16;
        struct baseline *grown = realloc(c->base, n * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        memset(grown + c->nbase, 0, (n - c->nbase) * sizeof *grown);
        c->base = grown;
        c->nbase = n;
    }
    return &c->base[sysid];
}

/* What the slot had of this exporter, for the file of its source. */
static void add_exporter_stat(void *ctx, struct wire_exporter *e)
{
    struct collector *c = ctx;
    struct source *s = e->source;
    struct baseline *base = baseline_of(c, e->id.sysid);
    struct exporter stat = e->id;
    if (s == NULL || s->slot == NULL || base == NULL) {
        return;
    }
    stat.has_stat = true;
    stat.packets = e->id.packets - base->packets;
    stat.flows = e->id.flows - base->flows;
    stat.sequence_failures = e->id.sequence_failures - base->sequence_failures;
    *base = (struct baseline){e->id.packets, e->id.flows, e->id.sequence_failures};
    s->sequence_failures += stat.sequence_failures;
    meta_put_exporter(&s->news, &stat);
}

/* "Exporter 192.0.2.1 v9 domain 7: sequence gaps: 1, missing by sequence numbers: 3"; an exporter
 * of NULL is the collector as a whole. */
static void say_loss(struct collector *c, const struct wire_exporter *e, const struct loss *loss)
{
    struct buf text;
    char address[IP_TEXT_MAX];
    const char *between = ":";
    if (c->losses_said++ >= LOSSES_SAID_MAX) {
        return;
    }
    buf_init(&text);
    if (e != NULL) {
        ip_format(&e->id.addr, ip_is_mapped(&e->id.addr) ? 4 : 6, address);
        buf_printf(&text, "Exporter %s version %u domain %u", address, e->id.version, e->id.id);
    } else {
        buf_str(&text, "Collector");
    }
    for (unsigned i = 0; i < LOSS_COUNTERS_; i++) {
        uint64_t n = loss_count(loss, (enum loss_counter)i);
        if (n > 0) {
            buf_printf(&text, "%s %s: %" PRIu64, between, loss_text((enum loss_counter)i), n);
            between = ",";
        }
    }
    log_write(c->log, LOG_LEVEL_WARNING, "%s", buf_text(&text));
    buf_free(&text);
}

static void add_loss(void *ctx, const struct wire_exporter *e, const struct loss *loss)
{
    struct collector *c = ctx;
    struct source *s = e != NULL && e->source != NULL ? e->source : sources_at(c->plan->sources, 0);
    struct flow_meta meta;
    say_loss(c, e, loss);
    meta_init(&meta);
    if (meta_add_loss(&meta, loss) == 0) {
        send_meta(c, s, &meta);
    }
    meta_free(&meta);
}

/* Datagrams that the kernel dropped belong to nobody in particular, and flows that found no room at
 * the end of their slot come late: the first source's account. */
static void add_own_losses(struct collector *c)
{
    struct loss loss = {.kernel_drops = c->kernel_drops,
                        .storage = atomic_exchange(&c->not_stored, 0)};
    if (!loss_is_none(&loss) && sources_count(c->plan->sources) > 0) {
        add_loss(c, NULL, &loss);
    }
}

static void finish_source(struct collector *c, struct source *s)
{
    if (s->slot == NULL) {
        return;
    }
    send_changes(c, s);
    scribe_finish(c->scribe, s->slot, s->sequence_failures, s->bad_datagrams);
    s->slot = NULL;
    s->sequence_failures = 0;
}

static void say_totals(struct collector *c)
{
    double seconds = (double)(c->now - c->started) / 1000.0;
    log_write(c->log, LOG_LEVEL_INFO,
              "Total packets received: %llu avg: %3.2f/s ignored packets: %llu, "
              "kernel drops: %llu",
              (unsigned long long)c->received,
              seconds > 0 ? (double)c->received / seconds : 0.0, (unsigned long long)c->ignored,
              (unsigned long long)c->kernel_drops);
    if (c->losses_said > LOSSES_SAID_MAX) {
        log_write(c->log, LOG_LEVEL_WARNING, "Losses of %u more exporters: see weir -I",
                  c->losses_said - LOSSES_SAID_MAX);
    }
    if (c->troubles_heard > TROUBLES_SAID_MAX) {
        log_write(c->log, LOG_LEVEL_WARNING, "%u more malformed datagrams: see weir -I",
                  c->troubles_heard - TROUBLES_SAID_MAX);
    }
    c->received = c->ignored = c->kernel_drops = 0;
    c->losses_said = c->troubles_heard = 0;
    c->started = c->now;
}

void rotation_finish(struct collector *c)
{
    if (c->slot == 0) {
        return;
    }
    add_own_losses(c);
    wire_take_losses(c->wire, add_loss, c);
    for_each_source(c, send_changes);
    wire_exporters(c->wire, add_exporter_stat, c);
    for_each_source(c, finish_source);
    say_totals(c);
}

void rotation_recover(struct collector *c, const struct source *s)
{
    struct recover_names names = {c->plan->seconds, c->plan->subdirs, c->plan->zone_names};
    recover_directory(s->dir, &names, c->log);
}

static void begin_unless_retired(struct collector *c, struct source *s)
{
    if (!s->retired) {
        rotation_begin(c, s);
    }
}

static void begin_slots(struct collector *c)
{
    uint64_t second = c->now / 1000;
    c->slot = second - second % c->plan->seconds;
    for_each_source(c, begin_unless_retired);
}

/* A clock set back by less than a slot does not lead back into the slot before. */
static bool is_another_slot(const struct collector *c)
{
    uint64_t second = c->now / 1000;
    return second >= c->slot + c->plan->seconds || second + c->plan->seconds < c->slot;
}

/* Time has come to c->now: turn to its slot if it is another one. */
void rotation_keep(struct collector *c)
{
    if (c->slot == 0) {
        c->started = c->now;
        begin_slots(c);
    } else if (is_another_slot(c) || c->rotate) {
        rotation_finish(c);
        if (c->rotate) {
            c->rotate = false;
            reload(c);
        }
        begin_slots(c);
    }
}

/* nfcapd's line; in a thread of the scribe. */
void rotation_finished(void *ctx, const struct scribe_report *r)
{
    struct collector *c = ctx;
    atomic_fetch_add(&c->not_stored, r->lost);
    duty_file(c->duties, r);
    log_write(c->log, LOG_LEVEL_INFO,
              "Ident: '%s' Flows: %llu, Packets: %llu, Bytes: %llu, Sequence Errors: %llu, "
              "Bad Packets: %llu, Blocks: %llu",
              r->ident, (unsigned long long)r->totals.flows, (unsigned long long)r->totals.packets,
              (unsigned long long)r->totals.bytes, (unsigned long long)r->totals.sequence_failures,
              (unsigned long long)r->bad_datagrams, (unsigned long long)r->blocks);
}

