/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * source.h - who may send, and into which directory it goes: nfcapd's -w, -n and -M.
 *
 * Single: every sender, one directory. Static: listed senders. Dynamic: a directory per sender
 * address, made on demand. A source also holds what its decoder gathers until it is written. Used
 * by the decoding thread.
 */
#ifndef WEIR_COLLECT_SOURCE_H
#define WEIR_COLLECT_SOURCE_H

#include "base/err.h"
#include "base/ip.h"
#include "collect/metric.h"
#include "collect/scribe.h"
#include "flow/meta.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SOURCES_DYNAMIC_MAX = 1024 };

struct source {
    char *ident;
    char *dir;
    bool retired;              /* nobody sends to it any more */
    struct builder *rows;      /* what was not sent to the scribe yet; may be NULL */
    struct scribe_slot *slot;  /* NULL: no file is open */
    struct flow_meta known;    /* exporters, samplers, names: written into each file */
    struct flow_meta news;     /* what of that was not sent to the scribe yet */
    uint64_t bad_datagrams;    /* in this slot */
    uint64_t datagrams;        /* in this slot */
    uint64_t sequence_failures; /* in the slot that ends */
    struct metric_counts metric; /* since they were sent */
    struct metric_counts sent;   /* before that, since the start */
};

struct sources;

struct sources *sources_new(void); /* NULL when memory is out */
void sources_free(struct sources *s); /* files and rows must have been handed over */

/* Everybody into dir. ERR_NOTFOUND, ERR_FORMAT when dir is none. */
int sources_add_single(struct sources *s, const char *ident, const char *dir, struct fault *fault);

/* "ident,IP[/n][;IP...],dir" */
int sources_add_static(struct sources *s, const char *text, struct fault *fault);

/* A directory below dir for each sender. */
int sources_set_dynamic(struct sources *s, const char *dir, struct fault *fault);

bool sources_is_empty(const struct sources *s);

/* From now on who may send, and where to, is as in `fresh`, which is freed. Sources of the same
 * ident and directory go on; those not in it are retired, since exporters know them. */
void sources_update(struct sources *s, struct sources *fresh);

/* The source of a sender; NULL: not wanted (or too many dynamic ones). *fresh: it was made now. */
struct source *sources_find(struct sources *s, const struct ip *from, int family, bool *fresh);

/* The directories that files go to, at most max; returns how many. */
size_t sources_directories(const struct sources *s, const char **dirs, size_t max);

size_t sources_count(const struct sources *s);
struct source *sources_at(struct sources *s, size_t i);

#endif
