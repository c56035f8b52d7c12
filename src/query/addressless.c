/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addressless.c - see addressless.h.
 */
#include "query/addressless.h"

#include <stdlib.h>

static void *piece_new(void *op)
{
    (void)op;
    return calloc(1, sizeof(uint64_t));
}

static int consume(void *op, void *piece, const struct passing *in)
{
    uint64_t addresses = group_bit(GROUP_IPV4) | group_bit(GROUP_IPV6);
    uint64_t *n = piece;
    (void)op;
    for (uint32_t i = 0; i < in->n; i++) {
        uint64_t groups = batch_groups(in->batch, in->rows[i]);
        *n += (groups & group_bit(GROUP_GENERIC)) != 0 && (groups & addresses) == 0;
    }
    return 0;
}

static int gather(void *op, void **pieces, unsigned n)
{
    uint64_t *sum = op;
    for (unsigned i = 0; i < n; i++) {
        *sum += *(const uint64_t *)pieces[i];
    }
    return 0;
}

static const struct operator_kind kind = {.piece_new = piece_new, .piece_free = free,
                                          .consume = consume, .gather = gather};

struct operator addressless_operator(uint64_t *n)
{
    struct operator op = {.kind = &kind, .op = n};
    field_set_add(&op.fields, FIELD_GROUPS);
    return op;
}
