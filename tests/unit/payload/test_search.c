/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "../check.h"

#include "payload/search.h"

static size_t find(const char *data, const char *needle)
{
    return search_find(data, strlen(data), needle, strlen(needle));
}

static void test_find(struct check *t)
{
    CHECK_EQ_U64(find("aaab", "aab"), 1);       /* after a partial match */
    CHECK_EQ_U64(find("abababc", "ababc"), 2);
    CHECK_EQ_U64(find("GET / HTTP", "HTTP"), 6);
    CHECK_EQ_U64(find("GET", "get"), SEARCH_NONE);
    CHECK_EQ_U64(find("GE", "GET"), SEARCH_NONE);
    CHECK_EQ_U64(find("", "a"), SEARCH_NONE);
    CHECK_EQ_U64(search_find("a\0b\0c", 5, "b\0c", 3), 2);
    CHECK_EQ_U64(search_find(NULL, 0, "", 0), 0);
    CHECK_EQ_U64(search_find(NULL, 0, "a", 1), SEARCH_NONE);
}

/* Against the obvious loop. */
static void test_random(struct check *t)
{
    uint64_t state = 7;

    for (int i = 0; i < 2000; i++) {
        char data[24], needle[4];
        size_t len = check_random(&state) % sizeof data, n = 1 + check_random(&state) % 4;
        size_t want = SEARCH_NONE;
        for (size_t k = 0; k < len; k++) {
            data[k] = "ab"[check_random(&state) % 2];
        }
        for (size_t k = 0; k < n; k++) {
            needle[k] = "ab"[check_random(&state) % 2];
        }
        for (size_t k = 0; k + n <= len && want == SEARCH_NONE; k++) {
            want = memcmp(data + k, needle, n) == 0 ? k : SEARCH_NONE;
        }
        CHECK_EQ_U64(search_find(data, len, needle, n), want);
    }
}

CHECK_MAIN(test_find, test_random)
