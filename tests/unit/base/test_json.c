/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/json.h"
#include "../check.h"

struct pair {
    const char *text;
    size_t len;
    const char *json;
};

#define TEXT(s) (s), sizeof(s) - 1

static const struct pair pairs[] = {
    {TEXT(""), "\"\""},
    {TEXT("plain text"), "\"plain text\""},
    {TEXT("a\"b\\c/d"), "\"a\\\"b\\\\c/d\""},
    {TEXT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
    {TEXT("\0\x01\x1f"), "\"\\u0000\\u0001\\u001f\""},
    {TEXT("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"), "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\""},
    /* overlong, surrogate, above U+10FFFF, lone continuation, cut short: one mark per octet */
    {TEXT("\xc0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {TEXT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {TEXT("\xff|"), "\"\xef\xbf\xbd|\""},
    {TEXT("x\xe2\x82"), "\"x\xef\xbf\xbd\xef\xbf\xbd\""},
};

static void test_strings(struct check *t)
{
    struct buf b;

    buf_init(&b);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        buf_clear(&b);
        json_string(&b, pairs[i].text, pairs[i].len);
        CHECK_STR(buf_text(&b), pairs[i].json);
    }
    buf_free(&b);
}

CHECK_MAIN(test_strings)
