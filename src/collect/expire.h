/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * expire.h - remove the oldest flow files of a directory when they are too many or too old:
 * nfcapd's -e.
 *
 * Limits stand in the directory's file .nfstat, as nfexpire makes it: lines key=value with first,
 * last, size, maxsize, numfiles, lifetime, watermark (per cent), status. Sizes are octets on disk.
 * Only files named nfcapd. and 12 or 14 digits are touched, below directories whose names begin
 * with a digit.
 */
#ifndef WEIR_COLLECT_EXPIRE_H
#define WEIR_COLLECT_EXPIRE_H

#include "base/err.h"

#include <stdint.h>

struct expire_result {
    uint64_t removed;
    uint64_t freed; /* octets */
};

/* One pass; a directory without .nfstat is left alone. Writes the statistics back. */
int expire_pass(const char *dir, struct expire_result *result, struct fault *fault);

#endif
