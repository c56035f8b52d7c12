/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_filename.c - nfcapd's names and hierarchies.
 */
#include "store/filename.h"

#include "../check.h"

#include <time.h>

enum { START = 1720689000 }; /* 2024-07-11 09:10:00 UTC, a Thursday */

static void set_zone(const char *tz)
{
    setenv("TZ", tz, 1);
    tzset();
}

static void test_names(struct check *t)
{
    char name[FILENAME_MAX_LEN];
    set_zone("UTC");
    filename_of_slot(START, 300, false, name);
    CHECK_STR(name, "nfcapd.202407110910");
    filename_of_slot(START + 5, 5, false, name);
    CHECK_STR(name, "nfcapd.20240711091005");
    set_zone("Europe/Zurich");
    filename_of_slot(START, 300, true, name);
    CHECK_STR(name, "nfcapd.202407111110+0200");
    filename_time_text(START, 300, false, name);
    CHECK_STR(name, "202407111110");
}

static void test_subdirs(struct check *t)
{
    static const char *const want[] = {"", "2024/07/11", "2024/07/11/09", "2024/28/4",
                                       "2024/28/4/09", "2024/193", "2024/193/09", "2024-07-11",
                                       "2024-07-11/09"};
    char dir[FILENAME_MAX_LEN];
    set_zone("UTC");
    for (unsigned level = 0; level < FILENAME_SUBDIR_LEVELS; level++) {
        CHECK(filename_subdir(level, START, dir));
        CHECK_STR(dir, want[level]);
    }
    CHECK(!filename_subdir(9, START, dir));
}

static void test_parse(struct check *t)
{
    uint64_t start = 0;
    set_zone("Europe/Zurich");
    CHECK(filename_parse("/flows/2024/nfcapd.202407111110", &start));
    CHECK_EQ_U64(start, START);
    CHECK(filename_parse("nfcapd.20240711111007", &start));
    CHECK_EQ_U64(start, START + 7);
    CHECK(!filename_parse("nfcapd.current.1A2B3C", &start));
    CHECK(!filename_parse("nfcapd.2024071111", &start));
    CHECK(!filename_parse("flows.dat", &start));
}

CHECK_MAIN(test_names, test_subdirs, test_parse)
