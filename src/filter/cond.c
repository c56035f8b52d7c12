/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * cond.c - building, comparing and showing conditions.
 */
#include "filter/cond.h"

#include "base/hash.h"
#include "filter/words.h"

#include <string.h>

static const struct op_facts ops[] = {
#define OP(id, name, cost, shape) {name, cost, SHAPE_##shape},
#include "filter/ops.def"
};

const struct op_facts *op_facts(enum op op)
{
    return &ops[op];
}

static struct cond *cond_new(struct arena *a, enum cond_kind kind)
{
    struct cond *c = arena_zalloc(a, sizeof *c);
    if (c != NULL) {
        c->kind = kind;
    }
    return c;
}

struct cond *cond_constant(struct arena *a, bool value)
{
    return cond_new(a, value ? COND_TRUE : COND_FALSE);
}

struct cond *cond_test(struct arena *a, const struct test *t)
{
    struct cond *c = cond_new(a, COND_TEST);
    if (c != NULL) {
        c->test = arena_dup(a, t, sizeof *t);
    }
    return c != NULL && c->test != NULL ? c : NULL;
}

struct cond *cond_many(struct arena *a, enum cond_kind kind)
{
    return cond_new(a, kind);
}

bool cond_add(struct arena *a, struct cond *parent, struct cond *kid)
{
    struct cond **kids;
    if (parent == NULL || kid == NULL) {
        return false;
    }
    kids = arena_grow(a, parent->kids, parent->nkids, &parent->room, sizeof(struct cond *));
    if (kids == NULL) {
        return false;
    }
    parent->kids = kids;
    parent->kids[parent->nkids++] = kid;
    return true;
}

struct cond *cond_not(struct arena *a, struct cond *c)
{
    struct cond *n = cond_new(a, COND_NOT);
    return cond_add(a, n, c) ? n : NULL;
}

struct cond *cond_pair(struct arena *a, enum cond_kind kind, struct cond *x, struct cond *y)
{
    struct cond *c = cond_new(a, kind);
    return cond_add(a, c, x) && cond_add(a, c, y) ? c : NULL;
}

struct cond *cond_range(struct arena *a, enum field_id field, uint64_t low, uint64_t high)
{
    struct test t = {.op = OP_RANGE, .guard = field_guard(field), .field = field,
                     .field2 = FIELD_NONE, .bits = UINT64_MAX};
    return ranges_single(a, low, high, &t.set) ? cond_test(a, &t) : NULL;
}

bool test_equal(const struct test *x, const struct test *y)
{
    return x->op == y->op && x->guard == y->guard && x->field == y->field &&
           x->field2 == y->field2 && x->shift == y->shift && x->bits == y->bits &&
           x->number == y->number && x->object == y->object && x->text_len == y->text_len &&
           (x->text_len == 0 || memcmp(x->text, y->text, x->text_len) == 0) &&
           ranges_equal(&x->set, &y->set);
}

uint64_t test_hash(const struct test *t)
{
    uint64_t head[] = {t->op,   t->guard,  t->field,    t->field2, t->shift,
                       t->bits, t->number, t->text_len, t->set.n};
    uint64_t h = hash_of(head, sizeof head);
    if (t->set.n > 0) { /* the beginning of a long list tells it from others well enough */
        size_t n = t->set.n < 64 ? t->set.n : 64;
        h = hash_seeded(t->set.at, n * sizeof *t->set.at, h);
    }
    return t->text_len > 0 ? hash_seeded(t->text, t->text_len, h) : h;
}

static void dump_bound(const struct test *t, wide w, struct buf *out)
{
    char text[IP_TEXT_MAX];
    struct ip ip = wide_to_ip(w);
    if (t->op == OP_ADDR) {
        ip_format(&ip, ip_is_mapped(&ip) ? 4 : 6, text);
        buf_str(out, text);
    } else {
        buf_u64(out, (uint64_t)w);
    }
}

static void dump_set(const struct test *t, struct buf *out)
{
    enum { SHOWN = 6 };
    buf_str(out, " in {");
    for (size_t i = 0; i < t->set.n && i < SHOWN; i++) {
        buf_char(out, ' ');
        dump_bound(t, t->set.at[i].low, out);
        if (t->set.at[i].high != t->set.at[i].low) {
            buf_str(out, "..");
            dump_bound(t, t->set.at[i].high, out);
        }
    }
    if (t->set.n > SHOWN) {
        buf_printf(out, " ... %zu ranges", t->set.n);
    }
    buf_str(out, " }");
}

void test_dump(const struct test *t, struct buf *out)
{
    const char *group = field_group_name(t->guard);
    buf_str(out, op_facts(t->op)->name);
    if (t->field != FIELD_NONE) {
        buf_printf(out, " %s", field_of(t->field)->name);
    }
    if (t->field2 != FIELD_NONE) {
        buf_printf(out, " %s", field_of(t->field2)->name);
    }
    if (t->op == OP_RANGE && t->bits != UINT64_MAX) {
        buf_printf(out, " >> %u & 0x%llx", t->shift, (unsigned long long)t->bits);
    }
    if (t->op == OP_RANGE || t->op == OP_ADDR || t->op == OP_ADDR_AS) {
        dump_set(t, out);
    } else if (t->op == OP_GROUP) {
        buf_printf(out, " 0x%llx", (unsigned long long)t->number);
    } else if (t->op == OP_GEO) {
        buf_printf(out, " %c%c", (char)(t->number >> 8), (char)t->number);
    }
    if (t->text != NULL) {
        buf_str(out, " '");
        buf_add(out, t->text, t->text_len);
        buf_char(out, '\'');
    }
    if (t->guard != GROUP_HEADER && group != NULL) {
        buf_printf(out, " if %s", group);
    }
}

void cond_dump(const struct cond *c, unsigned depth, struct buf *out)
{
    static const char *const names[] = {"true", "false", "", "not", "and", "or"};
    buf_fill(out, ' ', (size_t)(depth < 40 ? depth : 40) * 2);
    if (c->kind == COND_TEST) {
        buf_str(out, c->negate ? "not " : "");
        test_dump(c->test, out);
    } else {
        buf_str(out, names[c->kind]);
    }
    buf_char(out, '\n');
    for (size_t i = 0; i < c->nkids; i++) {
        cond_dump(c->kids[i], depth + 1, out);
    }
}
