/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stattimes.c - see stattimes.h.
 */
#include "query/stattimes.h"

#include "base/err.h"
#include "query/stattally.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ blocks */

bool timed_zone(const struct zone *zone)
{
    return zone->bounds[FIELD_FIRST_SEEN].known && zone->bounds[FIELD_LAST_SEEN].known;
}

static struct timed_block *one_more(struct timed_blocks *b)
{
    if (b->n == b->cap) {
        size_t cap = b->cap != 0 ? b->cap * 2 : 64;
        struct timed_block *at = realloc(b->at, cap * sizeof *at);
        if (at == NULL) {
            return NULL;
        }
        b->at = at;
        b->cap = cap;
    }
    return &b->at[b->n++];
}

int timed_blocks_add(struct timed_blocks *b, uint64_t place, const struct zone *zone)
{
    const struct zone_bounds *first = &zone->bounds[FIELD_FIRST_SEEN];
    const struct zone_bounds *last = &zone->bounds[FIELD_LAST_SEEN];
    struct timed_block *to = one_more(b);
    if (to == NULL) {
        return ERR_NOMEM;
    }
    *to = (struct timed_block){.place = place, .earliest = {first->min.u64, last->min.u64},
                               .latest = {first->max.u64, last->max.u64}};
    return 0;
}

static int compare_blocks(const void *a, const void *b)
{
    const struct timed_block *x = a, *y = b;
    return x->place < y->place ? -1 : x->place > y->place;
}

int timed_blocks_join(struct timed_blocks *b, const struct timed_blocks *more)
{
    for (size_t i = 0; i < more->n; i++) {
        struct timed_block *to = one_more(b);
        if (to == NULL) {
            return ERR_NOMEM;
        }
        *to = more->at[i];
    }
    return 0;
}

static struct timed_block *block_at(const struct timed_blocks *b, uint64_t place)
{
    struct timed_block wanted = {.place = place};
    return b->n != 0 ? bsearch(&wanted, b->at, b->n, sizeof *b->at, compare_blocks) : NULL;
}

/* ------------------------------------------------------------------ values */

static int compare_keys(const struct value_key *a, const struct value_key *b)
{
    if (a->word[0] != b->word[0]) {
        return a->word[0] < b->word[0] ? -1 : 1;
    }
    if (a->word[1] != b->word[1]) {
        return a->word[1] < b->word[1] ? -1 : 1;
    }
    return a->tag < b->tag ? -1 : a->tag > b->tag;
}

static int compare_values(const void *a, const void *b)
{
    const struct timed_value *x = a, *y = b;
    return compare_keys(&x->key, &y->key);
}

static struct timed_value *value_at(const struct stat_times *t, const struct value_key *key)
{
    struct timed_value wanted = {.key = *key};
    return t->n != 0 ? bsearch(&wanted, t->value, t->n, sizeof *t->value, compare_values) : NULL;
}

/* What is known of a value before any block is read again. */
static struct timed_value start_value(const struct stat_times *t, const struct valueset *values,
                                      uint64_t id)
{
    const struct value *v = valueset_at(values, id);
    struct timed_value out = {.key = value_key_of(v), .id = id,
                              .from = stat_position_place(v->first), .to = value_last_place(v),
                              .times = valueset_times(values, id)};
    const struct timed_block *from = block_at(&t->blocks, out.from);
    const struct timed_block *to = block_at(&t->blocks, out.to);
    if (from != NULL && from->latest.first < out.times.first) {
        out.times.first = from->latest.first;
    }
    if (to != NULL && to->earliest.last > out.times.last) {
        out.times.last = to->earliest.last;
    }
    return out;
}

static bool may_change(const struct timed_block *b, const struct timed_value *v)
{
    return b->place >= v->from && b->place <= v->to &&
           (b->earliest.first < v->times.first || b->latest.last > v->times.last);
}

static bool choose_blocks(struct stat_times *t)
{
    bool any = false;
    for (size_t i = 0; i < t->blocks.n; i++) {
        struct timed_block *b = &t->blocks.at[i];
        for (size_t k = 0; k < t->n && !b->wanted; k++) {
            b->wanted = may_change(b, &t->value[k]);
        }
        any |= b->wanted;
    }
    return any;
}

int stat_times_want(struct stat_times *t, const struct valueset *values, const uint64_t *ids,
                    size_t n, bool *again)
{
    size_t distinct = 0;
    t->value = malloc((n + 1) * sizeof *t->value);
    if (t->value == NULL) {
        return ERR_NOMEM;
    }
    if (t->blocks.n != 0) {
        qsort(t->blocks.at, t->blocks.n, sizeof *t->blocks.at, compare_blocks);
    }
    for (size_t i = 0; i < n; i++) {
        t->value[i] = start_value(t, values, ids[i]);
    }
    qsort(t->value, n, sizeof *t->value, compare_values);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || t->value[i].id != t->value[distinct - 1].id) {
            t->value[distinct++] = t->value[i];
        }
    }
    t->n = distinct;
    *again = choose_blocks(t);
    return 0;
}

bool stat_times_wants(const struct stat_times *t, uint64_t from, uint64_t end)
{
    size_t first = 0, last = t->blocks.n;
    while (first < last) {
        size_t middle = first + (last - first) / 2;
        if (t->blocks.at[middle].place < from) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    while (first < t->blocks.n && t->blocks.at[first].place < end && !t->blocks.at[first].wanted) {
        first++;
    }
    return first < t->blocks.n && t->blocks.at[first].place < end;
}

void stat_times_free(struct stat_times *t)
{
    free(t->blocks.at);
    free(t->value);
}

/* ------------------------------------------------------------------ reading again */

void stat_times_read(const struct stat_times *t, const struct stat_coder *coder,
                     const struct stat_codes *codes, struct batch *b, uint32_t *memo,
                     struct value_times *found)
{
    const struct column *first = batch_column(b, FIELD_FIRST_SEEN);
    const struct column *last = batch_column(b, FIELD_LAST_SEEN);
    for (uint32_t i = 0; i < codes->n; i++) {
        struct value_key key = stat_code_key(coder, codes, i);
        const struct timed_value *v = value_at(t, &key);
        memo[i] = v != NULL ? (uint32_t)(v - t->value) + 1 : 0;
    }
    for (uint32_t i = 0; i < codes->nrows; i++) {
        uint32_t row = codes->rows != NULL ? codes->rows[i] : i;
        uint32_t which = memo[codes->code != NULL ? codes->code[i] : 0];
        if (which != 0) {
            struct value_times *to = &found[which - 1];
            uint64_t from = column_u64(first, row), until = column_u64(last, row);
            to->first = from < to->first ? from : to->first;
            to->last = until > to->last ? until : to->last;
        }
    }
}

void stat_times_join(struct stat_times *t, const struct value_times *found)
{
    for (size_t i = 0; i < t->n; i++) {
        struct value_times *to = &t->value[i].times;
        to->first = found[i].first < to->first ? found[i].first : to->first;
        to->last = found[i].last > to->last ? found[i].last : to->last;
    }
}

const struct value_times *stat_times_of(const struct stat_times *t, const struct value *v)
{
    struct value_key key = value_key_of(v);
    const struct timed_value *have = value_at(t, &key);
    return have != NULL ? &have->times : NULL;
}
