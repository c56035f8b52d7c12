/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * regex.c - parse, then make both engines if possible: PCRE2 for speed, our own for certainty. Only
 * an expression that our own engine takes, or one with back references that PCRE2 takes, compiles;
 * so builds differ in back references only.
 */
#include "payload/regex.h"

#include "base/arena.h"
#include "payload/regex_pcre2.h"
#include "payload/regex_tree.h"
#include "payload/regex_vm.h"

#include <stdlib.h>

struct regex {
    struct regex_vm *vm;       /* NULL: back references */
    struct regex_pcre2 *pcre2; /* NULL: not asked for, or not available */
};

struct regex_scratch {
    struct regex_vm_scratch *vm;
    struct regex_pcre2_scratch *pcre2;
};

static int make_engines(struct regex *re, const struct regex_tree *tree, enum regex_engine engine,
                        struct fault *fault)
{
    if (tree->has_references && engine == REGEX_BEST) {
        return regex_pcre2_new(tree, &re->pcre2, NULL) == 0
                   ? 0
                   : fault_set(fault, ERR_UNSUPPORTED, "back references need a build with PCRE2");
    }
    if (engine == REGEX_BEST) {
        (void)regex_pcre2_new(tree, &re->pcre2, NULL); /* the other one is always enough */
    }
    return regex_vm_new(tree, &re->vm, fault);
}

static int compile(struct regex *re, const char *text, size_t len, const char *flags,
                   enum regex_engine engine, struct fault *fault)
{
    struct arena arena;
    struct regex_tree tree;
    int rc;

    arena_init(&arena);
    rc = regex_parse(text, len, flags, &arena, &tree, fault);
    if (rc == 0) {
        rc = make_engines(re, &tree, engine, fault);
    }
    arena_free(&arena);
    return rc;
}

int regex_compile(const char *text, size_t len, const char *flags, enum regex_engine engine,
                  struct regex **re, struct fault *fault)
{
    struct regex *made = (struct regex *)calloc(1, sizeof *made);
    int rc;

    if (made == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    rc = compile(made, text, len, flags, engine, fault);
    if (rc != 0) {
        regex_free(made);
        return rc;
    }
    *re = made;
    return 0;
}

void regex_free(struct regex *re)
{
    if (re != NULL) {
        regex_vm_free(re->vm);
        regex_pcre2_free(re->pcre2);
        free(re);
    }
}

static bool fill_scratch(const struct regex *re, struct regex_scratch *scratch)
{
    if (re->vm != NULL && (scratch->vm = regex_vm_scratch_new(re->vm)) == NULL) {
        return false;
    }
    return re->pcre2 == NULL || (scratch->pcre2 = regex_pcre2_scratch_new(re->pcre2)) != NULL;
}

struct regex_scratch *regex_scratch_new(const struct regex *re)
{
    struct regex_scratch *scratch = (struct regex_scratch *)calloc(1, sizeof *scratch);

    if (scratch != NULL && !fill_scratch(re, scratch)) {
        regex_scratch_free(scratch);
        return NULL;
    }
    return scratch;
}

void regex_scratch_free(struct regex_scratch *scratch)
{
    if (scratch != NULL) {
        regex_vm_scratch_free(scratch->vm);
        regex_pcre2_scratch_free(scratch->pcre2);
        free(scratch);
    }
}

int regex_match(const struct regex *re, const void *data, size_t len,
                struct regex_scratch *scratch)
{
    int rc = ERR_LIMIT;

    if (re->pcre2 != NULL) {
        rc = regex_pcre2_match(re->pcre2, data, len, scratch->pcre2);
    }
    if (rc == ERR_LIMIT && re->vm != NULL) {
        rc = regex_vm_match(re->vm, (const uint8_t *)data, len, scratch->vm);
    }
    return rc;
}
