/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdfile.c - blocks of nfdump files as batches.
 * A block with more flow records than a batch has rows is read in several pieces ("units"), each
 * unpacking the block again; no file seen in the wild has one. Exporters and names of a block
 * belong to the file and are made when the block is first read; threads may race, the first one
 * wins.
 */
#include "store/nfdfile.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORDS_PER_UNIT = BATCH_ROWS_MAX };

void nfdfile_damage(struct nfd_file *f, int code, uint64_t at, const char *fmt, ...)
{
    struct fault fault;
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fault_clear(&fault);
    fault_set(&fault, code, "%s", text);
    fault_at_file(&fault, "", at);
    flowfile_add_damage(&f->base, &fault);
}

void nfdfile_check_count(struct nfd_file *f, uint64_t at)
{
    uint32_t told = f->header.nblocks;
    if (told != f->nblocks) {
        nfdfile_damage(f, told > 0 && f->nblocks == 0 ? ERR_TRUNCATED : ERR_FORMAT, at,
                       "the header announces %u blocks, %u were found", told, f->nblocks);
    }
}

/* ------------------------------------------------------------------ units */

static int add_unit(struct nfd_file *f, uint32_t block, uint32_t first_row, uint64_t first_no)
{
    if (f->nunits == f->units_room) {
        uint32_t room = f->units_room == 0 ? 8 : f->units_room * 2;
        struct nfd_unit *grown = realloc(f->units, room * sizeof *grown);
        if (grown == NULL) {
            return ERR_NOMEM;
        }
        f->units = grown;
        f->units_room = room;
    }
    f->units[f->nunits++] = (struct nfd_unit){.block = block, .first_row = first_row,
                                              .first_no = first_no};
    return 0;
}

/* Flow records that a block can have at most. */
static uint32_t flows_bound(const struct nfd_file *f, const struct nfd_block *b)
{
    uint32_t most = (uint32_t)(nfdcodec_most(f->base.info.compression, b->stored)
                               / NFD_RECORD_HEAD);
    return b->told < most ? b->told : most;
}

int nfdfile_make_units(struct nfd_file *f)
{
    uint64_t first_no = 0;
    for (uint32_t i = 0; i < f->nblocks; i++) {
        uint32_t row = 0;
        do {
            int rc = add_unit(f, i, row, first_no);
            if (rc != 0) {
                return rc;
            }
            row += RECORDS_PER_UNIT;
        } while (row < flows_bound(f, &f->blocks[i]));
        first_no += nfdfile_records_bound(f, &f->blocks[i]);
    }
    f->base.info.nblocks = f->nunits;
    f->base.info.nrecords = first_no;
    return 0;
}

/* Nothing is known but that there are at most so many rows: one zone per power of two will do. */
#define ZONE_(n) {.nrows = (n), .groups_any = UINT64_MAX, .groups_all = 1}
static const struct zone zones[] = {
    ZONE_(1 << 6), ZONE_(1 << 10), ZONE_(1 << 12), ZONE_(1 << 13), ZONE_(1 << 14), ZONE_(1 << 15),
    ZONE_(1 << 16),
};
#undef ZONE_

const struct zone *nfdfile_zone(const struct flowfile *file, uint32_t block)
{
    const struct nfd_file *f = (const struct nfd_file *)file;
    const struct nfd_unit *u = &f->units[block];
    uint32_t rows = flows_bound(f, &f->blocks[u->block]) - u->first_row;
    size_t i = 0;
    while (i + 1 < sizeof zones / sizeof zones[0] && zones[i].nrows < rows) {
        i++;
    }
    return &zones[i];
}

uint64_t nfdfile_records_before(const struct flowfile *file, uint32_t block)
{
    const struct nfd_file *f = (const struct nfd_file *)file;
    return f->units[block].first_no;
}

/* ------------------------------------------------------------------ reading */

int nfdfile_unpack(const struct nfd_file *f, const struct nfd_block *b, struct arena *arena,
                   const uint8_t **octets, size_t *len, struct fault *fault)
{
    struct fault inner = {0};
    uint8_t *stored = arena_alloc(arena, b->stored);
    int rc;
    *octets = NULL;
    *len = 0;
    if (stored == NULL) {
        return fault_set(fault, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    rc = format_pread(f->base.fd, stored, b->stored, b->offset + NFD_BLOCK_HEAD, &inner);
    if (rc == 0) {
        rc = nfdcodec_unpack(f->base.info.compression, stored, b->stored, arena, octets, len,
                             &inner);
    }
    return rc == 0 ? 0 : nfdfile_block_fault(f, b, rc, inner.text, fault);
}

/* Keep what a walk collected as the unit's, unless another thread was first; *m is emptied. */
static const struct flow_meta *keep_meta(struct nfd_unit *u, struct flow_meta *m)
{
    struct flow_meta *expected = NULL;
    if (m == NULL || meta_is_empty(m)) {
        return NULL;
    }
    struct flow_meta *copy = malloc(sizeof *copy);
    if (copy == NULL) {
        return NULL;
    }
    *copy = *m;
    if (!__atomic_compare_exchange_n(&u->meta, &expected, copy, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        free(copy);
        return expected;
    }
    meta_init(m); /* now the file's */
    return copy;
}

/* What the block's head says and what was found do not agree: notes, but nothing is lost by it
 * unless the chain of records broke. */
static void check_head(struct nfd_walk *w, const struct nfd_file *f, const struct nfd_block *b)
{
    uint32_t found = w->nrecords + w->nmaps;
    if (found != b->told) {
        nfdwalk_remark(w, "%u records announced, %u found", b->told, found);
    }
    if (b->flags & ~NFD_FLAGS_KNOWN) {
        nfdwalk_remark(w, "unknown flags 0x%x", b->flags);
    } else if (b->flags & NFD_FLAG_PLAIN && f->base.info.compression != COMPRESSION_NONE) {
        nfdwalk_remark(w, "a flag says that it is not compressed, but it is");
    }
    if ((w->broken || w->cut) && b->told > found) {
        w->unread += nfdfile_records_bound(f, b) - found;
    }
}

static int fill_batch(struct nfd_walk *w, const struct nfd_unit *u, struct nfd_file *f,
                      struct batch *b)
{
    if (w->rows != NULL) {
        nfdrows_to_batch(w->rows, b);
    }
    b->ident = f->base.info.ident;
    b->first_no = w->first_no;
    b->source_bytes = u->first_row == 0 ? w->len : 0;
    b->other_records = w->other_records;
    b->unread = w->unread;
    if (w->notes.len > 0 && !w->notes.failed) {
        b->notes = arena_strndup(&b->arena, w->notes.data, w->notes.len);
        return b->notes != NULL ? 0 : ERR_NOMEM;
    }
    return 0;
}

static int walk(struct nfd_walk *w, struct nfd_file *f, const struct nfd_unit *u)
{
    const struct nfd_block *block = &f->blocks[u->block];
    int rc = block->type == NFD_BLOCK_LAYOUT1 ? nfdwalk1(w, f->maps, u->block)
                                              : nfdwalk2(w, &f->layout);
    if (rc == 0 && u->first_row == 0) {
        check_head(w, f, block);
    }
    return rc;
}

/* All of a block that breaks at its first record is lost: say so as for a block that cannot be
 * unpacked. */
static int walk_into(struct nfd_walk *w, struct nfd_file *f, struct nfd_unit *u, struct batch *b,
                     struct fault *fault)
{
    int rc = walk(w, f, u);
    if (rc != 0) {
        return fault_set(fault, rc, "%s", err_text(rc));
    }
    if (w->broken && w->nrecords == 0) {
        return nfdfile_block_fault(f, &f->blocks[u->block], ERR_FORMAT,
                                   "its first record does not fit into it", fault);
    }
    rc = fill_batch(w, u, f, b);
    b->meta = keep_meta(u, w->meta);
    return rc != 0 ? fault_set(fault, rc, "%s", err_text(rc)) : 0;
}

static int check_type(const struct nfd_file *f, const struct nfd_block *b, struct fault *fault)
{
    char what[80];
    if (b->type == NFD_BLOCK_FLOWS || (b->type == NFD_BLOCK_LAYOUT1 && f->maps != NULL)) {
        return 0;
    }
    snprintf(what, sizeof what, "Unknown block type %u. Skip block%s", b->type,
             b->type == NFD_BLOCK_OLD     ? " (of nfdump 1.5, which is not read)"
             : b->type == NFD_BLOCK_ARRAY ? " (of a data base of places or of Tor)"
                                          : "");
    return nfdfile_block_fault(f, b, ERR_UNSUPPORTED, what, fault);
}

/* Unpack what is to be walked. Of octets that were cut off, what stands before the end will do. */
static int unpack_for(struct nfd_walk *w, const struct nfd_file *f, const struct nfd_block *from,
                      struct fault *fault)
{
    struct fault inner = {0};
    int rc = nfdfile_unpack(f, from, w->arena, &w->octets, &w->len, &inner);
    w->cut = rc == ERR_TRUNCATED && w->len > 0;
    if (w->cut && w->first_row == 0) {
        nfdwalk_remark(w, "%s", inner.text);
    } else if (rc != 0 && fault != NULL) {
        *fault = inner;
    }
    return w->cut ? 0 : rc;
}

int nfdfile_read(struct flowfile *file, uint32_t block, struct batch *b, struct fault *fault)
{
    struct nfd_file *f = (struct nfd_file *)file;
    struct nfd_unit *u = &f->units[block];
    const struct nfd_block *from = &f->blocks[u->block];
    struct nfd_walk w = {.arena = &b->arena, .offset = from->offset,
                         .first_no = u->first_no + 1, .first_row = u->first_row};
    struct flow_meta meta;
    int rc = check_type(f, from, fault);
    meta_init(&meta);
    buf_init(&w.notes);
    w.meta = u->first_row == 0 ? &meta : NULL;
    rc = rc == 0 ? unpack_for(&w, f, from, fault) : rc;
    rc = rc == 0 ? walk_into(&w, f, u, b, fault) : rc;
    meta_free(&meta);
    buf_free(&w.notes);
    return rc;
}

void nfdfile_close(struct flowfile *file)
{
    struct nfd_file *f = (struct nfd_file *)file;
    for (uint32_t i = 0; i < f->nunits; i++) {
        if (f->units[i].meta != NULL) {
            meta_free(f->units[i].meta);
            free(f->units[i].meta);
        }
    }
    if (f->base.fd >= 0) {
        close(f->base.fd);
    }
    nfd1maps_free(f->maps);
    free(f->units);
    free(f->blocks);
    arena_free(&f->arena);
    free(f);
}

const struct flow_meta *nfdfile_meta(const struct flowfile *f)
{
    (void)f;
    return NULL;
}
