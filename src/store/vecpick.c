/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * vecpick.c - few of a vec's numbers, without decoding the others where the form allows it.
 *
 * Plain and packed numbers are taken from their places; of a compressed frame or of differences
 * everything is decoded first. Which exception of a POPULAR vec belongs to a row is its rank among
 * the escapes, counted while the (ascending) rows are walked. All memory is the workspace's arena.
 */
#include "store/vec.h"

#include "base/bits.h"
#include "store/bitpack.h"

#include <assert.h>
#include <string.h>

struct job {
    struct vec_work *w;
    uint32_t n;
    unsigned width;
    const uint32_t *rows;
    uint32_t k;
    struct fault *fault;
    int depth;
};

static int damaged(struct fault *fault, const char *what)
{
    return fault_set(fault, ERR_FORMAT, "damaged column: %s", what);
}

static uint64_t mask_of(unsigned width)
{
    return width >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
}

static void *scratch(struct vec_work *w, uint32_t n, unsigned width)
{
    return arena_alloc(w->arena, ((size_t)n + 1) * width);
}

static int pick(const struct job *j, const struct vec *v, uint64_t *out);

static int pick_next(const struct job *j, struct cur *c, uint64_t *out)
{
    struct vec v;
    int rc = vec_take(c, &v, j->fault);
    return rc != 0 ? rc : pick(j, &v, out);
}

static void take_rows(const struct job *j, const void *values, unsigned width, uint64_t *out)
{
    for (uint32_t i = 0; i < j->k; i++) {
        uint64_t x = 0;
        memcpy(&x, (const uint8_t *)values + (size_t)j->rows[i] * width, width);
        out[i] = x;
    }
}

static int pick_decoded(const struct job *j, const struct vec *v, uint64_t *out)
{
    void *values = scratch(j->w, j->n, j->width);
    int rc = values != NULL ? vec_decode(j->w, v, j->n, j->width, values, j->fault) : ERR_NOMEM;
    if (rc == 0) {
        take_rows(j, values, j->width, out);
    }
    return rc;
}

static void add_base(const struct job *j, uint64_t base, uint64_t *out)
{
    uint64_t mask = mask_of(j->width);
    for (uint32_t i = 0; i < j->k; i++) {
        out[i] = (out[i] + base) & mask;
    }
}

static int pick_raw(const struct job *j, const struct vec *v, uint64_t *out)
{
    unsigned width = v->bits / 8;
    if ((v->flags & VEC_ZSTD) || (width != 1 && width != 2 && width != 4 && width != 8) ||
        width > j->width || cur_left(&v->body) != (size_t)j->n * width) {
        return pick_decoded(j, v, out);
    }
    take_rows(j, v->body.at, width, out);
    add_base(j, v->base, out);
    return 0;
}

static int pick_bits(const struct job *j, const struct vec *v, uint64_t *out)
{
    if (v->bits < 1 || v->bits > 32 || v->bits > 8 * j->width ||
        cur_left(&v->body) != bitpack_size(j->n, v->bits)) {
        return damaged(j->fault, "packed numbers");
    }
    for (uint32_t i = 0; i < j->k; i++) {
        out[i] = bitpack_get(v->body.at, j->rows[i], v->bits);
    }
    add_base(j, v->base, out);
    return 0;
}

/* out has codes: they become entries of a table of m. */
static int through_table(const struct job *j, const void *table, uint32_t m, uint64_t *out)
{
    for (uint32_t i = 0; i < j->k; i++) {
        uint64_t x = 0;
        if (out[i] >= m) {
            return damaged(j->fault, "a code outside of its table");
        }
        memcpy(&x, (const uint8_t *)table + (size_t)out[i] * j->width, j->width);
        out[i] = x;
    }
    return 0;
}

static int pick_dict(const struct job *j, const struct vec *v, uint64_t *out)
{
    struct cur c = v->body;
    uint32_t m = cur_u32le(&c);
    struct job codes = *j;
    const void *table;
    int rc;
    cur_skip(&c, 4);
    if (!cur_ok(&c) || m == 0 || m > VEC_TABLE_MAX) {
        return damaged(j->fault, "length of a table");
    }
    rc = vec_read(j->w, &c, m, j->width, &table, j->fault);
    codes.width = vec_code_width(m);
    codes.depth++;
    rc = rc != 0 ? rc : pick_next(&codes, &c, out);
    return rc != 0 ? rc : through_table(j, table, m, out);
}

/* The rows whose code is m: places among them into at, ranks among all escapes into rank. */
static uint32_t find_exceptions(const struct job *j, const uint64_t *escapes, const uint64_t *codes,
                                uint32_t m, uint32_t *at, uint32_t *rank)
{
    uint32_t found = 0;
    uint32_t before = 0; /* escapes in the words before this one */
    size_t word = 0;
    for (uint32_t i = 0; i < j->k; i++) {
        uint32_t row = j->rows[i];
        for (; word < row / 64; word++) {
            before += (uint32_t)__builtin_popcountll(escapes[word]);
        }
        if (codes[i] == m) {
            uint64_t below = escapes[word] & (((uint64_t)1 << row % 64) - 1);
            at[found] = i;
            rank[found++] = before + (uint32_t)__builtin_popcountll(below);
        }
    }
    return found;
}

/* Codes of the rows. */
static int popular_codes(const struct job *j, const struct vec_popular *p, uint64_t *out)
{
    struct job inner = *j;
    struct cur c = p->codes;
    inner.width = vec_code_width(p->m + 1);
    inner.depth++;
    return pick_next(&inner, &c, out);
}

/* All rows that have an exception, as a bitmap. */
static int popular_escapes(const struct job *j, const struct vec_popular *p,
                           const uint64_t **out)
{
    struct cur c = p->codes;
    const void *codes;
    int rc = vec_read(j->w, &c, j->n, vec_code_width(p->m + 1), &codes, j->fault);
    return rc != 0 ? rc : vec_popular_escapes(j->w, p, codes, j->n, out, j->fault);
}

static bool has_escape(const struct job *j, const struct vec_popular *p, const uint64_t *codes)
{
    bool found = false;
    for (uint32_t i = 0; i < j->k; i++) {
        found |= codes[i] == p->m;
    }
    return found;
}

/* out has the codes of the rows; those that are m get their exceptions. */
static int popular_exceptions(const struct job *j, const struct vec_popular *p, uint64_t *out,
                              uint32_t **at, uint64_t **value, uint32_t *found)
{
    uint32_t *rank = scratch(j->w, j->k, sizeof *rank);
    const uint64_t *escapes;
    struct job inner = *j;
    int rc;
    *at = scratch(j->w, j->k, sizeof **at);
    *value = scratch(j->w, j->k, sizeof **value);
    if (*at == NULL || rank == NULL || *value == NULL) {
        return ERR_NOMEM;
    }
    rc = popular_escapes(j, p, &escapes);
    if (rc != 0) {
        return rc;
    }
    *found = find_exceptions(j, escapes, out, p->m, *at, rank);
    inner.n = p->e;
    inner.rows = rank;
    inner.k = *found;
    inner.depth++;
    return pick(&inner, &p->exceptions, *value);
}

static int pick_popular(const struct job *j, const struct vec *v, uint64_t *out)
{
    struct vec_popular p;
    uint32_t *at = NULL;
    uint64_t *value = NULL;
    uint32_t found = 0;
    int rc = vec_read_popular(j->w, v, j->n, j->width, &p, j->fault);
    rc = rc != 0 ? rc : popular_codes(j, &p, out);
    if (rc == 0 && has_escape(j, &p, out)) {
        rc = popular_exceptions(j, &p, out, &at, &value, &found);
    }
    for (uint32_t i = 0; i < found && rc == 0; i++) {
        out[at[i]] = 0; /* any entry will do */
    }
    rc = rc != 0 ? rc : through_table(j, p.table, p.m, out);
    for (uint32_t i = 0; i < found && rc == 0; i++) {
        out[at[i]] = value[i];
    }
    return rc;
}

/* Rows and exceptions are ascending both. */
static void take_exceptions(const struct job *j, uint64_t base, const uint32_t *at,
                            const void *values, uint32_t e, uint64_t *out)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < j->k; i++) {
        while (k < e && at[k] < j->rows[i]) {
            k++;
        }
        out[i] = base & mask_of(j->width);
        if (k < e && at[k] == j->rows[i]) {
            out[i] = 0;
            memcpy(&out[i], (const uint8_t *)values + (size_t)k * j->width, j->width);
        }
    }
}

static int pick_sparse(const struct job *j, const struct vec *v, uint64_t *out)
{
    const uint32_t *at;
    const void *values;
    struct cur c;
    uint32_t e;
    int rc = vec_read_sparse(j->w, v, j->n, &e, &at, &c, j->fault);
    rc = rc != 0 ? rc : vec_read(j->w, &c, e, j->width, &values, j->fault);
    if (rc == 0) {
        take_exceptions(j, v->base, at, values, e, out);
    }
    return rc;
}

static int pick_planes(const struct job *j, const struct vec *v, uint64_t *out)
{
    struct cur c = v->body;
    uint64_t *octets = scratch(j->w, j->k, sizeof *octets);
    struct job plane = *j;
    int rc = octets != NULL ? 0 : ERR_NOMEM;
    if (v->bits < 8 || v->bits % 8 != 0 || v->bits > 8 * j->width) {
        return damaged(j->fault, "number of planes");
    }
    plane.width = 1;
    plane.depth++;
    memset(out, 0, j->k * sizeof *out);
    for (unsigned shift = 0; shift < v->bits && rc == 0; shift += 8) {
        rc = pick_next(&plane, &c, octets);
        for (uint32_t i = 0; i < j->k && rc == 0; i++) {
            out[i] |= octets[i] << shift;
        }
    }
    add_base(j, v->base, out);
    return rc;
}

static int pick(const struct job *j, const struct vec *v, uint64_t *out)
{
    if (j->depth > VEC_DEPTH_MAX) {
        return damaged(j->fault, "nested too deeply");
    }
    switch (v->kind) {
    case VEC_CONST:
        memset(out, 0, j->k * sizeof *out);
        add_base(j, v->base, out);
        return 0;
    case VEC_RAW:
        return pick_raw(j, v, out);
    case VEC_BITS:
        return pick_bits(j, v, out);
    case VEC_DICT:
        return pick_dict(j, v, out);
    case VEC_POPULAR:
        return pick_popular(j, v, out);
    case VEC_PLANES:
        return pick_planes(j, v, out);
    case VEC_SPARSE:
        return pick_sparse(j, v, out);
    case VEC_DELTA:
    case VEC_KINDS_:
        break;
    }
    return pick_decoded(j, v, out);
}

int vec_pick(struct vec_work *w, const struct vec *v, uint32_t n, unsigned width,
             const uint32_t *rows, uint32_t k, uint64_t *out, struct fault *fault)
{
    struct job j = {w, n, width, rows, k, fault, 0};
    assert(width == 1 || width == 2 || width == 4 || width == 8);
    assert(k == 0 || rows[k - 1] < n);
    return pick(&j, v, out);
}
