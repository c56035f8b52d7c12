/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * vecplan.h - which encoding an array of numbers gets: between vecplan.c, which estimates, and
 * vecwrite.c, which writes. Nobody else includes it.
 *
 * Blocks of one file are alike, so a plan is remembered by its place (which column, which part of
 * it) and by how many numbers there were, and taken again for the next block without estimating
 * anything, as long as what it writes does not get longer.
 */
#ifndef WEIR_STORE_VECPLAN_H
#define WEIR_STORE_VECPLAN_H

#include "base/arena.h"
#include "store/vec.h"

#include <stdbool.h>
#include <stdint.h>
#include <zstd.h>

struct vec_known; /* remembered plans */

struct vec_writer {
    ZSTD_CCtx *cctx; /* NULL: no zstd */
    int level;
    int depth;
    uint32_t place;  /* of the array at hand; 0: nothing is remembered */
    struct vec_known *known;
    struct arena arena;
    uint32_t *direct; /* 1 << DIRECT_BITS counts, all zero between uses */
};

enum {
    DIRECT_BITS = 16,   /* ranges of values counted in an array */
    TOP_MAX = 255,      /* entries of a POPULAR table */
    VECPLAN_SMALL = 64  /* arrays below are CONST, RAW or BITS only */
};

struct vec_count {
    uint64_t value;
    uint32_t count;
};

/* How often values occur: the most frequent ones, descending; counts are of n values seen. */
struct vec_histogram {
    uint32_t n;
    uint32_t distinct;
    bool exact;
    unsigned ntop;
    struct vec_count top[TOP_MAX];
};

struct vec_array {
    const uint64_t *v;
    uint32_t n;
    unsigned width;
    uint64_t min;
    uint64_t max;
    unsigned bits; /* of max - min */
};

struct vec_plan {
    enum vec_kind kind;
    bool zstd;
    unsigned top_bits; /* POPULAR: bits of a code */
    double cost;
};

/* Kinds that must not be planned: a writer refused, or nesting them there only makes decoding
 * slow. */
#define BAN(kind) (1u << (kind))
#define BAN_STEPS                                                                                  \
    (BAN(VEC_DELTA) | BAN(VEC_DICT) | BAN(VEC_POPULAR) | BAN(VEC_PLANES) | BAN(VEC_SPARSE))

struct vec_array vecplan_array(const uint64_t *v, uint32_t n, unsigned width);

/* The cheapest kind that is not banned, by estimates. */
struct vec_plan vecplan_for(struct vec_writer *w, const struct vec_array *a, unsigned banned);

struct vec_known *vecplan_known_new(void); /* free() it */

/* The plan that served at this place the last times; false: estimate. */
bool vecplan_recall(struct vec_writer *w, const struct vec_array *a, unsigned banned,
                    struct vec_plan *p);

/* Was what a recalled plan wrote about as short as expected? */
bool vecplan_still_good(const struct vec_writer *w, const struct vec_array *a, size_t octets);

/* Remember a plan and what it wrote. */
void vecplan_remember(struct vec_writer *w, const struct vec_array *a, const struct vec_plan *p,
                      size_t octets);

/* The same for what an array would cost, without its plan; false: not known. */
bool vecplan_cost(struct vec_writer *w, uint32_t n, double *cost);
void vecplan_set_cost(struct vec_writer *w, uint32_t n, double cost);

/* A direct table of the array's range is not much larger than the array. */
bool vecplan_is_dense(const struct vec_array *a);

/* For plans a sample will do; for the table that is written all values count, if that is cheap. */
void vecplan_count(struct vec_writer *w, const struct vec_array *a, bool all,
                   struct vec_histogram *h);

/* Octets of the RAW number that holds so many bits. */
static inline unsigned vecplan_raw_width(unsigned bits)
{
    return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
}

/* values - base as numbers of `width` octets; out is aligned to 8 */
void vecplan_narrow(const uint64_t *v, uint32_t n, uint64_t base, unsigned width, void *out);

/* Differences of neighbours, from base = the first value. True: they are signed (zigzag). */
bool vecplan_differences(const struct vec_array *a, uint64_t *d);

#endif
