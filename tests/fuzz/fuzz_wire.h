/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_wire.h - the body of the fuzz targets of export protocols.
 *
 * The input is one or more datagrams, each with its length (two octets, big-endian) in front, so
 * that templates and data can follow each other. Whatever comes, the decoder's own account must add
 * up and what it remembers must survive being saved and loaded.
 */
#ifndef WEIR_TESTS_FUZZ_WIRE_H
#define WEIR_TESTS_FUZZ_WIRE_H

#include "base/cur.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_seen {
    uint64_t flows;
    uint64_t sum; /* reads every octet that a span claims */
};

static void fuzz_flow(void *ctx, const struct wire_exporter *from, const struct rec *r)
{
    struct fuzz_seen *seen = ctx;
    if (from->id.sysid == 0 || !rec_has(r, GROUP_GENERIC) || r->received != 1700000000000) {
        abort();
    }
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        const struct field *f = field_of((enum field_id)id);
        if (f->type == TYPE_VAR) {
            const struct span *s = (const void *)((const char *)r + rec_offset((enum field_id)id));
            for (uint32_t i = 0; i < s->len; i++) {
                seen->sum += s->data[i];
            }
        }
    }
    seen->flows++;
}

static void fuzz_count(void *ctx, struct wire_exporter *e)
{
    uint64_t *flows = ctx;
    *flows += e->id.flows;
}

static void *fuzz_no_source(void *ctx, const struct ip *addr)
{
    (void)ctx;
    (void)addr;
    return NULL;
}

static void fuzz_save(struct wire *w, const struct wire_options *options,
                      const struct wire_sink *sink)
{
    struct wire *again = wire_new(options, sink);
    struct buf text;
    struct fault fault = {0};
    buf_init(&text);
    wire_save(w, &text);
    if (again == NULL || wire_load(again, text.data, text.len, fuzz_no_source, NULL, &fault) != 0) {
        abort();
    }
    buf_free(&text);
    wire_free(again);
}

static void fuzz_decode(struct wire *w, const uint8_t *data, size_t size)
{
    struct cur c = cur_of(data, size);
    while (cur_left(&c) > 2) {
        size_t len = cur_u16be(&c);
        struct wire_datagram d = {.from = ip_from_v4(0x7f000001), .received = 1700000000000};
        d.len = len < cur_left(&c) ? len : cur_left(&c);
        d.data = cur_take(&c, d.len);
        wire_decode(w, &d);
    }
}

/* ---- many records at once must give what one by one gives ---- */

static struct builder *fuzz_rows(void *ctx, const struct wire_exporter *from)
{
    (void)from;
    return builder_room(ctx) > 0 ? ctx : NULL;
}

static void fuzz_appended(void *ctx, const struct wire_exporter *from, struct builder *b,
                          uint32_t n)
{
    (void)from;
    if (b != ctx || n == 0 || n > builder_rows(b)) {
        abort();
    }
}

static void fuzz_add(void *ctx, const struct wire_exporter *from, const struct rec *r)
{
    (void)from;
    builder_add(ctx, r);
}

/* Fills *kept, which stays from run to run: its arrays are large, and fresh ones cost 50 msec. */
static struct batch *fuzz_build(const uint8_t *data, size_t size, struct wire_options *options,
                                bool columns, struct builder **kept)
{
    struct builder *b = *kept != NULL ? *kept : (*kept = builder_new());
    struct wire_sink sink = {.ctx = b, .flow = fuzz_add};
    struct wire *w;
    if (columns) {
        sink.rows = fuzz_rows;
        sink.appended = fuzz_appended;
    }
    w = wire_new(options, &sink);
    builder_reset(b);
    fuzz_decode(w, data, size);
    wire_free(w);
    return builder_batch(b);
}

static void fuzz_compare(const struct batch *a, const struct batch *b)
{
    struct field_set all = {{0}};
    field_set_add_all(&all);
    if (a->nrows != b->nrows || a->groups_any != b->groups_any || a->groups_all != b->groups_all) {
        abort();
    }
    for (uint32_t i = 0; i < a->nrows; i++) {
        struct rec one, many;
        batch_get_rec((struct batch *)(uintptr_t)a, i, &all, &one);
        batch_get_rec((struct batch *)(uintptr_t)b, i, &all, &many);
        for (unsigned id = 0; id < FIELD_STORED_; id++) {
            size_t at = rec_offset((enum field_id)id);
            size_t width = field_width((enum field_id)id);
            if (memcmp((char *)&one + at, (char *)&many + at, width) != 0) {
                abort();
            }
        }
    }
}

static void fuzz_columns(const uint8_t *data, size_t size)
{
    /* sampled by default: rates are applied to rows */
    struct wire_options options = {.limits = {.templates = 64, .exporters = 64},
                                   .sampling = size % 2 == 0 ? 10 : 0};
    static struct builder *one, *many;
    const struct batch *singly = fuzz_build(data, size, &options, false, &one);
    const struct batch *together = fuzz_build(data, size, &options, true, &many);
    fuzz_compare(singly, together);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_seen seen = {0, 0};
    struct wire_options options = {.limits = {.templates = 64, .exporters = 64}};
    struct wire_sink sink = {.ctx = &seen, .flow = fuzz_flow};
    struct wire *w = wire_new(&options, &sink);
    uint64_t flows = 0;
    fuzz_decode(w, data, size);
    wire_exporters(w, fuzz_count, &flows);
    if (flows != seen.flows) {
        abort();
    }
    fuzz_save(w, &options, &sink);
    wire_tick(w, 1800000000000);
    wire_free(w);
    fuzz_columns(data, size);
    return 0;
}

#endif
