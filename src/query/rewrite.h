/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rewrite.h - write a flow file anew in its place: other compression, other ident, repaired.
 */
#ifndef WEIR_QUERY_REWRITE_H
#define WEIR_QUERY_REWRITE_H

#include "base/err.h"
#include "store/flowfile.h"
#include "store/flowwriter.h"

struct rewritten {
    uint64_t flows;          /* in the new file */
    uint32_t blocks_lost;    /* that could not be read */
    bool recovered;          /* the old file had no trailer */
};

/* Read `from`, write `to` (which may be the same name) with these options; exporters, samplers,
 * names and losses stay. The old file stays as it is if anything fails. */
int rewrite_file(const char *from, const char *to, const struct flowwriter_options *options,
                 struct rewritten *result, struct fault *fault);

/* Options that keep what an open file is. */
struct flowwriter_options rewrite_as(const struct flowfile *f);

#endif
