/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * verify.h - check every block and record head of an nfdump file of layout 2, and tell about it.
 */
#ifndef WEIR_STORE_VERIFY_H
#define WEIR_STORE_VERIFY_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/* Is this a file of layout 2 or an unknown layout of nfdump? Else others know how to check it. */
bool verify_knows(const char *path);

/* Lines for the user go to out and, where something is wrong, to err. ERR_FORMAT: damaged. */
int verify_nfdump(const char *path, bool verbose, struct buf *out, struct buf *err);

#endif
