/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * batch.c - columns on demand.
 */
#include "flow/batch.h"

#include "base/bits.h"
#include "base/simd.h"
#include "flow/compute.h"
#include "flow/kernels.h"

#include <assert.h>
#include <string.h>

static const uint8_t zeros[32] __attribute__((aligned(32)));
static const uint32_t zero_offsets[2];

struct column column_absent(enum field_id id)
{
    struct column c = {.form = COLUMN_CONST, .width = (uint8_t)field_width(id), .nvalues = 1,
                       .values = zeros, .offsets = zero_offsets, .bytes = zeros};
    return c;
}

void batch_init(struct batch *b)
{
    memset(b, 0, sizeof *b);
    arena_init(&b->arena);
}

void batch_reset(struct batch *b)
{
    struct arena arena = b->arena;
    struct batch_keepsake *keepsake = b->keepsake;
    arena_reset(&arena);
    memset(b, 0, offsetof(struct batch, columns));
    b->arena = arena;
    b->keepsake = keepsake;
}

void batch_free(struct batch *b)
{
    arena_free(&b->arena);
    if (b->keepsake != NULL) {
        b->keepsake->free(b->keepsake);
    }
    batch_init(b);
}

void batch_set_column(struct batch *b, enum field_id id, const struct column *column)
{
    b->columns[id] = *column;
    field_set_add(&b->present, id);
}

static void note_failure(struct batch *b, int code, const struct fault *fault)
{
    if (batch_ok(b)) {
        b->fault = *fault;
        b->fault.code = code;
    }
}

/* Record numbers without a loader of their own: ascending from first_no. */
static int number_rows(struct batch *b, struct column *c)
{
    uint64_t *v = arena_alloc(&b->arena, ((size_t)b->nrows + 1) * sizeof *v);
    if (v == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < b->nrows; i++) {
        v[i] = b->first_no + i;
    }
    *c = (struct column){.form = COLUMN_FLAT, .width = 8, .nvalues = b->nrows, .values = v};
    return 0;
}

static int compute_column(struct batch *b, enum field_id id, struct column *c)
{
    const struct field *f = field_of(id);
    const struct column *in[3] = {NULL, NULL, NULL};
    const struct column *groups = batch_column(b, FIELD_GROUPS);
    uint64_t *v = arena_alloc(&b->arena, ((size_t)b->nrows + 1) * sizeof *v);
    if (v == NULL) {
        return ERR_NOMEM;
    }
    for (size_t k = 0; k < 3 && f->inputs[k] != FIELD_NONE; k++) {
        in[k] = batch_column(b, f->inputs[k]);
    }
    for (uint32_t i = 0; i < b->nrows; i++) {
        uint64_t x[3] = {in[0] != NULL ? column_u64(in[0], i) : 0,
                         in[1] != NULL ? column_u64(in[1], i) : 0,
                         in[2] != NULL ? column_u64(in[2], i) : 0};
        v[i] = compute_value(id, x, column_u64(groups, i));
    }
    *c = (struct column){.form = COLUMN_FLAT, .width = 8, .nvalues = b->nrows, .values = v};
    return 0;
}

static int fill_column(struct batch *b, enum field_id id, struct column *c, struct fault *fault)
{
    if (field_is_computed(id)) {
        return compute_column(b, id, c);
    }
    if (b->loader != NULL) {
        return b->loader->load(b->source, b, id, c, fault);
    }
    return id == FIELD_RECORD_NO ? number_rows(b, c) : 0;
}

const struct column *batch_column(struct batch *b, enum field_id id)
{
    struct column c;
    struct fault fault = {0};
    int rc;
    assert(id < FIELD_COUNT_);
    if (field_set_has(&b->present, id)) {
        return &b->columns[id];
    }
    c = column_absent(id);
    rc = fill_column(b, id, &c, &fault);
    if (rc != 0) {
        note_failure(b, rc, &fault);
        c = column_absent(id);
    }
    batch_set_column(b, id, &c);
    return &b->columns[id];
}

/* Is there somebody to ask about a field, and nothing loaded? */
static bool can_ask(const struct batch *b, enum field_id id)
{
    return !field_set_has(&b->present, id) && b->loader != NULL && !field_is_computed(id);
}

/* What came of a question; false: the column has to be loaded. */
static bool answered(struct batch *b, int rc, const struct fault *fault, uint64_t *out)
{
    if (rc == BATCH_LOAD_IT) {
        return false;
    }
    b->cost.questions++;
    if (rc != 0) {
        note_failure(b, rc, fault);
        bits_fill(out, b->nrows, false);
    }
    return true;
}

bool batch_test(struct batch *b, enum field_id id, const struct number_test *t,
                const uint64_t *need, uint64_t *out)
{
    struct fault fault;
    if (!can_ask(b, id) || b->loader->test == NULL) {
        return false;
    }
    fault_clear(&fault);
    return answered(b, b->loader->test(b->source, b, id, t, need, out, &fault), &fault, out);
}

bool batch_test_address(struct batch *b, enum field_id id, const struct address_range *ranges,
                        size_t n, uint64_t *out)
{
    struct fault fault;
    if (!can_ask(b, id) || b->loader->test_address == NULL) {
        return false;
    }
    fault_clear(&fault);
    return answered(b, b->loader->test_address(b->source, b, id, ranges, n, out, &fault), &fault,
                    out);
}

int batch_require(struct batch *b, const struct field_set *set)
{
    for (unsigned id = 0; id < FIELD_COUNT_ && batch_ok(b); id++) {
        if (field_set_has(set, (enum field_id)id)) {
            batch_column(b, (enum field_id)id);
        }
    }
    return b->fault.code;
}

void batch_group_bits(struct batch *b, enum field_group g, uint64_t *bits)
{
    const struct column *c;
    uint8_t yes[64]; /* combinations of groups are few */
    if (b->groups_all & group_bit(g)) {
        bits_fill(bits, b->nrows, true);
        return;
    }
    bits_fill(bits, b->nrows, false);
    if (!(b->groups_any & group_bit(g))) {
        return;
    }
    c = batch_column(b, FIELD_GROUPS);
    if (c->form == COLUMN_DICT && c->nvalues <= sizeof yes) {
        for (uint32_t k = 0; k < c->nvalues; k++) {
            yes[k] = (((const uint64_t *)c->values)[k] & group_bit(g)) != 0;
        }
        kernel_codes(c->codes, c->code_width, b->nrows, yes, c->nvalues, bits);
        return;
    }
    for (uint32_t i = 0; i < b->nrows; i++) {
        if (column_u64(c, i) & group_bit(g)) {
            bits_set(bits, i);
        }
    }
}

#define WIDEN(type)                                                                                \
    SIMD_CLONES static void widen_##type(const type *restrict v, uint32_t n,                       \
                                         uint64_t *restrict out)                                   \
    {                                                                                              \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            out[i] = v[i];                                                                         \
        }                                                                                          \
    }
WIDEN(uint8_t)
WIDEN(uint16_t)
WIDEN(uint32_t)

static void widen_values(const struct column *c, uint32_t n, uint64_t *out)
{
    switch (c->width) {
    case 1:
        widen_uint8_t(c->values, n, out);
        break;
    case 2:
        widen_uint16_t(c->values, n, out);
        break;
    case 4:
        widen_uint32_t(c->values, n, out);
        break;
    default:
        memcpy(out, c->values, n * sizeof *out);
    }
}

/* One loop for each form and width, so that none decides per row. */
#define DICT_LOOP(value_type, code_type)                                                           \
    for (uint32_t i = 0; i < n; i++) {                                                             \
        out[i] = ((const value_type *)c->values)[((const code_type *)c->codes)[rows[i]]];          \
    }

#define GATHER(value_type)                                                                         \
    static void gather_##value_type(const struct column *c, const uint32_t *rows, uint32_t n,      \
                                    uint64_t *out)                                                 \
    {                                                                                              \
        if (c->form == COLUMN_CONST) {                                                             \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                out[i] = ((const value_type *)c->values)[0];                                       \
            }                                                                                      \
        } else if (c->form == COLUMN_FLAT) {                                                       \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                out[i] = ((const value_type *)c->values)[rows[i]];                                 \
            }                                                                                      \
        } else if (c->code_width == 1) {                                                           \
            DICT_LOOP(value_type, uint8_t)                                                         \
        } else if (c->code_width == 2) {                                                           \
            DICT_LOOP(value_type, uint16_t)                                                        \
        } else {                                                                                   \
            DICT_LOOP(value_type, uint32_t)                                                        \
        }                                                                                          \
    }
GATHER(uint8_t)
GATHER(uint16_t)
GATHER(uint32_t)
GATHER(uint64_t)

void column_gather(const struct column *c, const uint32_t *rows, uint32_t n, uint64_t *out)
{
    switch (c->width) {
    case 1:
        gather_uint8_t(c, rows, n, out);
        break;
    case 2:
        gather_uint16_t(c, rows, n, out);
        break;
    case 4:
        gather_uint32_t(c, rows, n, out);
        break;
    default:
        gather_uint64_t(c, rows, n, out);
        break;
    }
}

void column_widen(const struct column *c, uint32_t nrows, uint64_t *out)
{
    if (c->form == COLUMN_FLAT) {
        widen_values(c, nrows, out);
        return;
    }
    for (uint32_t i = 0; i < nrows; i++) {
        out[i] = column_u64(c, i);
    }
}

static void get_value(const struct column *c, uint32_t row, enum field_id id, uint8_t *to)
{
    enum field_type type = field_of(id)->type;
    uint64_t v;
    if (type == TYPE_IP) {
        memcpy(to, column_ip(c, row), sizeof(struct ip));
    } else if (type == TYPE_VAR) {
        struct span s = column_var(c, row);
        memcpy(to, &s, sizeof s);
    } else {
        v = column_u64(c, row);
        memcpy(to, &v, field_width(id));
    }
}

void batch_get_rec(struct batch *b, uint32_t row, const struct field_set *set, struct rec *r)
{
    rec_clear(r);
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (field_set_has(set, (enum field_id)id)) {
            get_value(batch_column(b, (enum field_id)id), row, (enum field_id)id,
                      (uint8_t *)r + rec_offset((enum field_id)id));
        }
    }
    r->groups |= group_bit(GROUP_HEADER);
}
