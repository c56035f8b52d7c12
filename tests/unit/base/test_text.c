/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/err.h"
#include "base/text.h"
#include "../check.h"

static void test_numbers(struct check *t)
{
    static const char *const bad[] = {"", " 1", "1 ", "+1", "-1", "0x10", "1e3", "12a", "1.0"};
    uint64_t v = 77;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQ_I64(text_number(bad[i], 0, UINT64_MAX, &v), ERR_SYNTAX);
    }
    CHECK_EQ_I64(text_number("65536", 0, 65535, &v), ERR_RANGE);
    CHECK_EQ_I64(text_number("0", 1, 65535, &v), ERR_RANGE);
    CHECK_EQ_I64(text_number("18446744073709551616", 0, UINT64_MAX, &v), ERR_RANGE);
    CHECK_EQ_I64(text_number("99999999999999999999999", 0, UINT64_MAX, &v), ERR_RANGE);
    CHECK_EQ_U64(v, 77); /* untouched so far */
    CHECK_EQ_I64(text_number("18446744073709551615", 0, UINT64_MAX, &v), 0);
    CHECK_EQ_U64(v, UINT64_MAX);
    CHECK_EQ_I64(text_number("0007", 7, 7, &v), 0);
    CHECK_EQ_I64(text_u64("80,443", 2, 0, 65535, &v), 0);
    CHECK_EQ_U64(v, 80);
}

static void test_case(struct check *t)
{
    CHECK(text_same("SrcPort", "srcport") && !text_same("srcport", "srcports"));
    CHECK(!text_same("srcports", "srcport") && text_same("", ""));
    CHECK(text_same_n("TCP,UDP", 3, "tcp") && !text_same_n("TCP", 2, "tcp"));
    CHECK(text_begins("SrcPort", "src") && text_begins("x", "") && !text_begins("sr", "src"));
    CHECK(!text_same("a[", "a{")); /* only letters have case */
}

static void test_likeness(struct check *t)
{
    static const char *const names[] = {"srcport", "dstport", "proto", "bytes", "packets"};

    CHECK_EQ_U64(text_distance("kitten", "sitting"), 3);
    CHECK_EQ_U64(text_distance("prot", "Proto"), 1);
    CHECK_EQ_U64(text_distance("porto", "proto"), 1); /* neighbours swapped */
    CHECK_EQ_U64(text_distance("", "abc"), 3);
    CHECK_STR(text_nearest("srcprot", names, 5), "srcport");
    CHECK_STR(text_nearest("byte", names, 5), "bytes");
    CHECK_STR(text_nearest("packet", names, 5), "packets");
    CHECK(text_nearest("zebra", names, 5) == NULL);
    CHECK(text_nearest("x", names, 5) == NULL);
    CHECK(text_nearest("a-very-long-word-that-nobody-would-ever-type", names, 5) == NULL);
}

CHECK_MAIN(test_numbers, test_case, test_likeness)
