/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * filename.c - nfcapd's names.
 */
#include "store/filename.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char prefix[] = "nfcapd.";

/* Hierarchy levels as nfcapd's -S numbers them; letters are strftime's, F the ISO date. */
static const char *const levels[FILENAME_SUBDIR_LEVELS] = {
    "", "Y/m/d", "Y/m/d/H", "Y/W/u", "Y/W/u/H", "Y/j", "Y/j/H", "F", "F/H",
};

/* One letter's text; any other character stands for itself. */
static size_t put_part(char letter, const struct tm *tm, char *to, size_t room)
{
    switch (letter) {
    case 'Y':
        return strftime(to, room, "%Y", tm);
    case 'm':
        return strftime(to, room, "%m", tm);
    case 'd':
        return strftime(to, room, "%d", tm);
    case 'H':
        return strftime(to, room, "%H", tm);
    case 'M':
        return strftime(to, room, "%M", tm);
    case 'S':
        return strftime(to, room, "%S", tm);
    case 'z':
        return strftime(to, room, "%z", tm);
    case 'W':
        return strftime(to, room, "%W", tm);
    case 'u':
        return strftime(to, room, "%u", tm);
    case 'j':
        return strftime(to, room, "%j", tm);
    case 'F':
        return strftime(to, room, "%F", tm);
    default:
        to[0] = letter;
        return 1;
    }
}

static void format_local(uint64_t seconds, const char *parts, char *text)
{
    time_t t = (time_t)seconds;
    size_t n = 0, room = FILENAME_MAX_LEN - sizeof prefix;
    struct tm tm;
    localtime_r(&t, &tm);
    for (; *parts != '\0' && n < room; parts++) {
        n += put_part(*parts, &tm, text + n, room - n);
    }
    text[n] = '\0';
}

void filename_time_text(uint64_t start, uint32_t slot_seconds, bool zone, char *text)
{
    format_local(start, zone ? "YmdHMz" : slot_seconds < 60 ? "YmdHMS" : "YmdHM", text);
}

void filename_of_slot(uint64_t start, uint32_t slot_seconds, bool zone, char *name)
{
    memcpy(name, prefix, sizeof prefix);
    filename_time_text(start, slot_seconds, zone, name + sizeof prefix - 1);
}

bool filename_subdir(unsigned level, uint64_t start, char *dir)
{
    if (level >= FILENAME_SUBDIR_LEVELS) {
        return false;
    }
    dir[0] = '\0';
    if (level > 0) {
        format_local(start, levels[level], dir);
    }
    return true;
}

static bool all_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i])) {
            return false;
        }
    }
    return true;
}

bool filename_parse(const char *path, uint64_t *start)
{
    const char *at = strstr(path, prefix);
    struct tm tm = {.tm_isdst = -1};
    time_t t;
    if (at == NULL || !all_digits(at + sizeof prefix - 1, 12)) {
        return false;
    }
    at += sizeof prefix - 1;
    sscanf(at, "%4d%2d%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min);
    if (all_digits(at + 12, 2)) {
        sscanf(at + 12, "%2d", &tm.tm_sec);
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    t = mktime(&tm);
    *start = (uint64_t)t;
    return t != (time_t)-1;
}

bool filename_is_live(const char *path)
{
    static const char live[] = "nfcapd.current";
    const char *slash = strrchr(path, '/');
    return strncmp(slash != NULL ? slash + 1 : path, live, sizeof live - 1) == 0;
}
