/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdwalk.h - go over the records of an unpacked nfdump block once.
 *
 * Flow records become rows, exporters and names go to a flow_meta; what cannot be read is left out,
 * counted and described.
 */
#ifndef WEIR_STORE_NFDWALK_H
#define WEIR_STORE_NFDWALK_H

#include "base/arena.h"
#include "base/buf.h"
#include "flow/batch.h"
#include "flow/meta.h"
#include "store/nfdlayout.h"
#include "store/nfdrows.h"

#include <stdbool.h>
#include <stdint.h>

#define NFD_NOTE_LINES 50 /* notes a block; more are only counted */

/* What one walk is given and what it finds. */
struct nfd_walk {
    /* in */
    const uint8_t *octets;
    size_t len;
    struct arena *arena;
    bool cut;              /* octets are only the start of the block */
    uint64_t offset;       /* of the block in the file, for notes */
    uint64_t first_no;     /* number of the block's first record in the file, from 1 */
    uint32_t first_row;    /* flow records before this one are rows of another batch */
    struct flow_meta *meta; /* collects exporters, samplers, names; NULL: not wanted */
    /* out */
    struct nfd_rows *rows;
    uint32_t nrecords;     /* of all kinds that count */
    uint32_t nmaps;        /* extension maps, which do not count (layout 1) */
    uint32_t nflows;       /* flow records seen, rows or not */
    uint32_t unread;       /* records or parts of records that could not be read */
    uint32_t nnotes;
    bool other_records;
    bool broken;           /* the chain of records broke: what follows is lost */
    struct buf notes;      /* lines for the user; the caller frees it */
};

/* Note that something of the block could not be read. */
void nfdwalk_note(struct nfd_walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Note something odd about the block by which nothing is lost. */
void nfdwalk_remark(struct nfd_walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Note that a record's size is wrong, and that the next one was found behind it. */
void nfdwalk_lost(struct nfd_walk *w, const uint8_t *record, size_t size, size_t lost);

/* The same when no other was found: the rest of the block is lost. */
void nfdwalk_broken(struct nfd_walk *w, const uint8_t *record, size_t size);

/* Number of the record that is walked now. */
static inline uint64_t nfdwalk_number(const struct nfd_walk *w)
{
    return w->first_no + w->nrecords;
}

/* Records of layout 2 (block type 3). Returns 0 or ERR_NOMEM. */
int nfdwalk2(struct nfd_walk *w, const struct nfd_layout *layout);

/* All extension maps of a file, in the order of their blocks. */
struct nfd1_maps;
struct nfd1_maps *nfd1maps_new(void); /* NULL when memory is out */
void nfd1maps_free(struct nfd1_maps *maps);

/* Add those of one block; *found grows by their number. 0, ERR_NOMEM or ERR_LIMIT (too many). */
int nfd1maps_collect(struct nfd1_maps *maps, const uint8_t *octets, size_t len, uint32_t block,
                     uint64_t *found);

/* Records of layout 1 (block type 2). Returns 0 or ERR_NOMEM. */
int nfdwalk1(struct nfd_walk *w, const struct nfd1_maps *maps, uint32_t block);

/* Records that are not flows and that layouts 1 and 2 share: exporters, samplers, names. True if
 * the type is one of them (what is wrong with it is noted). *rc becomes ERR_NOMEM when memory is
 * out. */
bool nfdmeta_record(struct nfd_walk *w, unsigned type, const uint8_t *record, size_t size, int *rc);

#endif
