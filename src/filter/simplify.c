/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * simplify.c - the optimiser.
 *
 * Works from the leaves up and makes new nodes. Every step is linear in the number of kids apart
 * from sorting, so that tens of thousands of or-ed terms stay cheap. Recursion is as deep as the
 * tree, which the parser bounds.
 */
#include "filter/simplify.h"

#include <stdlib.h>
#include <string.h>

static bool is_constant(const struct cond *c)
{
    return c->kind == COND_TRUE || c->kind == COND_FALSE;
}

/* ------------------------------------------------------------------ normal form */

static struct cond *normal(struct arena *a, const struct cond *c, bool negate);

static bool add_flat(struct arena *a, struct cond *into, struct cond *kid)
{
    if (kid->kind != into->kind) {
        return cond_add(a, into, kid);
    }
    for (size_t i = 0; i < kid->nkids; i++) {
        if (!cond_add(a, into, kid->kids[i])) {
            return false;
        }
    }
    return true;
}

static struct cond *normal_many(struct arena *a, const struct cond *c, bool negate)
{
    bool all = (c->kind == COND_AND) != negate;
    struct cond *out = cond_many(a, all ? COND_AND : COND_OR);
    if (out == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < c->nkids; i++) {
        struct cond *kid = normal(a, c->kids[i], negate);
        if (kid == NULL) {
            return NULL;
        }
        if (is_constant(kid)) {
            if ((kid->kind == COND_TRUE) == all) {
                continue; /* true in an and, false in an or */
            }
            return kid;
        }
        if (!add_flat(a, out, kid)) {
            return NULL;
        }
    }
    return out->nkids == 0 ? cond_constant(a, all) : out->nkids == 1 ? out->kids[0] : out;
}

/* A test whose set is empty is false; an unguarded one whose set is everything is true. */
static struct cond *normal_test(struct arena *a, const struct cond *c, bool negate)
{
    const struct test *t = c->test;
    bool has_set = t->op == OP_RANGE || t->op == OP_ADDR || t->op == OP_ADDR_AS;
    struct cond *out;
    negate = negate != c->negate;
    if (has_set && t->set.n == 0) {
        return cond_constant(a, negate);
    }
    if (t->op == OP_RANGE && t->guard == GROUP_HEADER && ranges_cover(&t->set, 0, UINT64_MAX)) {
        return cond_constant(a, !negate);
    }
    out = cond_test(a, t);
    if (out != NULL) {
        out->test = c->test;
        out->negate = negate;
    }
    return out;
}

static struct cond *normal(struct arena *a, const struct cond *c, bool negate)
{
    switch (c->kind) {
    case COND_TRUE:
    case COND_FALSE:
        return cond_constant(a, (c->kind == COND_TRUE) != negate);
    case COND_TEST:
        return normal_test(a, c, negate);
    case COND_NOT:
        return normal(a, c->kids[0], !negate);
    case COND_AND:
    case COND_OR:
        break;
    }
    return normal_many(a, c, negate);
}

/* ------------------------------------------------------------------ sets */

static bool mergeable(const struct cond *c)
{
    return c->kind == COND_TEST && (c->test->op == OP_RANGE || c->test->op == OP_ADDR ||
                                    c->test->op == OP_ADDR_AS);
}

/* Order by everything but the set, so that what can be merged stands together. */
static int compare_keys(const struct cond *x, const struct cond *y)
{
    const struct test *s = x->test;
    const struct test *t = y->test;
#define BY(m) if (s->m != t->m) return s->m < t->m ? -1 : 1
    BY(op);
    BY(field);
    BY(guard);
    BY(shift);
    BY(bits);
#undef BY
    return (int)x->negate - (int)y->negate;
}

static int compare_kids(const void *x, const void *y)
{
    const struct cond *a = *(const struct cond *const *)x;
    const struct cond *b = *(const struct cond *const *)y;
    return compare_keys(a, b);
}

/* In an or, plain tests unite and negated ones intersect; in an and the other way round. */
static struct cond *merge_run(struct arena *a, struct cond **kids, size_t n, bool unite)
{
    struct test t = *kids[0]->test;
    struct cond *out;
    if (n == 1) {
        return kids[0];
    }
    if (unite) {
        const struct ranges **sets = arena_alloc(a, n * sizeof(struct ranges *));
        for (size_t i = 0; sets != NULL && i < n; i++) {
            sets[i] = &kids[i]->test->set;
        }
        if (sets == NULL || !ranges_union(a, sets, n, &t.set)) {
            return NULL;
        }
    } else {
        for (size_t i = 1; i < n; i++) {
            if (!ranges_intersect(a, &t.set, &kids[i]->test->set, &t.set)) {
                return NULL;
            }
        }
    }
    out = cond_test(a, &t);
    if (out != NULL) {
        out->negate = kids[0]->negate;
    }
    return out;
}

/* Split kids into those that have sets, sorted, and the rest; returns how many have. */
static size_t partition(const struct cond *c, struct cond **sorted, struct cond **rest)
{
    size_t n = 0;
    size_t m = 0;
    for (size_t i = 0; i < c->nkids; i++) {
        if (mergeable(c->kids[i])) {
            sorted[n++] = c->kids[i];
        } else {
            rest[m++] = c->kids[i];
        }
    }
    qsort(sorted, n, sizeof(struct cond *), compare_kids);
    return n;
}

static struct cond *merge_sets(struct arena *a, const struct cond *c)
{
    struct cond **sorted = arena_alloc(a, c->nkids * sizeof(struct cond *));
    struct cond **rest = arena_alloc(a, c->nkids * sizeof(struct cond *));
    struct cond *out = cond_many(a, c->kind);
    size_t n;
    if (sorted == NULL || rest == NULL || out == NULL) {
        return NULL;
    }
    n = partition(c, sorted, rest);
    for (size_t i = 0, run; i < n; i += run) {
        bool unite = (c->kind == COND_OR) != sorted[i]->negate;
        for (run = 1; i + run < n && compare_keys(sorted[i], sorted[i + run]) == 0; run++) {
        }
        if (!cond_add(a, out, merge_run(a, sorted + i, run, unite))) {
            return NULL;
        }
    }
    for (size_t i = 0; i < c->nkids - n; i++) {
        if (!cond_add(a, out, rest[i])) {
            return NULL;
        }
    }
    return normal_many(a, out, false); /* sets may have become empty or everything */
}

/* ------------------------------------------------------------------ equal kids */

struct hashed {
    uint64_t hash; /* without the negation of a test */
    size_t place;
    struct cond *cond;
};

/* Remembered in the node: kids are final when their parent asks. */
static uint64_t hash_of_cond(struct cond *c)
{
    uint64_t h = (uint64_t)c->kind * 0x9e3779b97f4a7c15u;
    if (c->hash != 0) {
        return c->hash;
    }
    if (c->kind == COND_TEST) {
        h = test_hash(c->test);
    }
    for (size_t i = 0; i < c->nkids; i++) {
        uint64_t kid = hash_of_cond(c->kids[i]);
        h = (h ^ (c->kids[i]->negate ? ~kid : kid)) * 0xd6e8feb86659fd93u;
        h ^= h >> 29;
    }
    c->hash = h | 1;
    return c->hash;
}

static bool same(const struct cond *x, const struct cond *y)
{
    if (x->kind != y->kind || x->nkids != y->nkids) {
        return false;
    }
    if (x->kind == COND_TEST) {
        return test_equal(x->test, y->test);
    }
    for (size_t i = 0; i < x->nkids; i++) {
        if (x->kids[i]->negate != y->kids[i]->negate || !same(x->kids[i], y->kids[i])) {
            return false;
        }
    }
    return true;
}

static int compare_hashed(const void *x, const void *y)
{
    const struct hashed *a = x;
    const struct hashed *b = y;
    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }
    return a->place < b->place ? -1 : a->place > b->place;
}

/* Drop later equal kids; a kid beside its own negation decides the whole node. */
static struct cond *dedupe(struct arena *a, struct cond *c)
{
    struct hashed *h = arena_alloc(a, c->nkids * sizeof *h);
    size_t kept = 0;
    if (h == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < c->nkids; i++) {
        h[i] = (struct hashed){hash_of_cond(c->kids[i]), i, c->kids[i]};
    }
    qsort(h, c->nkids, sizeof *h, compare_hashed);
    for (size_t i = 1; i < c->nkids; i++) {
        const struct cond *x = h[i - 1].cond;
        const struct cond *y = h[i].cond;
        if (h[i - 1].hash != h[i].hash || !same(x, y)) {
            continue;
        }
        if (x->negate != y->negate) {
            return cond_constant(a, c->kind == COND_OR);
        }
        c->kids[h[i].place] = NULL;
    }
    for (size_t i = 0; i < c->nkids; i++) {
        if (c->kids[i] != NULL) {
            c->kids[kept++] = c->kids[i];
        }
    }
    c->nkids = kept;
    return kept == 1 ? c->kids[0] : c;
}

/* ------------------------------------------------------------------ cost */

enum { BREADTHS = 4 };

/* Of tests that cost the same, first those that few rows pass: one value of many possible ones, one
 * of 256, a range, a range of large numbers. */
static unsigned breadth_of(const struct test *t)
{
    size_t width = t->field < FIELD_COUNT_ ? field_width(t->field) : 0;
    if (t->set.n == 1 && t->set.at[0].low == t->set.at[0].high) {
        return width == 1;
    }
    return width < 8 ? 2 : 3;
}

static unsigned long cost_of_test(const struct test *t)
{
    unsigned long sum = op_facts(t->op)->cost;
    sum += t->field < FIELD_COUNT_ && t->field >= FIELD_STORED_ ? 20 : 0;
    sum += t->set.n > 64 ? 4 : t->set.n > 1 ? 1 : 0;
    return sum * BREADTHS + breadth_of(t);
}

static unsigned long cost_of(struct cond *c)
{
    unsigned long sum = 0;
    if (c->cost != 0) {
        return c->cost;
    }
    if (c->kind == COND_TEST) {
        return cost_of_test(c->test);
    }
    for (size_t i = 0; i < c->nkids; i++) {
        sum += cost_of(c->kids[i]);
    }
    c->cost = sum + 1;
    return c->cost;
}

struct costed {
    unsigned long cost;
    size_t place;
    struct cond *cond;
};

static int compare_costs(const void *x, const void *y)
{
    const struct costed *a = x;
    const struct costed *b = y;
    if (a->cost != b->cost) {
        return a->cost < b->cost ? -1 : 1;
    }
    return a->place < b->place ? -1 : a->place > b->place;
}

static bool order_by_cost(struct arena *a, struct cond *c)
{
    struct costed *k = arena_alloc(a, c->nkids * sizeof *k);
    if (k == NULL) {
        return false;
    }
    for (size_t i = 0; i < c->nkids; i++) {
        k[i] = (struct costed){cost_of(c->kids[i]), i, c->kids[i]};
    }
    qsort(k, c->nkids, sizeof *k, compare_costs);
    for (size_t i = 0; i < c->nkids; i++) {
        c->kids[i] = k[i].cond;
    }
    return true;
}

/* ------------------------------------------------------------------ all of it */

static bool is_many(const struct cond *c)
{
    return c != NULL && (c->kind == COND_AND || c->kind == COND_OR);
}

/* c is in normal form. */
static struct cond *improve(struct arena *a, struct cond *c)
{
    struct cond *kids;
    if (!is_many(c)) {
        return c;
    }
    kids = cond_many(a, c->kind);
    for (size_t i = 0; i < c->nkids; i++) {
        if (!cond_add(a, kids, improve(a, c->kids[i]))) {
            return NULL;
        }
    }
    c = normal_many(a, kids, false);
    c = is_many(c) ? merge_sets(a, c) : c;
    c = is_many(c) ? dedupe(a, c) : c;
    if (is_many(c) && !order_by_cost(a, c)) {
        return NULL;
    }
    return c;
}

struct cond *simplify(struct arena *a, const struct cond *c)
{
    struct cond *n = normal(a, c, false);
    return n != NULL ? improve(a, n) : NULL;
}
