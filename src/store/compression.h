/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * compression.h - names and levels of the compressions that flow files know.
 */
#ifndef WEIR_STORE_COMPRESSION_H
#define WEIR_STORE_COMPRESSION_H

#include "base/err.h"
#include "store/flowfile.h"

/* "none", "lzo", "bz2", "lz4", "zstd" */
const char *compression_name(enum flow_compression c);

/* "name[:level]" or nfdump's number 0..4, without regard to case; level 0 = the default.
 * ERR_SYNTAX for an unknown name (fault text empty), ERR_RANGE for a bad level, with nfdump's
 * sentence. */
int compression_parse(const char *text, enum flow_compression *c, int *level, struct fault *fault);

#endif
