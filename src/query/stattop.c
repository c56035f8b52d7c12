/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stattop.c - see stattop.h.
 */
#include "query/stattop.h"

#include "base/err.h"
#include "query/table.h"

#include <stdlib.h>
#include <string.h>

enum { STRIP = 1024 };

void stat_top_init(struct stat_top *t, const struct bounded *guess, const struct rounds *rounds,
                   enum order_id order)
{
    memset(t, 0, sizeof *t);
    t->guess = guess;
    t->rounds = rounds;
    t->order = order;
}

void stat_top_free(struct stat_top *t)
{
    for (unsigned k = 0; k < STAT_FIELDS_MAX; k++) {
        free(t->chosen[k].mark);
        free(t->chosen[k].key);
        free(t->chosen[k].rows);
        free(t->chosen[k].code);
    }
    bounds_free(&t->bounds);
    free(t->sum);
    free(t->hash);
}

int stat_top_start(struct stat_top *t, enum stat_parting parting)
{
    t->parting = parting;
    return parting == PART_COUNT || parting == PART_NOT ? 0 : rounds_start(t->rounds, &t->bounds);
}

static int reserve(struct stat_top *t, uint32_t n)
{
    if (n > t->cap) {
        free(t->sum);
        free(t->hash);
        t->cap = n + n / 4;
        t->sum = calloc(t->cap, sizeof *t->sum);
        t->hash = malloc(t->cap * sizeof *t->hash);
        t->cap = t->sum != NULL && t->hash != NULL ? t->cap : 0;
    }
    return t->cap >= n ? 0 : ERR_NOMEM;
}

static int reserve_chosen(struct stat_chosen *c, uint32_t n)
{
    if (c->rows == NULL) {
        c->rows = malloc(BATCH_ROWS_MAX * sizeof *c->rows);
        c->code = malloc(BATCH_ROWS_MAX * sizeof *c->code);
    }
    if (n > c->cap) {
        free(c->mark);
        free(c->key);
        c->cap = n + n / 4;
        c->mark = malloc(c->cap * sizeof *c->mark);
        c->key = malloc(c->cap * sizeof *c->key);
    }
    if (c->rows == NULL || c->code == NULL || c->mark == NULL || c->key == NULL) {
        c->cap = 0;
        return ERR_NOMEM;
    }
    return 0;
}

/* ------------------------------------------------------------------ sums */

static void add_rows(uint64_t *sum, const uint32_t *code, const uint64_t *value, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        sum[code != NULL ? code[i] : 0] += value[i];
    }
}

static void add_sums(struct stat_top *t, struct batch *b, const struct stat_codes *codes)
{
    uint64_t value[STRIP];
    uint32_t row[STRIP];
    for (uint32_t at = 0, n; at < codes->nrows; at += n) {
        n = codes->nrows - at < STRIP ? codes->nrows - at : STRIP;
        for (uint32_t i = 0; i < n && codes->rows == NULL; i++) {
            row[i] = at + i;
        }
        tally_read_sums(b, codes->rows != NULL ? codes->rows + at : row, n, false, t->order,
                        value);
        add_rows(t->sum, codes->code != NULL ? codes->code + at : NULL, value, n);
    }
}

/* Sums to buckets, but those of values that will be counted. They are zero afterwards. */
static void hand_sums(struct stat_top *t, uint32_t n)
{
    bool guesses = t->parting == PART_GUESS;
    uint64_t hash[STRIP], sum[STRIP];
    uint32_t m = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool goes = t->sum[i] != 0 && !bounded_has(t->guess, t->hash[i]) &&
                    (guesses || rounds_possible(t->rounds, t->hash[i]));
        hash[m] = t->hash[i];
        sum[m] = t->sum[i];
        m += goes;
        t->sum[i] = 0;
        if (m == STRIP) {
            bounds_add(&t->bounds, hash, sum, m);
            m = 0;
        }
    }
    bounds_add(&t->bounds, hash, sum, m);
}

/* ------------------------------------------------------------------ choosing */

static bool is_counted(const struct stat_top *t, uint64_t hash)
{
    bool guessed = bounded_has(t->guess, hash);
    return t->parting == PART_GUESS ? guessed
                                    : t->parting == PART_COUNT && !guessed &&
                                          rounds_possible(t->rounds, hash);
}

static void mark_codes(const struct stat_top *t, const struct stat_coder *coder,
                       const struct stat_codes *codes, struct stat_chosen *c)
{
    c->nkeys = 0;
    for (uint32_t i = 0; i < codes->n; i++) {
        c->mark[i] = 0;
        if (is_counted(t, t->hash[i])) {
            c->key[c->nkeys++] = stat_code_key(coder, codes, i);
            c->mark[i] = c->nkeys;
        }
    }
}

/* marks: of this field, or of one before that has the same codes. */
static void choose_rows(const struct stat_chosen *marks, struct stat_chosen *c,
                        struct stat_codes *codes)
{
    uint32_t m = 0;
    for (uint32_t i = 0; i < codes->nrows && marks->nkeys > 0; i++) {
        uint32_t number = marks->mark[codes->code != NULL ? codes->code[i] : 0];
        c->rows[m] = codes->rows != NULL ? codes->rows[i] : i;
        c->code[m] = number - 1;
        m += number != 0;
    }
    *codes = (struct stat_codes){.values = CODES_KEYS, .keys = marks->key, .n = marks->nkeys,
                                 .rows = c->rows, .nrows = m, .code = c->code};
}

/* Fields that have the same codes are worked on together. */
static int part_fields(struct stat_top *t, const struct stat_coder *coder, struct batch *b,
                       struct stat_codes *codes, int first, int end)
{
    struct stat_chosen *marks = &t->chosen[first];
    int rc = reserve(t, codes[first].n);
    stat_code_hashes(coder, &codes[first], t->hash);
    for (int k = first; k < end && rc == 0; k++) {
        rc = reserve_chosen(&t->chosen[k], codes[first].n);
        if (rc == 0 && t->parting != PART_COUNT) {
            add_sums(t, b, &codes[k]);
        }
    }
    if (rc != 0) {
        return rc;
    }
    if (t->parting != PART_COUNT) {
        hand_sums(t, codes[first].n);
    }
    mark_codes(t, coder, &codes[first], marks);
    for (int k = first; k < end; k++) {
        choose_rows(marks, &t->chosen[k], &codes[k]);
    }
    return 0;
}

int stat_top_part(struct stat_top *t, const struct stat_coder *coder, struct batch *b,
                  struct stat_codes *codes, int nfields)
{
    int rc = 0;
    for (int first = 0, end; first < nfields && rc == 0; first = end) {
        for (end = first + 1; end < nfields && stat_codes_same(&codes[first], &codes[end]);) {
            end++;
        }
        rc = part_fields(t, coder, b, codes, first, end);
    }
    return rc;
}
