/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * element_tables.c - the table of doc/elements.md: every information element that fills something.
 *
 * tests/wire/elements.py compares it with what stands in the page, or puts it there.
 */
#include "wire/elements.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const registers[] = {
#define REGISTER(id, doc) [REG_##id] = doc,
#include "wire/registers.def"
};

static const char *protocols_of(unsigned sets)
{
    return (sets & SET_BOTH) == SET_BOTH ? "both" : sets == SET_V9 ? "v9" : "IPFIX";
}

static int by_number(const void *a, const void *b)
{
    const struct element *x = *(const struct element *const *)a;
    const struct element *y = *(const struct element *const *)b;
    if (x->pen != y->pen) {
        return x->pen < y->pen ? -1 : 1;
    }
    if (x->number != y->number) {
        return x->number < y->number ? -1 : 1;
    }
    return x->sets < y->sets ? -1 : x->sets > y->sets;
}

static void print_row(const struct element *e)
{
    printf("| %s | %" PRIu32 " | %u | ", protocols_of(e->sets), e->pen, e->number);
    if (e->to_register) {
        printf("| %s |\n", registers[e->target]);
    } else {
        const struct field *f = field_of((enum field_id)e->target);
        printf("%s | %s%s |\n", f->name, f->doc,
               element_is_weak(e) ? ", if nothing else tells it" : "");
    }
}

int main(void)
{
    enum { ROWS_MAX = 1024 };
    const struct element *rows[ROWS_MAX];
    size_t n = 0;
    for (const struct element *e; n < ROWS_MAX && (e = element_row(n)) != NULL; n++) {
        rows[n] = e;
    }
    qsort(rows, n, sizeof(rows[0]), by_number);
    printf("| protocol | enterprise | element | field | what it is |\n"
           "|---|---|---|---|---|\n");
    for (size_t i = 0; i < n; i++) {
        print_row(rows[i]);
    }
    return 0;
}
