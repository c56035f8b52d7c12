/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stattally.c - see stattally.h.
 *
 * Counters are read in strips of STRIP rows, widened to 64 bits: what a strip needs stays in the
 * first level of the cache, and the loops that add need not know how columns are kept.
 */
#include "query/stattally.h"

#include "base/err.h"
#include "base/pages.h"
#include "base/simd.h"
#include "query/gather.h"

#include <stdlib.h>
#include <string.h>

enum { STRIP = 1024, NUMBERS = 65536, SMALL_PAGE = 2 << 20 };
enum { FEW = 8 }; /* one in so many rows of a block */

/* ------------------------------------------------------------------ life */

int stat_tally_init(struct stat_tally *t, struct valueset *values)
{
    t->values = values;
    batch_init(&t->few);
    t->item = malloc(VALUESET_RUN * sizeof *t->item);
    t->item_times = malloc(VALUESET_RUN * sizeof *t->item_times);
    t->item_out = malloc(VALUESET_RUN * sizeof *t->item_out);
    return t->item != NULL && t->item_times != NULL && t->item_out != NULL ? 0 : ERR_NOMEM;
}

static void counts_free(struct stat_counts *c)
{
    pages_free(c->count, c->cap * sizeof *c->count);
    free(c->times);
    free(c->out);
    memset(c, 0, sizeof *c);
}

void stat_tally_free(struct stat_tally *t)
{
    counts_free(&t->block);
    counts_free(&t->numbers.counts);
    free(t->numbers.first);
    pages_free(t->numbers.small, SMALL_PAGE);
    free(t->item);
    free(t->item_times);
    free(t->item_out);
    batch_free(&t->few);
    stat_top_free(&t->top);
    stat_coder_free(&t->coder);
}

static void clear_times(struct value_times *t, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        t[i] = (struct value_times){UINT64_MAX, 0};
    }
}

/* Room for n codes. Counters are zero, also between blocks, so growing needs no copy. */
static int counts_reserve(struct stat_counts *c, uint32_t n, bool times, bool out)
{
    if (n > c->cap) {
        counts_free(c);
        c->cap = n + n / 4;
        c->count = pages_new(c->cap * sizeof *c->count);
    }
    if (times && c->times == NULL) {
        c->times = malloc(c->cap * sizeof *c->times);
        if (c->times != NULL) {
            clear_times(c->times, c->cap);
        }
    }
    if (out && c->out == NULL) {
        c->out = calloc(c->cap, sizeof *c->out);
    }
    if (c->count == NULL || (times && c->times == NULL) || (out && c->out == NULL)) {
        counts_free(c);
        return ERR_NOMEM;
    }
    return 0;
}

static int numbers_reserve(struct stat_numbers *m, bool times, bool out)
{
    if (m->first == NULL) {
        m->first = malloc(NUMBERS * sizeof *m->first);
        if (m->first == NULL) {
            return ERR_NOMEM;
        }
        memset(m->first, 0xff, NUMBERS * sizeof *m->first);
    }
    if (m->small == NULL) {
        m->small = pages_new(SMALL_PAGE);
        if (m->small == NULL) {
            return ERR_NOMEM;
        }
    }
    if (m->counts.cap != 0) {
        return counts_reserve(&m->counts, m->counts.cap, times, out);
    }
    return counts_reserve(&m->counts, NUMBERS, times, out);
}

/* ------------------------------------------------------------------ counters of a block */

struct counters {
    const struct column *flows, *packets, *bytes, *out_packets, *out_bytes;
    const struct column *first, *last; /* NULL: not counted */
    bool has_out;
    bool picked; /* the columns have no other rows than those to be counted */
};

static bool is_zero(const struct column *c)
{
    return c->form == COLUMN_CONST && column_u64(c, 0) == 0;
}

static struct counters counters_of(struct batch *b, bool with_times)
{
    struct counters c = {.flows = batch_column(b, FIELD_FLOWS),
                         .packets = batch_column(b, FIELD_PACKETS),
                         .bytes = batch_column(b, FIELD_BYTES),
                         .out_packets = batch_column(b, FIELD_OUT_PACKETS),
                         .out_bytes = batch_column(b, FIELD_OUT_BYTES)};
    c.has_out = !is_zero(c.out_packets) || !is_zero(c.out_bytes);
    if (with_times) {
        c.first = batch_column(b, FIELD_FIRST_SEEN);
        c.last = batch_column(b, FIELD_LAST_SEEN);
    }
    return c;
}

/* Rows at .. at + n - 1 of those that have a value. */
struct strip {
    const struct stat_codes *codes;
    bool picked;          /* see struct counters */
    uint32_t at, n;
    uint32_t row[STRIP];  /* used if the rows are not all rows */
    uint64_t buffer[7][STRIP];
};

/* The numbers of a strip: where they are, or in a buffer. */
static const uint64_t *strip_u64(struct strip *s, unsigned k, const struct column *c)
{
    uint64_t *out = s->buffer[k];
    if (c->form == COLUMN_CONST) {
        uint64_t v = column_u64(c, 0);
        for (uint32_t i = 0; i < s->n; i++) {
            out[i] = v;
        }
        return out;
    }
    if (s->codes->rows != NULL && !s->picked) {
        column_gather(c, s->codes->rows + s->at, s->n, out);
        return out;
    }
    if (c->form == COLUMN_FLAT && c->width == 8) {
        return (const uint64_t *)c->values + s->at;
    }
    struct column part = *c;
    if (c->form == COLUMN_FLAT) {
        part.values = (const uint8_t *)c->values + (size_t)s->at * c->width;
    } else {
        part.codes = (const uint8_t *)c->codes + (size_t)s->at * c->code_width;
    }
    column_widen(&part, s->n, out);
    return out;
}

/* NULL: each flow counts as one. */
static const uint64_t *strip_flows(struct strip *s, unsigned k, const struct column *c)
{
    uint64_t *out = s->buffer[k];
    const uint64_t *in;
    if (is_zero(c)) {
        return NULL;
    }
    in = strip_u64(s, k, c);
    for (uint32_t i = 0; i < s->n; i++) {
        out[i] = in[i] != 0 ? in[i] : 1;
    }
    return out;
}

static const uint32_t *strip_rows(struct strip *s)
{
    if (s->codes->rows != NULL) {
        return s->codes->rows + s->at;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        s->row[i] = s->at + i;
    }
    return s->row;
}

/* ------------------------------------------------------------------ adding */

static void add_counts(struct stat_count *count, const uint32_t *code, uint32_t n,
                       const uint64_t *flows, const uint64_t *packets, const uint64_t *bytes)
{
    if (flows == NULL) {
        for (uint32_t i = 0; i < n; i++) {
            struct stat_count *c = &count[code[i]];
            c->flows++;
            c->packets += packets[i];
            c->bytes += bytes[i];
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct stat_count *c = &count[code[i]];
        c->flows += flows[i];
        c->packets += packets[i];
        c->bytes += bytes[i];
    }
}

static void note_first(struct stat_count *count, const uint32_t *code, const uint32_t *row,
                       uint32_t n, unsigned field)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t turned = ~(row[i] << 2 | field);
        struct stat_count *c = &count[code[i]];
        c->seen = turned > c->seen ? turned : c->seen;
    }
}

/* ------------------------------------------------------------------ adding numbers */

/* What a strip adds. */
struct addends {
    const uint64_t *flows, *packets, *bytes; /* flows NULL: one each */
};

static void add_up(struct stat_numbers *m)
{
    for (uint32_t i = 0; i < NUMBERS && m->nplaces > 0; i++) {
        struct stat_small *from = &m->small[i];
        struct stat_count *to = &m->counts.count[i];
        uint64_t place = m->place[from->bytes & ((1 << SMALL_BITS) - 1)];
        if (from->flows != 0) {
            to->flows += from->flows;
            to->packets += from->packets;
            to->bytes += from->bytes >> SMALL_BITS;
            to->seen = place > to->seen ? place : to->seen;
            *from = (struct stat_small){0, 0, 0};
        }
    }
    m->nplaces = 0;
    m->flows = m->packets = m->bytes = 0;
}

/* Whether no small counter can overflow by what a strip adds; if so, it is taken as added. */
SIMD_CLONES static bool stay_small(struct stat_numbers *m, const struct addends *a, uint32_t n)
{
    uint64_t flows = 0, packets = 0, bytes = 0, any = 0;
    for (uint32_t i = 0; i < n; i++) {
        packets += a->packets[i];
        bytes += a->bytes[i];
        any |= a->packets[i] | a->bytes[i];
    }
    for (uint32_t i = 0; i < n && a->flows != NULL; i++) {
        flows += a->flows[i];
        any |= a->flows[i];
    }
    flows = (a->flows != NULL ? flows : n) + m->flows;
    packets += m->packets;
    bytes += m->bytes;
    if (any >> 43 != 0 || flows > UINT32_MAX || packets > UINT32_MAX ||
        bytes >> (64 - SMALL_BITS) != 0) {
        return false;
    }
    m->flows = flows;
    m->packets = packets;
    m->bytes = bytes;
    return true;
}

/* A number is new here, or may be: another field of the same flow may have it, too. */
static void note_position(struct stat_numbers *m, const struct strip *s, uint32_t i,
                          unsigned field, uint64_t place)
{
    uint32_t row = s->codes->rows != NULL ? s->codes->rows[s->at + i] : s->at + i;
    uint64_t position = stat_position(place, row, field);
    uint64_t *first = &m->first[s->codes->code[s->at + i]];
    *first = position < *first ? position : *first;
}

static void add_small(struct stat_numbers *m, const struct strip *s, const struct addends *a,
                      unsigned field, uint64_t place)
{
    const uint32_t *code = s->codes->code + s->at;
    uint64_t block = m->nplaces - 1;
    for (uint32_t i = 0; i < s->n; i++) {
        struct stat_small *c = &m->small[code[i]];
        if (c->flows == 0 || (field > 0 && (c->bytes & ((1 << SMALL_BITS) - 1)) == block)) {
            note_position(m, s, i, field, place);
        }
        c->bytes = ((c->bytes >> SMALL_BITS) + a->bytes[i]) << SMALL_BITS | block;
        c->flows += a->flows != NULL ? (uint32_t)a->flows[i] : 1;
        c->packets += (uint32_t)a->packets[i];
    }
}

static void add_large(struct stat_numbers *m, const struct strip *s, const struct addends *a,
                      unsigned field, uint64_t place)
{
    const uint32_t *code = s->codes->code + s->at;
    for (uint32_t i = 0; i < s->n; i++) {
        struct stat_count *c = &m->counts.count[code[i]];
        if (c->flows == 0 || (field > 0 && c->seen == place)) {
            note_position(m, s, i, field, place);
        }
        c->flows += a->flows != NULL ? a->flows[i] : 1;
        c->packets += a->packets[i];
        c->bytes += a->bytes[i];
        c->seen = place;
    }
}

static void begin_block(struct stat_numbers *m, uint64_t place)
{
    if (m->nplaces == 1 << SMALL_BITS) {
        add_up(m);
    }
    if (m->nplaces == 0 || m->place[m->nplaces - 1] != place) {
        m->place[m->nplaces++] = place;
    }
}

static void add_numbers(struct stat_numbers *m, const struct strip *s, const struct addends *a,
                        unsigned field, uint64_t place)
{
    begin_block(m, place);
    if (!stay_small(m, a, s->n)) {
        add_up(m);
        begin_block(m, place);
        if (!stay_small(m, a, s->n)) {
            add_large(m, s, a, field, place);
            return;
        }
    }
    add_small(m, s, a, field, place);
}

/* ------------------------------------------------------------------ adding the rest */

static void add_times(struct value_times *times, const uint32_t *code, uint32_t n,
                      const uint64_t *first, const uint64_t *last)
{
    for (uint32_t i = 0; i < n; i++) {
        struct value_times *t = &times[code[i]];
        t->first = first[i] < t->first ? first[i] : t->first;
        t->last = last[i] > t->last ? last[i] : t->last;
    }
}

static void add_out(struct value_out *out, const uint32_t *code, uint32_t n,
                    const uint64_t *packets, const uint64_t *bytes)
{
    for (uint32_t i = 0; i < n; i++) {
        out[code[i]].packets += packets[i];
        out[code[i]].bytes += bytes[i];
    }
}

static uint64_t sum(const uint64_t *v, uint32_t n)
{
    uint64_t s = 0;
    for (uint32_t i = 0; i < n; i++) {
        s += v[i];
    }
    return s;
}

/* All rows have one value. */
static void add_same(struct stat_counts *to, struct strip *s, const struct counters *c,
                     unsigned field)
{
    const uint64_t *flows = strip_flows(s, 0, c->flows);
    uint32_t turned = ~((s->codes->rows != NULL ? s->codes->rows[s->at] : s->at) << 2 | field);
    to->count->flows += flows != NULL ? sum(flows, s->n) : s->n;
    to->count->packets += sum(strip_u64(s, 1, c->packets), s->n);
    to->count->bytes += sum(strip_u64(s, 2, c->bytes), s->n);
    to->count->seen = turned > to->count->seen ? turned : to->count->seen;
    if (c->has_out) {
        to->out->packets += sum(strip_u64(s, 3, c->out_packets), s->n);
        to->out->bytes += sum(strip_u64(s, 4, c->out_bytes), s->n);
    }
    if (c->first != NULL) {
        static const uint32_t same[STRIP];
        add_times(to->times, same, s->n, strip_u64(s, 5, c->first), strip_u64(s, 6, c->last));
    }
}

static void add_strip(struct stat_counts *to, struct stat_numbers *numbers, struct strip *s,
                      const struct counters *c, unsigned field, uint64_t place)
{
    const uint32_t *code = s->codes->code + s->at;
    const uint64_t *flows = strip_flows(s, 0, c->flows);
    const uint64_t *packets = strip_u64(s, 1, c->packets);
    const uint64_t *bytes = strip_u64(s, 2, c->bytes);
    if (numbers != NULL) {
        struct addends a = {flows, packets, bytes};
        add_numbers(numbers, s, &a, field, place);
    } else {
        note_first(to->count, code, strip_rows(s), s->n, field);
        add_counts(to->count, code, s->n, flows, packets, bytes);
    }
    if (c->has_out) {
        add_out(to->out, code, s->n, strip_u64(s, 3, c->out_packets),
                strip_u64(s, 4, c->out_bytes));
    }
    if (c->first != NULL) {
        add_times(to->times, code, s->n, strip_u64(s, 5, c->first), strip_u64(s, 6, c->last));
    }
}

static int add_field(struct stat_tally *t, const struct stat_codes *codes, unsigned field,
                     const struct counters *c, uint64_t place)
{
    struct stat_numbers *numbers = codes->values == CODES_NUMBERS ? &t->numbers : NULL;
    struct stat_counts *to = numbers != NULL ? &numbers->counts : &t->block;
    struct strip s = {.codes = codes, .picked = c->picked};
    int rc = numbers != NULL ? numbers_reserve(numbers, c->first != NULL, c->has_out)
                             : counts_reserve(to, codes->n, c->first != NULL, c->has_out);
    for (; s.at < codes->nrows && rc == 0; s.at += STRIP) {
        s.n = codes->nrows - s.at < STRIP ? codes->nrows - s.at : STRIP;
        if (codes->code != NULL) {
            add_strip(to, numbers, &s, c, field, place);
        } else {
            add_same(to, &s, c, field);
        }
    }
    return rc;
}

/* ------------------------------------------------------------------ handing over */

struct hand_over {
    struct stat_tally *t;
    uint32_t n;
    bool times, out;
};

static int flush(struct hand_over *h)
{
    struct stat_tally *t = h->t;
    int rc = h->n == 0 ? 0 : valueset_add(t->values, t->item, h->times ? t->item_times : NULL,
                                          h->out ? t->item_out : NULL, h->n);
    h->n = 0;
    return rc;
}

/* The counters of a code; they are zero afterwards. */
static int hand_value(struct hand_over *h, struct stat_counts *from, uint32_t code,
                      const struct value_key *key, uint64_t first, uint64_t place)
{
    struct stat_tally *t = h->t;
    struct stat_count *c = &from->count[code];
    t->item[h->n] = (struct value){{key->word[0], key->word[1]}, c->flows, c->packets, c->bytes,
                                   first, place << 16 | key->tag};
    memset(c, 0, sizeof *c);
    if (h->times) {
        t->item_times[h->n] = from->times[code];
        from->times[code] = (struct value_times){UINT64_MAX, 0};
    }
    if (h->out) {
        t->item_out[h->n] = from->out[code];
        from->out[code] = (struct value_out){0, 0};
    }
    return ++h->n == VALUESET_RUN ? flush(h) : 0;
}

static int hand_block(struct stat_tally *t, const struct stat_codes *codes, uint64_t place)
{
    struct hand_over h = {t, 0, t->block.times != NULL, t->block.out != NULL};
    int rc = 0;
    for (uint32_t i = 0; i < codes->n && rc == 0; i++) {
        const struct stat_count *c = &t->block.count[i];
        if (c->flows != 0) {
            struct value_key key = stat_code_key(&t->coder, codes, i);
            rc = hand_value(&h, &t->block, i, &key, place << 18 | (~c->seen & 0x3ffff), place);
        }
    }
    return rc != 0 ? rc : flush(&h);
}

int stat_tally_finish(struct stat_tally *t)
{
    struct stat_numbers *m = &t->numbers;
    struct hand_over h = {t, 0, m->counts.times != NULL, m->counts.out != NULL};
    struct stat_codes numbers = {.values = CODES_NUMBERS};
    int rc = 0;
    add_up(m);
    for (uint32_t i = 0; i < NUMBERS && m->first != NULL && rc == 0; i++) {
        if (m->counts.count[i].flows != 0) {
            struct value_key key = stat_code_key(&t->coder, &numbers, i);
            rc = hand_value(&h, &m->counts, i, &key, m->first[i],
                            m->counts.count[i].seen);
        }
    }
    return rc != 0 ? rc : flush(&h);
}

static void join_number(struct stat_numbers *m, struct stat_numbers *from, uint32_t i)
{
    struct stat_count *to = &m->counts.count[i], *more = &from->counts.count[i];
    to->flows += more->flows;
    to->packets += more->packets;
    to->bytes += more->bytes;
    to->seen = more->seen > to->seen ? more->seen : to->seen;
    m->first[i] = from->first[i] < m->first[i] ? from->first[i] : m->first[i];
    if (from->counts.times != NULL) {
        add_times(m->counts.times, &i, 1, &from->counts.times[i].first,
                  &from->counts.times[i].last);
    }
    if (from->counts.out != NULL) {
        add_out(m->counts.out, &i, 1, &from->counts.out[i].packets, &from->counts.out[i].bytes);
    }
}

int stat_tally_join(struct stat_tally *t, struct stat_tally *from)
{
    struct stat_numbers *m = &from->numbers;
    int rc = 0;
    t->last_access = from->last_access > t->last_access ? from->last_access : t->last_access;
    if (m->first == NULL) {
        return 0;
    }
    add_up(m);
    rc = numbers_reserve(&t->numbers, m->counts.times != NULL, m->counts.out != NULL);
    for (uint32_t i = 0; i < NUMBERS && rc == 0; i++) {
        if (m->counts.count[i].flows != 0) {
            join_number(&t->numbers, m, i);
        }
    }
    return rc;
}

/* ------------------------------------------------------------------ one block */

static void note_access(struct stat_tally *t, const struct stat_codes *codes, unsigned field,
                        uint64_t place)
{
    uint32_t last = codes->nrows - 1;
    uint64_t access = stat_position(place, codes->rows != NULL ? codes->rows[last] : last, field);
    t->last_access = access + 1 > t->last_access ? access + 1 : t->last_access;
}

/* Where counters are read from: of few rows only their own values are decoded. */
static struct counters read_counters(struct stat_tally *t, struct batch *b,
                                     const struct stat_codes *codes, int nfields, bool with_times)
{
    struct counters c;
    if (t->top.parting == PART_NOT || nfields != 1 || codes->nrows > b->nrows / FEW) {
        return counters_of(b, with_times);
    }
    batch_pick(&t->few, b, codes->rows, codes->nrows);
    c = counters_of(&t->few, with_times);
    c.picked = true;
    b->fault = batch_ok(b) ? t->few.fault : b->fault;
    return c;
}

static int count_codes(struct stat_tally *t, struct batch *b, const struct stat_codes *codes,
                       int nfields, uint64_t place, bool with_times)
{
    struct counters c;
    int rc;
    if (nfields == 1 && codes->nrows == 0) {
        return batch_ok(b) ? 0 : b->fault.code;
    }
    c = read_counters(t, b, codes, nfields, with_times);
    rc = batch_ok(b) ? 0 : b->fault.code;
    for (int k = 0; k < nfields && rc == 0; k++) {
        bool hands = k + 1 == nfields || !stat_codes_same(&codes[k], &codes[k + 1]);
        if (codes[k].nrows > 0) {
            rc = add_field(t, &codes[k], (unsigned)k, &c, place);
            note_access(t, &codes[k], (unsigned)k, place);
        }
        if (rc == 0 && hands && codes[k].values != CODES_NUMBERS && t->block.cap >= codes[k].n) {
            rc = hand_block(t, &codes[k], place);
        }
    }
    return rc;
}

int stat_tally_rows(struct stat_tally *t, struct batch *b, const uint32_t *rows, uint32_t n,
                    uint64_t place, bool with_times)
{
    struct stat_codes codes[STAT_FIELDS_MAX];
    int nfields = stat_codes(&t->coder, b, rows, n, codes);
    int rc = nfields < 0 ? nfields : 0;
    if (rc == 0 && t->top.parting != PART_NOT) {
        rc = stat_top_part(&t->top, &t->coder, b, codes, nfields);
    }
    return rc != 0 ? rc : count_codes(t, b, codes, nfields, place, with_times);
}
