/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * encoders.h - threads that turn rows into the blocks of weir files.
 *
 * Several writers, in several threads, may share them. A block is encoded by one thread alone, so
 * what comes out does not depend on how many there are. Without threads the caller does the work.
 */
#ifndef WEIR_STORE_ENCODERS_H
#define WEIR_STORE_ENCODERS_H

#include "base/buf.h"
#include "base/err.h"
#include "store/flowwriter.h"
#include "store/rowbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct encoders;

/* A block to be: filled and handed over by its owner, who gets it back with encoding_wait. */
struct encoding {
    struct rowbuf *rows;
    struct builder *lent; /* instead of rows; given back as soon as it is encoded */
    struct builder_back back;
    uint32_t nrows;      /* of the block; set by encoding_begin */
    uint64_t before;     /* flows in the file before it */
    struct buf block;    /* the encoded block */
    size_t head_len;     /* octets of head and entries */
    struct buf keys;     /* uint64_t: addrfilter_key of each distinct address */
    int rc;              /* 0 or ERR_*, with fault: rows are as before and may be tried again */
    struct fault fault;
    bool encoded;        /* under the lock of the encoders */
};

/* level: of zstd, 0: none. NULL when memory or threads are out. */
struct encoders *encoders_new(unsigned threads, int level);
void encoders_free(struct encoders *e); /* nothing may be under way; e may be NULL */

unsigned encoders_threads(const struct encoders *e);

/* Empty ones for use and reuse; NULL when memory is out. encoding may be NULL. */
struct encoding *encoding_take(struct encoders *e);
void encoding_return(struct encoders *e, struct encoding *encoding);

/* Begin; then wait for the end of it. In between the encoding must be left alone. */
void encoding_begin(struct encoders *e, struct encoding *encoding, uint64_t before);
void encoding_wait(struct encoders *e, struct encoding *encoding);

#endif
