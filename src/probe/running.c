/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * running.c - what softflowd's control words do with a running probe.
 */
#include "probe/running.h"

#include "probe/flowstat.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note_drops(struct probe *p, const struct capture_stats *s)
{
    if (s->known && s->dropped > p->seen_drops && p->slots != NULL) {
        slots_loss(p->slots, s->dropped - p->seen_drops);
    }
    if (s->known) {
        p->seen_drops = s->dropped;
    }
}

static void sum_captures(struct probe *p, struct capture_stats *sum)
{
    struct capture_stats one;
    *sum = (struct capture_stats){.known = true};
    for (unsigned i = 0; i < p->nworkers; i++) {
        capture_stats(worker_capture(p->workers[i]), &one);
        sum->known = sum->known && one.known;
        sum->received += one.received;
        sum->dropped += one.dropped;
        sum->interface_dropped += one.interface_dropped;
    }
}

void running_statistics(struct probe *p, struct buf *out)
{
    struct capture_stats c;
    struct flowstat_outside o = {0};
    struct flowstat *sum = calloc(1, sizeof *sum);
    size_t active = 0;
    if (sum == NULL) {
        return;
    }
    sum_captures(p, &c);
    note_drops(p, &c);
    o.has_capture = c.known;
    o.received = c.received;
    o.dropped = c.dropped;
    o.interface_dropped = c.interface_dropped;
    if (p->export != NULL) {
        const struct export_stats *e = export_stats(p->export);
        o.exported_flows = e->flows;
        o.exported_records = e->records;
        o.datagrams = e->datagrams;
        o.failures = e->failures;
    }
    for (unsigned i = 0; i < p->nworkers; i++) {
        meter_sum(worker_meter(p->workers[i]), sum, &active);
    }
    flowstat_print(sum, active, &o, out);
    free(sum);
}

static void do_statistics(struct probe *p, struct buf *out)
{
    char since[20];
    flowstat_time(p->started / 1000000, since);
    buf_printf(out, "Accumulated statistics since %s UTC:\n", since);
    running_statistics(p, out);
}

static void do_timeouts(struct probe *p, struct buf *out)
{
    buf_str(out, "Printing timeouts:\n");
    timeouts_print(meter_timeouts(worker_meter(p->workers[0])), out);
}

static void do_dump(struct probe *p, struct buf *out)
{
    buf_str(out, "Dumping flow data:\n");
    for (unsigned i = 0; i < p->nworkers; i++) {
        meter_dump(worker_meter(p->workers[i]), running_clock(p) / 1000000, out);
    }
}

void running_note_drops(struct probe *p)
{
    struct capture_stats s;
    sum_captures(p, &s);
    note_drops(p, &s);
}

size_t running_expire_all(struct probe *p)
{
    size_t n = 0;
    running_drain(p);
    for (unsigned i = 0; i < p->nworkers; i++) {
        n += meter_expire_all(worker_meter(p->workers[i]));
    }
    return n;
}

size_t running_delete_all(struct probe *p)
{
    size_t n = 0;
    for (unsigned i = 0; i < p->nworkers; i++) {
        n += meter_delete_all(worker_meter(p->workers[i]));
    }
    return n;
}

static void gather(struct probe *p, bool on)
{
    for (unsigned i = 0; i < p->nworkers; i++) {
        worker_gather(p->workers[i], on);
    }
}

static void do_expire_all(struct probe *p, struct buf *out)
{
    size_t n;
    if (p->export != NULL) {
        export_send_template(p->export);
    }
    n = running_expire_all(p);
    if (p->export != NULL) {
        export_flush(p->export, running_clock(p));
    }
    buf_printf(out, "Expired %zu flows.\n", n);
}

static void do_delete_all(struct probe *p, struct buf *out)
{
    buf_printf(out, "Deleted %zu flows.\n", running_delete_all(p));
}

static void do_send_template(struct probe *p, struct buf *out)
{
    if (p->export != NULL) {
        export_send_template(p->export);
    }
    buf_str(out, "Template will be sent at next flow export\n");
}

static void do_stop_gather(struct probe *p, struct buf *out)
{
    gather(p, false);
    buf_str(out, "Data collection stopped.\n");
}

static void do_start_gather(struct probe *p, struct buf *out)
{
    gather(p, true);
    buf_str(out, "Data collection resumed.\n");
}

static void do_debug_more(struct probe *p, struct buf *out)
{
    p->log->highest = LOG_LEVEL_DEBUG;
    buf_str(out, "Debug level increased.\n");
}

static void do_debug_less(struct probe *p, struct buf *out)
{
    p->log->highest = LOG_LEVEL_INFO;
    buf_str(out, "Debug level decreased.\n");
}

static void do_shutdown(struct probe *p, struct buf *out)
{
    p->end = GRACEFUL;
    buf_str(out, "Shutting down gracefully...\n");
}

static void do_exit(struct probe *p, struct buf *out)
{
    p->end = AT_ONCE;
    buf_str(out, "Exiting now...\n");
}

static const struct control_word {
    const char *word;
    void (*act)(struct probe *p, struct buf *out);
} control_words[] = {
#define WORD(word, act, help) {word, act},
#include "probe/controlwords.def"
};

static void say_help(struct buf *out)
{
    buf_str(out, "Valid control words are:\n"
                 "\tdebug+ debug- delete-all dump-flows exit expire-all\n"
                 "\tshutdown start-gather statistics stop-gather timeouts\n"
                 "\tsend-template\n");
}

void running_answer(void *ctx, const char *word, struct buf *reply)
{
    struct probe *p = ctx;
    if (strcmp(word, "help") == 0) {
        say_help(reply);
        return;
    }
    for (size_t i = 0; i < sizeof control_words / sizeof control_words[0]; i++) {
        if (strcmp(word, control_words[i].word) == 0) {
            buf_printf(reply, "%s[%u]: ", p->plan->name, (unsigned)getpid());
            control_words[i].act(p, reply);
            return;
        }
    }
    buf_printf(reply, "Unknown control command \"%s\"\n", word);
}
