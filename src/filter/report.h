/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * report.h - telling the user what is wrong.
 */
#ifndef WEIR_FILTER_REPORT_H
#define WEIR_FILTER_REPORT_H

#include "base/err.h"
#include "filter/filter.h"
#include "filter/parsing.h"
#include "filter/resolve.h"

/* Fill report and fault (either may be NULL) from the stage that failed: r if it has an error, else
 * p, else only rc. */
void report_failure(int rc, const struct parsing *p, const struct resolving *r,
                    struct filter_report *report, struct fault *fault);

#endif
