/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * texts.h - the text of a value, made once for each code that stands for the value.
 *
 * Where a part depends on a column of codes, and on nothing else that varies but perhaps one or two
 * small numbers, its text is kept for each code, together with these numbers: of an address and its
 * mask, which nearly always is the same, the network. Texts belong to one shape of one batch;
 * parts of the same kind share them.
 */
#ifndef WEIR_PRINT_TEXTS_H
#define WEIR_PRINT_TEXTS_H

#include "print/part.h"
#include "print/strips.h"

enum { TEXTS_UNIT = 16, TEXTS_LONGEST = 3 * TEXTS_UNIT, TEXTS_UNKNOWN = 255 };

struct texts {
    struct texts *next;
    /* what they are texts of */
    const struct part *part;
    uint64_t groups;
    unsigned sort;
    const void *table;
    /* by code */
    uint8_t *len;      /* TEXTS_UNKNOWN: not made yet, or too long */
    char *text;        /* TEXTS_LONGEST octets each */
    uint64_t *beside;  /* the other numbers; NULL: there are none */
};

/* Whether texts made for one part, and for one sort of record, serve another part. */
bool texts_serve(const struct texts *t, const struct part *part, uint64_t groups, unsigned sort,
                 const struct strip *codes, bool beside);

/* NULL: no memory. */
struct texts *texts_new(struct arena *arena, const struct strip *codes, bool beside);

static inline bool texts_know(const struct texts *t, uint64_t code, uint64_t beside)
{
    return t->len[code] != TEXTS_UNKNOWN && (t->beside == NULL || t->beside[code] == beside);
}

/* The text of a code that is known; TEXTS_LONGEST octets are written. */
static inline char *texts_put(const struct texts *t, uint64_t code, char *p)
{
    memcpy(p, t->text + code * TEXTS_LONGEST, TEXTS_LONGEST);
    return p + t->len[code];
}

/* Keep a text, unless it is too long. */
void texts_keep(struct texts *t, uint64_t code, uint64_t beside, const char *text, size_t len);

#endif
