/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * printer.c - making printers and running rows through them.
 */
#include "print/printer.h"

#include "print/payloadtext.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct print_kind *const kinds[] = {
    [PRINT_FMT] = &print_kind_fmt,           [PRINT_CSV] = &print_kind_csv,
    [PRINT_CSV_FAST] = &print_kind_csv_fast, [PRINT_CSV16] = &print_kind_csv16,
    [PRINT_PIPE] = &print_kind_pipe,         [PRINT_JSON] = &print_kind_json,
    [PRINT_NDJSON] = &print_kind_ndjson,     [PRINT_RAW] = &print_kind_raw,
    [PRINT_NULL] = &print_kind_null,
};

static int parse(struct printer *p, const struct format *f, struct fault *fault,
                 struct buf *possible)
{
    switch (f->mode) {
    case PRINT_FMT:
        return format_parse_fmt(f->text, &p->arena, &p->items, fault, possible);
    case PRINT_CSV:
        return format_parse_csv(f->text, &p->arena, &p->items, fault, possible);
    case PRINT_CSV_FAST:
        return format_columns(COLUMNS_FAST, ",", &p->arena, &p->items);
    case PRINT_CSV16:
        return format_columns(COLUMNS_CSV16, ",", &p->arena, &p->items);
    case PRINT_PIPE:
        return format_columns(COLUMNS_PIPE, "|", &p->arena, &p->items);
    case PRINT_JSON:
    case PRINT_NDJSON:
    case PRINT_RAW:
    case PRINT_NULL:
        break;
    }
    return 0;
}

static void add_place(struct part *t, size_t i, enum field_id id)
{
    t->places[i] = place_of(id);
    if (id != FIELD_NONE) {
        field_set_add(&t->fields, id);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct keyed_spec *const *x = a;
    const struct keyed_spec *const *y = b;
    return (*x)->at < (*y)->at ? -1 : (*x)->at > (*y)->at;
}

/* Rows are sorted here, and not by their places in an array with gaps: 150 KB of that would be
 * relocated page by page whenever a program starts, a sixth of what that takes (2026-11-25). */
static const struct keyed_spec **in_order(struct printer *p, const struct keyed_spec *specs,
                                          size_t n)
{
    const struct keyed_spec **order = arena_alloc(&p->arena, n * sizeof *order);
    for (size_t i = 0; order != NULL && i < n; i++) {
        order[i] = &specs[i];
    }
    if (order != NULL) {
        qsort(order, n, sizeof *order, by_place);
    }
    return order;
}

int keyed_prepare(struct printer *p, const struct keyed_spec *specs, size_t n)
{
    const struct keyed_spec **order = in_order(p, specs, n);
    if (order == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const struct keyed_spec *s = order[i];
        struct part *t = part_add(&p->list, &p->arena);
        if (t == NULL) {
            return ERR_NOMEM;
        }
        t->prefix = s->prefix;
        t->prefix_len = (uint32_t)strlen(s->prefix);
        t->kind = s->kind;
        t->group = group_bit(s->group);
        t->when = s->when;
        t->width = s->width;
        for (size_t j = 0; j < 3; j++) {
            add_place(t, j, s->ids[j]);
        }
    }
    return 0;
}

int parts_end(struct printer *p, const char *text)
{
    struct part *t = part_add(&p->list, &p->arena);

    if (t == NULL) {
        return ERR_NOMEM;
    }
    t->prefix = text;
    t->prefix_len = (uint32_t)strlen(text);
    return 0;
}

void parts_without_geo(struct printer *p, part_fn *kind, part_fn *other, size_t places)
{
    for (size_t i = 0; i < p->list.n && p->options.geo == NULL; i++) {
        struct part *t = &p->list.parts[i];
        if (t->kind != kind) {
            continue;
        }
        t->kind = other;
        memset(&t->fields, 0, sizeof t->fields);
        for (size_t j = 0; j < 3; j++) {
            add_place(t, j, j < places ? t->places[j].id : FIELD_NONE);
        }
    }
}

static void collect_fields(struct printer *p)
{
    for (size_t i = 0; i < p->list.n; i++) {
        field_set_union(&p->fields, &p->list.parts[i].fields);
    }
    field_set_add(&p->fields, FIELD_GROUPS);
    field_set_close(&p->fields);
}

static int setup(struct printer *p, const char *format, struct fault *fault, struct buf *possible)
{
    struct format f;
    int rc = format_choose(format, &p->options, &p->arena, &f, fault, possible);

    if (rc != 0) {
        return rc;
    }
    p->mode = f.mode;
    p->kind = kinds[f.mode];
    p->options.long_ipv6 |= f.long_ipv6;
    p->tunnels = f.mode == PRINT_FMT || f.mode == PRINT_CSV;
    p->check_times = f.mode == PRINT_FMT || f.mode == PRINT_CSV;
    rc = parse(p, &f, fault, possible);
    if (rc == 0 && p->kind->prepare != NULL) {
        rc = p->kind->prepare(p);
    }
    collect_fields(p);
    return rc;
}

int printer_new(const char *format, const struct print_options *options, struct printer **out,
                struct fault *fault, struct buf *possible)
{
    struct printer *p = calloc(1, sizeof *p);
    int rc;

    if (p == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    arena_init(&p->arena);
    p->options = *options;
    rc = setup(p, format, fault, possible);
    if (rc != 0) {
        printer_free(p);
        return rc;
    }
    *out = p;
    return 0;
}

void printer_free(struct printer *p)
{
    if (p != NULL) {
        arena_free(&p->arena);
        free(p);
    }
}

enum print_mode printer_mode(const struct printer *p)
{
    return p->mode;
}

const struct field_set *printer_fields(const struct printer *p)
{
    return &p->fields;
}

bool printer_long_ipv6(const struct printer *p)
{
    return p->options.long_ipv6;
}

bool printer_has_summary(const struct printer *p)
{
    return p->kind->summary && !p->options.quiet;
}

/* The n-th token of the list, or NULL. */
static const struct token *nth_token(const struct printer *p, size_t n)
{
    for (size_t i = 0; i < p->items.n; i++) {
        if (p->items.items[i].literal == NULL && n-- == 0) {
            return p->items.items[i].token;
        }
    }
    return NULL;
}

size_t printer_ntags(const struct printer *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->items.n; i++) {
        n += p->items.items[i].literal == NULL;
    }
    return n;
}

const char *printer_tag(const struct printer *p, size_t i)
{
    const struct token *t = nth_token(p, i);
    return t != NULL ? t->tag : NULL;
}

void printer_head(const struct printer *p, struct buf *out)
{
    p->kind->head(p, out);
}

void printer_foot(const struct printer *p, struct buf *out)
{
    p->kind->foot(p, out);
}

void printer_nothing(const struct printer *p, struct buf *out)
{
    if (p->kind->nothing) {
        buf_str(out, "No matching flows\n");
    }
}

/* ---- rows ---- */

struct printer_work *printer_work_new(const struct printer *p)
{
    struct printer_work *w = calloc(1, sizeof *w);

    if (w == NULL) {
        return NULL;
    }
    w->printer = p;
    w->payload = payload_cache_new();
    if (w->payload == NULL) {
        free(w);
        return NULL;
    }
    clock_zone_init(&w->local, false);
    clock_zone_init(&w->utc, true);
    buf_init(&w->warnings);
    buf_init(&w->text);
    shapes_init(&w->shapes);
    return w;
}

void printer_work_free(struct printer_work *w)
{
    if (w != NULL) {
        payload_cache_free(w->payload);
        buf_free(&w->warnings);
        buf_free(&w->text);
        shapes_free(&w->shapes);
        free(w);
    }
}

void printer_work_names(struct printer_work *w, const struct flow_meta *meta)
{
    w->meta = meta;
}

struct buf *printer_work_warnings(struct printer_work *w)
{
    return &w->warnings;
}

/* The rows at hand, one after the other. */
static void write_rows(const struct printer *p, struct row *row, uint32_t n, struct buf *out)
{
    for (uint32_t i = 0; i < n; i++, row->line_no++) {
        row->at = i;
        row->work->loaded = false;
        payload_cache_reset(row->work->payload);
        p->kind->row(p, row, out);
    }
}

int printer_more_rows(const struct printer *p, struct printer_work *w, const uint32_t *rows,
                      size_t n, uint64_t first_no, struct buf *out)
{
    const struct batch *b = w->shapes.strips.batch;
    struct row row = {
        .r = &w->view.rec,
        .options = &p->options,
        .work = w,
        .line_no = first_no,
        .ident = b->ident,
        .names = {w->meta, b->meta},
    };

    for (size_t at = 0; at < n && p->mode != PRINT_NULL; at += STRIP_ROWS) {
        uint32_t part = (uint32_t)(n - at < STRIP_ROWS ? n - at : STRIP_ROWS);
        strips_move(&w->shapes.strips, rows, at, part);
        write_rows(p, &row, part, out);
    }
    return out->failed ? ERR_NOMEM : 0;
}

int printer_rows(const struct printer *p, struct printer_work *w, struct batch *b,
                 const uint32_t *rows, size_t n, uint64_t first_no, struct buf *out)
{
    int rc;

    assert(w->printer == p);
    rc = p->mode != PRINT_NULL ? view_bind(&w->view, b, &p->fields) : 0;
    if (rc != 0) {
        return rc;
    }
    shapes_bind(&w->shapes, b, &p->fields);
    return printer_more_rows(p, w, rows, n, first_no, out);
}

void print_help_formats(struct buf *out)
{
    format_list(NULL, out);
    token_list(false, out);
    token_list(true, out);
}
