/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_filter.c - any text as a filter: rejected with a message, or run on a small batch where the
 * optimised and the plain program must agree.
 */
#include "../unit/filter/randomflows.h"

#include "filter/filter.h"

enum { ROWS = 20 };

static struct builder *flows(void)
{
    struct builder *b = builder_new();
    uint64_t seed = 7;
    struct rec r;
    for (int i = 0; b != NULL && i < ROWS; i++) {
        random_rec(&seed, &r);
        builder_add(b, &r);
    }
    return b;
}

static uint64_t run(const char *text, size_t len, struct builder *b, bool plain, int *rc)
{
    struct filter_env env = {.plain = plain};
    struct filter_report report;
    struct filter_work *w;
    struct filter *f = NULL;
    struct fault fault = {0};
    uint64_t sel = 0;
    filter_report_init(&report);
    *rc = filter_compile(text, len, NULL, &env, &f, &report, &fault);
    if (*rc == 0) {
        w = filter_work_new(f);
        filter_run(f, w, builder_batch(b), &sel);
        filter_work_free(w);
    } else if (report.detail.len == 0 || fault.text[0] == '\0') {
        abort(); /* never a rejection without a message */
    }
    filter_free(f);
    filter_report_free(&report);
    return sel;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char include[] = "@include";
    struct builder *b;
    uint64_t one, two;
    int rc1, rc2;
    for (size_t i = 0; i + 8 <= size; i++) {
        if (strncasecmp((const char *)data + i, include, 8) == 0) {
            return 0; /* no files of this machine */
        }
    }
    b = flows();
    one = run((const char *)data, size, b, false, &rc1);
    two = run((const char *)data, size, b, true, &rc2);
    if (rc1 != rc2 || one != two) {
        abort();
    }
    builder_free(b);
    return 0;
}
