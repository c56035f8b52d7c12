/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * texts.c - see texts.h.
 */
#include "print/texts.h"

#include <string.h>

static unsigned nplaces(const struct part *t)
{
    unsigned n = 0;

    for (size_t i = 0; i < 3; i++) {
        n += t->places[i].id != FIELD_NONE;
    }
    return n;
}

/* Parts of one kind that depend on nothing but one value of the same table. */
static bool are_alike(const struct part *a, const struct part *b)
{
    return a->kind == b->kind && a->width == b->width && nplaces(a) == 1 && nplaces(b) == 1 &&
           a->places[0].group == b->places[0].group;
}

bool texts_serve(const struct texts *t, const struct part *part, uint64_t groups, unsigned sort,
                 const struct strip *codes, bool beside)
{
    if (t->groups != groups || t->sort != sort) {
        return false;
    }
    return t->part == part || (!beside && t->beside == NULL && codes->table != NULL &&
                               t->table == codes->table && are_alike(t->part, part));
}

struct texts *texts_new(struct arena *arena, const struct strip *codes, bool beside)
{
    struct texts *t = arena_zalloc(arena, sizeof *t);
    size_t n = codes->limit;

    if (t == NULL) {
        return NULL;
    }
    t->table = codes->table;
    t->len = arena_alloc(arena, n);
    t->text = arena_alloc(arena, n * TEXTS_LONGEST);
    t->beside = beside ? arena_alloc(arena, n * sizeof *t->beside) : NULL;
    if (t->len == NULL || t->text == NULL || (beside && t->beside == NULL)) {
        return NULL;
    }
    memset(t->len, TEXTS_UNKNOWN, n);
    return t;
}

void texts_keep(struct texts *t, uint64_t code, uint64_t beside, const char *text, size_t len)
{
    if (len > TEXTS_LONGEST) {
        return;
    }
    if (len > 0) {
        memcpy(t->text + code * TEXTS_LONGEST, text, len);
    }
    t->len[code] = (uint8_t)len;
    if (t->beside != NULL) {
        t->beside[code] = beside;
    }
}
