/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowwriter.h - write one flow file, weir 1 or nfdump layout 2.
 *
 * The file is written beside its place under a temporary name (or an explicit one) and renamed when
 * it is finished, so that an existing file is never damaged. A writer is used by one thread at a
 * time.
 */
#ifndef WEIR_STORE_FLOWWRITER_H
#define WEIR_STORE_FLOWWRITER_H

#include "base/err.h"
#include "flow/batch.h"
#include "flow/builder.h"
#include "flow/meta.h"
#include "store/flowfile.h"

#include <stdbool.h>
#include <stdint.h>

struct flowwriter;

struct encoders; /* threads that several writers share */

struct flowwriter_options {
    enum flow_format format;           /* FORMAT_WEIR1 or FORMAT_NFDUMP2 */
    enum flow_compression compression; /* weir: NONE or ZSTD */
    int level;                         /* 0 = default of the compression */
    const char *ident;                 /* NULL = "none" */
    enum flow_creator creator;
    bool live;        /* append small blocks as they come (collector); else only full ones */
    const char *temp; /* where to write until finished, in the same file system: a live
                         file's public name (nfcapd.current.PID.N). NULL: a hidden name
                         beside path. An existing file there is ERR_BUSY. */
    struct encoders *encoders; /* made for these options; NULL: the writer encodes by itself */
};

/* Threads for the writers of weir files with this compression: what they write is the same with
 * any number of them. NULL when memory or threads are out. encoders_free() (store/encoders.h) when
 * all writers are gone. */
struct encoders *flowwriter_encoders(const struct flowwriter_options *options, unsigned threads);

/* Start writing path. With `append`, flows of an existing file at path (of any format) stay
 * (collector restarted in the same slot): the new file starts with its contents. If that file
 * was damaged, a copy of it is kept beside it as .NAME.damaged when the new one takes its place.
 * A path that is a device or a pipe is written directly. On error *out is untouched. */
int flowwriter_create(const char *path, const struct flowwriter_options *options, bool append,
                      struct flowwriter **out, struct fault *fault);

/* Add the rows of a batch (sel: bitmap, NULL = all). All stored fields are kept. On error the
 * rows in front of the one that failed were taken: they stay and are written later. */
int flowwriter_add(struct flowwriter *w, struct batch *b, const uint64_t *sel, struct fault *fault);

/* The same with a builder, which the writer takes over and gives back through `back` when it needs
 * the rows no more: before this returns or later, in any thread, at the end of the writer at the
 * latest. Most rows then become a block without being copied. On error the caller keeps the
 * builder; of its rows were taken what flowwriter_taken tells. */
struct builder_back {
    void (*give)(void *ctx, struct builder *b);
    void *ctx;
};
int flowwriter_add_builder(struct flowwriter *w, struct builder *b, struct builder_back back,
                           struct fault *fault);

/* How many rows the last flowwriter_add (or _builder) took. */
uint32_t flowwriter_taken(const struct flowwriter *w);

/* What the format cannot hold: groups (bits) that were left out so far, and of how many flows. */
uint64_t flowwriter_left_out(const struct flowwriter *w, uint64_t *flows);

/* Add or replace exporters, samplers, names; add losses. */
int flowwriter_meta(struct flowwriter *w, const struct flow_meta *m, struct fault *fault);

/* Another ident, which nothing says before the file is finished: ERR_UNSUPPORTED for weir's format,
 * which begins with it; ERR_NOMEM. NULL = "none". */
int flowwriter_rename(struct flowwriter *w, const char *ident);

/* Totals that only the caller knows: sequence failures of a collector, or what was counted of flows
 * that are not written. Those of written flows are counted by the writer. */
void flowwriter_add_totals(struct flowwriter *w, const struct flow_totals *t);
void flowwriter_sequence_failures(struct flowwriter *w, uint64_t n);

/* The times, msec, that the totals of a file without flows say: those of its slot. */
void flowwriter_slot(struct flowwriter *w, uint64_t first, uint64_t last);

/* Keep the file whose place this one will take, as ".NAME.damaged" beside it. */
void flowwriter_keep_old(struct flowwriter *w, bool keep);

/* Make everything added so far readable to others and safe on disk (live files). */
int flowwriter_flush(struct flowwriter *w, struct fault *fault);

/* Totals of what was added so far. */
const struct flow_totals *flowwriter_totals(const struct flowwriter *w);

/* Footer, fsync, rename, close. Frees w in any case. On error a live file keeps what was
 * flushed, at its final place; any other file leaves path as it was. */
int flowwriter_finish(struct flowwriter *w, struct fault *fault);

/* The same; *lost: rows of a live file that were taken and could not be written. */
int flowwriter_finish_counting(struct flowwriter *w, uint64_t *lost, struct fault *fault);

/* Remove the unfinished file and free w. */
void flowwriter_abort(struct flowwriter *w);

#endif
