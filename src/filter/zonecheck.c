/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * zonecheck.c - the program over what is known about a block.
 *
 * Registers hold never, maybe or always instead of rows. Whatever is not known is maybe, so "never"
 * and "always" are true for every row.
 */
#include "filter/rowtest.h"
#include "filter/vm.h"

#include "filter/words.h"

#include <stdlib.h>

enum { PROBED_ADDRS_MAX = 64 };

static enum zone_says opposite(enum zone_says s)
{
    return s == ZONE_NEVER ? ZONE_ALWAYS : s == ZONE_ALWAYS ? ZONE_NEVER : ZONE_MAYBE;
}

static enum zone_says both(enum zone_says x, enum zone_says y)
{
    return x < y ? x : y;
}

static enum zone_says has_group(const struct zone *z, uint64_t groups)
{
    return (z->groups_all & groups) != 0 ? ZONE_ALWAYS
         : (z->groups_any & groups) != 0 ? ZONE_MAYBE : ZONE_NEVER;
}

static enum zone_says within(const struct ranges *set, wide low, wide high)
{
    return !ranges_touch(set, low, high) ? ZONE_NEVER
         : ranges_cover(set, low, high) ? ZONE_ALWAYS : ZONE_MAYBE;
}

static enum zone_says number_says(const struct program *p, const struct insn *i,
                                  const struct zone *z)
{
    struct range one = {i->lo, i->hi};
    struct ranges set = {&one, 1};
    const struct zone_bounds *b;
    if (i->field >= FIELD_STORED_ || !z->bounds[i->field].known) {
        return ZONE_MAYBE;
    }
    b = &z->bounds[i->field];
    if (i->op == OP_BITS) { /* only known if all rows are equal */
        uint64_t v = b->min.u64 >> i->shift & i->arg;
        return b->min.u64 != b->max.u64 ? ZONE_MAYBE : within(&set, v, v);
    }
    if (i->op == OP_SET) {
        set = p->constants[i->arg].set;
    }
    return within(&set, b->min.u64, b->max.u64);
}

/* The file's address filter: none of few single addresses is in it. */
static bool surely_absent(const struct ranges *set, const struct zone *z)
{
    if (z->may_hold == NULL || set->n > PROBED_ADDRS_MAX) {
        return false;
    }
    for (size_t k = 0; k < set->n; k++) {
        struct ip ip = wide_to_ip(set->at[k].low);
        if (set->at[k].low != set->at[k].high || z->may_hold(z->may_hold_ctx, &ip)) {
            return false;
        }
    }
    return true;
}

static enum zone_says addr_says(const struct program *p, const struct insn *i, const struct zone *z)
{
    const struct ranges *set;
    const struct zone_bounds *b = &z->bounds[i->field];
    enum zone_says says = ZONE_MAYBE;
    if (i->op != OP_ADDR) {
        return ZONE_MAYBE;
    }
    set = &p->constants[i->arg].set;
    if (b->known) {
        says = within(set, wide_of_ip(&b->min.ip), wide_of_ip(&b->max.ip));
    }
    return says == ZONE_MAYBE && surely_absent(set, z) ? ZONE_NEVER : says; /* bounds are cheaper */
}

static enum zone_says ident_says(const struct program *p, const struct insn *i, const char *ident)
{
    const struct constant *c = &p->constants[i->arg];
    if (ident == NULL) {
        return ZONE_MAYBE;
    }
    return ident_equals(ident, c->text, c->text_len) ? ZONE_ALWAYS : ZONE_NEVER;
}

enum zone_says insn_zone(const struct program *p, const struct insn *i, const struct zone *z,
                         const char *ident)
{
    enum zone_says guard = i->guard == GROUP_HEADER ? ZONE_ALWAYS
                                                    : has_group(z, group_bit(i->guard));
    enum zone_says says = ZONE_MAYBE;
    if (guard == ZONE_NEVER) {
        return ZONE_NEVER;
    }
    switch (op_facts((enum op)i->op)->shape) {
    case SHAPE_NUMBERS:
    case SHAPE_SET:
        says = number_says(p, i, z);
        break;
    case SHAPE_GROUPS:
        says = has_group(z, i->lo);
        break;
    case SHAPE_ADDR:
        says = addr_says(p, i, z);
        break;
    case SHAPE_FILE:
        says = ident_says(p, i, ident);
        break;
    default:
        break;
    }
    return both(guard, says);
}

enum zone_says program_zone(const struct program *p, const struct zone *z, const char *ident)
{
    uint8_t few[64] = {0};
    uint8_t *r = p->nregs <= sizeof few ? few : calloc(p->nregs, 1); /* 0 is ZONE_NEVER */
    enum zone_says result = ZONE_MAYBE;
    if (r == NULL) {
        return result;
    }
    r[REGISTER_ALL] = ZONE_ALWAYS;
    for (uint32_t at = 0; at < p->ncode;) {
        const struct insn *i = &p->code[at++];
        if (i->op == OP_JUMP) {
            at = r[i->mask] == ZONE_NEVER ? i->arg : at;
        } else if (i->op == OP_COPY) {
            r[i->dst] = r[i->mask];
        } else if (i->op == OP_ANDNOT) {
            r[i->dst] = i->mask == i->arg ? ZONE_NEVER
                                          : both((enum zone_says)r[i->mask],
                                                 opposite((enum zone_says)r[i->arg]));
        } else {
            enum zone_says says = insn_zone(p, i, z, ident);
            r[i->dst] = both((enum zone_says)r[i->mask], i->negate ? opposite(says) : says);
        }
    }
    result = (enum zone_says)r[REGISTER_RESULT];
    if (r != few) {
        free(r);
    }
    return result;
}
