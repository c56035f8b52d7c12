/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfarray.c - the container of nfdump's data base files.
 *
 * File header of 40 octets: u16 magic 0xA50C, u16 layout 2, u32, u64, u8 compression, u8
 * encryption, u16, u32 creator, u64, u32, u32 number of blocks. Block header of 12 octets: u32
 * elements, u32 octets, u16 type 4, u16 flags (1: this block is not compressed). A block begins
 * with u16 kind and u16 element size.
 */
#include "lookup/nfarray.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>
#ifdef HAVE_BZ2
#include <bzlib.h>
#endif
#ifdef HAVE_LZ4
#include <lz4.h>
#endif

enum { MAGIC = 0xA50C, ARRAY_BLOCK = 4, FLAG_PLAIN = 1 };
enum { BLOCK_OCTETS_MAX = 64 << 20, ELEMENT_OCTETS_MAX = 1024 };
enum { COMPRESS_NONE, COMPRESS_LZO, COMPRESS_BZ2, COMPRESS_LZ4, COMPRESS_ZSTD };

/* Each returns the length in out, or 0. */
static size_t expand_bz2(const void *in, size_t len, char *out, size_t room)
{
#ifdef HAVE_BZ2
    unsigned int got = (unsigned int)room;
    return BZ2_bzBuffToBuffDecompress(out, &got, (char *)(uintptr_t)in, (unsigned int)len, 0,
                                      0) == BZ_OK
               ? got : 0;
#else
    (void)in, (void)len, (void)out, (void)room;
    return 0;
#endif
}

static size_t expand_lz4(const void *in, size_t len, char *out, size_t room)
{
#ifdef HAVE_LZ4
    int got = LZ4_decompress_safe(in, out, (int)len, (int)room);
    return got > 0 ? (size_t)got : 0;
#else
    (void)in, (void)len, (void)out, (void)room;
    return 0;
#endif
}

static size_t expand_zstd(const void *in, size_t len, char *out, size_t room)
{
    size_t got = ZSTD_decompress(out, room, in, len);
    return ZSTD_isError(got) ? 0 : got;
}

static size_t expand(unsigned method, const void *in, size_t len, char *out, size_t room)
{
    switch (method) {
    case COMPRESS_BZ2:
        return expand_bz2(in, len, out, room);
    case COMPRESS_LZ4:
        return expand_lz4(in, len, out, room);
    case COMPRESS_ZSTD:
        return expand_zstd(in, len, out, room);
    default:
        return 0;
    }
}

/* Add a line about what is left out; more than fit are not told. */
static void left_out(struct fault *fault, const char *text, unsigned number, const char *end)
{
    size_t len = fault != NULL ? strlen(fault->text) : 0;
    if (fault != NULL && len < sizeof fault->text) {
        snprintf(fault->text + len, sizeof fault->text - len, "%s%s%u%s", len > 0 ? "\n" : "", text,
                 number, end);
    }
}

static int visit_array(struct cur body, uint32_t n, nfarray_visitor visit, void *ctx,
                       struct fault *fault)
{
    unsigned kind = cur_u16le(&body);
    unsigned size = cur_u16le(&body);
    int rc;
    if (!cur_ok(&body) || size == 0 || (uint64_t)size * n != cur_left(&body)) {
        return fault_set(fault, ERR_FORMAT, "array of kind %u does not have the announced size",
                         kind);
    }
    rc = visit(ctx, kind, n, size, &body);
    if (rc == NFARRAY_UNKNOWN) {
        left_out(fault, "Skip unknown array element: ", kind, "");
        rc = 0;
    }
    return rc;
}

static int packed_block(const struct cur *body, uint32_t n, unsigned method,
                        nfarray_visitor visit, void *ctx, struct fault *fault)
{
    uint64_t most = (uint64_t)n * ELEMENT_OCTETS_MAX + 4;
    size_t room = most < BLOCK_OCTETS_MAX ? (size_t)most : BLOCK_OCTETS_MAX;
    char *plain = malloc(room);
    size_t got = plain != NULL ? expand(method, body->at, cur_left(body), plain, room) : 0;
    int rc = plain == NULL ? fault_set(fault, ERR_NOMEM, "out of memory")
             : got == 0    ? fault_set(fault, ERR_FORMAT,
                                       "a block cannot be decompressed (method %u)", method)
                           : visit_array(cur_of(plain, got), n, visit, ctx, fault);
    free(plain);
    return rc;
}

static int read_block(struct cur *c, unsigned method, nfarray_visitor visit, void *ctx,
                      struct fault *fault)
{
    uint32_t n = cur_u32le(c);
    uint32_t size = cur_u32le(c);
    unsigned type = cur_u16le(c);
    unsigned flags = cur_u16le(c);
    struct cur body = cur_sub(c, size);
    if (!cur_ok(c)) {
        return fault_set(fault, ERR_TRUNCATED, "the file ends within a block");
    }
    if (type != ARRAY_BLOCK) {
        left_out(fault, "Can't process block type ", type, ". Skip block.\n");
        return 0;
    }
    if (method == COMPRESS_NONE || (flags & FLAG_PLAIN) != 0) {
        return visit_array(body, n, visit, ctx, fault);
    }
    return packed_block(&body, n, method, visit, ctx, fault);
}

int nfarray_parse(const void *data, size_t len, nfarray_visitor visit, void *ctx,
                  struct fault *fault)
{
    struct cur c = cur_of(data, len);
    unsigned magic = cur_u16le(&c);
    unsigned layout = cur_u16le(&c);
    unsigned method, encryption;
    uint32_t nblocks;
    int rc = 0;
    cur_skip(&c, 12);
    method = cur_u8(&c);
    encryption = cur_u8(&c);
    cur_skip(&c, 18);
    nblocks = cur_u32le(&c);
    if (magic != MAGIC) {
        return fault_set(fault, ERR_FORMAT, "bad magic: 0x%04X", magic);
    }
    if (!cur_ok(&c) || layout != 2) {
        return fault_set(fault, ERR_UNSUPPORTED, "bad version: %u", layout);
    }
    if (encryption != 0 || method > COMPRESS_ZSTD || method == COMPRESS_LZO) {
        return fault_set(fault, ERR_UNSUPPORTED, "encrypted, or compressed in an unknown way");
    }
    for (uint32_t i = 0; i < nblocks && rc == 0; i++) {
        rc = read_block(&c, method, visit, ctx, fault);
    }
    return rc;
}

static int read_file(FILE *f, void **data, size_t *len, struct fault *fault)
{
    struct stat st;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        return fault_set(fault, ERR_IO, "not a regular file");
    }
    *data = malloc((size_t)st.st_size + 1);
    if (*data == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    *len = fread(*data, 1, (size_t)st.st_size, f);
    return 0;
}

int nfarray_read(const char *name, nfarray_visitor visit, void *ctx, struct fault *fault)
{
    void *data = NULL;
    size_t len = 0;
    FILE *f = fopen(name, "rbe");
    int rc;
    if (f == NULL) {
        fault_at_file(fault, name, 0);
        return fault_sys(fault, "cannot open");
    }
    rc = read_file(f, &data, &len, fault);
    fclose(f);
    if (rc == 0) {
        rc = nfarray_parse(data, len, visit, ctx, fault);
    }
    if (rc != 0) {
        fault_at_file(fault, name, 0);
    }
    free(data);
    return rc;
}
