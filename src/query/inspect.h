/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * inspect.h - read all of an open flow file, tell everything that is wrong with it, and give what
 * can be read to a writer.
 *
 * Wrong is: what opening the file found, blocks and records that cannot be read, totals that do not
 * agree with the flows, samplers and counters of exporters that nothing describes.
 */
#ifndef WEIR_QUERY_INSPECT_H
#define WEIR_QUERY_INSPECT_H

#include "base/err.h"
#include "store/flowfile.h"
#include "store/flowwriter.h"

#include <stdint.h>

struct inspection {
    /* set by the caller; one line for each finding, with the file's name, without a newline */
    void (*tell)(void *ctx, const char *line);
    void *ctx;
    /* what was found */
    uint64_t flows;        /* that could be read */
    uint64_t unread;       /* records or parts of them that could not, in blocks that could */
    uint32_t blocks_lost;
    uint32_t findings;     /* lines told */
    bool lost;             /* some of the file's data could not be read */
};

/* Inspect f; w: a writer that gets all flows, exporters, samplers, names and losses, or NULL.
 * Returns 0, or an error of the writer with *fault. */
int inspect_file(struct flowfile *f, struct flowwriter *w, struct inspection *i,
                 struct fault *fault);

#endif
