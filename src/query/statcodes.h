/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statcodes.h - the values of a statistic in one block as small numbers, so that counting is an
 * addition to an array.
 *
 * Small numbers (ports, protocols, masks) are their own codes. Columns that are kept as codes into
 * a table stay so. Everything else is read row by row (statkeys.h) and numbered through a hash
 * table; so is every kind when `plain` is asked for.
 */
#ifndef WEIR_QUERY_STATCODES_H
#define WEIR_QUERY_STATCODES_H

#include "query/groups.h"
#include "query/statkeys.h"

#include <pthread.h>

enum code_values {
    CODES_NUMBERS, /* a code is the value, below 65,536, in every block */
    CODES_TABLE,   /* a place in the column's table */
    CODES_KEYS,    /* a place in keys */
};

/* The rows that have a value in one field of an element, and its codes. */
struct stat_codes {
    enum code_values values;
    uint32_t n;                   /* every code is less */
    const struct column *table;
    const struct value_key *keys;
    const uint32_t *rows;         /* NULL: the first nrows of the block */
    uint32_t nrows;
    const uint32_t *code;         /* one for each of them; NULL: all are 0 */
};

/* Texts as numbers; shared by all workers. */
struct stat_texts {
    pthread_mutex_t lock;
    struct groups groups;
};

/* Workspace of one thread: codes live until the next ones are made for the same field number. */
struct stat_coder {
    const struct stat_spec *spec;
    const struct geo_db *geo;
    struct stat_texts *texts;
    bool plain;
    struct buf work;
    struct {
        uint32_t *rows, *code; /* BATCH_ROWS_MAX each */
    } field[STAT_FIELDS_MAX];
    uint32_t *slot;            /* number + 1 of a key; 0: free */
    struct value_key *keys;    /* those of all fields of the block */
    uint32_t nkeys;
    uint32_t mask;             /* of slots */
};

int stat_coder_init(struct stat_coder *c, const struct stat_spec *spec, const struct geo_db *geo,
                    struct stat_texts *texts, bool plain); /* 0 or ERR_NOMEM */
void stat_coder_free(struct stat_coder *c);

/* Codes of chosen rows (NULL: the first n) for every field; how many fields, or ERR_NOMEM. */
int stat_codes(struct stat_coder *c, struct batch *b, const uint32_t *rows, uint32_t n,
               struct stat_codes out[STAT_FIELDS_MAX]);

/* Whether codes of two fields of a block mean the same, so that they can be counted together. */
bool stat_codes_same(const struct stat_codes *a, const struct stat_codes *b);

/* The value that a code stands for. */
struct value_key stat_code_key(const struct stat_coder *c, const struct stat_codes *codes,
                               uint32_t code);

/* The hashes (value_key_hash) of what all codes stand for. */
void stat_code_hashes(const struct stat_coder *c, const struct stat_codes *codes, uint64_t *hash);

#endif
