/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * verify.c - may this program be run?
 *
 * Checks everything the virtual machine relies on, so that it need not check anything itself: known
 * operations, registers and constants that exist, fields of the right kind, jumps that go forward.
 */
#include "filter/program.h"

#include "base/err.h"
#include "field/field.h"

static bool is_numeric(unsigned field)
{
    return field < FIELD_COUNT_ && field_of((enum field_id)field)->type < TYPE_IP;
}

static bool is_address(unsigned field)
{
    return field < FIELD_COUNT_ && field_of((enum field_id)field)->type == TYPE_IP;
}

static bool is_octets(unsigned field)
{
    return field < FIELD_COUNT_ && field_of((enum field_id)field)->type == TYPE_VAR;
}

static bool is_constant(const struct program *p, uint32_t arg, enum constant_kind kind)
{
    return arg < p->nconstants && p->constants[arg].kind == kind;
}

static bool octets_good(const struct program *p, const struct insn *i)
{
    if (i->op == OP_REGEX) {
        return is_constant(p, i->arg, CONSTANT_REGEX) && p->constants[i->arg].object != NULL &&
               p->constants[i->arg].number < p->nregexes;
    }
    return is_constant(p, i->arg, CONSTANT_TEXT) && (i->hi == 0 ||
                                                     p->constants[i->arg].text != NULL);
}

static bool operands_good(const struct program *p, const struct insn *i, uint32_t at)
{
    bool family = i->shift == 4 || i->shift == 6;
    switch (op_facts((enum op)i->op)->shape) {
    case SHAPE_REGS:
        return i->op == OP_COPY || i->arg < p->nregs;
    case SHAPE_JUMP:
        return i->arg > at && i->arg <= p->ncode;
    case SHAPE_NUMBERS:
        return is_numeric(i->field) && i->lo <= i->hi && i->shift < 64;
    case SHAPE_SET:
        return is_numeric(i->field) && is_constant(p, i->arg, CONSTANT_NUMBERS);
    case SHAPE_PAIR:
        return is_numeric(i->field) && is_numeric(i->arg);
    case SHAPE_GROUPS:
        return i->field == FIELD_GROUPS;
    case SHAPE_ADDR:
        return is_address(i->field) && family &&
               (i->op != OP_ADDR || is_constant(p, i->arg, CONSTANT_ADDRS));
    case SHAPE_ADDR_SET:
        return is_address(i->field) && family && is_constant(p, i->arg, CONSTANT_NUMBERS);
    case SHAPE_PLACE:
        return is_address(i->field) && family &&
               (i->op != OP_ZONE || (is_constant(p, i->arg, CONSTANT_TEXT) &&
                                     p->constants[i->arg].text != NULL));
    case SHAPE_FILE:
        return is_constant(p, i->arg, CONSTANT_TEXT) && p->constants[i->arg].text != NULL;
    case SHAPE_OCTETS:
        return is_octets(i->field) && octets_good(p, i);
    }
    return false;
}

static bool insn_good(const struct program *p, uint32_t at)
{
    const struct insn *i = &p->code[at];
    bool writes;
    if (i->op >= OP_COUNT_ || i->negate > 1 || i->guard >= GROUP_COUNT_ || i->mask >= p->nregs ||
        i->memo > p->nmemos || (i->memo != 0 && op_facts((enum op)i->op)->cost == 0)) {
        return false;
    }
    writes = i->op != OP_JUMP;
    if (writes && (i->dst == REGISTER_ALL || i->dst >= p->nregs)) {
        return false;
    }
    return operands_good(p, i, at);
}

int program_verify(const struct program *p)
{
    if (p->nregs < 2 || p->nregs > REGISTERS_MAX || p->nmemos > 1000) {
        return ERR_FORMAT;
    }
    for (uint32_t at = 0; at < p->ncode; at++) {
        if (!insn_good(p, at)) {
            return ERR_FORMAT;
        }
    }
    return 0;
}
