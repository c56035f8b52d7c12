/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * part.h - the parts of a record's text, whatever the format.
 *
 * A part is some text that is always the same, and a value after it: ", src_port = " and the
 * port. Every format is a list of parts, made once: from the tokens of -o, or from rows of the
 * catalogue. kind writes the value of a record.
 */
#ifndef WEIR_PRINT_PART_H
#define WEIR_PRINT_PART_H

#include "base/arena.h"
#include "print/when.h"

struct part;
typedef void part_fn(const struct part *t, const struct row *row, struct buf *out);

struct part {
    const char *prefix;
    uint32_t prefix_len;
    part_fn *kind;         /* NULL: no value; ends the record */
    int width;
    uint64_t group;        /* bits; the record must have one of them */
    enum when when;
    struct place places[3];
    struct field_set fields; /* all that the value depends on, beside the groups of the record */
};

/* Parts live in an arena. */
struct part_list {
    size_t n;
    size_t cap;
    struct part *parts;
};

/* A new part at the end, all zero but that it applies to every record; NULL: no memory. */
struct part *part_add(struct part_list *list, struct arena *arena);

static inline bool part_applies(const struct part *t, const struct row *row)
{
    return (row->r->groups & t->group) != 0 &&
           (t->when == WHEN_ALWAYS || when_holds(t->when, row, t->places));
}

/* Write those that apply to the row, which is loaded. */
static inline void parts_write(const struct part_list *list, const struct row *row,
                               struct buf *out)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct part *t = &list->parts[i];
        if (part_applies(t, row)) {
            buf_add(out, t->prefix, t->prefix_len);
            if (t->kind != NULL) {
                t->kind(t, row, out);
            }
        }
    }
}

#endif
