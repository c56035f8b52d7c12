/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * program.h - the bytecode of a filter.
 *
 * Registers are bitmaps, one bit a row. Register 0 has all rows and is never written, register 1 is
 * the result. Each instruction writes dst from the rows of mask (a test: those for which it holds,
 * or does not hold if negate is set). Jumps only go forward and only when their mask is empty. A
 * register that was never written is empty.
 *
 * A program owns nothing: code and constants live in the arena of the filter.
 */
#ifndef WEIR_FILTER_PROGRAM_H
#define WEIR_FILTER_PROGRAM_H

#include "base/arena.h"
#include "filter/cond.h"

#include <stdbool.h>
#include <stdint.h>

struct insn {
    uint8_t op;     /* enum op */
    uint8_t negate; /* 0 or 1 */
    uint8_t guard;  /* group that a record must have; 0: none */
    uint8_t shift;  /* BITS: shift; address operations: family 4 or 6 */
    uint16_t field;
    uint16_t dst;
    uint16_t mask;
    /* test used several times: slot that remembers it for all rows, from 1; 0: none */
    uint16_t memo;
    uint32_t arg;   /* register, jump target, constant, second field, bits: by shape */
    uint64_t lo;
    uint64_t hi;
};
_Static_assert(sizeof(struct insn) == 32, "fixed width");

enum constant_kind { CONSTANT_NUMBERS, CONSTANT_ADDRS, CONSTANT_TEXT, CONSTANT_REGEX };

struct constant {
    enum constant_kind kind;
    struct ranges set;      /* NUMBERS, ADDRS */
    uint64_t *bitmap;       /* NUMBERS below bitmap_bits, if not NULL */
    uint64_t bitmap_bits;
    uint64_t *hash;         /* NUMBERS: open addressing, entries + 1, 0 = free; if not NULL */
    uint32_t hash_mask;
    uint32_t *v4_low, *v4_high; /* ADDRS of IPv4: the ranges */
    uint32_t *v4_index;     /* 65,537 entries: first range that may hold a /16; if not NULL */
    const char *text;
    size_t text_len;
    void *object;           /* struct regex */
    uint32_t number;        /* REGEX: its number, for scratch memory */
};

enum { REGISTER_ALL = 0, REGISTER_RESULT = 1, REGISTERS_MAX = 60000 };

struct program {
    struct insn *code;
    uint32_t ncode;
    uint32_t nregs;
    uint32_t nmemos; /* slots 1 .. nmemos */
    struct constant *constants;
    uint32_t nconstants;
    uint32_t nregexes;
};

/* Compile a condition. share: remember tests that occur more than once. Returns 0,
 * ERR_NOMEM, ERR_LIMIT. */
int program_compile(struct arena *a, const struct cond *c, bool share, struct program *out);

/* 0 if the program may be run on any batch, else ERR_FORMAT. */
int program_verify(const struct program *p);

void program_dump(const struct program *p, struct buf *out);

/* Is a number, an address in a set? */
bool constant_has_number(const struct constant *c, uint64_t v);
bool constant_has_addr(const struct constant *c, const struct ip *ip);

#endif
