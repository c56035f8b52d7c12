/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weir1load.c - columns of a weir block, read and decoded when they are touched.
 *
 * A chunk is read with one pread into the batch's arena, checked, and decoded to the column form it
 * was kept in: CONST and DICT stay so, address columns are codes into the block's one dictionary.
 * Columns come at the least width that holds their maximum. Filters ask most questions without
 * loading (test_column, vectest.c), and few rows are picked without decoding all (pick_column,
 * vecpick.c). A chunk's octets stay for the next who wants them. All memory is the batch's arena;
 * the zstd context is the batch's keepsake.
 */
#include "store/weir1.h"

#include "base/bits.h"
#include "base/hash.h"
#include "base/simd.h"
#include "store/format.h"
#include "store/veckernels.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Codes of an address column. */
struct codes {
    struct codes *next;
    unsigned field;
    unsigned width;
    const void *code;
};

/* The state of a thread, kept from block to block. */
struct kept {
    struct batch_keepsake base;
    struct vec_work work;
};

/* The dictionary as it is kept: `below` of the n6 come before the n4, the others behind. */
struct parts {
    uint32_t n4, n6, below;
    const uint32_t *v4;
    const uint64_t *high, *low;
};

struct source {
    int fd;
    const char *path;
    const struct weir1_block *block;
    struct vec_work *work;
    struct batch_cost *cost;    /* the batch's */
    struct codes *codes;        /* of address columns, as far as needed */
    const uint8_t **chunk;      /* for each entry: its octets, checked; NULL until needed */
    const struct ip *addresses; /* NULL until needed */
    uint32_t naddresses;
    struct parts parts;         /* of the dictionary; valid if it has addresses */
    struct field_set loading;   /* fields being loaded: a chunk must not need itself */
};

struct load {
    struct source *s;
    struct batch *b;
    enum field_id id;
    const struct weir1_entry *entry;
    struct cur body;
    struct column *column;
    struct fault *fault;
};

static int damaged(struct fault *fault, const char *what)
{
    return fault_set(fault, ERR_FORMAT, "damaged column: %s", what);
}

static const struct weir1_entry *entry_of(const struct weir1_block *blk, unsigned field)
{
    return field < FIELD_STORED_ && blk->entry_of[field] != 0
               ? &blk->entries[blk->entry_of[field] - 1] : NULL;
}

/* ------------------------------------------------------------------ chunks */

static int chunk_read(struct source *s, const struct weir1_entry *e, struct cur *body,
                      struct fault *fault)
{
    const uint8_t **known = &s->chunk[e - s->block->entries];
    uint8_t *data = *known == NULL ? arena_alloc(s->work->arena, (size_t)e->length + 1) : NULL;
    int rc;
    if (*known != NULL) {
        *body = cur_of(*known, e->length);
        return 0;
    }
    if (data == NULL) {
        return ERR_NOMEM;
    }
    rc = format_pread(s->fd, data, e->length, s->block->offset + e->offset, fault);
    if (rc != 0) {
        return rc;
    }
    s->cost->octets += e->length;
    if (hash_of(data, e->length) != e->check) {
        return fault_set(fault, ERR_CHECKSUM, "damaged column (checksum)");
    }
    *known = data;
    *body = cur_of(data, e->length);
    return 0;
}

/* ------------------------------------------------------------------ the address dictionary */

/* ::ffff:a.b.c.d as two words: the second one is 0 0 ff ff a b c d in memory. */
SIMD_CLONES static void put_v4(const uint32_t *v, uint32_t n, struct ip *out)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t word[2] = {0, (uint64_t)__builtin_bswap32(v[i]) << 32 | 0xffff0000u};
        memcpy(&out[i], word, sizeof word);
    }
}

static void put_v6(const uint64_t *high, const uint64_t *low, uint32_t n, struct ip *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = ip_from_halves(high[i], low[i]);
    }
}

SIMD_CLONES static bool ascending_v4(const uint32_t *v, uint32_t n)
{
    bool ok = true;
    for (uint32_t i = 1; i < n; i++) {
        ok &= v[i - 1] < v[i];
    }
    return ok;
}

/* None of them may be an IPv4 address either: those stand in the other list. */
static bool ascending_v6(const uint64_t *high, const uint64_t *low, uint32_t n)
{
    bool ok = true;
    for (uint32_t i = 0; i < n; i++) {
        ok &= high[i] != 0 || low[i] >> 32 != 0xffff;
        ok &= i == 0 || high[i - 1] < high[i] || (high[i - 1] == high[i] && low[i - 1] < low[i]);
    }
    return ok;
}

/* Addresses below ::ffff:0:0 come before the IPv4 ones. */
static uint32_t below_v4(const uint64_t *high, const uint64_t *low, uint32_t n)
{
    uint32_t i = 0;
    while (i < n && high[i] == 0 && low[i] < 0xffff00000000u) {
        i++;
    }
    return i;
}

static int parts_decode(struct source *s, struct cur *c, struct parts *p, struct fault *fault)
{
    const void *v4 = NULL;
    const void *high = NULL;
    const void *low = NULL;
    int rc;
    p->n4 = cur_u32le(c);
    p->n6 = cur_u32le(c);
    if (!cur_ok(c) || (uint64_t)p->n4 + p->n6 != s->naddresses) {
        return damaged(fault, "number of addresses");
    }
    rc = vec_read(s->work, c, p->n4, 4, &v4, fault);
    rc = rc != 0 ? rc : vec_read(s->work, c, p->n6, 8, &high, fault);
    rc = rc != 0 ? rc : vec_read(s->work, c, p->n6, 8, &low, fault);
    if (rc != 0) {
        return rc;
    }
    if (!ascending_v4(v4, p->n4) || !ascending_v6(high, low, p->n6)) {
        return damaged(fault, "order of addresses");
    }
    p->v4 = v4;
    p->high = high;
    p->low = low;
    p->below = below_v4(high, low, p->n6);
    return 0;
}

/* Each address stands in some row of some column. */
static uint64_t addresses_most(const struct weir1_block *b)
{
    uint64_t columns = 0;
    for (uint32_t i = 0; i < b->head.nentries; i++) {
        unsigned field = b->entries[i].field;
        columns += field < FIELD_STORED_ && field_of((enum field_id)field)->type == TYPE_IP;
    }
    return columns * b->head.rows < WEIR1_ADDRESSES_MAX ? columns * b->head.rows
                                                        : WEIR1_ADDRESSES_MAX;
}

/* How many addresses there are. */
static int dictionary_find(struct source *s, struct fault *fault)
{
    const struct weir1_entry *e;
    if (s->block->dictionary == 0) {
        return damaged(fault, "no dictionary of addresses");
    }
    e = &s->block->entries[s->block->dictionary - 1];
    if (e->values == 0 || e->values > addresses_most(s->block) || e->form != WEIR1_DICTIONARY) {
        return damaged(fault, "number of addresses");
    }
    s->naddresses = e->values;
    return 0;
}

/* Its parts, from the chunk. */
static int parts_load(struct source *s, struct fault *fault)
{
    struct parts parts;
    struct cur c;
    int rc = dictionary_find(s, fault);
    if (rc != 0 || s->parts.n4 + s->parts.n6 > 0) {
        return rc;
    }
    rc = chunk_read(s, &s->block->entries[s->block->dictionary - 1], &c, fault);
    rc = rc != 0 ? rc : parts_decode(s, &c, &parts, fault);
    if (rc == 0) {
        s->parts = parts;
    }
    return rc;
}

/* All addresses, each as 16 octets. */
static int dictionary_load(struct source *s, struct fault *fault)
{
    const struct parts *p = &s->parts;
    struct ip *out;
    int rc = parts_load(s, fault);
    if (rc != 0 || s->addresses != NULL) {
        return rc;
    }
    out = arena_alloc(s->work->arena, (size_t)s->naddresses * sizeof *out);
    if (out == NULL) {
        return ERR_NOMEM;
    }
    put_v6(p->high, p->low, p->below, out);
    put_v4(p->v4, p->n4, out + p->below);
    put_v6(p->high + p->below, p->low + p->below, p->n6 - p->below, out + p->below + p->n4);
    s->addresses = out;
    return 0;
}

/* One of them. */
static struct ip address_at(const struct parts *p, uint32_t code)
{
    if (code >= p->below && code - p->below < p->n4) {
        return ip_from_v4(p->v4[code - p->below]);
    }
    code -= code < p->below ? 0 : p->n4;
    return ip_from_halves(p->high[code], p->low[code]);
}

/* How many addresses are less than this one: where its code would be. */
static uint32_t codes_below(const struct parts *p, uint32_t n, const struct ip *ip)
{
    uint32_t from = 0;
    uint32_t to = n;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        struct ip at = address_at(p, middle);
        if (memcmp(&at, ip, sizeof at) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

/* ------------------------------------------------------------------ forms of columns */

/* The least width that holds the greatest value. */
static unsigned least_width(const struct load *l, const struct weir1_entry *e)
{
    unsigned width = (unsigned)field_width(l->id);
    uint64_t max;
    memcpy(&max, e->max, sizeof max);
    if (!(e->flags & WEIR1_BOUNDS_KNOWN)) {
        return width;
    }
    while (width > 1 && max >> 4 * width == 0) {
        width /= 2;
    }
    return width;
}

static int load_numbers(struct load *l)
{
    struct column *c = l->column;
    unsigned width = least_width(l, l->entry);
    uint32_t n = l->b->nrows;
    struct cur again = l->body;
    struct vec v;
    int rc = vec_take(&l->body, &v, l->fault);
    if (rc != 0) {
        return rc;
    }
    if (v.kind == VEC_DICT) {
        width = (unsigned)field_width(l->id);
        *c = (struct column){.form = COLUMN_DICT, .width = (uint8_t)width, .sorted = true};
        rc = vec_read_dict(l->s->work, &v, n, width, &c->nvalues, &c->values, &c->codes, l->fault);
        c->code_width = (uint8_t)vec_code_width(c->nvalues);
        return rc;
    }
    *c = (struct column){.form = v.kind == VEC_CONST ? COLUMN_CONST : COLUMN_FLAT,
                         .width = (uint8_t)width, .nvalues = v.kind == VEC_CONST ? 1 : n};
    return vec_read_narrow(l->s->work, &again, c->nvalues, width, &c->values, l->fault);
}

/* The numeric column that another chunk refers to; its failure is ours. */
static int column_needed(struct load *l, unsigned field, const struct column **out)
{
    if (field >= FIELD_STORED_ || field_set_has(&l->s->loading, (enum field_id)field)) {
        return damaged(l->fault, "it refers to a field that cannot be");
    }
    *out = batch_column(l->b, (enum field_id)field);
    if (!batch_ok(l->b)) {
        if (l->fault != NULL) {
            *l->fault = l->b->fault;
        }
        return l->b->fault.code;
    }
    return 0;
}

static int load_relative(struct load *l)
{
    unsigned to = cur_u16le(&l->body);
    uint32_t n = l->b->nrows;
    const struct column *other = NULL;
    uint64_t *sum = arena_alloc(&l->b->arena, ((size_t)n + 1) * sizeof *sum);
    const void *difference;
    unsigned width;
    int rc = sum != NULL ? column_needed(l, to, &other) : ERR_NOMEM;
    cur_skip(&l->body, 6);
    width = vec_least_width(l->body, 8);
    rc = rc != 0 ? rc : vec_read_narrow(l->s->work, &l->body, n, width, &difference, l->fault);
    if (rc != 0) {
        return rc;
    }
    if (field_width((enum field_id)to) != 8 || field_width(l->id) != 8) {
        return damaged(l->fault, "it refers to a field that cannot be");
    }
    column_widen(other, n, sum);
    kernel_add(difference, width, n, sum);
    *l->column = (struct column){.form = COLUMN_FLAT, .width = 8, .nvalues = n, .values = sum};
    return 0;
}

/* The codes of an ADDRESSES column, one a row, checked; they need no dictionary. */
static int codes_load(struct load *l, const struct weir1_entry *e, struct codes *out)
{
    struct source *s = l->s;
    uint32_t n = l->b->nrows;
    struct cur body;
    int rc = chunk_read(s, e, &body, l->fault);
    out->width = vec_code_width(s->naddresses);
    rc = rc != 0 ? rc : vec_read(s->work, &body, n, out->width, &out->code, l->fault);
    if (rc == 0 && n > 0 && kernel_codes_max(out->code, n, out->width) >= s->naddresses) {
        rc = damaged(l->fault, "a code outside of the dictionary");
    }
    return rc;
}

/* The same, remembered: several columns may ask for those of one field. */
static int codes_of(struct load *l, unsigned field, const struct codes **out)
{
    struct source *s = l->s;
    const struct weir1_entry *e = entry_of(s->block, field);
    struct codes *c = s->codes;
    int rc = dictionary_find(s, l->fault);
    while (c != NULL && c->field != field) {
        c = c->next;
    }
    *out = c;
    if (rc != 0 || c != NULL) {
        return rc;
    }
    if (e == NULL || e->form != WEIR1_ADDRESSES) {
        return damaged(l->fault, "it refers to a field that cannot be");
    }
    c = arena_alloc(s->work->arena, sizeof *c);
    rc = c != NULL ? codes_load(l, e, c) : ERR_NOMEM;
    if (rc == 0) {
        c->field = field;
        c->next = s->codes;
        s->codes = c;
        *out = c;
    }
    return rc;
}

static void address_column(struct load *l, const void *codes, unsigned code_width)
{
    *l->column = (struct column){.form = COLUMN_DICT, .width = sizeof(struct ip),
                                 .code_width = (uint8_t)code_width,
                                 .nvalues = l->s->naddresses, .values = l->s->addresses,
                                 .codes = codes, .sorted = true};
}

static int load_addresses(struct load *l)
{
    struct source *s = l->s;
    const struct codes *codes;
    struct vec v;
    int rc = dictionary_load(s, l->fault);
    rc = rc != 0 ? rc : vec_take(&l->body, &v, l->fault);
    if (rc != 0) {
        return rc;
    }
    if (v.kind == VEC_CONST) {
        if (v.base >= s->naddresses) {
            return damaged(l->fault, "a code outside of the dictionary");
        }
        *l->column = (struct column){.form = COLUMN_CONST, .width = sizeof(struct ip), .nvalues = 1,
                                     .values = s->addresses + v.base};
        return 0;
    }
    rc = codes_of(l, l->id, &codes);
    if (rc == 0) {
        address_column(l, codes->code, codes->width);
    }
    return rc;
}

/* The table of a FUNCTION chunk: one value of `width` for each address. */
static int function_table(struct load *l, unsigned field, struct cur *own, unsigned width,
                          const void **table)
{
    const struct weir1_entry *e;
    struct cur c = *own;
    if (field != l->id) {
        e = entry_of(l->s->block, field);
        if (e == NULL || field_width((enum field_id)field) != field_width(l->id)) {
            return damaged(l->fault, "it refers to a field that cannot be");
        }
        if (e->form != WEIR1_FUNCTION || chunk_read(l->s, e, &c, l->fault) != 0) {
            return damaged(l->fault, "the table it shares");
        }
        cur_skip(&c, 8);
    }
    return vec_read(l->s->work, &c, l->s->naddresses, width, table, l->fault);
}

/* Codes of addresses through a table of codes: the column of other addresses. */
static int map_codes(struct load *l, const struct codes *key, const void *table)
{
    uint32_t n = l->b->nrows;
    uint32_t *codes = arena_alloc(&l->b->arena, ((size_t)n + 1) * sizeof *codes);
    int rc = codes != NULL ? dictionary_load(l->s, l->fault) : ERR_NOMEM;
    if (rc != 0) {
        return rc;
    }
    kernel_look_up(table, key->code, key->width, n, sizeof *codes, codes);
    if (n > 0 && kernel_codes_max(codes, n, sizeof *codes) >= l->s->naddresses) {
        return damaged(l->fault, "a code outside of the dictionary");
    }
    address_column(l, codes, sizeof *codes);
    return 0;
}

static int load_function(struct load *l)
{
    unsigned key_field = cur_u16le(&l->body);
    unsigned table_field = cur_u16le(&l->body);
    bool is_ip = field_of(l->id)->type == TYPE_IP;
    unsigned width = is_ip ? 4 : (unsigned)field_width(l->id);
    const struct codes *key;
    const void *table;
    int rc;
    cur_skip(&l->body, 4);
    rc = codes_of(l, key_field, &key);
    rc = rc != 0 ? rc : function_table(l, table_field, &l->body, width, &table);
    if (rc != 0) {
        return rc;
    }
    if (is_ip) {
        return map_codes(l, key, table);
    }
    *l->column = (struct column){.form = COLUMN_DICT, .width = (uint8_t)width,
                                 .code_width = (uint8_t)key->width,
                                 .nvalues = l->s->naddresses, .values = table,
                                 .codes = key->code, .sorted = false};
    return 0;
}

/* Lengths to offsets; false if they do not add up to the total. */
static bool add_up(const uint32_t *lengths, uint32_t n, uint64_t total, uint32_t *offsets)
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        offsets[i] = (uint32_t)at;
        at += lengths[i];
        if (at > total) {
            return false;
        }
    }
    offsets[n] = (uint32_t)at;
    return at == total;
}

static int load_octets(struct load *l)
{
    uint64_t total = cur_u64le(&l->body);
    uint32_t n = l->b->nrows;
    uint32_t *offsets = arena_alloc(&l->b->arena, ((size_t)n + 1) * sizeof *offsets);
    const void *lengths;
    const void *bytes;
    int rc;
    if (offsets == NULL) {
        return ERR_NOMEM;
    }
    if (total > WEIR1_OCTETS_MAX) {
        return damaged(l->fault, "number of octets");
    }
    rc = vec_read(l->s->work, &l->body, n, 4, &lengths, l->fault);
    if (rc == 0 && !add_up(lengths, n, total, offsets)) {
        rc = damaged(l->fault, "lengths");
    }
    rc = rc != 0 ? rc : vec_read(l->s->work, &l->body, (uint32_t)total, 1, &bytes, l->fault);
    if (rc != 0) {
        return rc;
    }
    *l->column = (struct column){.form = COLUMN_VAR, .nvalues = n, .offsets = offsets,
                                 .bytes = bytes};
    return 0;
}

/* ------------------------------------------------------------------ the loader */

static const struct form {
    int (*load)(struct load *l);
    unsigned types; /* bits of enum field_type that may have this form */
} forms[] = {
#define NUMERIC (1u << TYPE_U8 | 1u << TYPE_U16 | 1u << TYPE_U32 | 1u << TYPE_U64)
    [WEIR1_NUMBERS] = {load_numbers, NUMERIC},
    [WEIR1_RELATIVE] = {load_relative, NUMERIC},
    [WEIR1_ADDRESSES] = {load_addresses, 1u << TYPE_IP},
    [WEIR1_FUNCTION] = {load_function, NUMERIC | 1u << TYPE_IP},
    [WEIR1_OCTETS] = {load_octets, 1u << TYPE_VAR},
    [WEIR1_DICTIONARY] = {NULL, 0},
};

/* The entry's chunk, if its form is known and fits the field. */
static int load_begin(struct load *l)
{
    const struct weir1_entry *e = l->entry;
    unsigned type = 1u << field_of(l->id)->type;
    if (e->form >= sizeof forms / sizeof forms[0]) {
        return fault_set(l->fault, ERR_UNSUPPORTED,
                         "a column in form %u, which this version does not know", e->form);
    }
    if (!(forms[e->form].types & type)) {
        return damaged(l->fault, "its form does not fit its field");
    }
    return chunk_read(l->s, e, &l->body, l->fault);
}

static int load_entry(struct load *l)
{
    int rc = load_begin(l);
    if (rc != 0) {
        return rc;
    }
    l->s->cost->columns++;
    field_set_add(&l->s->loading, l->id);
    rc = forms[l->entry->form].load(l);
    l->s->loading.word[l->id / 64] &= ~((uint64_t)1 << (l->id % 64));
    return rc;
}

static int number_rows(struct batch *b, struct column *c)
{
    uint64_t *v = arena_alloc(&b->arena, ((size_t)b->nrows + 1) * sizeof *v);
    if (v == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < b->nrows; i++) {
        v[i] = b->first_no + i;
    }
    *c = (struct column){.form = COLUMN_FLAT, .width = 8, .nvalues = b->nrows, .values = v};
    return 0;
}

/* "SRC_PORT: damaged column (checksum); 65536 flows of the block are skipped" */
static void explain(const struct load *l, int rc)
{
    char text[512];
    if (l->fault == NULL) {
        return;
    }
    snprintf(text, sizeof text, "%s",
             l->fault->text[0] != '\0' ? l->fault->text : err_text(rc));
    fault_set(l->fault, rc, "%s: %s; %u flows of the block are skipped", field_of(l->id)->name,
              text, l->b->nrows);
    fault_at_file(l->fault, l->s->path, l->s->block->offset + l->entry->offset);
}

static int load_column(void *source, struct batch *b, enum field_id id, struct column *column,
                       struct fault *fault)
{
    struct load l = {.s = source, .b = b, .id = id, .column = column, .fault = fault};
    int rc;
    if (id == FIELD_RECORD_NO) {
        return number_rows(b, column);
    }
    l.entry = entry_of(l.s->block, id);
    if (l.entry == NULL) {
        return 0;
    }
    rc = load_entry(&l);
    if (rc != 0 && batch_ok(b)) {
        explain(&l, rc);
    }
    return rc;
}

/* ------------------------------------------------------------------ without loading */

/* Questions are answered from the chunk itself if it holds the numbers, in whatever kind of vec. */
static int test_column(void *source, struct batch *b, enum field_id id,
                       const struct number_test *t, const uint64_t *need, uint64_t *out,
                       struct fault *fault)
{
    struct load l = {.s = source, .b = b, .id = id, .fault = fault};
    struct vec v;
    int rc;
    l.entry = entry_of(l.s->block, id);
    if (l.entry == NULL || l.entry->form != WEIR1_NUMBERS) {
        return BATCH_LOAD_IT;
    }
    rc = load_begin(&l);
    rc = rc != 0 ? rc : vec_take(&l.body, &v, fault);
    rc = rc != 0 ? rc : vec_test(l.s->work, &v, b->nrows, (unsigned)field_width(id), t, need, out,
                                 fault);
    if (rc != 0) {
        explain(&l, rc);
    }
    return rc;
}

/* Codes of the addresses in a range: from lo to hi; false: there are none. */
static bool codes_in(const struct source *s, const struct address_range *r, struct number_test *t)
{
    uint32_t from = codes_below(&s->parts, s->naddresses, &r->low);
    uint32_t to = codes_below(&s->parts, s->naddresses, &r->high);
    if (to < s->naddresses) {
        struct ip at = address_at(&s->parts, to);
        to += memcmp(&at, &r->high, sizeof at) == 0;
    }
    *t = (struct number_test){.ask = NUMBER_RANGE, .lo = from, .hi = (uint64_t)to - 1};
    return from < to;
}

/* Or the rows with codes in a range into out. */
static int add_rows_in(struct load *l, const struct number_test *t, uint64_t *out)
{
    struct source *s = l->s;
    uint64_t *bits = arena_alloc(s->work->arena, (BITS_WORDS(l->b->nrows) + 1) * sizeof *bits);
    struct vec v;
    struct cur body;
    int rc = bits != NULL ? chunk_read(s, l->entry, &body, l->fault) : ERR_NOMEM;
    rc = rc != 0 ? rc : vec_take(&body, &v, l->fault);
    rc = rc != 0 ? rc : vec_test(s->work, &v, l->b->nrows, vec_code_width(s->naddresses), t, NULL,
                                 bits, l->fault);
    for (size_t w = 0; w < BITS_WORDS(l->b->nrows) && rc == 0; w++) {
        out[w] |= bits[w];
    }
    return rc;
}

/* The dictionary is sorted: a range of addresses is a range of codes, and if there is none, codes
 * are not even read. */
static int test_addresses(void *source, struct batch *b, enum field_id id,
                          const struct address_range *ranges, size_t n, uint64_t *out,
                          struct fault *fault)
{
    struct load l = {.s = source, .b = b, .id = id, .fault = fault};
    int rc;
    l.entry = entry_of(l.s->block, id);
    if (l.entry == NULL || l.entry->form != WEIR1_ADDRESSES || field_of(id)->type != TYPE_IP) {
        return BATCH_LOAD_IT;
    }
    bits_fill(out, b->nrows, false);
    rc = parts_load(l.s, fault);
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct number_test t;
        if (codes_in(l.s, &ranges[i], &t)) {
            rc = add_rows_in(&l, &t, out);
        }
    }
    if (rc != 0) {
        explain(&l, rc);
    }
    return rc;
}

/* Values of 64 bits, in place, to the width of the field. */
static void shrink(uint64_t *values, uint32_t n, unsigned width)
{
    uint8_t *to = (uint8_t *)values;
    for (uint32_t i = 0; i < n && width < sizeof *values; i++) {
        uint64_t v = values[i];
        memcpy(to + (size_t)i * width, &v, width);
    }
}

/* From the column; differences cannot be picked from, and several fields may need the column. */
static int pick_loaded(struct load *l, const uint32_t *rows, uint32_t n, uint64_t *out)
{
    const struct column *c = batch_column(l->b, l->id);
    if (!batch_ok(l->b)) {
        *l->fault = l->b->fault;
        return l->b->fault.code;
    }
    column_gather(c, rows, n, out);
    return 0;
}

static int pick_numbers(struct load *l, const uint32_t *rows, uint32_t n, uint64_t *out)
{
    struct vec v;
    int rc = vec_take(&l->body, &v, l->fault);
    if (rc == 0 && v.kind == VEC_DELTA) {
        return pick_loaded(l, rows, n, out);
    }
    return rc != 0 ? rc : vec_pick(l->s->work, &v, l->b->nrows, (unsigned)field_width(l->id), rows,
                                   n, out, l->fault);
}

/* The sum of own numbers and those of a column that stands alone. */
static int pick_relative(struct load *l, const uint32_t *rows, uint32_t n, uint64_t *out)
{
    struct load other = *l;
    unsigned to = cur_u16le(&l->body);
    uint64_t *sum = arena_alloc(l->s->work->arena, ((size_t)n + 1) * sizeof *sum);
    struct vec own;
    struct cur ahead;
    int rc;
    other.entry = entry_of(l->s->block, to);
    other.id = (enum field_id)to;
    if (other.entry == NULL || other.entry->form != WEIR1_NUMBERS || field_width(l->id) != 8 ||
        field_width(other.id) != 8) {
        return BATCH_LOAD_IT;
    }
    cur_skip(&l->body, 6);
    ahead = l->body;
    rc = vec_take(&ahead, &own, l->fault);
    if (rc != 0 || own.kind == VEC_DELTA) { /* of which nothing can be picked but whole sums */
        return rc != 0 ? rc : BATCH_LOAD_IT;
    }
    rc = sum != NULL ? load_begin(&other) : ERR_NOMEM;
    rc = rc != 0 ? rc : pick_numbers(&other, rows, n, sum);
    rc = rc != 0 ? rc : pick_numbers(l, rows, n, out);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        out[i] += sum[i];
    }
    return rc;
}

/* Addresses of the rows, one each. */
static int pick_addresses(struct load *l, const uint32_t *rows, uint32_t n, struct arena *arena)
{
    struct source *s = l->s;
    struct ip *out = arena_alloc(arena, ((size_t)n + 1) * sizeof *out);
    uint64_t *codes = arena_alloc(s->work->arena, ((size_t)n + 1) * sizeof *codes);
    struct vec v;
    int rc = out != NULL && codes != NULL ? parts_load(s, l->fault) : ERR_NOMEM;
    rc = rc != 0 ? rc : vec_take(&l->body, &v, l->fault);
    rc = rc != 0 ? rc : vec_pick(s->work, &v, l->b->nrows, vec_code_width(s->naddresses), rows, n,
                                 codes, l->fault);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        if (codes[i] >= s->naddresses) {
            return damaged(l->fault, "a code outside of the dictionary");
        }
        out[i] = address_at(&s->parts, (uint32_t)codes[i]);
    }
    *l->column = (struct column){.form = COLUMN_FLAT, .width = sizeof *out, .nvalues = n,
                                 .values = out};
    return rc;
}

static int pick_values(struct load *l, const uint32_t *rows, uint32_t n, struct arena *arena)
{
    unsigned width = (unsigned)field_width(l->id);
    uint64_t *out = arena_alloc(arena, ((size_t)n + 1) * sizeof *out);
    int rc = out == NULL ? ERR_NOMEM
           : l->entry->form == WEIR1_NUMBERS ? pick_numbers(l, rows, n, out)
                                             : pick_relative(l, rows, n, out);
    if (rc == 0) {
        shrink(out, n, width);
        *l->column = (struct column){.form = COLUMN_FLAT, .width = (uint8_t)width, .nvalues = n,
                                     .values = out};
    }
    return rc;
}

static int pick_column(void *source, struct batch *b, enum field_id id, const uint32_t *rows,
                       uint32_t n, struct arena *arena, struct column *column,
                       struct fault *fault)
{
    struct load l = {.s = source, .b = b, .id = id, .column = column, .fault = fault};
    int rc;
    l.entry = id != FIELD_RECORD_NO ? entry_of(l.s->block, id) : NULL;
    if (l.entry == NULL || (l.entry->form != WEIR1_NUMBERS && l.entry->form != WEIR1_RELATIVE &&
                            l.entry->form != WEIR1_ADDRESSES)) {
        return BATCH_LOAD_IT;
    }
    rc = load_begin(&l);
    if (rc == 0) {
        rc = l.entry->form == WEIR1_ADDRESSES ? pick_addresses(&l, rows, n, arena)
                                              : pick_values(&l, rows, n, arena);
    }
    if (rc != 0 && rc != BATCH_LOAD_IT) {
        explain(&l, rc);
    }
    return rc;
}

static const struct batch_loader loader = {
    .load = load_column, .test = test_column, .test_address = test_addresses, .pick = pick_column,
};

/* ------------------------------------------------------------------ beginning a block */

static void kept_free(struct batch_keepsake *k)
{
    struct kept *kept = (struct kept *)k;
    vec_work_free(&kept->work);
    free(kept);
}

/* The thread's state in the batch's keepsake; NULL when memory is out. */
static struct vec_work *work_of(struct batch *b)
{
    struct kept *kept = (struct kept *)b->keepsake;
    if (kept == NULL || kept->base.free != kept_free) {
        if (kept != NULL) {
            kept->base.free(&kept->base);
        }
        kept = calloc(1, sizeof *kept);
        b->keepsake = kept != NULL ? &kept->base : NULL;
    }
    if (kept == NULL) {
        return NULL;
    }
    kept->base.free = kept_free;
    kept->work.arena = &b->arena;
    return &kept->work;
}

int weir1_read_block(int fd, const char *path, const struct weir1_block *blk, struct batch *b,
                     struct fault *fault)
{
    struct source *s = arena_zalloc(&b->arena, sizeof *s);
    struct vec_work *work = work_of(b);
    (void)fault;
    if (s == NULL || work == NULL) {
        return ERR_NOMEM;
    }
    *s = (struct source){.fd = fd, .path = path, .block = blk, .work = work,
                          .cost = &b->cost};
    s->chunk = arena_zalloc(&b->arena, (blk->head.nentries + 1) * sizeof *s->chunk);
    if (s->chunk == NULL) {
        return ERR_NOMEM;
    }
    b->nrows = blk->head.rows;
    b->groups_any = blk->head.groups_any;
    b->groups_all = blk->head.groups_all;
    b->first_no = blk->head.before + 1;
    b->source_bytes = blk->head.size;
    b->loader = &loader;
    b->source = s;
    return 0;
}
