/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * shape.h - what is the same in many records is made once.
 *
 * The records of a batch that have the same groups, and are of the same sort (ICMP or not, event
 * or flow), have the same parts, and many of their values are the same too: a next hop, an
 * exporter, interfaces of a small router. The shape of such records is the list of steps that
 * write one: text, and then a value, in the cheapest way there is for it:
 *
 *   - plain numbers and times straight from strips (direct.h),
 *   - values that a short code stands for (addresses, above all) as texts made when the code is
 *     first met (texts.h),
 *   - anything else by its part's kind, from the record, which is loaded for the purpose.
 *
 * Shapes are made when the first record of their sort is met, and forgotten with the batch. They
 * belong to one thread's printer_work. What they write is what the parts' kinds would write.
 */
#ifndef WEIR_PRINT_SHAPE_H
#define WEIR_PRINT_SHAPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "print/strips.h"

#include <stdbool.h>
#include <stdint.h>

struct row;
struct part;
struct texts;

/* How the value of a step is written. */
enum direct {
    DIRECT_NOT,     /* by its part's kind */
    DIRECT_NOTHING, /* there is none */
    DIRECT_TEXTS,   /* from texts made before */
    DIRECT_LINE_NO,
    DIRECT_PLAIN,   /* a number */
    DIRECT_WIDE,    /* a number in the part's width */
    DIRECT_SCALED,
    DIRECT_TIME,
    DIRECT_ISO_TIME,
    DIRECT_DURATION,
    DIRECT_SECONDS, /* a duration as seconds */
    DIRECT_IP,
    DIRECT_QUOTED_IP
};

struct shape_step {
    const char *text; /* may be read up to the next multiple of 32 octets */
    uint32_t len;
    enum direct how;        /* of the value */
    bool conditional;       /* text and value only if the part's WHEN holds */
    const struct part *part;
    const uint64_t *number[3]; /* of the strips that the value comes from; NULL fills up */
    const struct ip *table;    /* addresses: numbers are places here */
    int family;
    struct texts *texts;
    uint16_t *loads;           /* what the part's kind reads of the record (view.c) */
    unsigned nloads;
};

struct shape {
    uint64_t groups;
    unsigned sort;
    size_t n;
    struct shape_step *steps;
    size_t room; /* octets that all steps need, but those that call */
};

#define SHAPES_MAX 32

struct shapes {
    size_t n;
    struct shape shape[SHAPES_MAX];
    struct strips strips;
    /* of the fields that tell what a record is; NULL: not read by the printer */
    const struct strip *groups, *proto, *flags, *first, *last;
    struct texts *texts; /* all that were made */
    struct arena arena;  /* steps and texts */
    struct buf text;     /* while a shape is made */
};

void shapes_init(struct shapes *s);
void shapes_free(struct shapes *s);

/* A new batch, with its columns for the fields that the printer reads: nothing that was made of the
 * last one holds. */
void shapes_bind(struct shapes *s, struct batch *b, const struct field_set *fields);

/* Write the parts of a row. */
void shapes_write(struct shapes *s, const struct row *row, struct buf *out);

#endif
