/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * collectconf.h - the collector's configuration file: TOML, the table [weircapd].
 *
 * Its keys are the long names of options, its values their arguments: a text, a number, true for
 * an option without argument, and an array for one that may be given several times. Other tables
 * belong to other programs.
 */
#ifndef WEIR_COLLECT_COLLECTCONF_H
#define WEIR_COLLECT_COLLECTCONF_H

#include "base/opt.h"

/* What the file sets, as if it had been typed; texts lie in the arena. fault names the file. */
int collectconf_read(const char *path, const struct opt_row *rows, size_t nrows,
                     struct arena *arena, struct opt_result *result, struct fault *fault);

#endif
