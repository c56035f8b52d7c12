/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rowbuf.c - columns of rows that wait to become a block.
 *
 * Arrays are made when a field first occurs and kept for later blocks. A field is active in a block
 * once one of its rows had the group; then its array is valid for all rows so far (zero before).
 */
#include "store/rowbuf.h"

#include "store/weir1.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define VAR_PIECE 256                 /* rows taken at once if there are VAR columns */
#define VAR_VALUE_MAX ((uint32_t)131072) /* VAR_PIECE of them stay below WEIR1_OCTETS_MAX */
_Static_assert(WEIR1_OCTETS_FULL + VAR_PIECE * VAR_VALUE_MAX <= WEIR1_OCTETS_MAX, "VAR limits");

struct octets {
    uint32_t *offsets; /* BATCH_ROWS_MAX + 1 */
    struct buf bytes;
};

struct rowbuf {
    struct batch batch;
    uint32_t nrows;
    bool active[FIELD_STORED_];
    void *flat[FIELD_STORED_];
    struct octets *var[FIELD_STORED_];
};

/* Rows of a batch that are being taken. */
struct rows {
    const uint32_t *list; /* NULL: consecutive */
    uint32_t from;
    uint32_t n;
};

struct rowbuf *rowbuf_new(void)
{
    struct rowbuf *rb = calloc(1, sizeof *rb);
    if (rb != NULL) {
        batch_init(&rb->batch);
    }
    return rb;
}

void rowbuf_free(struct rowbuf *rb)
{
    if (rb == NULL) {
        return;
    }
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        free(rb->flat[id]);
        if (rb->var[id] != NULL) {
            free(rb->var[id]->offsets);
            buf_free(&rb->var[id]->bytes);
            free(rb->var[id]);
        }
    }
    batch_free(&rb->batch);
    free(rb);
}

uint32_t rowbuf_rows(const struct rowbuf *rb)
{
    return rb->nrows;
}

bool rowbuf_is_full(const struct rowbuf *rb)
{
    if (rb->nrows >= BATCH_ROWS_MAX) {
        return true;
    }
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (rb->active[id] && rb->var[id] != NULL &&
            rb->var[id]->bytes.len >= WEIR1_OCTETS_FULL) {
            return true;
        }
    }
    return false;
}

bool rowbuf_is_needless(const struct batch *b)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        const struct column *c = &b->columns[id];
        if (field_set_has(&b->present, (enum field_id)id) && c->form == COLUMN_VAR
            && c->offsets[b->nrows] > WEIR1_OCTETS_FULL) {
            return false;
        }
    }
    return true;
}

static bool has_field(const struct batch *b, unsigned id)
{
    return !field_is_transient((enum field_id)id) &&
           (b->groups_any & group_bit(field_of((enum field_id)id)->group)) != 0;
}

int rowbuf_require(struct batch *b, struct fault *fault)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (has_field(b, id)) {
            batch_column(b, (enum field_id)id);
        }
        if (!batch_ok(b)) {
            if (fault != NULL) {
                *fault = b->fault;
            }
            return b->fault.code;
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ arrays */

static bool is_var(unsigned id)
{
    return field_of((enum field_id)id)->type == TYPE_VAR;
}

static bool make_var(struct rowbuf *rb, unsigned id)
{
    struct octets *v = calloc(1, sizeof *v);
    if (v == NULL) {
        return false;
    }
    v->offsets = malloc((BATCH_ROWS_MAX + 1) * sizeof *v->offsets);
    if (v->offsets == NULL) {
        free(v);
        return false;
    }
    buf_init(&v->bytes);
    rb->var[id] = v;
    return true;
}

/* Make the field's array valid for the rows so far. */
static bool activate(struct rowbuf *rb, unsigned id)
{
    size_t width = field_width((enum field_id)id);
    if (rb->active[id]) {
        return true;
    }
    if (is_var(id)) {
        if (rb->var[id] == NULL && !make_var(rb, id)) {
            return false;
        }
        buf_clear(&rb->var[id]->bytes);
        memset(rb->var[id]->offsets, 0, (rb->nrows + 1) * sizeof(uint32_t));
    } else {
        if (rb->flat[id] == NULL) {
            rb->flat[id] = malloc(BATCH_ROWS_MAX * width);
        }
        if (rb->flat[id] == NULL) {
            return false;
        }
        memset(rb->flat[id], 0, rb->nrows * width);
    }
    rb->active[id] = true;
    return true;
}

/* ------------------------------------------------------------------ copying */

#define COPY(type)                                                                                 \
    static void copy_##type(const struct column *c, const struct rows *r, type *to)                \
    {                                                                                              \
        const type *v = c->values;                                                                 \
        if (c->form == COLUMN_FLAT && r->list == NULL) {                                           \
            memcpy(to, v + r->from, r->n * sizeof *to);                                            \
        } else if (c->form == COLUMN_FLAT) {                                                       \
            for (uint32_t i = 0; i < r->n; i++) {                                                  \
                to[i] = v[r->list[i]];                                                             \
            }                                                                                      \
        } else if (c->form == COLUMN_CONST) {                                                      \
            for (uint32_t i = 0; i < r->n; i++) {                                                  \
                to[i] = v[0];                                                                      \
            }                                                                                      \
        } else if (r->list == NULL) {                                                              \
            for (uint32_t i = 0; i < r->n; i++) {                                                  \
                to[i] = v[column_code(c, r->from + i)];                                            \
            }                                                                                      \
        } else {                                                                                   \
            for (uint32_t i = 0; i < r->n; i++) {                                                  \
                to[i] = v[column_code(c, r->list[i])];                                             \
            }                                                                                      \
        }                                                                                          \
    }

typedef struct ip ip;
COPY(uint8_t)
COPY(uint16_t)
COPY(uint32_t)
COPY(uint64_t)
COPY(ip)

/* A column narrower than its field: through 64 bits. */
static void copy_widened(const struct column *c, const struct rows *r, unsigned width, uint8_t *to)
{
    for (uint32_t i = 0; i < r->n; i++) {
        uint64_t v = column_u64(c, r->list != NULL ? r->list[i] : r->from + i);
        memcpy(to + (size_t)i * width, &v, width);
    }
}

static void copy_fixed(struct rowbuf *rb, const struct column *c, const struct rows *r, unsigned id)
{
    unsigned width = (unsigned)field_width((enum field_id)id);
    uint8_t *to = (uint8_t *)rb->flat[id] + (size_t)rb->nrows * width;
    if (c->width != width) {
        copy_widened(c, r, width, to);
        return;
    }
    switch (width) {
    case 1:
        copy_uint8_t(c, r, to);
        break;
    case 2:
        copy_uint16_t(c, r, (uint16_t *)(void *)to);
        break;
    case 4:
        copy_uint32_t(c, r, (uint32_t *)(void *)to);
        break;
    case 8:
        copy_uint64_t(c, r, (uint64_t *)(void *)to);
        break;
    default:
        copy_ip(c, r, (struct ip *)(void *)to);
        break;
    }
}

static int copy_var(struct rowbuf *rb, const struct column *c, const struct rows *r, unsigned id)
{
    struct octets *v = rb->var[id];
    for (uint32_t i = 0; i < r->n; i++) {
        struct span s = column_var(c, r->list != NULL ? r->list[i] : r->from + i);
        if (s.len > VAR_VALUE_MAX) {
            return ERR_LIMIT;
        }
        if (s.len > 0) {
            buf_add(&v->bytes, s.data, s.len);
        }
        v->offsets[rb->nrows + i + 1] = (uint32_t)v->bytes.len;
    }
    return v->bytes.failed ? ERR_NOMEM : 0;
}

static void copy_nothing(struct rowbuf *rb, uint32_t n, unsigned id)
{
    size_t width = field_width((enum field_id)id);
    if (!is_var(id)) {
        memset((uint8_t *)rb->flat[id] + rb->nrows * width, 0, n * width);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        rb->var[id]->offsets[rb->nrows + i + 1] = rb->var[id]->offsets[rb->nrows];
    }
}

static int copy_field(struct rowbuf *rb, struct batch *b, const struct rows *r, unsigned id)
{
    if (!has_field(b, id)) {
        if (rb->active[id]) {
            copy_nothing(rb, r->n, id);
        }
        return 0;
    }
    if (!activate(rb, id)) {
        return ERR_NOMEM;
    }
    if (is_var(id)) {
        return copy_var(rb, batch_column(b, (enum field_id)id), r, id);
    }
    copy_fixed(rb, batch_column(b, (enum field_id)id), r, id);
    return 0;
}

/* After a failure VAR columns may have octets of rows that were not taken. */
static void forget_octets(struct rowbuf *rb)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (rb->active[id] && rb->var[id] != NULL) {
            rb->var[id]->bytes.len = rb->var[id]->offsets[rb->nrows];
            rb->var[id]->bytes.failed = false;
        }
    }
}

static bool has_var(const struct batch *b)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (has_field(b, id) && is_var(id)) {
            return true;
        }
    }
    return false;
}

int rowbuf_add(struct rowbuf *rb, struct batch *b, const uint32_t *rows, uint32_t from, uint32_t n)
{
    struct rows r = {rows, from, n};
    uint32_t room = BATCH_ROWS_MAX - rb->nrows;
    uint32_t most = has_var(b) ? VAR_PIECE : BATCH_ROWS_MAX;
    if (rowbuf_is_full(rb)) {
        return 0;
    }
    r.n = r.n < room ? r.n : room;
    r.n = r.n < most ? r.n : most;
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        int rc = copy_field(rb, b, &r, id);
        if (rc != 0) {
            forget_octets(rb);
            return rc;
        }
    }
    rb->nrows += r.n;
    return (int)r.n;
}

/* ------------------------------------------------------------------ as a batch */

static void show_field(struct rowbuf *rb, unsigned id)
{
    struct column c = column_absent((enum field_id)id);
    if (field_is_transient((enum field_id)id)) {
        return;
    }
    if (rb->active[id] && is_var(id)) {
        c = (struct column){.form = COLUMN_VAR, .nvalues = rb->nrows,
                            .offsets = rb->var[id]->offsets,
                            .bytes = (const uint8_t *)rb->var[id]->bytes.data};
    } else if (rb->active[id]) {
        c = (struct column){.form = COLUMN_FLAT, .width = c.width, .nvalues = rb->nrows,
                            .values = rb->flat[id]};
    }
    batch_set_column(&rb->batch, (enum field_id)id, &c);
}

struct batch *rowbuf_batch(struct rowbuf *rb)
{
    struct batch *b = &rb->batch;
    const uint64_t *groups = rb->flat[FIELD_GROUPS];
    batch_reset(b);
    b->nrows = rb->nrows;
    b->groups_all = rb->nrows > 0 ? UINT64_MAX : 0;
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        show_field(rb, id);
    }
    for (uint32_t i = 0; i < rb->nrows; i++) {
        b->groups_any |= groups[i];
        b->groups_all &= groups[i];
    }
    return b;
}

void rowbuf_clear(struct rowbuf *rb)
{
    rb->nrows = 0;
    memset(rb->active, 0, sizeof rb->active);
}
