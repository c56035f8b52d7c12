/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * listing.c - see listing.h.
 */
#include "query/listing.h"

#include <stdlib.h>

struct piece {
    const struct listing_format *format;
    void *work;
    struct buf text;
};

static void *piece_new(void *op)
{
    const struct listing_format *f = op;
    struct piece *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    p->format = f;
    buf_init(&p->text);
    p->work = f->work_new(f->ctx);
    if (p->work == NULL) {
        free(p);
        return NULL;
    }
    return p;
}

static void piece_free(void *arg)
{
    struct piece *p = arg;
    p->format->work_free(p->work);
    buf_free(&p->text);
    free(p);
}

static int consume(void *op, void *piece, const struct passing *in)
{
    struct piece *p = piece;
    (void)op;
    return p->format->rows(p->format->ctx, p->work, in, &p->text);
}

static int merge(void *op, void *piece)
{
    struct piece *p = piece;
    int rc = p->text.failed ? ERR_NOMEM : p->format->put(p->format->ctx, p->work, &p->text);
    (void)op;
    buf_clear(&p->text);
    return rc;
}

static const struct operator_kind kind = {.in_parts = true, .piece_new = piece_new,
                                          .piece_free = piece_free, .consume = consume,
                                          .merge = merge};

struct operator listing_operator(struct listing_format *format, const struct field_set *fields,
                                 bool numbered)
{
    return (struct operator){.kind = &kind, .op = format, .fields = *fields,
                             .numbered = numbered};
}
