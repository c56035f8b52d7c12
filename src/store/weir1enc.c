/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weir1enc.c - a batch of rows becomes a block.
 *
 * 1. All addresses go into the block's dictionary; address columns become codes.
 * 2. Each field of a group that occurs becomes a chunk, by the kind of its value: numbers, codes,
 *    octets. Times are tried as differences to each other. A column that the source or destination
 *    address decides (AS numbers, masks, next hops ...) is kept per address, if that is shorter.
 * 3. Head and entries go in front, with bounds and checks.
 *
 * The encoder owns all scratch memory and keeps it from block to block.
 */
#include "store/weir1.h"

#include "base/hash.h"
#include "base/simd.h"
#include "store/addrdict.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Chunk bodies tried and thrown away or taken. */
enum { TRY_FIRST, TRY_SECOND, TRIES_ };

enum { AHEAD = 16 }; /* addresses whose place in the dictionary is fetched before it is needed */

struct weir1_encoder {
    struct vec_writer *vec;
    struct addrdict dict;
    uint32_t *codes[FIELD_STORED_]; /* of address columns: BATCH_ROWS_MAX each, made on demand */
    bool has_codes[FIELD_STORED_];
    uint64_t *values;               /* one widened column */
    uint64_t *other;                /* another one */
    uint64_t *per_address;          /* one number for each address: tables, the dictionary */
    uint32_t per_address_cap;
    struct buf chunks;
    struct buf tries[TRIES_];
    struct weir1_entry entries[FIELD_STORED_ + 1];
    uint32_t nentries;
};

struct block_job {
    struct weir1_encoder *e;
    struct batch *b;
};

/* What is written or asked about a field; a vec's place is made of the two. */
enum purpose {
    PURPOSE_ALONE,
    PURPOSE_FUNCTION,
    PURPOSE_RELATIVE,
    PURPOSE_LENGTHS,
    PURPOSE_COST_ALONE,
    PURPOSE_COST_RELATIVE,
    PURPOSES_ = 8
};

enum { PLACE_V4 = FIELD_STORED_, PLACE_HIGH, PLACE_LOW }; /* of the dictionary, as if fields */

static uint32_t place_of(unsigned field, enum purpose purpose)
{
    return (field + 1) * PURPOSES_ + purpose;
}
_Static_assert((PLACE_LOW + 2) * PURPOSES_ <= VEC_PLACES, "places");

struct weir1_encoder *weir1_encoder_new(int level)
{
    struct weir1_encoder *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return NULL;
    }
    e->vec = vec_writer_new(level);
    e->values = malloc(BATCH_ROWS_MAX * sizeof *e->values);
    e->other = malloc(BATCH_ROWS_MAX * sizeof *e->other);
    addrdict_init(&e->dict);
    buf_init(&e->chunks);
    for (int i = 0; i < TRIES_; i++) {
        buf_init(&e->tries[i]);
    }
    if (e->vec == NULL || e->values == NULL || e->other == NULL) {
        weir1_encoder_free(e);
        return NULL;
    }
    return e;
}

void weir1_encoder_free(struct weir1_encoder *e)
{
    if (e == NULL) {
        return;
    }
    vec_writer_free(e->vec);
    addrdict_free(&e->dict);
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        free(e->codes[id]);
    }
    free(e->values);
    free(e->other);
    free(e->per_address);
    buf_free(&e->chunks);
    for (int i = 0; i < TRIES_; i++) {
        buf_free(&e->tries[i]);
    }
    free(e);
}

const struct ip *weir1_encoded_addresses(const struct weir1_encoder *e, uint32_t *n)
{
    *n = e->dict.n;
    return e->dict.addr;
}

static bool stored(const struct batch *b, enum field_id id)
{
    return !field_is_transient(id) && (b->groups_any & group_bit(field_of(id)->group)) != 0;
}

/* ------------------------------------------------------------------ addresses */

/* Numbers of appearance for a column whose table is a dictionary: each entry is looked up once. */
static bool number_dict(struct weir1_encoder *e, const struct column *c, uint32_t nrows,
                        uint32_t *codes)
{
    const struct ip *table = c->values;
    uint32_t *number = malloc(((size_t)c->nvalues + 1) * sizeof *number);
    bool ok = number != NULL;
    for (uint32_t i = 0; ok && i < c->nvalues; i++) {
        number[i] = UINT32_MAX;
    }
    for (uint32_t i = 0; ok && i < nrows; i++) {
        uint32_t code = column_code(c, i);
        uint32_t later = i + AHEAD < nrows ? column_code(c, i + AHEAD) : code;
        if (number[later] == UINT32_MAX) {
            addrdict_prefetch(&e->dict, &table[later]);
        }
        if (number[code] == UINT32_MAX) {
            number[code] = addrdict_add(&e->dict, &table[code]);
            ok = number[code] != UINT32_MAX;
        }
        codes[i] = number[code];
    }
    free(number);
    return ok;
}

static bool number_column(struct weir1_encoder *e, const struct column *c, uint32_t nrows,
                          uint32_t *codes)
{
    if (c->form == COLUMN_DICT) {
        return number_dict(e, c, nrows, codes);
    }
    if (c->form == COLUMN_CONST) {
        uint32_t code = addrdict_add(&e->dict, column_ip(c, 0));
        for (uint32_t i = 0; i < nrows; i++) {
            codes[i] = code;
        }
        return code != UINT32_MAX;
    }
    for (uint32_t i = 0; i < nrows; i++) {
        if (i + AHEAD < nrows) {
            addrdict_prefetch(&e->dict, column_ip(c, i + AHEAD));
        }
        codes[i] = addrdict_add(&e->dict, column_ip(c, i));
        if (codes[i] == UINT32_MAX) {
            return false;
        }
    }
    return true;
}

static bool number_addresses(const struct block_job *j)
{
    struct weir1_encoder *e = j->e;
    if (!addrdict_begin(&e->dict, j->b->nrows)) {
        return false;
    }
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        e->has_codes[id] = field_of((enum field_id)id)->type == TYPE_IP &&
                           stored(j->b, (enum field_id)id);
        if (!e->has_codes[id]) {
            continue;
        }
        if (e->codes[id] == NULL) {
            e->codes[id] = malloc(BATCH_ROWS_MAX * sizeof *e->codes[id]);
        }
        if (e->codes[id] == NULL || !number_column(e, batch_column(j->b, (enum field_id)id),
                                                   j->b->nrows, e->codes[id])) {
            return false;
        }
    }
    return true;
}

static void renumber(uint32_t *codes, uint32_t n, const uint32_t *code_of)
{
    for (uint32_t i = 0; i < n; i++) {
        codes[i] = code_of[codes[i]];
    }
}

static bool code_addresses(const struct block_job *j)
{
    struct weir1_encoder *e = j->e;
    if (!addrdict_sort(&e->dict)) {
        return false;
    }
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (e->has_codes[id]) {
            renumber(e->codes[id], j->b->nrows, e->dict.code_of);
        }
    }
    return true;
}

/* ------------------------------------------------------------------ chunks */

static void put_u32(struct buf *out, uint32_t v)
{
    buf_add(out, &v, sizeof v);
}

static void put_u16(struct buf *out, unsigned v)
{
    uint16_t x = (uint16_t)v;
    buf_add(out, &x, sizeof x);
}

/* The chunk is what was added to e->chunks since `at`. Offsets are from the first chunk for now. */
static void entry_add(struct weir1_encoder *e, unsigned field, enum weir1_form form, size_t at,
                      uint64_t min, uint64_t max)
{
    struct weir1_entry *n = &e->entries[e->nentries++];
    *n = (struct weir1_entry){.field = (uint16_t)field, .form = (uint8_t)form,
                              .offset = (uint32_t)at, .length = (uint32_t)(e->chunks.len - at)};
    if (form == WEIR1_DICTIONARY) {
        n->values = e->dict.n;
    } else if (form != WEIR1_OCTETS) {
        n->flags = WEIR1_BOUNDS_KNOWN;
        memcpy(n->min, &min, sizeof min);
        memcpy(n->max, &max, sizeof max);
    }
    if (!e->chunks.failed) {
        n->check = hash_of(e->chunks.data + at, n->length);
    }
}

/* Bounds that are codes are shown as their addresses. */
static void entry_bounds_are_codes(struct weir1_encoder *e)
{
    struct weir1_entry *n = &e->entries[e->nentries - 1];
    uint64_t min;
    uint64_t max;
    memcpy(&min, n->min, sizeof min);
    memcpy(&max, n->max, sizeof max);
    memcpy(n->min, e->dict.addr[min].octet, sizeof n->min);
    memcpy(n->max, e->dict.addr[max].octet, sizeof n->max);
}

/* Room for a number for each address; NULL when memory is out. */
static uint64_t *per_address(struct weir1_encoder *e)
{
    if (e->per_address_cap < e->dict.n) {
        free(e->per_address);
        e->per_address_cap = e->dict.n + e->dict.n / 4;
        e->per_address = malloc(e->per_address_cap * sizeof *e->per_address);
        e->per_address_cap = e->per_address != NULL ? e->per_address_cap : 0;
    }
    return e->per_address;
}

static void put_dictionary(struct weir1_encoder *e)
{
    const struct addrdict *d = &e->dict;
    size_t at = e->chunks.len;
    uint64_t *v = per_address(e);
    uint32_t from;
    uint32_t to;
    uint32_t n6;
    if (v == NULL) {
        e->chunks.failed = true;
        return;
    }
    addrdict_v4(d->addr, d->n, &from, &to);
    put_u32(&e->chunks, to - from);
    put_u32(&e->chunks, d->n - (to - from));
    for (uint32_t i = from; i < to; i++) {
        v[i - from] = ip_to_v4(&d->addr[i]);
    }
    vec_write(e->vec, place_of(PLACE_V4, PURPOSE_ALONE), v, to - from, 4, &e->chunks);
    n6 = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        v[n6] = ip_high(&d->addr[i]);
        n6 += i < from || i >= to;
    }
    vec_write(e->vec, place_of(PLACE_HIGH, PURPOSE_ALONE), v, n6, 8, &e->chunks);
    n6 = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        v[n6] = ip_low(&d->addr[i]);
        n6 += i < from || i >= to;
    }
    vec_write(e->vec, place_of(PLACE_LOW, PURPOSE_ALONE), v, n6, 8, &e->chunks);
    entry_add(e, WEIR1_FIELD_DICTIONARY, WEIR1_DICTIONARY, at, 0, 0);
}

SIMD_CLONES static void bounds_of(const uint64_t *v, uint32_t n, uint64_t *min, uint64_t *max)
{
    uint64_t low = n > 0 ? v[0] : 0;
    uint64_t high = low;
    for (uint32_t i = 1; i < n; i++) {
        low = v[i] < low ? v[i] : low;
        high = v[i] > high ? v[i] : high;
    }
    *min = low;
    *max = high;
}

/* The values of a fixed-width field as numbers (addresses: codes). */
static void widen(const struct block_job *j, enum field_id id, uint64_t *out)
{
    if (j->e->has_codes[id]) {
        for (uint32_t i = 0; i < j->b->nrows; i++) {
            out[i] = j->e->codes[id][i];
        }
    } else {
        column_widen(batch_column(j->b, id), j->b->nrows, out);
    }
}

/* ------------------------------------------------------------------ columns that an address
 * decides */

#define UNSET UINT64_MAX

/* Fill per_address with the value that each code of `key` has; false if one has two. */
static bool decided_by(struct weir1_encoder *e, const uint32_t *key, const uint64_t *v, uint32_t n)
{
    uint64_t *table = e->per_address;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t *t = &table[key[i]];
        if (*t == UNSET) {
            *t = v[i];
        } else if (*t != v[i]) {
            return false;
        }
    }
    return true;
}

static bool table_reset(struct weir1_encoder *e)
{
    uint64_t *table = per_address(e);
    for (uint32_t i = 0; table != NULL && i < e->dict.n; i++) {
        table[i] = UNSET;
    }
    return table != NULL;
}

/* Addresses that do not occur in the key column take their neighbour's value. */
static void fill_gaps(uint64_t *table, uint32_t n)
{
    uint64_t last = 0;
    for (uint32_t i = 0; i < n; i++) {
        last = table[i] != UNSET ? table[i] : last;
        table[i] = last;
    }
}

static unsigned value_width(const struct weir1_encoder *e, enum field_id id)
{
    return e->has_codes[id] ? 4 : (unsigned)field_width(id);
}

/* Two neighbouring fields of the same meaning, one decided by the source, one by the destination;
 * one table may serve both. */
static const struct twins {
    enum field_id first;
    enum field_id second;
} twins[] = {
    {FIELD_SRC_AS, FIELD_DST_AS},
    {FIELD_SRC_MASK, FIELD_DST_MASK},
    {FIELD_IN_IF, FIELD_OUT_IF},
};

static void put_function_head(struct buf *out, enum field_id key, enum field_id table)
{
    put_u16(out, key);
    put_u16(out, table);
    put_u32(out, 0);
}

static void put_table(struct weir1_encoder *e, enum field_id id, struct buf *out)
{
    vec_write(e->vec, place_of(id, PURPOSE_FUNCTION), e->per_address, e->dict.n,
              value_width(e, id), out);
}

/* The address columns that may decide, in the order they are tried. */
static const enum field_id keys[] = {FIELD_SRC_ADDR, FIELD_DST_ADDR};

static bool can_be_key(const struct block_job *j, enum field_id key, enum field_id id)
{
    return id > FIELD_DST_ADDR && j->e->has_codes[key] && j->e->dict.n <= j->b->nrows;
}

/* If an address decides the column, its chunk body goes to out. */
static bool try_function(const struct block_job *j, enum field_id id, const uint64_t *v,
                         struct buf *out)
{
    struct weir1_encoder *e = j->e;
    buf_clear(out);
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        if (!can_be_key(j, keys[k], id) || !table_reset(e) ||
            !decided_by(e, e->codes[keys[k]], v, j->b->nrows)) {
            continue;
        }
        fill_gaps(e->per_address, e->dict.n);
        put_function_head(out, keys[k], id);
        put_table(e, id, out);
        return !out->failed;
    }
    return false;
}

/* Both of a pair from one table, if source and destination agree: the table goes to `out`, whose
 * owner is the first of the pair. */
static bool try_pair(const struct block_job *j, enum field_id first, enum field_id second,
                     struct buf *out)
{
    struct weir1_encoder *e = j->e;
    buf_clear(out);
    if (!can_be_key(j, FIELD_SRC_ADDR, first) || !table_reset(e)) {
        return false;
    }
    widen(j, first, e->values);
    widen(j, second, e->other);
    if (!decided_by(e, e->codes[FIELD_SRC_ADDR], e->values, j->b->nrows) ||
        !decided_by(e, e->codes[FIELD_DST_ADDR], e->other, j->b->nrows)) {
        return false;
    }
    fill_gaps(e->per_address, e->dict.n);
    put_function_head(out, FIELD_SRC_ADDR, first);
    put_table(e, first, out);
    return !out->failed;
}

/* ------------------------------------------------------------------ one field */

static void take(struct weir1_encoder *e, const struct buf *body)
{
    buf_add(&e->chunks, body->data, body->len);
    e->chunks.failed |= body->failed;
}

/* What a column that no address decides would take. */
static double cost_alone(const struct block_job *j, enum field_id id, const uint64_t *v)
{
    uint32_t place = place_of(id, PURPOSE_COST_ALONE);
    double cost;
    return vec_cost_known(j->e->vec, place, j->b->nrows, &cost)
               ? cost : vec_cost(j->e->vec, place, v, j->b->nrows, value_width(j->e, id));
}

static void put_numbers(const struct block_job *j, enum field_id id)
{
    struct weir1_encoder *e = j->e;
    struct buf *plain = &e->tries[TRY_FIRST];
    struct buf *function = &e->tries[TRY_SECOND];
    size_t at = e->chunks.len;
    enum weir1_form form = e->has_codes[id] ? WEIR1_ADDRESSES : WEIR1_NUMBERS;
    uint64_t min;
    uint64_t max;
    widen(j, id, e->values);
    bounds_of(e->values, j->b->nrows, &min, &max);
    if (min != max && try_function(j, id, e->values, function) &&
        (double)function->len < cost_alone(j, id, e->values)) {
        take(e, function);
        form = WEIR1_FUNCTION;
    } else {
        buf_clear(plain);
        vec_write(e->vec, place_of(id, PURPOSE_ALONE), e->values, j->b->nrows,
                  value_width(e, id), plain);
        take(e, plain);
    }
    entry_add(e, id, form, at, min, max);
    if (e->has_codes[id]) {
        entry_bounds_are_codes(e);
    }
}

/* Octets of a column as one piece, and their lengths in e->values. */
static void put_octets(const struct block_job *j, enum field_id id)
{
    struct weir1_encoder *e = j->e;
    const struct column *c = batch_column(j->b, id);
    struct buf *bytes = &e->tries[TRY_FIRST];
    size_t at = e->chunks.len;
    uint64_t total;
    buf_clear(bytes);
    for (uint32_t i = 0; i < j->b->nrows; i++) {
        struct span s = column_var(c, i);
        e->values[i] = s.len;
        if (s.len > 0) {
            buf_add(bytes, s.data, s.len);
        }
    }
    total = bytes->len;
    buf_add(&e->chunks, &total, sizeof total);
    vec_write(e->vec, place_of(id, PURPOSE_LENGTHS), e->values, j->b->nrows, 4, &e->chunks);
    vec_write_octets(e->vec, (const uint8_t *)bytes->data, (uint32_t)total, &e->chunks);
    e->chunks.failed |= bytes->failed;
    entry_add(e, id, WEIR1_OCTETS, at, 0, 0);
}

/* ------------------------------------------------------------------ times */

/* e->values -= e->other */
static void subtract_other(const struct block_job *j)
{
    for (uint32_t i = 0; i < j->b->nrows; i++) {
        j->e->values[i] -= j->e->other[i];
    }
}

/* What a time costs alone or as the difference to another one (FIELD_NONE: alone). */
static double time_cost(const struct block_job *j, enum field_id id, enum field_id to)
{
    uint32_t place =
        place_of(id, to != FIELD_NONE ? PURPOSE_COST_RELATIVE : PURPOSE_COST_ALONE);
    double cost;
    if (vec_cost_known(j->e->vec, place, j->b->nrows, &cost)) {
        return cost;
    }
    widen(j, id, j->e->values);
    if (to != FIELD_NONE) {
        widen(j, to, j->e->other);
        subtract_other(j);
    }
    return vec_cost(j->e->vec, place, j->e->values, j->b->nrows, 8);
}

static void put_time(const struct block_job *j, enum field_id id, enum field_id to)
{
    struct weir1_encoder *e = j->e;
    size_t at = e->chunks.len;
    uint64_t min;
    uint64_t max;
    widen(j, id, e->values);
    bounds_of(e->values, j->b->nrows, &min, &max);
    if (to != FIELD_NONE) {
        put_u16(&e->chunks, to);
        buf_fill(&e->chunks, '\0', 6);
        widen(j, to, e->other);
        subtract_other(j);
    }
    vec_write(e->vec, place_of(id, to != FIELD_NONE ? PURPOSE_RELATIVE : PURPOSE_ALONE),
              e->values, j->b->nrows, 8, &e->chunks);
    entry_add(e, id, to != FIELD_NONE ? WEIR1_RELATIVE : WEIR1_NUMBERS, at, min, max);
}

/* A time alone or as a difference to another one, whatever is cheaper. */
static void put_time_best(const struct block_job *j, enum field_id id, enum field_id to)
{
    bool relative = time_cost(j, id, to) < time_cost(j, id, FIELD_NONE);
    put_time(j, id, relative ? to : FIELD_NONE);
}

/* The one of first and last seen that is cheaper alone stands alone, the other one beside it.
 * Only a clear gain decides for last seen: first seen alone is what most questions need. */
static void put_times(const struct block_job *j)
{
    double first = time_cost(j, FIELD_FIRST_SEEN, FIELD_NONE);
    double last = time_cost(j, FIELD_LAST_SEEN, FIELD_NONE);
    if (first <= last * 1.25) {
        put_time(j, FIELD_FIRST_SEEN, FIELD_NONE);
        put_time_best(j, FIELD_LAST_SEEN, FIELD_FIRST_SEEN);
    } else {
        put_time(j, FIELD_LAST_SEEN, FIELD_NONE);
        put_time_best(j, FIELD_FIRST_SEEN, FIELD_LAST_SEEN);
    }
    put_time_best(j, FIELD_RECEIVED, FIELD_LAST_SEEN);
}

/* ------------------------------------------------------------------ the block */

static enum field_id second_of(enum field_id first)
{
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++) {
        if (twins[i].first == first) {
            return twins[i].second;
        }
    }
    return FIELD_NONE;
}

static bool is_put(const struct weir1_encoder *e, enum field_id id)
{
    return e->nentries > 0 && e->entries[e->nentries - 1].field == id;
}

/* Both twins with one table, if that is shorter than each alone. */
static bool put_twins(const struct block_job *j, enum field_id first)
{
    struct weir1_encoder *e = j->e;
    enum field_id second = second_of(first);
    struct buf *body = &e->tries[TRY_SECOND];
    size_t at = e->chunks.len;
    uint64_t min;
    uint64_t max;
    if (second == FIELD_NONE || !try_pair(j, first, second, body) ||
        (double)body->len >= cost_alone(j, first, e->values) + cost_alone(j, second, e->other)) {
        return false;
    }
    take(e, body);
    bounds_of(e->values, j->b->nrows, &min, &max);
    entry_add(e, first, WEIR1_FUNCTION, at, min, max);
    at = e->chunks.len;
    put_function_head(&e->chunks, FIELD_DST_ADDR, first);
    bounds_of(e->other, j->b->nrows, &min, &max);
    entry_add(e, second, WEIR1_FUNCTION, at, min, max);
    return true;
}

static void put_field(const struct block_job *j, enum field_id id)
{
    if (field_of(id)->type == TYPE_VAR) {
        put_octets(j, id);
    } else if (id == FIELD_FIRST_SEEN) {
        put_times(j);
    } else if (id != FIELD_LAST_SEEN && id != FIELD_RECEIVED && !is_put(j->e, id) &&
               !put_twins(j, id)) {
        put_numbers(j, id);
    }
}

static void put_fields(const struct block_job *j)
{
    struct weir1_encoder *e = j->e;
    e->nentries = 0;
    buf_clear(&e->chunks);
    if (e->dict.n > 0) {
        put_dictionary(e);
    }
    for (unsigned id = 0; id < FIELD_STORED_ && !e->chunks.failed; id++) {
        if (stored(j->b, (enum field_id)id)) {
            put_field(j, (enum field_id)id);
        }
    }
}

static void put_block(struct weir1_encoder *e, const struct batch *b, uint64_t before,
                      struct buf *out)
{
    struct weir1_head h = {.kind = WEIR1_FLOWS, .rows = b->nrows, .nentries = e->nentries,
                           .groups_any = b->groups_any, .groups_all = b->groups_all,
                           .before = before};
    h.length = WEIR1_BLOCK_HEAD_LEN + h.nentries * WEIR1_ENTRY_LEN;
    h.size = h.length + e->chunks.len;
    for (uint32_t i = 0; i < h.nentries; i++) {
        e->entries[i].offset += h.length;
    }
    weir1_put_head(out, &h, e->entries);
    buf_add(out, e->chunks.data, e->chunks.len);
}

int weir1_encode(struct weir1_encoder *e, struct batch *b, uint64_t before, struct buf *out,
                 size_t *head_len, struct fault *fault)
{
    struct block_job j = {e, b};
    assert(b->nrows > 0 && b->nrows <= BATCH_ROWS_MAX);
    e->chunks.failed = false;
    if (!number_addresses(&j) || !code_addresses(&j)) {
        return ERR_NOMEM;
    }
    put_fields(&j);
    if (!batch_ok(b)) {
        if (fault != NULL) {
            *fault = b->fault;
        }
        return b->fault.code;
    }
    put_block(e, b, before, out);
    *head_len = WEIR1_BLOCK_HEAD_LEN + e->nentries * WEIR1_ENTRY_LEN;
    return e->chunks.failed || out->failed ? ERR_NOMEM : 0;
}
