/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * window.h - the time window of -t: first seen after its start and last seen before its end.
 *
 * Rows are tested by the filter (struct filter_env); here are the text and the test of whole files.
 */
#ifndef WEIR_QUERY_WINDOW_H
#define WEIR_QUERY_WINDOW_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct window {
    bool given;
    uint64_t first; /* msec, exclusive */
    uint64_t last;  /* msec, exclusive; WINDOW_OPEN: no end */
};

#define WINDOW_OPEN INT64_MAX

/* Parse T1[-T2], T = yyyy[/MM[/dd[.hh[:mm[:ss[.mmm]]]]]] in the local zone. Returns 0, or
 * ERR_SYNTAX with the message for the user in fault->text (empty: nothing to say). */
int window_parse(const char *text, struct window *w, struct fault *fault);

/* Is a file with these times (msec) worth reading? last 0: unknown. */
bool window_touches(const struct window *w, uint64_t first, uint64_t last);

#endif
