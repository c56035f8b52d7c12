/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * vec.c - decode arrays of numbers.
 * The bytes are foreign: checksums tell accidents, not malice. What is checked here: lengths
 * against counts, codes against tables, depth of nesting. One decoder per kind, listed in a
 * table.
 */
#include "store/vec.h"

#include "base/bits.h"
#include "store/bitpack.h"
#include "store/veckernels.h"

#include <assert.h>
#include <string.h>
#include <zstd.h>

struct job {
    struct vec_work *w;
    uint32_t n;
    unsigned width;
    void *out;
    struct fault *fault;
    int depth;
    bool narrow; /* width is less than the vec's own; all values fit */
};

static int damaged(struct fault *fault, const char *what)
{
    return fault_set(fault, ERR_FORMAT, "damaged column: %s", what);
}

int vec_take(struct cur *c, struct vec *v, struct fault *fault)
{
    uint32_t len;
    unsigned kind = cur_u8(c);
    v->bits = cur_u8(c);
    v->flags = cur_u8(c);
    cur_skip(c, 1);
    len = cur_u32le(c);
    v->base = cur_u64le(c);
    v->body = cur_sub(c, len);
    cur_skip(c, -len & 7);
    if (!cur_ok(c)) {
        return damaged(fault, "it ends too early");
    }
    if (kind >= VEC_KINDS_) {
        return fault_set(fault, ERR_UNSUPPORTED,
                         "numbers in encoding %u, which this version does not know", kind);
    }
    v->kind = (enum vec_kind)kind;
    return 0;
}

static int decode(const struct job *j, const struct vec *v);

/* Decode the next vec of the cursor: n values of `width` into out. */
static int decode_next(const struct job *j, struct cur *c, uint32_t n, unsigned width, void *out)
{
    struct job inner = {j->w, n, width, out, j->fault, j->depth + 1, j->narrow};
    struct vec v;
    int rc = vec_take(c, &v, j->fault);
    return rc != 0 ? rc : decode(&inner, &v);
}

/* One value more than asked for: kernels may read it. */
static void *scratch(struct vec_work *w, uint32_t n, unsigned width)
{
    return arena_alloc(w->arena, ((size_t)n + 1) * width);
}

static int decode_const(const struct job *j, const struct vec *v)
{
    kernel_fill(j->out, j->n, j->width, v->base);
    return 0;
}

static ZSTD_DCtx *dctx_of(struct vec_work *w)
{
    if (w->dctx == NULL) {
        w->dctx = ZSTD_createDCtx();
    }
    return w->dctx;
}

void vec_work_free(struct vec_work *w)
{
    ZSTD_freeDCtx(w->dctx);
    w->dctx = NULL;
}

static int unzstd(struct vec_work *w, const struct cur *body, void *out, size_t size,
                  struct fault *fault)
{
    ZSTD_DCtx *d = dctx_of(w);
    size_t got;
    if (d == NULL) {
        return ERR_NOMEM;
    }
    got = ZSTD_decompressDCtx(d, out, size, body->at, cur_left(body));
    return ZSTD_isError(got) || got != size ? damaged(fault, "zstd frame") : 0;
}

static bool raw_width_fits(const struct job *j, const struct vec *v)
{
    return (v->bits == 8 || v->bits == 16 || v->bits == 32 || v->bits == 64) &&
           v->bits <= 8 * j->width;
}

static int decode_raw(const struct job *j, const struct vec *v)
{
    unsigned in_width = v->bits / 8;
    size_t size = (size_t)j->n * in_width;
    uint8_t *wide = j->out;
    int rc;
    if (!raw_width_fits(j, v)) {
        return damaged(j->fault, "width of numbers");
    }
    if (!(v->flags & VEC_ZSTD)) {
        if (cur_left(&v->body) != size) {
            return damaged(j->fault, "length of numbers");
        }
        kernel_widen(v->body.at, j->n, in_width, v->base, j->width, j->out);
        return 0;
    }
    if (in_width != j->width || v->base != 0) {
        wide = scratch(j->w, j->n, in_width);
        if (wide == NULL) {
            return ERR_NOMEM;
        }
    }
    rc = unzstd(j->w, &v->body, wide, size, j->fault);
    if (rc == 0 && wide != j->out) {
        kernel_widen(wide, j->n, in_width, v->base, j->width, j->out);
    }
    return rc;
}

static int decode_bits(const struct job *j, const struct vec *v)
{
    if (v->bits < 1 || v->bits > 32 || v->bits > 8 * j->width ||
        cur_left(&v->body) != bitpack_size(j->n, v->bits)) {
        return damaged(j->fault, "packed numbers");
    }
    bitpack_unpack(v->body.at, j->n, v->bits, v->base, j->width, j->out);
    return 0;
}

/* Small differences to 64-bit values: half the octets until the last pass. */
static int sum_small(const struct job *j, const struct vec *v, uint64_t *out)
{
    struct cur c = v->body;
    uint32_t *small = scratch(j->w, j->n, sizeof *small);
    int rc = small != NULL ? decode_next(j, &c, j->n, sizeof *small, small) : ERR_NOMEM;
    if (rc == 0) {
        kernel_sum_small(small, j->n, v->base, (v->flags & VEC_ZIGZAG) != 0, out);
    }
    return rc;
}

static int sum_differences(const struct job *j, const struct vec *v, unsigned width, void *out)
{
    struct cur c = v->body;
    int rc;
    if (width == 8 && vec_least_width(c, width) <= 4) {
        return sum_small(j, v, out);
    }
    rc = decode_next(j, &c, j->n, width, out);
    if (rc == 0) {
        kernel_sum(out, j->n, width, v->base, (v->flags & VEC_ZIGZAG) != 0);
    }
    return rc;
}

/* Signed differences of numbers that fit may not fit themselves: they get the full width. */
static int decode_delta(const struct job *j, const struct vec *v)
{
    uint64_t *wide;
    int rc;
    if (!j->narrow || j->width == sizeof *wide || !(v->flags & VEC_ZIGZAG)) {
        return sum_differences(j, v, j->width, j->out);
    }
    wide = scratch(j->w, j->n, sizeof *wide);
    rc = wide != NULL ? sum_differences(j, v, sizeof *wide, wide) : ERR_NOMEM;
    if (rc == 0) {
        kernel_narrow(wide, j->n, j->width, j->out);
    }
    return rc;
}

static int read_dict(const struct job *j, const struct vec *v, uint32_t *m, void **table,
                     void **codes)
{
    struct cur c = v->body;
    int rc;
    *m = cur_u32le(&c);
    cur_skip(&c, 4);
    if (!cur_ok(&c) || *m == 0 || *m > VEC_TABLE_MAX) {
        return damaged(j->fault, "length of a table");
    }
    *table = scratch(j->w, *m, j->width);
    *codes = scratch(j->w, j->n, vec_code_width(*m));
    if (*table == NULL || *codes == NULL) {
        return ERR_NOMEM;
    }
    rc = decode_next(j, &c, *m, j->width, *table);
    if (rc == 0) {
        rc = decode_next(j, &c, j->n, vec_code_width(*m), *codes);
    }
    if (rc == 0 && kernel_codes_max(*codes, j->n, vec_code_width(*m)) >= *m) {
        rc = damaged(j->fault, "a code outside of its table");
    }
    return rc;
}

static int decode_dict(const struct job *j, const struct vec *v)
{
    uint32_t m;
    void *table;
    void *codes;
    int rc = read_dict(j, v, &m, &table, &codes);
    if (rc == 0) {
        kernel_look_up(table, codes, vec_code_width(m), j->n, j->width, j->out);
    }
    return rc;
}

/* Codes 0..m, as many m as exceptions. */
static bool escapes_fit(const void *codes, uint32_t n, uint32_t m, uint32_t e)
{
    unsigned width = vec_code_width(m + 1);
    return kernel_codes_max(codes, n, width) <= m && kernel_codes_count(codes, n, width, m) == e;
}

enum { FEW_EXCEPTIONS = 16 }; /* one in so many rows */

/* Few exceptions are put over what the table says: a third of the time of going row by row. */
static int popular_few(const struct job *j, const void *table, const void *codes, uint32_t m,
                       const void *exceptions, uint32_t e)
{
    unsigned width = vec_code_width(m + 1);
    uint64_t *escapes = arena_alloc(j->w->arena, (BITS_WORDS(j->n) + 1) * sizeof *escapes);
    uint32_t *rows = scratch(j->w, e, sizeof *rows);
    if (escapes == NULL || rows == NULL) {
        return ERR_NOMEM;
    }
    kernel_range(codes, width, j->n, m, m, escapes);
    bits_rows(escapes, j->n, rows);
    kernel_look_up(table, codes, width, j->n, j->width, j->out);
    kernel_scatter(exceptions, rows, e, j->width, j->out);
    return 0;
}

/* Length of the table and number of exceptions. */
static int popular_head(struct cur *c, uint32_t n, uint32_t *m, uint32_t *e, struct fault *fault)
{
    *m = cur_u32le(c);
    *e = cur_u32le(c);
    return cur_ok(c) && *m > 0 && *m < VEC_TABLE_MAX && *e <= n
               ? 0 : damaged(fault, "length of a table");
}

static int decode_popular(const struct job *j, const struct vec *v)
{
    struct cur c = v->body;
    uint32_t m, e;
    uint8_t *table;
    void *codes;
    void *exceptions;
    int rc = popular_head(&c, j->n, &m, &e, j->fault);
    if (rc != 0) {
        return rc;
    }
    table = scratch(j->w, m, j->width);
    codes = scratch(j->w, j->n, vec_code_width(m + 1));
    exceptions = scratch(j->w, e, j->width);
    if (table == NULL || codes == NULL || exceptions == NULL) {
        return ERR_NOMEM;
    }
    memset(table + (size_t)m * j->width, 0, j->width);
    memset((uint8_t *)exceptions + (size_t)e * j->width, 0, j->width);
    rc = decode_next(j, &c, m, j->width, table);
    rc = rc != 0 ? rc : decode_next(j, &c, j->n, vec_code_width(m + 1), codes);
    rc = rc != 0 ? rc : decode_next(j, &c, e, j->width, exceptions);
    if (rc == 0 && !escapes_fit(codes, j->n, m, e)) {
        rc = damaged(j->fault, "a code outside of its table");
    }
    if (rc == 0 && e < j->n / FEW_EXCEPTIONS) {
        return popular_few(j, table, codes, m, exceptions, e);
    }
    if (rc == 0) {
        kernel_popular(table, codes, vec_code_width(m + 1), m, exceptions, j->n, j->width, j->out);
    }
    return rc;
}

static bool lies_ready(const struct vec *v, uint32_t n, unsigned width)
{
    return v->kind == VEC_RAW && !(v->flags & VEC_ZSTD) && v->base == 0 && v->bits == 8 * width &&
           cur_left(&v->body) == (size_t)n * width && (uintptr_t)v->body.at % width == 0;
}

/* A plane's octets, where they lie or decoded. */
static int plane_read(const struct job *j, struct cur *c, const uint8_t **plane)
{
    struct vec v;
    uint8_t *octets;
    int rc = vec_take(c, &v, j->fault);
    if (rc != 0) {
        return rc;
    }
    if (lies_ready(&v, j->n, 1)) {
        *plane = v.body.at;
        return 0;
    }
    octets = scratch(j->w, j->n, 1);
    *plane = octets;
    if (octets == NULL) {
        return ERR_NOMEM;
    }
    return decode(&(struct job){j->w, j->n, 1, octets, j->fault, j->depth + 1, false}, &v);
}

static int decode_planes(const struct job *j, const struct vec *v)
{
    struct cur c = v->body;
    unsigned n = v->bits / 8;
    const uint8_t *planes[8];
    int rc = 0;
    if (n < 1 || n > j->width || v->bits % 8 != 0) {
        return damaged(j->fault, "number of planes");
    }
    for (unsigned p = 0; p < n && rc == 0; p++) {
        rc = plane_read(j, &c, &planes[p]);
    }
    if (rc == 0) {
        kernel_planes(planes, n, j->n, v->base, j->width, j->out);
    }
    return rc;
}

/* Gaps to rows, in place; false if they go beyond n. */
static bool add_gaps(uint32_t *rows, uint32_t e, uint32_t n)
{
    uint64_t next = 0;
    for (uint32_t i = 0; i < e; i++) {
        next += rows[i];
        if (next >= n) {
            return false;
        }
        rows[i] = (uint32_t)next++;
    }
    return true;
}

static int read_sparse(const struct job *j, struct cur *c, uint32_t *e, uint32_t **rows)
{
    int rc;
    *e = cur_u32le(c);
    cur_skip(c, 4);
    if (!cur_ok(c) || *e > j->n) {
        return damaged(j->fault, "number of exceptions");
    }
    *rows = scratch(j->w, *e, sizeof **rows);
    rc = *rows != NULL ? decode_next(j, c, *e, sizeof **rows, *rows) : ERR_NOMEM;
    return rc == 0 && !add_gaps(*rows, *e, j->n) ? damaged(j->fault, "rows of exceptions") : rc;
}

static int decode_sparse(const struct job *j, const struct vec *v)
{
    struct cur c = v->body;
    uint32_t e;
    uint32_t *rows;
    void *values;
    int rc = read_sparse(j, &c, &e, &rows);
    if (rc != 0) {
        return rc;
    }
    values = scratch(j->w, e, j->width);
    rc = values != NULL ? decode_next(j, &c, e, j->width, values) : ERR_NOMEM;
    if (rc == 0) {
        kernel_fill(j->out, j->n, j->width, v->base);
        kernel_scatter(values, rows, e, j->width, j->out);
    }
    return rc;
}

static int (*const decoders[VEC_KINDS_])(const struct job *, const struct vec *) = {
    [VEC_CONST] = decode_const, [VEC_RAW] = decode_raw,         [VEC_BITS] = decode_bits,
    [VEC_DELTA] = decode_delta, [VEC_DICT] = decode_dict,       [VEC_POPULAR] = decode_popular,
    [VEC_PLANES] = decode_planes, [VEC_SPARSE] = decode_sparse,
};

static int decode(const struct job *j, const struct vec *v)
{
    if (j->depth > VEC_DEPTH_MAX) {
        return damaged(j->fault, "nested too deeply");
    }
    return decoders[v->kind](j, v);
}

int vec_decode(struct vec_work *w, const struct vec *v, uint32_t n, unsigned width, void *out,
               struct fault *fault)
{
    struct job j = {w, n, width, out, fault, 0, false};
    assert(width == 1 || width == 2 || width == 4 || width == 8);
    return decode(&j, v);
}

static int read_next(struct vec_work *w, struct cur *c, uint32_t n, unsigned width, bool narrow,
                     const void **out, struct fault *fault)
{
    struct job j = {w, n, width, NULL, fault, 0, narrow};
    struct vec v;
    int rc = vec_take(c, &v, fault);
    if (rc != 0) {
        return rc;
    }
    if (lies_ready(&v, n, width)) {
        *out = v.body.at;
        return 0;
    }
    j.out = scratch(w, n, width);
    if (j.out == NULL) {
        return ERR_NOMEM;
    }
    *out = j.out;
    return decode(&j, &v);
}

unsigned vec_least_width(struct cur c, unsigned width)
{
    struct vec v;
    uint64_t most;
    if (vec_take(&c, &v, NULL) != 0 || v.bits > 32 || v.base > UINT32_MAX ||
        (v.kind != VEC_CONST && v.kind != VEC_RAW && v.kind != VEC_BITS && v.kind != VEC_PLANES)) {
        return width;
    }
    most = v.base + ((uint64_t)1 << v.bits) - 1;
    while (width > 1 && most >> 4 * width == 0) {
        width /= 2;
    }
    return width;
}

int vec_read(struct vec_work *w, struct cur *c, uint32_t n, unsigned width, const void **out,
             struct fault *fault)
{
    return read_next(w, c, n, width, false, out, fault);
}

int vec_read_narrow(struct vec_work *w, struct cur *c, uint32_t n, unsigned width,
                    const void **out, struct fault *fault)
{
    return read_next(w, c, n, width, true, out, fault);
}

int vec_read_sparse(struct vec_work *w, const struct vec *v, uint32_t n, uint32_t *e,
                    const uint32_t **rows, struct cur *values, struct fault *fault)
{
    struct job j = {w, n, sizeof **rows, NULL, fault, 0, false};
    uint32_t *own = NULL;
    int rc;
    *values = v->body;
    rc = read_sparse(&j, values, e, &own);
    *rows = own;
    return rc;
}

int vec_read_dict(struct vec_work *w, const struct vec *v, uint32_t n, unsigned width,
                  uint32_t *m, const void **table, const void **codes, struct fault *fault)
{
    struct job j = {w, n, width, NULL, fault, 0, false};
    void *t = NULL;
    void *c = NULL;
    int rc = read_dict(&j, v, m, &t, &c);
    *table = t;
    *codes = c;
    return rc;
}

int vec_read_popular(struct vec_work *w, const struct vec *v, uint32_t n, unsigned width,
                     struct vec_popular *p, struct fault *fault)
{
    struct cur c = v->body;
    struct vec codes;
    int rc = popular_head(&c, n, &p->m, &p->e, fault);
    rc = rc != 0 ? rc : vec_read(w, &c, p->m, width, &p->table, fault);
    p->codes = c;
    rc = rc != 0 ? rc : vec_take(&c, &codes, fault);
    return rc != 0 ? rc : vec_take(&c, &p->exceptions, fault);
}

int vec_popular_escapes(struct vec_work *w, const struct vec_popular *p, const void *codes,
                        uint32_t n, const uint64_t **escapes, struct fault *fault)
{
    uint64_t *bits = arena_alloc(w->arena, (BITS_WORDS(n) + 1) * sizeof *bits);
    if (bits == NULL) {
        return ERR_NOMEM;
    }
    kernel_range(codes, vec_code_width(p->m + 1), n, p->m, p->m, bits);
    *escapes = bits;
    return bits_count(bits, n) == p->e ? 0 : damaged(fault, "a code outside of its table");
}
