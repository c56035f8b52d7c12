/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * dump.c - programs as text, one instruction a line.
 */
#include "filter/program.h"

#include <string.h>

static void dump_constant(const struct constant *c, struct buf *out)
{
    enum { SHOWN = 4 };
    char text[IP_TEXT_MAX];
    if (c->text != NULL) {
        buf_str(out, " '");
        buf_add(out, c->text, c->text_len);
        buf_char(out, '\'');
        return;
    }
    buf_str(out, " {");
    for (size_t i = 0; i < c->set.n && i < SHOWN; i++) {
        for (int end = 0; end < 1 + (c->set.at[i].low != c->set.at[i].high); end++) {
            wide w = end == 0 ? c->set.at[i].low : c->set.at[i].high;
            struct ip ip = wide_to_ip(w);
            buf_str(out, end == 0 ? " " : "..");
            if (c->kind == CONSTANT_ADDRS) {
                ip_format(&ip, ip_is_mapped(&ip) ? 4 : 6, text);
                buf_str(out, text);
            } else {
                buf_u64(out, (uint64_t)w);
            }
        }
    }
    if (c->set.n > SHOWN) {
        buf_printf(out, " ... %zu ranges", c->set.n);
    }
    buf_printf(out, " }%s", c->bitmap != NULL ? " bitmap" : c->hash != NULL ? " hash"
                          : c->v4_index != NULL ? " indexed" : "");
}

static void dump_operands(const struct program *p, const struct insn *i, struct buf *out)
{
    switch (op_facts((enum op)i->op)->shape) {
    case SHAPE_NUMBERS:
        if (i->op == OP_BITS) {
            buf_printf(out, " >>%u &0x%x", i->shift, i->arg);
        }
        buf_printf(out, " %llu..%llu", (unsigned long long)i->lo, (unsigned long long)i->hi);
        break;
    case SHAPE_PAIR:
        buf_printf(out, " %s", field_of((enum field_id)i->arg)->name);
        break;
    case SHAPE_GROUPS:
        buf_printf(out, " 0x%llx", (unsigned long long)i->lo);
        break;
    case SHAPE_ADDR:
        if (i->op == OP_ADDR_BITS) {
            buf_printf(out, " 0x%016llx", (unsigned long long)i->lo);
            break;
        }
        dump_constant(&p->constants[i->arg], out);
        break;
    case SHAPE_PLACE:
        if (i->op == OP_GEO) {
            buf_printf(out, " %c%c", (char)(i->lo >> 8), (char)i->lo);
        }
        break;
    case SHAPE_SET:
    case SHAPE_ADDR_SET:
    case SHAPE_FILE:
    case SHAPE_OCTETS:
        dump_constant(&p->constants[i->arg], out);
        break;
    case SHAPE_REGS:
    case SHAPE_JUMP:
        break;
    }
}

static void dump_insn(const struct program *p, uint32_t at, struct buf *out)
{
    const struct insn *i = &p->code[at];
    const char *group = field_group_name(i->guard);
    buf_u64_pad(out, at, 4);
    buf_printf(out, "  %s%s", i->negate ? "!" : " ", op_facts((enum op)i->op)->name);
    if (i->op == OP_JUMP) {
        buf_printf(out, " r%u -> %u\n", i->mask, i->arg);
        return;
    }
    buf_printf(out, " r%u = r%u", i->dst, i->mask);
    if (i->op == OP_ANDNOT) {
        buf_printf(out, " & ~r%u", i->arg);
    } else if (i->op != OP_COPY) {
        if (op_facts((enum op)i->op)->shape != SHAPE_FILE && i->op != OP_GROUP) {
            buf_printf(out, " %s", field_of((enum field_id)i->field)->name);
        }
        dump_operands(p, i, out);
        if (i->guard != GROUP_HEADER && group != NULL) {
            buf_printf(out, " if %s", group);
        }
        if (i->memo != 0) {
            buf_printf(out, " (memo %u)", i->memo);
        }
    }
    buf_char(out, '\n');
}

void program_dump(const struct program *p, struct buf *out)
{
    for (uint32_t at = 0; at < p->ncode; at++) {
        dump_insn(p, at, out);
    }
}
