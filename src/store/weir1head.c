/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weir1head.c - the fixed parts of a weir file: header, block heads, directory, trailer.
 *
 * Every part ends with, or is named together with, an XXH3-64 of its octets.
 */
#include "store/weir1.h"

#include "base/hash.h"

#include <assert.h>
#include <string.h>

static void put_u16(struct buf *out, uint64_t v)
{
    uint16_t x = (uint16_t)v;
    buf_add(out, &x, sizeof x);
}

static void put_u32(struct buf *out, uint64_t v)
{
    uint32_t x = (uint32_t)v;
    buf_add(out, &x, sizeof x);
}

static void put_u64(struct buf *out, uint64_t v)
{
    buf_add(out, &v, sizeof v);
}

/* ------------------------------------------------------------------ file header */

void weir1_put_header(struct buf *out, const struct weir1_header *h)
{
    size_t at = out->len;
    char ident[WEIR1_IDENT_MAX + 1] = {0};
    size_t len = strnlen(h->ident, WEIR1_IDENT_MAX);
    memcpy(ident, h->ident, len);
    buf_add(out, WEIR1_MAGIC, 8);
    put_u16(out, h->version);
    put_u16(out, WEIR1_HEADER_LEN);
    put_u32(out, 0);
    put_u64(out, h->created);
    put_u16(out, h->creator);
    put_u16(out, h->compression);
    put_u32(out, (uint32_t)h->utc_offset);
    buf_add(out, ident, sizeof ident);
    buf_fill(out, '\0', WEIR1_HEADER_LEN - 8 - (out->len - at));
    if (!out->failed) {
        put_u64(out, hash_of(out->data + at, out->len - at));
    }
}

int weir1_get_header(const uint8_t data[WEIR1_HEADER_LEN], struct weir1_header *h,
                     struct fault *fault)
{
    struct cur c = cur_of(data, WEIR1_HEADER_LEN);
    struct cur check = cur_of(data + WEIR1_HEADER_LEN - 8, 8);
    cur_skip(&c, 8);
    h->version = cur_u16le(&c);
    if (h->version != WEIR1_VERSION) {
        return fault_set(fault, ERR_UNSUPPORTED, "bad version: %u", h->version);
    }
    if (cur_u64le(&check) != hash_of(data, WEIR1_HEADER_LEN - 8)) {
        return fault_set(fault, ERR_CHECKSUM, "the file header is damaged (checksum)");
    }
    cur_skip(&c, 6);
    h->created = cur_u64le(&c);
    h->creator = cur_u16le(&c);
    h->compression = cur_u16le(&c);
    h->utc_offset = (int32_t)cur_u32le(&c);
    cur_copy(&c, h->ident, sizeof h->ident);
    h->ident[WEIR1_IDENT_MAX] = '\0';
    return 0;
}

/* ------------------------------------------------------------------ block heads */

#define CHECK_AT 56 /* place of the check in a block head */

static uint64_t head_check(const uint8_t *data, size_t len)
{
    return hash_of(data, CHECK_AT) ^
           hash_of(data + WEIR1_BLOCK_HEAD_LEN, len - WEIR1_BLOCK_HEAD_LEN);
}

static void put_entry(struct buf *out, const struct weir1_entry *e)
{
    put_u16(out, e->field);
    buf_char(out, (char)e->form);
    buf_char(out, (char)e->flags);
    put_u32(out, e->offset);
    put_u32(out, e->length);
    put_u32(out, e->values);
    put_u64(out, e->check);
    buf_add(out, e->min, sizeof e->min);
    buf_add(out, e->max, sizeof e->max);
}

void weir1_put_head(struct buf *out, const struct weir1_head *h, const struct weir1_entry *entries)
{
    size_t at = out->len;
    uint64_t check;
    buf_add(out, WEIR1_MAGIC_BLOCK, 8);
    put_u32(out, h->length);
    put_u32(out, h->kind);
    put_u64(out, h->size);
    put_u32(out, h->rows);
    put_u32(out, h->nentries);
    put_u64(out, h->groups_any);
    put_u64(out, h->groups_all);
    put_u64(out, h->before);
    put_u64(out, 0);
    for (uint32_t i = 0; i < h->nentries; i++) {
        put_entry(out, &entries[i]);
    }
    assert(out->failed || out->len - at == h->length);
    if (!out->failed) {
        check = head_check((const uint8_t *)out->data + at, h->length);
        memcpy(out->data + at + CHECK_AT, &check, sizeof check);
    }
}

static void get_entry(struct cur *c, struct weir1_entry *e)
{
    e->field = cur_u16le(c);
    e->form = cur_u8(c);
    e->flags = cur_u8(c);
    e->offset = cur_u32le(c);
    e->length = cur_u32le(c);
    e->values = cur_u32le(c);
    e->check = cur_u64le(c);
    cur_copy(c, e->min, sizeof e->min);
    cur_copy(c, e->max, sizeof e->max);
}

static bool entry_fits(const struct weir1_head *h, const struct weir1_entry *e)
{
    return e->offset >= h->length && e->offset <= h->size && e->length <= h->size - e->offset;
}

static bool head_plausible(const struct weir1_head *h)
{
    return h->nentries <= WEIR1_ENTRIES_MAX && h->rows <= BATCH_ROWS_MAX &&
           h->length == WEIR1_BLOCK_HEAD_LEN + h->nentries * WEIR1_ENTRY_LEN &&
           h->size >= h->length && h->size <= WEIR1_BLOCK_MAX;
}

int weir1_get_head(const uint8_t *data, size_t len, struct weir1_head *h,
                   struct weir1_entry *entries, struct fault *fault)
{
    struct cur c = cur_of(data, len);
    uint64_t check;
    h->length = 0;
    if (len < WEIR1_BLOCK_HEAD_LEN) {
        return fault_set(fault, ERR_TRUNCATED, "the head of a block is cut off");
    }
    if (memcmp(data, WEIR1_MAGIC_BLOCK, 8) != 0) {
        return fault_set(fault, ERR_FORMAT, "no block begins here");
    }
    cur_skip(&c, 8);
    h->length = cur_u32le(&c);
    h->kind = cur_u32le(&c);
    h->size = cur_u64le(&c);
    h->rows = cur_u32le(&c);
    h->nentries = cur_u32le(&c);
    h->groups_any = cur_u64le(&c);
    h->groups_all = cur_u64le(&c);
    h->before = cur_u64le(&c);
    check = cur_u64le(&c);
    if (!head_plausible(h)) {
        h->length = 0;
        return fault_set(fault, ERR_FORMAT, "the head of a block is damaged");
    }
    if (len < h->length) {
        return fault_set(fault, ERR_TRUNCATED, "the head of a block is cut off");
    }
    if (check != head_check(data, h->length)) {
        return fault_set(fault, ERR_CHECKSUM, "the head of a block is damaged (checksum)");
    }
    for (uint32_t i = 0; i < h->nentries; i++) {
        struct weir1_entry scratch;
        struct weir1_entry *e = entries != NULL ? &entries[i] : &scratch;
        get_entry(&c, e);
        if (!entry_fits(h, e)) {
            return fault_set(fault, ERR_FORMAT, "a column reaches beyond its block");
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ directory and trailer */

void weir1_put_directory(struct buf *out, uint64_t offset, const struct weir1_place *places,
                         uint32_t n)
{
    size_t at = out->len;
    size_t length;
    uint64_t check;
    buf_add(out, WEIR1_MAGIC_DIRECTORY, 8);
    put_u32(out, n);
    put_u32(out, 0);
    for (uint32_t i = 0; i < n; i++) {
        put_u16(out, places[i].id);
        put_u16(out, places[i].version);
        put_u32(out, places[i].flags);
        put_u64(out, places[i].offset);
        put_u64(out, places[i].length);
        put_u64(out, places[i].check);
    }
    if (out->failed) {
        return;
    }
    length = out->len - at;
    check = hash_of(out->data + at, length);
    put_u64(out, offset);
    put_u64(out, length);
    put_u64(out, check);
    buf_add(out, WEIR1_MAGIC_TRAILER, 8);
}

int weir1_get_trailer(const uint8_t data[WEIR1_TRAILER_LEN], uint64_t *offset, uint64_t *length,
                      uint64_t *check)
{
    struct cur c = cur_of(data, WEIR1_TRAILER_LEN);
    *offset = cur_u64le(&c);
    *length = cur_u64le(&c);
    *check = cur_u64le(&c);
    return memcmp(c.at, WEIR1_MAGIC_TRAILER, 8) == 0 ? 0 : ERR_NOTFOUND;
}

int weir1_get_places(const uint8_t *data, size_t len, struct weir1_place *places, uint32_t max,
                     uint32_t *n)
{
    struct cur c = cur_of(data, len);
    const uint8_t *magic = cur_take(&c, 8);
    *n = cur_u32le(&c);
    cur_skip(&c, 4);
    if (magic == NULL || memcmp(magic, WEIR1_MAGIC_DIRECTORY, 8) != 0 || *n > max) {
        return ERR_FORMAT;
    }
    for (uint32_t i = 0; i < *n; i++) {
        places[i].id = cur_u16le(&c);
        places[i].version = cur_u16le(&c);
        places[i].flags = cur_u32le(&c);
        places[i].offset = cur_u64le(&c);
        places[i].length = cur_u64le(&c);
        places[i].check = cur_u64le(&c);
    }
    return cur_ok(&c) ? 0 : ERR_FORMAT;
}
