/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_toml.c - configuration files. A tree must be whole: counts agree with entries, strings are
 * there; what does not parse must say in which line and why.
 */
#include "base/toml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tree(const struct toml *t)
{
    size_t n = 0;

    if (t->key == NULL || (t->type == TOML_STRING && t->string == NULL)) {
        abort();
    }
    for (const struct toml *e = t->first; e != NULL; e = e->next, n++) {
        check_tree(e);
    }
    if (n != t->n) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault fault = {0};
    struct arena arena;
    struct toml *root = NULL;

    arena_init(&arena);
    if (toml_parse((const char *)data, size, &arena, &root, &fault) == 0) {
        check_tree(root);
    } else if (fault.line == 0 || fault.text[0] == '\0') {
        abort();
    }
    arena_free(&arena);
    return 0;
}
