/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_wirestate.c - the text in which templates and samplers survive a restart. What was loaded
 * must be saved in a form that can be loaded.
 */
#include "wire/wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void no_flow(void *ctx, const struct wire_exporter *from, const struct rec *r)
{
    (void)ctx;
    (void)from;
    (void)r;
}

static void *no_source(void *ctx, const struct ip *addr)
{
    (void)ctx;
    (void)addr;
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_options options = {.limits = {.exporters = 64, .templates = 64}};
    struct wire_sink sink = {.flow = no_flow};
    struct wire *w = wire_new(&options, &sink);
    struct wire *again = wire_new(&options, &sink);
    struct fault fault = {0};
    struct buf text;
    buf_init(&text);
    wire_load(w, (const char *)data, size, no_source, NULL, &fault);
    wire_save(w, &text);
    if (wire_load(again, text.data, text.len, no_source, NULL, &fault) != 0) {
        abort();
    }
    buf_free(&text);
    wire_free(w);
    wire_free(again);
    return 0;
}
