/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/buf.h"
#include "../check.h"

static void test_numbers(struct check *t)
{
    uint64_t state = 7;
    struct buf b;
    char want[64];

    buf_init(&b);
    for (int i = 0; i < 2000; i++) {
        uint64_t v = i < 200 ? (uint64_t)i : check_random(&state) >> (i % 64);
        buf_clear(&b);
        buf_u64(&b, v);
        snprintf(want, sizeof want, "%" PRIu64, v);
        CHECK_STR(buf_text(&b), want);
    }
    buf_clear(&b);
    buf_u64(&b, UINT64_MAX);
    CHECK_STR(buf_text(&b), "18446744073709551615");
    buf_free(&b);
}

static void test_padding(struct check *t)
{
    struct buf b;
    char want[64];

    buf_init(&b);
    for (int width = -12; width <= 12; width++) {
        for (uint64_t v = 1; v < 1000000000; v = v * 10 + 3) {
            buf_clear(&b);
            buf_u64_pad(&b, v, width);
            snprintf(want, sizeof want, "%*" PRIu64, width, v);
            CHECK_STR(buf_text(&b), want);
        }
        buf_clear(&b);
        buf_str_pad(&b, "proto", 5, width);
        snprintf(want, sizeof want, "%*s", width, "proto");
        CHECK_STR(buf_text(&b), want);
    }
    buf_free(&b);
}

static void test_texts(struct check *t)
{
    struct buf b;

    buf_init(&b);
    CHECK_STR(buf_text(&b), "");
    buf_str(&b, "as");
    buf_char(&b, ' ');
    buf_hex(&b, 0xbeef, 6);
    buf_fill(&b, '-', 3);
    buf_hex(&b, 0x12345, 2);
    buf_printf(&b, " %s", "end");
    CHECK_STR(buf_text(&b), "as 00beef---45 end");
    buf_free(&b);
}

static void test_growth(struct check *t)
{
    struct buf b;
    char *big = malloc(100000);

    CHECK_OR_RETURN(big != NULL);
    memset(big, 'x', 99999);
    big[99999] = '\0';
    buf_init(&b);
    buf_printf(&b, "%s|%s", big, big); /* larger than any first guess */
    CHECK_EQ_U64(b.len, 2 * 99999 + 1);
    CHECK(b.data[99999] == '|' && b.data[b.len - 1] == 'x');
    for (int i = 0; i < 100000; i++) {
        buf_char(&b, (char)('a' + i % 26));
    }
    CHECK_EQ_U64(b.len, 2 * 99999 + 1 + 100000);
    CHECK(b.data[2 * 99999 + 1 + 25] == 'z');
    buf_free(&b);
    free(big);
}

static void test_failure_sticks(struct check *t)
{
    struct buf b;

    buf_init(&b);
    buf_str(&b, "kept");
    CHECK(buf_room(&b, SIZE_MAX / 2) == NULL);
    CHECK(b.failed);
    buf_str(&b, "ignored");
    CHECK_EQ_U64(b.len, 4);
    CHECK_STR(buf_text(&b), "");
    buf_free(&b);
    CHECK(!b.failed);
}

CHECK_MAIN(test_numbers, test_padding, test_texts, test_growth, test_failure_sticks)
