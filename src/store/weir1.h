/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weir1.h - weir's own flow file, format 1: what stands where (doc/file-format.md is the text to
 * it).
 *
 *     file header | blocks | "WEIRSECT", u64 rows | sections | directory | trailer
 *
 *     block:      head, chunk entries | chunks                all numbers little-endian
 *
 * Inside of src/store only.
 */
#ifndef WEIR_STORE_WEIR1_H
#define WEIR_STORE_WEIR1_H

#include "base/buf.h"
#include "base/cur.h"
#include "base/err.h"
#include "flow/batch.h"
#include "flow/meta.h"
#include "flow/zone.h"
#include "store/flowfile.h"
#include "store/vec.h"

#include <stdbool.h>
#include <stdint.h>

#define WEIR1_MAGIC "WEIRFLOW"
#define WEIR1_MAGIC_BLOCK "WEIRBLCK"
#define WEIR1_MAGIC_SECTIONS "WEIRSECT"
#define WEIR1_MAGIC_DIRECTORY "WEIRFOOT"
#define WEIR1_MAGIC_TRAILER "WEIRTAIL"

enum {
    WEIR1_VERSION = 1,
    WEIR1_HEADER_LEN = 256,
    WEIR1_IDENT_MAX = 159, /* octets */
    WEIR1_BLOCK_HEAD_LEN = 64,
    WEIR1_ENTRY_LEN = 56,
    WEIR1_DIRECTORY_HEAD_LEN = 16,
    WEIR1_DIRECTORY_ENTRY_LEN = 32,
    WEIR1_TRAILER_LEN = 32,
    WEIR1_BLOCK_MAX = 1 << 30,       /* octets of a block: more is damage */
    WEIR1_OCTETS_MAX = 64 << 20,     /* octets of one VAR column of a block */
    WEIR1_OCTETS_FULL = 32 << 20,    /* a block is closed when a VAR column reaches this */
    WEIR1_ADDRESSES_MAX = 32 * BATCH_ROWS_MAX
};

/* ------------------------------------------------------------------ file header */

struct weir1_header {
    unsigned version;
    uint64_t created;
    unsigned creator;
    unsigned compression;
    int32_t utc_offset; /* seconds east of UTC where the file was made */
    char ident[WEIR1_IDENT_MAX + 1];
};

void weir1_put_header(struct buf *out, const struct weir1_header *h);
int weir1_get_header(const uint8_t data[WEIR1_HEADER_LEN], struct weir1_header *h,
                     struct fault *fault);

/* ------------------------------------------------------------------ blocks */

enum weir1_kind { WEIR1_FLOWS = 1, WEIR1_META = 2 };

enum weir1_form {
    WEIR1_NUMBERS = 1,    /* vec(rows) */
    WEIR1_RELATIVE = 2,   /* u16 field, 6 octets 0; vec(rows) to be added to that field's values */
    WEIR1_ADDRESSES = 3,  /* vec(rows) of codes into the block's address dictionary */
    WEIR1_FUNCTION = 4,   /* u16 key field, u16 table's field, u32 0; vec(dictionary) unless the
                             table is another field's */
    WEIR1_OCTETS = 5,     /* u64 octets; vec(rows) of lengths; vec(octets) */
    WEIR1_DICTIONARY = 6, /* u32 n4, u32 n6; vec(n4); vec(n6) high halves; vec(n6) low halves */
};

enum {
    WEIR1_FIELD_DICTIONARY = 0xffff, /* instead of a field id: the address dictionary */
    WEIR1_FIELD_META = 0xfffe,       /* the only chunk of a META block, form 0 */
    WEIR1_BOUNDS_KNOWN = 1           /* entry flag */
};

struct weir1_entry {
    uint16_t field;
    uint8_t form;
    uint8_t flags;
    uint32_t offset; /* from the start of the block */
    uint32_t length;
    uint32_t values; /* dictionary: number of addresses; else 0 */
    uint64_t check;  /* XXH3-64 of the chunk */
    uint8_t min[16]; /* numbers: u64; addresses: 16 octets */
    uint8_t max[16];
};

#define WEIR1_ENTRIES_MAX 1024

struct weir1_head {
    uint32_t length; /* of head and entries */
    uint32_t kind;
    uint64_t size;   /* octets of the whole block */
    uint32_t rows;
    uint32_t nentries;
    uint64_t groups_any;
    uint64_t groups_all;
    uint64_t before; /* rows in blocks before this one */
};

/* A block's head as octets; the check is computed. */
void weir1_put_head(struct buf *out, const struct weir1_head *h, const struct weir1_entry *entries);

/* Parse what stands at data (len octets may be read). ERR_TRUNCATED: more is needed, h->length says
 * how much if it is not 0. entries: room for WEIR1_ENTRIES_MAX, or NULL. */
int weir1_get_head(const uint8_t *data, size_t len, struct weir1_head *h,
                   struct weir1_entry *entries, struct fault *fault);

/* ------------------------------------------------------------------ sections, directory,
 * trailer */

enum weir1_section {
    WEIR1_SECTION_BLOCKS = 1, /* per block: u64 offset, then a copy of its head */
    WEIR1_SECTION_TOTALS,
    WEIR1_SECTION_EXPORTERS,
    WEIR1_SECTION_SAMPLERS,
    WEIR1_SECTION_NAMES,
    WEIR1_SECTION_APPS,
    WEIR1_SECTION_LOSSES,
    WEIR1_SECTION_FILTER,     /* head of the address filter; version 2 */
    WEIR1_SECTION_SLOTS       /* its slots; read in part, so with checks of their own in FILTER */
};

/* The version that is written and read. */
static inline unsigned weir1_section_version(enum weir1_section id)
{
    return id == WEIR1_SECTION_FILTER ? 2 : 1;
}

enum { WEIR1_SECTION_MUST = 1 }; /* directory flag: who does not know it must not read the file */

struct weir1_place {
    uint16_t id;
    uint16_t version;
    uint32_t flags;
    uint64_t offset;
    uint64_t length;
    uint64_t check;
};

void weir1_put_directory(struct buf *out, uint64_t offset, const struct weir1_place *places,
                         uint32_t n);
int weir1_get_trailer(const uint8_t data[WEIR1_TRAILER_LEN], uint64_t *offset, uint64_t *length,
                      uint64_t *check);
int weir1_get_places(const uint8_t *data, size_t len, struct weir1_place *places, uint32_t max,
                     uint32_t *n);

void weir1_put_totals(struct buf *out, const struct flow_totals *t);
int weir1_get_totals(struct cur *c, struct flow_totals *t);

/* One of the sections EXPORTERS..LOSSES. put: nothing is written if there is nothing to say. */
void weir1_put_meta(struct buf *out, enum weir1_section id, const struct flow_meta *m);
int weir1_get_meta(struct cur *c, enum weir1_section id, struct flow_meta *m);

/* The body of a META block: u16 id, u16 version, u32 length, contents; again and again. */
void weir1_put_meta_body(struct buf *out, const struct flow_meta *m);
int weir1_get_meta_body(struct cur *c, struct flow_meta *m);

/* ------------------------------------------------------------------ the address filter */

struct weir1_filter; /* used by any number of threads */

/* head: contents of section FILTER (copied). fd must stay open. Returns 0 or an ERR_. */
int weir1_filter_new(int fd, const uint8_t *head, size_t len, const struct weir1_place *slots,
                     struct weir1_filter **out);
void weir1_filter_free(struct weir1_filter *f);

/* For struct zone: ctx is the filter. */
bool weir1_filter_may_hold(const void *ctx, const struct ip *addr);

/* ------------------------------------------------------------------ encoding blocks */

struct weir1_encoder; /* workspace; used by one thread */

struct weir1_encoder *weir1_encoder_new(int level); /* 0: no zstd; NULL when memory is out */
void weir1_encoder_free(struct weir1_encoder *e);

/* Append the block of a batch's rows to *out. *head_len: octets of head and entries.
 * Returns 0, ERR_NOMEM or the batch's fault. */
int weir1_encode(struct weir1_encoder *e, struct batch *b, uint64_t before, struct buf *out,
                 size_t *head_len, struct fault *fault);

/* Distinct addresses of the block encoded last, ascending. */
const struct ip *weir1_encoded_addresses(const struct weir1_encoder *e, uint32_t *n);

/* ------------------------------------------------------------------ reading blocks */

struct weir1_block {
    uint64_t offset;
    struct weir1_head head;
    struct weir1_entry *entries;
    uint16_t entry_of[FIELD_STORED_]; /* index + 1; 0: not stored */
    uint16_t dictionary;              /* index + 1 of the address dictionary; 0: none */
    struct zone zone;
};

/* Fill the members that follow from head and entries. */
void weir1_index_block(struct weir1_block *blk);

/* Set up *b to load columns of the block from fd on demand. */
int weir1_read_block(int fd, const char *path, const struct weir1_block *blk, struct batch *b,
                     struct fault *fault);

#endif
