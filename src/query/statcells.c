/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statcells.c - see statcells.h.
 */
#include "query/statcells.h"

#include "base/err.h"

#include <stdlib.h>

enum { FIRST_BITS = 7 };
static const uint32_t FREE = UINT32_MAX;

struct cells {
    uint32_t *value; /* FREE or a value's number in order of appearance */
    unsigned bits;
    size_t limit;    /* values at which it doubles */
};

static uint32_t hash_number(uint64_t v)
{
    int64_t s = (int64_t)v;
    return (uint32_t)((uint64_t)(s >> 33) ^ v ^ v << 11);
}

static int cells_new(struct cells *c, unsigned bits)
{
    c->bits = bits;
    c->value = malloc(((size_t)1 << bits) * sizeof *c->value);
    if (c->value == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < (size_t)1 << bits; i++) {
        c->value[i] = FREE;
    }
    return 0;
}

static void place(struct cells *c, const uint64_t *number, uint32_t i)
{
    uint32_t mask = (uint32_t)(((size_t)1 << c->bits) - 1);
    uint32_t cell = hash_number(number[i]) * 2654435769u >> (32 - c->bits);
    while (c->value[cell] != FREE) {
        cell = (cell + 1) & mask;
    }
    c->value[cell] = i;
}

static int double_cells(struct cells *c, const uint64_t *number)
{
    struct cells bigger;
    size_t old = (size_t)1 << c->bits;
    if (cells_new(&bigger, c->bits + 1) != 0) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < old; i++) {
        if (c->value[i] != FREE) {
            place(&bigger, number, c->value[i]);
        }
    }
    bigger.limit = old;
    free(c->value);
    *c = bigger;
    return 0;
}

int stat_cells(const uint64_t *number, size_t n, bool accessed_after, uint32_t *order)
{
    struct cells c;
    size_t at = 0;
    int rc = cells_new(&c, FIRST_BITS);
    if (rc != 0) {
        return rc;
    }
    c.limit = (size_t)1 << (FIRST_BITS - 1);
    for (size_t i = 0; i < n + accessed_after && rc == 0; i++) {
        if (i == c.limit) {
            rc = double_cells(&c, number);
        }
        if (i < n && rc == 0) {
            place(&c, number, (uint32_t)i);
        }
    }
    for (size_t i = 0; rc == 0 && i < (size_t)1 << c.bits; i++) {
        if (c.value[i] != FREE) {
            order[at++] = c.value[i];
        }
    }
    free(c.value);
    return rc;
}
