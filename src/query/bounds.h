/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * bounds.h - upper bounds for sums by key, in memory that does not grow with the number of keys.
 *
 * Every key falls into one of 2^bits buckets; the sum of a bucket is at least that of each of its
 * keys. So whoever looks for the greatest sums need not look at keys in small buckets. Sums stop at
 * the greatest number. Rounds differ in how keys fall into buckets.
 */
#ifndef WEIR_QUERY_BOUNDS_H
#define WEIR_QUERY_BOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bounds {
    unsigned bits;
    uint64_t factor; /* of the round */
    uint64_t *sum;
};

int bounds_init(struct bounds *b, unsigned bits, unsigned round); /* 0 or ERR_NOMEM */
void bounds_free(struct bounds *b);
void bounds_add(struct bounds *b, const uint64_t *hash, const uint64_t *value, uint32_t n);
void bounds_merge(struct bounds *into, const struct bounds *from); /* of one round */

/* A value that at most n buckets reach; at least 1. */
uint64_t bounds_least(const struct bounds *b, size_t n);

/* The keys whose buckets reach a value. */
struct bounded {
    unsigned bits;
    uint64_t factor;
    uint64_t *reach; /* bitmap of buckets */
    size_t n;        /* of them */
};

int bounded_init(struct bounded *s, const struct bounds *b, uint64_t least); /* 0 or ERR_NOMEM */
void bounded_free(struct bounded *s);

static inline bool bounded_has(const struct bounded *s, uint64_t hash)
{
    uint64_t i = hash * s->factor >> (64 - s->bits);
    return s->reach[i / 64] >> (i % 64) & 1;
}

#endif
