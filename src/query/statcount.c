/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statcount.c - see statcount.h.
 *
 * Times are lazy (left to a pass of their own) if the orders are sums, few values are shown, and
 * the block's bounds of times are known. Blocks of files that are still being written are never
 * left to a second pass: they may be gone by then.
 *
 * If only the values with the greatest sums are wanted and there are many, only those are counted
 * that fall into buckets that are great by then; all others are added to buckets (rounds.h). These
 * are looked into if one of them reaches the last value that would be shown. Passes are:
 *
 *     COUNT   all values, until there are too many; then those guessed
 *     BOUND   sums of buckets, spread anew
 *     EXACT   values in great buckets
 *     TIMES   of the values that will be shown
 *
 * A later pass may find a block damaged that was counted before; then all begins again in one pass
 * that reads everything.
 */
#include "query/statcount.h"

#include "query/statspill.h"
#include "query/stattally.h"
#include "query/stattimes.h"
#include "query/table.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LAZY_TOP_MAX = 1000, BUCKET_BITS = 18, MOST_BUCKET_BITS = 20, GUESSED = 256 };

enum stat_pass { PASS_COUNT, PASS_BOUND, PASS_EXACT, PASS_TIMES, PASS_DONE };

struct statcount {
    struct stat_spec spec;
    const struct geo_db *geo;
    uint64_t top;
    bool plain;
    bool lazy;
    enum order_id summed;      /* the only order, and a sum: buckets help; else ORDER_NONE */
    pthread_mutex_t guessing;
    atomic_bool guessed;       /* there are many values */
    struct bounded guess;      /* under the lock until guessed is set */
    struct rounds rounds;
    enum stat_pass pass;
    struct stat_texts texts;
    struct budget *budget;
    struct valueset *values;
    bool plain_order;          /* values were left out, there are so many */
    bool spilled;              /* values are in a temporary file */
    uint64_t last_access;
    struct stat_times times;
    struct stat_ranking ranking[ORDER_COUNT_]; /* `at` is NULL: not made yet */
};

struct piece {
    struct statcount *s;
    struct stat_tally tally;
    uint32_t *rows;            /* BATCH_ROWS_MAX */
    struct timed_blocks blocks;
    struct value_times *found; /* second pass: of the wanted values */
    uint32_t *memo;
    uint32_t memo_cap;
};

/* ------------------------------------------------------------------ life */

/* Times of all values are needed if they decide the order, or if very many are shown. */
static bool is_lazy(const struct stat_spec *spec, uint64_t top)
{
    enum field_id unused[2];
    bool lazy = top > 0 && top <= LAZY_TOP_MAX;
    for (unsigned i = 0; i < ORDER_COUNT_; i++) {
        lazy &= !(spec->orders >> i & 1) || order_sums((enum order_id)i, unused) > 0;
    }
    return lazy;
}

/* The only order, if greatest sums are wanted. */
static enum order_id only_sum(const struct statcount *s)
{
    uint32_t orders = s->spec.orders;
    bool is_one = orders != 0 && (orders & (orders - 1)) == 0;
    return s->lazy && is_one && s->spec.ascending == 0 ? (enum order_id)__builtin_ctz(orders)
                                                       : ORDER_NONE;
}

struct statcount *statcount_new(const struct stat_spec *spec, const struct geo_db *geo,
                                uint64_t top, enum stat_way way, struct budget *budget)
{
    struct statcount *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->spec = *spec;
    s->geo = geo;
    s->top = top;
    s->plain = way == STAT_PLAIN;
    s->lazy = way == STAT_LAZY && is_lazy(spec, top);
    s->summed = only_sum(s);
    s->rounds = (struct rounds){.top = top, .bits = BUCKET_BITS, .most_bits = MOST_BUCKET_BITS};
    pthread_mutex_init(&s->guessing, NULL);
    pthread_mutex_init(&s->texts.lock, NULL);
    groups_init(&s->texts.groups, STAT_TEXT_ROOM);
    s->budget = budget;
    s->values = valueset_new(budget);
    if (s->values == NULL) {
        statcount_free(s);
        return NULL;
    }
    return s;
}

struct statcount *statcount_new_totals(enum stat_way way)
{
    static const struct stat_element all = {
        .name = "", .header = "", .kind = STAT_KIND_NUMBER,
        .field = {FIELD_NONE, FIELD_NONE, FIELD_NONE, FIELD_NONE}};
    const struct stat_spec spec = {.element = &all};
    return statcount_new(&spec, NULL, 1, way, NULL);
}

static void forget_ranking(struct statcount *s)
{
    for (unsigned o = 0; o < ORDER_COUNT_; o++) {
        free(s->ranking[o].at);
        s->ranking[o].at = NULL;
    }
}

void statcount_free(struct statcount *s)
{
    if (s != NULL) {
        stat_times_free(&s->times);
        rounds_forget(&s->rounds);
        bounded_free(&s->guess);
        forget_ranking(s);
        pthread_mutex_destroy(&s->guessing);
        valueset_free(s->values);
        groups_free(&s->texts.groups);
        pthread_mutex_destroy(&s->texts.lock);
        free(s);
    }
}

const struct stat_spec *statcount_spec(const struct statcount *s)
{
    return &s->spec;
}

static void piece_free(void *arg)
{
    struct piece *p = arg;
    stat_tally_free(&p->tally);
    free(p->rows);
    free(p->blocks.at);
    free(p->found);
    free(p->memo);
    free(p);
}

static int start_found(struct piece *p)
{
    size_t n = p->s->times.n;
    p->found = malloc((n + 1) * sizeof *p->found);
    for (size_t i = 0; p->found != NULL && i < n; i++) {
        p->found[i] = (struct value_times){UINT64_MAX, 0};
    }
    return p->found != NULL ? 0 : ERR_NOMEM;
}

static void *piece_new(void *op)
{
    struct statcount *s = op;
    struct piece *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    p->s = s;
    p->rows = malloc(BATCH_ROWS_MAX * sizeof *p->rows);
    stat_top_init(&p->tally.top, &s->guess, &s->rounds, s->summed);
    if (stat_coder_init(&p->tally.coder, &s->spec, s->geo, &s->texts, s->plain) != 0 ||
        stat_tally_init(&p->tally, s->values) != 0 || p->rows == NULL ||
        (s->pass == PASS_TIMES && start_found(p) != 0) ||
        (s->pass == PASS_BOUND && stat_top_start(&p->tally.top, PART_BOUND) != 0) ||
        (s->pass == PASS_EXACT && stat_top_start(&p->tally.top, PART_COUNT) != 0)) {
        piece_free(p);
        return NULL;
    }
    return p;
}

/* ------------------------------------------------------------------ counting */

static uint64_t sum_of(const struct value *v, enum order_id order)
{
    struct tally t = {.flows = v->flows, .packets = v->packets, .bytes = v->bytes};
    return order_value(order, &t);
}

struct guessing {
    enum order_id order;
    struct bounds bounds;
};

static void see_value(void *ctx, const struct value *v)
{
    struct guessing *g = ctx;
    struct value_key key = value_key_of(v);
    uint64_t hash = value_key_hash(&key), sum = sum_of(v, g->order);
    bounds_add(&g->bounds, &hash, &sum, 1);
}

/* Values that are great now will probably be great in the end. */
static int guess(struct statcount *s)
{
    struct guessing g = {.order = s->summed};
    int rc = rounds_start(&s->rounds, &g.bounds);
    if (rc == 0) {
        valueset_see(s->values, see_value, &g);
        rc = bounded_init(&s->guess, &g.bounds,
                          bounds_least(&g.bounds, GUESSED + 4 * (size_t)s->top));
    }
    bounds_free(&g.bounds);
    return rc;
}

/* Too many values: from the next block on not all are counted. */
static int stop_counting(struct piece *p)
{
    struct statcount *s = p->s;
    int rc = 0;
    if (s->pass != PASS_COUNT || s->summed == ORDER_NONE || p->tally.top.parting != PART_NOT) {
        return 0;
    }
    if (!atomic_load(&s->guessed) && valueset_about(s->values) > RANK_PLAIN_FROM) {
        pthread_mutex_lock(&s->guessing);
        if (!atomic_load(&s->guessed)) {
            rc = guess(s);
            atomic_store(&s->guessed, rc == 0);
        }
        pthread_mutex_unlock(&s->guessing);
    }
    return rc == 0 && atomic_load(&s->guessed) ? stat_top_start(&p->tally.top, PART_GUESS) : rc;
}

static int count_rows(struct piece *p, const struct passing *in, const uint32_t *rows, uint32_t n)
{
    struct statcount *s = p->s;
    bool lazy = s->lazy && in->settled && timed_zone(in->zone);
    int rc = stat_tally_rows(&p->tally, in->batch, rows, n, in->place, !lazy);
    if (rc == 0 && lazy && s->pass == PASS_COUNT) {
        rc = timed_blocks_add(&p->blocks, in->place, in->zone);
    }
    return rc != 0 ? rc : stop_counting(p);
}

/* ------------------------------------------------------------------ times */

static int reserve_memo(struct piece *p, uint32_t n)
{
    if (n > p->memo_cap) {
        free(p->memo);
        p->memo_cap = 0;
        p->memo = malloc(n * sizeof *p->memo);
        p->memo_cap = p->memo != NULL ? n : 0;
    }
    return p->memo_cap >= n ? 0 : ERR_NOMEM;
}

static int read_times(struct piece *p, struct batch *b, const uint32_t *rows, uint32_t n)
{
    struct stat_codes codes[STAT_FIELDS_MAX];
    int nfields = stat_codes(&p->tally.coder, b, rows, n, codes);
    int rc = nfields < 0 ? nfields : 0;
    for (int k = 0; k < nfields && rc == 0; k++) {
        rc = reserve_memo(p, codes[k].n);
        if (rc == 0) {
            stat_times_read(&p->s->times, &p->tally.coder, &codes[k], b, p->memo, p->found);
        }
    }
    return rc;
}

static bool wants(const void *op, uint64_t from, uint64_t end)
{
    const struct statcount *s = op;
    return s->pass != PASS_TIMES || stat_times_wants(&s->times, from, end);
}

static int consume(void *op, void *piece, const struct passing *in)
{
    const struct statcount *s = op;
    struct piece *p = piece;
    uint32_t n = tally_rows(in->batch, in->rows, in->n, p->rows);
    const uint32_t *rows = n < in->batch->nrows ? p->rows : NULL;
    if (n == 0 || !wants(s, in->place, in->place + 1)) {
        return 0;
    }
    return s->pass == PASS_TIMES ? read_times(p, in->batch, rows, n)
                                 : count_rows(p, in, rows, n);
}

/* ------------------------------------------------------------------ the end of a pass */

static struct stat_ranker ranker(const struct statcount *s)
{
    return (struct stat_ranker){.values = s->values,
                                .texts = stat_kind_is_text(s->spec.element->kind),
                                .last_access = s->last_access, .top = s->top,
                                .plain = s->plain_order};
}

static bool ascends(const struct statcount *s, enum order_id order)
{
    return (s->spec.ascending >> order & 1) != 0;
}

static int rank(const struct statcount *s, enum order_id order, struct stat_ranking *r)
{
    struct stat_ranker how = ranker(s);
    return stat_rank(&how, order, ascends(s, order), r);
}

/* Whether the values that can be shown fit into memory, twice. */
static bool few_shown(const struct statcount *s)
{
    uint64_t room = sizeof(struct value) + sizeof(struct value_times) + sizeof(struct value_out);
    uint64_t orders = (unsigned)__builtin_popcount(s->spec.orders) + 1u;
    return s->top != 0 && (s->top <= LAZY_TOP_MAX ||
                           s->top <= budget_share(s->budget, 4) / orders / room / 2);
}

/* Values that went to a file come back, but only those that can be shown, if these are few. */
static int settle(struct statcount *s)
{
    struct stat_ranker how = ranker(s);
    struct valueset *chosen;
    uint64_t total;
    int rc = valueset_settle(s->values, &s->spilled);
    if (rc != 0 || !s->spilled) {
        return rc;
    }
    how.top = few_shown(s) ? s->top : 0;
    rc = stat_spill_choose(&how, s->spec.orders, s->spec.ascending, &chosen, &total);
    if (rc != 0) {
        return rc;
    }
    s->plain_order = total > RANK_PLAIN_FROM;
    s->spilled = s->plain_order && !few_shown(s);
    if (s->spilled) {
        valueset_free(chosen);
    } else {
        valueset_free(s->values);
        s->values = chosen;
    }
    return 0;
}

/* The ids of all values that will be shown, one after the other; NULL: no memory. */
static uint64_t *shown_ids(struct statcount *s, size_t *n)
{
    uint64_t *ids = malloc((ORDER_COUNT_ + 1) * (size_t)s->top * sizeof *ids);
    *n = 0;
    if (s->spec.orders == 0 && ids != NULL) {
        ids[(*n)++] = valueset_from(s->values, VALUE_START);
    }
    for (unsigned o = 0; o < ORDER_COUNT_ && ids != NULL; o++) {
        struct stat_ranking r;
        if (!(s->spec.orders >> o & 1)) {
            continue;
        }
        if (rank(s, (enum order_id)o, &r) != 0) {
            free(ids);
            return NULL;
        }
        for (size_t i = 0; i < r.n; i++) {
            ids[(*n)++] = r.at[i].id;
        }
        s->ranking[o] = r;
    }
    return ids;
}

/* What a second pass would have to read. */
static int want_times(struct statcount *s)
{
    uint64_t *ids;
    size_t n;
    bool again = false;
    int rc;
    s->pass = PASS_DONE;
    if (s->times.blocks.n == 0 || s->spilled || valueset_count(s->values) == 0) {
        return 0;
    }
    ids = shown_ids(s, &n);
    rc = ids != NULL ? stat_times_want(&s->times, s->values, ids, n, &again) : ERR_NOMEM;
    free(ids);
    s->pass = again ? PASS_TIMES : PASS_DONE;
    return rc;
}

static int gather_times(struct statcount *s, void **pieces, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        stat_times_join(&s->times, ((struct piece *)pieces[i])->found);
    }
    s->pass = PASS_DONE;
    return 0;
}

static int gather_counts(struct statcount *s, void **pieces, unsigned n)
{
    struct piece *first = pieces[0];
    int rc = 0;
    for (unsigned i = 0; i < n && rc == 0; i++) {
        struct piece *p = pieces[i];
        rc = i > 0 ? stat_tally_join(&first->tally, &p->tally) : 0;
        rc = rc != 0 ? rc : timed_blocks_join(&s->times.blocks, &p->blocks);
    }
    rc = rc != 0 ? rc : stat_tally_finish(&first->tally);
    if (first->tally.last_access > s->last_access) {
        s->last_access = first->tally.last_access;
    }
    return rc;
}

/* Of what was counted before there were too many values, only the guessed ones stay. */
static int keep_guessed(struct statcount *s, const struct valueset *from, struct valueset *to,
                        struct bounds *bounds)
{
    int rc = 0;
    for (uint64_t id = valueset_from(from, VALUE_START); id != VALUE_NONE && rc == 0;
         id = valueset_from(from, id + 1)) {
        const struct value *v = valueset_at(from, id);
        struct value_key key = value_key_of(v);
        struct value_times times = valueset_times(from, id);
        struct value_out out = valueset_out(from, id);
        struct tally t = stat_value_tally(from, id);
        uint64_t hash = value_key_hash(&key), sum = order_value(s->summed, &t);
        if (bounded_has(&s->guess, hash)) {
            rc = valueset_add(to, v, &times, &out, 1);
        } else {
            bounds_add(bounds, &hash, &sum, 1);
        }
    }
    return rc;
}

static int forget_rest(struct statcount *s, struct bounds *bounds)
{
    struct valueset *kept = valueset_new(s->budget), *some = NULL;
    bool spilled;
    int rc = kept != NULL ? valueset_settle(s->values, &spilled) : ERR_NOMEM;
    if (rc == 0 && !spilled) {
        rc = keep_guessed(s, s->values, kept, bounds);
    }
    for (unsigned i = 0; rc == 0 && spilled && i < valueset_portions(s->values); i++) {
        rc = valueset_portion(s->values, i, &some);
        if (rc == 0) {
            rc = keep_guessed(s, some, kept, bounds);
            valueset_free(some);
        }
    }
    valueset_free(rc == 0 ? s->values : kept);
    s->values = rc == 0 ? kept : s->values;
    return rc;
}

/* The sum of the last value that will be shown; 0 if there are not enough. */
static int last_sum(const struct statcount *s, uint64_t *sum)
{
    struct stat_ranking r;
    int rc = rank(s, s->summed, &r);
    *sum = rc == 0 && r.n == s->top ? r.at[r.n - 1].key : 0;
    if (rc == 0) {
        free(r.at);
    }
    return rc;
}

static int gather_bounds(struct statcount *s, void **pieces, unsigned n)
{
    static const enum stat_pass pass[] = {[ROUNDS_COUNT] = PASS_EXACT,
                                          [ROUNDS_BOUND] = PASS_BOUND};
    struct bounds **bounds = calloc(n, sizeof *bounds);
    enum rounds_next next = ROUNDS_PROVEN;
    uint64_t sum;
    int rc = bounds != NULL ? 0 : ERR_NOMEM;
    for (unsigned i = 0; i < n && rc == 0; i++) {
        struct stat_top *top = &((struct piece *)pieces[i])->tally.top;
        rc = top->parting == PART_NOT ? stat_top_start(top, PART_GUESS) : 0;
        bounds[i] = &top->bounds;
    }
    rc = rc == 0 && s->pass == PASS_COUNT ? forget_rest(s, bounds[0]) : rc;
    if (rc == 0) {
        rounds_take(&s->rounds, bounds, n);
        s->plain_order = true;
        rc = last_sum(s, &sum);
    }
    rc = rc != 0 ? rc : rounds_check(&s->rounds, sum, &next);
    free(bounds);
    if (rc != 0 || next == ROUNDS_PROVEN) {
        return rc != 0 ? rc : want_times(s);
    }
    s->pass = pass[next];
    return 0;
}

/* All values were counted that can be shown. */
static int gather_values(struct statcount *s)
{
    int rc = settle(s);
    return rc != 0 ? rc : want_times(s);
}

static int gather(void *op, void **pieces, unsigned n)
{
    struct statcount *s = op;
    int rc;
    if (s->pass == PASS_TIMES) {
        return gather_times(s, pieces, n);
    }
    rc = gather_counts(s, pieces, n);
    if (rc != 0) {
        return rc;
    }
    return s->pass == PASS_BOUND || (s->pass == PASS_COUNT && atomic_load(&s->guessed))
               ? gather_bounds(s, pieces, n) : gather_values(s);
}

static void add_all(struct field_set *fields, const enum field_id *id, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        field_set_add(fields, id[i]);
    }
}

/* What a pass reads, but for counters of few rows, which EXACT reads by itself. */
static void pass_fields(const struct statcount *s, struct field_set *fields)
{
    static const enum field_id counters[] = {FIELD_FLOWS, FIELD_PACKETS, FIELD_BYTES,
                                             FIELD_OUT_PACKETS, FIELD_OUT_BYTES};
    static const enum field_id times[] = {FIELD_FIRST_SEEN, FIELD_LAST_SEEN};
    enum field_id sum[2];
    memset(fields, 0, sizeof *fields);
    stat_key_fields(&s->spec, s->geo != NULL, fields);
    if (s->pass == PASS_TIMES || !s->lazy) {
        add_all(fields, times, sizeof times / sizeof times[0]);
    }
    if (s->summed != ORDER_NONE && (s->pass == PASS_COUNT || s->pass == PASS_BOUND)) {
        add_all(fields, sum, order_sums(s->summed, sum));
    } else if (s->pass == PASS_COUNT) {
        add_all(fields, counters, sizeof counters / sizeof counters[0]);
    }
}

static bool again(void *op, struct field_set *fields)
{
    struct statcount *s = op;
    pass_fields(s, fields);
    return s->pass != PASS_DONE;
}

static int forget_values(struct statcount *s)
{
    forget_ranking(s);
    stat_times_free(&s->times);
    memset(&s->times, 0, sizeof s->times);
    valueset_free(s->values);
    s->values = valueset_new(s->budget);
    return s->values != NULL ? 0 : ERR_NOMEM;
}

static int begin_again(void *op)
{
    struct statcount *s = op;
    rounds_forget(&s->rounds);
    bounded_free(&s->guess);
    atomic_store(&s->guessed, false);
    s->lazy = s->plain_order = s->spilled = false;
    s->summed = ORDER_NONE;
    s->last_access = 0;
    s->pass = PASS_COUNT;
    return forget_values(s);
}

static const struct operator_kind kind = {.piece_new = piece_new, .piece_free = piece_free,
                                          .consume = consume, .gather = gather, .again = again,
                                          .wants = wants, .begin_again = begin_again};

struct operator statcount_operator(struct statcount *s)
{
    struct operator op = {.kind = &kind, .op = s};
    pass_fields(s, &op.fields);
    return op;
}

/* ------------------------------------------------------------------ results */

static struct tally tally_of(const struct statcount *s, uint64_t id)
{
    struct tally t = stat_value_tally(s->values, id);
    const struct value_times *times = stat_times_of(&s->times, valueset_at(s->values, id));
    if (times != NULL) {
        t.first = times->first;
        t.last = times->last;
    }
    return t;
}

static struct stat_value value_of(const struct statcount *s, const struct value *v,
                                  const struct tally *t)
{
    struct stat_value out = {.number = v->word[0], .family = value_tag(v) >> 8,
                             .proto = (uint8_t)value_tag(v), .tally = *t};
    memcpy(&out.addr, v->word, sizeof out.addr);
    if (stat_kind_is_text(s->spec.element->kind)) {
        out.text = groups_key(&s->texts.groups, v->word[0]);
    }
    return out;
}

static int show_ranked(const struct statcount *s, enum order_id order, stat_shower *show,
                       void *ctx)
{
    struct stat_ranking r = s->ranking[order], made = {.at = NULL};
    int rc = 0;
    if (r.at == NULL) {
        rc = rank(s, order, &made);
        r = made;
    }
    for (size_t i = 0; rc == 0 && i < r.n; i++) {
        struct tally t = tally_of(s, r.at[i].id);
        struct stat_value v = value_of(s, valueset_at(s->values, r.at[i].id), &t);
        rc = show(ctx, &v);
    }
    free(made.at);
    return rc;
}

struct spilled_show {
    const struct statcount *s;
    stat_shower *show;
    void *ctx;
};

static int show_spilled(void *ctx, const struct value *v, const struct tally *t)
{
    const struct spilled_show *show = ctx;
    struct stat_value value = value_of(show->s, v, t);
    return show->show(show->ctx, &value);
}

int statcount_show(const struct statcount *s, enum order_id order, stat_shower *show, void *ctx)
{
    struct spilled_show spilled = {s, show, ctx};
    struct stat_ranker how = ranker(s);
    return s->spilled ? stat_spill_walk(&how, order, ascends(s, order), s->budget, show_spilled,
                                        &spilled)
                      : show_ranked(s, order, show, ctx);
}

bool statcount_totals(const struct statcount *s, struct tally *t)
{
    uint64_t id = valueset_from(s->values, VALUE_START);
    if (id != VALUE_NONE) {
        *t = tally_of(s, id);
    }
    return id != VALUE_NONE;
}
