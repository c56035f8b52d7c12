/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * asked.h - what was typed on the command line of weir, checked option by option.
 *
 * Options act in their order: one with a wrong argument ends the reading, and so does one that is
 * a whole task of its own (-h, -V, -E, -x, -v). Everything that depends on several options is
 * decided later (plan.h). Texts point into argv or into the arena.
 */
#ifndef WEIR_QUERY_ASKED_H
#define WEIR_QUERY_ASKED_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/opt.h"
#include "query/order.h"
#include "query/stat.h"
#include "store/filelist.h"
#include "store/flowfile.h"

#include <stdbool.h>
#include <stdint.h>

enum asked_task {
    TASK_QUERY,
    TASK_USAGE,       /* -h: one screen */
    TASK_HELP,        /* --help[=topic] in `argument` */
    TASK_VERSION,
    TASK_EXPORTERS,   /* -E */
    TASK_EXTENSIONS,  /* -x */
    TASK_VERIFY,      /* -v; verbose: see dump */
    TASK_REPAIR,      /* --repair */
    TASK_FAILED       /* out and err say why; exit_code */
};

/* Rows whose value lies on the wrong side are left out of tables (-l, -L). */
struct asked_limit {
    bool given;
    bool below;
    uint64_t value;
};

struct asked {
    enum asked_task task;
    const char *argument;   /* of the task */
    int exit_code;          /* of TASK_FAILED, and of TASK_USAGE after a wrong option */
    struct buf out, err;    /* what the reading itself has to say */

    struct filelist_asked files; /* -r -R -M */
    const char *write;      /* -w */
    const char *filter;     /* words, joined; NULL: none */
    const char *filter_file; /* -f */
    const char *post;       /* -P */
    const char *window;     /* -t */
    const char *format;     /* -o, or biline of -b */
    const char *config;     /* -C */
    const char *geo;        /* -G */
    const char *tor;        /* -H */
    const char *ident;      /* -i */
    const char *file_format; /* --format */
    uint64_t memory;        /* --memory, octets; 0: not given */

    bool aggregate;         /* -a */
    const char *aggregation; /* -A */
    bool bidirectional;     /* -b -B */
    bool guess_direction;   /* -B */
    struct stats_asked stats;
    enum order_id order;    /* -O -m; ORDER_NONE */
    bool order_ascends;
    int64_t top;            /* -n; -1: not given */
    uint64_t count;         /* -c; 0: not given */
    struct asked_limit packets; /* -l */
    struct asked_limit bytes;   /* -L */

    bool quiet, plain, long_ipv6, tag_addresses, totals, plot, check, dump;
    bool explain, strict, progress, utc;
    bool resolve;           /* --resolve: host names in the filter are looked up */
    bool recompress;        /* -J */
    bool compress;          /* -z -j -y */
    enum flow_compression compression;
    int level;
    unsigned workers;       /* -W; 0: not given */
};

extern const struct opt_row asked_rows[];
extern const size_t asked_nrows;

/* Read argv. Never fails otherwise than by setting the task. asked_free() it. */
void asked_read(struct asked *q, int argc, char *const *argv, struct arena *arena);
void asked_free(struct asked *q);

#endif
