/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sorting.c - see sorting.h.
 */
#include "query/sorting.h"

#include <stdlib.h>

struct sorting {
    struct field_set fields;
    struct table table;
};

struct sorting *sorting_new(const struct field_set *shown)
{
    struct sorting *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->fields = *shown;
        field_set_close(&s->fields);
        tally_fields(&s->fields);
        table_init(&s->table, &s->fields);
    }
    return s;
}

void sorting_free(struct sorting *s)
{
    if (s != NULL) {
        table_free(&s->table);
        free(s);
    }
}

struct table *sorting_table(struct sorting *s)
{
    return &s->table;
}

static void *piece_new(void *op)
{
    struct sorting *s = op;
    struct table *t = malloc(sizeof *t);
    if (t != NULL) {
        table_init(t, &s->fields);
    }
    return t;
}

static void piece_free(void *piece)
{
    table_free(piece);
    free(piece);
}

static int consume(void *op, void *piece, const struct passing *in)
{
    struct tally_columns c = tally_columns(in->batch, true);
    int rc = 0;
    (void)op;
    for (uint32_t i = 0; i < in->n && rc == 0; i++) {
        struct tally t = tally_of(&c, in->rows[i]);
        if (batch_has(in->batch, GROUP_GENERIC, in->rows[i])) {
            rc = table_add(piece, in->batch, in->rows[i], &t);
        }
    }
    return rc;
}

static int merge(void *op, void *piece)
{
    struct sorting *s = op;
    int rc = 0;
    for (size_t i = 0; i < table_count(piece) && rc == 0; i++) {
        rc = table_copy(&s->table, piece, i);
    }
    table_clear(piece);
    return rc;
}

static const struct operator_kind kind = {piece_new, piece_free, consume, merge};

struct operator sorting_operator(struct sorting *s)
{
    return (struct operator){.kind = &kind, .op = s, .fields = s->fields};
}
