/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * builder.c - records in, batches out.
 *
 * Arrays of a group appear when the first record with that group comes, zero-filled for the rows
 * before; rows that lack the group need no writes because arrays are kept zeroed ahead. VAR columns
 * fill their offsets up to the current row when a value or the batch is asked for.
 */
#include "flow/builder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct var_array {
    uint32_t *offsets; /* BATCH_ROWS_MAX + 1 */
    uint32_t rows;     /* offsets[0..rows] are valid */
    uint8_t *bytes;
    size_t cap;
};

/* What adding a record needs to know of a field, at hand. */
struct slot {
    uint16_t id;
    uint16_t offset; /* in struct rec */
    uint8_t width;   /* 0: VAR */
};

struct group_list {
    unsigned n;
    struct slot slots[FIELD_STORED_];
};

struct builder {
    struct batch batch;
    uint32_t nrows;
    uint64_t groups_any;
    uint64_t groups_all;
    void *flat[FIELD_STORED_]; /* arrays of fixed-width fields; NULL until needed */
    struct var_array var[FIELD_STORED_];
    struct group_list groups[GROUP_COUNT_];
};

struct builder *builder_new(void)
{
    struct builder *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return NULL;
    }
    batch_init(&b->batch);
    b->groups_all = UINT64_MAX;
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        struct group_list *g = &b->groups[field_of((enum field_id)id)->group];
        if (id != FIELD_RECORD_NO) {
            g->slots[g->n++] = (struct slot){(uint16_t)id, (uint16_t)rec_offset((enum field_id)id),
                                             (uint8_t)field_width((enum field_id)id)};
        }
    }
    return b;
}

void builder_free(struct builder *b)
{
    if (b == NULL) {
        return;
    }
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        free(b->flat[id]);
        free(b->var[id].offsets);
        free(b->var[id].bytes);
    }
    batch_free(&b->batch);
    free(b);
}

uint32_t builder_rows(const struct builder *b)
{
    return b->nrows;
}

static int make_array(struct builder *b, const struct slot *slot)
{
    b->flat[slot->id] = calloc(BATCH_ROWS_MAX, slot->width);
    return b->flat[slot->id] != NULL ? 0 : ERR_NOMEM;
}

/* Store a value of a width known to the compiler in each case: most of a collector's time goes
 * by here. */
static inline void store_value(void *array, uint32_t row, const uint8_t *value, unsigned width)
{
    switch (width) {
    case 1:
        ((uint8_t *)array)[row] = *value;
        break;
    case 2:
        memcpy((uint16_t *)array + row, value, 2);
        break;
    case 4:
        memcpy((uint32_t *)array + row, value, 4);
        break;
    case 8:
        memcpy((uint64_t *)array + row, value, 8);
        break;
    default:
        memcpy((struct ip *)array + row, value, sizeof(struct ip));
        break;
    }
}

static int var_reserve(struct var_array *v, size_t need)
{
    size_t cap = v->cap != 0 ? v->cap : 65536;
    uint8_t *bytes;
    if (v->offsets == NULL) {
        v->offsets = calloc(BATCH_ROWS_MAX + 1, sizeof *v->offsets);
        if (v->offsets == NULL) {
            return ERR_NOMEM;
        }
    }
    while (cap < need) {
        cap *= 2;
    }
    if (cap == v->cap) {
        return 0;
    }
    bytes = realloc(v->bytes, cap);
    if (bytes == NULL) {
        return ERR_NOMEM;
    }
    v->bytes = bytes;
    v->cap = cap;
    return 0;
}

/* Rows that had no value get empty ones, up to `rows`. */
static void var_fill(struct var_array *v, uint32_t rows)
{
    for (; v->rows < rows; v->rows++) {
        v->offsets[v->rows + 1] = v->offsets[v->rows];
    }
}

static int add_var(struct builder *b, const struct span *s, unsigned id)
{
    struct var_array *v = &b->var[id];
    size_t end = v->offsets != NULL ? v->offsets[v->rows] : 0;
    if (end + s->len > UINT32_MAX) {
        return ERR_LIMIT;
    }
    if (var_reserve(v, end + s->len) != 0) {
        return ERR_NOMEM;
    }
    var_fill(v, b->nrows);
    if (s->len > 0) {
        memcpy(v->bytes + end, s->data, s->len);
    }
    v->offsets[++v->rows] = (uint32_t)(end + s->len);
    return 0;
}

static int add_group(struct builder *b, const struct rec *r, const struct group_list *g)
{
    for (unsigned i = 0; i < g->n; i++) {
        const struct slot *slot = &g->slots[i];
        const uint8_t *value = (const uint8_t *)r + slot->offset;
        int rc = 0;
        if (slot->width == 0) {
            rc = add_var(b, (const struct span *)(const void *)value, slot->id);
        } else if (b->flat[slot->id] == NULL) {
            rc = make_array(b, slot);
        }
        if (rc != 0) {
            return rc;
        }
        if (slot->width != 0) {
            store_value(b->flat[slot->id], b->nrows, value, slot->width);
        }
    }
    return 0;
}

/* After a failed add the current row is zero again and var columns end before it. */
static void forget_row(struct builder *b)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        size_t width = field_width((enum field_id)id);
        if (b->flat[id] != NULL) {
            memset((uint8_t *)b->flat[id] + b->nrows * width, 0, width);
        }
        if (b->var[id].rows > b->nrows) {
            b->var[id].rows = b->nrows;
        }
    }
}

int builder_add(struct builder *b, const struct rec *r)
{
    assert(rec_has(r, GROUP_HEADER));
    if (builder_full_at(b->nrows)) {
        return ERR_LIMIT;
    }
    for (uint64_t left = r->groups; left != 0; left &= left - 1) {
        int rc = add_group(b, r, &b->groups[__builtin_ctzll(left)]);
        if (rc != 0) {
            forget_row(b);
            return rc;
        }
    }
    b->groups_any |= r->groups;
    b->groups_all &= r->groups;
    b->nrows++;
    return 0;
}

static void show_field(struct builder *b, unsigned id)
{
    struct column c = column_absent((enum field_id)id);
    struct var_array *v = &b->var[id];
    if (v->offsets != NULL && v->rows > 0) {
        var_fill(v, b->nrows);
        c = (struct column){.form = COLUMN_VAR, .nvalues = b->nrows, .offsets = v->offsets,
                            .bytes = v->bytes};
    } else if (b->flat[id] != NULL) {
        c = (struct column){.form = COLUMN_FLAT, .width = c.width, .nvalues = b->nrows,
                            .values = b->flat[id]};
    }
    if (id != FIELD_RECORD_NO) {
        batch_set_column(&b->batch, (enum field_id)id, &c);
    }
}

struct batch *builder_batch(struct builder *b)
{
    batch_reset(&b->batch);
    b->batch.nrows = b->nrows;
    b->batch.groups_any = b->groups_any;
    b->batch.groups_all = b->nrows > 0 ? b->groups_all : 0;
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        show_field(b, id);
    }
    return &b->batch;
}

void builder_reset(struct builder *b)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (b->flat[id] != NULL) {
            memset(b->flat[id], 0, b->nrows * field_width((enum field_id)id));
        }
        b->var[id].rows = 0;
    }
    b->nrows = 0;
    b->groups_any = 0;
    b->groups_all = UINT64_MAX;
}
