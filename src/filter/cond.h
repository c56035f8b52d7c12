/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * cond.h - what a filter means: a tree of and, or, not over tests of fields.
 *
 * resolve.c makes it from the syntax tree, simplify.c rewrites it, compile.c makes instructions
 * from it. A test is false for a record that lacks the test's guard group; negation is outside of
 * that.
 */
#ifndef WEIR_FILTER_COND_H
#define WEIR_FILTER_COND_H

#include "base/arena.h"
#include "base/buf.h"
#include "field/field.h"
#include "filter/ranges.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op {
#define OP(id, name, cost, shape) OP_##id,
#include "filter/ops.def"
    OP_COUNT_
};

/* Facts of ops.def. */
enum op_shape {
    SHAPE_REGS, SHAPE_JUMP, SHAPE_NUMBERS, SHAPE_SET, SHAPE_PAIR, SHAPE_GROUPS, SHAPE_ADDR,
        SHAPE_PLACE,
    SHAPE_ADDR_SET, SHAPE_FILE, SHAPE_OCTETS
};

struct op_facts {
    const char *name;
    unsigned cost;
    enum op_shape shape;
};

const struct op_facts *op_facts(enum op op);

/* What is asked of a payload; regular expressions are in object. */
enum { DNS_DEFINED, DNS_NAME, DNS_ADDRESS, DNS_OVER_TCP = 16 };
enum { TLS_DEFINED, TLS_VERSION, TLS_SNI };

struct test {
    enum op op;                /* RANGE stands for BITS and SET too until compilation */
    enum field_group guard;    /* HEADER: none */
    enum field_id field;       /* FIELD_NONE if the op has none */
    enum field_id field2;      /* PAIR */
    unsigned shift;            /* RANGE: the value is field >> shift & bits */
    uint64_t bits;
    struct ranges set;         /* RANGE, ADDR, ADDR_AS */
    uint64_t number;           /* GROUP: groups; GEO: letters; payload: what is asked, version */
    const char *text;          /* TEXT, IDENT, CONTENT, ...; not NUL-terminated */
    size_t text_len;
    void *object;              /* REGEX */
};

enum cond_kind { COND_TRUE, COND_FALSE, COND_TEST, COND_NOT, COND_AND, COND_OR };

struct cond {
    enum cond_kind kind;
    bool negate;         /* TEST, after normalisation: true where the test is false */
    struct test *test;
    struct cond **kids;  /* NOT: one */
    size_t nkids;
    size_t room;
    uint64_t hash;       /* remembered by the optimiser once the node is final; 0: not yet */
    unsigned long cost;
};

struct cond *cond_constant(struct arena *a, bool value);
struct cond *cond_test(struct arena *a, const struct test *t);
struct cond *cond_not(struct arena *a, struct cond *c);
struct cond *cond_many(struct arena *a, enum cond_kind kind); /* AND or OR without kids */

/* Add a kid; false when memory is out or kid is NULL. */
bool cond_add(struct arena *a, struct cond *parent, struct cond *kid);
struct cond *cond_pair(struct arena *a, enum cond_kind kind, struct cond *x, struct cond *y);

/* RANGE test of a field: low <= value <= high under its guard. */
struct cond *cond_range(struct arena *a, enum field_id field, uint64_t low, uint64_t high);

bool test_equal(const struct test *x, const struct test *y);
uint64_t test_hash(const struct test *t);

void test_dump(const struct test *t, struct buf *out);
void cond_dump(const struct cond *c, unsigned depth, struct buf *out);

#endif
