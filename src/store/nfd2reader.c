/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfd2reader.c - open a file of layout 2: header, list of blocks, appendix.
 *
 * The header is not believed where the blocks say otherwise: they are walked from the header to the
 * appendix, or to the end of a file whose writer was killed before it wrote one.
 */
#include "store/nfdfile.h"

#include "base/cur.h"
#include "store/filename.h"
#include "store/nfdseal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORD_IDENT = 0x8001,
    RECORD_STAT = 0x8002,
    STAT_SIZE = 148,
    VERSION2 = 2,
    VERSION3 = 3,
    CREATORS = CREATOR_TORLOOKUP + 1,
};

#define YEAR_2200 UINT64_C(7258118400)

static bool matches(const uint8_t *head, size_t len)
{
    return len >= 2 && head[0] == 0x0C && head[1] == 0xA5;
}

static int read_header(const struct format_source *src, struct nfd_header *h, struct fault *fault)
{
    uint8_t octets[NFD_HEADER2];
    struct cur c = cur_of(octets, sizeof octets);
    int rc = format_pread(src->fd, octets, sizeof octets, 0, fault);
    if (rc != 0) {
        return rc;
    }
    cur_skip(&c, 4);
    h->nfdversion = cur_u32le(&c);
    h->created = cur_u64le(&c);
    h->compression = cur_u8(&c);
    h->encryption = cur_u8(&c);
    h->appendix_blocks = cur_u16le(&c);
    h->creator = cur_u32le(&c);
    h->appendix = cur_u64le(&c);
    h->block_size = cur_u32le(&c);
    h->nblocks = cur_u32le(&c);
    return 0;
}

/* ------------------------------------------------------------------ appendix */

static bool read_ident(struct nfd_file *f, struct cur *c)
{
    size_t len = strnlen((const char *)c->at, cur_left(c));
    if (len == cur_left(c)) {
        return false;
    }
    f->base.info.ident = arena_strndup(&f->arena, (const char *)c->at, len);
    return true;
}

static bool read_totals(struct nfd_file *f, struct cur *c)
{
    struct flow_totals *t = &f->base.info.totals;
    uint64_t v[18];
    if (cur_left(c) != STAT_SIZE - 4) {
        return false;
    }
    for (size_t i = 0; i < 18; i++) {
        v[i] = cur_u64le(c);
    }
    t->flows = v[0];
    t->bytes = v[1];
    t->packets = v[2];
    memcpy(t->flows_of, v + 3, sizeof t->flows_of);
    memcpy(t->bytes_of, v + 7, sizeof t->bytes_of);
    memcpy(t->packets_of, v + 11, sizeof t->packets_of);
    t->first = v[15];
    t->last = v[16];
    t->sequence_failures = v[17];
    return true;
}

static bool read_appendix_records(struct nfd_file *f, const uint8_t *octets, size_t len,
                                  uint32_t told)
{
    struct cur c = cur_of(octets, len);
    bool good = true;
    uint32_t n = 0;
    while (cur_left(&c) > 0 && good) {
        unsigned type = cur_u16le(&c);
        size_t size = cur_u16le(&c);
        struct cur body = cur_sub(&c, size - 4);
        if (size < 4 || !cur_ok(&body)) {
            return false;
        }
        if (type == RECORD_IDENT) {
            good = read_ident(f, &body);
        } else if (type == RECORD_STAT) {
            good = read_totals(f, &body);
        } else {
            good = false;
        }
        n++;
    }
    return good && n == told;
}

/* Flows are readable without it: failures are damage, not errors. */
static void read_appendix(struct nfd_file *f, const struct nfd_block *b)
{
    struct arena arena;
    struct fault fault;
    const uint8_t *octets;
    size_t len;
    fault_clear(&fault);
    arena_init(&arena);
    if (nfdfile_unpack(f, b, &arena, &octets, &len, &fault) != 0 ||
        !read_appendix_records(f, octets, len, b->told) || nfdseal_keep(f, octets, len) != 0) {
        nfdfile_damage(f, ERR_FORMAT, b->offset,
                       "the appendix (ident and totals) at octet %" PRIu64 " cannot be read",
                       b->offset);
    }
    arena_free(&arena);
}

/* ------------------------------------------------------------------ which blocks hold what */

/* Killed before the header was written a second time. */
static bool is_unfinished(const struct nfd_header *h)
{
    return h->nblocks == 0 && h->appendix == 0 && h->appendix_blocks == 0;
}

static bool appendix_in_file(const struct nfd_file *f)
{
    const struct nfd_header *h = &f->header;
    return h->appendix >= NFD_HEADER2 && h->appendix + NFD_BLOCK_HEAD <= f->size;
}

/* The appendix is a block of its own behind the data; octets behind it mean nothing (a shorter
 * ident written in place leaves some). */
static int list_appendix(struct nfd_file *f, struct nfd_block *appendix)
{
    uint32_t data = f->nblocks;
    int rc = nfdfile_list_block(f, f->header.appendix);
    if (rc == 0 && f->nblocks > data) {
        *appendix = f->blocks[data];
    }
    f->nblocks = data;
    return rc;
}

static int list_with_appendix(struct nfd_file *f, struct nfd_block *appendix)
{
    int rc = nfdfile_list_blocks(f, NFD_HEADER2, f->header.appendix);
    return rc == 0 ? list_appendix(f, appendix) : rc;
}

/* No usable offset: by the header's count the block behind the data is the appendix. */
static int list_all(struct nfd_file *f, struct nfd_block *appendix)
{
    int rc = nfdfile_list_blocks(f, NFD_HEADER2, 0);
    if (rc == 0 && f->header.nblocks < f->nblocks && !is_unfinished(&f->header)) {
        *appendix = f->blocks[f->header.nblocks];
        f->nblocks = f->header.nblocks;
    }
    return rc;
}

/* Does the chain of blocks from the header meet the offset that should be the appendix's? */
static bool chain_meets_appendix(const struct nfd_file *f)
{
    uint64_t at = NFD_HEADER2;
    uint8_t head[NFD_BLOCK_HEAD];
    for (uint64_t n = 0; at < f->header.appendix && n < UINT32_MAX; n++) {
        struct cur c = cur_of(head, sizeof head);
        if (format_pread(f->base.fd, head, sizeof head, at, NULL) != 0) {
            return false;
        }
        cur_skip(&c, 4);
        at += NFD_BLOCK_HEAD + (uint64_t)cur_u32le(&c);
    }
    return at == f->header.appendix;
}

/* Is there at least something like an appendix at the offset? */
static bool looks_like_appendix(const struct nfd_file *f)
{
    uint8_t head[NFD_BLOCK_HEAD];
    struct cur c = cur_of(head, sizeof head);
    uint64_t size;
    if (!appendix_in_file(f) ||
        format_pread(f->base.fd, head, sizeof head, f->header.appendix, NULL) != 0) {
        return false;
    }
    cur_skip(&c, 4);
    size = cur_u32le(&c);
    return cur_u16le(&c) == NFD_BLOCK_FLOWS &&
           f->header.appendix + NFD_BLOCK_HEAD + size <= f->size;
}

static int list_blocks(struct nfd_file *f)
{
    struct nfd_block appendix = {0};
    const struct nfd_header *h = &f->header;
    bool usable = looks_like_appendix(f) || (appendix_in_file(f) && chain_meets_appendix(f));
    int rc = usable ? list_with_appendix(f, &appendix) : list_all(f, &appendix);
    if (rc != 0) {
        return rc;
    }
    f->base.info.complete = appendix.offset != 0;
    if (is_unfinished(h)) {
        return 0;
    }
    if (!usable || h->appendix_blocks == 0) {
        nfdfile_damage(f, ERR_FORMAT, 24,
                       "appendix offset error: %" PRIu64 ", file size: %" PRIu64, h->appendix,
                       f->size);
    }
    nfdfile_check_count(f, 36);
    if (appendix.offset != 0) {
        read_appendix(f, &appendix);
    }
    return 0;
}

/* Numbers that no writer puts there: flows can be read, but something happened to the header. */
static void check_numbers(struct nfd_file *f)
{
    enum { MAJOR_SHIFT = 24, MAJOR_MASK = 15, MAJOR_MAX = 7, APPENDIX_AT = 18, CREATOR_AT = 20 };
    const struct nfd_header *h = &f->header;
    if ((h->nfdversion >> MAJOR_SHIFT & MAJOR_MASK) > MAJOR_MAX) {
        nfdfile_damage(f, ERR_FORMAT, 4, "header: impossible version of the writer: 0x%08x",
                       h->nfdversion);
    }
    if (h->created > YEAR_2200) {
        nfdfile_damage(f, ERR_FORMAT, 8, "header: impossible time of creation: %" PRIu64,
                       h->created);
    }
    if (h->appendix_blocks > 1) {
        nfdfile_damage(f, ERR_FORMAT, APPENDIX_AT, "header: %u appendix blocks announced",
                       h->appendix_blocks);
    }
    if (h->creator >= CREATORS) {
        nfdfile_damage(f, ERR_FORMAT, CREATOR_AT, "header: creator ID %u out of range",
                       h->creator);
    }
}

/* ------------------------------------------------------------------ open */

static int check_header(const struct nfd_header *h, struct fault *fault)
{
    if (h->encryption != 0) {
        return fault_set(fault, ERR_UNSUPPORTED, "Can not handle encrypted files");
    }
    if (h->compression >= COMPRESSION_COUNT_) {
        return fault_set(fault, ERR_UNSUPPORTED, "Unknown compression type: %u", h->compression);
    }
    return 0;
}

static void fill_info(struct nfd_file *f)
{
    struct flowfile_info *info = &f->base.info;
    info->format = FORMAT_NFDUMP2;
    info->compression = f->header.compression;
    info->creator = f->header.creator < CREATORS ? f->header.creator : CREATOR_UNKNOWN;
    info->created = f->header.created * 1000;
}

/* Blocks of layout 1 may stand in a file of layout 2. */
static bool has_old_blocks(const struct nfd_file *f)
{
    for (uint32_t i = 0; i < f->nblocks; i++) {
        if (f->blocks[i].type == NFD_BLOCK_LAYOUT1) {
            return true;
        }
    }
    return false;
}

static int open_layout2(const struct format_source *src, struct flowfile **out, struct fault *fault)
{
    struct nfd_header header;
    struct nfd_file *f;
    int rc = read_header(src, &header, fault);
    rc = rc == 0 ? check_header(&header, fault) : rc;
    if (rc != 0) {
        return rc;
    }
    f = calloc(1, sizeof *f);
    if (f == NULL) {
        return ERR_NOMEM;
    }
    f->header = header;
    f->size = src->size;
    f->base.fd = src->fd;
    arena_init(&f->arena);
    f->growing = is_unfinished(&header) && filename_is_live(src->path);
    fill_info(f);
    check_numbers(f);
    nfdlayout_init(&f->layout, nfdlayout_release(header.nfdversion));
    rc = list_blocks(f);
    rc = rc == 0 ? nfdfile_make_units(f) : rc;
    rc = rc == 0 && has_old_blocks(f) ? nfd1_collect_all_maps(f) : rc;
    if (rc != 0) {
        f->base.fd = -1; /* stays the caller's */
        free(f->base.damage);
        nfdfile_close(&f->base);
        return rc;
    }
    *out = &f->base;
    return 0;
}

/* nfdump's words, and ours for which release it is. */
static int unknown_version(unsigned version, struct fault *fault)
{
    return fault_set(fault, ERR_UNSUPPORTED, "bad version: %u (%s)", version,
                     version == VERSION3 ? "a file of nfdump 1.8, which is not read: nfdump 1.8 "
                                           "itself can read it"
                                         : "neither nfdump 1.6 nor 1.7 writes it");
}

static int open_by_version(const struct format_source *src, struct flowfile **out,
                           struct fault *fault)
{
    unsigned version = src->head_len >= 4 ? src->head[2] | (unsigned)src->head[3] << 8 : 0;
    if (src->head_len < 4) {
        return fault_set(fault, ERR_TRUNCATED, "short read from file");
    }
    return version == VERSION2 ? open_layout2(src, out, fault) : unknown_version(version, fault);
}

const struct flowfile_ops nfd2_reader = {
    .matches = matches,
    .open = open_by_version,
    .close = nfdfile_close,
    .zone = nfdfile_zone,
    .records_before = nfdfile_records_before,
    .read = nfdfile_read,
    .meta = nfdfile_meta,
    .check = nfdseal_check,
};
