/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdmaps.h - records of layout 1 one after the other, and the extension maps among them.
 *
 * A map says which extensions follow in a record's data; it holds for all records behind it, also
 * in later blocks, until its id is defined anew. All maps of a file are collected with the block
 * that defines them (nfdwalk.h); a walk starts with those of earlier blocks and meets its own on
 * the way.
 *
 * Inside of src/store only.
 */
#ifndef WEIR_STORE_NFDMAPS_H
#define WEIR_STORE_NFDMAPS_H

#include "base/arena.h"
#include "base/cur.h"
#include "store/nfdresync.h"
#include "store/nfdwalk.h"

#include <stdbool.h>
#include <stdint.h>

#define NFD1_RECORD_MAP 2
#define NFD1_EXTENSIONS 64 /* of one map */

struct nfd1_map {
    uint16_t id;
    uint16_t n;
    uint32_t block; /* in which it is defined */
    uint16_t extension[NFD1_EXTENSIONS];
};

/* A record of a block, or octets in which there is none. */
struct nfd1_next {
    const uint8_t *at;
    unsigned type, size;
    struct cur body; /* what stands behind the record's head */
    size_t lost;     /* octets to the next record if this one's size is wrong; else 0 */
};

/* The next record; false if it does not fit and no other can be found behind it. */
bool nfd1_next(struct nfdresync *s, struct cur *c, struct nfd1_next *n);

/* The maps that hold at one place of the file. */
struct nfd1_maps_now;

/* Those that hold where a block begins; NULL when memory is out. */
struct nfd1_maps_now *nfd1maps_at(const struct nfd1_maps *all, uint32_t block,
                                  struct arena *arena);

/* The walk met the next map. Returns 0 or ERR_NOMEM. */
int nfd1maps_meet(struct nfd1_maps_now *now);

/* The map with an id that holds now; NULL: none. */
const struct nfd1_map *nfd1maps_find(const struct nfd1_maps_now *now, uint16_t id);

/* Which map of the file that is. */
uint32_t nfd1map_number(const struct nfd1_maps_now *now, const struct nfd1_map *map);

#endif
