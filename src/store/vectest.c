/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * vectest.c - answer questions about the numbers of a vec from the form they are kept in.
 *
 * A column is rarely needed whole to be filtered: of a table with codes each entry is tested once,
 * of octet planes the upper ones decide nearly all rows, numbers with a base are compared with
 * bounds less the base. What has no short way is decoded and tested; that is also the plain
 * version which the unit test compares all others with.
 *
 * Rows outside of `need` may come out either way. Several questions are answered at once, because
 * planes ask two of each plane. All memory is the workspace's arena.
 */
#include "store/vec.h"

#include "base/bits.h"
#include "base/simd.h"
#include "store/veckernels.h"

#include <assert.h>
#include <string.h>

struct job {
    struct vec_work *w;
    uint32_t n;
    unsigned width;
    const struct vec_question *q;
    unsigned nq;
    const uint64_t *need; /* NULL: all rows */
    struct fault *fault;
    int depth;
};

static int damaged(struct fault *fault, const char *what)
{
    return fault_set(fault, ERR_FORMAT, "damaged column: %s", what);
}

static uint64_t mask_of(unsigned bits)
{
    return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

static void *scratch(struct vec_work *w, uint32_t n, unsigned width)
{
    return arena_alloc(w->arena, ((size_t)n + 1) * width);
}

static uint64_t *bitmap(struct vec_work *w, uint32_t n)
{
    return arena_alloc(w->arena, (BITS_WORDS(n) + 1) * sizeof(uint64_t)); /* slice_of() */
}

static void answer_all(const struct job *j, unsigned k, bool value)
{
    bits_fill(j->q[k].out, j->n, value);
}

static int test(const struct job *j, const struct vec *v);

static int test_next(const struct job *j, struct cur *c)
{
    struct vec v;
    int rc = vec_take(c, &v, j->fault);
    return rc != 0 ? rc : test(j, &v);
}

/* ------------------------------------------------------------------ the plain way */

static int test_plain(const struct job *j, const struct vec *v)
{
    void *values = scratch(j->w, j->n, j->width);
    int rc = values != NULL ? vec_decode(j->w, v, j->n, j->width, values, j->fault) : ERR_NOMEM;
    for (unsigned k = 0; k < j->nq && rc == 0; k++) {
        number_test_array(j->q[k].test, values, j->width, j->n, j->q[k].out);
    }
    return rc;
}

static int test_const(const struct job *j, const struct vec *v)
{
    uint64_t value = v->base & mask_of(8 * j->width);
    for (unsigned k = 0; k < j->nq; k++) {
        answer_all(j, k, number_passes(j->q[k].test, value));
    }
    return 0;
}

/* ------------------------------------------------------------------ numbers above a base */

/* Can the base be taken off the bounds instead of being added to all numbers? */
static bool base_folds(const struct job *j, const struct vec *v)
{
    uint64_t top = mask_of(v->bits);
    uint64_t most = mask_of(8 * j->width);
    if (v->base == 0) {
        return true;
    }
    for (unsigned k = 0; k < j->nq; k++) {
        if (j->q[k].test->ask != NUMBER_RANGE) {
            return false;
        }
    }
    return v->base <= most && top <= most - v->base;
}

/* The question about numbers without their base; false: none of them passes. */
static bool without_base(const struct number_test *t, uint64_t base, struct number_test *out)
{
    *out = *t;
    if (base == 0) {
        return true;
    }
    if (t->hi < base || t->lo > t->hi) {
        return false;
    }
    out->lo = t->lo > base ? t->lo - base : 0;
    out->hi = t->hi - base;
    return true;
}

static void test_narrow(const struct job *j, uint64_t base, const void *values, unsigned width)
{
    for (unsigned k = 0; k < j->nq; k++) {
        struct number_test t;
        if (without_base(j->q[k].test, base, &t)) {
            number_test_array(&t, values, width, j->n, j->q[k].out);
        } else {
            answer_all(j, k, false);
        }
    }
}

/* RAW and BITS: numbers in the fewest octets that hold them. */
static int test_numbers(const struct job *j, const struct vec *v)
{
    unsigned width = v->bits <= 8 ? 1 : v->bits <= 16 ? 2 : v->bits <= 32 ? 4 : 8;
    struct vec plain = *v;
    void *values = NULL;
    int rc;
    if (v->bits < 1 || width > j->width || !base_folds(j, v)) {
        return test_plain(j, v);
    }
    if (v->kind == VEC_RAW && !(v->flags & VEC_ZSTD) &&
        cur_left(&v->body) == (size_t)j->n * width && v->bits == 8 * width) {
        test_narrow(j, v->base, v->body.at, width);
        return 0;
    }
    plain.base = 0;
    values = scratch(j->w, j->n, width);
    rc = values != NULL ? vec_decode(j->w, &plain, j->n, width, values, j->fault) : ERR_NOMEM;
    if (rc == 0) {
        test_narrow(j, v->base, values, width);
    }
    return rc;
}

/* ------------------------------------------------------------------ tables */

static uint64_t number_at(const void *values, unsigned width, uint32_t i)
{
    uint64_t v = 0;
    memcpy(&v, (const uint8_t *)values + (size_t)i * width, width); /* little-endian: base/cur.h */
    return v;
}

/* Which of m entries pass; how many. */
static uint32_t test_table(const struct number_test *t, const void *table, unsigned width,
                           uint32_t m, uint8_t *yes)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m; i++) {
        yes[i] = number_passes(t, number_at(table, width, i));
        count += yes[i];
    }
    return count;
}

static int test_dict(const struct job *j, const struct vec *v)
{
    uint32_t m;
    const void *table;
    const void *codes;
    int rc = vec_read_dict(j->w, v, j->n, j->width, &m, &table, &codes, j->fault);
    uint8_t *yes = rc == 0 ? scratch(j->w, m, 1) : NULL;
    if (rc == 0 && yes == NULL) {
        return ERR_NOMEM;
    }
    for (unsigned k = 0; k < j->nq && rc == 0; k++) {
        test_table(j->q[k].test, table, j->width, m, yes);
        kernel_codes(codes, vec_code_width(m), j->n, yes, m, j->q[k].out);
    }
    return rc;
}

/* ------------------------------------------------------------------ popular values, exceptions */

struct popular {
    struct vec_popular is;
    const void *codes;       /* NULL until somebody needs them */
    const uint64_t *escapes; /* rows that have an exception; NULL until somebody needs them */
};

/* k bits from `at` on; bits has a word more than it needs. */
static inline uint64_t slice_of(const uint64_t *bits, size_t at, unsigned k)
{
    uint64_t low = bits[at / 64] >> at % 64;
    uint64_t high = at % 64 != 0 ? bits[at / 64 + 1] << (64 - at % 64) : 0;
    return (low | high) & mask_of(k);
}

/* The i-th one of `places` gets the i-th bit of `bits`: or into out. Few of them are set: most
 * words are passed over. */
SIMD_CLONES static void deposit(const uint64_t *places, const uint64_t *bits, uint32_t n,
                                uint64_t *out)
{
    size_t at = 0;
    for (size_t w = 0; w < BITS_WORDS(n); w++) {
        unsigned k = (unsigned)__builtin_popcountll(places[w]);
        uint64_t slice = k != 0 ? slice_of(bits, at, k) : 0;
        for (uint64_t left = places[w]; slice != 0; left &= left - 1, slice >>= 1) {
            out[w] |= slice & 1 ? left & -left : 0;
        }
        at += k;
    }
}

static int popular_codes(const struct job *j, struct popular *p)
{
    struct cur c = p->is.codes;
    return p->codes != NULL ? 0
                            : vec_read(j->w, &c, j->n, vec_code_width(p->is.m + 1), &p->codes,
                                       j->fault);
}

static int popular_escapes(const struct job *j, struct popular *p)
{
    return p->escapes != NULL
               ? 0 : vec_popular_escapes(j->w, &p->is, p->codes, j->n, &p->escapes, j->fault);
}

/* Every value that passes stands in the table: then no exception does, for those do not. */
static bool table_settles(const struct job *j, const struct vec_popular *p, unsigned k,
                          uint8_t *yes)
{
    const struct number_test *t = j->q[k].test;
    return t->ask == NUMBER_RANGE && t->lo <= t->hi && t->hi - t->lo < p->m &&
           test_table(t, p->table, j->width, p->m, yes) == t->hi - t->lo + 1;
}

/* One question, when it is known which exceptions pass; NULL: none. */
static int popular_answer(const struct job *j, struct popular *p, unsigned k,
                          const uint64_t *exceptions, uint8_t *yes)
{
    bool some = exceptions != NULL && !bits_none(exceptions, p->is.e);
    int rc;
    if (test_table(j->q[k].test, p->is.table, j->width, p->is.m, yes) == 0 && !some) {
        answer_all(j, k, false);
        return 0;
    }
    rc = popular_codes(j, p);
    rc = rc == 0 && some ? popular_escapes(j, p) : rc;
    if (rc == 0) {
        kernel_codes(p->codes, vec_code_width(p->is.m + 1), j->n, yes, p->is.m, j->q[k].out);
    }
    if (rc == 0 && some) {
        deposit(p->escapes, exceptions, j->n, j->q[k].out);
    }
    return rc;
}

/* Questions that the table does not settle are asked of the exceptions: answers to out[k]. */
static int ask_exceptions(const struct job *j, const struct vec_popular *p, uint8_t *yes,
                          uint64_t *out[VEC_QUESTIONS_MAX])
{
    struct vec_question q[VEC_QUESTIONS_MAX];
    struct job inner = *j;
    inner.n = p->e;
    inner.q = q;
    inner.nq = 0;
    inner.need = NULL;
    inner.depth++;
    for (unsigned k = 0; k < j->nq; k++) {
        out[k] = NULL;
        if (p->e > 0 && !table_settles(j, p, k, yes)) {
            out[k] = bitmap(j->w, p->e);
            q[inner.nq++] = (struct vec_question){j->q[k].test, out[k]};
        }
        if (inner.nq > 0 && q[inner.nq - 1].out == NULL) {
            return ERR_NOMEM;
        }
    }
    return inner.nq > 0 ? test(&inner, &p->exceptions) : 0;
}

static int test_popular(const struct job *j, const struct vec *v)
{
    uint64_t *passing[VEC_QUESTIONS_MAX];
    struct popular p = {.codes = NULL};
    uint8_t *yes;
    int rc = vec_read_popular(j->w, v, j->n, j->width, &p.is, j->fault);
    if (rc != 0) {
        return rc;
    }
    yes = scratch(j->w, p.is.m, 1);
    rc = yes != NULL ? ask_exceptions(j, &p.is, yes, passing) : ERR_NOMEM;
    for (unsigned k = 0; k < j->nq && rc == 0; k++) {
        rc = popular_answer(j, &p, k, passing[k], yes);
    }
    return rc;
}

/* ------------------------------------------------------------------ exceptions by row */

/* All rows answer as the base does, but those that pass or fail for themselves. */
static void sparse_answer(const struct job *j, unsigned k, uint64_t base, const uint32_t *rows,
                          uint32_t e, const uint64_t *passing)
{
    bool usual = number_passes(j->q[k].test, base & mask_of(8 * j->width));
    answer_all(j, k, usual);
    for (uint32_t i = 0; i < e; i++) {
        uint64_t differs = bits_get(passing, i) != usual;
        j->q[k].out[rows[i] / 64] ^= differs << rows[i] % 64;
    }
}

static int test_sparse(const struct job *j, const struct vec *v)
{
    struct vec_question q[VEC_QUESTIONS_MAX];
    struct job inner = *j;
    const uint32_t *rows;
    struct cur values;
    int rc = vec_read_sparse(j->w, v, j->n, &inner.n, &rows, &values, j->fault);
    inner.q = q;
    inner.need = NULL;
    inner.depth++;
    for (unsigned k = 0; k < j->nq && rc == 0; k++) {
        q[k] = (struct vec_question){j->q[k].test, bitmap(j->w, inner.n)};
        rc = q[k].out != NULL ? 0 : ERR_NOMEM;
    }
    rc = rc != 0 ? rc : test_next(&inner, &values);
    for (unsigned k = 0; k < j->nq && rc == 0; k++) {
        sparse_answer(j, k, v->base, rows, inner.n, q[k].out);
    }
    return rc;
}

/* ------------------------------------------------------------------ planes */

/* One bound of a range, compared plane by plane from the top. */
struct bound {
    uint64_t value;
    bool open;        /* nothing to compare: all rows are inside */
    uint64_t *inside; /* rows that upper planes showed to be inside */
    uint64_t *tied;   /* rows that are equal to the bound so far */
    uint64_t *strict, *equal; /* of the present plane */
};

static bool bound_begin(const struct job *j, struct bound *b)
{
    b->inside = bitmap(j->w, j->n);
    b->tied = bitmap(j->w, j->n);
    b->strict = bitmap(j->w, j->n);
    b->equal = bitmap(j->w, j->n);
    if (b->inside == NULL || b->tied == NULL || b->strict == NULL || b->equal == NULL) {
        return false;
    }
    bits_fill(b->inside, j->n, b->open);
    bits_fill(b->tied, j->n, !b->open);
    if (j->need != NULL) {
        bits_and(b->tied, j->need, j->n);
    }
    return true;
}

static void bound_step(const struct job *j, struct bound *b)
{
    for (size_t w = 0; w < BITS_WORDS(j->n) && !b->open; w++) {
        b->inside[w] |= b->tied[w] & b->strict[w];
        b->tied[w] &= b->equal[w];
    }
}

static bool bound_settled(const struct job *j, const struct bound *b)
{
    return b->open || bits_none(b->tied, j->n);
}

/* Ask one plane how it lies to the octets of both bounds. */
static int test_plane(const struct job *j, struct cur *plane, struct bound b[2], unsigned shift)
{
    uint64_t lo = b[0].value >> shift & 255;
    uint64_t hi = b[1].value >> shift & 255;
    struct number_test t[4] = {{.ask = NUMBER_RANGE, .lo = lo + 1, .hi = 255},
                               {.ask = NUMBER_RANGE, .lo = lo, .hi = lo},
                               {.ask = NUMBER_RANGE, .lo = hi == 0, .hi = hi == 0 ? 0 : hi - 1},
                               {.ask = NUMBER_RANGE, .lo = hi, .hi = hi}};
    struct vec_question q[4] = {{&t[0], b[0].strict}, {&t[1], b[0].equal},
                                {&t[2], b[1].strict}, {&t[3], b[1].equal}};
    struct job inner = *j;
    inner.width = 1;
    inner.q = b[0].open ? q + 2 : q;
    inner.nq = b[0].open || b[1].open ? 2 : 4;
    inner.need = NULL;
    inner.depth++;
    return test_next(&inner, plane);
}

/* Bounds less the base, against numbers of so many planes; false: no row passes. */
static bool set_bounds(const struct number_test *t, uint64_t base, unsigned bits,
                       struct bound b[2])
{
    struct number_test less;
    uint64_t most = mask_of(bits);
    if (!without_base(t, base, &less) || less.lo > less.hi || less.lo > most) {
        return false;
    }
    b[0] = (struct bound){.value = less.lo, .open = less.lo == 0};
    b[1] = (struct bound){.value = less.hi < most ? less.hi : most, .open = less.hi >= most};
    return true;
}

/* Places of the planes, lowest first. */
static int find_planes(const struct job *j, const struct vec *v, struct cur planes[8])
{
    struct cur c = v->body;
    struct vec skipped;
    int rc = 0;
    for (unsigned p = 0; p < v->bits / 8 && rc == 0; p++) {
        planes[p] = c;
        rc = vec_take(&c, &skipped, j->fault);
    }
    return rc;
}

/* The rows that the upper planes left open: how many; they go into rows. */
static uint32_t open_rows(const struct job *j, const struct bound b[2], uint32_t *rows)
{
    uint32_t k = 0;
    for (size_t w = 0; w < BITS_WORDS(j->n); w++) {
        uint64_t left = (b[0].open ? 0 : b[0].tied[w]) | (b[1].open ? 0 : b[1].tied[w]);
        for (; left != 0; left &= left - 1) {
            rows[k++] = (uint32_t)(w * 64 + (unsigned)__builtin_ctzll(left));
        }
    }
    return k;
}

/* Numbers of k rows, of the lowest n planes. */
static int lower_numbers(const struct job *j, struct cur planes[8], unsigned n,
                         const uint32_t *rows, uint32_t k, uint64_t *out)
{
    uint64_t *octets = scratch(j->w, k, sizeof *octets);
    int rc = octets != NULL ? 0 : ERR_NOMEM;
    memset(out, 0, k * sizeof *out);
    for (unsigned p = 0; p < n && rc == 0; p++) {
        struct cur c = planes[p];
        struct vec v;
        rc = vec_take(&c, &v, j->fault);
        rc = rc != 0 ? rc : vec_pick(j->w, &v, j->n, 1, rows, k, octets, j->fault);
        for (uint32_t i = 0; i < k && rc == 0; i++) {
            out[i] |= octets[i] << 8 * p;
        }
    }
    return rc;
}

static void settle(struct bound *b, uint32_t row, bool inside)
{
    uint64_t bit = (uint64_t)1 << row % 64;
    if (!b->open && (b->tied[row / 64] & bit) && !inside) {
        b->tied[row / 64] &= ~bit;
    }
}

enum { FEW_OPEN = 64 }; /* one in so many rows */

/* Few open rows are settled one by one, from the lowest n planes. *few: they are. */
static int settle_few(const struct job *j, struct cur planes[8], unsigned n, struct bound b[2],
                      bool *few)
{
    uint64_t mask = mask_of(8 * n);
    size_t k = bits_count(b[0].open ? b[1].tied : b[0].tied, j->n) +
               (b[0].open || b[1].open ? 0 : bits_count(b[1].tied, j->n));
    uint32_t *rows;
    uint64_t *numbers;
    uint32_t open;
    int rc;
    *few = k <= j->n / FEW_OPEN;
    if (!*few) {
        return 0;
    }
    rows = scratch(j->w, (uint32_t)k, sizeof *rows);
    numbers = scratch(j->w, (uint32_t)k, sizeof *numbers);
    if (rows == NULL || numbers == NULL) {
        return ERR_NOMEM;
    }
    open = open_rows(j, b, rows);
    rc = lower_numbers(j, planes, n, rows, open, numbers);
    for (uint32_t i = 0; i < open && rc == 0; i++) {
        settle(&b[0], rows[i], numbers[i] >= (b[0].value & mask));
        settle(&b[1], rows[i], numbers[i] <= (b[1].value & mask));
    }
    return rc;
}

static int compare_planes(const struct job *j, struct cur planes[8], unsigned n, struct bound b[2])
{
    bool few = false;
    int rc = 0;
    for (unsigned p = n; p-- > 0 && rc == 0;) {
        if (bound_settled(j, &b[0]) && bound_settled(j, &b[1])) {
            break;
        }
        rc = settle_few(j, planes, p + 1, b, &few);
        if (rc != 0 || few) {
            break;
        }
        rc = test_plane(j, &planes[p], b, 8 * p);
        bound_step(j, &b[0]);
        bound_step(j, &b[1]);
    }
    return rc;
}

static int test_planes(const struct job *j, const struct vec *v)
{
    struct cur planes[8];
    struct bound b[2];
    uint64_t *out = j->q[0].out;
    int rc;
    if (j->nq != 1 || v->bits < 8 || v->bits % 8 != 0 || v->bits > 8 * j->width ||
        j->q[0].test->ask != NUMBER_RANGE || !base_folds(j, v)) {
        return test_plain(j, v);
    }
    if (!set_bounds(j->q[0].test, v->base, v->bits, b)) {
        answer_all(j, 0, false);
        return 0;
    }
    if (b[0].open && b[1].open) {
        answer_all(j, 0, true);
        return 0;
    }
    rc = bound_begin(j, &b[0]) && bound_begin(j, &b[1]) ? find_planes(j, v, planes) : ERR_NOMEM;
    rc = rc != 0 ? rc : compare_planes(j, planes, v->bits / 8, b);
    for (size_t w = 0; w < BITS_WORDS(j->n) && rc == 0; w++) {
        out[w] = (b[0].inside[w] | b[0].tied[w]) & (b[1].inside[w] | b[1].tied[w]);
    }
    return rc;
}

/* ------------------------------------------------------------------ all kinds */

static int test(const struct job *j, const struct vec *v)
{
    if (j->depth > VEC_DEPTH_MAX) {
        return damaged(j->fault, "nested too deeply");
    }
    switch (v->kind) {
    case VEC_CONST:
        return test_const(j, v);
    case VEC_RAW:
    case VEC_BITS:
        return test_numbers(j, v);
    case VEC_DICT:
        return test_dict(j, v);
    case VEC_POPULAR:
        return test_popular(j, v);
    case VEC_PLANES:
        return test_planes(j, v);
    case VEC_SPARSE:
        return test_sparse(j, v);
    case VEC_DELTA:
    case VEC_KINDS_:
        break;
    }
    return test_plain(j, v);
}

int vec_test(struct vec_work *w, const struct vec *v, uint32_t n, unsigned width,
             const struct number_test *t, const uint64_t *need, uint64_t *out,
             struct fault *fault)
{
    struct vec_question q = {t, out};
    struct job j = {w, n, width, &q, 1, need, fault, 0};
    assert(width == 1 || width == 2 || width == 4 || width == 8);
    return test(&j, v);
}
