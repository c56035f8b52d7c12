/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * clock.h - the time of day, and milliseconds since 1970 taken apart and put together.
 *
 * A struct clock_zone remembers the last offset and date, so that printing one time after another
 * costs no library call. It belongs to one thread; make one per worker (they are small).
 */
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_TEXT_MAX 48 /* room for any time with its NUL; years up to 9999 take 23 + 1 */

uint64_t clock_now_msec(void);       /* since 1970 */
uint64_t clock_monotonic_nsec(void); /* since some start, never set back */

struct clock_zone {
    bool utc;
    int32_t offset;       /* seconds east of UTC, valid in [from, until) */
    int64_t from;         /* seconds since 1970 */
    int64_t until;
    int64_t hour;         /* second in which the hour of hour_text began */
    unsigned hour_len;
    char hour_text[32];   /* "YYYY-MM-DD HH:" */
};

/* utc: false takes the zone of the process (TZ). */
void clock_zone_init(struct clock_zone *z, bool utc);

/* Local (or UTC) pieces. month and day from 1; offset is seconds east of UTC. */
struct clock_time {
    int64_t year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    int msec;
    int32_t offset;
};

void clock_split(struct clock_zone *z, uint64_t msec, struct clock_time *pieces);

/* The reverse; pieces out of their range are carried (day 32), the offset is not read. A time that
 * the zone skips or repeats is resolved as mktime does. Returns 0, or ERR_RANGE before 1970. */
int clock_join(const struct clock_zone *z, const struct clock_time *pieces, uint64_t *msec);

/* "YYYY-MM-DD HH:MM:SS.mmm" and a NUL; returns its length. Writes at most CLOCK_TEXT_MAX. */
size_t clock_format(struct clock_zone *z, uint64_t msec, char *text);

/* "YYYYMMDDhhmm", or with seconds "YYYYMMDDhhmmss": the form in file names. */
size_t clock_format_compact(struct clock_zone *z, uint64_t msec, bool seconds, char *text);

#endif
