/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * bounds.c - see bounds.h.
 */
#include "query/bounds.h"

#include "base/bits.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/pages.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int bounds_init(struct bounds *b, unsigned bits, unsigned round)
{
    b->bits = bits;
    b->factor = hash_u64(round + 1) | 1;
    b->sum = pages_new(sizeof *b->sum << bits);
    return b->sum != NULL ? 0 : ERR_NOMEM;
}

void bounds_free(struct bounds *b)
{
    pages_free(b->sum, sizeof *b->sum << b->bits);
    b->sum = NULL;
}

static uint64_t sum_of(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

void bounds_add(struct bounds *b, const uint64_t *hash, const uint64_t *value, uint32_t n)
{
    unsigned shift = 64 - b->bits;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t *sum = &b->sum[hash[i] * b->factor >> shift];
        *sum = sum_of(*sum, value[i]);
    }
}

void bounds_merge(struct bounds *into, const struct bounds *from)
{
    assert(into->bits == from->bits && into->factor == from->factor);
    for (size_t i = 0; i < (size_t)1 << into->bits; i++) {
        into->sum[i] = sum_of(into->sum[i], from->sum[i]);
    }
}

static size_t reaching(const struct bounds *b, uint64_t least)
{
    size_t n = 0;
    for (size_t i = 0; i < (size_t)1 << b->bits; i++) {
        n += b->sum[i] >= least;
    }
    return n;
}

/* The least power of two that few enough reach, then by halves towards the one below. */
uint64_t bounds_least(const struct bounds *b, size_t n)
{
    uint64_t least = 1, step;
    while (least < (uint64_t)1 << 63 && reaching(b, least) > n) {
        least *= 2;
    }
    for (step = least / 4; step > least / 64; step /= 2) {
        if (reaching(b, least - step) <= n) {
            least -= step;
        }
    }
    return least;
}

int bounded_init(struct bounded *s, const struct bounds *b, uint64_t least)
{
    size_t n = (size_t)1 << b->bits;
    s->bits = b->bits;
    s->factor = b->factor;
    s->n = 0;
    s->reach = calloc(BITS_WORDS(n), sizeof *s->reach);
    if (s->reach == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        if (b->sum[i] >= least) {
            bits_set(s->reach, i);
            s->n++;
        }
    }
    return 0;
}

void bounded_free(struct bounded *s)
{
    free(s->reach);
    s->reach = NULL;
}
