/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdrows.h - the flow records of one unpacked nfdump block, and columns gathered out of them.
 *
 * Records of one block repeat a few shapes: the same elements of the same lengths at the same
 * offsets. A walker (nfdwalk1.c, nfdwalk2.c) goes over the block once and keeps for each row where
 * its record starts and which shape it has; a column is then gathered straight from the block's
 * octets. A field's place is found per shape, so nothing about elements is looked up per row.
 *
 * Everything here lives in the batch's arena.
 */
#ifndef WEIR_STORE_NFDROWS_H
#define WEIR_STORE_NFDROWS_H

#include "base/arena.h"
#include "flow/batch.h"

#include <stdbool.h>
#include <stdint.h>

/* How a value stands in a record. The first ones are the codecs of the catalogue's NFD rows. */
enum nfd_codec {
    NFD_NONE, /* the record does not have the field */
    NFD_U8, NFD_U16, NFD_U32, NFD_U64, NFD_MAC,
    NFD_FIRST1,     /* layout 1: u32 seconds here, u16 msec 4 octets before */
    NFD_LAST1,      /* the same, 6 octets before */
    NFD_BLOCK_END1, /* layout 1: u16 port block end; 0 means start + size - 1 */
    NFD_IP4, NFD_IP6, NFD_TEXT, NFD_BYTES
};

/* Where a field stands in all records of one shape. */
struct nfd_place {
    uint16_t at;    /* octets from the record's start */
    uint16_t room;  /* TEXT, BYTES: octets to the end of the element */
    uint8_t codec;  /* enum nfd_codec */
};

struct nfd_part { /* one element or extension */
    uint16_t at;    /* of its body */
    uint16_t len;   /* of its body */
};

struct nfd_shape {
    uint64_t all;      /* elements that records of this shape have; parts has one entry per bit */
    uint64_t shown;    /* those of them that count (of two address families one does) */
    uint64_t groups;   /* what rows of this shape have in FIELD_GROUPS */
    const struct nfd_part *parts;
    /* for finding the shape of a record */
    const uint32_t *heads; /* octets of all element heads, in order; layout 1: map and flags */
    uint32_t nheads;
    uint16_t size;         /* of the record */
    uint32_t hash_next;    /* shape number + 1 */
    uint32_t follower;     /* the shape seen last after this one */
    uint32_t twin[4];      /* this shape with other `shown` or groups: number + 1, 0: none yet */
};

struct nfd_rows;

/* Place of a stored field in records of a shape; codec NFD_NONE if they lack it. */
typedef struct nfd_place nfd_locate(const struct nfd_rows *r, const struct nfd_shape *s,
                                    enum field_id id);

#define NFD_SHAPE_SLOTS 4096 /* of the hash table; a power of two */

struct nfd_rows {
    const uint8_t *octets; /* the unpacked block */
    size_t len;
    struct arena *arena;
    nfd_locate *locate;
    const void *layout;    /* the walker's facts about this file */
    struct nfd_shape *shapes;
    uint32_t nshapes;
    size_t shapes_room;
    uint32_t *slots;       /* NFD_SHAPE_SLOTS */
    uint32_t nrows, rows_room;
    uint32_t *row_at;      /* record's start in octets */
    uint32_t *row_shape;
    uint32_t *row_no;      /* which record of the block, from 0 */
};

/* Ready for rows of a block; at most BATCH_ROWS_MAX rows. Returns NULL when memory is out. */
struct nfd_rows *nfdrows_new(struct arena *arena, const uint8_t *octets, size_t len,
                             size_t smallest_record, nfd_locate *locate, const void *layout);

/* Shape with these heads and size, or UINT32_MAX. */
uint32_t nfdrows_find_shape(const struct nfd_rows *r, const uint32_t *heads, uint32_t nheads,
                            uint16_t size);

/* A new shape (copied; parts and heads are copied too); UINT32_MAX when memory is out. */
uint32_t nfdrows_add_shape(struct nfd_rows *r, const struct nfd_shape *s);

/* The shape `base` showing other elements and groups: added on first use. */
uint32_t nfdrows_twin(struct nfd_rows *r, uint32_t base, unsigned which, uint64_t shown,
                      uint64_t groups);

static inline bool nfdrows_full(const struct nfd_rows *r)
{
    return r->nrows == r->rows_room;
}

static inline void nfdrows_add(struct nfd_rows *r, uint32_t at, uint32_t shape, uint32_t number)
{
    r->row_at[r->nrows] = at;
    r->row_shape[r->nrows] = shape;
    r->row_no[r->nrows] = number;
    r->nrows++;
}

/* The body of an element in records of a shape; false if they do not show it. */
static inline bool nfdrows_part(const struct nfd_shape *s, unsigned element, struct nfd_part *part)
{
    uint64_t bit = (uint64_t)1 << element;
    if (!(s->shown & bit)) {
        return false;
    }
    *part = s->parts[__builtin_popcountll(s->all & (bit - 1))];
    return true;
}

/* Octets that a value of a codec takes (TEXT, BYTES: 0). */
unsigned nfd_codec_width(enum nfd_codec codec);

/* Hand the rows to a batch: nrows, group masks and loader. b->first_no must count for record 0. */
int nfdrows_to_batch(struct nfd_rows *r, struct batch *b);

#endif
