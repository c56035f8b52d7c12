/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * vm.c - the virtual machine: one instruction works on a whole batch.
 *
 * A test first finds the rows it is needed for (mask and guard; all rows of the guard if its result
 * is remembered); if there are none its column is not even loaded. Columns of one value are tested
 * once, dictionaries entry by entry into a table (kept per dictionary, so that address columns
 * sharing one are tested once), plain arrays by kernels. Tests without a kernel look at needed rows
 * one by one.
 *
 * The program was verified: nothing is checked here again but by assert().
 */
#include "filter/vm.h"

#include "base/bits.h"
#include "flow/kernels.h"
#include "filter/rowtest.h"
#include "payload/regex.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD_UNKNOWN, GUARD_NONE, GUARD_ALL, GUARD_SOME };

static uint64_t *bitmap_new(void)
{
    return calloc(BITS_WORDS(BATCH_ROWS_MAX), sizeof(uint64_t));
}

static bool scratches_new(struct vm *vm)
{
    const struct program *p = vm->program;
    vm->scratch = calloc(p->nregexes + 1, sizeof(struct regex_scratch *));
    for (uint32_t i = 0; vm->scratch != NULL && i < p->nconstants; i++) {
        const struct constant *c = &p->constants[i];
        if (c->kind == CONSTANT_REGEX) {
            vm->scratch[c->number] = regex_scratch_new(c->object);
            if (vm->scratch[c->number] == NULL) {
                return false;
            }
        }
    }
    return vm->scratch != NULL;
}

bool vm_init(struct vm *vm, const struct program *p, const struct geo_db *geo,
             const struct tor_db *tor)
{
    memset(vm, 0, sizeof *vm);
    vm->program = p;
    vm->geo = geo;
    vm->tor = tor;
    arena_init(&vm->arena);
    buf_init(&vm->text);
    vm->registers = calloc(p->nregs, sizeof(uint64_t *));
    vm->written = calloc(p->nregs, sizeof(bool));
    vm->memos = calloc(p->nmemos + 1, sizeof(uint64_t *));
    vm->memo_filled = calloc(p->nmemos + 1, sizeof(bool));
    vm->need = bitmap_new();
    vm->result = bitmap_new();
    return vm->registers != NULL && vm->written != NULL && vm->memos != NULL &&
           vm->memo_filled != NULL && vm->need != NULL && vm->result != NULL && scratches_new(vm);
}

void vm_free(struct vm *vm)
{
    for (uint32_t i = 0; vm->registers != NULL && i < vm->program->nregs; i++) {
        free(vm->registers[i]);
    }
    for (uint32_t i = 0; vm->memos != NULL && i <= vm->program->nmemos; i++) {
        free(vm->memos[i]);
    }
    for (uint32_t i = 0; vm->scratch != NULL && i < vm->program->nregexes; i++) {
        regex_scratch_free(vm->scratch[i]);
    }
    for (int i = 0; i < 64; i++) {
        free(vm->guards[i]);
    }
    free(vm->registers);
    free(vm->written);
    free(vm->memos);
    free(vm->memo_filled);
    free(vm->need);
    free(vm->result);
    free(vm->wide[0]);
    free(vm->wide[1]);
    free(vm->scratch);
    buf_free(&vm->text);
    arena_free(&vm->arena);
}

static size_t words_of(const struct vm *vm)
{
    return BITS_WORDS(vm->batch->nrows);
}

/* A place for results that exists even when memory is out. */
static uint64_t *fail(struct vm *vm)
{
    vm->failed = true;
    return vm->result;
}

static uint64_t *grown(struct vm *vm, uint64_t **place)
{
    if (*place == NULL) {
        *place = bitmap_new();
    }
    return *place != NULL ? *place : fail(vm);
}

/* For reading. */
static const uint64_t *reg(struct vm *vm, uint32_t r)
{
    uint64_t *bits = grown(vm, &vm->registers[r]);
    if (!vm->written[r]) {
        memset(bits, 0, words_of(vm) * sizeof *bits);
        vm->written[r] = true;
    }
    return bits;
}

static uint64_t *reg_write(struct vm *vm, uint32_t r)
{
    reg(vm, r);
    return vm->registers[r] != NULL ? vm->registers[r] : fail(vm);
}

/* ------------------------------------------------------------------ guards */

static uint8_t find_guard(struct vm *vm, unsigned group)
{
    uint64_t bit = group_bit((enum field_group)group);
    uint64_t *bits;
    if (vm->batch->groups_all & bit) {
        return GUARD_ALL;
    }
    if (!(vm->batch->groups_any & bit)) {
        return GUARD_NONE;
    }
    bits = grown(vm, &vm->guards[group]);
    batch_group_bits(vm->batch, (enum field_group)group, bits);
    return bits_none(bits, vm->batch->nrows) ? GUARD_NONE : GUARD_SOME;
}

/* need = rows of mask (NULL: all) that have the group; false if there are none. */
static bool find_need(struct vm *vm, unsigned group, const uint64_t *mask)
{
    uint32_t n = vm->batch->nrows;
    if (mask != NULL) {
        memcpy(vm->need, mask, words_of(vm) * sizeof *mask);
    } else {
        bits_fill(vm->need, n, true);
    }
    if (group == GROUP_HEADER) {
        return !bits_none(vm->need, n);
    }
    if (vm->guard_state[group] == GUARD_UNKNOWN) {
        vm->guard_state[group] = find_guard(vm, group);
    }
    if (vm->guard_state[group] == GUARD_NONE) {
        return false;
    }
    if (vm->guard_state[group] == GUARD_SOME) {
        bits_and(vm->need, vm->guards[group], n);
    }
    return !bits_none(vm->need, n);
}

/* ------------------------------------------------------------------ tables of dictionaries */

static const uint8_t *cached_table(const struct vm *vm, const struct insn *i, const void *values)
{
    for (unsigned k = 0; k < vm->ncached; k++) {
        const struct insn *j = vm->cached[k].insn;
        if (vm->cached[k].values == values && j->op == i->op && j->arg == i->arg &&
            j->lo == i->lo &&
            j->hi == i->hi && j->shift == i->shift) {
            return vm->cached[k].yes;
        }
    }
    return NULL;
}

static uint8_t *table_new(struct vm *vm, const struct insn *i, const struct column *c)
{
    uint8_t *yes = arena_alloc(&vm->arena, (size_t)c->nvalues + 1);
    if (yes == NULL) {
        vm->failed = true;
    } else if (vm->ncached < VM_CACHED_MAX) {
        vm->cached[vm->ncached++] = (struct vm_cached){c->values, i, yes};
    }
    return yes;
}

static uint64_t table_number(const struct column *c, uint32_t place)
{
    switch (c->width) {
    case 1:
        return ((const uint8_t *)c->values)[place];
    case 2:
        return ((const uint16_t *)c->values)[place];
    case 4:
        return ((const uint32_t *)c->values)[place];
    default:
        return ((const uint64_t *)c->values)[place];
    }
}

static const uint8_t *number_table(struct vm *vm, const struct insn *i, const struct column *c)
{
    const uint8_t *known = cached_table(vm, i, c->values);
    uint8_t *yes = known == NULL ? table_new(vm, i, c) : NULL;
    for (uint32_t k = 0; yes != NULL && k < c->nvalues; k++) {
        yes[k] = row_number(vm, i, table_number(c, k));
    }
    return known != NULL ? known : yes;
}

static const uint8_t *addr_table(struct vm *vm, const struct insn *i, const struct column *c)
{
    const uint8_t *known = cached_table(vm, i, c->values);
    const struct ip *at = c->values;
    uint8_t *yes = known == NULL ? table_new(vm, i, c) : NULL;
    for (uint32_t k = 0; yes != NULL && k < c->nvalues; k++) {
        yes[k] = row_addr(vm, i, &at[k]);
    }
    return known != NULL ? known : yes;
}

static void table_to_bits(const struct vm *vm, const struct column *c, const uint8_t *yes)
{
    kernel_codes(c->codes, c->code_width, vm->batch->nrows, yes, c->nvalues, vm->result);
}

/* ------------------------------------------------------------------ tests; rows of need into
 * result */

typedef bool (*row_fn)(struct vm *vm, const struct insn *i, uint32_t row);

static void each_row(struct vm *vm, const struct insn *i, row_fn test)
{
    size_t words = words_of(vm);
    for (size_t w = 0; w < words; w++) {
        uint64_t left = vm->need[w];
        uint64_t out = 0;
        for (; left != 0; left &= left - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(left);
            if (test(vm, i, (uint32_t)(w * 64 + bit))) {
                out |= (uint64_t)1 << bit;
            }
        }
        vm->result[w] = out;
    }
}

static bool number_at(struct vm *vm, const struct insn *i, uint32_t row)
{
    const struct column *c = &vm->batch->columns[i->field];
    return row_number(vm, i, column_u64(c, row));
}

static bool addr_at(struct vm *vm, const struct insn *i, uint32_t row)
{
    return row_addr(vm, i, column_ip(&vm->batch->columns[i->field], row));
}

/* The instruction as a question that the source of the batch may answer; false: it is none. */
static bool number_question(const struct vm *vm, const struct insn *i, struct number_test *t)
{
    const struct constant *k = i->op == OP_SET ? &vm->program->constants[i->arg] : NULL;
    *t = (struct number_test){.ask = NUMBER_RANGE, .lo = i->lo, .hi = i->hi};
    if (i->op == OP_BITS) {
        t->ask = NUMBER_BITS;
        t->shift = i->shift;
        t->bits = i->arg;
    } else if (k != NULL && k->bitmap != NULL) {
        *t = (struct number_test){.ask = NUMBER_SET, .bitmap = k->bitmap, .limit = k->bitmap_bits};
    }
    return i->op == OP_RANGE || t->ask != NUMBER_RANGE;
}

static void number_array(struct vm *vm, const struct insn *i, const struct column *c)
{
    struct number_test t;
    if (number_question(vm, i, &t)) {
        number_test_array(&t, c->values, c->width, vm->batch->nrows, vm->result);
    } else {
        each_row(vm, i, number_at);
    }
}

static void numbers(struct vm *vm, const struct insn *i)
{
    enum field_id field = (enum field_id)i->field;
    struct number_test t;
    const struct column *c;
    const uint8_t *yes;
    if (number_question(vm, i, &t) && batch_test(vm->batch, field, &t, vm->need, vm->result)) {
        return;
    }
    c = batch_column(vm->batch, field);
    if (c->form == COLUMN_CONST) {
        bits_fill(vm->result, vm->batch->nrows, row_number(vm, i, table_number(c, 0)));
    } else if (c->form == COLUMN_DICT) {
        yes = number_table(vm, i, c);
        if (yes != NULL) {
            table_to_bits(vm, c, yes);
        }
    } else {
        number_array(vm, i, c);
    }
}

/* A few ranges of addresses are a question that the source of the batch may answer. */
static bool ask_addresses(struct vm *vm, const struct insn *i)
{
    struct address_range ranges[ADDRESS_RANGES_MAX];
    const struct ranges *set = i->op == OP_ADDR ? &vm->program->constants[i->arg].set : NULL;
    if (set == NULL || set->n > ADDRESS_RANGES_MAX) {
        return false;
    }
    for (size_t k = 0; k < set->n; k++) {
        ranges[k] = (struct address_range){wide_to_ip(set->at[k].low), wide_to_ip(set->at[k].high)};
    }
    return batch_test_address(vm->batch, (enum field_id)i->field, ranges, set->n, vm->result);
}

static void addresses(struct vm *vm, const struct insn *i)
{
    const struct column *c;
    const uint8_t *yes;
    if (ask_addresses(vm, i)) {
        return;
    }
    c = batch_column(vm->batch, (enum field_id)i->field);
    if (c->form == COLUMN_CONST) {
        bits_fill(vm->result, vm->batch->nrows, row_addr(vm, i, c->values));
    } else if (c->form == COLUMN_DICT) {
        yes = addr_table(vm, i, c);
        if (yes != NULL) {
            table_to_bits(vm, c, yes);
        }
    } else {
        each_row(vm, i, addr_at);
    }
}

static void groups(struct vm *vm, const struct insn *i)
{
    const struct batch *b = vm->batch;
    if (b->groups_all & i->lo) {
        bits_fill(vm->result, b->nrows, true);
    } else if (!(b->groups_any & i->lo)) {
        bits_fill(vm->result, b->nrows, false);
    } else {
        numbers(vm, i);
    }
}

static uint64_t *widened(struct vm *vm, int which, unsigned field)
{
    if (vm->wide[which] == NULL) {
        vm->wide[which] = malloc(BATCH_ROWS_MAX * sizeof(uint64_t));
    }
    if (vm->wide[which] != NULL) {
        column_widen(batch_column(vm->batch, (enum field_id)field), vm->batch->nrows,
                     vm->wide[which]);
    }
    return vm->wide[which];
}

static void pairs(struct vm *vm, const struct insn *i)
{
    const uint64_t *x = widened(vm, 0, i->field);
    const uint64_t *y = widened(vm, 1, i->arg);
    uint32_t n = vm->batch->nrows;
    if (x == NULL || y == NULL) {
        vm->failed = true;
    } else if (i->op == OP_EQ2) {
        kernel_eq2(x, y, n, vm->result);
    } else if (i->op == OP_LE2) {
        kernel_le2(x, y, n, vm->result);
    } else {
        kernel_le2(y, x, n, vm->result);
    }
}

static bool octets_at(struct vm *vm, const struct insn *i, uint32_t row)
{
    return row_octets(vm, i, column_var(&vm->batch->columns[i->field], row));
}

static bool tor_at(struct vm *vm, const struct insn *i, uint32_t row)
{
    return row_tor(vm, i, column_ip(&vm->batch->columns[i->field], row),
                   column_u64(&vm->batch->columns[FIELD_FIRST_SEEN], row),
                   column_u64(&vm->batch->columns[FIELD_LAST_SEEN], row));
}

static void octets(struct vm *vm, const struct insn *i)
{
    batch_column(vm->batch, (enum field_id)i->field);
    each_row(vm, i, octets_at);
}

static void tor(struct vm *vm, const struct insn *i)
{
    if (vm->tor == NULL) {
        bits_fill(vm->result, vm->batch->nrows, false);
        return;
    }
    batch_column(vm->batch, (enum field_id)i->field);
    batch_column(vm->batch, FIELD_FIRST_SEEN);
    batch_column(vm->batch, FIELD_LAST_SEEN);
    each_row(vm, i, tor_at);
}

/* Leaves in result the needed rows for which the test holds. */
static void evaluate(struct vm *vm, const struct insn *i)
{
    switch (op_facts((enum op)i->op)->shape) {
    case SHAPE_NUMBERS:
    case SHAPE_SET:
        numbers(vm, i);
        break;
    case SHAPE_GROUPS:
        groups(vm, i);
        break;
    case SHAPE_PAIR:
        pairs(vm, i);
        break;
    case SHAPE_ADDR:
    case SHAPE_ADDR_SET:
        addresses(vm, i);
        break;
    case SHAPE_PLACE:
        if (i->op == OP_TOR) {
            tor(vm, i);
        } else {
            addresses(vm, i);
        }
        break;
    case SHAPE_FILE:
        bits_fill(vm->result, vm->batch->nrows, row_ident(vm, i, vm->batch->ident));
        break;
    case SHAPE_OCTETS:
        octets(vm, i);
        break;
    case SHAPE_REGS:
    case SHAPE_JUMP:
        assert(!"a test");
    }
    bits_and(vm->result, vm->need, vm->batch->nrows);
}

/* dst = rows of mask that are (not) in yes; NULL: no row is. */
static void store(struct vm *vm, const struct insn *i, const uint64_t *yes)
{
    size_t words = words_of(vm);
    const uint64_t *mask = reg(vm, i->mask);
    uint64_t *dst = reg_write(vm, i->dst);
    for (size_t w = 0; w < words; w++) {
        uint64_t bits = yes != NULL ? yes[w] : 0;
        dst[w] = mask[w] & (i->negate ? ~bits : bits);
    }
}

static void remembered(struct vm *vm, const struct insn *i)
{
    uint64_t *memo = grown(vm, &vm->memos[i->memo]);
    if (!vm->memo_filled[i->memo]) {
        bool any = find_need(vm, i->guard, NULL);
        if (any) {
            evaluate(vm, i);
            memcpy(memo, vm->result, words_of(vm) * sizeof *memo);
        } else {
            memset(memo, 0, words_of(vm) * sizeof *memo);
        }
        vm->memo_filled[i->memo] = true;
    }
    store(vm, i, memo);
}

/* What is known beforehand of the whole batch spares a look at its rows. */
static enum zone_says foreseen(const struct vm *vm, const struct insn *i)
{
    const struct batch *b = vm->batch;
    return b->zone != NULL ? insn_zone(vm->program, i, b->zone, b->ident) : ZONE_MAYBE;
}

static void test(struct vm *vm, const struct insn *i)
{
    enum zone_says says = foreseen(vm, i);
    if (says != ZONE_MAYBE) {
        store(vm, i, says == ZONE_ALWAYS ? reg(vm, REGISTER_ALL) : NULL);
    } else if (i->memo != 0) {
        remembered(vm, i);
    } else if (find_need(vm, i->guard, reg(vm, i->mask))) {
        evaluate(vm, i);
        store(vm, i, vm->result);
    } else {
        store(vm, i, NULL);
    }
}

/* ------------------------------------------------------------------ the loop */

static void begin(struct vm *vm, struct batch *b)
{
    vm->batch = b;
    vm->failed = false;
    vm->ncached = 0;
    arena_reset(&vm->arena);
    memset(vm->written, 0, vm->program->nregs * sizeof(bool));
    memset(vm->memo_filled, 0, (vm->program->nmemos + 1) * sizeof(bool));
    memset(vm->guard_state, GUARD_UNKNOWN, sizeof vm->guard_state);
    bits_fill(reg_write(vm, REGISTER_ALL), b->nrows, true);
}

static void execute(struct vm *vm)
{
    const struct program *p = vm->program;
    for (uint32_t at = 0; at < p->ncode && !vm->failed;) {
        const struct insn *i = &p->code[at++];
        if (i->op == OP_JUMP) {
            at = bits_none(reg(vm, i->mask), vm->batch->nrows) ? i->arg : at;
        } else if (i->op == OP_COPY) {
            const uint64_t *from = reg(vm, i->mask);
            memmove(reg_write(vm, i->dst), from, words_of(vm) * sizeof *from);
        } else if (i->op == OP_ANDNOT) {
            const uint64_t *x = reg(vm, i->mask);
            const uint64_t *y = reg(vm, i->arg);
            uint64_t *dst = reg_write(vm, i->dst);
            for (size_t w = 0; w < words_of(vm); w++) {
                dst[w] = x[w] & ~y[w];
            }
        } else {
            test(vm, i);
        }
    }
}

int vm_run(struct vm *vm, struct batch *b, uint64_t *sel)
{
    size_t octets_of_sel = BITS_WORDS(b->nrows) * sizeof *sel;
    begin(vm, b);
    execute(vm);
    memcpy(sel, reg(vm, REGISTER_RESULT), octets_of_sel);
    if (vm->failed) {
        memset(sel, 0, octets_of_sel);
        return ERR_NOMEM;
    }
    return batch_ok(b) ? 0 : b->fault.code;
}
