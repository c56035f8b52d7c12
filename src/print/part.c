/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * part.c - lists of parts.
 */
#include "print/part.h"

#include <string.h>

struct part *part_add(struct part_list *list, struct arena *arena)
{
    struct part *parts = arena_grow(arena, list->parts, list->n, &list->cap, sizeof *parts);
    struct part *t;

    if (parts == NULL) {
        return NULL;
    }
    list->parts = parts;
    t = &list->parts[list->n++];
    *t = (struct part){.prefix = "", .group = UINT64_MAX, .when = WHEN_ALWAYS};
    return t;
}
