/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * timeliteral.c - YYYY[-MM[-DD[xHH[:MM[:SS[.mmm]]]]]] in local time.
 *
 * "/" may stand for "-", x is any octet but a digit. Days are 1 to 31 in every month, as mktime()
 * takes them. The instant 0 is refused, as nfdump does.
 */
#include "filter/filter.h"

#include <time.h>

struct part {
    unsigned digits, low, high;
};

static const struct part parts[] = {{4, 1970, 2038}, {2, 1, 12}, {2, 1, 31}, {2, 0, 23},
                                    {2, 0, 59},      {2, 0, 59}, {3, 0, 999}};
enum { PARTS = sizeof parts / sizeof parts[0] };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* May c stand before part i? */
static bool separates(size_t i, char c)
{
    switch (i) {
    case 1:
    case 2:
        return c == '-' || c == '/';
    case 3:
        return !is_digit(c);
    case 6:
        return c == '.';
    default:
        return c == ':';
    }
}

static bool part_parse(const char *text, size_t len, size_t *at, const struct part *p,
                       unsigned *value)
{
    *value = 0;
    for (unsigned d = 0; d < p->digits; d++, (*at)++) {
        if (*at >= len || !is_digit(text[*at])) {
            return false;
        }
        *value = *value * 10 + (unsigned)(text[*at] - '0');
    }
    return *value >= p->low && *value <= p->high;
}

bool filter_time_parse(const char *text, size_t len, uint64_t *msec)
{
    unsigned v[PARTS] = {1970, 1, 1, 0, 0, 0, 0};
    struct tm tm = {.tm_isdst = -1};
    size_t at = 0;
    time_t seconds;
    for (size_t i = 0; i < PARTS && (i == 0 || at < len); i++) {
        if (i > 0 && !separates(i, text[at++])) {
            return false;
        }
        if (!part_parse(text, len, &at, &parts[i], &v[i])) {
            return false;
        }
    }
    tm.tm_year = (int)v[0] - 1900;
    tm.tm_mon = (int)v[1] - 1;
    tm.tm_mday = (int)v[2];
    tm.tm_hour = (int)v[3];
    tm.tm_min = (int)v[4];
    tm.tm_sec = (int)v[5];
    seconds = mktime(&tm);
    if (at != len || seconds < 0) {
        return false;
    }
    *msec = (uint64_t)seconds * 1000 + v[6];
    return *msec != 0;
}
