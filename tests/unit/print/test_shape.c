/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_shape.c - records written by shapes read as if each part had been written by itself.
 *
 * Random flows, in columns as builders make them and in columns of codes, through all tokens and
 * all formats that have one; the plain way is parts_write() with the whole record.
 */
#include "../check.h"
#include "../store/randomflows.h"
#include "print/payloadtext.h"
#include "print/printer.h"
#include "print/token.h"

enum { ROWS = 1500, TAGS = 24 };

/* A column's values as a table without repetition, and codes. */
static void code_column(struct batch *b, enum field_id id)
{
    struct column c = *batch_column(b, id);
    uint8_t *values = arena_alloc(&b->arena, (size_t)b->nrows * c.width);
    uint16_t *codes = arena_alloc(&b->arena, b->nrows * sizeof *codes);
    uint32_t n = 0;

    for (uint32_t i = 0; i < b->nrows; i++) {
        const uint8_t *v = (const uint8_t *)c.values + (size_t)i * c.width;
        uint32_t code = 0;
        while (code < n && memcmp(values + (size_t)code * c.width, v, c.width) != 0) {
            code++;
        }
        memcpy(values + (size_t)code * c.width, v, c.width);
        n += code == n;
        codes[i] = (uint16_t)code;
    }
    batch_set_column(b, id, &(struct column){.form = COLUMN_DICT, .width = c.width,
                                             .code_width = 2, .nvalues = n, .values = values,
                                             .codes = codes});
}

static void code_columns(struct batch *b)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (batch_column(b, (enum field_id)id)->form == COLUMN_FLAT) {
            code_column(b, (enum field_id)id);
        }
    }
}

/* Each part of each row by itself. */
static void write_plainly(const struct printer *p, struct batch *b, struct buf *out)
{
    struct printer_work *w = printer_work_new(p);
    struct row row = {.r = &w->view.rec, .options = &p->options, .work = w, .ident = b->ident,
                      .names = {NULL, b->meta}};

    view_bind(&w->view, b, &p->fields);
    for (uint32_t i = 0; i < b->nrows; i++) {
        view_load(&w->view, i);
        w->loaded = true;
        payload_cache_reset(w->payload);
        row.line_no = i + 1;
        if (p->mode == PRINT_JSON && i > 0) {
            buf_str(out, ",\n");
        }
        parts_write(&p->list, &row, out);
    }
    printer_work_free(w);
}

/* Rows in two calls, the second one with their numbers. */
static void write_by_shapes(const struct printer *p, struct batch *b, struct buf *out)
{
    struct printer_work *w = printer_work_new(p);
    uint32_t rows[ROWS];

    for (uint32_t i = 0; i < b->nrows; i++) {
        rows[i] = i;
    }
    printer_rows(p, w, b, NULL, 700, 1, out);
    printer_more_rows(p, w, rows + 700, b->nrows - 700, 701, out);
    printer_work_free(w);
}

/* The first line that differs is shown. */
static void compare(struct check *t, const char *format, struct buf *got, struct buf *want)
{
    size_t at = 0, from = 0;

    while (at < got->len && at < want->len && got->data[at] == want->data[at]) {
        from = got->data[at] == '\n' ? at + 1 : from;
        at++;
    }
    CHECK(want->len > 0);
    if (at < got->len || at < want->len) {
        buf_text(got);
        buf_text(want);
        printf("%.60s\n", format);
        got->data[from + strcspn(got->data + from, "\n")] = '\0';
        want->data[from + strcspn(want->data + from, "\n")] = '\0';
        CHECK_STR(got->data + from, want->data + from);
    } else {
        CHECK(got->len == want->len);
    }
}

static void try_format(struct check *t, const char *format, const struct print_options *options,
                       struct batch *b)
{
    struct printer *p = NULL;
    struct buf got, want;

    buf_init(&got);
    buf_init(&want);
    CHECK(printer_new(format, options, &p, NULL, &got) == 0);
    write_by_shapes(p, b, &got);
    write_plainly(p, b, &want);
    compare(t, format, &got, &want);
    buf_free(&got);
    buf_free(&want);
    printer_free(p);
}

/* All tokens of the list that --help=fmt shows, some at a time. */
static void try_tokens(struct check *t, bool csv, const struct print_options *options,
                       struct batch *b)
{
    struct buf list, format;
    unsigned in_format = 0;
    const char *at;

    buf_init(&list);
    buf_init(&format);
    token_list(csv, &list);
    for (at = strchr(buf_text(&list), '%'); at != NULL; at = strchr(at + 1, '%')) {
        buf_str(&format, in_format > 0 ? csv ? "," : "|" : csv ? "csv:" : "fmt:");
        buf_add(&format, at, strcspn(at, " \n"));
        in_format++;
        if (in_format == TAGS || strchr(at + 1, '%') == NULL) {
            try_format(t, buf_text(&format), options, b);
            buf_clear(&format);
            in_format = 0;
        }
    }
    buf_free(&format);
    buf_free(&list);
}

static void try_batch(struct check *t, struct batch *b)
{
    static const char *const formats[] = {"json", "ndjson", "csv-fast", "pipe", "csv16", "line"};
    const struct print_options none = {.quiet = true};
    const struct print_options some = {.plain_numbers = true, .long_ipv6 = true,
                                       .tag_addresses = true, .count_lines = true};

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        try_format(t, formats[i], &none, b);
        try_format(t, formats[i], &some, b);
    }
    try_tokens(t, false, &none, b);
    try_tokens(t, false, &some, b);
    try_tokens(t, true, &none, b);
}

/* A tunnel's own line is not made of parts of the record. */
static void without_tunnels(struct rec *r)
{
    struct rec f = *r;

    f.groups &= ~(group_bit(GROUP_TUNNEL4) | group_bit(GROUP_TUNNEL6));
    rec_clear(r);
    r->groups = f.groups;
    for (unsigned id = FIELD_ENGINE_TYPE; id < FIELD_STORED_; id++) {
        size_t at = rec_offset((enum field_id)id);
        size_t width = field_width((enum field_id)id);
        if (rec_has(&f, field_of((enum field_id)id)->group)) {
            memcpy((char *)r + at, (char *)&f + at, width > 0 ? width : sizeof(struct span));
        }
    }
}

static void try_flows(struct check *t, void (*make)(struct rec *r, uint64_t *seed), uint64_t seed,
                      uint64_t repeat)
{
    struct builder *builder = builder_new();
    uint64_t again = seed;

    for (uint64_t i = 0; i < ROWS; i++) {
        struct rec r;
        if (i % repeat == 0) {
            seed = again; /* so that codes come again */
        }
        make(&r, &seed);
        without_tunnels(&r);
        builder_add(builder, &r);
    }
    try_batch(t, builder_batch(builder));
    code_columns(builder_batch(builder));
    try_batch(t, builder_batch(builder));
    builder_free(builder);
}

/* Masks, flags and protocols that do not follow from the addresses. */
static void mixed_rec(struct rec *r, uint64_t *seed)
{
    static const uint8_t protocols[] = {6, 17, 1, 58};
    uint64_t x = check_random(seed);

    plausible_rec(r, seed);
    r->src_addr = ip_from_v4(0x0a000000u + (uint32_t)(x % 9) * 65793);
    r->proto = protocols[x >> 8 & 3];
    r->tcp_flags = (uint8_t)(x >> 16);
    r->src_mask = (uint8_t)((x >> 24) % 34);
    r->dst_mask = (uint8_t)((x >> 32) % 3);
}

static void test_plausible_flows(struct check *t)
{
    try_flows(t, plausible_rec, 1, ROWS);
    try_flows(t, plausible_rec, 2, 30);
    try_flows(t, mixed_rec, 5, ROWS);
}

static void test_any_flows(struct check *t)
{
    try_flows(t, random_rec, 3, ROWS);
    try_flows(t, random_rec, 4, 40);
}

static void set_utc(struct check *t)
{
    setenv("TZ", "UTC", 1);
    CHECK(getenv("TZ") != NULL);
}

CHECK_MAIN(set_utc, test_plausible_flows, test_any_flows)
