/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * vec.h - arrays of numbers as weir files keep them.
 *
 * A vec is n unsigned numbers of a width (1 2 4 8 octets) that the context knows; only how they are
 * kept stands in the vec itself: a head of 16 octets, then a body that may hold further vecs
 * (doc/file-format.md, "Vecs"). All arithmetic is modulo 2^(8 * width).
 *
 *     head: u8 kind, u8 bits, u8 flags, u8 0, u32 length of the body, u64 base
 *     the whole is padded with zeros to a multiple of 8 octets; the padding is not in the length
 */
#ifndef WEIR_STORE_VEC_H
#define WEIR_STORE_VEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cur.h"
#include "base/err.h"
#include "flow/kernels.h"

#include <stdbool.h>
#include <stdint.h>

enum vec_kind {
    VEC_CONST,   /* every value is base */
    VEC_RAW,     /* base + little-endian numbers of `bits` (8 16 32 64) */
    VEC_BITS,    /* base + numbers of `bits` (1..32), packed as in bitpack.h */
    VEC_DELTA,   /* differences to the value before, the first to base: vec(n); VEC_ZIGZAG */
    VEC_DICT,    /* u32 m, u32 0, table vec(m), codes vec(n) into the table */
    VEC_POPULAR, /* u32 m, u32 e, table vec(m), codes vec(n): m means the next of exceptions vec(e)
                  */
    VEC_PLANES,  /* base + numbers of `bits` / 8 octets: that many vec(n) of octets, lowest first */
    VEC_SPARSE,  /* u32 e, u32 0, gaps vec(e), values vec(e): the rows that are not base */
    VEC_KINDS_
};

enum {
    VEC_ZSTD = 1,   /* RAW: the numbers are one zstd frame */
    VEC_ZIGZAG = 2, /* DELTA: differences are signed: 0 -1 1 -2 2 ... */
};

#define VEC_HEAD 16
#define VEC_DEPTH_MAX 6
#define VEC_TABLE_MAX 65536 /* entries of a DICT or POPULAR table */
#define VEC_PLACES 4096     /* names of columns */

/* Octets per code of a table with m entries. */
static inline unsigned vec_code_width(uint32_t m)
{
    return m <= 256 ? 1 : m <= 65536 ? 2 : 4;
}

/* ------------------------------------------------------------------ reading */

/* Workspace of one thread; scratch memory comes from the arena. dctx: made on first use, kept until
 * vec_work_free(). */
struct vec_work {
    struct arena *arena;
    void *dctx;
};

void vec_work_free(struct vec_work *w);

/* A vec's head and body. */
struct vec {
    enum vec_kind kind;
    unsigned bits;
    unsigned flags;
    uint64_t base;
    struct cur body;
};

/* Take a vec from the cursor. Returns 0, ERR_FORMAT or ERR_UNSUPPORTED with *fault. */
int vec_take(struct cur *c, struct vec *v, struct fault *fault);

/* Decode n values of `width` octets into out (aligned to the width). The same errors; ERR_NOMEM. */
int vec_decode(struct vec_work *w, const struct vec *v, uint32_t n, unsigned width, void *out,
               struct fault *fault);

/* Take and decode the next vec into new memory of the arena, or leave it where it is (RAW). */
int vec_read(struct vec_work *w, struct cur *c, uint32_t n, unsigned width, const void **out,
             struct fault *fault);

/* The same for numbers that fit into `width`, although the vec's own may be larger. */
int vec_read_narrow(struct vec_work *w, struct cur *c, uint32_t n, unsigned width,
                    const void **out, struct fault *fault);

/* The least width, at most `width`, that surely holds all values of the next vec. */
unsigned vec_least_width(struct cur c, unsigned width);

/* The rows and values of a SPARSE: *e of them, rows (below n, ascending) in memory of the arena.
 * *values: where the vec of the values begins. */
int vec_read_sparse(struct vec_work *w, const struct vec *v, uint32_t n, uint32_t *e,
                    const uint32_t **rows, struct cur *values, struct fault *fault);

/* The parts of a DICT: table of *m values of `width`, codes of vec_code_width(*m), checked. */
int vec_read_dict(struct vec_work *w, const struct vec *v, uint32_t n, unsigned width,
                  uint32_t *m, const void **table, const void **codes, struct fault *fault);

/* The parts of a POPULAR: a table of m values of the width that was asked for, and the codes
 * (vec_code_width(m + 1)) and e exceptions, which are not decoded yet. */
struct vec_popular {
    uint32_t m, e;
    const void *table;
    struct cur codes; /* where their vec begins */
    struct vec exceptions;
};

int vec_read_popular(struct vec_work *w, const struct vec *v, uint32_t n, unsigned width,
                     struct vec_popular *p, struct fault *fault);

/* The rows that have an exception, as bits in memory of the arena, with a word more than n rows
 * need; codes: all n of them. */
int vec_popular_escapes(struct vec_work *w, const struct vec_popular *p, const void *codes,
                        uint32_t n, const uint64_t **escapes, struct fault *fault);

/* ------------------------------------------------------------------ testing, picking */

/* A question and the bitmap for its answer. */
struct vec_question {
    const struct number_test *test;
    uint64_t *out;
};

enum { VEC_QUESTIONS_MAX = 4 };

/* Which of n values pass a test, without decoding more than it takes: BITS_WORDS(n) words into
 * out. Rows outside of need (NULL: none are) may come out either way. Errors as vec_decode. */
int vec_test(struct vec_work *w, const struct vec *v, uint32_t n, unsigned width,
             const struct number_test *t, const uint64_t *need, uint64_t *out,
             struct fault *fault);

/* The values of k ascending rows of n into out, 64 bits each. Errors as vec_decode. */
int vec_pick(struct vec_work *w, const struct vec *v, uint32_t n, unsigned width,
             const uint32_t *rows, uint32_t k, uint64_t *out, struct fault *fault);

/* ------------------------------------------------------------------ writing */

struct vec_writer; /* owns a zstd context and scratch memory; used by one thread */

/* level 0: no zstd. NULL when memory is out. */
struct vec_writer *vec_writer_new(int level);
void vec_writer_free(struct vec_writer *w);

/* Append n values (each below 2^(8 * width)) in the cheapest encoding. place: which column this is,
 * from block to block, so that what was found out about it is remembered (below VEC_PLACES); 0: it
 * comes once. Failure: out->failed. */
void vec_write(struct vec_writer *w, uint32_t place, const uint64_t *values, uint32_t n,
               unsigned width, struct buf *out);

/* About what vec_write would take, in octets with a surcharge for slow decoding. place: of this
 * question; no vec may be written under it. */
double vec_cost(struct vec_writer *w, uint32_t place, const uint64_t *values, uint32_t n,
                unsigned width);

/* The answer of lately to the same question about as many values; false: ask anew. */
bool vec_cost_known(struct vec_writer *w, uint32_t place, uint32_t n, double *cost);

/* vec_write in a given encoding, if it can hold the values (else in the cheapest): for tests. */
void vec_write_as(struct vec_writer *w, enum vec_kind kind, const uint64_t *values, uint32_t n,
                  unsigned width, struct buf *out);

/* Append n octets as a RAW vec, compressed where that pays. */
void vec_write_octets(struct vec_writer *w, const uint8_t *octets, uint32_t n, struct buf *out);

#endif
