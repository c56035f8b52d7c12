/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weir1load.c - columns of a weir block, read and decoded when they are touched.
 *
 * A chunk is read with one pread into the batch's arena, checked, and decoded to the column form it
 * was kept in: CONST and DICT stay so, address columns are codes into the block's one dictionary.
 * All memory is the batch's arena; the zstd context lives there too.
 */
#include "store/weir1.h"

#include "base/hash.h"
#include "store/format.h"
#include "store/simd.h"
#include "store/veckernels.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct source {
    int fd;
    const char *path;
    const struct weir1_block *block;
    struct vec_work work;
    const struct ip *addresses; /* NULL until needed */
    uint32_t naddresses;
    struct field_set loading;   /* fields being loaded: a chunk must not need itself */
};

struct load {
    struct source *s;
    struct batch *b;
    enum field_id id;
    struct cur body;
    struct column *column;
    struct fault *fault;
};

static int damaged(struct fault *fault, const char *what)
{
    return fault_set(fault, ERR_FORMAT, "damaged column: %s", what);
}

/* ------------------------------------------------------------------ chunks */

static int chunk_read(struct source *s, const struct weir1_entry *e, struct cur *body,
                      struct fault *fault)
{
    uint8_t *data = arena_alloc(s->work.arena, (size_t)e->length + 1);
    int rc;
    if (data == NULL) {
        return ERR_NOMEM;
    }
    rc = format_pread(s->fd, data, e->length, s->block->offset + e->offset, fault);
    if (rc != 0) {
        return rc;
    }
    if (hash_of(data, e->length) != e->check) {
        return fault_set(fault, ERR_CHECKSUM, "damaged column (checksum)");
    }
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

static int dictionary_decode(struct source *s, struct cur *c, uint32_t n, struct ip *out,
                             struct fault *fault)
{
    uint32_t n4 = cur_u32le(c);
    uint32_t n6 = cur_u32le(c);
    const void *v4 = NULL;
    const void *high = NULL;
    const void *low = NULL;
    uint32_t before;
    int rc;
    if (!cur_ok(c) || (uint64_t)n4 + n6 != n) {
        return damaged(fault, "number of addresses");
    }
    rc = vec_read(&s->work, c, n4, 4, &v4, fault);
    rc = rc != 0 ? rc : vec_read(&s->work, c, n6, 8, &high, fault);
    rc = rc != 0 ? rc : vec_read(&s->work, c, n6, 8, &low, fault);
    if (rc != 0) {
        return rc;
    }
    if (!ascending_v4(v4, n4) || !ascending_v6(high, low, n6)) {
        return damaged(fault, "order of addresses");
    }
    before = below_v4(high, low, n6);
    put_v6(high, low, before, out);
    put_v4(v4, n4, out + before);
    put_v6((const uint64_t *)high + before, (const uint64_t *)low + before, n6 - before,
           out + before + n4);
    return 0;
}

static int dictionary_load(struct source *s, struct fault *fault)
{
    const struct weir1_entry *e;
    struct cur c;
    struct ip *out;
    int rc;
    if (s->addresses != NULL) {
        return 0;
    }
    if (s->block->dictionary == 0) {
        return damaged(fault, "no dictionary of addresses");
    }
    e = &s->block->entries[s->block->dictionary - 1];
    if (e->values == 0 || e->values > WEIR1_ADDRESSES_MAX || e->form != WEIR1_DICTIONARY) {
        return damaged(fault, "number of addresses");
    }
    out = arena_alloc(s->work.arena, (size_t)e->values * sizeof *out);
    rc = out != NULL ? chunk_read(s, e, &c, fault) : ERR_NOMEM;
    rc = rc != 0 ? rc : dictionary_decode(s, &c, e->values, out, fault);
    if (rc == 0) {
        s->addresses = out;
        s->naddresses = e->values;
    }
    return rc;
}

/* ------------------------------------------------------------------ forms of columns */

static int load_numbers(struct load *l)
{
    struct column *c = l->column;
    unsigned width = (unsigned)field_width(l->id);
    uint32_t n = l->b->nrows;
    struct cur again = l->body;
    struct vec v;
    int rc = vec_take(&l->body, &v, l->fault);
    if (rc != 0) {
        return rc;
    }
    if (v.kind == VEC_DICT) {
        *c = (struct column){.form = COLUMN_DICT, .width = (uint8_t)width, .sorted = true};
        rc = vec_read_dict(&l->s->work, &v, n, width, &c->nvalues, &c->values, &c->codes, l->fault);
        c->code_width = (uint8_t)vec_code_width(c->nvalues);
        return rc;
    }
    *c = (struct column){.form = v.kind == VEC_CONST ? COLUMN_CONST : COLUMN_FLAT,
                         .width = (uint8_t)width, .nvalues = v.kind == VEC_CONST ? 1 : n};
    return vec_read(&l->s->work, &again, c->nvalues, width, &c->values, l->fault);
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
    const struct column *other;
    uint64_t *sum = arena_alloc(&l->b->arena, ((size_t)n + 1) * sizeof *sum);
    const void *difference;
    int rc = sum != NULL ? column_needed(l, to, &other) : ERR_NOMEM;
    cur_skip(&l->body, 6);
    rc = rc != 0 ? rc : vec_read(&l->s->work, &l->body, n, 8, &difference, l->fault);
    if (rc != 0) {
        return rc;
    }
    if (other->width != 8 || field_width(l->id) != 8) {
        return damaged(l->fault, "it refers to a field that cannot be");
    }
    column_widen(other, n, sum);
    for (uint32_t i = 0; i < n; i++) {
        sum[i] += ((const uint64_t *)difference)[i];
    }
    *l->column = (struct column){.form = COLUMN_FLAT, .width = 8, .nvalues = n, .values = sum};
    return 0;
}

/* A column of n codes into the dictionary, code_width octets each, which are checked. */
static int address_column(struct load *l, const void *codes, uint32_t n, unsigned code_width)
{
    struct source *s = l->s;
    if (n > 0 && kernel_codes_max(codes, n, code_width) >= s->naddresses) {
        return damaged(l->fault, "a code outside of the dictionary");
    }
    *l->column = (struct column){.form = COLUMN_DICT, .width = sizeof(struct ip),
                                 .code_width = (uint8_t)code_width, .nvalues = s->naddresses,
                                 .values = s->addresses, .codes = codes, .sorted = true};
    return 0;
}

static int load_addresses(struct load *l)
{
    struct source *s = l->s;
    struct cur again = l->body;
    struct vec v;
    const void *codes;
    unsigned width;
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
    width = vec_code_width(s->naddresses);
    rc = vec_read(&s->work, &again, l->b->nrows, width, &codes, l->fault);
    return rc != 0 ? rc : address_column(l, codes, l->b->nrows, width);
}

/* The table of a FUNCTION chunk: one value of `width` for each address. */
static int function_table(struct load *l, unsigned field, struct cur *own, unsigned width,
                          const void **table)
{
    const struct weir1_entry *e;
    struct cur c = *own;
    if (field != l->id) {
        if (field >= FIELD_STORED_ || l->s->block->entry_of[field] == 0 ||
            field_width((enum field_id)field) != field_width(l->id)) {
            return damaged(l->fault, "it refers to a field that cannot be");
        }
        e = &l->s->block->entries[l->s->block->entry_of[field] - 1];
        if (e->form != WEIR1_FUNCTION || chunk_read(l->s, e, &c, l->fault) != 0) {
            return damaged(l->fault, "the table it shares");
        }
        cur_skip(&c, 8);
    }
    return vec_read(&l->s->work, &c, l->s->naddresses, width, table, l->fault);
}

/* Codes of addresses through a table of codes: the column of other addresses. */
static int map_codes(struct load *l, const struct column *key, const void *table)
{
    uint32_t n = l->b->nrows;
    uint32_t *codes = arena_alloc(&l->b->arena, ((size_t)n + 1) * sizeof *codes);
    if (codes == NULL) {
        return ERR_NOMEM;
    }
    kernel_look_up(table, key->codes, key->code_width, n, sizeof *codes, codes);
    return address_column(l, codes, n, sizeof *codes);
}

static int load_function(struct load *l)
{
    unsigned key_field = cur_u16le(&l->body);
    unsigned table_field = cur_u16le(&l->body);
    bool is_ip = field_of(l->id)->type == TYPE_IP;
    const struct column *key;
    const void *table;
    int rc;
    cur_skip(&l->body, 4);
    rc = column_needed(l, key_field, &key);
    rc = rc != 0 ? rc : dictionary_load(l->s, l->fault);
    if (rc != 0) {
        return rc;
    }
    if (key->form != COLUMN_DICT || key->values != l->s->addresses) {
        return damaged(l->fault, "it refers to a field that cannot be");
    }
    rc = function_table(l, table_field, &l->body, is_ip ? 4 : (unsigned)field_width(l->id), &table);
    if (rc != 0) {
        return rc;
    }
    if (is_ip) {
        return map_codes(l, key, table);
    }
    *l->column = (struct column){.form = COLUMN_DICT, .width = (uint8_t)field_width(l->id),
                                 .code_width = key->code_width, .nvalues = key->nvalues,
                                 .values = table, .codes = key->codes, .sorted = false};
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
    rc = vec_read(&l->s->work, &l->body, n, 4, &lengths, l->fault);
    rc = rc != 0 ? rc : vec_read(&l->s->work, &l->body, (uint32_t)total, 1, &bytes, l->fault);
    if (rc != 0) {
        return rc;
    }
    if (!add_up(lengths, n, total, offsets)) {
        return damaged(l->fault, "lengths");
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

static int load_entry(struct load *l, const struct weir1_entry *e)
{
    unsigned type = 1u << field_of(l->id)->type;
    int rc;
    if (e->form >= sizeof forms / sizeof forms[0]) {
        return fault_set(l->fault, ERR_UNSUPPORTED,
                         "a column in form %u, which this version does not know", e->form);
    }
    if (!(forms[e->form].types & type)) {
        return damaged(l->fault, "its form does not fit its field");
    }
    rc = chunk_read(l->s, e, &l->body, l->fault);
    if (rc != 0) {
        return rc;
    }
    field_set_add(&l->s->loading, l->id);
    rc = forms[e->form].load(l);
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
static void explain(const struct load *l, const struct weir1_entry *e, int rc)
{
    char text[512];
    if (l->fault == NULL) {
        return;
    }
    snprintf(text, sizeof text, "%s",
             l->fault->text[0] != '\0' ? l->fault->text : err_text(rc));
    fault_set(l->fault, rc, "%s: %s; %u flows of the block are skipped", field_of(l->id)->name,
              text, l->b->nrows);
    fault_at_file(l->fault, l->s->path, l->s->block->offset + e->offset);
}

static int load_column(void *source, struct batch *b, enum field_id id, struct column *column,
                       struct fault *fault)
{
    struct load l = {.s = source, .b = b, .id = id, .column = column, .fault = fault};
    const struct weir1_block *block = l.s->block;
    const struct weir1_entry *e;
    int rc;
    if (id == FIELD_RECORD_NO) {
        return number_rows(b, column);
    }
    if (block->entry_of[id] == 0) {
        return 0;
    }
    e = &block->entries[block->entry_of[id] - 1];
    rc = load_entry(&l, e);
    if (rc != 0 && batch_ok(b)) {
        explain(&l, e, rc);
    }
    return rc;
}

static const struct batch_loader loader = {load_column};

int weir1_read_block(int fd, const char *path, const struct weir1_block *blk, struct batch *b,
                     struct fault *fault)
{
    struct source *s = arena_zalloc(&b->arena, sizeof *s);
    (void)fault;
    if (s == NULL) {
        return ERR_NOMEM;
    }
    *s = (struct source){.fd = fd, .path = path, .block = blk, .work = {&b->arena, NULL}};
    b->nrows = blk->head.rows;
    b->groups_any = blk->head.groups_any;
    b->groups_all = blk->head.groups_all;
    b->first_no = blk->head.before + 1;
    b->source_bytes = blk->head.size;
    b->loader = &loader;
    b->source = s;
    return 0;
}
