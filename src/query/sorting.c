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

enum { STRIP = 1024 };

struct piece {
    struct table table;
    uint32_t rows[BATCH_ROWS_MAX];
    struct tally tally[STRIP];
};

static void *piece_new(void *op)
{
    struct sorting *s = op;
    struct piece *p = malloc(sizeof *p);
    if (p != NULL) {
        table_init(&p->table, &s->fields);
    }
    return p;
}

static void piece_free(void *piece)
{
    table_free(&((struct piece *)piece)->table);
    free(piece);
}

static int consume(void *op, void *piece, const struct passing *in)
{
    struct piece *p = piece;
    uint32_t n = tally_rows(in->batch, in->rows, in->n, p->rows);
    int rc = 0;
    (void)op;
    for (uint32_t at = 0; at < n && rc == 0; at += STRIP) {
        uint32_t part = n - at < STRIP ? n - at : STRIP;
        tally_read(in->batch, p->rows + at, part, true, p->tally);
        rc = table_add(&p->table, in->batch, p->rows + at, part, p->tally);
    }
    return rc;
}

static int merge(void *op, void *piece)
{
    struct sorting *s = op;
    struct table *from = &((struct piece *)piece)->table;
    int rc = 0;
    for (size_t i = 0; i < table_count(from) && rc == 0; i++) {
        rc = table_copy(&s->table, from, i);
    }
    table_clear(from);
    return rc;
}

static const struct operator_kind kind = {piece_new, piece_free, consume, merge};

struct operator sorting_operator(struct sorting *s)
{
    return (struct operator){.kind = &kind, .op = s, .fields = s->fields};
}
