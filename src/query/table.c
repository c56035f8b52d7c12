/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * table.c - see table.h.
 */
#include "query/table.h"

#include "base/bits.h"
#include "query/gather.h"
#include "query/tablespill.h"
#include "query/turn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SHOW_ROWS = 4096 };

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
        gather_u64(c, rows + at, part, strip);
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
    gather_u64(batch_column(b, field[0]), rows, n, out);
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
}

/* An empty table with the same layout. */
static void table_init_like(struct table *t, const struct table *like)
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
    } else if (ascending) {
        rank_sort_least(t->rank, table_count(t), top);
    } else {
        rank_sort_greatest(t->rank, table_count(t), top);
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
    if (ascending) {
        rank_sort_least(t->rank, n, top);
    } else {
        rank_sort_greatest(t->rank, n, top);
    }
    kept = ascending ? t->rank : t->rank + (n - top);
    *border = ascending ? kept[top - 1].key : kept[0].key;
    qsort(kept, top, sizeof *kept, compare_items);
    return keep_items(t, kept, top);
}

/* ------------------------------------------------------------------ showing */

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

struct show {
    struct table *table;
    struct table page;  /* rows of a spilled table */
    const struct table_view *view;
    struct batch batch;
    struct filter_work *work;
    uint64_t which[SHOW_ROWS];
    uint64_t bits[BITS_WORDS(SHOW_ROWS)];
    uint32_t rows[SHOW_ROWS];
};

static int show_part(struct show *s, uint64_t number, uint32_t n, table_shower *show, void *ctx)
{
    struct table *t = s->table->spill != NULL ? &s->page : s->table;
    struct batch *b = &s->batch;
    int rc = make_batch(t, s->which, n, b);
    b->first_no = number;
    b->ident = s->view->ident;
    b->meta = s->view->meta;
    if (rc == 0 && s->view->guess_direction) {
        rc = turn_flows(b);
    }
    if (rc != 0) {
        return rc;
    }
    if (s->view->post != NULL) {
        rc = filter_run(s->view->post, s->work, b, s->bits);
    } else {
        bits_fill(s->bits, n, true);
    }
    cut_limits(t, s->view, s->which, n, s->bits);
    n = (uint32_t)bits_rows(s->bits, n, s->rows);
    return rc != 0 ? rc : show(ctx, b, s->rows, n, s->bits);
}

/* Name rows of the table in memory, n from the `at`-th one shown. */
static void name_rows(struct show *s, uint64_t at, uint32_t n)
{
    uint64_t count = table_count(s->table);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t place = s->view->ascending ? at + i : count - 1 - (at + i);
        s->which[i] = s->table->rank[place].item;
    }
}

static int read_page(struct show *s, struct table_spill *spill, uint32_t n)
{
    table_clear(&s->page);
    for (uint32_t i = 0; i < n; i++) {
        s->which[i] = i;
    }
    return table_spill_page(spill, &s->page, n);
}

static int show_all(struct show *s, table_shower *show, void *ctx)
{
    struct table_spill *spill = s->table->spill;
    uint64_t count = table_total(s->table);
    uint64_t top = s->view->top != 0 && s->view->top < count ? s->view->top : count;
    int rc = 0;
    for (uint64_t at = 0; at < top && rc == 0; at += SHOW_ROWS) {
        uint32_t n = (uint32_t)(top - at < SHOW_ROWS ? top - at : SHOW_ROWS);
        if (spill != NULL) {
            rc = read_page(s, spill, n);
        } else {
            name_rows(s, at, n);
        }
        rc = rc != 0 ? rc : show_part(s, at + 1, n, show, ctx);
    }
    return rc;
}

int table_show(struct table *t, const struct table_view *view, table_shower *show, void *ctx)
{
    struct show *s = calloc(1, sizeof *s);
    int rc = ERR_NOMEM;
    if (s == NULL) {
        return rc;
    }
    s->table = t;
    s->view = view;
    table_init_like(&s->page, t);
    batch_init(&s->batch);
    s->work = view->post != NULL ? filter_work_new(view->post) : NULL;
    if (view->post == NULL || s->work != NULL) {
        rc = show_all(s, show, ctx);
    }
    filter_work_free(s->work);
    batch_free(&s->batch);
    table_free(&s->page);
    free(s);
    return rc;
}
