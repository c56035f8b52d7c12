/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_value.c - scaled numbers and durations against what printf makes of them.
 */
#include "../check.h"
#include "field/value.h"

static void test_scaled(struct check *t)
{
    static const uint64_t units[] = {1000000, 1000000000, 1000000000000};
    uint64_t seed = 1;

    for (unsigned i = 0; i < 20000; i++) {
        uint64_t unit = units[i % 3];
        char got[VALUE_TEXT_MAX] = "";
        char want[VALUE_TEXT_MAX];
        uint64_t v;
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        v = unit + (i % 2 == 0 ? seed % (unit * 999) : unit / 20 * (seed % 9999));
        if (i % 3 < 2 && v >= unit * 1000) {
            continue;
        }
        *value_scaled_wide(got, v, false) = '\0';
        snprintf(want, sizeof want, "%5.1f %c", (double)v / (double)unit, "MGT"[i % 3]);
        if (strlen(want) < 8) {
            char shifted[VALUE_TEXT_MAX];
            snprintf(shifted, sizeof shifted, "%8s", want);
            memcpy(want, shifted, sizeof want);
        }
        CHECK_STR(got, want);
    }
}

static void test_duration(struct check *t)
{
    char got[VALUE_TEXT_MAX] = "";

    *value_duration(got, 86400000) = '\0';
    CHECK_STR(got, " 1d 00:00:00.000");
    *value_duration(got, 3723004) = '\0';
    CHECK_STR(got, "    01:02:03.004");
    *value_thousandths(got, 1500, 16) = '\0';
    CHECK_STR(got, "           1.500");
}

CHECK_MAIN(test_scaled, test_duration)
