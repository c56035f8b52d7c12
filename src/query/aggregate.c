/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * aggregate.c - the operator that groups flows.
 *
 * Pieces group what they see, each for itself; the sets are merged at the end (groupmerge.h). Of
 * the fields of a group's first flow only its place is kept, if few groups will be shown: their
 * rows are read in a pass of their own.
 *
 * If only the groups with the greatest sums are wanted and there are many, pieces stop grouping and
 * add to buckets (bounds.h). From then on passes are:
 *
 *     BOUND   sums of buckets, which bound the sums of their groups from above
 *     EXACT   grouping of those flows only whose buckets are great enough
 *     FETCH   rows of the first flows
 *
 * and BOUND and EXACT come again as rounds.h says.
 *
 * The first pass reads just keys and what is ordered by; EXACT reads counters of those rows only
 * that matter. Columns that are needed later may turn out to be damaged; then all begins again with
 * these columns read in each pass, so that the damaged blocks are left out of all of them
 * (`strictness`).
 */
#include "query/aggregate.h"

#include "query/groupspill.h"
#include "query/keys.h"
#include "query/rounds.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { STRIP = 1024, AHEAD = 8, SET_LEAST = 1 << 18 };
enum { FEW = 8 }; /* one in so many rows of a block */

enum phase { GROUP, BOUND, EXACT, FETCH, DONE };

/* Which columns each pass insists on: what it needs, all of the tally, all that is shown. */
enum strictness { STRICT_NOT, STRICT_TALLY, STRICT_ALL };

/* A group that will be shown, in the order of its row in the table. */
struct winner {
    uint64_t first;
    size_t place; /* in the table */
    struct tally tally;
};

struct aggregate {
    struct aggregation how;
    struct wanted wanted;
    unsigned workers;
    struct field_set fields; /* kept of the first flow of a group */
    struct field_set tally;  /* what tallies are read from */
    bool late;               /* rows of first flows are fetched */
    bool summed;             /* one order that adds up: buckets help */
    enum order_id order;     /* the only one; else ORDER_NONE */
    struct group_layout layout;
    struct table table;
    struct budget *budget;
    struct groupspill spill; /* groups that do not fit into it */

    enum phase phase;
    enum strictness strictness;
    atomic_bool spoiled;     /* a column failed that was not insisted on */
    struct rounds rounds;
    struct winner *winner;   /* ascending by first */
    size_t nwinners;
};

struct piece {
    struct aggregate *owner;
    struct keys keys;
    struct groupset set;
    struct bounds bounds;    /* sum NULL: not in use */
    struct table found;      /* FETCH: rows, and in `which` the winners they belong to */
    struct chunks which;
    struct rows fresh;       /* rows of groups that are new in a strip */
    uint32_t *rows;          /* that count */
    struct batch few;        /* these alone, if they are few */
    uint32_t strip[STRIP];   /* their rows there */
    uint64_t *hash;
    uint64_t *value;
    struct tally tally[STRIP];
    struct group *fresh_group[STRIP];
    uint32_t fresh_row[STRIP];
    uint32_t fresh_at[STRIP]; /* in the strip */
};

/* ------------------------------------------------------------------ life */

static enum order_id only_order(uint32_t orders)
{
    return orders != 0 && (orders & (orders - 1)) == 0 ? (enum order_id)__builtin_ctz(orders)
                                                       : ORDER_NONE;
}

/* Sums of one direction are not known before the direction of the group is. */
static bool adds_up(const struct aggregate *a)
{
    enum field_id sum[2];
    return a->order != ORDER_NONE && !a->wanted.ascending && a->wanted.top > 0 &&
           order_sums(a->order, sum) > 0 &&
           (!a->how.bidirectional || a->order == ORDER_FLOWS || order_side(a->order) == ORDER_BOTH);
}

/* Whether the rows that will be shown fit into the budget; else all are, as if no top was given. */
static bool few_wanted(const struct aggregate *a)
{
    size_t row = a->table.rows.row.width + sizeof(struct winner) + 2 * sizeof(struct group);
    uint64_t orders = (unsigned)__builtin_popcount(a->wanted.orders) + 1u;
    return a->wanted.top <= budget_share(a->budget, 4) / row / orders;
}

/* Buckets of all workers together take at most 64 MB and a quarter of the budget; sums of flows are
 * small, so that more buckets part them better, others differ so much that those that fit into a
 * cache do. */
static void size_rounds(struct aggregate *a)
{
    unsigned most = 23;
    for (unsigned workers = 1; workers < a->workers; workers *= 2) {
        most--;
    }
    while (most > 16 && ((uint64_t)sizeof(uint64_t) << most) * a->workers >
                            budget_share(a->budget, 4)) {
        most--;
    }
    most = most < 16 ? 16 : most;
    a->rounds.top = a->wanted.top;
    a->rounds.most_bits = most;
    a->rounds.bits = a->order == ORDER_FLOWS || most < 18 ? most : 18;
}

struct aggregate *aggregate_new(const struct aggregation *how, const struct field_set *shown,
                                const struct wanted *wanted, unsigned workers,
                                struct budget *budget)
{
    struct aggregate *a = calloc(1, sizeof *a);
    if (a == NULL) {
        return NULL;
    }
    a->budget = budget;
    a->how = *how;
    a->wanted = *wanted;
    a->workers = workers;
    a->fields = *shown;
    field_set_close(&a->fields);
    a->order = only_order(wanted->orders);
    a->strictness = wanted->cut ? STRICT_ALL : STRICT_NOT;
    tally_fields_of(&a->fields, wanted->orders, &a->tally);
    if (how->bidirectional) { /* counters change sides */
        field_set_add(&a->tally, FIELD_PACKETS);
        field_set_add(&a->tally, FIELD_BYTES);
    }
    keys_fields(how, &a->fields);
    table_init(&a->table, &a->fields);
    a->table.budget = budget;
    a->table.workers = workers;
    a->wanted.top = few_wanted(a) && !wanted->once ? wanted->top : 0;
    a->late = a->wanted.top > 0;
    a->summed = adds_up(a);
    size_rounds(a);
    a->layout = group_layout_of(how->key_length, a->late ? 0 : a->table.rows.row.width);
    groupspill_init(&a->spill, budget, &a->layout, &a->table.rows);
    return a;
}

void aggregate_free(struct aggregate *a)
{
    if (a != NULL) {
        rounds_forget(&a->rounds);
        groupspill_free(&a->spill);
        table_free(&a->table);
        free(a->winner);
        free(a);
    }
}

struct table *aggregate_table(struct aggregate *a)
{
    return &a->table;
}

static void piece_free(void *arg)
{
    struct piece *p = arg;
    keys_free(&p->keys);
    groupset_free(&p->set);
    bounds_free(&p->bounds);
    table_free(&p->found);
    chunks_free(&p->which);
    rows_free(&p->fresh);
    batch_free(&p->few);
    free(p->rows);
    free(p->hash);
    free(p->value);
    free(p);
}

static void *piece_new(void *op)
{
    struct aggregate *a = op;
    struct piece *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    p->owner = a;
    groupset_init(&p->set, &a->layout);
    table_init(&p->found, &a->fields);
    chunks_init(&p->which, sizeof(size_t));
    rows_init_like(&p->fresh, &a->table.rows);
    batch_init(&p->few);
    p->rows = malloc(BATCH_ROWS_MAX * sizeof *p->rows);
    p->hash = malloc(BATCH_ROWS_MAX * sizeof *p->hash);
    p->value = malloc(BATCH_ROWS_MAX * sizeof *p->value);
    if (p->rows == NULL || p->hash == NULL || p->value == NULL ||
        keys_init(&p->keys, &a->how) != 0 ||
        (a->phase == BOUND && rounds_start(&a->rounds, &p->bounds) != 0)) {
        piece_free(p);
        return NULL;
    }
    return p;
}

/* ------------------------------------------------------------------ grouping */

/* Rows of first flows show addresses as the key has them. */
static void rewrite_addresses(const struct keys *k, const struct rows *r, size_t row, uint32_t at)
{
    if (k->masks) {
        memcpy(rows_value(r, row, FIELD_SRC_ADDR), &k->src[at], sizeof(struct ip));
        memcpy(rows_value(r, row, FIELD_DST_ADDR), &k->dst[at], sizeof(struct ip));
    }
}

/* Give the groups that are new in a strip the rows of their flows. */
static int keep_rows(struct piece *p, struct batch *b, uint32_t nfresh)
{
    int rc;
    chunks_clear(&p->fresh.row);
    rc = rows_add(&p->fresh, b, p->fresh_row, nfresh);
    for (uint32_t i = 0; i < nfresh && rc == 0; i++) {
        rewrite_addresses(&p->keys, &p->fresh, i, p->fresh_at[i]);
        memcpy(group_row(p->fresh_group[i], &p->set.layout), chunks_at(&p->fresh.row, i),
               p->set.layout.row_width);
    }
    return rc;
}

static void add_tally(struct tally *into, const struct tally *t, bool turned)
{
    if (turned) {
        tally_add_reversed(into, t);
    } else {
        tally_add(into, t);
    }
}

/* Rows of a block to be grouped, and the batch where they stand: that of the block, or one that
 * has no other rows. */
struct grouping {
    struct batch *batch;
    uint64_t place;
    const uint32_t *rows;  /* in the block */
    const uint64_t *hash;
    bool picked;           /* the i-th row is the i-th of the batch */
};

/* The rows of a strip in the batch. */
static const uint32_t *rows_of_strip(struct piece *p, const struct grouping *g, uint32_t at,
                                     uint32_t n)
{
    for (uint32_t i = 0; i < n && g->picked; i++) {
        p->strip[i] = at + i;
    }
    return g->picked ? p->strip : g->rows + at;
}

static int group_strip(struct piece *p, const struct grouping *from, uint32_t at, uint32_t n)
{
    const uint32_t *rows = rows_of_strip(p, from, at, n);
    const uint64_t *hash = from->hash + at;
    const struct aggregate *a = p->owner;
    uint32_t nfresh = 0;
    if (keys_make(&p->keys, from->batch, rows, n) != 0) {
        return ERR_NOMEM;
    }
    tally_read(from->batch, rows, n, a->how.bidirectional, &a->tally, p->tally);
    for (uint32_t i = 0; i < n; i++) {
        bool turned = p->keys.turned != NULL && p->keys.turned[i] != 0;
        bool is_new;
        struct group *g;
        groupset_expect(&p->set, hash[i + AHEAD < n ? i + AHEAD : i]);
        g = groupset_put(&p->set, hash[i], keys_at(&p->keys, i), &is_new);
        if (g == NULL) {
            return ERR_NOMEM;
        }
        if (is_new) {
            g->first = group_first(from->place, from->rows[at + i], turned);
            g->tally = (struct tally){.first = UINT64_MAX};
            p->fresh_group[nfresh] = g;
            p->fresh_row[nfresh] = rows[i];
            p->fresh_at[nfresh++] = i;
        }
        add_tally(&g->tally, &p->tally[i], turned);
    }
    return a->late ? 0 : keep_rows(p, from->batch, nfresh);
}

/* Of few rows only their own values are decoded. */
static int group_rows(struct piece *p, const struct passing *in, uint32_t n)
{
    struct grouping from = {.batch = in->batch, .place = in->place, .rows = p->rows,
                            .hash = p->hash, .picked = n <= in->batch->nrows / FEW};
    int rc = 0;
    if (from.picked) {
        batch_pick(&p->few, in->batch, p->rows, n);
        from.batch = &p->few;
    }
    for (uint32_t at = 0; at < n && rc == 0; at += STRIP) {
        rc = group_strip(p, &from, at, n - at < STRIP ? n - at : STRIP);
    }
    if (!batch_ok(from.batch)) {
        atomic_store(&p->owner->spoiled, true);
    }
    return rc;
}

/* ------------------------------------------------------------------ bounds */

static void bound_rows(struct piece *p, const struct passing *in, uint32_t n)
{
    const struct aggregate *a = p->owner;
    tally_read_sums(in->batch, p->rows, n, a->how.bidirectional, a->order, p->value);
    bounds_add(&p->bounds, p->hash, p->value, n);
}

/* There are too many groups: count what there is in buckets. */
static int stop_grouping(struct piece *p)
{
    if (rounds_start(&p->owner->rounds, &p->bounds) != 0) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < groupset_count(&p->set); i++) {
        const struct group *g = groupset_at(&p->set, i);
        uint64_t value = group_value(g, p->owner->order);
        bounds_add(&p->bounds, &g->hash, &value, 1);
    }
    groupset_free(&p->set);
    return 0;
}

/* ------------------------------------------------------------------ fetching */

static size_t first_winner(const struct aggregate *a, uint64_t place)
{
    size_t from = 0, to = a->nwinners;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (first_place(a->winner[middle].first) < place) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

static int fetch_strip(struct piece *p, const struct passing *in, size_t from, uint32_t n)
{
    const struct winner *w = p->owner->winner + from;
    size_t before = rows_count(&p->found.rows);
    int rc = 0;
    for (uint32_t i = 0; i < n; i++) {
        size_t *which = chunks_add(&p->which);
        if (which == NULL) {
            return ERR_NOMEM;
        }
        *which = from + i;
        p->rows[i] = first_row(w[i].first);
    }
    rc = p->keys.masks ? keys_make(&p->keys, in->batch, p->rows, n) : 0;
    rc = rc != 0 ? rc : rows_add(&p->found.rows, in->batch, p->rows, n);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        rewrite_addresses(&p->keys, &p->found.rows, before + i, i);
    }
    return rc;
}

static int fetch_rows(struct piece *p, const struct passing *in)
{
    const struct aggregate *a = p->owner;
    size_t from = first_winner(a, in->place), to = first_winner(a, in->place + 1);
    return from < to ? fetch_strip(p, in, from, (uint32_t)(to - from)) : 0;
}

static bool wants(const void *op, uint64_t from, uint64_t end)
{
    const struct aggregate *a = op;
    size_t i = a->phase == FETCH ? first_winner(a, from) : 0;
    return a->phase != FETCH || (i < a->nwinners && first_place(a->winner[i].first) < end);
}

/* ------------------------------------------------------------------ the budget */

/* Merging and the table need about as much once more. */
static bool is_full(const struct piece *p)
{
    uint64_t most = budget_share(p->owner->budget, 6) / p->owner->workers;
    uint64_t used = groupset_octets(&p->set) + p->fresh.bytes.used;
    return used > (most < SET_LEAST ? SET_LEAST : most);
}

static int move_out(struct piece *p)
{
    int rc = groupspill_put(&p->owner->spill, &p->set);
    rows_clear(&p->fresh);
    return rc;
}

/* ------------------------------------------------------------------ blocks */

static int consume(void *op, void *piece, const struct passing *in)
{
    struct aggregate *a = op;
    struct piece *p = piece;
    uint32_t n;
    int rc;
    if (a->phase == FETCH) {
        return fetch_rows(p, in);
    }
    n = tally_rows(in->batch, in->rows, in->n, p->rows);
    rc = keys_hash(&p->keys, in->batch, p->rows, n, p->hash);
    if (rc != 0) {
        return rc;
    }
    n = rounds_keep(&a->rounds, p->hash, p->rows, n);
    if (p->bounds.sum != NULL) {
        bound_rows(p, in, n);
        return 0;
    }
    rc = group_rows(p, in, n);
    if (rc != 0) {
        return rc;
    }
    if (a->phase == GROUP && a->summed) { /* memory is bounded */
        return groupset_count(&p->set) > MERGE_SMALL ? stop_grouping(p) : 0;
    }
    return is_full(p) ? move_out(p) : 0;
}

/* ------------------------------------------------------------------ results */

static int compare_winners(const void *a, const void *b)
{
    const struct winner *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* The rows of a table, ascending by its order: all that will be shown of it. */
static int rank_groups(struct aggregate *a, const struct merged *m, struct rank **rank,
                       size_t *from, size_t *n)
{
    uint64_t top = a->wanted.top < m->n ? a->wanted.top : m->n;
    bool whole = a->wanted.orders != 0 && a->order == ORDER_NONE; /* it will be ranked again */
    *rank = malloc((m->n + 1) * sizeof **rank);
    if (*rank == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < m->n; i++) {
        (*rank)[i] = (struct rank){whole ? 0 : group_value(m->group[i], a->order), i};
    }
    if (!whole && a->order != ORDER_NONE) {
        if (!a->table.plain) {
            rank_sort(*rank, m->n);
        } else if (a->wanted.ascending) {
            rank_sort_least(*rank, m->n, top);
        } else {
            rank_sort_greatest(*rank, m->n, top);
        }
    }
    *n = whole ? m->n : top;
    *from = whole || a->wanted.ascending ? 0 : m->n - top;
    a->table.ranked = !whole;
    return 0;
}

static int choose_winners(struct aggregate *a, const struct merged *m)
{
    struct rank *rank;
    size_t from, n;
    int rc = rank_groups(a, m, &rank, &from, &n);
    if (rc != 0) {
        return rc;
    }
    a->winner = malloc((n + 1) * sizeof *a->winner);
    for (size_t i = 0; i < n && a->winner != NULL; i++) {
        const struct group *g = m->group[rank[from + i].item];
        a->winner[i] = (struct winner){g->first, i, g->tally};
    }
    free(rank);
    if (a->winner == NULL) {
        return ERR_NOMEM;
    }
    a->nwinners = n;
    qsort(a->winner, n, sizeof *a->winner, compare_winners);
    a->phase = n > 0 ? FETCH : DONE;
    return 0;
}

/* All groups with their rows, in the order of appearance. */
static int fill_table(struct aggregate *a, const struct merged *m)
{
    int rc = 0;
    for (size_t i = 0; i < m->n && rc == 0; i++) {
        rc = table_put(&a->table, group_row(m->group[i], &a->layout), &m->group[i]->tally);
    }
    a->phase = DONE;
    return rc;
}

/* The value of the last group that would be shown; 0 if there are not enough. */
static int last_value(const struct aggregate *a, const struct merged *m, uint64_t *value)
{
    struct rank *rank = malloc((m->n + 1) * sizeof *rank);
    if (rank == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < m->n; i++) {
        rank[i] = (struct rank){group_value(m->group[i], a->order), i};
    }
    *value = 0;
    if (m->n >= a->wanted.top) {
        rank_sort_greatest(rank, m->n, a->wanted.top);
        *value = rank[m->n - a->wanted.top].key;
    }
    free(rank);
    return 0;
}

static int use_groups(struct aggregate *a, const struct merged *m)
{
    enum rounds_next next = ROUNDS_PROVEN;
    int rc = 0;
    a->table.plain = a->table.plain || m->total > MERGE_SMALL;
    if (a->phase == EXACT) {
        uint64_t value = 0;
        rc = last_value(a, m, &value);
        rc = rc != 0 ? rc : rounds_check(&a->rounds, value, &next);
    }
    if (rc == 0 && next != ROUNDS_PROVEN) {
        a->phase = next == ROUNDS_BOUND ? BOUND : EXACT;
        return 0;
    }
    return rc != 0 ? rc : a->late ? choose_winners(a, m) : fill_table(a, m);
}

static int take_group(void *ctx, struct group *g)
{
    struct aggregate *a = ctx;
    return table_spill_row(&a->table, g->first, group_row(g, &a->layout), &g->tally);
}

/* Some groups are in the file: put all there, and merge what fits at a time. */
static int gather_spilled(struct aggregate *a, struct groupset **set, unsigned n)
{
    struct group_keeping k = {.wanted = &a->wanted, .workers = a->workers, .take = take_group,
                              .ctx = a};
    struct merged m;
    int rc = 0;
    for (unsigned i = 0; i < n && rc == 0; i++) {
        rc = groupspill_put(&a->spill, set[i]);
    }
    if (rc != 0) {
        return rc;
    }
    rc = groupspill_merge(&a->spill, &k, &m);
    rc = rc != 0 ? rc : use_groups(a, &m);
    merged_free(&m);
    groupset_free(&k.kept);
    arena_free(&k.bytes);
    return rc;
}

static int gather_groups(struct aggregate *a, struct groupset **set, unsigned n)
{
    struct merged m;
    int rc;
    if (groupspill_is_used(&a->spill)) {
        return gather_spilled(a, set, n);
    }
    rc = groups_merge(set, n, &a->wanted, a->workers, &m);
    rc = rc != 0 ? rc : use_groups(a, &m);
    merged_free(&m);
    return rc;
}

static int gather_bounds(struct aggregate *a, struct piece **piece, unsigned n)
{
    struct bounds **bounds = calloc(n, sizeof *bounds);
    int rc = bounds != NULL ? 0 : ERR_NOMEM;
    for (unsigned i = 0; i < n && rc == 0; i++) {
        rc = piece[i]->bounds.sum == NULL ? stop_grouping(piece[i]) : 0;
        bounds[i] = &piece[i]->bounds;
    }
    if (rc == 0) {
        rounds_take(&a->rounds, bounds, n);
        rc = rounds_guess(&a->rounds);
    }
    free(bounds);
    a->table.plain = true;
    a->phase = EXACT;
    return rc;
}

static int gather_found(struct aggregate *a, struct piece **piece, unsigned n)
{
    const uint8_t **row = calloc(a->nwinners + 1, sizeof *row);
    const struct tally **tally = calloc(a->nwinners + 1, sizeof *tally);
    int rc = row != NULL && tally != NULL ? 0 : ERR_NOMEM;
    for (unsigned i = 0; i < n && rc == 0; i++) {
        for (size_t k = 0; k < piece[i]->which.n; k++) {
            const struct winner *w = &a->winner[*(size_t *)chunks_at(&piece[i]->which, k)];
            row[w->place] = chunks_at(&piece[i]->found.rows.row, k);
            tally[w->place] = &w->tally;
        }
    }
    a->phase = DONE;
    for (size_t i = 0; i < a->nwinners && rc == 0; i++) {
        if (row[i] == NULL) { /* its block was left out */
            atomic_store(&a->spoiled, true);
            rc = a->strictness == STRICT_ALL ? ERR_IO : 0; /* files changed meanwhile */
            break;
        }
        rc = table_put(&a->table, row[i], tally[i]);
    }
    free(row);
    free(tally);
    return rc;
}

static int gather(void *op, void **pieces, unsigned n)
{
    struct aggregate *a = op;
    struct piece **piece = (struct piece **)pieces;
    struct groupset **set = calloc(n, sizeof *set);
    bool bounded = false;
    int rc = set != NULL ? 0 : ERR_NOMEM;
    for (unsigned i = 0; i < n && rc == 0; i++) {
        set[i] = &piece[i]->set;
        bounded = bounded || piece[i]->bounds.sum != NULL;
    }
    if (rc == 0 && !atomic_load(&a->spoiled)) {
        rc = a->phase == FETCH ? gather_found(a, piece, n)
             : bounded         ? gather_bounds(a, piece, n)
                               : gather_groups(a, set, n);
    }
    free(set);
    return rc;
}

/* ------------------------------------------------------------------ passes */

static void pass_fields(const struct aggregate *a, struct field_set *fields)
{
    struct field_set set = {{0}};
    bool all = !a->late || a->strictness == STRICT_ALL;
    keys_fields(&a->how, &set);
    if (a->phase == FETCH || all) {
        field_set_union(&set, &a->fields);
    }
    if ((a->phase != FETCH && !a->summed) || a->strictness == STRICT_TALLY || all) {
        field_set_union(&set, &a->tally);
    } else if (a->phase != FETCH && a->phase != EXACT) {
        enum field_id sum[2];
        unsigned n = order_sums(a->order, sum);
        for (unsigned i = 0; i < n; i++) {
            field_set_add(&set, sum[i]);
        }
    }
    *fields = set;
}

/* Begin again, and insist on more. */
static void start_over(struct aggregate *a, enum strictness strictness)
{
    a->strictness = strictness;
    rounds_forget(&a->rounds);
    groupspill_clear(&a->spill);
    table_clear(&a->table);
    a->table.plain = false;
    free(a->winner);
    a->winner = NULL;
    a->nwinners = 0;
    a->phase = GROUP;
    atomic_store(&a->spoiled, false);
}

static bool again(void *op, struct field_set *fields)
{
    struct aggregate *a = op;
    bool spoiled = atomic_load(&a->spoiled);
    if (spoiled) {
        assert(a->strictness != STRICT_ALL);
        start_over(a, a->phase == DONE ? STRICT_ALL : STRICT_TALLY);
    }
    pass_fields(a, fields);
    return spoiled || a->phase != DONE;
}

static int begin_again(void *op)
{
    start_over(op, STRICT_ALL);
    return 0;
}

static const struct operator_kind kind = {.piece_new = piece_new, .piece_free = piece_free,
                                          .consume = consume, .gather = gather, .again = again,
                                          .wants = wants, .begin_again = begin_again};

struct operator aggregate_operator(struct aggregate *a)
{
    struct operator op = {.kind = &kind, .op = a};
    pass_fields(a, &op.fields);
    return op;
}
