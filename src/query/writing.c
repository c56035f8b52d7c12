/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * writing.c - see writing.h.
 *
 * A piece only remembers the rows: encoding needs them in order and happens when it is merged.
 * The batch lives until then.
 */
#include "query/writing.h"

#include <stdlib.h>

static void *piece_new(void *op)
{
    (void)op;
    return calloc(1, sizeof(struct passing));
}

static int consume(void *op, void *piece, const struct passing *in)
{
    (void)op;
    *(struct passing *)piece = *in;
    return 0;
}

static int merge(void *op, void *piece)
{
    struct writing *w = op;
    struct passing *in = piece;
    if (w->names_first && in->meta != w->written) {
        int rc = flowwriter_meta(w->writer, in->meta, &w->fault);
        if (rc != 0) {
            return rc;
        }
        w->written = in->meta;
    }
    return flowwriter_add(w->writer, in->batch, in->bits, &w->fault);
}

static const struct operator_kind kind = {.piece_new = piece_new, .piece_free = free,
                                          .consume = consume, .merge = merge};

struct operator writing_operator(struct writing *w)
{
    struct operator op = {.kind = &kind, .op = w};
    field_set_add_all(&op.fields);
    return op;
}
