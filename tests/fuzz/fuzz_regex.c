/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_regex.c - regular expressions. Input: flags, a newline, the expression, a newline, the data.
 * Both engines must agree. The length of expression and data is limited, so that runs stay short.
 */
#include "payload/regex.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 200, DATA_MAX = 400 };

struct input {
    char flags[8];
    const char *text;
    size_t text_len;
    const char *data;
    size_t data_len;
};

static bool split(struct input *in, const char *data, size_t size)
{
    const char *first = (const char *)memchr(data, '\n', size);
    const char *second;
    size_t rest;

    if (first == NULL || (size_t)(first - data) >= sizeof in->flags) {
        return false;
    }
    memcpy(in->flags, data, (size_t)(first - data));
    in->flags[first - data] = '\0';
    in->text = first + 1;
    rest = size - (size_t)(in->text - data);
    second = (const char *)memchr(in->text, '\n', rest);
    in->text_len = second != NULL ? (size_t)(second - in->text) : rest;
    in->data = second != NULL ? second + 1 : in->text;
    in->data_len = second != NULL ? rest - in->text_len - 1 : 0;
    return in->text_len <= TEXT_MAX && in->data_len <= DATA_MAX;
}

static int search(const struct input *in, enum regex_engine engine)
{
    struct regex *re;
    struct regex_scratch *scratch;
    int rc = regex_compile(in->text, in->text_len, in->flags, engine, &re, NULL);

    if (rc != 0) {
        return rc;
    }
    scratch = regex_scratch_new(re);
    rc = scratch != NULL ? regex_match(re, in->data, in->data_len, scratch) : ERR_NOMEM;
    regex_scratch_free(scratch);
    regex_free(re);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in;

    if (split(&in, (const char *)data, size)) {
        int own = search(&in, REGEX_OWN);
        int best = search(&in, REGEX_BEST);
        if (own != best && own != ERR_UNSUPPORTED) {
            abort();
        }
    }
    return 0;
}
