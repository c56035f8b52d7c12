/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * pick.c - few rows of a batch as a batch of their own.
 *
 * A selective filter leaves some hundred rows of 65,536. What comes after it then works on a batch
 * of just these, whose columns are picked from the other batch when they are touched.
 */
#include "flow/batch.h"

#include <string.h>

/* The source of a picked batch, in its arena. */
struct picking {
    struct batch *from;
    const uint32_t *rows;
};

static void copy_values(const uint8_t *values, unsigned width, const uint32_t *rows, uint32_t n,
                        uint8_t *out)
{
    for (uint32_t i = 0; i < n; i++) {
        memcpy(out + (size_t)i * width, values + (size_t)rows[i] * width, width);
    }
}

/* The chosen ones of an array with one entry a row; NULL when memory is out. */
static const void *choose(struct arena *arena, const void *values, unsigned width,
                          const uint32_t *rows, uint32_t n)
{
    uint8_t *out = arena_alloc(arena, ((size_t)n + 1) * width);
    if (out != NULL) {
        copy_values(values, width, rows, n, out);
    }
    return out;
}

static int choose_octets(struct arena *arena, const struct column *c, const uint32_t *rows,
                         uint32_t n, struct column *out)
{
    uint32_t *offsets = arena_alloc(arena, ((size_t)n + 1) * sizeof *offsets);
    uint8_t *bytes;
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        at += (uint32_t)column_var(c, rows[i]).len;
    }
    bytes = arena_alloc(arena, (size_t)at + 1);
    if (offsets == NULL || bytes == NULL) {
        return ERR_NOMEM;
    }
    at = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct span s = column_var(c, rows[i]);
        offsets[i] = at;
        if (s.len > 0) {
            memcpy(bytes + at, s.data, s.len);
        }
        at += (uint32_t)s.len;
    }
    offsets[n] = at;
    out->offsets = offsets;
    out->bytes = bytes;
    return 0;
}

/* The chosen rows of a column that is loaded. */
static int choose_rows(struct arena *arena, const struct column *c, const uint32_t *rows,
                       uint32_t n, struct column *out)
{
    *out = *c;
    switch (c->form) {
    case COLUMN_CONST:
        return 0;
    case COLUMN_FLAT:
        out->nvalues = n;
        out->values = choose(arena, c->values, c->width, rows, n);
        return out->values != NULL ? 0 : ERR_NOMEM;
    case COLUMN_DICT:
        out->codes = choose(arena, c->codes, c->code_width, rows, n);
        return out->codes != NULL ? 0 : ERR_NOMEM;
    case COLUMN_VAR:
        break;
    }
    out->nvalues = n;
    return choose_octets(arena, c, rows, n, out);
}

static int pick_column(void *source, struct batch *b, enum field_id id, struct column *column,
                       struct fault *fault)
{
    const struct picking *p = source;
    struct batch *from = p->from;
    int rc = BATCH_LOAD_IT;
    if (!field_set_has(&from->present, id) && from->loader != NULL && from->loader->pick != NULL) {
        rc = from->loader->pick(from->source, from, id, p->rows, b->nrows, &b->arena, column,
                                fault);
        from->cost.picked += rc == 0;
    }
    if (rc == BATCH_LOAD_IT) {
        const struct column *whole = batch_column(from, id);
        *fault = from->fault;
        rc = batch_ok(from) ? choose_rows(&b->arena, whole, p->rows, b->nrows, column)
                            : from->fault.code;
    }
    return rc;
}

static const struct batch_loader loader = {.load = pick_column};

void batch_pick(struct batch *out, struct batch *from, const uint32_t *rows, uint32_t n)
{
    struct picking *p;
    batch_reset(out);
    out->nrows = n;
    out->groups_any = from->groups_any;
    out->groups_all = from->groups_all;
    out->first_no = from->first_no;
    out->ident = from->ident;
    out->meta = from->meta;
    out->source_bytes = from->source_bytes;
    out->other_records = from->other_records;
    out->unread = from->unread;
    out->notes = from->notes;
    p = arena_alloc(&out->arena, sizeof *p);
    if (p == NULL) {
        out->fault.code = ERR_NOMEM;
        return;
    }
    *p = (struct picking){from, rows};
    out->loader = &loader;
    out->source = p;
}
