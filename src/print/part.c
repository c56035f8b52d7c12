/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * part.c - lists of parts.
 */
#include "print/part.h"

#include <string.h>

enum { PARTS_FIRST = 32 };

static bool enlarge(struct part_list *list, struct arena *arena)
{
    size_t cap = list->cap == 0 ? PARTS_FIRST : list->cap * 2;
    struct part *parts = arena_alloc(arena, cap * sizeof *parts);

    if (parts == NULL) {
        return false;
    }
    if (list->n > 0) {
        memcpy(parts, list->parts, list->n * sizeof *parts);
    }
    list->parts = parts;
    list->cap = cap;
    return true;
}

struct part *part_add(struct part_list *list, struct arena *arena)
{
    struct part *t;

    if (list->n == list->cap && !enlarge(list, arena)) {
        return NULL;
    }
    t = &list->parts[list->n++];
    *t = (struct part){.prefix = "", .group = UINT64_MAX, .when = WHEN_ALWAYS};
    return t;
}
