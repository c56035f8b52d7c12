/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/clock.h"
#include "base/err.h"
#include "../check.h"

#include <time.h>

#define DST_BERLIN_2026 1774746000u /* 2026-03-29 01:00:00 UTC: 02:00 becomes 03:00 */

static void zone_use(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

static void want_text(uint64_t msec, char *text, size_t room)
{
    time_t second = (time_t)(msec / 1000);
    struct tm tm;
    char date[40];

    localtime_r(&second, &tm);
    strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &tm);
    snprintf(text, room, "%s.%03u", date, (unsigned)(msec % 1000));
}

/* Steps through two years and at random, in zones with and without daylight saving. */
static void test_against_library(struct check *t)
{
    static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                        "Asia/Kathmandu", "UTC", "America/St_Johns"};
    uint64_t state = 99;
    char want[64];
    char got[CLOCK_TEXT_MAX];

    for (size_t z = 0; z < sizeof zones / sizeof zones[0]; z++) {
        struct clock_zone zone;
        unsigned wrong = 0;
        zone_use(zones[z]);
        clock_zone_init(&zone, false);
        for (unsigned i = 0; i < 60000; i++) {
            uint64_t msec = i % 2 == 0 ? 1750000000000u + (uint64_t)i * 1117777u
                                       : check_random(&state) % 4000000000000u;
            want_text(msec, want, sizeof want);
            size_t len = clock_format(&zone, msec, got);
            wrong += strcmp(got, want) != 0 || len != strlen(want);
        }
        CHECK_EQ_U64(wrong, 0);
    }
}

static void test_change_of_clocks(struct check *t)
{
    struct clock_zone zone;
    struct clock_time pieces;
    char text[CLOCK_TEXT_MAX];

    zone_use("Europe/Berlin");
    clock_zone_init(&zone, false);
    clock_format(&zone, (DST_BERLIN_2026 - 1) * 1000ull + 999, text);
    CHECK_STR(text, "2026-03-29 01:59:59.999");
    clock_format(&zone, DST_BERLIN_2026 * 1000ull, text);
    CHECK_STR(text, "2026-03-29 03:00:00.000");
    clock_split(&zone, DST_BERLIN_2026 * 1000ull + 5, &pieces);
    CHECK_EQ_I64(pieces.offset, 7200);
    CHECK_EQ_I64(pieces.hour, 3);
    CHECK_EQ_I64(pieces.msec, 5);
    clock_format_compact(&zone, DST_BERLIN_2026 * 1000ull, false, text);
    CHECK_STR(text, "202603290300");
    clock_format_compact(&zone, DST_BERLIN_2026 * 1000ull, true, text);
    CHECK_STR(text, "20260329030000");
}

static void test_join_reverses_split(struct check *t)
{
    struct clock_zone zones[2];
    uint64_t state = 5;
    unsigned wrong = 0;

    zone_use("America/New_York");
    clock_zone_init(&zones[0], true);
    clock_zone_init(&zones[1], false);
    for (int i = 0; i < 20000; i++) {
        uint64_t msec = check_random(&state) % 4000000000000u;
        uint64_t back = 0;
        struct clock_time pieces;
        clock_split(&zones[i % 2], msec, &pieces);
        wrong += clock_join(&zones[i % 2], &pieces, &back) != 0;
        /* The hour that comes twice may come back as the other one. */
        bool other_hour = i % 2 == 1 && (back - msec == 3600000 || msec - back == 3600000);
        wrong += back != msec && !other_hour;
    }
    CHECK_EQ_U64(wrong, 0);
}

static void test_edges(struct check *t)
{
    struct clock_zone zone;
    struct clock_time pieces = {.year = 1969, .month = 12, .day = 31};
    char text[CLOCK_TEXT_MAX];
    uint64_t msec;

    clock_zone_init(&zone, true);
    clock_format(&zone, 0, text);
    CHECK_STR(text, "1970-01-01 00:00:00.000");
    clock_format(&zone, 951782400000, text);
    CHECK_STR(text, "2000-02-29 00:00:00.000");
    clock_format(&zone, 253402300800000, text);
    CHECK_STR(text, "10000-01-01 00:00:00.000");
    CHECK(clock_format(&zone, UINT64_MAX, text) < CLOCK_TEXT_MAX);
    CHECK_EQ_I64(clock_join(&zone, &pieces, &msec), ERR_RANGE);
    pieces = (struct clock_time){.year = 2026, .month = 1, .day = 32};
    CHECK_EQ_I64(clock_join(&zone, &pieces, &msec), 0);
    clock_format(&zone, msec, text);
    CHECK_STR(text, "2026-02-01 00:00:00.000");
    zone_use("America/New_York");
    clock_zone_init(&zone, false);
    clock_format(&zone, 0, text);
    CHECK_STR(text, "1969-12-31 19:00:00.000");
    CHECK(clock_now_msec() > 1700000000000u);
    CHECK(clock_monotonic_nsec() <= clock_monotonic_nsec());
}

CHECK_MAIN(test_against_library, test_change_of_clocks, test_join_reverses_split, test_edges)
