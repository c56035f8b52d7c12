/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * keepsake.h - templates and samplers in a file, from one run of the collector to the next.
 */
#ifndef WEIR_COLLECT_KEEPSAKE_H
#define WEIR_COLLECT_KEEPSAKE_H

#include "base/err.h"
#include "collect/source.h"
#include "wire/wire.h"

/* Read the file into w; exporters go to their sources. A missing file is no error. */
int keepsake_load(const char *path, struct wire *w, struct sources *sources, struct fault *fault);

/* Write it anew, replacing the old one at once. */
int keepsake_save(const char *path, struct wire *w, struct fault *fault);

#endif
