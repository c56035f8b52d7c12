/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * clock.c - points in time as text, fast.
 *
 * The cache is direct-mapped by minute. Time zones whose offset changes within a minute (local mean
 * times of the 19th century) would make the seconds wrong: such a minute is not cached.
 */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

void clock_init(struct clock_cache *c, bool utc)
{
    memset(c, 0, sizeof *c);
    c->utc = utc;
    if (!utc) {
        tzset();
    }
}

void clock_split(const struct clock_cache *c, uint64_t seconds, struct tm *tm)
{
    /* Beyond this the year does not fit into an int. */
    const uint64_t last = (uint64_t)1 << 55;
    time_t t = (time_t)(seconds < last ? seconds : last);

    if ((c->utc ? gmtime_r(&t, tm) : localtime_r(&t, tm)) == NULL) {
        memset(tm, 0, sizeof *tm);
    }
}

static char *two_digits(char *p, unsigned v)
{
    p[0] = (char)('0' + v / 10 % 10);
    p[1] = (char)('0' + v % 10);
    return p + 2;
}

static size_t minute_text(const struct tm *tm, char *text, size_t size)
{
    int n = snprintf(text, size, "%04lld-%02d-%02d %02d:%02d:", (long long)tm->tm_year + 1900,
                     tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min);
    return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* The minute's entry, filled; or NULL if its seconds do not run from 0 to 59 in this zone. */
static const struct clock_minute *minute_of(struct clock_cache *c, uint64_t minute)
{
    struct clock_minute *m = &c->minutes[minute % CLOCK_MINUTES];
    struct tm first;
    struct tm last;

    if (m->minute == minute + 1) {
        return m;
    }
    clock_split(c, minute * 60, &first);
    clock_split(c, minute * 60 + 59, &last);
    if (first.tm_sec != 0 || last.tm_sec != 59 || first.tm_min != last.tm_min) {
        return NULL;
    }
    m->len = (uint8_t)minute_text(&first, m->text, sizeof m->text);
    m->minute = minute + 1;
    return m;
}

static char *put_minute(char *p, const char *text, size_t len, char separator)
{
    memcpy(p, text, len);
    p[len - 7] = separator;
    return p + len;
}

static char *put_uncached(struct clock_cache *c, uint64_t seconds, char separator, char *p)
{
    struct tm tm;
    char text[31];
    size_t len;

    clock_split(c, seconds, &tm);
    len = minute_text(&tm, text, sizeof text);
    p = put_minute(p, text, len, separator);
    return two_digits(p, (unsigned)tm.tm_sec);
}

char *clock_format_seconds(struct clock_cache *c, uint64_t seconds, char separator, char *p)
{
    const struct clock_minute *m = minute_of(c, seconds / 60);

    if (m == NULL) {
        return put_uncached(c, seconds, separator, p);
    }
    p = put_minute(p, m->text, m->len, separator);
    return two_digits(p, (unsigned)(seconds % 60));
}

char *clock_format(struct clock_cache *c, uint64_t msec, char separator, char *p)
{
    unsigned rest = (unsigned)(msec % 1000);

    p = clock_format_seconds(c, msec / 1000, separator, p);
    *p++ = '.';
    *p++ = (char)('0' + rest / 100);
    return two_digits(p, rest % 100);
}
