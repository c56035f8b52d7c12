/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * regex_vm.c - compile the tree to a program; run all threads of it in lock step over the data.
 *
 * A thread is the number of an instruction that consumes an octet (OP_SET). Following an
 * instruction means going through jumps, splits and assertions up to such instructions; a mark per
 * instruction lets each be followed once per position, which bounds the work and ends empty loops.
 *
 * A new thread starts at every position. While no thread lives, octets with which no match can
 * begin are skipped.
 */
#include "payload/regex_vm.h"

#include <stdlib.h>
#include <string.h>

enum op { OP_SET, OP_SPLIT, OP_JUMP, OP_ASSERT, OP_MATCH };

struct instruction {
    enum op op;
    uint32_t to;    /* SPLIT: the second way (the first is the next one); JUMP: the only way */
    uint32_t index; /* SET: which set; ASSERT: an enum regex_kind */
};

struct set {
    uint64_t bits[4];
};

struct regex_vm {
    uint32_t count;
    uint32_t sets_count;
    struct instruction program[REGEX_PROGRAM_MAX];
    bool first[256]; /* octets with which a match can begin */
    bool anchored;   /* a match begins at 0 only */
    bool empty;      /* a match may be empty somewhere: no octet can be skipped */
    struct set sets[];
};

struct regex_vm_scratch {
    uint32_t round;  /* what mark holds for instructions already followed */
    uint32_t *mark;  /* per instruction */
    uint32_t *stack; /* instructions to follow */
    uint32_t *now;   /* threads at this position, and at the next */
    uint32_t *then;
    uint32_t now_count;
    uint32_t then_count;
    uint32_t memory[];
};

/* ---- compile ---- */

struct compiler {
    struct regex_vm *vm;
    bool full;
};

static uint32_t emit(struct compiler *c, enum op op, uint32_t to, uint32_t index)
{
    if (c->vm->count == REGEX_PROGRAM_MAX) {
        c->full = true;
        return 0;
    }
    c->vm->program[c->vm->count] = (struct instruction){op, to, index};
    return c->vm->count++;
}

static void emit_node(struct compiler *c, const struct regex_node *node);

/* Sets are stored once per node of the tree in parse order; a repeated node finds its set again. */
static uint32_t find_set(struct compiler *c, const uint64_t bits[4])
{
    uint32_t i = 0;
    while (i < c->vm->sets_count && memcmp(c->vm->sets[i].bits, bits, sizeof(struct set)) != 0) {
        i++;
    }
    if (i == c->vm->sets_count) {
        memcpy(c->vm->sets[c->vm->sets_count++].bits, bits, sizeof(struct set));
    }
    return i;
}

/* Instructions that lead to one place not known yet are chained through `to`; 0 ends the chain, so
 * the program begins with a jump that is never in one. */
static void patch(struct compiler *c, uint32_t chain, uint32_t target)
{
    while (chain != 0 && !c->full) {
        uint32_t next = c->vm->program[chain].to;
        c->vm->program[chain].to = target;
        chain = next;
    }
}

static void emit_choice(struct compiler *c, const struct regex_node *node)
{
    uint32_t ends = 0;

    for (const struct regex_node *branch = node->child; branch != NULL; branch = branch->next) {
        if (branch->next == NULL) {
            emit_node(c, branch);
        } else {
            uint32_t split = emit(c, OP_SPLIT, 0, 0);
            emit_node(c, branch);
            ends = emit(c, OP_JUMP, ends, 0);
            c->vm->program[split].to = c->vm->count;
        }
    }
    patch(c, ends, c->vm->count);
}

static void emit_star(struct compiler *c, const struct regex_node *child)
{
    uint32_t split = emit(c, OP_SPLIT, 0, 0);
    emit_node(c, child);
    emit(c, OP_JUMP, split, 0);
    c->vm->program[split].to = c->vm->count;
}

static void emit_repeat(struct compiler *c, const struct regex_node *node)
{
    uint32_t ends = 0;

    for (uint32_t i = 0; i < node->min && !c->full; i++) {
        emit_node(c, node->child);
    }
    if (node->max == REGEX_NO_MAX) {
        emit_star(c, node->child);
        return;
    }
    for (uint32_t i = node->min; i < node->max && !c->full; i++) {
        ends = emit(c, OP_SPLIT, ends, 0);
        emit_node(c, node->child);
    }
    patch(c, ends, c->vm->count);
}

static void emit_node(struct compiler *c, const struct regex_node *node)
{
    switch (node->kind) {
    case REGEX_SET:
        emit(c, OP_SET, 0, find_set(c, node->set));
        break;
    case REGEX_SEQUENCE:
        for (const struct regex_node *part = node->child; part && !c->full; part = part->next) {
            emit_node(c, part);
        }
        break;
    case REGEX_CHOICE:
        emit_choice(c, node);
        break;
    case REGEX_REPEAT:
        emit_repeat(c, node);
        break;
    case REGEX_GROUP:
        emit_node(c, node->child);
        break;
    default:
        emit(c, OP_ASSERT, 0, (uint32_t)node->kind);
    }
}

static size_t count_sets(const struct regex_node *node)
{
    size_t n = node->kind == REGEX_SET;
    for (const struct regex_node *child = node->child; child != NULL; child = child->next) {
        n += count_sets(child);
    }
    return n;
}

static bool compile(struct regex_vm *vm, const struct regex_tree *tree)
{
    struct compiler c = {vm, false};

    emit(&c, OP_JUMP, 1, 0);
    emit_node(&c, tree->root);
    emit(&c, OP_MATCH, 0, 0);
    return !c.full;
}

/* ---- run ---- */

static bool is_line_end(uint8_t octet)
{
    return octet == '\n' || octet == '\r';
}

static bool holds(uint32_t kind, const uint8_t *data, size_t len, size_t at)
{
    switch ((enum regex_kind)kind) {
    case REGEX_TEXT_BEGIN:
        return at == 0;
    case REGEX_TEXT_END:
        return at == len;
    case REGEX_LINE_BEGIN:
        return at == 0 || is_line_end(data[at - 1]);
    default:
        return at == len || is_line_end(data[at]);
    }
}

static void next_round(struct regex_vm_scratch *s, uint32_t count)
{
    if (++s->round == 0) {
        memset(s->mark, 0, count * sizeof s->mark[0]);
        s->round = 1;
    }
}

/* Push an instruction unless it was followed at this position already. */
static uint32_t push(struct regex_vm_scratch *s, uint32_t depth, uint32_t number)
{
    if (s->mark[number] == s->round) {
        return depth;
    }
    s->mark[number] = s->round;
    s->stack[depth] = number;
    return depth + 1;
}

/* Follow from an instruction at a position; new threads go to list. True if it comes to a match. */
static bool follow(const struct regex_vm *vm, struct regex_vm_scratch *s, uint32_t from,
                   const uint8_t *data, size_t len, size_t at, uint32_t *list, uint32_t *count)
{
    uint32_t depth = push(s, 0, from);

    while (depth > 0) {
        uint32_t number = s->stack[--depth];
        const struct instruction *i = &vm->program[number];
        switch (i->op) {
        case OP_SET:
            list[(*count)++] = number;
            break;
        case OP_SPLIT:
            depth = push(s, depth, i->to);
            depth = push(s, depth, number + 1);
            break;
        case OP_JUMP:
            depth = push(s, depth, i->to);
            break;
        case OP_ASSERT:
            depth = holds(i->index, data, len, at) ? push(s, depth, number + 1) : depth;
            break;
        case OP_MATCH:
            return true;
        }
    }
    return false;
}

/* Move all threads over the octet at a position. True if one comes to a match. */
static bool step(const struct regex_vm *vm, struct regex_vm_scratch *s, const uint8_t *data,
                 size_t len, size_t at)
{
    uint32_t *list = s->now;

    next_round(s, vm->count);
    s->then_count = 0;
    for (uint32_t t = 0; t < s->now_count; t++) {
        const struct instruction *i = &vm->program[s->now[t]];
        if (regex_set_has(vm->sets[i->index].bits, data[at]) &&
            follow(vm, s, s->now[t] + 1, data, len, at + 1, s->then, &s->then_count)) {
            return true;
        }
    }
    s->now = s->then;
    s->now_count = s->then_count;
    s->then = list;
    return false;
}

static size_t skip(const struct regex_vm *vm, const uint8_t *data, size_t len, size_t at)
{
    while (!vm->empty && at < len && !vm->first[data[at]]) {
        at++;
    }
    return at;
}

bool regex_vm_match(const struct regex_vm *vm, const uint8_t *data, size_t len,
                    struct regex_vm_scratch *s)
{
    s->now_count = 0;
    for (size_t at = 0;; at++) {
        if (s->now_count == 0) {
            if (vm->anchored && at > 0) {
                return false;
            }
            at = vm->anchored ? at : skip(vm, data, len, at);
            next_round(s, vm->count); /* the marks are of another position */
        }
        if ((at == 0 || !vm->anchored) &&
            follow(vm, s, 0, data, len, at, s->now, &s->now_count)) {
            return true;
        }
        if (at == len) {
            return false;
        }
        if (step(vm, s, data, len, at)) {
            return true;
        }
    }
}

/* ---- objects ---- */

struct regex_vm_scratch *regex_vm_scratch_new(const struct regex_vm *vm)
{
    size_t n = vm->count;
    struct regex_vm_scratch *s =
        (struct regex_vm_scratch *)calloc(1, sizeof *s + 4 * n * sizeof s->memory[0]);

    if (s != NULL) {
        s->mark = s->memory;
        s->stack = s->memory + n;
        s->now = s->memory + 2 * n;
        s->then = s->memory + 3 * n;
    }
    return s;
}

void regex_vm_scratch_free(struct regex_vm_scratch *scratch)
{
    free(scratch);
}

static void note_first(struct regex_vm *vm, const struct set *set)
{
    for (unsigned octet = 0; octet < 256; octet++) {
        vm->first[octet] = vm->first[octet] || regex_set_has(set->bits, octet);
    }
}

/* Learn how a match begins by following from the start at a place where all assertions hold (begin
 * and end of no data at all), and at one where all but TEXT_BEGIN do. */
static int learn_start(struct regex_vm *vm)
{
    static const uint8_t line_end[] = "\n";
    struct regex_vm_scratch *s = regex_vm_scratch_new(vm);

    if (s == NULL) {
        return ERR_NOMEM;
    }
    next_round(s, vm->count);
    vm->empty = follow(vm, s, 0, line_end, 0, 0, s->now, &s->now_count);
    for (uint32_t t = 0; t < s->now_count; t++) {
        note_first(vm, &vm->sets[vm->program[s->now[t]].index]);
    }
    next_round(s, vm->count);
    s->now_count = 0;
    vm->anchored = !follow(vm, s, 0, line_end, 1, 1, s->now, &s->now_count) && s->now_count == 0;
    regex_vm_scratch_free(s);
    return 0;
}

int regex_vm_new(const struct regex_tree *tree, struct regex_vm **vm, struct fault *fault)
{
    struct regex_vm *made;
    int rc;

    if (tree->has_references) {
        return fault_set(fault, ERR_UNSUPPORTED, "back references need a build with PCRE2");
    }
    made = (struct regex_vm *)calloc(1, sizeof *made + count_sets(tree->root) * sizeof(struct set));
    if (made == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    rc = compile(made, tree)
             ? learn_start(made)
             : fault_set(fault, ERR_LIMIT, "the expression is too large");
    if (rc != 0) {
        regex_vm_free(made);
        return rc;
    }
    *vm = made;
    return 0;
}

void regex_vm_free(struct regex_vm *vm)
{
    free(vm);
}
