/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rows.c - see rows.h.
 */
#include "query/rows.h"

#include "query/gather.h"

#include <assert.h>
#include <string.h>

static uint32_t width_in_row(enum field_id id)
{
    return field_of(id)->type == TYPE_VAR ? (uint32_t)sizeof(struct span)
                                          : (uint32_t)field_width(id);
}

/* Fields by falling width, so that each stands at a multiple of its width. */
static uint32_t lay_out(struct rows *r, const struct field_set *set)
{
    uint32_t at = 0;
    for (uint32_t width = 16; width > 0; width /= 2) {
        for (unsigned id = 0; id < FIELD_STORED_; id++) {
            if (field_set_has(set, (enum field_id)id) && width_in_row((enum field_id)id) == width) {
                r->place[id] = (int16_t)r->nfields;
                r->field[r->nfields++] = (struct row_field){(enum field_id)id, at, width};
                r->has_vars = r->has_vars || field_of((enum field_id)id)->type == TYPE_VAR;
                at += width;
            }
        }
    }
    return (at + 15) / 16 * 16;
}

void rows_init(struct rows *r, const struct field_set *set, bool numbered)
{
    struct field_set all = *set;
    memset(r, 0, sizeof *r);
    memset(r->place, -1, sizeof r->place);
    field_set_close(&all);
    field_set_add(&all, FIELD_GROUPS);
    if (!numbered) {
        field_set_remove(&all, FIELD_RECORD_NO);
    }
    chunks_init(&r->row, lay_out(r, &all));
    arena_init(&r->bytes);
}

void rows_init_like(struct rows *r, const struct rows *like)
{
    *r = *like;
    chunks_init(&r->row, like->row.width);
    arena_init(&r->bytes);
}

void rows_free(struct rows *r)
{
    chunks_free(&r->row);
    arena_free(&r->bytes);
}

void rows_clear(struct rows *r)
{
    chunks_clear(&r->row);
    arena_reset(&r->bytes);
}

static int keep_var(struct arena *bytes, struct span value, uint8_t *to)
{
    if (value.len > 0) {
        value.data = arena_dup(bytes, value.data, value.len);
        if (value.data == NULL) {
            return ERR_NOMEM;
        }
    }
    memcpy(to, &value, sizeof value);
    return 0;
}

static int keep_vars(struct rows *r, const struct column *c, const uint32_t *rows, uint32_t n,
                     uint8_t *to)
{
    int rc = 0;
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        rc = keep_var(&r->bytes, column_var(c, rows[i]), to + i * r->row.width);
    }
    return rc;
}

/* Rows that lie side by side, field by field. */
static int fill_run(struct rows *r, struct batch *b, const uint32_t *rows, uint32_t n, uint8_t *to)
{
    int rc = 0;
    for (unsigned i = 0; i < r->nfields && rc == 0; i++) {
        const struct row_field *f = &r->field[i];
        const struct column *c = batch_column(b, f->id);
        if (field_of(f->id)->type == TYPE_VAR) {
            rc = keep_vars(r, c, rows, n, to + f->offset);
        } else {
            gather_to(c, rows, n, to + f->offset, r->row.width, f->width);
        }
    }
    return rc;
}

int rows_add(struct rows *r, struct batch *b, const uint32_t *rows, uint32_t n)
{
    int rc = 0;
    for (uint32_t at = 0; at < n && rc == 0;) {
        size_t run;
        uint8_t *to = chunks_add_run(&r->row, n - at, &run);
        if (to == NULL) {
            return ERR_NOMEM;
        }
        rc = fill_run(r, b, rows + at, (uint32_t)run, to);
        at += (uint32_t)run;
    }
    return rc;
}

/* The next VAR value of a row from field *i on; NULL: there is none. */
static const struct row_field *next_var(const struct rows *r, unsigned *i)
{
    while (r->has_vars && *i < r->nfields) {
        const struct row_field *f = &r->field[(*i)++];
        if (field_of(f->id)->type == TYPE_VAR) {
            return f;
        }
    }
    return NULL;
}

int rows_own(const struct rows *r, uint8_t *row, struct arena *bytes)
{
    const struct row_field *f;
    for (unsigned i = 0; (f = next_var(r, &i)) != NULL;) {
        struct span value;
        memcpy(&value, row + f->offset, sizeof value);
        if (keep_var(bytes, value, row + f->offset) != 0) {
            return ERR_NOMEM;
        }
    }
    return 0;
}

int rows_put(struct rows *r, const uint8_t *row)
{
    uint8_t *to = chunks_add(&r->row);
    if (to == NULL) {
        return ERR_NOMEM;
    }
    memcpy(to, row, r->row.width);
    return rows_own(r, to, &r->bytes);
}

void rows_pack(const struct rows *r, const uint8_t *row, struct buf *out)
{
    const struct row_field *f;
    buf_add(out, row, r->row.width);
    for (unsigned i = 0; (f = next_var(r, &i)) != NULL;) {
        struct span value;
        memcpy(&value, row + f->offset, sizeof value);
        buf_add(out, value.data, value.len);
    }
}

size_t rows_length(const struct rows *r, const uint8_t *packed)
{
    const struct row_field *f;
    size_t length = r->row.width;
    for (unsigned i = 0; (f = next_var(r, &i)) != NULL;) {
        struct span value;
        memcpy(&value, packed + f->offset, sizeof value);
        length += value.len;
    }
    return length;
}

size_t rows_unpack(const struct rows *r, uint8_t *packed)
{
    const struct row_field *f;
    size_t at = r->row.width;
    for (unsigned i = 0; (f = next_var(r, &i)) != NULL;) {
        struct span value;
        memcpy(&value, packed + f->offset, sizeof value);
        value.data = packed + at;
        at += value.len;
        memcpy(packed + f->offset, &value, sizeof value);
    }
    return at;
}

void *rows_value(const struct rows *r, size_t row, enum field_id id)
{
    assert(id < FIELD_STORED_);
    return r->place[id] < 0 ? NULL
                            : (uint8_t *)chunks_at(&r->row, row) + r->field[r->place[id]].offset;
}

uint64_t rows_u64(const struct rows *r, size_t row, enum field_id id)
{
    const void *p = rows_value(r, row, id);
    uint64_t v = 0;
    assert(field_width(id) >= 1 && field_width(id) <= 8);
    if (p != NULL) {
        memcpy(&v, p, field_width(id));
    }
    return v;
}

void rows_set_u64(struct rows *r, size_t row, enum field_id id, uint64_t value)
{
    void *p = rows_value(r, row, id);
    if (p != NULL) {
        memcpy(p, &value, field_width(id));
    }
}

static int fixed_column(const struct rows *r, const struct row_field *f, const uint64_t *which,
                        uint32_t n, struct batch *b)
{
    uint8_t *values = arena_alloc(&b->arena, (size_t)n * f->width);
    struct column c = {.form = COLUMN_FLAT, .width = (uint8_t)f->width, .nvalues = n,
                       .values = values};
    if (values == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < n; i++) {
        memcpy(values + (size_t)i * f->width,
               (uint8_t *)chunks_at(&r->row, which[i]) + f->offset, f->width);
    }
    batch_set_column(b, f->id, &c);
    return 0;
}

static struct span var_value(const struct rows *r, const struct row_field *f, uint64_t row)
{
    struct span s;
    memcpy(&s, (uint8_t *)chunks_at(&r->row, row) + f->offset, sizeof s);
    return s;
}

static int var_column(const struct rows *r, const struct row_field *f, const uint64_t *which,
                      uint32_t n, struct batch *b)
{
    uint32_t *offsets = arena_alloc(&b->arena, ((size_t)n + 1) * sizeof *offsets);
    struct column c = {.form = COLUMN_VAR, .nvalues = n, .offsets = offsets};
    uint8_t *bytes;
    if (offsets == NULL) {
        return ERR_NOMEM;
    }
    offsets[0] = 0;
    for (uint32_t i = 0; i < n; i++) {
        offsets[i + 1] = offsets[i] + var_value(r, f, which[i]).len;
    }
    bytes = arena_alloc(&b->arena, offsets[n]);
    if (bytes == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct span s = var_value(r, f, which[i]);
        if (s.len > 0) {
            memcpy(bytes + offsets[i], s.data, s.len);
        }
    }
    c.bytes = bytes;
    batch_set_column(b, f->id, &c);
    return 0;
}

static void note_groups(const struct rows *r, const uint64_t *which, uint32_t n, struct batch *b)
{
    b->groups_any = 0;
    b->groups_all = n > 0 ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t g = rows_u64(r, which[i], FIELD_GROUPS);
        b->groups_any |= g;
        b->groups_all &= g;
    }
}

int rows_batch(const struct rows *r, const uint64_t *which, uint32_t n, struct batch *b)
{
    batch_reset(b);
    b->nrows = n;
    note_groups(r, which, n, b);
    for (unsigned i = 0; i < r->nfields; i++) {
        const struct row_field *f = &r->field[i];
        int rc = field_of(f->id)->type == TYPE_VAR ? var_column(r, f, which, n, b)
                                                   : fixed_column(r, f, which, n, b);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}
