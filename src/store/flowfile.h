/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowfile.h - one opened flow file of any format: weir 1, nfdump layouts 1 and 2.
 *
 * The format is recognised by its first octets. Opening reads headers, footer or block heads only.
 * After opening, blocks may be read by any number of threads, each with its own batch; the file
 * must stay open while a batch read from it is in use, because columns are decoded on first touch.
 *
 * Damage never stops a reader: what cannot be read is described by flowfile_damage() and skipped.
 */
#ifndef WEIR_STORE_FLOWFILE_H
#define WEIR_STORE_FLOWFILE_H

#include "base/err.h"
#include "flow/batch.h"
#include "flow/meta.h"
#include "flow/zone.h"

#include <stdbool.h>
#include <stdint.h>

struct flowfile;

enum flow_format { FORMAT_WEIR1, FORMAT_NFDUMP1, FORMAT_NFDUMP2 };

enum flow_compression {
    COMPRESSION_NONE,
    COMPRESSION_LZO,
    COMPRESSION_BZ2,
    COMPRESSION_LZ4,
    COMPRESSION_ZSTD,
    COMPRESSION_COUNT_
};

enum flow_creator { /* numbers as in nfdump's header */
    CREATOR_UNKNOWN, CREATOR_NFCAPD, CREATOR_NFPCAPD, CREATOR_SFCAPD, CREATOR_NFDUMP,
    CREATOR_NFANON, CREATOR_NFPROFILE, CREATOR_GEOLOOKUP, CREATOR_FT2NFDUMP, CREATOR_TORLOOKUP
};

struct flowfile_info {
    enum flow_format format;
    enum flow_compression compression;
    enum flow_creator creator;
    uint64_t created;           /* msec since 1970 UTC */
    uint64_t size;              /* octets of the file */
    const char *ident;          /* NULL if the file has none */
    struct flow_totals totals;  /* as stored; for a file without trailer: zero */
    bool complete;              /* closed properly; false: recovered by walking the blocks */
    uint32_t nblocks;
    uint64_t nrecords;          /* records of all kinds, as the count of RECORD_NO goes on */
};

/* Open. On error *out is untouched: ERR_NOTFOUND, ERR_IO, ERR_FORMAT (not a flow file),
 * ERR_UNSUPPORTED (encrypted, unknown version), ERR_TRUNCATED. */
int flowfile_open(const char *path, struct flowfile **out, struct fault *fault);
void flowfile_close(struct flowfile *f);

const struct flowfile_info *flowfile_info(const struct flowfile *f);
const char *flowfile_path(const struct flowfile *f);

/* What is known of a block without reading it; for nfdump files only rows (records of all kinds,
 * an upper bound) and nothing else. Valid while the file is open. */
const struct zone *flowfile_zone(const struct flowfile *f, uint32_t block);

/* Records of all kinds before this block in the file: base of RECORD_NO (which counts from 1). */
uint64_t flowfile_records_before(const struct flowfile *f, uint32_t block);

/* Make *b (initialised; reset here) the flows of a block. b->ident, b->meta, b->first_no are set;
 * first_no counts from the start of this file. Returns 0 or ERR_* with *fault: the block is
 * damaged, go on with the next one. */
int flowfile_read(struct flowfile *f, uint32_t block, struct batch *b, struct fault *fault);

/* Exporters, samplers, names, losses that the file keeps outside of its blocks (weir), or NULL. */
const struct flow_meta *flowfile_meta(const struct flowfile *f);

/* Compare the file with the checksum that it has as a whole, if it has one: reads all of it. 0, or
 * ERR_CHECKSUM and others with *fault. */
int flowfile_check(const struct flowfile *f, struct fault *fault);

/* Damage found so far while opening (not block damage that flowfile_read reports): the i-th fault,
 * or NULL behind the last one. */
const struct fault *flowfile_damage(const struct flowfile *f, size_t i);

#endif
