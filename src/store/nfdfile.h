/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdfile.h - what the readers of nfdump's layouts share: heads, the list of blocks, reading one.
 *
 * Inside of src/store only.
 */
#ifndef WEIR_STORE_NFDFILE_H
#define WEIR_STORE_NFDFILE_H

#include "store/format.h"
#include "store/nfdcodec.h"
#include "store/nfdlayout.h"
#include "store/nfdwalk.h"

#include <stdbool.h>
#include <stdint.h>

#define NFD_MAGIC 0xA50C
#define NFD_HEADER2 40      /* octets of layout 2's file header */
#define NFD_HEADER1 276     /* of layout 1's, with its statistics */
#define NFD_BLOCK_HEAD 12

enum nfd_block_type {
    NFD_BLOCK_OLD = 1,
    NFD_BLOCK_LAYOUT1 = 2,
    NFD_BLOCK_FLOWS = 3,
    NFD_BLOCK_ARRAY = 4
};

enum nfd_block_flag {
    NFD_FLAG_PLAIN = 1, /* not compressed, whatever the file's header says; nfdump's readers and
                         * writers take no notice of it */
    NFD_FLAGS_KNOWN = 7
};

/* A block as it stands in the file. */
struct nfd_block {
    uint64_t offset;  /* of its head */
    uint32_t told;    /* NumRecords */
    uint32_t stored;  /* octets behind the head that belong to it */
    uint32_t said;    /* what the head says about that */
    uint16_t type;
    uint16_t flags;
};

/* A piece of a block that one batch holds. */
struct nfd_unit {
    uint32_t block;
    uint32_t first_row;     /* flows of the block before this piece */
    uint64_t first_no;      /* records of the file before this block */
    struct flow_meta *meta; /* made when the block is first read; set once, atomically */
};

/* Header of a layout 2 file. */
struct nfd_header {
    uint32_t nfdversion;
    uint64_t created;
    uint8_t compression, encryption;
    uint16_t appendix_blocks;
    uint32_t creator;
    uint64_t appendix;
    uint32_t block_size, nblocks;
};

struct nfd_file {
    struct flowfile base;
    struct nfd_header header;
    struct nfd_layout layout;
    struct nfd_block *blocks;
    uint32_t nblocks, blocks_room;
    struct nfd_unit *units;
    uint32_t nunits, units_room;
    struct arena arena;      /* ident */
    uint64_t size;
    struct nfd1_maps *maps;  /* of blocks of layout 1; NULL: there are none */
    const uint8_t *sealed;   /* the appendix without its seal; NULL: it has none (nfdseal.h) */
    size_t sealed_len;
    uint64_t seal;
    bool growing;            /* its writer is at work: the last block may be incomplete */
};

/* Records that the block can hold at most, however many it claims. */
uint32_t nfdfile_records_bound(const struct nfd_file *f, const struct nfd_block *b);

/* List the blocks from `start` on. goal: where the last one should end (the appendix), 0:
 * unknown, the end of the file. Damage is added to f; the chain is picked up again where it
 * makes sense. */
int nfdfile_list_blocks(struct nfd_file *f, uint64_t start, uint64_t goal);

/* List just the block at an offset. */
int nfdfile_list_block(struct nfd_file *f, uint64_t at);

/* The stored octets of a block, unpacked into the arena; on ERR_TRUNCATED what stands before the
 * end of octets that were cut off. */
int nfdfile_unpack(const struct nfd_file *f, const struct nfd_block *b, struct arena *arena,
                   const uint8_t **octets, size_t *len, struct fault *fault);

/* Pieces of all data blocks, with first_no by what their heads say. */
int nfdfile_make_units(struct nfd_file *f);

/* Members of struct flowfile_ops that layouts 1 and 2 share. */
const struct zone *nfdfile_zone(const struct flowfile *f, uint32_t block);
uint64_t nfdfile_records_before(const struct flowfile *f, uint32_t block);
int nfdfile_read(struct flowfile *f, uint32_t block, struct batch *b, struct fault *fault);
void nfdfile_close(struct flowfile *f);
const struct flow_meta *nfdfile_meta(const struct flowfile *f);

/* A fault about a block: its number (from 1) and place are added to what is said. */
int nfdfile_block_fault(const struct nfd_file *f, const struct nfd_block *b, int code,
                        const char *what, struct fault *fault);

/* Remember damage found while opening, at an octet of the file: ERR_TRUNCATED if octets of data are
 * lost by it, ERR_FORMAT if a number is wrong and all data are there. */
void nfdfile_damage(struct nfd_file *f, int code, uint64_t at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Damage if the header, at octet `at`, announces another number of blocks than were found. */
void nfdfile_check_count(struct nfd_file *f, uint64_t at);

/* Fill f->maps from all blocks of layout 1; record numbers then leave maps out. */
int nfd1_collect_all_maps(struct nfd_file *f);

extern const struct flowfile_ops nfd1_reader;
extern const struct flowfile_ops nfd2_reader;

#endif
