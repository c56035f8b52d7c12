/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * clock.c - calendar arithmetic with a remembered offset.
 *
 * The offset from UTC is asked from the C library for both ends of a span of six hours; when it is
 * the same at both, it holds between (no zone changes twice within six hours), and the span is
 * remembered. A span with a change in it is asked second by second. Of a remembered span, the text
 * of the last hour is kept too.
 */
#include "base/clock.h"

#include "base/err.h"

#include <string.h>
#include <time.h>

#define SPAN 21600
#define DAY 86400
#define NO_HOUR (INT64_MIN / 2) /* no second is within an hour after it */

uint64_t clock_now_msec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t clock_monotonic_nsec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void clock_zone_init(struct clock_zone *z, bool utc)
{
    memset(z, 0, sizeof *z);
    z->utc = utc;
    z->hour = NO_HOUR;
    tzset();
}

static int32_t offset_ask(int64_t second)
{
    time_t t = (time_t)second;
    struct tm tm;
    return localtime_r(&t, &tm) != NULL ? (int32_t)tm.tm_gmtoff : 0;
}

static int32_t offset_at(struct clock_zone *z, int64_t second)
{
    int64_t from = second - second % SPAN;
    int32_t offset;

    if (z->utc) {
        return 0;
    }
    if (second >= z->from && second < z->until) {
        return z->offset;
    }
    offset = offset_ask(second);
    if (offset_ask(from) == offset && offset_ask(from + SPAN - 1) == offset) {
        z->from = from;
        z->until = from + SPAN;
        z->offset = offset;
        z->hour = NO_HOUR; /* it may have begun in another span, with another offset */
    }
    return offset;
}

/* Seconds since 1970 in the zone's own time. */
static int64_t zone_second(struct clock_zone *z, uint64_t msec, int32_t *offset)
{
    int64_t second = (int64_t)(msec / 1000);
    *offset = offset_at(z, second);
    return second + *offset;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The Gregorian date of a day number; years begin in March here, so that leap days come last. */
static void date_of_day(int64_t day, struct clock_time *t)
{
    int64_t since = day + 719468; /* days since 0000-03-01 */
    int64_t era = floor_div(since, 146097);
    int64_t of_era = since - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; /* 0 is March */

    t->day = (int)(of_year - (153 * month + 2) / 5 + 1);
    t->month = (int)(month < 10 ? month + 3 : month - 9);
    t->year = year + era * 400 + (t->month <= 2);
}

void clock_split(struct clock_zone *z, uint64_t msec, struct clock_time *pieces)
{
    int64_t second = zone_second(z, msec, &pieces->offset);
    int64_t day = floor_div(second, DAY);
    int of_day = (int)(second - day * DAY);

    date_of_day(day, pieces);
    pieces->hour = of_day / 3600;
    pieces->minute = of_day / 60 % 60;
    pieces->second = of_day % 60;
    pieces->msec = (int)(msec % 1000);
}

int clock_join(const struct clock_zone *z, const struct clock_time *pieces, uint64_t *msec)
{
    struct tm tm = {
        .tm_year = (int)(pieces->year - 1900),
        .tm_mon = pieces->month - 1,
        .tm_mday = pieces->day,
        .tm_hour = pieces->hour,
        .tm_min = pieces->minute,
        .tm_sec = pieces->second,
        .tm_isdst = -1,
    };
    time_t second;

    if (pieces->year < 1900 || pieces->year > INT32_MAX) {
        return ERR_RANGE;
    }
    second = z->utc ? timegm(&tm) : mktime(&tm);
    if (second < 0 || pieces->msec < 0) {
        return ERR_RANGE;
    }
    *msec = (uint64_t)second * 1000 + (uint64_t)pieces->msec;
    return ERR_OK;
}

static inline char *two(char *p, int v)
{
    *p++ = (char)('0' + v / 10);
    *p++ = (char)('0' + v % 10);
    return p;
}

static char *year_put(char *p, int64_t year)
{
    char digits[20];
    int n = 0;

    while (year > 0 || n < 4) {
        digits[n++] = (char)('0' + year % 10);
        year /= 10;
    }
    while (n > 0) {
        *p++ = digits[--n];
    }
    return p;
}

static inline bool in_span(const struct clock_zone *z, int64_t second)
{
    return z->utc || (second >= z->from && second < z->until);
}

/* Whether the text is that of the hour of a second. */
static inline bool hour_holds(const struct clock_zone *z, int64_t second)
{
    return (uint64_t)(second - z->hour) < 3600 && in_span(z, second);
}

/* Make the text of the hour in which a second lies; returns the second in which it began. */
static int64_t hour_write(struct clock_zone *z, int64_t second)
{
    struct clock_time t;
    char *p;

    clock_split(z, (uint64_t)second * 1000, &t);
    p = year_put(z->hour_text, t.year);
    *p++ = '-';
    p = two(p, t.month);
    *p++ = '-';
    p = two(p, t.day);
    *p++ = ' ';
    p = two(p, t.hour);
    *p++ = ':';
    z->hour_len = (unsigned)(p - z->hour_text);
    z->hour = in_span(z, second) ? second - t.minute * 60 - t.second : NO_HOUR;
    return second - t.minute * 60 - t.second;
}

size_t clock_format(struct clock_zone *z, uint64_t msec, char *text)
{
    int64_t second = (int64_t)(msec / 1000);
    unsigned fraction = (unsigned)(msec - (uint64_t)second * 1000);
    int64_t began = hour_holds(z, second) ? z->hour : hour_write(z, second);
    unsigned of_hour = (unsigned)(second - began);
    char *p;

    memcpy(text, z->hour_text, sizeof z->hour_text);
    p = two(text + z->hour_len, (int)(of_hour / 60));
    *p++ = ':';
    p = two(p, (int)(of_hour % 60));
    *p++ = '.';
    *p++ = (char)('0' + fraction / 100);
    p = two(p, (int)(fraction % 100));
    *p = '\0';
    return (size_t)(p - text);
}

size_t clock_format_compact(struct clock_zone *z, uint64_t msec, bool seconds, char *text)
{
    struct clock_time t;
    char *p;

    clock_split(z, msec, &t);
    p = year_put(text, t.year);
    p = two(p, t.month);
    p = two(p, t.day);
    p = two(p, t.hour);
    p = two(p, t.minute);
    if (seconds) {
        p = two(p, t.second);
    }
    *p = '\0';
    return (size_t)(p - text);
}
