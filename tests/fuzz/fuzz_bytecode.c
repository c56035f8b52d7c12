/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_bytecode.c - any octets as a program: what the verifier lets through must run safely, on
 * a batch and on a zone.
 */
#include "../unit/filter/randomflows.h"

#include "base/bits.h"
#include "filter/constants.h"
#include "filter/vm.h"

enum { ROWS = 20, CODE_MAX = 64, CONSTANTS = 4 };

static void make_constants(struct arena *a, struct constant c[CONSTANTS])
{
    struct ranges set;
    ranges_single(a, 1, 3, &set);
    constant_numbers(a, &set, &c[0]);
    ranges_single(a, (wide)1 << 40, (wide)1 << 41, &set);
    constant_numbers(a, &set, &c[1]);
    ranges_single(a, 0, WIDE_MAX, &set);
    constant_addrs(a, &set, &c[2]);
    c[3] = (struct constant){.kind = CONSTANT_TEXT, .text = "joe", .text_len = 3};
}

static void run(const struct program *p)
{
    struct builder *b = builder_new();
    struct zone z = {.nrows = ROWS, .groups_any = UINT64_MAX};
    uint64_t sel[BITS_WORDS(ROWS)];
    uint64_t seed = 7;
    struct rec r;
    struct vm vm;
    for (int i = 0; i < ROWS; i++) {
        random_rec(&seed, &r);
        builder_add(b, &r);
    }
    if (vm_init(&vm, p, NULL, NULL)) {
        vm_run(&vm, builder_batch(b), sel);
    }
    vm_free(&vm);
    program_zone(p, &z, NULL);
    builder_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct insn code[CODE_MAX];
    struct constant constants[CONSTANTS];
    struct program p = {.code = code, .constants = constants, .nconstants = CONSTANTS, .nregs = 16,
                        .nmemos = 4};
    struct arena arena;
    memset(code, 0, sizeof code);
    p.ncode = (uint32_t)(size / sizeof code[0]);
    p.ncode = p.ncode > CODE_MAX ? CODE_MAX : p.ncode;
    memcpy(code, data, p.ncode * sizeof code[0]);
    for (uint32_t i = 0; i < p.ncode; i++) { /* operations that exist are likelier */
        code[i].op = (uint8_t)(code[i].op % (OP_COUNT_ + 1));
        code[i].dst &= 31;
        code[i].mask &= 31;
        code[i].memo &= 7;
    }
    arena_init(&arena);
    make_constants(&arena, constants);
    if (program_verify(&p) == 0) {
        run(&p);
    }
    arena_free(&arena);
    return 0;
}
