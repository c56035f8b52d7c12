/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * regex_vm.h - our own matcher: a program whose alternatives all run side by side (Thompson), so a
 * search takes at most length of data times length of program, whatever the expression.
 *
 * It answers only whether something matches; so greedy and lazy are the same, groups cost nothing,
 * and it stops at the first end of a match. It has no back references.
 */
#ifndef WEIR_PAYLOAD_REGEX_VM_H
#define WEIR_PAYLOAD_REGEX_VM_H

#include "payload/regex_tree.h"

#define REGEX_PROGRAM_MAX 10000 /* instructions */

struct regex_vm;
struct regex_vm_scratch;

/* Returns 0, ERR_LIMIT (program too large), ERR_UNSUPPORTED (back references) or ERR_NOMEM. */
int regex_vm_new(const struct regex_tree *tree, struct regex_vm **vm, struct fault *fault);
void regex_vm_free(struct regex_vm *vm); /* NULL is fine */

struct regex_vm_scratch *regex_vm_scratch_new(const struct regex_vm *vm);
void regex_vm_scratch_free(struct regex_vm_scratch *scratch); /* NULL is fine */

bool regex_vm_match(const struct regex_vm *vm, const uint8_t *data, size_t len,
                    struct regex_vm_scratch *scratch);

#endif
