/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * strips.c - see strips.h.
 */
#include "print/strips.h"

enum { SHORT_TABLE = 1024 };

void strips_bind(struct strips *s, struct batch *b)
{
    s->batch = b;
    s->nrows = 0;
    s->n = 0;
}

static void fill(const struct strips *s, struct strip *t)
{
    if (t->own_rows) {
        for (uint32_t i = 0; i < s->nrows; i++) {
            t->number[i] = s->rows[i];
        }
    } else {
        column_gather(&t->column, s->rows, s->nrows, t->number);
    }
    if (field_of(t->id)->type == TYPE_IP) { /* a table of addresses is larger than a cache */
        for (uint32_t i = 0; i < s->nrows; i++) {
            __builtin_prefetch((const struct ip *)t->table + t->number[i]);
        }
    }
}

void strips_move(struct strips *s, const uint32_t *rows, size_t from, uint32_t n)
{
    s->nrows = n;
    s->rows = rows != NULL ? rows + from : s->own;
    for (uint32_t i = 0; i < n && rows == NULL; i++) {
        s->own[i] = (uint32_t)from + i;
    }
    for (size_t i = 0; i < s->n; i++) {
        fill(s, &s->strip[i]);
    }
}

static void take_codes(const struct column *c, struct strip *t)
{
    t->codes = true;
    t->table = c->values;
    t->limit = c->nvalues;
    t->column = (struct column){.form = COLUMN_FLAT, .width = c->code_width, .values = c->codes};
}

static bool choose_addresses(const struct column *c, struct strip *t)
{
    if (c->form == COLUMN_DICT) {
        take_codes(c, t);
        return true;
    }
    t->codes = t->own_rows = c->form == COLUMN_FLAT;
    t->table = c->values;
    return t->own_rows;
}

/* How the numbers of a column are had; false: not at all. Groups tell sorts of records apart, so
 * they are values. */
static bool choose(const struct column *c, enum field_id id, struct strip *t)
{
    *t = (struct strip){.id = id, .column = *c};
    switch (field_of(id)->type) {
    case TYPE_VAR:
        return false;
    case TYPE_IP:
        return choose_addresses(c, t);
    default:
        t->limit = c->width == 1 ? 256 : 0;
        if (c->form == COLUMN_DICT && c->width > 1 && c->nvalues <= SHORT_TABLE &&
            id != FIELD_GROUPS) {
            take_codes(c, t);
        }
        return true;
    }
}

const struct strip *strips_of(struct strips *s, enum field_id id)
{
    struct strip *t = &s->strip[s->n];

    for (size_t i = 0; i < s->n; i++) {
        if (s->strip[i].id == id) {
            return &s->strip[i];
        }
    }
    if (s->n == STRIPS_MAX || !choose(batch_column(s->batch, id), id, t)) {
        return NULL;
    }
    s->n++;
    fill(s, t);
    return t;
}
