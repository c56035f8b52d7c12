/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sorting.c - see sorting.h.
 */
#include "query/sorting.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { PRUNE_ROWS = 65536, STRIP = 1024 }; /* PRUNE_ROWS: at least RANK_PLAIN_FROM */

_Static_assert((int)PRUNE_ROWS >= (int)RANK_PLAIN_FROM, "small tables keep all rows");

struct sorting {
    struct field_set fields; /* of rows and tallies */
    struct field_set tally;
    struct table table;
    enum order_id order;
    bool ascending;
    uint64_t top;            /* 0: all rows are kept */
    atomic_bool has_border;  /* set by merges, read by workers */
    atomic_ullong border;    /* key that later rows must beat */
};

struct sorting *sorting_new(const struct field_set *shown, enum order_id order, bool ascending,
                            uint64_t top, unsigned workers, struct budget *budget)
{
    struct sorting *s = calloc(1, sizeof *s);
    if (s != NULL) {
        uint64_t row;
        s->fields = *shown;
        field_set_close(&s->fields);
        tally_fields_of(&s->fields, 1u << order, &s->tally);
        table_init(&s->table, &s->fields);
        field_set_union(&s->fields, &s->tally);
        s->order = order;
        s->ascending = ascending;
        s->table.budget = budget;
        s->table.workers = workers;
        row = s->table.rows.row.width + sizeof(struct tally);
        s->top = top <= budget_share(budget, 4) / row ? top : 0;
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

/* Equal keys: read backwards the earlier row comes first, so a later one must be greater; read
 * forwards the later row comes first. */
static bool can_enter(const struct sorting *s, uint64_t border, const struct tally *t)
{
    uint64_t key = order_value(s->order, t);
    return s->ascending ? key <= border : key > border;
}

/* Leave out rows that cannot be shown any more. Returns how many stay, moved to the front. */
static uint32_t beat_border(struct sorting *s, uint32_t *rows, struct tally *tally, uint32_t n)
{
    uint32_t kept = 0;
    uint64_t border;
    if (!atomic_load_explicit(&s->has_border, memory_order_acquire)) {
        return n;
    }
    border = atomic_load_explicit(&s->border, memory_order_relaxed);
    for (uint32_t i = 0; i < n; i++) {
        if (can_enter(s, border, &tally[i])) {
            rows[kept] = rows[i];
            tally[kept++] = tally[i];
        }
    }
    return kept;
}

static int consume(void *op, void *piece, const struct passing *in)
{
    struct sorting *s = op;
    struct piece *p = piece;
    uint32_t n = tally_rows(in->batch, in->rows, in->n, p->rows);
    int rc = 0;
    for (uint32_t at = 0; at < n && rc == 0; at += STRIP) {
        uint32_t part = n - at < STRIP ? n - at : STRIP;
        tally_read(in->batch, p->rows + at, part, true, &s->tally, p->tally);
        part = beat_border(s, p->rows + at, p->tally, part);
        rc = table_add(&p->table, in->batch, p->rows + at, part, p->tally);
    }
    return rc;
}

static int prune(struct sorting *s)
{
    uint64_t border;
    uint64_t room = s->top < PRUNE_ROWS / 2 ? PRUNE_ROWS : s->top * 2;
    int rc;
    if (s->top == 0 || table_count(&s->table) <= room) {
        return 0;
    }
    rc = table_prune(&s->table, s->order, s->ascending, s->top, &border);
    if (rc == 0) {
        atomic_store_explicit(&s->border, border, memory_order_relaxed);
        atomic_store_explicit(&s->has_border, true, memory_order_release);
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
    rc = rc != 0 ? rc : prune(s);
    return rc != 0 ? rc : table_fit(&s->table);
}

static const struct operator_kind kind = {.piece_new = piece_new, .piece_free = piece_free,
                                          .consume = consume, .merge = merge};

struct operator sorting_operator(struct sorting *s)
{
    return (struct operator){.kind = &kind, .op = s, .fields = s->fields};
}
