/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * vm.h - running programs.
 */
#ifndef WEIR_FILTER_VM_H
#define WEIR_FILTER_VM_H

#include "base/arena.h"
#include "base/buf.h"
#include "filter/program.h"
#include "flow/batch.h"
#include "flow/zone.h"

struct geo_db;
struct tor_db;
struct regex_scratch;

/* One test evaluated on one dictionary. */
struct vm_cached {
    const void *values;
    const struct insn *insn;
    const uint8_t *yes;
};

enum { VM_CACHED_MAX = 64 };

/* Memory of one thread. */
struct vm {
    const struct program *program;
    const struct geo_db *geo;
    const struct tor_db *tor;
    uint64_t **registers;   /* nregs bitmaps; allocated when first written */
    bool *written;
    uint64_t **memos;
    bool *memo_filled;
    uint64_t *guards[64];   /* rows that have a group */
    uint8_t guard_state[64];
    uint64_t *need;         /* rows to look at */
    uint64_t *result;
    uint64_t *wide[2];      /* 64-bit values of two columns; allocated on demand */
    struct regex_scratch **scratch; /* one for each regular expression */
    struct buf text;
    struct arena arena;     /* tables of the present batch */
    struct vm_cached cached[VM_CACHED_MAX];
    unsigned ncached;
    bool failed;            /* memory ran out */
    struct batch *batch;
};

/* Prepare for a verified program; false when memory is out (vm_free cleans up). */
bool vm_init(struct vm *vm, const struct program *p, const struct geo_db *geo,
             const struct tor_db *tor);
void vm_free(struct vm *vm);

/* Run over a batch; sel gets the result. Returns 0, the batch's fault code or ERR_NOMEM. */
int vm_run(struct vm *vm, struct batch *b, uint64_t *sel);

/* What an instruction that tests says about all rows of a block, negation left out. */
enum zone_says insn_zone(const struct program *p, const struct insn *i, const struct zone *z,
                         const char *ident);

/* What the program says about a block. */
enum zone_says program_zone(const struct program *p, const struct zone *z, const char *ident);

#endif
