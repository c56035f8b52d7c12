/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfd2writer.h - write files of layout 2; inside of src/store only.
 */
#ifndef WEIR_STORE_NFD2WRITER_H
#define WEIR_STORE_NFD2WRITER_H

#include "store/format.h"

extern const struct flowwriter_ops nfd2_writer;

/* A file of layout 2 in the making, for those who move records as they are: records into blocks,
 * blocks to fd. Owned by the caller. */
struct nfd2_out {
    int fd;
    enum flow_compression compression;
    int level;
    uint32_t creator;
    uint64_t created;     /* seconds */
    uint32_t nblocks;
    uint32_t nrecords;    /* in the current block */
    uint64_t at;          /* octets written */
    uint64_t seal;        /* of the blocks written (nfdseal.h) */
    size_t used;          /* octets of the current block */
    uint8_t *block;       /* a block and one record */
    uint8_t *packed;      /* the last block as it was written */
    size_t packed_len;
};

/* Memory and a first header without counts. Returns 0 or ERR_*; nfd2out_free in any case. */
int nfd2out_start(struct nfd2_out *o, int fd, enum flow_compression compression, int level,
                  uint32_t creator, uint64_t created, struct fault *fault);
void nfd2out_free(struct nfd2_out *o);

/* Where the next record is to be written: room for NFD_RECORD_MAX octets. */
static inline uint8_t *nfd2out_place(struct nfd2_out *o)
{
    return o->block + o->used;
}

/* Take over the record of `size` octets that was written there; may close the block before it. */
int nfd2out_take(struct nfd2_out *o, size_t size, struct fault *fault);

/* Write the current block, if there is one. */
int nfd2out_flush(struct nfd2_out *o, struct fault *fault);

/* Last block, appendix, final header. */
int nfd2out_finish(struct nfd2_out *o, const char *ident, const struct flow_totals *totals,
                   struct fault *fault);

#endif
