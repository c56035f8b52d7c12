/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * compile.c - conditions into instructions.
 *
 * and:  the first kid narrows mask to dst, each further one narrows dst; an empty dst skips the
 * rest.
 * or:   a register `rest` starts as mask and loses the rows of each kid; dst = mask without rest.
 *       A test as kid is simply the negated test on rest. An empty rest skips what is left.
 * Recursion is as deep as the condition; an or takes one or two registers for each level.
 */
#include "filter/program.h"

#include "base/err.h"
#include "filter/constants.h"
#include "filter/words.h"


#include <assert.h>
#include <string.h>

/* A test met before, for sharing. */
struct seen {
    const struct test *test;
    uint32_t uses;
    uint16_t memo;
};

struct compiler {
    struct arena *arena;
    struct program *out;
    size_t code_room;
    size_t constant_room;
    struct seen *seen; /* hash table; NULL: no sharing */
    size_t seen_mask;
    uint32_t free_register; /* registers are a stack */
    int error;
};

/* ------------------------------------------------------------------ growing things */

static void *grow(struct compiler *k, void *at, size_t n, size_t *room, size_t size)
{
    void *grown = arena_grow(k->arena, at, n, room, size);
    if (grown == NULL) {
        k->error = ERR_NOMEM;
    }
    return grown;
}

static uint32_t emit(struct compiler *k, const struct insn *i)
{
    struct program *p = k->out;
    struct insn *code = grow(k, p->code, p->ncode, &k->code_room, sizeof *code);
    if (code == NULL) {
        return 0;
    }
    p->code = code;
    p->code[p->ncode] = *i;
    return p->ncode++;
}

static struct constant *new_constant(struct compiler *k, uint32_t *number)
{
    struct program *p = k->out;
    struct constant *c = grow(k, p->constants, p->nconstants, &k->constant_room, sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    p->constants = c;
    *number = p->nconstants++;
    p->constants[*number] = (struct constant){0};
    return &p->constants[*number];
}

static uint16_t take_register(struct compiler *k)
{
    if (k->free_register >= REGISTERS_MAX) {
        k->error = ERR_LIMIT;
        return 2;
    }
    if (k->free_register + 1 > k->out->nregs) {
        k->out->nregs = k->free_register + 1;
    }
    return (uint16_t)k->free_register++;
}

/* ------------------------------------------------------------------ sharing */

static struct seen *seen_slot(struct compiler *k, const struct test *t)
{
    size_t at = test_hash(t) & k->seen_mask;
    while (k->seen[at].test != NULL && k->seen[at].test != t && !test_equal(k->seen[at].test, t)) {
        at = (at + 1) & k->seen_mask;
    }
    return &k->seen[at];
}

static size_t count_tests(const struct cond *c)
{
    size_t n = c->kind == COND_TEST;
    for (size_t i = 0; i < c->nkids; i++) {
        n += count_tests(c->kids[i]);
    }
    return n;
}

static void count_uses(struct compiler *k, const struct cond *c)
{
    if (c->kind == COND_TEST) {
        struct seen *s = seen_slot(k, c->test);
        s->test = c->test;
        s->uses++;
    }
    for (size_t i = 0; i < c->nkids; i++) {
        count_uses(k, c->kids[i]);
    }
}

static void prepare_sharing(struct compiler *k, const struct cond *c)
{
    size_t size = 64;
    size_t n = count_tests(c);
    while (size < 2 * n) {
        size *= 2;
    }
    k->seen = arena_zalloc(k->arena, size * sizeof *k->seen);
    k->seen_mask = size - 1;
    if (k->seen == NULL) {
        k->error = ERR_NOMEM;
        return;
    }
    count_uses(k, c);
}

/* Payloads are only looked at under the mask: remembering would cost more than it saves. */
static uint16_t memo_of(struct compiler *k, const struct test *t)
{
    struct seen *s;
    if (k->seen == NULL || op_facts(t->op)->cost >= 20 || t->op == OP_GROUP || t->op == OP_IDENT) {
        return 0;
    }
    s = seen_slot(k, t);
    if (s->uses > 1 && s->memo == 0 && k->out->nmemos < 1000) {
        s->memo = (uint16_t)++k->out->nmemos;
    }
    return s->memo;
}

/* ------------------------------------------------------------------ tests */

/* The family of the addresses that a test of a field under a guard looks at. */
static uint8_t family_of(const struct test *t)
{
    enum field_group guard;
    return field_has_family(t->field, 4, &guard) && guard == t->guard ? 4 : 6;
}

static uint32_t set_constant(struct compiler *k, const struct test *t, bool addresses)
{
    uint32_t number = 0;
    struct constant *c = new_constant(k, &number);
    if (c != NULL && !(addresses ? constant_addrs(k->arena, &t->set, c)
                                 : constant_numbers(k->arena, &t->set, c))) {
        k->error = ERR_NOMEM;
    }
    return number;
}

static uint32_t text_constant(struct compiler *k, const struct test *t)
{
    uint32_t number = 0;
    struct constant *c = new_constant(k, &number);
    if (c != NULL) {
        *c = (struct constant){.kind = t->object != NULL ? CONSTANT_REGEX : CONSTANT_TEXT,
                               .text = t->text, .text_len = t->text_len, .object = t->object};
        c->number = t->object != NULL ? k->out->nregexes++ : 0;
    }
    return number;
}

static void fill_range(struct compiler *k, const struct test *t, struct insn *i)
{
    if (t->set.n != 1) {
        i->op = OP_SET;
        i->arg = set_constant(k, t, false);
        return;
    }
    i->lo = (uint64_t)t->set.at[0].low;
    i->hi = t->set.at[0].high > UINT64_MAX ? UINT64_MAX : (uint64_t)t->set.at[0].high;
    if (t->bits != UINT64_MAX || t->shift != 0) {
        i->op = OP_BITS;
        i->shift = (uint8_t)t->shift;
        i->arg = (uint32_t)t->bits;
    }
}

/* A set of a part of a number: or of its ranges, done by the caller. */
static bool is_set_of_bits(const struct test *t)
{
    return t->op == OP_RANGE && t->set.n > 1 && (t->bits != UINT64_MAX || t->shift != 0);
}

static void fill_operands(struct compiler *k, const struct test *t, struct insn *i)
{
    switch (op_facts(t->op)->shape) {
    case SHAPE_NUMBERS:
        fill_range(k, t, i);
        break;
    case SHAPE_ADDR:
        i->shift = family_of(t);
        i->lo = t->number;
        i->arg = t->op == OP_ADDR ? set_constant(k, t, true) : 0;
        break;
    case SHAPE_ADDR_SET:
        i->shift = family_of(t);
        i->arg = set_constant(k, t, false);
        break;
    case SHAPE_PLACE:
        i->shift = family_of(t);
        i->lo = t->number;
        i->arg = t->op == OP_ZONE ? text_constant(k, t) : 0;
        break;
    case SHAPE_PAIR:
        i->arg = (uint32_t)t->field2;
        break;
    case SHAPE_GROUPS:
        i->field = FIELD_GROUPS;
        i->lo = t->number;
        break;
    case SHAPE_FILE:
    case SHAPE_OCTETS:
        i->lo = t->number;
        i->hi = t->text != NULL || t->object != NULL;
        i->arg = text_constant(k, t);
        break;
    default:
        assert(!"a test");
    }
}

static void compile_test(struct compiler *k, const struct test *t, bool negate, uint16_t mask,
                         uint16_t dst)
{
    struct insn i = {.op = (uint8_t)t->op, .negate = negate, .guard = (uint8_t)t->guard,
                     .field = (uint16_t)(t->field == FIELD_NONE ? 0 : t->field), .dst = dst,
                     .mask = mask};
    fill_operands(k, t, &i);
    i.memo = memo_of(k, t);
    emit(k, &i);
}

/* ------------------------------------------------------------------ trees */

static void compile_cond(struct compiler *k, const struct cond *c, uint16_t mask, uint16_t dst);

static void emit_andnot(struct compiler *k, uint16_t dst, uint16_t mask, uint16_t without)
{
    struct insn i = {.op = OP_ANDNOT, .dst = dst, .mask = mask, .arg = without};
    emit(k, &i);
}

static void emit_copy(struct compiler *k, uint16_t dst, uint16_t mask)
{
    struct insn i = {.op = OP_COPY, .dst = dst, .mask = mask};
    emit(k, &i);
}

/* Jumps to an end not known yet form a chain through their arg, ended by 0. */
static uint32_t emit_jump(struct compiler *k, uint16_t mask, uint32_t chain)
{
    struct insn i = {.op = OP_JUMP, .mask = mask, .arg = chain};
    return emit(k, &i) + 1;
}

static void patch(struct compiler *k, uint32_t chain)
{
    while (chain != 0 && k->error == 0) {
        struct insn *i = &k->out->code[chain - 1];
        chain = i->arg;
        i->arg = k->out->ncode;
    }
}

static void compile_and(struct compiler *k, const struct cond *c, uint16_t mask, uint16_t dst)
{
    uint32_t chain = 0;
    for (size_t i = 0; i < c->nkids && k->error == 0; i++) {
        compile_cond(k, c->kids[i], i == 0 ? mask : dst, dst);
        if (i + 1 < c->nkids) {
            chain = emit_jump(k, dst, chain);
        }
    }
    patch(k, chain);
}

/* One test per range of a set of bits, as an or. */
static void compile_bit_set(struct compiler *k, const struct cond *c, uint16_t mask, uint16_t dst)
{
    uint16_t rest = take_register(k);
    emit_copy(k, rest, mask);
    for (size_t i = 0; i < c->test->set.n; i++) {
        struct test one = *c->test;
        one.set = (struct ranges){&c->test->set.at[i], 1};
        compile_test(k, &one, true, rest, rest);
    }
    if (c->negate) {
        emit_copy(k, dst, rest);
    } else {
        emit_andnot(k, dst, mask, rest);
    }
    k->free_register--;
}

static void compile_or(struct compiler *k, const struct cond *c, uint16_t mask, uint16_t dst)
{
    uint16_t rest = take_register(k);
    uint32_t chain = 0;
    emit_copy(k, rest, mask);
    for (size_t i = 0; i < c->nkids && k->error == 0; i++) {
        const struct cond *kid = c->kids[i];
        if (kid->kind == COND_TEST && !is_set_of_bits(kid->test)) {
            compile_test(k, kid->test, !kid->negate, rest, rest);
        } else {
            uint16_t t = take_register(k);
            compile_cond(k, kid, rest, t);
            emit_andnot(k, rest, rest, t);
            k->free_register--;
        }
        if (i + 1 < c->nkids) {
            chain = emit_jump(k, rest, chain);
        }
    }
    patch(k, chain);
    emit_andnot(k, dst, mask, rest);
    k->free_register--;
}

/* Only in programs that were not optimised. */
static void compile_not(struct compiler *k, const struct cond *c, uint16_t mask, uint16_t dst)
{
    uint16_t t = take_register(k);
    compile_cond(k, c, mask, t);
    emit_andnot(k, dst, mask, t);
    k->free_register--;
}

static void compile_cond(struct compiler *k, const struct cond *c, uint16_t mask, uint16_t dst)
{
    switch (c->kind) {
    case COND_TRUE:
        emit_copy(k, dst, mask);
        break;
    case COND_FALSE:
        emit_andnot(k, dst, mask, mask);
        break;
    case COND_TEST:
        if (is_set_of_bits(c->test)) {
            compile_bit_set(k, c, mask, dst);
        } else {
            compile_test(k, c->test, c->negate, mask, dst);
        }
        break;
    case COND_AND:
        compile_and(k, c, mask, dst);
        break;
    case COND_OR:
        compile_or(k, c, mask, dst);
        break;
    case COND_NOT:
        compile_not(k, c->kids[0], mask, dst);
        break;
    }
}

int program_compile(struct arena *a, const struct cond *c, bool share, struct program *out)
{
    struct compiler k = {.arena = a, .out = out, .free_register = 2};
    memset(out, 0, sizeof *out);
    out->nregs = 2;
    if (share) {
        prepare_sharing(&k, c);
    }
    if (k.error == 0) {
        compile_cond(&k, c, REGISTER_ALL, REGISTER_RESULT);
    }
    return k.error;
}
