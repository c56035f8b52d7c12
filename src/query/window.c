/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * window.c - time windows: text to milliseconds.
 *
 * A time is read part by part; each part is a row of `parts` that says how many digits it has,
 * its bounds and what ends it. Parts that are missing keep their smallest value.
 */
#include "query/window.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PART_YEAR, PART_MONTH, PART_DAY, PART_HOUR, PART_MINUTE, PART_SECOND, PART_MSEC, PARTS };

static const struct part {
    const char *name;
    unsigned digits;
    int min, max, missing;
    char end; /* what ends the part; '/': '-' as well; 'x': anything that is no digit; 0: the end */
} parts[PARTS] = {
    {"Year", 4, 1970, 2038, 1970, '/'}, {"Month", 2, 1, 12, 1, '/'},
    {"Day", 2, 1, 31, 1, 'x'},          {"Hour", 2, 0, 23, 0, ':'},
    {"Minute", 2, 0, 59, 0, ':'},       {"Seconds", 2, 0, 59, 0, '.'},
    {"Milliseconds", 3, 0, 999, 0, '\0'},
};

static bool ends_part(char c, char end)
{
    switch (end) {
    case 'x':
        return c < '0' || c > '9';
    case '/':
        return c == '/' || c == '-';
    default:
        return c == end;
    }
}

static size_t part_length(const char *p, size_t len, char end)
{
    size_t n = 0;
    while (n < len && !ends_part(p[n], end)) {
        n++;
    }
    return n;
}

static int check_digits(const char *p, size_t n, unsigned digits, struct fault *fault)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return fault_set(fault, ERR_SYNTAX,
                             "Time format error at '%.*s': unexpected character: '%c'.\n", (int)n,
                             p, p[i]);
        }
    }
    if (n != digits) {
        return fault_set(fault, ERR_SYNTAX, "Time format error: '%.*s' unexpected.\n", (int)n, p);
    }
    return 0;
}

static int read_part(const char *p, size_t n, const struct part *part, int *value,
                     struct fault *fault)
{
    int rc = check_digits(p, n, part->digits, fault);
    if (rc != 0) {
        return rc;
    }
    *value = (int)strtol(p, NULL, 10);
    if (*value < part->min || *value > part->max) {
        return fault_set(fault, ERR_SYNTAX, "%s out of range: '%d'\n", part->name, *value);
    }
    return 0;
}

/* East of Greenwich, the first hours of 1970 are behind all times, as for nfdump. */
static uint64_t local_msec(const int value[PARTS])
{
    struct tm tm = {.tm_year = value[PART_YEAR] - 1900, .tm_mon = value[PART_MONTH] - 1,
                    .tm_mday = value[PART_DAY], .tm_hour = value[PART_HOUR],
                    .tm_min = value[PART_MINUTE], .tm_sec = value[PART_SECOND], .tm_isdst = -1};
    return (uint64_t)mktime(&tm) * 1000 + (uint64_t)value[PART_MSEC];
}

/* The epoch itself counts as an error without a message. */
static int read_time(const char *p, size_t len, uint64_t *msec, struct fault *fault)
{
    int value[PARTS];
    if (len < 4) {
        return fault_set(fault, ERR_SYNTAX, "Not a date/time string: %.*s", (int)len, p);
    }
    for (unsigned i = 0; i < PARTS; i++) {
        value[i] = parts[i].missing;
    }
    for (unsigned i = 0; i < PARTS && len > 0; i++) {
        size_t n = part_length(p, len, parts[i].end);
        int rc = read_part(p, n, &parts[i], &value[i], fault);
        if (rc != 0) {
            return rc;
        }
        n += n < len; /* the separator */
        p += n;
        len -= n;
    }
    *msec = local_msec(value);
    return *msec == 0 ? fault_set(fault, ERR_SYNTAX, "%s", "") : 0;
}

/* What is wrong with both ends, a line each; either may be nothing. */
static int both_wrong(const struct fault *first, const struct fault *last, struct fault *fault)
{
    bool two = first->text[0] != '\0' && last->text[0] != '\0';

    return fault_set(fault, ERR_SYNTAX, "%s%s%s", first->text, two ? "\n" : "", last->text);
}

int window_parse(const char *text, struct window *w, struct fault *fault)
{
    struct window got = {true, 0, WINDOW_OPEN};
    const char *dash = strchr(text, '-');
    size_t n = dash != NULL ? (size_t)(dash - text) : strlen(text);
    struct fault first, last;
    int rc;
    if (strlen(text) < 4) {
        return fault_set(fault, ERR_SYNTAX, "Time string format error '%s'", text);
    }
    fault_clear(&first);
    fault_clear(&last);
    rc = read_time(text, n, &got.first, &first);
    if (dash != NULL && read_time(dash + 1, strlen(dash + 1), &got.last, &last) != 0) {
        rc = ERR_SYNTAX;
    }
    if (rc != 0) {
        return both_wrong(&first, &last, fault);
    }
    *w = got;
    return 0;
}

bool window_touches(const struct window *w, uint64_t first, uint64_t last)
{
    return !w->given || last == 0 || (last >= w->first && first <= w->last);
}
