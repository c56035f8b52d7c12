/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_base.c - the texts strangers hand to base: addresses, numbers, JSON strings, options.
 * What is accepted must survive being printed and read again.
 */
#include "base/ip.h"
#include "base/json.h"
#include "base/opt.h"
#include "base/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void address(const char *text, size_t len)
{
    struct ip ip;
    struct ip again;
    char printed[IP_TEXT_MAX];
    int family = ip_parse(text, len, &ip);

    if (family != 0) {
        size_t n = ip_format(&ip, family, printed);
        if (n >= IP_TEXT_MAX || ip_parse(printed, n, &again) != family || !ip_equal(&ip, &again)) {
            abort();
        }
    }
}

static void json(const char *text, size_t len)
{
    struct buf b;

    buf_init(&b);
    json_string(&b, text, len);
    for (size_t i = 0; i < b.len; i++) {
        if ((uint8_t)b.data[i] < 0x20) {
            abort();
        }
    }
    buf_free(&b);
}

/* The input as the words of a command line, cut at its zero octets. */
static void options(const char *text, size_t len)
{
    static const struct opt_row rows[] = {
        {'r', "read", OPT_REQUIRED, "file", "read"},
        {'z', NULL, OPT_OPTIONAL, "method", "compress"},
        {'q', "quiet", OPT_NONE, NULL, "say less"},
        {OPT_LONG, "query", OPT_NONE, NULL, "ask"},
    };
    char *copy = calloc(len + 1, 1);
    char *argv[18] = {(char[]){"fuzz"}};
    int argc = 1;
    struct arena a;
    struct opt_result result;
    struct fault fault;

    if (copy == NULL) {
        return;
    }
    memcpy(copy, text, len);
    for (size_t at = 0; at < len && argc < 17; at += strlen(copy + at) + 1) {
        argv[argc++] = copy + at;
    }
    arena_init(&a);
    (void)opt_parse(rows, sizeof rows / sizeof rows[0], argc, argv, &a, &result, &fault);
    arena_free(&a);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    uint64_t v;

    address(text, size);
    json(text, size);
    options(text, size);
    (void)text_u64(text, size, 0, UINT64_MAX, &v);
    return 0;
}
