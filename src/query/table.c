/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * table.c - see table.h.
 */
#include "query/table.h"

#include "query/gather.h"
#include "query/tablespill.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct member {
    enum field_id id;
    size_t offset, width;
} members[] = {
    {FIELD_FIRST_SEEN, offsetof(struct tally, first), 8},
    {FIELD_LAST_SEEN, offsetof(struct tally, last), 8},
    {FIELD_FLOWS, offsetof(struct tally, flows), 8},
    {FIELD_PACKETS, offsetof(struct tally, packets), 8},
    {FIELD_BYTES, offsetof(struct tally, bytes), 8},
    {FIELD_OUT_PACKETS, offsetof(struct tally, out_packets), 8},
    {FIELD_OUT_BYTES, offsetof(struct tally, out_bytes), 8},
    {FIELD_TCP_FLAGS, offsetof(struct tally, flags), 1},
};

enum { NMEMBERS = sizeof members / sizeof members[0] };

void tally_fields(struct field_set *set)
{
    field_set_add(set, FIELD_GROUPS);
    for (size_t i = 0; i < NMEMBERS; i++) {
        field_set_add(set, members[i].id);
    }
}

/* Reverse counters decide whether a flow has any, so they always matter, as its flows do. Orders
 * that are no sums may look at everything. */
void tally_fields_of(const struct field_set *shown, uint32_t orders, struct field_set *set)
{
    static const enum field_id always[] = {FIELD_GROUPS, FIELD_FLOWS, FIELD_OUT_PACKETS,
                                           FIELD_OUT_BYTES};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        field_set_add(set, always[i]);
    }
    for (size_t i = 0; i < NMEMBERS; i++) {
        if (field_set_has(shown, members[i].id)) {
            field_set_add(set, members[i].id);
        }
    }
    for (unsigned o = 0; o < ORDER_COUNT_; o++) {
        enum field_id sum[2];
        unsigned n = orders >> o & 1 ? order_sums((enum order_id)o, sum) : 0;
        if (n == 0 && (orders >> o & 1)) {
            tally_fields(set);
        }
        for (unsigned i = 0; i < n; i++) {
            field_set_add(set, sum[i]);
        }
    }
}

static bool is_absent(const struct column *c)
{
    return c->form == COLUMN_CONST && column_u64(c, 0) == 0;
}

/* Flows without counters count as one. step: octets from one count to the next. */
static void count_flows(struct batch *b, const uint32_t *rows, uint32_t n, bool zero_flows,
                        uint64_t *flows, size_t step)
{
    const struct column *groups = batch_column(b, FIELD_GROUPS);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t *count = (uint64_t *)((uint8_t *)flows + i * step);
        bool counted = *count != 0 || (zero_flows && (column_u64(groups, rows[i]) &
                                                      group_bit(GROUP_COUNTER)));
        *count = counted ? *count : 1;
    }
}

void tally_read(struct batch *b, const uint32_t *rows, uint32_t n, bool zero_flows,
                const struct field_set *fields, struct tally *out)
{
    if (n == 0) {
        return;
    }
    memset(out, 0, n * sizeof *out);
    for (size_t i = 0; i < NMEMBERS; i++) {
        const struct member *m = &members[i];
        const struct column *c = field_set_has(fields, m->id) ? batch_column(b, m->id) : NULL;
        if (c != NULL && !is_absent(c)) {
            gather_to(c, rows, n, (uint8_t *)out + m->offset, sizeof *out, m->width);
        }
    }
    count_flows(b, rows, n, zero_flows, &out->flows, sizeof *out);
}

enum { SUM_STRIP = 512 };

static void add_column(const struct column *c, const uint32_t *rows, uint32_t n, uint64_t *out)
{
    uint64_t strip[SUM_STRIP];
    for (uint32_t at = 0; at < n; at += SUM_STRIP) {
        uint32_t part = n - at < SUM_STRIP ? n - at : SUM_STRIP;
        column_gather(c, rows + at, part, strip);
        for (uint32_t i = 0; i < part; i++) {
            out[at + i] += strip[i];
        }
    }
}

void tally_read_sums(struct batch *b, const uint32_t *rows, uint32_t n, bool zero_flows,
                     enum order_id order, uint64_t *out)
{
    enum field_id field[2];
    unsigned nfields = order_sums(order, field);
    column_gather(batch_column(b, field[0]), rows, n, out);
    for (unsigned i = 1; i < nfields; i++) {
        const struct column *c = batch_column(b, field[i]);
        if (!is_absent(c)) {
            add_column(c, rows, n, out);
        }
    }
    if (field[0] == FIELD_FLOWS) {
        count_flows(b, rows, n, zero_flows, out, sizeof *out);
    }
}

uint32_t tally_rows(struct batch *b, const uint32_t *rows, uint32_t n, uint32_t *out)
{
    const struct column *groups = batch_column(b, FIELD_GROUPS);
    uint32_t kept = 0;
    if (b->groups_all & group_bit(GROUP_GENERIC)) {
        memcpy(out, rows, n * sizeof *out);
        return n;
    }
    for (uint32_t i = 0; i < n; i++) {
        out[kept] = rows[i];
        kept += (column_u64(groups, rows[i]) & group_bit(GROUP_GENERIC)) != 0;
    }
    return kept;
}

void table_init(struct table *t, const struct field_set *fields)
{
    struct field_set rest = *fields;
    field_set_close(&rest);
    for (size_t i = 0; i < NMEMBERS; i++) {
        field_set_remove(&rest, members[i].id);
    }
    rows_init(&t->rows, &rest, false);
    chunks_init(&t->tally, sizeof(struct tally));
    t->rank = NULL;
    t->plain = false;
    t->ranked = false;
    t->budget = NULL;
    t->spill = NULL;
    t->workers = 1;
}

void table_init_like(struct table *t, const struct table *like)
{
    *t = *like;
    rows_init_like(&t->rows, &like->rows);
    chunks_init(&t->tally, sizeof(struct tally));
    t->rank = NULL;
    t->spill = NULL;
}

void table_free(struct table *t)
{
    table_spill_free(t->spill);
    rows_free(&t->rows);
    chunks_free(&t->tally);
    free(t->rank);
}

void table_clear(struct table *t)
{
    rows_clear(&t->rows);
    chunks_clear(&t->tally);
    table_spill_free(t->spill);
    t->spill = NULL;
}

int table_add_tally(struct table *t, const struct tally *tally)
{
    struct tally *to = chunks_add(&t->tally);
    if (to == NULL) {
        return ERR_NOMEM;
    }
    *to = *tally;
    return 0;
}

int table_add(struct table *t, struct batch *b, const uint32_t *rows, uint32_t n,
              const struct tally *tally)
{
    int rc = rows_add(&t->rows, b, rows, n);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        rc = table_add_tally(t, &tally[i]);
    }
    return rc;
}

int table_put(struct table *t, const uint8_t *row, const struct tally *tally)
{
    int rc = rows_put(&t->rows, row);
    return rc != 0 ? rc : table_add_tally(t, tally);
}

int table_copy(struct table *t, const struct table *from, size_t i)
{
    assert(t->rows.row.width == from->rows.row.width && t->rows.nfields == from->rows.nfields);
    return table_put(t, chunks_at(&from->rows.row, i), table_tally(from, i));
}

/* ------------------------------------------------------------------ beyond the budget */

uint64_t table_total(const struct table *t)
{
    return table_count(t) + (t->spill != NULL ? table_spill_count(t->spill) : 0);
}

int table_spill_row(struct table *t, uint64_t first, const uint8_t *row, const struct tally *tally)
{
    if (t->spill == NULL) {
        t->spill = table_spill_new(t->budget);
    }
    return t->spill != NULL ? table_spill_add(t->spill, &t->rows, first, row, tally) : ERR_NOMEM;
}

static int move_out(struct table *t)
{
    uint64_t first = table_total(t) - table_count(t);
    int rc = 0;
    for (size_t i = 0; i < table_count(t) && rc == 0; i++) {
        rc = table_spill_row(t, first + i, chunks_at(&t->rows.row, i), table_tally(t, i));
    }
    rows_clear(&t->rows);
    chunks_clear(&t->tally);
    return rc;
}

int table_fit(struct table *t)
{
    size_t row = t->rows.row.width + t->tally.width + sizeof *t->rank;
    bool many = table_total(t) > RANK_PLAIN_FROM;
    bool full = table_count(t) * row + t->rows.bytes.used > budget_share(t->budget, 12);
    return many && full ? move_out(t) : 0;
}

/* ------------------------------------------------------------------ order */

static int start_ranks(struct table *t)
{
    if (t->rank != NULL) {
        return 0;
    }
    t->rank = malloc((table_count(t) + 1) * sizeof *t->rank);
    if (t->rank == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < table_count(t); i++) {
        t->rank[i] = (struct rank){0, i};
    }
    return 0;
}

static void fill_keys(struct table *t, enum order_id order)
{
    for (size_t i = 0; i < table_count(t); i++) {
        t->rank[i].key = order_value(order, table_tally(t, t->rank[i].item));
    }
}

/* Sort all rows, or those that are shown, in the plain order. */
static void sort_plain(struct table *t, bool ascending, uint64_t top)
{
    size_t n = table_count(t);
    if (top == 0 || top >= n) {
        rank_sort_plain(t->rank, n, t->workers);
    } else if (ascending) {
        rank_sort_least(t->rank, n, top);
    } else {
        rank_sort_greatest(t->rank, n, top);
    }
}

int table_rank(struct table *t, enum order_id order, bool ascending, uint64_t top)
{
    if (t->spill != NULL) {
        int rc = move_out(t);
        return rc != 0 ? rc : table_spill_rank(t->spill, order, ascending);
    }
    if (start_ranks(t) != 0) {
        return ERR_NOMEM;
    }
    if (order == ORDER_NONE || t->ranked) {
        return 0;
    }
    fill_keys(t, order);
    if (!t->plain && table_count(t) <= RANK_PLAIN_FROM) {
        rank_sort(t->rank, table_count(t));
    } else {
        sort_plain(t, ascending, top);
    }
    return 0;
}

static int compare_items(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    return x->item < y->item ? -1 : x->item > y->item;
}

/* Copy the chosen rows into fresh memory. */
static int keep_items(struct table *t, const struct rank *kept, size_t n)
{
    struct table fresh;
    int rc = 0;
    table_init_like(&fresh, t);
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = table_copy(&fresh, t, kept[i].item);
    }
    table_free(rc == 0 ? t : &fresh);
    if (rc == 0) {
        *t = fresh;
    }
    return rc;
}

int table_prune(struct table *t, enum order_id order, bool ascending, uint64_t top,
                uint64_t *border)
{
    struct rank *kept;
    size_t n = table_count(t);
    assert(top > 0 && top < n);
    t->plain = true;
    if (start_ranks(t) != 0) {
        return ERR_NOMEM;
    }
    fill_keys(t, order);
    sort_plain(t, ascending, top);
    kept = ascending ? t->rank : t->rank + (n - top);
    *border = ascending ? kept[top - 1].key : kept[0].key;
    qsort(kept, top, sizeof *kept, compare_items);
    return keep_items(t, kept, top);
}
