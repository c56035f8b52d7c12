/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * builder.c - records in, batches out.
 *
 * An array is made when its field is first needed, and used in a batch from the first row that
 * has a value on: the rows before it are zeroed then, and so is each later row that lacks it. A
 * batch of one kind of records therefore writes every value once and zeroes nothing. VAR columns
 * fill their offsets up to the current row when a value or the batch is asked for. All arrays have
 * the same room, which grows: a builder of few records is small. Arrays of full room lie in large
 * pages, because rows are appended to some 25 of them in turn.
 */
#include "flow/builder.h"

#include "base/pages.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024, GROWTH = 4 };

struct var_array {
    uint32_t *offsets; /* room + 1 */
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
    uint32_t room; /* rows, of all arrays */
    uint64_t groups_any;
    uint64_t groups_all;
    uint8_t width[FIELD_STORED_];
    void *flat[FIELD_STORED_]; /* arrays of fixed-width fields; NULL until needed */
    struct pages pages;        /* of arrays of full room */
    struct field_set paged;    /* fields whose array is there; the others are malloc'd */
    struct field_set used;     /* of them, those that have values in this batch */
    struct field_set filled;   /* by builder_column(), for the rows to be appended */
    struct field_set constant; /* of the used ones, those whose rows all have the same value, which
                                * stands in the first place of the array only */
    bool any_constant;
    uint64_t used_groups;      /* groups with a used field */
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
    b->room = FIRST_ROOM;
    pages_init(&b->pages);
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        struct group_list *g = &b->groups[field_of((enum field_id)id)->group];
        b->width[id] = (uint8_t)field_width((enum field_id)id);
        if (id != FIELD_RECORD_NO) {
            g->slots[g->n++] = (struct slot){(uint16_t)id, (uint16_t)rec_offset((enum field_id)id),
                                             (uint8_t)field_width((enum field_id)id)};
        }
    }
    return b;
}

static void free_array(struct builder *b, unsigned id)
{
    if (!field_set_has(&b->paged, (enum field_id)id)) {
        free(b->flat[id]);
    }
}

void builder_free(struct builder *b)
{
    if (b == NULL) {
        return;
    }
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        free_array(b, id);
        free(b->var[id].offsets);
        free(b->var[id].bytes);
    }
    pages_end(&b->pages);
    batch_free(&b->batch);
    free(b);
}

uint32_t builder_rows(const struct builder *b)
{
    return b->nrows;
}

/* In place of the array there is, with its values. */
static int new_array(struct builder *b, unsigned id, uint32_t room)
{
    size_t octets = (size_t)room * b->width[id];
    bool full = room == BATCH_ROWS_MAX;
    void *array = full ? pages_take(&b->pages, octets) : malloc(octets);
    if (array == NULL) {
        return ERR_NOMEM;
    }
    if (b->flat[id] != NULL) {
        memcpy(array, b->flat[id], (size_t)b->nrows * b->width[id]);
    }
    free_array(b, id);
    if (full) {
        field_set_add(&b->paged, (enum field_id)id);
    }
    b->flat[id] = array;
    return 0;
}

static int grow_offsets(struct var_array *v, uint32_t room)
{
    uint32_t *larger = realloc(v->offsets, (room + (size_t)1) * sizeof *larger);
    if (larger == NULL) {
        return ERR_NOMEM;
    }
    v->offsets = larger;
    return 0;
}

static int grow(struct builder *b, uint32_t room)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if ((b->flat[id] != NULL && new_array(b, id, room) != 0)
            || (b->var[id].offsets != NULL && grow_offsets(&b->var[id], room) != 0)) {
            return ERR_NOMEM;
        }
    }
    b->room = room;
    return 0;
}

static uint32_t next_room(uint32_t room)
{
    return room < BATCH_ROWS_MAX / GROWTH ? room * GROWTH : BATCH_ROWS_MAX;
}

int builder_reserve(struct builder *b, uint32_t n)
{
    uint32_t room = b->room;
    assert(n <= builder_room(b));
    while (room < b->nrows + n) {
        room = next_room(room);
    }
    return room != b->room ? grow(b, room) : 0;
}

/* Room for one more row. */
static int make_room(struct builder *b)
{
    if (builder_full_at(b->nrows)) {
        return ERR_LIMIT;
    }
    return builder_reserve(b, 1);
}

/* The array of a field, zero in all rows so far. NULL when memory is out. */
static void *use_array(struct builder *b, enum field_id id, unsigned width)
{
    if (b->flat[id] == NULL && new_array(b, id, b->room) != 0) {
        return NULL;
    }
    if (!field_set_has(&b->used, id)) {
        memset(b->flat[id], 0, (size_t)b->nrows * width);
        field_set_add(&b->used, id);
        b->used_groups |= group_bit(field_of(id)->group);
    }
    return b->flat[id];
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

static int var_reserve(struct var_array *v, uint32_t room, size_t need)
{
    size_t cap = v->cap != 0 ? v->cap : 4096;
    uint8_t *bytes;
    if (v->offsets == NULL) {
        v->offsets = calloc(room + (size_t)1, sizeof *v->offsets);
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
    if (var_reserve(v, b->room, end + s->len) != 0) {
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
        } else if (use_array(b, (enum field_id)slot->id, slot->width) == NULL) {
            rc = ERR_NOMEM;
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

/* ---- constants ---- */

static void repeat(void *array, uint32_t from, uint32_t to, const void *value, unsigned width)
{
    for (uint32_t i = from; i < to; i++) {
        store_value(array, i, value, width);
    }
}

/* The rows so far get their value each. */
static void spread(struct builder *b, enum field_id id)
{
    repeat(b->flat[id], 1, b->nrows, b->flat[id], b->width[id]);
    field_set_remove(&b->constant, id);
}

static void spread_all(struct builder *b)
{
    for (unsigned id = 0; b->any_constant && id < FIELD_STORED_; id++) {
        if (field_set_has(&b->constant, (enum field_id)id)) {
            spread(b, (enum field_id)id);
        }
    }
    b->any_constant = false;
}

/* Groups that the record lacks and others had. */
static void zero_groups(struct builder *b, uint64_t groups)
{
    static const uint8_t zeros[16];
    for (uint64_t left = b->used_groups & ~groups; left != 0; left &= left - 1) {
        const struct group_list *g = &b->groups[__builtin_ctzll(left)];
        for (unsigned i = 0; i < g->n; i++) {
            const struct slot *slot = &g->slots[i];
            if (slot->width != 0 && field_set_has(&b->used, (enum field_id)slot->id)) {
                store_value(b->flat[slot->id], b->nrows, zeros, slot->width);
            }
        }
    }
}

/* After a failed add the VAR columns end before the current row; others are written by the next. */
static void forget_row(struct builder *b)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (b->var[id].rows > b->nrows) {
            b->var[id].rows = b->nrows;
        }
    }
}

int builder_add(struct builder *b, const struct rec *r)
{
    int rc = make_room(b);
    assert(rec_has(r, GROUP_HEADER));
    if (rc != 0) {
        return rc;
    }
    spread_all(b);
    for (uint64_t left = r->groups; left != 0; left &= left - 1) {
        rc = add_group(b, r, &b->groups[__builtin_ctzll(left)]);
        if (rc != 0) {
            forget_row(b);
            return rc;
        }
    }
    zero_groups(b, r->groups);
    b->groups_any |= r->groups;
    b->groups_all &= r->groups;
    b->nrows++;
    return 0;
}

uint32_t builder_room(const struct builder *b)
{
    return BATCH_ROWS_MAX - b->nrows;
}

void *builder_column(struct builder *b, enum field_id id)
{
    unsigned width = b->width[id];
    uint8_t *array = b->flat[id];
    assert(width != 0 && id != FIELD_RECORD_NO);
    if (!field_set_has(&b->used, id)) {
        array = use_array(b, id, width);
    } else if (field_set_has(&b->constant, id)) {
        spread(b, id);
    }
    field_set_add(&b->filled, id);
    return array != NULL ? array + (size_t)b->nrows * width : NULL;
}

static bool begins_constant(struct builder *b, enum field_id id, const void *value)
{
    if (b->nrows > 0 || use_array(b, id, b->width[id]) == NULL) {
        return false;
    }
    store_value(b->flat[id], 0, value, b->width[id]);
    field_set_add(&b->constant, id);
    b->any_constant = true;
    return true;
}

static bool stays_constant(const struct builder *b, enum field_id id, const void *value)
{
    return field_set_has(&b->constant, id) && memcmp(b->flat[id], value, b->width[id]) == 0;
}

int builder_constant(struct builder *b, enum field_id id, const void *value, uint32_t n)
{
    void *column;
    if (stays_constant(b, id, value) || begins_constant(b, id, value)) {
        field_set_add(&b->filled, id);
        return 0;
    }
    column = builder_column(b, id);
    if (column == NULL) {
        return ERR_NOMEM;
    }
    repeat(column, 0, n, value, b->width[id]);
    return 0;
}

/* Columns that others filled are zero in the new rows. */
static void zero_unfilled(struct builder *b, uint32_t n)
{
    for (size_t i = 0; i < sizeof b->used.word / sizeof b->used.word[0]; i++) {
        for (uint64_t left = b->used.word[i] & ~b->filled.word[i]; left != 0; left &= left - 1) {
            unsigned id = (unsigned)(i * 64) + (unsigned)__builtin_ctzll(left);
            size_t width = b->width[id];
            if (field_set_has(&b->constant, (enum field_id)id)) {
                spread(b, (enum field_id)id);
            }
            memset((uint8_t *)b->flat[id] + b->nrows * width, 0, n * width);
        }
    }
}

void builder_append(struct builder *b, uint32_t n)
{
    const uint64_t *groups = (const uint64_t *)b->flat[FIELD_GROUPS] + b->nrows;
    assert(n <= builder_room(b) && field_set_has(&b->filled, FIELD_GROUPS));
    zero_unfilled(b, n);
    for (uint32_t i = 0; i < n; i++) {
        b->groups_any |= groups[i];
        b->groups_all &= groups[i];
    }
    b->nrows += n;
    b->filled = (struct field_set){{0}};
}

const void *builder_last(const struct builder *b, enum field_id id, uint32_t n)
{
    assert(n <= b->nrows && field_set_has(&b->used, id) && !field_set_has(&b->constant, id));
    return (const uint8_t *)b->flat[id] + (size_t)(b->nrows - n) * b->width[id];
}

static void show_field(struct builder *b, unsigned id)
{
    struct column c = column_absent((enum field_id)id);
    struct var_array *v = &b->var[id];
    if (v->offsets != NULL && v->rows > 0) {
        var_fill(v, b->nrows);
        c = (struct column){.form = COLUMN_VAR, .nvalues = b->nrows, .offsets = v->offsets,
                            .bytes = v->bytes};
    } else if (field_set_has(&b->constant, (enum field_id)id)) {
        c = (struct column){.form = COLUMN_CONST, .width = c.width, .nvalues = 1,
                            .values = b->flat[id]};
    } else if (field_set_has(&b->used, (enum field_id)id)) {
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
        b->var[id].rows = 0;
    }
    b->used = b->filled = b->constant = (struct field_set){{0}};
    b->any_constant = false;
    b->used_groups = 0;
    b->nrows = 0;
    b->groups_any = 0;
    b->groups_all = UINT64_MAX;
}
