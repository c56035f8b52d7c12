/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * tablespill.c - see tablespill.h.
 */
#include "query/tablespill.h"

#include "query/runs.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 1 << 18 };

/* Before each row: its place among all, how long it is, and its tally. */
struct row_head {
    uint64_t first;
    uint64_t length;
    struct tally tally;
};

struct table_spill {
    struct budget *budget;
    struct spill file;
    struct buf out;      /* on its way to the file */
    struct runs *sorted; /* NULL: not sorted yet */
    uint64_t n;
};

struct table_spill *table_spill_new(struct budget *b)
{
    struct table_spill *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->budget = b;
        spill_init(&s->file, b);
        buf_init(&s->out);
    }
    return s;
}

void table_spill_free(struct table_spill *s)
{
    if (s != NULL) {
        spill_free(&s->file);
        buf_free(&s->out);
        runs_free(s->sorted);
        free(s);
    }
}

uint64_t table_spill_count(const struct table_spill *s)
{
    return s->n;
}

int table_spill_add(struct table_spill *s, const struct rows *rows, uint64_t first,
                    const uint8_t *row, const struct tally *tally)
{
    struct row_head head = {.tally = *tally, .first = first};
    size_t at = s->out.len;
    buf_add(&s->out, &head, sizeof head);
    rows_pack(rows, row, &s->out);
    if (s->out.failed) {
        return ERR_NOMEM;
    }
    head.length = s->out.len - at - sizeof head;
    memcpy(s->out.data + at, &head, sizeof head);
    s->n++;
    return s->out.len >= BUFFER ? spill_flush(&s->file, &s->out) : 0;
}

/* ------------------------------------------------------------------ sorting */

/* Runs ascend, so what is shown first gets the least key: tables are read backwards, unless they
 * are ascending; see ranksort.h for the order of equal keys, and table_show() for tables without
 * an order. */
static struct run_record record_of(const struct row_head *h, enum order_id order, bool ascending)
{
    if (order == ORDER_NONE) {
        return (struct run_record){.tie = ascending ? h->first : ~h->first};
    }
    return ascending ? (struct run_record){order_value(order, &h->tally), ~h->first, 0, NULL}
                     : (struct run_record){~order_value(order, &h->tally), h->first, 0, NULL};
}

/* The tally and the row behind it are the record. 1, 0: there was none, or ERR_*. */
static int sort_row(struct table_spill *s, struct spill_reader *from, enum order_id order,
                    bool ascending)
{
    struct run_record record;
    struct row_head h;
    int rc = spill_ahead(from, sizeof h);
    if (rc != 1) {
        return rc;
    }
    memcpy(&h, spill_at(from), sizeof h);
    rc = spill_ahead(from, sizeof h + h.length);
    if (rc != 1) {
        return rc;
    }
    record = record_of(&h, order, ascending);
    record.data = spill_at(from) + offsetof(struct row_head, tally);
    record.length = (uint32_t)(sizeof h.tally + h.length);
    spill_pass(from, sizeof h + h.length);
    rc = runs_add(s->sorted, &record);
    return rc != 0 ? rc : 1;
}

int table_spill_rank(struct table_spill *s, enum order_id order, bool ascending)
{
    struct spill_reader from;
    int rc = spill_flush(&s->file, &s->out);
    runs_free(s->sorted);
    s->sorted = runs_new(s->budget);
    if (rc != 0 || s->sorted == NULL) {
        return rc != 0 ? rc : ERR_NOMEM;
    }
    rc = spill_reader_init(&from, &s->file, 0, s->file.size, BUFFER);
    for (int more = rc == 0; more == 1 && rc == 0;) {
        more = sort_row(s, &from, order, ascending);
        rc = more < 0 ? more : 0;
    }
    spill_reader_free(&from);
    return rc != 0 ? rc : runs_sort(s->sorted);
}

int table_spill_page(struct table_spill *s, struct table *page, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct run_record record;
        struct tally tally;
        int rc = runs_next(s->sorted, &record);
        if (rc != 1) {
            return rc != 0 ? rc : ERR_IO;
        }
        memcpy(&tally, record.data, sizeof tally);
        rows_unpack(&page->rows, record.data + sizeof tally);
        rc = table_put(page, record.data + sizeof tally, &tally);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}
