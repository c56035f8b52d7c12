/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * info.h - what -I, -g and -E print.
 */
#ifndef WEIR_PRINT_INFO_H
#define WEIR_PRINT_INFO_H

#include "base/buf.h"
#include "base/clock.h"
#include "flow/meta.h"

/* -I: totals of all files; ident NULL: none. */
void info_totals(const char *ident, const struct flow_totals *t, struct buf *out);
/* Losses of all exporters together: a line for each counter that is not zero. */
void info_losses(const struct flow_meta *m, struct buf *out);

/* -g: the header line, and one line a file, dated by the digits of its name. */
void info_plot_head(struct buf *out);
void info_plot_line(const char *path, const struct flow_totals *t, struct buf *out);

/* -E: exporters with their samplers. */
void info_exporters(const struct flow_meta *m, struct buf *out);

#endif
