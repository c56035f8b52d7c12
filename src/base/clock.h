/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * clock.h - points in time as text, fast.
 *
 * Calling localtime_r() for each flow would cost more than all the rest of printing it. A
 * clock_cache remembers the calendar text of minutes; it is used by one thread.
 */
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CLOCK_MINUTES 64   /* a power of two */
#define CLOCK_TEXT_MAX 48  /* room that clock_format() needs at most */

struct clock_minute {
    uint64_t minute;  /* since the epoch, plus 1; 0: empty */
    uint8_t len;
    char text[31];    /* "YYYY-MM-DD HH:MM:" */
};

struct clock_cache {
    bool utc;
    struct clock_minute minutes[CLOCK_MINUTES];
};

/* A cache for UTC or for the local zone of the process (TZ). */
void clock_init(struct clock_cache *c, bool utc);

/* "YYYY-MM-DD HH:MM:SS.mmm" of msec since 1970 UTC, with `separator` between day and hour. Writes at
 * most CLOCK_TEXT_MAX octets, no NUL; returns the end (23 octets for years up to 9999). */
char *clock_format(struct clock_cache *c, uint64_t msec, char separator, char *p);

/* The same without milliseconds. */
char *clock_format_seconds(struct clock_cache *c, uint64_t seconds, char separator, char *p);

/* Calendar fields of a second. */
void clock_split(const struct clock_cache *c, uint64_t seconds, struct tm *tm);

#endif
