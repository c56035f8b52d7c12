/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * operator.h - what is done with the flows that pass: list, sort, group, count, write.
 *
 * A scan reads blocks with several workers. Each worker has one piece of every operator. For each
 * block that has passing rows the worker lets the piece consume the rows, without any lock; then,
 * when all earlier blocks are done, it lets the operator merge the piece, which is empty again
 * afterwards. So merges come one at a time and in the order of the input, whatever the number of
 * workers.
 *
 * An operator whose result does not depend on the order of blocks leaves merge out: its pieces
 * keep what they consumed, and once the scan is over the operator gathers them all at once.
 * An operator may then ask to see the same rows again (again()), as often as it needs: pieces are
 * new for each pass, and blocks that no operator wants() are left out.
 *
 * When nothing needs the order of blocks (no operator merges or is numbered, no limit is set), no
 * worker waits for another: number is 0 then, and only place tells the order.
 *
 * consume() may touch only the piece and constant data; all columns of `fields` are loaded.
 * Functions return 0 or ERR_*; an error ends the scan.
 */
#ifndef WEIR_QUERY_OPERATOR_H
#define WEIR_QUERY_OPERATOR_H

#include "flow/batch.h"
#include "flow/meta.h"
#include "flow/zone.h"

#include <stdbool.h>
#include <stdint.h>

/* The passing rows of one block. */
struct passing {
    struct batch *batch;
    const uint32_t *rows;  /* ascending row numbers */
    uint32_t n;
    const uint64_t *bits;  /* the same as a bitmap of batch->nrows bits */
    uint64_t number;       /* passing rows before these in the whole scan */
    const struct flow_meta *meta; /* names and exporters known so far; never NULL */
    uint64_t place;        /* of the block: ascends in the order of the input, below 2^44; the same
                            * in each pass */
    const struct zone *zone; /* of the block */
    bool settled;          /* its file is complete: nothing is added or moved any more */
    bool more;             /* further rows of the batch that the piece has consumed last */
};

struct operator_kind {
    /* Pieces keep nothing that belongs to a batch. They may see the rows of a block in parts (bits
     * are those of all parts), be merged after any part, and wait for that while their worker goes
     * on with another piece. */
    bool in_parts;
    void *(*piece_new)(void *op); /* NULL: no memory */
    void (*piece_free)(void *piece);
    int (*consume)(void *op, void *piece, const struct passing *in);
    int (*merge)(void *op, void *piece); /* NULL: gather */
    /* All pieces of the pass, by the calling thread; it may start threads of its own. Which piece
     * saw which rows is chance. NULL: merge. */
    int (*gather)(void *op, void **pieces, unsigned n);
    /* After a pass: whether it wants another one. NULL: never. *fields is what it read, and may be
     * changed for the next pass. */
    bool (*again)(void *op, struct field_set *fields);
    /* In such a pass: whether it wants to see a block at a place from `from` to before `end`.
     * Called by any thread. NULL: all. */
    bool (*wants)(const void *op, uint64_t from, uint64_t end);
    /* A later pass found a block damaged that an operator had consumed before: begin again, and
     * insist on all columns that any pass needs, so that the block is left out of all of them.
     * At most once. NULL: it has one pass, and its results are out. Returns 0 or ERR_*. */
    int (*begin_again)(void *op);
};

struct operator {
    const struct operator_kind *kind;
    void *op;
    struct field_set fields; /* columns it reads; closed over computed fields by the scan */
    bool numbered;           /* reads RECORD_NO */
};

/* Whether an operator wants another pass; sets the fields it will read then. */
static inline bool operator_again(struct operator *op)
{
    return op->kind->again != NULL && op->kind->again(op->op, &op->fields);
}

#endif
