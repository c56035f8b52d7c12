/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * launcher.h - a command after each finished file: nfcapd's -x.
 *
 * The command is split into words at blanks (quotation marks keep blanks), then the tokens of each
 * word are replaced, so a directory with blanks stays one word. No shell is involved:
 *
 *     %f path of the file    %d base directory    %t time as in the name
 *     %u the same, Unix seconds    %i ident
 */
#ifndef WEIR_COLLECT_LAUNCHER_H
#define WEIR_COLLECT_LAUNCHER_H

#include "base/err.h"
#include "base/log.h"

#include <stdint.h>

enum { LAUNCHER_COMMAND_MAX = 256, LAUNCHER_WORDS_MAX = 128 };

struct launcher;

struct launch { /* what the tokens stand for */
    const char *file, *dir, *time, *ident;
    uint64_t start;
};

/* ERR_USAGE: empty, too long, unknown token. On error *out is untouched. */
int launcher_new(const char *command, struct launcher **out, struct fault *fault);
void launcher_free(struct launcher *l);

/* Start the command; it is not waited for. */
int launcher_run(const struct launcher *l, const struct launch *what, struct fault *fault);

#endif
