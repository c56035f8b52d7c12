/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfd2writer.c - write files of layout 2.
 * Records are collected up to 2 MiB, then the block is packed and written. The header is written
 * twice: at the start without counts (a reader walks the blocks of such a file), at the end with
 * them.
 * A live file gets a small block at each flush; when it is finished they are merged into full
 * ones in a second file that takes the place of the first.
 * Exporters, samplers and names are written when they are new, before the flows that follow;
 * counters of exporters once, at the end.
 */
#include "store/nfd2writer.h"

#include "store/nfdfile.h"
#include "store/nfdput.h"
#include "store/nfdseal.h"

#include "base/bits.h"
#include "base/cur.h"
#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BLOCK_SIZE = 2097152, /* a block stays below */
    NFDVERSION = 0x01070800,
    APPENDIX_MAX = 1024,
};

/* ------------------------------------------------------------------ blocks to a file */

/* A header with counts when the appendix is at `appendix`, without when that is 0. */
static void make_header(const struct nfd2_out *o, uint64_t appendix, uint8_t to[NFD_HEADER2])
{
    const uint16_t magic = NFD_MAGIC, version = 2, blocks = appendix != 0;
    const uint32_t nfdversion = NFDVERSION, nblocks = appendix != 0 ? o->nblocks : 0;
    memset(to, 0, NFD_HEADER2);
    memcpy(to, &magic, 2);
    memcpy(to + 2, &version, 2);
    memcpy(to + 4, &nfdversion, 4);
    memcpy(to + 8, &o->created, 8);
    to[16] = (uint8_t)o->compression;
    memcpy(to + 18, &blocks, 2);
    memcpy(to + 20, &o->creator, 4);
    memcpy(to + 24, &appendix, 8);
    memcpy(to + 36, &nblocks, 4);
}

int nfd2out_start(struct nfd2_out *o, int fd, enum flow_compression compression, int level,
                  uint32_t creator, uint64_t created, struct fault *fault)
{
    uint8_t header[NFD_HEADER2];
    *o = (struct nfd2_out){.fd = fd, .compression = compression, .level = level,
                           .creator = creator, .created = created, .at = NFD_HEADER2};
    if (!nfdcodec_built(compression)) {
        return fault_set(fault, ERR_UNSUPPORTED,
                         "this weir was built without the compression that was asked for");
    }
    o->block = malloc(BLOCK_SIZE + NFD_RECORD_MAX);
    o->packed = malloc(NFD_BLOCK_HEAD + nfdcodec_bound(compression, BLOCK_SIZE));
    if (o->block == NULL || o->packed == NULL) {
        return fault_set(fault, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    make_header(o, 0, header);
    return format_write(fd, header, sizeof header, fault);
}

void nfd2out_free(struct nfd2_out *o)
{
    free(o->block);
    free(o->packed);
    o->block = o->packed = NULL;
}

/* One block of n octets at the descriptor's place. */
static int write_block(struct nfd2_out *o, uint32_t nrecords, const uint8_t *octets, size_t n,
                       struct fault *fault)
{
    const uint16_t type = NFD_BLOCK_FLOWS, flags = 0;
    size_t packed = n;
    uint32_t size;
    int rc = 0;
    if (o->compression == COMPRESSION_NONE) {
        memcpy(o->packed + NFD_BLOCK_HEAD, octets, n);
    } else {
        rc = nfdcodec_pack(o->compression, o->level, octets, n, o->packed + NFD_BLOCK_HEAD,
                           &packed, fault);
    }
    size = (uint32_t)packed;
    memcpy(o->packed, &nrecords, 4);
    memcpy(o->packed + 4, &size, 4);
    memcpy(o->packed + 8, &type, 2);
    memcpy(o->packed + 10, &flags, 2);
    o->packed_len = NFD_BLOCK_HEAD + packed;
    rc = rc == 0 ? format_write(o->fd, o->packed, o->packed_len, fault) : rc;
    o->at += rc == 0 ? o->packed_len : 0;
    return rc;
}

int nfd2out_flush(struct nfd2_out *o, struct fault *fault)
{
    int rc;
    if (o->nrecords == 0) {
        return 0;
    }
    rc = write_block(o, o->nrecords, o->block, o->used, fault);
    o->seal = nfdseal_add(o->seal, o->packed, o->packed_len);
    o->nblocks += rc == 0;
    o->nrecords = 0;
    o->used = 0;
    return rc;
}

/* The record was written before it is known whether it still belongs to the current block. */
int nfd2out_take(struct nfd2_out *o, size_t size, struct fault *fault)
{
    uint8_t *record = nfd2out_place(o);
    assert(size >= 4 && size <= NFD_RECORD_MAX);
    if (o->used + size >= BLOCK_SIZE) {
        int rc = nfd2out_flush(o, fault);
        if (rc != 0) {
            return rc;
        }
        memmove(o->block, record, size);
    }
    o->used += size;
    o->nrecords++;
    return 0;
}

/* Ident and totals, with a seal over all of the file where the ident leaves room for it. */
static size_t make_appendix(const struct nfd2_out *o, const char *ident,
                            const struct flow_totals *totals, const uint8_t header[NFD_HEADER2],
                            uint8_t to[APPENDIX_MAX])
{
    size_t ident_size = nfdput_ident(ident, to);
    size_t n = ident_size + nfdput_totals(totals, to + ident_size);
    uint8_t *place = nfdseal_find(to, ident_size);
    if (place != NULL) {
        uint64_t seal = nfdseal_end(o->seal, header, to, n);
        memcpy(place, &seal, sizeof seal);
    }
    return n;
}

int nfd2out_finish(struct nfd2_out *o, const char *ident, const struct flow_totals *totals,
                   struct fault *fault)
{
    uint8_t appendix[APPENDIX_MAX], header[NFD_HEADER2];
    size_t n;
    int rc = nfd2out_flush(o, fault);
    if (rc != 0) {
        return rc;
    }
    make_header(o, o->at, header);
    n = make_appendix(o, ident, totals, header, appendix);
    rc = write_block(o, 2, appendix, n, fault);
    if (rc != 0) {
        return rc;
    }
    if (pwrite(o->fd, header, sizeof header, 0) != (ssize_t)sizeof header) {
        return fault_sys(fault, "write the header");
    }
    return 0;
}

/* ------------------------------------------------------------------ the writer */

struct nfd2_writer {
    struct flowwriter base;
    struct nfd2_out out;
    char *ident;
    struct flow_meta meta;  /* what was written so far */
    struct flow_meta waiting; /* samplers whose exporter is not known yet; nfdump refuses those */
    uint32_t small_blocks;  /* written by flushes */
};

static char *copy_ident(const char *ident)
{
    return strdup(ident != NULL && ident[0] != '\0' ? ident : "none");
}

static int change_ident(struct flowwriter *base, const char *ident)
{
    struct nfd2_writer *w = (struct nfd2_writer *)base;
    char *copy = copy_ident(ident);
    if (copy == NULL) {
        return ERR_NOMEM;
    }
    free(w->ident);
    w->ident = copy;
    return 0;
}

static int create(const struct format_target *target, const struct flowwriter_options *options,
                  struct flowwriter **out, struct fault *fault)
{
    struct nfd2_writer *w = calloc(1, sizeof *w);
    int rc = ERR_NOMEM;
    if (w == NULL) {
        return ERR_NOMEM;
    }
    meta_init(&w->meta);
    meta_init(&w->waiting);
    w->ident = copy_ident(options->ident);
    if (w->ident != NULL) {
        rc = nfd2out_start(&w->out, target->fd, options->compression, options->level,
                           options->creator, (uint64_t)time(NULL), fault);
    }
    if (rc != 0) {
        nfd2out_free(&w->out);
        free(w->ident);
        free(w);
        return rc;
    }
    *out = &w->base;
    return 0;
}

static void release(struct flowwriter *base)
{
    struct nfd2_writer *w = (struct nfd2_writer *)base;
    nfd2out_free(&w->out);
    meta_free(&w->meta);
    meta_free(&w->waiting);
    free(w->ident);
    free(w);
}

/* Groups that no element of nfdump's is made for. */
static void note_left_out(struct flowwriter *base, struct batch *b, const uint64_t *sel)
{
    const uint64_t beyond = ~(((uint64_t)1 << NFD_ELEMENTS) - 1);
    const struct column *groups;
    if (!(b->groups_any & beyond)) {
        return;
    }
    groups = batch_column(b, FIELD_GROUPS);
    for (uint32_t i = 0; i < b->nrows; i++) {
        uint64_t cut = sel == NULL || bits_get(sel, i) ? column_u64(groups, i) & beyond : 0;
        base->left_out |= cut;
        base->flows_cut += cut != 0;
    }
}

static int add(struct flowwriter *base, struct batch *b, const uint64_t *sel, struct fault *fault)
{
    struct nfd2_writer *w = (struct nfd2_writer *)base;
    struct nfd_put put;
    uint32_t taken = 0;
    int rc = nfdput_batch(&put, b);
    if (rc != 0) {
        if (fault != NULL) {
            *fault = b->fault;
        }
        return rc;
    }
    for (uint32_t i = 0; i < b->nrows && rc == 0; i++) {
        if (sel == NULL || bits_get(sel, i)) {
            rc = nfd2out_take(&w->out, nfdput_row(&put, i, nfd2out_place(&w->out)), fault);
            taken += rc == 0;
        }
    }
    note_left_out(base, b, sel);
    format_taken(base, b, sel, taken);
    base->unwritten = w->out.nrecords;
    return rc;
}

/* ---- meta data ---- */

static int put_exporters(struct nfd2_writer *w, const struct flow_meta *m, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < m->nexporters && rc == 0; i++) {
        const struct exporter *e = &m->exporters[i];
        const struct exporter *old = meta_exporter(&w->meta, e->sysid);
        bool same = old != NULL && old->version == e->version && old->id == e->id &&
                    ip_equal(&old->addr, &e->addr);
        if (e->version != 0 && e->sysid <= UINT16_MAX && !same) {
            rc = nfd2out_take(&w->out, nfdput_exporter(e, nfd2out_place(&w->out)), fault);
        }
    }
    return rc;
}

static bool same_sampler(const struct sampler *a, const struct sampler *b)
{
    return a != NULL && a->algorithm == b->algorithm && a->packet_interval == b->packet_interval &&
           a->space_interval == b->space_interval;
}

static bool describes(const struct flow_meta *m, uint32_t sysid)
{
    const struct exporter *e = meta_exporter(m, sysid);
    return e != NULL && e->version != 0;
}

static int put_sampler(struct nfd2_writer *w, const struct sampler *s, struct fault *fault)
{
    return nfd2out_take(&w->out, nfdput_sampler(s, nfd2out_place(&w->out)), fault);
}

static int put_samplers(struct nfd2_writer *w, const struct flow_meta *m, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < m->nsamplers && rc == 0; i++) {
        const struct sampler *s = &m->samplers[i];
        if (!describes(m, s->sysid) && !describes(&w->meta, s->sysid)) {
            rc = meta_put_sampler(&w->waiting, s);
        } else if (!same_sampler(meta_sampler(&w->meta, s->sysid, s->id), s)) {
            rc = put_sampler(w, s, fault);
        }
    }
    return rc;
}

/* Those that waited for one of the exporters of m. */
static int put_waiting(struct nfd2_writer *w, const struct flow_meta *m, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < w->waiting.nsamplers && m->nexporters > 0 && rc == 0; i++) {
        const struct sampler *s = &w->waiting.samplers[i];
        if (describes(m, s->sysid) && !describes(&w->meta, s->sysid)) {
            rc = put_sampler(w, s, fault);
        }
    }
    return rc;
}

/* Is every name and application of m written already? */
static bool names_known(const struct nfd2_writer *w, const struct flow_meta *m)
{
    for (size_t i = 0; i < m->nnames; i++) {
        const char *old = meta_name(&w->meta, m->names[i].kind, m->names[i].id);
        if (old == NULL || strcmp(old, m->names[i].text) != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < m->napps; i++) {
        if (meta_app(&w->meta, m->apps[i].id, m->apps[i].id_len) == NULL) {
            return false;
        }
    }
    return true;
}

static int put_names(struct nfd2_writer *w, const struct flow_meta *m, struct fault *fault)
{
    size_t n, next;
    int rc = 0;
    for (int kind = 0; kind < NAME_KINDS_ && rc == 0; kind++) {
        next = 0;
        while (rc == 0 && (n = nfdput_names(m, kind, &next, nfd2out_place(&w->out))) > 0) {
            rc = nfd2out_take(&w->out, n, fault);
        }
    }
    next = 0;
    while (rc == 0 && (n = nfdput_apps(m, &next, nfd2out_place(&w->out))) > 0) {
        rc = nfd2out_take(&w->out, n, fault);
    }
    return rc;
}

static int meta(struct flowwriter *base, const struct flow_meta *m, struct fault *fault)
{
    struct nfd2_writer *w = (struct nfd2_writer *)base;
    int rc = put_exporters(w, m, fault);
    rc = rc == 0 ? put_waiting(w, m, fault) : rc;
    rc = rc == 0 ? put_samplers(w, m, fault) : rc;
    if (rc == 0 && !names_known(w, m)) {
        rc = put_names(w, m, fault);
    }
    if (rc == 0 && meta_merge(&w->meta, m) != 0) {
        rc = fault_set(fault, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    return rc;
}

static int put_counters(struct nfd2_writer *w, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < w->meta.nexporters && rc == 0; i += NFDPUT_COUNTERS) {
        size_t left = w->meta.nexporters - i;
        size_t n = nfdput_counters(w->meta.exporters + i,
                                   left < NFDPUT_COUNTERS ? left : NFDPUT_COUNTERS,
                                   nfd2out_place(&w->out));
        rc = n > 0 ? nfd2out_take(&w->out, n, fault) : 0;
    }
    return rc;
}

/* ---- flush and finish ---- */

static int flush(struct flowwriter *base, struct fault *fault)
{
    struct nfd2_writer *w = (struct nfd2_writer *)base;
    int rc;
    if (!base->live) {
        return 0;
    }
    w->small_blocks += w->out.nrecords > 0;
    rc = nfd2out_flush(&w->out, fault);
    base->unwritten = w->out.nrecords;
    if (rc == 0 && fdatasync(base->target.fd) != 0 && errno != EINVAL) {
        rc = fault_sys(fault, "fsync");
    }
    return rc;
}

/* All records of one block of ours into another file. */
static int copy_block(struct nfd2_out *to, const uint8_t *octets, size_t len, struct fault *fault)
{
    struct cur c = cur_of(octets, len);
    while (cur_left(&c) >= 4) {
        const uint8_t *record = c.at;
        size_t size;
        int rc;
        cur_skip(&c, 2);
        size = cur_u16le(&c);
        if (size < 4 || size - 4 > cur_left(&c)) {
            return fault_set(fault, ERR_FORMAT, "a block of the unfinished file is damaged");
        }
        cur_skip(&c, size - 4);
        memcpy(nfd2out_place(to), record, size);
        rc = nfd2out_take(to, size, fault);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int copy_blocks(const struct nfd2_out *from, struct nfd2_out *to, struct fault *fault)
{
    struct nfd_file f = {.size = from->at, .base.fd = from->fd,
                         .base.info.compression = from->compression};
    struct arena arena;
    int rc = nfdfile_list_blocks(&f, NFD_HEADER2, 0);
    arena_init(&arena);
    for (uint32_t i = 0; i < f.nblocks && rc == 0; i++) {
        const uint8_t *octets;
        size_t len;
        arena_reset(&arena);
        rc = nfdfile_unpack(&f, &f.blocks[i], &arena, &octets, &len, fault);
        rc = rc == 0 ? copy_block(to, octets, len, fault) : rc;
    }
    arena_free(&arena);
    free(f.base.damage);
    free(f.blocks);
    return rc;
}

/* Small blocks become full ones in a new file, which takes the name and the descriptor's place. */
static int merge_blocks(struct nfd2_writer *w, struct fault *fault)
{
    struct nfd2_out merged;
    char temp[4096];
    int fd, rc = file_create_temp(w->base.target.temp, 0644, temp, sizeof temp, &fd, fault);
    if (rc != 0) {
        return rc;
    }
    rc = nfd2out_start(&merged, fd, w->out.compression, w->out.level, w->out.creator,
                       w->out.created, fault);
    rc = rc == 0 ? copy_blocks(&w->out, &merged, fault) : rc;
    rc = rc == 0 ? nfd2out_finish(&merged, w->ident, &w->base.totals, fault) : rc;
    nfd2out_free(&merged);
    if (rc != 0 || rename(temp, w->base.target.temp) != 0) {
        rc = rc != 0 ? rc : fault_sys(fault, "rename");
        unlink(temp);
        close(fd);
        return rc;
    }
    close(w->base.target.fd);
    w->base.target.fd = fd;
    return 0;
}

static int finish(struct flowwriter *base, struct fault *fault)
{
    enum { FEW = 2 };
    struct nfd2_writer *w = (struct nfd2_writer *)base;
    int rc = put_counters(w, fault);
    rc = rc == 0 ? nfd2out_flush(&w->out, fault) : rc;
    if (rc != 0) {
        return rc;
    }
    if (w->small_blocks >= FEW && base->target.temp != NULL) {
        return merge_blocks(w, fault);
    }
    return nfd2out_finish(&w->out, w->ident, &base->totals, fault);
}

const struct flowwriter_ops nfd2_writer = {
    .format = FORMAT_NFDUMP2,
    .create = create,
    .add = add,
    .meta = meta,
    .flush = flush,
    .rename = change_ident,
    .finish = finish,
    .release = release,
};
