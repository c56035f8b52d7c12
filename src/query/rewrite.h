/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rewrite.h - write a flow file anew in its place: other compression, other ident, repaired.
 */
#ifndef WEIR_QUERY_REWRITE_H
#define WEIR_QUERY_REWRITE_H

#include "query/inspect.h"

/* What to do with a file that has lost something. */
enum rewrite_losses {
    REWRITE_NOT,  /* leave it as it is: ERR_FORMAT */
    REWRITE_REST, /* write what can be read; if it takes the old file's place, keep that as well */
};

/* Read `from`, write `to` (which may be the same name) with these options; exporters, samplers,
 * names and losses stay. *i tells what is wrong with the old file, which stays as it is if anything
 * fails. */
int rewrite_file(const char *from, const char *to, const struct flowwriter_options *options,
                 enum rewrite_losses losses, struct inspection *i, struct fault *fault);

/* Options that keep what an open file is. */
struct flowwriter_options rewrite_as(const struct flowfile *f);

#endif
