/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * reload.c - a plan made anew while the collector runs: what can change does, between two slots.
 *
 * Sources, slots and their names, flushing, sampling, commands, expiry and repeaters change.
 * Sockets, threads, the format of files and the process's standing stay as they are until the next
 * start.
 */
#include "collect/collecting.h"

#include <string.h>

static bool differ(const char *a, const char *b)
{
    return (a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0);
}

static bool needs_a_start(const struct collector_plan *now, const struct collector_plan *next)
{
    return differ(now->receiver.host, next->receiver.host)
           || differ(now->receiver.service, next->receiver.service)
           || differ(now->receiver.multicast, next->receiver.multicast)
           || differ(now->tcp_service, next->tcp_service)
           || differ(now->metrics_place, next->metrics_place)
           || now->receiver.family != next->receiver.family || now->nreceivers != next->nreceivers
           || now->nencoders != next->nencoders || now->writer.format != next->writer.format
           || now->writer.compression != next->writer.compression
           || now->writer.level != next->writer.level || now->wire.groups != next->wire.groups;
}

static void apply(struct collector *c, struct collector_plan *next)
{
    struct collector_plan *p = &c->own_plan;
    sources_update(p->sources, next->sources);
    next->sources = NULL;
    p->seconds = next->seconds;
    p->subdirs = next->subdirs;
    p->zone_names = next->zone_names;
    p->flush_msec = next->flush_msec;
    c->wait_msec = next->flush_msec;
    p->wire.sampling = next->wire.sampling;
    wire_set_sampling(c->wire, next->wire.sampling);
    p->metric_path = next->metric_path;
    p->metric_seconds = next->metric_seconds;
    duties_change(c->duties, p, next);
    for (size_t i = 0; i < sources_count(p->sources); i++) {
        rotation_recover(c, sources_at(p->sources, i));
    }
}

void reload(struct collector *c)
{
    struct collector_plan next;
    struct fault fault = {0};
    if (c->plan->reread == NULL) {
        return;
    }
    if (c->plan->reread(c->plan->reread_ctx, &next, &fault) != 0) {
        log_write(c->log, LOG_LEVEL_ERROR, "%s: the collector goes on as before", fault.text);
    } else {
        if (needs_a_start(c->plan, &next)) {
            log_write(c->log, LOG_LEVEL_WARNING,
                      "Some of the configuration takes effect at the next start only");
        }
        apply(c, &next);
        log_write(c->log, LOG_LEVEL_NOTICE, "Configuration read again");
    }
    sources_free(next.sources);
}
