/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * filelist.h - which files a query reads: -r, -R, -M and nfcapd's names and hierarchies.
 *
 * Facts: nfdump's rules for -R first:last over directory trees, names to be skipped, order.
 */
#ifndef WEIR_STORE_FILELIST_H
#define WEIR_STORE_FILELIST_H

#include "base/err.h"

#include <stddef.h>

struct filelist {
    char **path;
    size_t n;
};

/* What was typed; NULL where it was not. */
struct filelist_asked {
    const char *single;   /* -r */
    const char *multiple; /* -R */
    const char *dirs;     /* -M */
};

/* Messages for the user that do not stop the listing ("stat() error ...") go to warn. */
typedef void filelist_warn(void *ctx, const char *text);

/* Paths in reading order. On error *out is untouched; fault.text is nfdump's message. */
int filelist_make(const struct filelist_asked *asked, filelist_warn *warn, void *ctx,
                  struct filelist *out, struct fault *fault);
void filelist_free(struct filelist *l);

#endif
