/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * shape.h - what is the same in many records is written once.
 *
 * The records of a batch that have the same groups have the same keys, and most of their values
 * are the same too: a next hop, an exporter, interfaces of a small router. The shape of such
 * records is the list of steps that write one: pieces of text, each followed by a member whose
 * value varies. Shapes are made when the first record of their kind is met, and forgotten with
 * the batch. They belong to one thread's printer_work.
 */
#ifndef WEIR_PRINT_SHAPE_H
#define WEIR_PRINT_SHAPE_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct row;
struct keyed_row;

struct shape_step {
    const char *text; /* may be read up to the next multiple of 32 octets */
    uint32_t len;
    const struct keyed_row *member; /* NULL: none follows */
    bool conditional;               /* text and member only if its WHEN holds */
};

struct shape {
    uint64_t groups;
    size_t n;
    struct shape_step *steps;
};

#define SHAPES_MAX 32

struct shapes {
    size_t n;
    struct shape shape[SHAPES_MAX];
    struct arena arena; /* steps and texts */
    struct buf text;    /* while a shape is made */
};

void shapes_init(struct shapes *s);
void shapes_free(struct shapes *s);
void shapes_forget(struct shapes *s);

/* Write the members of a row. */
void shapes_write(struct shapes *s, const struct row *row, struct buf *out);

#endif
