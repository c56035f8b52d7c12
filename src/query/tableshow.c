/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * tableshow.c - ranked tables as batches, or as text that several threads make.
 *
 * A page is SHOW_ROWS rows in the order in which they are shown. Pages of a table in memory do not
 * depend on each other; those of a spilled table are read one after the other.
 */
#include "query/table.h"

#include "base/bits.h"
#include "base/pool.h"
#include "query/tablespill.h"
#include "query/turn.h"

#include <stdlib.h>
#include <string.h>

enum { SHOW_ROWS = 4096 };

/* ------------------------------------------------------------------ batches */

static const enum field_id counters[] = {FIELD_FIRST_SEEN, FIELD_LAST_SEEN, FIELD_FLOWS,
                                         FIELD_PACKETS, FIELD_BYTES, FIELD_OUT_PACKETS,
                                         FIELD_OUT_BYTES, FIELD_TCP_FLAGS};

static uint64_t counter(const struct tally *t, enum field_id id)
{
    switch (id) {
    case FIELD_FIRST_SEEN:
        return t->first;
    case FIELD_LAST_SEEN:
        return t->last;
    case FIELD_FLOWS:
        return t->flows;
    case FIELD_PACKETS:
        return t->packets;
    case FIELD_BYTES:
        return t->bytes;
    case FIELD_OUT_PACKETS:
        return t->out_packets;
    case FIELD_OUT_BYTES:
        return t->out_bytes;
    default:
        return t->flags;
    }
}

/* The counter group is there if the first flow had it, or if there is something to say in it. */
static bool wants_counters(uint64_t groups, const struct tally *t)
{
    return (groups & group_bit(GROUP_COUNTER)) || t->flows > 1 || t->out_packets > 0;
}

static int groups_column(struct table *t, const uint64_t *which, uint32_t n, struct batch *b)
{
    uint64_t *groups = arena_alloc(&b->arena, (size_t)n * sizeof *groups);
    struct column c = {.form = COLUMN_FLAT, .width = 8, .nvalues = n, .values = groups};
    if (groups == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < n; i++) {
        groups[i] = rows_u64(&t->rows, which[i], FIELD_GROUPS);
        if (wants_counters(groups[i], table_tally(t, which[i]))) {
            groups[i] |= group_bit(GROUP_COUNTER);
            b->groups_any |= group_bit(GROUP_COUNTER);
        }
    }
    batch_set_column(b, FIELD_GROUPS, &c);
    return 0;
}

static int counter_column(struct table *t, const uint64_t *which, uint32_t n, enum field_id id,
                          struct batch *b)
{
    const struct column *groups = batch_column(b, FIELD_GROUPS);
    uint64_t absent = ~group_bit(field_of(id)->group);
    uint64_t *values = arena_alloc(&b->arena, (size_t)n * sizeof *values);
    struct column c = {.form = COLUMN_FLAT, .width = 8, .nvalues = n, .values = values};
    if (values == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < n; i++) {
        values[i] = (column_u64(groups, i) & ~absent) ? counter(table_tally(t, which[i]), id) : 0;
    }
    if (field_width(id) == 1) {
        uint8_t *narrow = (uint8_t *)values;
        for (uint32_t i = 0; i < n; i++) {
            narrow[i] = (uint8_t)values[i];
        }
        c.width = 1;
    }
    batch_set_column(b, id, &c);
    return 0;
}

static int make_batch(struct table *t, const uint64_t *which, uint32_t n, struct batch *b)
{
    int rc = rows_batch(&t->rows, which, n, b);
    if (rc == 0) {
        rc = groups_column(t, which, n, b);
    }
    for (size_t i = 0; i < sizeof counters / sizeof counters[0] && rc == 0; i++) {
        rc = counter_column(t, which, n, counters[i], b);
    }
    return rc;
}

static bool side_fits(bool has, bool below, uint64_t limit, uint64_t value)
{
    return !has || (below ? value <= limit : value >= limit);
}

static void cut_limits(struct table *t, const struct table_view *v, const uint64_t *which,
                       uint32_t n, uint64_t *bits)
{
    for (uint32_t i = 0; i < n && (v->has_min_packets || v->has_min_bytes); i++) {
        const struct tally *y = table_tally(t, which[i]);
        if (!side_fits(v->has_min_packets, v->packets_below, v->packets,
                       y->packets + y->out_packets) ||
            !side_fits(v->has_min_bytes, v->bytes_below, v->bytes, y->bytes + y->out_bytes)) {
            bits_clear(bits, i);
        }
    }
}

/* ------------------------------------------------------------------ pages */

struct page {
    struct table *table;
    struct table read;  /* rows of a spilled table */
    const struct table_view *view;
    struct batch batch;
    struct filter_work *work;
    uint64_t at;        /* rows of the table before it */
    uint32_t n;
    uint64_t which[SHOW_ROWS];
    uint64_t bits[BITS_WORDS(SHOW_ROWS)];
    uint32_t rows[SHOW_ROWS];
    /* if it becomes text */
    void *format_work;
    struct buf text;
    int rc;
};

static void page_free(struct page *p)
{
    filter_work_free(p->work);
    batch_free(&p->batch);
    table_free(&p->read);
    buf_free(&p->text);
    free(p);
}

static struct page *page_new(struct table *t, const struct table_view *view)
{
    struct page *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    p->table = t;
    p->view = view;
    table_init_like(&p->read, t);
    batch_init(&p->batch);
    buf_init(&p->text);
    p->work = view->post != NULL ? filter_work_new(view->post) : NULL;
    if (view->post != NULL && p->work == NULL) {
        page_free(p);
        return NULL;
    }
    return p;
}

static uint64_t rows_shown(const struct table *t, const struct table_view *view)
{
    uint64_t count = table_total(t);
    return view->top != 0 && view->top < count ? view->top : count;
}

/* Name the rows of the page in a table in memory. */
static void name_rows(struct page *p)
{
    uint64_t count = table_count(p->table);
    for (uint32_t i = 0; i < p->n; i++) {
        uint64_t place = p->view->ascending ? p->at + i : count - 1 - (p->at + i);
        p->which[i] = p->table->rank[place].item;
    }
}

static int read_rows(struct page *p)
{
    table_clear(&p->read);
    for (uint32_t i = 0; i < p->n; i++) {
        p->which[i] = i;
    }
    return table_spill_page(p->table->spill, &p->read, p->n);
}

/* Which rows the page has, from the at-th one shown. Pages of a spilled table come in order. */
static int page_turn(struct page *p, uint64_t at)
{
    uint64_t left = rows_shown(p->table, p->view) - at;
    p->at = at;
    p->n = (uint32_t)(left < SHOW_ROWS ? left : SHOW_ROWS);
    return p->table->spill != NULL ? read_rows(p) : 0;
}

static int page_show(struct page *p, table_shower *show, void *ctx)
{
    struct table *t = p->table->spill != NULL ? &p->read : p->table;
    struct batch *b = &p->batch;
    uint32_t n;
    int rc;
    if (p->table->spill == NULL) {
        name_rows(p);
    }
    rc = make_batch(t, p->which, p->n, b);
    b->first_no = p->at + 1;
    b->ident = p->view->ident;
    b->meta = p->view->meta;
    if (rc == 0 && p->view->guess_direction) {
        rc = turn_flows(b);
    }
    if (rc != 0) {
        return rc;
    }
    if (p->view->post != NULL) {
        rc = filter_run(p->view->post, p->work, b, p->bits);
    } else {
        bits_fill(p->bits, p->n, true);
    }
    cut_limits(t, p->view, p->which, p->n, p->bits);
    n = (uint32_t)bits_rows(p->bits, p->n, p->rows);
    return rc != 0 ? rc : show(ctx, b, p->rows, n, p->bits);
}

int table_show(struct table *t, const struct table_view *view, table_shower *show, void *ctx)
{
    struct page *p = page_new(t, view);
    int rc = p != NULL ? 0 : ERR_NOMEM;
    for (uint64_t at = 0; rc == 0 && at < rows_shown(t, view); at += SHOW_ROWS) {
        rc = page_turn(p, at);
        rc = rc != 0 ? rc : page_show(p, show, ctx);
    }
    if (p != NULL) {
        page_free(p);
    }
    return rc;
}

/* ------------------------------------------------------------------ text */

enum { PAGES_MOST = 64 };

struct printing {
    const struct table_format *format;
    struct pool *pool;
    struct page *page[PAGES_MOST]; /* turned round by round */
    unsigned npages;
};

struct page_format {
    struct page *page;
    const struct table_format *format;
};

static int format_rows(void *ctx, struct batch *b, const uint32_t *rows, uint32_t n,
                       const uint64_t *bits)
{
    const struct page_format *f = ctx;
    (void)bits;
    return f->format->rows(f->format->ctx, f->page->format_work, b, rows, n, &f->page->text);
}

static void format_page(void *job, unsigned worker, void *context)
{
    struct page_format f = {job, context};
    (void)worker;
    f.page->rc = page_show(f.page, format_rows, &f);
}

/* Put the text of the oldest page out. */
static int put_page(struct printing *p, struct page *page)
{
    int rc = page->rc != 0 ? page->rc : page->text.failed ? ERR_NOMEM : 0;
    rc = rc != 0 ? rc : p->format->put(p->format->ctx, page->format_work, &page->text);
    buf_clear(&page->text);
    return rc;
}

static int print_pages(struct printing *p, uint64_t count)
{
    unsigned next = 0;
    int rc = 0;
    for (uint64_t at = 0; at < count && rc == 0; at += SHOW_ROWS) {
        struct page *page = p->page[next];
        if (pool_is_full(p->pool)) {
            rc = put_page(p, pool_next(p->pool));
        }
        rc = rc != 0 ? rc : page_turn(page, at);
        if (rc == 0) {
            pool_submit(p->pool, page);
            next = (next + 1) % p->npages;
        }
    }
    for (struct page *page; (page = pool_next(p->pool)) != NULL;) {
        rc = rc != 0 ? rc : put_page(p, page);
    }
    return rc;
}

static int start_pages(struct printing *p, struct table *t, const struct table_view *view,
                       unsigned wanted)
{
    while (p->npages < wanted) {
        struct page *page = page_new(t, view);
        if (page == NULL) {
            return ERR_NOMEM;
        }
        p->page[p->npages++] = page;
        page->format_work = p->format->work_new(p->format->ctx);
        if (page->format_work == NULL) {
            return ERR_NOMEM;
        }
    }
    return 0;
}

static void end_pages(struct printing *p)
{
    for (unsigned i = 0; i < p->npages; i++) {
        if (p->page[i]->format_work != NULL) {
            p->format->work_free(p->page[i]->format_work);
        }
        page_free(p->page[i]);
    }
}

int table_print(struct table *t, const struct table_view *view, const struct table_format *format,
                unsigned workers)
{
    uint64_t count = rows_shown(t, view), pages = (count + SHOW_ROWS - 1) / SHOW_ROWS;
    unsigned most = 2 * workers < PAGES_MOST ? 2 * workers : PAGES_MOST;
    unsigned window = workers < 2 || pages < 2 ? 1 : pages < most ? (unsigned)pages : most;
    struct printing p = {.format = format};
    int rc = start_pages(&p, t, view, window);
    if (rc == 0) {
        p.pool = pool_new(window < 2 ? 0 : workers, window, format_page,
                          (void *)(uintptr_t)format);
        rc = p.pool != NULL ? print_pages(&p, count) : ERR_NOMEM;
    }
    pool_free(p.pool);
    end_pages(&p);
    return rc;
}
