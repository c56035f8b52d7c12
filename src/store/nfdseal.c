/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdseal.c - see nfdseal.h.
 */
#include "store/nfdseal.h"

#include "base/cur.h"
#include "base/hash.h"

#include <string.h>

enum { RECORD_IDENT = 0x8001, RECORD_HEAD = 4, CHECK_SIZE = 8 };

static const char mark[NFDSEAL_SIZE - CHECK_SIZE] = {'w', 'e', 'i', 'r'};

void nfdseal_mark(uint8_t to[NFDSEAL_SIZE])
{
    memset(to, 0, NFDSEAL_SIZE);
    memcpy(to, mark, sizeof mark);
}

uint8_t *nfdseal_find(uint8_t *record, size_t size)
{
    size_t text = size > RECORD_HEAD
                      ? strnlen((const char *)record + RECORD_HEAD, size - RECORD_HEAD) : 0;
    uint8_t *seal = record + size - NFDSEAL_SIZE;
    return RECORD_HEAD + text + 1 + NFDSEAL_SIZE <= size && memcmp(seal, mark, sizeof mark) == 0
               ? seal + sizeof mark : NULL;
}

uint64_t nfdseal_add(uint64_t seal, const uint8_t *block, size_t n)
{
    return hash_seeded(block, n, seal);
}

uint64_t nfdseal_end(uint64_t seal, const uint8_t header[NFD_HEADER2], const uint8_t *appendix,
                     size_t n)
{
    return hash_seeded(appendix, n, hash_seeded(header, NFD_HEADER2, seal));
}

int nfdseal_keep(struct nfd_file *f, const uint8_t *appendix, size_t n)
{
    struct cur c = cur_of(appendix, n);
    unsigned type = cur_u16le(&c);
    size_t size = cur_u16le(&c);
    uint8_t *copy, *place;
    if (type != RECORD_IDENT || size > n) {
        return 0;
    }
    copy = arena_dup(&f->arena, appendix, n);
    if (copy == NULL) {
        return ERR_NOMEM;
    }
    place = nfdseal_find(copy, size);
    if (place != NULL) {
        memcpy(&f->seal, place, CHECK_SIZE);
        memset(place, 0, CHECK_SIZE);
        f->sealed = copy;
        f->sealed_len = n;
    }
    return 0;
}

/* The checksum over all data blocks, read again. */
static int add_blocks(const struct nfd_file *f, uint64_t *seal, struct fault *fault)
{
    struct arena arena;
    int rc = 0;
    arena_init(&arena);
    for (uint32_t i = 0; i < f->nblocks && rc == 0; i++) {
        size_t n = NFD_BLOCK_HEAD + (size_t)f->blocks[i].stored;
        uint8_t *octets;
        arena_reset(&arena);
        octets = arena_alloc(&arena, n);
        rc = octets != NULL ? format_pread(f->base.fd, octets, n, f->blocks[i].offset, fault)
                            : ERR_NOMEM;
        *seal = rc == 0 ? nfdseal_add(*seal, octets, n) : 0;
    }
    arena_free(&arena);
    return rc;
}

int nfdseal_check(const struct flowfile *file, struct fault *fault)
{
    const struct nfd_file *f = (const struct nfd_file *)file;
    uint8_t header[NFD_HEADER2];
    uint64_t seal = 0;
    int rc;
    if (f->sealed == NULL) {
        return 0;
    }
    rc = format_pread(f->base.fd, header, sizeof header, 0, fault);
    rc = rc == 0 ? add_blocks(f, &seal, fault) : rc;
    if (rc == 0 && nfdseal_end(seal, header, f->sealed, f->sealed_len) != f->seal) {
        rc = fault_set(fault, ERR_CHECKSUM,
                       "its octets are not those that were written (checksum of the whole file)");
    }
    return rc;
}
