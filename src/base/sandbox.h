/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sandbox.h - give up what a process will not need: gaining rights, other files, other programs.
 *
 * As much as the kernel offers is applied (no_new_privs always; Landlock for files; seccomp against
 * calls no flow tool makes). A kernel without them is no error: *got says what holds.
 */
#ifndef WEIR_BASE_SANDBOX_H
#define WEIR_BASE_SANDBOX_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum sandbox_part {
    SANDBOX_NO_NEW_PRIVS = 1,
    SANDBOX_FILES = 2,
    SANDBOX_CALLS = 4
};

struct sandbox {
    const char *const *read_paths;  /* files and directories (with all below) that may be read */
    size_t nread;
    const char *const *write_paths; /* directories in which files may be made, written, removed */
    size_t nwrite;
    bool may_run_programs;
};

/* Holds for the calling thread and all it starts: call it before other threads exist. Paths that
 * are missing are skipped. Returns 0 and sets *got (may be NULL) to SANDBOX_ parts; ERR_IO if
 * what the kernel offers could not be applied. */
int sandbox_enter(const struct sandbox *s, unsigned *got, struct fault *f);

#endif
