/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weirmend.h - puts the checksums of a changed file of weir's own format right, so that what was
 * changed is read and not just found damaged (doc/file-format.md).
 */
#ifndef WEIR_TESTS_TOOLS_WEIRMEND_H
#define WEIR_TESTS_TOOLS_WEIRMEND_H

#include "base/hash.h"
#include "store/weir1.h"

#include <stdint.h>
#include <string.h>

static inline uint32_t mend_u32_at(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void mend_check(uint8_t *at, uint64_t check)
{
    memcpy(at, &check, sizeof check);
}

/* The checks of the block that begins at p, with left octets from there to the end of the file. */
static inline void mend_block(uint8_t *p, size_t left)
{
    uint32_t length = mend_u32_at(p + 8);
    uint32_t n = mend_u32_at(p + 28);
    if (n > WEIR1_ENTRIES_MAX || length > left ||
        length != WEIR1_BLOCK_HEAD_LEN + n * WEIR1_ENTRY_LEN) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *e = p + WEIR1_BLOCK_HEAD_LEN + i * WEIR1_ENTRY_LEN;
        uint32_t offset = mend_u32_at(e + 4);
        uint32_t len = mend_u32_at(e + 8);
        if (offset <= left && len <= left - offset) {
            mend_check(e + 16, hash_of(p + offset, len));
        }
    }
    mend_check(p + 56, hash_of(p, 56) ^ hash_of(p + 64, length - 64));
}

/* The header of size >= WEIR1_HEADER_LEN octets, and all blocks. */
static inline void mend_file(uint8_t *p, size_t size)
{
    mend_check(p + 248, hash_of(p, 248));
    for (size_t at = WEIR1_HEADER_LEN; at + WEIR1_BLOCK_HEAD_LEN <= size; at++) {
        if (memcmp(p + at, WEIR1_MAGIC_BLOCK, 8) == 0) {
            mend_block(p + at, size - at);
        }
    }
}

#endif
