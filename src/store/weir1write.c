/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weir1write.c - write a weir file.
 *
 * Rows wait until they fill a block. Blocks are encoded by threads that writers share, and written
 * in the order of their rows. A live file writes what there is at every flush, as a small block:
 * first the chunks, then the head, so that a reader sees zeros or a whole block. At the end a live
 * file with small blocks is read back and written once more with full ones. A write that fails is
 * undone (the file is cut to its last whole block); the rows stay and may be written later.
 */
#include "base/bits.h"
#include "base/clock.h"
#include "base/hash.h"
#include "store/addrfilter.h"
#include "store/addrkeys.h"
#include "store/encoders.h"
#include "store/format.h"
#include "store/weir1.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEVEL_DEFAULT 1

struct weir1_writer {
    struct flowwriter base;
    struct flowwriter_options options; /* ident: own copy */
    struct encoders *encoders;         /* often shared with other writers */
    bool own_encoders;
    struct encoding *filling;          /* rows that wait; NULL: none */
    struct encoding **under_way;       /* a ring: handed over to be encoded, not written yet */
    uint32_t nring;
    uint64_t oldest;                   /* running numbers of those under way */
    uint64_t next;
    uint64_t nrows_begun;              /* flows of the file and of those under way */
    bool stuck;                        /* the last write failed: rows are gathered */
    struct flow_meta meta;             /* all of it */
    struct flow_meta pending;          /* not yet in a META block (live files) */
    struct buf piece;                  /* header, META blocks */
    struct buf heads;                  /* contents of the BLOCKS section */
    uint32_t nblocks;                  /* with flows */
    uint32_t nmeta;
    uint64_t nrows;
    uint64_t at;                       /* octets of the file so far */
    struct addrkeys keys;
    uint32_t *list;                    /* row numbers of a selection */
};

static struct weir1_writer *of(struct flowwriter *w)
{
    return (struct weir1_writer *)w;
}

/* ------------------------------------------------------------------ writing pieces */

static int write_at(struct weir1_writer *w, const void *data, size_t n, uint64_t at,
                    struct fault *fault)
{
    if (w->base.target.temp != NULL && lseek(w->base.target.fd, (off_t)at, SEEK_SET) < 0) {
        return fault_sys(fault, "seek");
    }
    return format_write(w->base.target.fd, data, n, fault);
}

/* Cut off what a failed write left behind. */
static void undo(struct weir1_writer *w)
{
    int saved = errno;
    if (w->base.target.temp != NULL && ftruncate(w->base.target.fd, (off_t)w->at) != 0) {
        errno = saved;
    }
}

/* A block whose head has head_len octets; live: the head comes last. */
static int write_block(struct weir1_writer *w, const struct buf *b, size_t head_len,
                       struct fault *fault)
{
    int rc;
    if (w->options.live && w->base.target.temp != NULL) {
        rc = write_at(w, b->data + head_len, b->len - head_len, w->at + head_len, fault);
        rc = rc != 0 ? rc : write_at(w, b->data, head_len, w->at, fault);
    } else {
        rc = write_at(w, b->data, b->len, w->at, fault);
    }
    if (rc != 0) {
        undo(w);
        return rc;
    }
    w->at += b->len;
    return 0;
}

static int write_pending_meta(struct weir1_writer *w, struct fault *fault)
{
    struct weir1_entry entry = {.field = WEIR1_FIELD_META};
    struct weir1_head h = {.kind = WEIR1_META, .nentries = 1, .before = w->nrows};
    struct buf body;
    int rc;
    if (meta_is_empty(&w->pending)) {
        return 0;
    }
    buf_init(&body);
    weir1_put_meta_body(&body, &w->pending);
    h.length = WEIR1_BLOCK_HEAD_LEN + WEIR1_ENTRY_LEN;
    h.size = h.length + body.len;
    entry.offset = h.length;
    entry.length = (uint32_t)body.len;
    entry.check = hash_of(body.data, body.len);
    buf_clear(&w->piece);
    weir1_put_head(&w->piece, &h, &entry);
    buf_add(&w->piece, body.data, body.len);
    rc = body.failed || w->piece.failed ? ERR_NOMEM : write_block(w, &w->piece, h.length, fault);
    buf_free(&body);
    if (rc == 0) {
        meta_free(&w->pending);
        w->nmeta++;
    }
    return rc;
}

static int write_header(struct weir1_writer *w, struct fault *fault)
{
    struct weir1_header h = {.version = WEIR1_VERSION, .created = clock_now_msec(),
                             .creator = w->options.creator,
                             .compression = w->options.compression};
    struct clock_zone zone;
    struct clock_time now;
    int rc;
    clock_zone_init(&zone, false);
    clock_split(&zone, h.created, &now);
    h.utc_offset = now.offset;
    if (w->options.ident != NULL) {
        snprintf(h.ident, sizeof h.ident, "%s", w->options.ident);
    }
    buf_clear(&w->piece);
    weir1_put_header(&w->piece, &h);
    rc = w->piece.failed ? ERR_NOMEM : write_at(w, w->piece.data, w->piece.len, 0, fault);
    w->at = WEIR1_HEADER_LEN;
    return rc;
}

/* ------------------------------------------------------------------ rows to blocks */

static struct encoding *oldest_under_way(const struct weir1_writer *w)
{
    return w->under_way[w->oldest % w->nring];
}

/* The block was written at `at`. */
static void note_block(struct weir1_writer *w, const struct encoding *job, uint64_t at)
{
    buf_add(&w->heads, &at, sizeof at);
    buf_add(&w->heads, job->block.data, job->head_len);
    w->nblocks++;
    w->nrows += job->nrows;
    w->base.unwritten -= job->nrows;
    addrkeys_add(&w->keys, (const uint64_t *)(const void *)job->keys.data,
                 job->keys.len / sizeof(uint64_t));
}

/* On error the block stays the oldest one, to be written later. */
static int write_oldest(struct weir1_writer *w, struct fault *fault)
{
    struct encoding *job = oldest_under_way(w);
    uint64_t at = w->at;
    int rc;
    encoding_wait(w->encoders, job);
    rc = job->rc;
    if (rc != 0) {
        if (fault != NULL) {
            *fault = job->fault;
        }
        encoding_begin(w->encoders, job, job->before);
        return rc;
    }
    rc = write_block(w, &job->block, job->head_len, fault);
    w->stuck = rc != 0;
    if (rc == 0) {
        note_block(w, job, at);
        w->oldest++;
        encoding_return(w->encoders, job);
    }
    return rc;
}

static bool ring_is_full(const struct weir1_writer *w)
{
    return w->next - w->oldest == w->nring;
}

/* There is room in the ring. */
static void begin(struct weir1_writer *w, struct encoding *job)
{
    w->under_way[w->next++ % w->nring] = job;
    encoding_begin(w->encoders, job, w->nrows_begun);
    w->nrows_begun += job->nrows;
}

static int make_room(struct weir1_writer *w, struct fault *fault)
{
    return ring_is_full(w) ? write_oldest(w, fault) : 0;
}

/* The rows that wait are to become a block. On error they wait as before. */
static int hand_over(struct weir1_writer *w, struct fault *fault)
{
    int rc = make_room(w, fault);
    if (rc == 0) {
        begin(w, w->filling);
        w->filling = NULL;
    }
    return rc;
}

/* All rows so far into the file. */
static int write_rows(struct weir1_writer *w, struct fault *fault)
{
    int rc = 0;
    if (w->filling != NULL && rowbuf_rows(w->filling->rows) > 0) {
        rc = hand_over(w, fault);
    }
    while (rc == 0 && w->oldest < w->next) {
        rc = write_oldest(w, fault);
    }
    return rc;
}

/* ------------------------------------------------------------------ the end of the file */

struct footer {
    struct buf octets;
    struct weir1_place places[WEIR1_SECTION_SLOTS];
    uint32_t n;
    uint64_t at; /* place of the first octet in the file */
};

/* The section is what was added since `from`. */
static void section_end(struct footer *f, enum weir1_section id, size_t from)
{
    size_t len = f->octets.len - from;
    if (len == 0 || f->octets.failed) {
        return;
    }
    f->places[f->n++] =
        (struct weir1_place){.id = (uint16_t)id,
                             .version = (uint16_t)weir1_section_version(id),
                             .flags = id == WEIR1_SECTION_BLOCKS ? WEIR1_SECTION_MUST : 0,
                             .offset = f->at + from,
                             .length = len,
                             .check = hash_of(f->octets.data + from, len)};
}

/* The slots now; the head, which is left in *head, comes later. */
static int put_slots(struct weir1_writer *w, struct footer *f, struct buf *head)
{
    size_t from = f->octets.len;
    int rc = 0;
    if (!w->keys.given_up && w->nblocks > 0) {
        const uint64_t *keys = addrkeys_list(&w->keys);
        rc = addrfilter_build(keys, (uint32_t)w->keys.n, head, &f->octets);
        w->keys.given_up = true;
        section_end(f, WEIR1_SECTION_SLOTS, from);
    }
    return rc == ERR_LIMIT ? 0 : rc;
}

static void put_filter_head(struct footer *f, const struct buf *head)
{
    size_t from = f->octets.len;
    if (head->len > 0) {
        buf_add(&f->octets, head->data, head->len);
        f->octets.failed |= head->failed;
        section_end(f, WEIR1_SECTION_FILTER, from);
    }
}

static void put_sections(struct weir1_writer *w, struct footer *f)
{
    size_t from = f->octets.len;
    buf_add(&f->octets, w->heads.data != NULL ? w->heads.data : "", w->heads.len);
    if (w->heads.len == 0) { /* a file without flows still lists its (no) blocks */
        f->places[f->n++] = (struct weir1_place){.id = WEIR1_SECTION_BLOCKS, .version = 1,
                                                 .flags = WEIR1_SECTION_MUST,
                                                 .offset = f->at + from, .check = hash_of("", 0)};
    }
    section_end(f, WEIR1_SECTION_BLOCKS, from);
    from = f->octets.len;
    weir1_put_totals(&f->octets, &w->base.totals);
    section_end(f, WEIR1_SECTION_TOTALS, from);
    for (unsigned id = WEIR1_SECTION_EXPORTERS; id <= WEIR1_SECTION_LOSSES; id++) {
        from = f->octets.len;
        weir1_put_meta(&f->octets, (enum weir1_section)id, &w->meta);
        section_end(f, (enum weir1_section)id, from);
    }
}

/* The slots go first: the rest then lies in the last octets, which readers read at once. */
static int write_footer(struct weir1_writer *w, struct fault *fault)
{
    struct footer f = {.at = w->at};
    struct buf head;
    int rc;
    buf_init(&f.octets);
    buf_init(&head);
    buf_add(&f.octets, WEIR1_MAGIC_SECTIONS, 8);
    buf_add(&f.octets, &w->nrows, sizeof w->nrows);
    rc = put_slots(w, &f, &head);
    put_filter_head(&f, &head);
    put_sections(w, &f);
    weir1_put_directory(&f.octets, f.at + f.octets.len, f.places, f.n);
    if (rc == 0) {
        rc = f.octets.failed || w->heads.failed
                 ? ERR_NOMEM : write_at(w, f.octets.data, f.octets.len, w->at, fault);
    }
    if (rc != 0) {
        undo(w);
    }
    buf_free(&head);
    buf_free(&f.octets);
    return rc;
}

/* ------------------------------------------------------------------ create and release */

/* What is under way has to come back before the encoders may go. */
static void give_back_encodings(struct weir1_writer *w)
{
    for (; w->oldest < w->next; w->oldest++) {
        encoding_wait(w->encoders, oldest_under_way(w));
        encoding_return(w->encoders, oldest_under_way(w));
    }
    if (w->filling != NULL) {
        encoding_return(w->encoders, w->filling);
    }
    if (w->own_encoders) {
        encoders_free(w->encoders);
    }
}

static void weir1_release(struct flowwriter *base)
{
    struct weir1_writer *w = of(base);
    give_back_encodings(w);
    free(w->under_way);
    meta_free(&w->meta);
    meta_free(&w->pending);
    buf_free(&w->piece);
    buf_free(&w->heads);
    addrkeys_free(&w->keys);
    free(w->list);
    free((char *)(uintptr_t)w->options.ident);
    free(w);
}

static int level_of(const struct flowwriter_options *o)
{
    return o->compression == COMPRESSION_NONE ? 0 : o->level != 0 ? o->level : LEVEL_DEFAULT;
}

struct encoders *flowwriter_encoders(const struct flowwriter_options *options, unsigned threads)
{
    return encoders_new(threads, level_of(options));
}

static bool open_ring(struct weir1_writer *w)
{
    w->own_encoders = w->encoders == NULL;
    if (w->own_encoders) {
        w->encoders = encoders_new(0, level_of(&w->options));
    }
    if (w->encoders == NULL) {
        return false;
    }
    w->nring = encoders_threads(w->encoders) + 1;
    w->under_way = malloc(w->nring * sizeof(struct encoding *));
    return w->under_way != NULL;
}

static struct weir1_writer *writer_new(const struct flowwriter_options *options)
{
    struct weir1_writer *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    w->options = *options;
    w->options.temp = NULL;
    w->options.ident = options->ident != NULL ? strdup(options->ident) : NULL;
    w->encoders = options->encoders;
    meta_init(&w->meta);
    meta_init(&w->pending);
    buf_init(&w->piece);
    buf_init(&w->heads);
    w->list = malloc(BATCH_ROWS_MAX * sizeof *w->list);
    if (!open_ring(w) || w->list == NULL ||
        (options->ident != NULL && w->options.ident == NULL)) {
        weir1_release(&w->base);
        return NULL;
    }
    totals_clear(&w->base.totals);
    return w;
}

static int weir1_create(const struct format_target *target,
                        const struct flowwriter_options *options, struct flowwriter **out,
                        struct fault *fault)
{
    struct weir1_writer *w;
    int rc;
    if (options->compression != COMPRESSION_NONE && options->compression != COMPRESSION_ZSTD) {
        return fault_set(fault, ERR_UNSUPPORTED,
                         "weir's own files are compressed with zstd or not at all");
    }
    w = writer_new(options);
    if (w == NULL) {
        return ERR_NOMEM;
    }
    w->base.target = *target;
    rc = write_header(w, fault);
    if (rc != 0) {
        weir1_release(&w->base);
        return rc;
    }
    *out = &w->base;
    return 0;
}

/* ------------------------------------------------------------------ adding */

/* As many of n rows as there is room for: how many, or ERR_*. */
static int take_rows(struct weir1_writer *w, struct batch *b, const uint32_t *rows, uint32_t from,
                     uint32_t n)
{
    if (w->filling == NULL) {
        w->filling = encoding_take(w->encoders);
    }
    return w->filling != NULL ? rowbuf_add(w->filling->rows, b, rows, from, n) : ERR_NOMEM;
}

static int weir1_add(struct flowwriter *base, struct batch *b, const uint64_t *sel,
                     struct fault *fault)
{
    struct weir1_writer *w = of(base);
    uint32_t n = b->nrows;
    uint32_t done = 0;
    int rc = rowbuf_require(b, fault);
    if (rc != 0) {
        return rc;
    }
    if (sel != NULL) {
        n = (uint32_t)bits_rows(sel, b->nrows, w->list);
    }
    while (done < n && rc == 0) {
        int taken = take_rows(w, b, sel != NULL ? w->list + done : NULL, done, n - done);
        if (taken < 0) {
            rc = taken;
        } else if (taken == 0) {
            rc = hand_over(w, fault);
        } else {
            done += (uint32_t)taken;
        }
    }
    format_taken(base, b, sel, done);
    if (w->filling != NULL && rowbuf_is_full(w->filling->rows) && !ring_is_full(w)) {
        hand_over(w, NULL); /* early, so that a thread can begin */
    }
    return rc;
}

/* A block of its own, unless others wait in front, or as many as possible have to be kept. */
static int weir1_add_builder(struct flowwriter *base, struct builder *b, struct builder_back back,
                             struct fault *fault)
{
    struct weir1_writer *w = of(base);
    struct batch *rows = builder_batch(b);
    struct encoding *job;
    int rc;
    if (w->filling != NULL || w->stuck || !w->options.live || !rowbuf_is_needless(rows)) {
        return ERR_UNSUPPORTED;
    }
    rc = make_room(w, fault);
    job = rc == 0 ? encoding_take(w->encoders) : NULL;
    if (job == NULL) {
        return rc != 0 ? rc : ERR_NOMEM;
    }
    format_taken(base, rows, NULL, rows->nrows);
    job->lent = b;
    job->back = back;
    begin(w, job);
    return 0;
}

static int weir1_meta(struct flowwriter *base, const struct flow_meta *m, struct fault *fault)
{
    struct weir1_writer *w = of(base);
    int rc = meta_merge(&w->meta, m);
    (void)fault;
    if (rc == 0 && w->options.live) {
        rc = meta_merge(&w->pending, m);
    }
    return rc;
}

static int weir1_flush(struct flowwriter *base, struct fault *fault)
{
    struct weir1_writer *w = of(base);
    int rc;
    if (!w->options.live) {
        return 0;
    }
    rc = write_pending_meta(w, fault);
    rc = rc != 0 ? rc : write_rows(w, fault);
    if (rc == 0 && base->target.temp != NULL && fdatasync(base->target.fd) != 0) {
        rc = fault_sys(fault, "fdatasync");
    }
    return rc;
}

/* ------------------------------------------------------------------ finishing */

static int add_all(struct flowwriter *to, struct flowfile *from, struct fault *fault)
{
    struct batch *b = malloc(sizeof *b);
    int rc = b != NULL ? 0 : ERR_NOMEM;
    if (b != NULL) {
        batch_init(b);
    }
    for (uint32_t i = 0; rc == 0 && i < flowfile_info(from)->nblocks; i++) {
        rc = flowfile_read(from, i, b, fault);
        rc = rc != 0 ? rc : weir1_add(to, b, NULL, fault);
    }
    if (b != NULL) {
        batch_free(b);
    }
    free(b);
    return rc;
}

/* Write the blocks of our file, full ones, and the footer to fd. */
static int write_merged(struct weir1_writer *w, int fd, struct fault *fault)
{
    struct flowwriter_options options = w->options;
    struct format_target target = {w->base.target.path, w->base.target.temp, fd};
    struct flowwriter *to = NULL;
    struct flowfile *from = NULL;
    int rc;
    options.live = false;
    rc = flowfile_open(w->base.target.temp, &from, fault);
    rc = rc != 0 ? rc : weir1_create(&target, &options, &to, fault);
    rc = rc != 0 ? rc : add_all(to, from, fault);
    rc = rc != 0 ? rc : meta_merge(&of(to)->meta, &w->meta);
    rc = rc != 0 ? rc : write_rows(of(to), fault);
    if (rc == 0) {
        to->totals = w->base.totals;
        rc = write_footer(of(to), fault);
    }
    if (to != NULL) {
        weir1_release(to);
    }
    flowfile_close(from);
    return rc;
}

/* Replace the live file by one with full blocks. On error it is as before. */
static int merge_blocks(struct weir1_writer *w, struct fault *fault)
{
    char *name = NULL;
    int fd;
    int rc;
    if (asprintf(&name, "%s.merge", w->base.target.temp) < 0) {
        return ERR_NOMEM;
    }
    unlink(name);
    fd = format_create(name);
    rc = fd >= 0 ? write_merged(w, fd, fault) : fault_sys(fault, "create %s", name);
    if (rc == 0 && (fsync(fd) != 0 || rename(name, w->base.target.temp) != 0)) {
        rc = fault_sys(fault, "rename %s", name);
    }
    if (rc == 0) {
        close(w->base.target.fd);
        w->base.target.fd = fd;
    } else if (fd >= 0) {
        close(fd);
        unlink(name);
    }
    free(name);
    return rc;
}

/* Blocks that are half full on average may stay: who writes so fast has better things to do than
 * to encode everything a second time. */
static bool worth_merging(const struct weir1_writer *w)
{
    uint64_t fewest = (w->nrows + BATCH_ROWS_MAX - 1) / BATCH_ROWS_MAX;
    return w->options.live && w->base.target.temp != NULL &&
           (w->nblocks > fewest || w->nmeta > 0) && w->nblocks > 1 &&
           w->nrows / w->nblocks < BATCH_ROWS_MAX / 2;
}

static int weir1_finish(struct flowwriter *base, struct fault *fault)
{
    struct weir1_writer *w = of(base);
    int rc = write_rows(w, fault);
    if (rc != 0) {
        return rc;
    }
    if (worth_merging(w) && merge_blocks(w, NULL) == 0) {
        return 0;
    }
    return write_footer(w, fault);
}

const struct flowwriter_ops weir1_writer_ops = {
    .format = FORMAT_WEIR1,
    .create = weir1_create,
    .add = weir1_add,
    .add_builder = weir1_add_builder,
    .meta = weir1_meta,
    .flush = weir1_flush,
    .finish = weir1_finish,
    .release = weir1_release,
};
