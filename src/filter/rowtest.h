/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rowtest.h - tests on one value: the plain meaning of each instruction.
 *
 * Guard and negation are the caller's.
 */
#ifndef WEIR_FILTER_ROWTEST_H
#define WEIR_FILTER_ROWTEST_H

#include "filter/vm.h"
#include "flow/rec.h"

bool row_number(const struct vm *vm, const struct insn *i, uint64_t v); /* RANGE BITS SET GROUP */
bool row_addr(const struct vm *vm, const struct insn *i, const struct ip *addr);
bool row_tor(const struct vm *vm, const struct insn *i, const struct ip *addr, uint64_t first,
             uint64_t last);
bool row_ident(const struct vm *vm, const struct insn *i, const char *ident);
bool row_octets(struct vm *vm, const struct insn *i, struct span value);

/* Does a file's ident fit? A file without one has the ident "none". */
bool ident_equals(const char *ident, const char *text, size_t len);

#endif
