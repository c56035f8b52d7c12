/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ctlargs.h - command line of weirctl (softflowctl): its rows, its words, and their texts.
 */
#ifndef WEIR_PROBE_CTLARGS_H
#define WEIR_PROBE_CTLARGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

struct ctlargs {
    bool help;
    const char *path; /* of the control socket */
    const char *word; /* NULL: not exactly one was given */
};

/* `name`: how the program was called; softflowctl has a control socket of its own. Texts lie in
 * argv or the arena. ERR_USAGE. */
int ctlargs_parse(const char *name, int argc, char **argv, struct arena *arena,
                  struct ctlargs *a, struct fault *fault);

void ctlargs_usage(const char *name, struct buf *out);

/* Lists of the manual page. */
void ctlargs_mdoc_options(struct buf *out);
void ctlargs_mdoc_words(struct buf *out);

#endif
