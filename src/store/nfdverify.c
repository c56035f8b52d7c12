/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdverify.c - see verify.h.
 *
 * The file is mapped and walked once: header, data blocks, appendix blocks, and the heads of the
 * records in each unpacked block. The first thing that is wrong in a block ends the walk.
 */
#include "store/verify.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/cur.h"
#include "base/file.h"
#include "store/compression.h"
#include "store/nfdcodec.h"

#include <string.h>

enum { MAGIC = 0xa50c, HEADER = 40, BLOCK_HEAD = 12, RECORD_HEAD = 4, STORED_PLAIN = 1 };
enum { BLOCK_TYPE_LEAST = 1, BLOCK_FLOWS = 3, BLOCK_TYPE_MOST = 4 };
enum { LAYOUT_OLD = 1, LAYOUT_NEW = 2 };
enum { RECORD_KNOWN_MAX = 16, RECORD_SLACK = 256, RECORD_APPENDIX = 32767, RECORD_IDENT = 32769 };

struct walk {
    const uint8_t *data;
    size_t size;
    bool verbose;
    struct buf *out, *err;
    struct arena arena;
    uint16_t compression, appendix_blocks;
    uint32_t nblocks;
    uint64_t appendix;
    uint64_t at;           /* where the next block begins */
    uint64_t flow_blocks;
    uint64_t records;
};

struct block {
    unsigned number; /* from 1 */
    uint32_t records, size;
    uint16_t type, flags;
};

static int damaged(struct walk *w, const char *line)
{
    buf_printf(w->err, "%s\n", line);
    return ERR_FORMAT;
}

static const char *creator_name(uint32_t creator)
{
    static const char *const names[] = {"unknown", "nfcapd",     "nfpcapd",   "sfcapd", "nfdump",
                                        "nfanon",  "nfprofile", "geolookup", "ft2nfdump",
                                        "torlookup"};
    return names[creator < sizeof names / sizeof names[0] ? creator : 0];
}

static void print_created(struct walk *w, uint64_t seconds)
{
    char text[CLOCK_TEXT_MAX];
    struct clock_zone zone;
    clock_zone_init(&zone, false);
    clock_format(&zone, seconds * 1000, text);
    buf_printf(w->out, "Created    : %.*s\n", (int)strcspn(text, "."), text);
}

static int check_header(struct walk *w)
{
    struct cur c = cur_of(w->data, w->size < HEADER ? w->size : HEADER);
    uint32_t version, writer, creator;
    uint64_t created;
    uint8_t compression, encryption;
    cur_skip(&c, 2);
    version = cur_u16le(&c);
    if (version != LAYOUT_NEW) {
        buf_printf(w->err, "Unknown layout version: %u\n", version);
        return ERR_UNSUPPORTED;
    }
    writer = cur_u32le(&c);
    created = cur_u64le(&c);
    compression = cur_u8(&c);
    encryption = cur_u8(&c);
    w->appendix_blocks = cur_u16le(&c);
    creator = cur_u32le(&c);
    w->appendix = cur_u64le(&c);
    w->compression = compression;
    if (compression >= COMPRESSION_COUNT_) {
        buf_printf(w->err, "Unknown compression: %u\n", compression);
        return ERR_UNSUPPORTED;
    }
    buf_printf(w->out, "Version    : %u - %s%s\n", version,
               compression == COMPRESSION_NONE
                   ? "not"
                   : compression_name((enum flow_compression)compression),
               " compressed");
    if (encryption != 0) {
        buf_printf(w->err, "Unknown encryption: %u\n", encryption);
        return ERR_UNSUPPORTED;
    }
    print_created(w, created);
    buf_printf(w->out, "Created by : %s\nnfdump     : %x\nencryption : no\nAppdx blks : %u\n",
               creator_name(creator), writer, w->appendix_blocks);
    uint32_t block_size = cur_u32le(&c);
    w->nblocks = cur_u32le(&c);
    buf_printf(w->out, "Data blks  : %u\n", w->nblocks);
    if (w->verbose) {
        buf_printf(w->out, "Blocksize  : %u\nOffsetApp  : %llu\n", block_size,
                   (unsigned long long)w->appendix);
    }
    return cur_ok(&c) ? 0 : damaged(w, "The file is shorter than its header");
}

static int check_appendix_offset(struct walk *w)
{
    if (w->appendix < w->size) {
        return 0;
    }
    buf_printf(w->err, "Invalid appendix offset: %llu, file size: %llu\n",
               (unsigned long long)w->appendix, (unsigned long long)w->size);
    return ERR_FORMAT;
}

static void show_record(struct walk *w, unsigned number, uint16_t type, uint16_t size, size_t at,
                        const uint8_t *record, size_t left)
{
    buf_printf(w->out, "Record %u, type: %u, size: %u - block offset: %zu", number, type, size, at);
    if (type == RECORD_IDENT && size > RECORD_HEAD && size <= left) {
        const char *ident = (const char *)record + RECORD_HEAD;
        size_t len = strnlen(ident, size - RECORD_HEAD);
        buf_printf(w->out, "  Ident: %.*s", (int)len, ident);
    } else if (type == RECORD_SLACK) {
        buf_str(w->out, " slack record");
    }
    buf_char(w->out, '\n');
}

static int bad_record(struct walk *w, const struct block *b, unsigned number, uint16_t type,
                      uint16_t size, size_t at)
{
    buf_printf(w->err,
               "Error in block: %u, record: %u: record size %u below header size\n"
               "Record %u, type: %u, size: %u - block size: %zu\n\n",
               b->number, number, size, number, type, size, at + size);
    return ERR_FORMAT;
}

/* The heads of all records of an unpacked block. */
static int check_records(struct walk *w, const struct block *b, const uint8_t *data, size_t len)
{
    unsigned n = 0;
    size_t at = 0;
    while (at < len) {
        struct cur c = cur_of(data + at, len - at);
        uint16_t type = cur_u16le(&c);
        uint16_t size = cur_u16le(&c);
        n++;
        if (!cur_ok(&c) || at + size > len) {
            buf_printf(w->err, "Record size %zu extends beyond block size: %zu\n", at + size, len);
            return ERR_FORMAT;
        }
        if (type > RECORD_KNOWN_MAX && type != RECORD_SLACK && type < RECORD_APPENDIX) {
            buf_printf(w->err, "Unknown record type %u\n", type);
        }
        if (w->verbose) {
            show_record(w, n, type, size, at, data + at, len - at);
        }
        if (size < RECORD_HEAD) {
            return bad_record(w, b, n, type, size, at);
        }
        at += size;
    }
    if (n != b->records) {
        buf_printf(w->err, "Block %u num records %u != counted records: %u\n", b->number - 1,
                   b->records, n);
        return ERR_FORMAT;
    }
    w->records += n;
    return 0;
}

static int check_type(struct walk *w, const struct block *b)
{
    if (b->type >= BLOCK_TYPE_LEAST && b->type <= BLOCK_TYPE_MOST) {
        return 0;
    }
    buf_printf(w->out, "block %u has unknown type %u\n", b->number, b->type);
    return ERR_UNSUPPORTED;
}

static int check_block(struct walk *w, const struct block *b)
{
    const uint8_t *data = w->data + w->at + BLOCK_HEAD;
    const uint8_t *plain = data;
    size_t len = b->size;
    struct fault fault;
    int rc;
    fault_clear(&fault);
    w->flow_blocks += b->type == BLOCK_FLOWS;
    if (w->verbose) {
        buf_printf(w->out,
                   "Checking block %u, offset: %llu, type: %u, size: %u, flags: 0x%x, "
                   "records: %u\n",
                   b->number, (unsigned long long)w->at, b->type, b->size, b->flags, b->records);
    }
    if (b->size > 0 && !(b->flags & STORED_PLAIN)) {
        arena_reset(&w->arena);
        rc = nfdcodec_unpack((enum flow_compression)w->compression, data, b->size, &w->arena,
                             &plain, &len, &fault);
        if (rc != 0) {
            buf_printf(w->err, "Block %u: %s\n", b->number, fault.text);
            return rc;
        }
    }
    if (w->verbose) {
        buf_printf(w->out, "Uncompressed block %u, type: %u, size: %zu, flags: 0x%x, records: %u\n",
                   b->number, b->type, len, b->flags, b->records);
    }
    return check_records(w, b, plain, len);
}

static bool read_head(struct walk *w, unsigned number, struct block *b)
{
    struct cur c = cur_of(w->data + w->at, w->size - w->at);
    b->number = number;
    b->records = cur_u32le(&c);
    b->size = cur_u32le(&c);
    b->type = cur_u16le(&c);
    b->flags = cur_u16le(&c);
    return cur_ok(&c);
}

/* The line between data and appendix, where it must be. */
static int end_of_data(struct walk *w)
{
    if (w->appendix_blocks == 0) {
        return 0;
    }
    if (w->at != w->appendix) {
        buf_printf(w->err, "Invalid appendix offset - Expected: %llu, found: %llu\n",
                   (unsigned long long)w->appendix, (unsigned long long)w->at);
        return ERR_FORMAT;
    }
    buf_str(w->out, "Checking appendix blocks\n");
    return 0;
}

/* Missing blocks are told, but do not make a file bad. */
static int check_blocks(struct walk *w)
{
    uint32_t total = w->nblocks + w->appendix_blocks;
    w->at = HEADER;
    buf_str(w->out, "Checking data blocks\n");
    for (uint32_t i = 0; i < total; i++) {
        struct block b;
        int rc;
        if (!w->verbose && i % 8 == 0) {
            buf_str(w->out, (i >> 3 & 2) == 0 ? " |\r" : " -\r");
        }
        if (!read_head(w, i + 1, &b)) {
            buf_printf(w->err,
                       "Unexpected read beyond EOF! File corrupted\nExpected %u blocks, counted "
                       "%u\n", w->nblocks, i);
            return 0;
        }
        rc = check_type(w, &b);
        if (rc != 0) {
            return rc;
        }
        if (b.size > w->size - w->at - BLOCK_HEAD) {
            return damaged(w, "Expected to seek beyond EOF! File corrupted");
        }
        rc = check_block(w, &b);
        w->at += BLOCK_HEAD + (uint64_t)b.size;
        if (rc == 0 && i + 1 == w->nblocks) {
            rc = end_of_data(w);
        }
        if (rc != 0) {
            return rc;
        }
    }
    if (w->at < w->size) {
        buf_printf(w->err, "Extra data detected after regular blocks: %llu bytes\n",
                   (unsigned long long)(w->size - w->at));
    }
    return 0;
}

static int walk_file(struct walk *w)
{
    int rc = check_header(w);
    if (rc == 0) {
        rc = check_appendix_offset(w);
    }
    if (rc == 0) {
        rc = check_blocks(w);
    }
    if (rc == 0) {
        buf_printf(w->out, "\nTotal\nType 3 blocks : %llu\nRecords       : %llu\n",
                   (unsigned long long)w->flow_blocks, (unsigned long long)w->records);
    }
    return rc;
}

bool verify_knows(const char *path)
{
    struct file_map map;
    struct fault fault;
    struct cur c;
    bool known;
    fault_clear(&fault);
    if (file_map(path, &map, &fault) != 0) {
        return false;
    }
    c = cur_of(map.data, map.size);
    known = cur_u16le(&c) == MAGIC && cur_u16le(&c) != LAYOUT_OLD && cur_ok(&c);
    file_unmap(&map);
    return known;
}

int verify_nfdump(const char *path, bool verbose, struct buf *out, struct buf *err)
{
    struct walk w = {.verbose = verbose, .out = out, .err = err};
    struct file_map map;
    struct fault fault;
    int rc;
    fault_clear(&fault);
    rc = file_map(path, &map, &fault);
    if (rc != 0) {
        buf_printf(err, "%s\n", fault.text);
        return rc;
    }
    w.data = map.data;
    w.size = map.size;
    arena_init(&w.arena);
    buf_printf(out, "File       : %s\nSize       : %zu\n", path, map.size);
    rc = walk_file(&w);
    arena_free(&w.arena);
    file_unmap(&map);
    return rc;
}
