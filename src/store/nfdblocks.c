/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdblocks.c - find the blocks of an nfdump file, also when heads are damaged.
 * A block has no magic and no checksum; heads are a chain, each telling where the next one
 * stands. When a head makes no sense, the size in the one before may be what is wrong: we search
 * behind that one for the next place from which a chain of sensible heads leads to the end of
 * the data (or goes on for CHAIN_PROOF heads). What lies between is given to the block before,
 * whose size was wrong, if that makes it a possible block; else it is reported as lost.
 */
#include "store/nfdfile.h"

#include "base/cur.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHAIN_PROOF = 8,
    SEARCH_MAX = NFD_BLOCK_MAX + 2 * NFD_BLOCK_HEAD,
    RECORD_MIN = 4,
    BLOCKS_MAX = 1 << 26, /* 64 million heads: more than a file of layout 2 can make sense of */
};

struct head {
    uint32_t told, size;
    uint16_t type, flags;
};

uint32_t nfdfile_records_bound(const struct nfd_file *f, const struct nfd_block *b)
{
    uint32_t most = (uint32_t)(nfdcodec_most(f->base.info.compression, b->stored) / RECORD_MIN);
    return b->told < most ? b->told : most;
}

static struct head parse_head(const uint8_t octets[NFD_BLOCK_HEAD])
{
    struct cur c = cur_of(octets, NFD_BLOCK_HEAD);
    struct head h = {0};
    h.told = cur_u32le(&c);
    h.size = cur_u32le(&c);
    h.type = cur_u16le(&c);
    h.flags = cur_u16le(&c);
    return h;
}

static bool read_head(const struct nfd_file *f, uint64_t at, struct head *h)
{
    uint8_t octets[NFD_BLOCK_HEAD];
    if (at + NFD_BLOCK_HEAD > f->size ||
        format_pread(f->base.fd, octets, sizeof octets, at, NULL) != 0) {
        return false;
    }
    *h = parse_head(octets);
    return true;
}

/* Could this be a head, standing at `at`? Strict: used to find one again. */
static bool makes_sense(const struct nfd_file *f, uint64_t at, const struct head *h)
{
    return (h->type == NFD_BLOCK_FLOWS || h->type == NFD_BLOCK_LAYOUT1) && h->flags == 0 &&
           h->size >= RECORD_MIN && h->size <= NFD_BLOCK_MAX && h->told > 0 &&
           h->told <= NFD_BLOCK_MAX / RECORD_MIN && at + NFD_BLOCK_HEAD + h->size <= f->size;
}

/* Does a chain of heads from `at` lead to the goal, or on for long enough? */
static bool chain_holds(const struct nfd_file *f, uint64_t at, uint64_t goal, int most)
{
    struct head h;
    int steps = 0;
    while (at != goal && steps < most) {
        if (!read_head(f, at, &h) || !makes_sense(f, at, &h)) {
            return false;
        }
        at += NFD_BLOCK_HEAD + h.size;
        steps++;
    }
    return true;
}

/* The octets behind `after` that a search looks at; NULL when memory is out or reading fails. */
static uint8_t *read_window(const struct nfd_file *f, uint64_t after, size_t *n)
{
    uint8_t *octets;
    *n = f->size - after < SEARCH_MAX ? (size_t)(f->size - after) : SEARCH_MAX;
    octets = malloc(*n + 1);
    if (octets != NULL && format_pread(f->base.fd, octets, *n, after, NULL) != 0) {
        free(octets);
        return NULL;
    }
    return octets;
}

static bool can_go_on(const struct nfd_file *f, uint64_t at, const uint8_t *octets, size_t n,
                      uint64_t goal)
{
    struct head h;
    if (at == goal && goal < f->size) {
        return true;
    }
    if (n < NFD_BLOCK_HEAD) {
        return false;
    }
    h = parse_head(octets);
    return makes_sense(f, at, &h) && chain_holds(f, at, goal, CHAIN_PROOF);
}

/* The first place from `after` on where the chain can be picked up again; 0: none near. */
static uint64_t search_chain(const struct nfd_file *f, uint64_t after, uint64_t goal)
{
    uint64_t found = 0;
    uint8_t *octets;
    size_t n;
    if (after >= f->size || (octets = read_window(f, after, &n)) == NULL) {
        return 0;
    }
    for (size_t i = 0; i < n && found == 0; i++) {
        if (can_go_on(f, after + i, octets + i, n - i, goal)) {
            found = after + i;
        }
    }
    free(octets);
    return found;
}

static int add_block(struct nfd_file *f, uint64_t at, const struct head *h, uint32_t stored)
{
    struct nfd_block *b;
    if (f->nblocks == f->blocks_room) {
        uint32_t room = f->blocks_room == 0 ? 8 : f->blocks_room * 2;
        struct nfd_block *grown = realloc(f->blocks, room * sizeof *grown);
        if (grown == NULL) {
            return ERR_NOMEM;
        }
        f->blocks = grown;
        f->blocks_room = room;
    }
    b = &f->blocks[f->nblocks++];
    *b = (struct nfd_block){.offset = at, .told = h->told, .stored = stored, .said = h->size,
                            .type = h->type, .flags = h->flags};
    return 0;
}

int nfdfile_block_fault(const struct nfd_file *f, const struct nfd_block *b, int code,
                        const char *what, struct fault *fault)
{
    fault_set(fault, code, "block %zu at octet %" PRIu64 ": %s; about %u records",
              (size_t)(b - f->blocks) + 1, b->offset, what,
              nfdfile_records_bound(f, b));
    return fault_at_file(fault, "", b->offset);
}

/* No head at `at`. Either the block before is a little longer than it says, or a whole block is
 * lost. Where to go on; the file's end if nowhere. */
static uint64_t mend(struct nfd_file *f, uint64_t at, uint64_t goal)
{
    struct nfd_block *before = f->nblocks > 0 ? &f->blocks[f->nblocks - 1] : NULL;
    uint64_t behind = before != NULL ? before->offset + NFD_BLOCK_HEAD : at;
    uint64_t found = search_chain(f, behind + 1, goal);
    if (found != 0 && before != NULL && found < at + NFD_BLOCK_HEAD + RECORD_MIN &&
        found - behind <= NFD_BLOCK_MAX) {
        before->stored = (uint32_t)(found - behind);
        nfdfile_damage(f, ERR_FORMAT, before->offset,
                       "block %u says a wrong size; taken to end at octet %" PRIu64, f->nblocks,
                       found);
        return found;
    }
    found = found > at ? found : search_chain(f, at + 1, goal);
    found = found != 0 ? found : f->size;
    nfdfile_damage(f, ERR_TRUNCATED, at,
                   "no block at octet %" PRIu64 "; %" PRIu64 " octets are lost", at, found - at);
    return found;
}

/* A block whose size cannot be right: the file was cut, or the number is wrong. */
static int add_resized(struct nfd_file *f, uint64_t at, const struct head *h, uint64_t goal,
                       uint64_t *next)
{
    uint64_t behind = at + NFD_BLOCK_HEAD;
    uint64_t found = search_chain(f, behind + 1, goal);
    *next = found != 0 ? found : f->size;
    if (found == 0 && f->growing) {
        return 0; /* it is being written */
    }
    if (*next - behind > NFD_BLOCK_MAX || *next == behind) {
        nfdfile_damage(f, ERR_TRUNCATED, at,
                       "the block at octet %" PRIu64 " says a size of %u octets", at, h->size);
        return 0;
    }
    if (found != 0) {
        nfdfile_damage(f, ERR_FORMAT, at,
                       "the block at octet %" PRIu64
                       " says a wrong size; taken to end at octet %" PRIu64,
                       at, found);
    } else {
        nfdfile_damage(f, ERR_TRUNCATED, at,
                       "the file ends at octet %" PRIu64 ", inside block %u", f->size,
                       f->nblocks + 1);
    }
    return add_block(f, at, h, (uint32_t)(*next - behind));
}

static bool is_known(uint16_t type)
{
    return type >= NFD_BLOCK_OLD && type <= NFD_BLOCK_ARRAY;
}

/* One head of the chain; *at moves on. */
static int list_one(struct nfd_file *f, uint64_t *at, uint64_t goal)
{
    uint64_t here = *at, next;
    struct head h;
    if (!read_head(f, here, &h)) {
        *at = f->size;
        if (!f->growing) {
            nfdfile_damage(f, ERR_TRUNCATED, here,
                           "the file ends at octet %" PRIu64 ", inside the head of block %u",
                           f->size, f->nblocks + 1);
        }
        return 0;
    }
    next = here + NFD_BLOCK_HEAD + h.size;
    if (h.size > 0 && h.size <= NFD_BLOCK_MAX && next <= (here < goal ? goal : f->size) &&
        (is_known(h.type) || chain_holds(f, next, goal, 1))) {
        *at = next;
        return add_block(f, here, &h, h.size);
    }
    if (is_known(h.type)) {
        return add_resized(f, here, &h, goal, at);
    }
    *at = mend(f, here, goal);
    return 0;
}

int nfdfile_list_blocks(struct nfd_file *f, uint64_t start, uint64_t goal)
{
    uint64_t at = start;
    int rc = 0;
    goal = goal != 0 ? goal : f->size;
    while (rc == 0 && at < f->size && at != goal && f->nblocks < BLOCKS_MAX) {
        rc = list_one(f, &at, goal);
    }
    return rc;
}

int nfdfile_list_block(struct nfd_file *f, uint64_t at)
{
    return list_one(f, &at, f->size);
}
