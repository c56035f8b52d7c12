/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rounds.c - see rounds.h.
 */
#include "query/rounds.h"

#include "base/err.h"

#include <string.h>

void rounds_forget(struct rounds *r)
{
    for (unsigned i = 0; i < ROUNDS_MOST; i++) {
        bounded_free(&r->bounded[i]);
    }
    bounds_free(&r->last);
    r->round = 0;
    r->least = 0;
}

int rounds_start(const struct rounds *r, struct bounds *b)
{
    return bounds_init(b, r->round > 0 ? r->most_bits : r->bits, r->round);
}

uint32_t rounds_keep(const struct rounds *r, uint64_t *hash, uint32_t *row, uint32_t n)
{
    for (unsigned k = 0; k < ROUNDS_MOST && r->bounded[k].reach != NULL; k++) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < n; i++) {
            row[kept] = row[i];
            hash[kept] = hash[i];
            kept += bounded_has(&r->bounded[k], hash[i]);
        }
        n = kept;
    }
    return n;
}

/* Buckets that are looked into first: a small part of the flows if sums are even. */
static size_t first_buckets(const struct rounds *r)
{
    size_t n = ((size_t)1 << r->last.bits) / 256;
    return n > 4 * r->top ? n : 4 * r->top;
}

void rounds_take(struct rounds *r, struct bounds *const *b, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        bounds_merge(b[0], b[i]);
        bounds_free(b[i]);
    }
    r->last = *b[0];
    b[0]->sum = NULL;
}

int rounds_guess(struct rounds *r)
{
    if (r->round == 0) {
        r->least = bounds_least(&r->last, first_buckets(r));
    }
    return bounded_init(&r->bounded[r->round], &r->last, r->least);
}

int rounds_check(struct rounds *r, uint64_t value, enum rounds_next *next)
{
    struct bounded *b = &r->bounded[r->round];
    size_t buckets = (size_t)1 << r->last.bits;
    *next = ROUNDS_PROVEN;
    if (b->reach != NULL && value >= r->least) {
        return 0;
    }
    bounded_free(b);
    if (bounded_init(b, &r->last, value) != 0) {
        return ERR_NOMEM;
    }
    r->least = value;
    bounds_free(&r->last);
    *next = b->n > 0 ? ROUNDS_COUNT : ROUNDS_PROVEN;
    if (value > 0 && b->n > buckets / 32 && r->round + 1 < ROUNDS_MOST) {
        r->round++;
        *next = ROUNDS_BOUND;
    }
    return 0;
}
