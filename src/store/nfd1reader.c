/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfd1reader.c - open a file of layout 1 (nfdump 1.6): header with its statistics, blocks, maps.
 * Extension maps hold for all records behind them, also in later blocks. Opening goes over all
 * blocks once and keeps every map with its place, so that blocks can be read in any order.
 */
#include "store/nfdfile.h"

#include "base/cur.h"

#include <stdlib.h>
#include <string.h>

/* Flags of the file header. */
enum { HEADER_LZO = 1, HEADER_BZ2 = 8, HEADER_LZ4 = 16 };

static int collect_maps(struct nfd_file *f, uint32_t block, uint64_t *found)
{
    struct arena arena;
    const uint8_t *octets;
    size_t len;
    int rc;
    arena_init(&arena);
    *found = 0;
    rc = nfdfile_unpack(f, &f->blocks[block], &arena, &octets, &len, NULL);
    rc = rc == 0 || rc == ERR_TRUNCATED
             ? nfd1maps_collect(f->maps, octets, len, block, found) : 0;
    arena_free(&arena);
    return rc;
}

int nfd1_collect_all_maps(struct nfd_file *f)
{
    uint64_t before = 0;
    int rc = 0;
    f->maps = nfd1maps_new();
    if (f->maps == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < f->nunits && rc == 0; i++) {
        struct nfd_unit *u = &f->units[i];
        uint64_t found = 0;
        u->first_no -= before; /* maps are not counted */
        if (u->first_row == 0 && f->blocks[u->block].type == NFD_BLOCK_LAYOUT1) {
            rc = collect_maps(f, u->block, &found);
        }
        before += found;
    }
    f->base.info.nrecords -= before;
    return rc;
}

static void read_statistics(struct cur *c, struct flow_totals *t)
{
    uint64_t v[15];
    for (size_t i = 0; i < 15; i++) {
        v[i] = cur_u64le(c);
    }
    t->flows = v[0];
    t->bytes = v[1];
    t->packets = v[2];
    memcpy(t->flows_of, v + 3, sizeof t->flows_of);
    memcpy(t->bytes_of, v + 7, sizeof t->bytes_of);
    memcpy(t->packets_of, v + 11, sizeof t->packets_of);
    t->first = cur_u32le(c) * UINT64_C(1000);
    t->last = cur_u32le(c) * UINT64_C(1000);
    t->first += cur_u16le(c);
    t->last += cur_u16le(c);
    t->sequence_failures = cur_u32le(c);
}

static int read_header(struct nfd_file *f, struct fault *fault)
{
    uint8_t octets[NFD_HEADER1];
    struct cur c = cur_of(octets, sizeof octets);
    struct flowfile_info *info = &f->base.info;
    const uint8_t *ident;
    uint32_t flags;
    int rc = format_pread(f->base.fd, octets, sizeof octets, 0, fault);
    if (rc != 0) {
        return rc;
    }
    cur_skip(&c, 4);
    flags = cur_u32le(&c);
    f->header.nblocks = cur_u32le(&c);
    ident = cur_take(&c, 128);
    read_statistics(&c, &info->totals);
    info->format = FORMAT_NFDUMP1;
    info->compression = flags & HEADER_LZO ? COMPRESSION_LZO
                        : flags & HEADER_BZ2 ? COMPRESSION_BZ2
                        : flags & HEADER_LZ4 ? COMPRESSION_LZ4 : COMPRESSION_NONE;
    info->ident = arena_strndup(&f->arena, (const char *)ident, strnlen((const char *)ident, 128));
    return 0;
}

static int list_all(struct nfd_file *f, struct fault *fault)
{
    int rc = read_header(f, fault);
    if (rc == 0) {
        rc = nfdfile_list_blocks(f, NFD_HEADER1, 0);
    }
    f->base.info.complete = f->header.nblocks != 0 || f->nblocks == 0;
    if (rc == 0 && f->base.info.complete) {
        nfdfile_check_count(f, 8);
    }
    if (rc == 0) {
        rc = nfdfile_make_units(f);
    }
    return rc == 0 ? nfd1_collect_all_maps(f) : rc;
}

static int open_layout1(const struct format_source *src, struct flowfile **out,
                        struct fault *fault)
{
    struct nfd_file *f = calloc(1, sizeof *f);
    int rc = f != NULL ? 0 : ERR_NOMEM;
    if (rc == 0) {
        f->size = src->size;
        f->base.fd = src->fd;
        arena_init(&f->arena);
        rc = list_all(f, fault);
    }
    if (rc != 0) {
        if (f != NULL) {
            f->base.fd = -1; /* stays the caller's */
            free(f->base.damage);
            nfdfile_close(&f->base);
        }
        return rc;
    }
    *out = &f->base;
    return 0;
}

static bool matches(const uint8_t *head, size_t len)
{
    return len >= 4 && head[0] == 0x0C && head[1] == 0xA5 && head[2] == 1 && head[3] == 0;
}

const struct flowfile_ops nfd1_reader = {
    .matches = matches,
    .open = open_layout1,
    .close = nfdfile_close,
    .zone = nfdfile_zone,
    .records_before = nfdfile_records_before,
    .read = nfdfile_read,
    .meta = nfdfile_meta,
};
