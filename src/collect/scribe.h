/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * scribe.h - the threads that write flow files, so that reception and decoding never wait for a
 * disk.
 *
 * The decoding thread fills builders and sends them here together with the slot they belong to;
 * orders are carried out in the order given. A slot is one flow file under construction; it is
 * begun and ended by orders too, and finished beside the next one: a rotation stalls nobody. When
 * a disk is full the rows that could not be written are counted as lost, a message is logged, and
 * writing is tried again with the next rows.
 */
#ifndef WEIR_COLLECT_SCRIBE_H
#define WEIR_COLLECT_SCRIBE_H

#include "base/log.h"
#include "flow/builder.h"
#include "store/flowwriter.h"

#include <stdbool.h>
#include <stdint.h>

/* One flow file, from its first order to its last. Made by scribe_begin(), owned by the scribe. */
struct scribe_slot;

/* What became of a slot, told once when it is finished; in a thread of the scribe, one at a
 * time. */
struct scribe_report {
    const char *ident;
    const char *dir;      /* base directory of the source */
    const char *path;     /* the finished file */
    uint64_t start;       /* of the slot, seconds since 1970 */
    struct flow_totals totals;
    uint64_t blocks;
    uint64_t bad_datagrams;
    uint64_t lost;        /* flows that could not be written at its end, in no account yet */
    bool written;         /* false: the file could not be finished */
};

struct scribe_options {
    struct log *log;
    struct flowwriter_options writer; /* of all files; ident, temp and encoders are filled in */
    unsigned encoders;                /* threads that encode blocks; 0: the scribe's does it */
    void (*finished)(void *ctx, const struct scribe_report *report);
    void *ctx;
};

struct scribe;

struct scribe *scribe_new(const struct scribe_options *options);
/* NULL: memory or threads are out */

/* Carry out all orders, end the thread, free. Slots must have been finished. */
void scribe_free(struct scribe *s);

struct scribe_place {
    const char *ident;
    const char *dir;
    const char *path;     /* final place of the file */
    const char *temp;     /* where it grows until then */
    uint64_t start;
};

/* Begin a file; texts are copied. NULL when memory is out; failures to create are logged,
 * counted and tried again by the scribe when rows come. */
struct scribe_slot *scribe_begin(struct scribe *s, const struct scribe_place *place);

/* An empty builder, waiting for one if too many are in use: bounded memory. NULL when memory is
 * out. */
struct builder *scribe_take_builder(struct scribe *s);
void scribe_return_builder(struct scribe *s, struct builder *b); /* an empty one, not needed */

/* Rows into a slot; the builder goes back to the scribe. */
void scribe_rows(struct scribe *s, struct scribe_slot *slot, struct builder *rows);

/* Exporters, samplers, names and losses into a slot; the scribe takes *meta over (malloc'd). */
void scribe_meta(struct scribe *s, struct scribe_slot *slot, struct flow_meta *meta);

/* Make what came so far readable and safe. */
void scribe_flush(struct scribe *s, struct scribe_slot *slot);

/* The last order of a slot; the numbers are the collector's. */
void scribe_finish(struct scribe *s, struct scribe_slot *slot, uint64_t sequence_failures,
                   uint64_t bad_datagrams);

#endif
