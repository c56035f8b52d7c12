/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * coverage.h - how much of what was asked for a result covers, what it took, and how far it is.
 */
#ifndef WEIR_CMD_COVERAGE_H
#define WEIR_CMD_COVERAGE_H

#include "cmd/session.h"

/* Ask for progress on stderr: with --progress, or when it is a terminal and the query takes long.
 * */
void coverage_progress(struct session *s, struct scan_plan *plan);
void coverage_progress_end(struct session *s);

/* One line on stderr if something is missing; the exit code with --strict, or when a file that
 * promises integrity is damaged. Then what --explain shows. */
bool coverage_report(struct session *s);

#endif
