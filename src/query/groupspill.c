/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * groupspill.c - see groupspill.h.
 *
 * In the file a group is its head and key, then its row as rows_pack() has it. Parts and portions
 * are told apart by bits of the hash that neither the slots of a set nor groups_merge() use first.
 */
#include "query/groupspill.h"

#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

enum { PART_BITS = 6, PARTS = 1 << PART_BITS, PART_SHIFT = 32, PORTIONS_MAX = 1 << 16,
       BUFFER = 1 << 18 };

struct group_extent {
    uint64_t at, size;
    uint32_t part;
};

void groupspill_init(struct groupspill *s, struct budget *b, const struct group_layout *layout,
                     const struct rows *rows)
{
    memset(s, 0, sizeof *s);
    spill_init(&s->file, b);
    s->layout = layout;
    s->rows = rows;
    pthread_mutex_init(&s->lock, NULL);
}

void groupspill_free(struct groupspill *s)
{
    spill_free(&s->file);
    pthread_mutex_destroy(&s->lock);
    free(s->extent);
}

void groupspill_clear(struct groupspill *s)
{
    spill_clear(&s->file);
    s->n = 0;
    s->groups = 0;
}

static unsigned part_of(uint64_t hash)
{
    return (unsigned)(hash >> PART_SHIFT & (PARTS - 1));
}

static unsigned portion_of(uint64_t hash, unsigned portions)
{
    return (unsigned)((hash >> (PART_SHIFT + PART_BITS) & (PORTIONS_MAX - 1)) % portions);
}

/* ------------------------------------------------------------------ out */

static int note_extent(struct groupspill *s, unsigned part, uint64_t at, uint64_t size)
{
    int rc = 0;
    pthread_mutex_lock(&s->lock);
    if (s->n == s->cap) {
        size_t cap = s->cap != 0 ? s->cap * 2 : PARTS;
        struct group_extent *more = realloc(s->extent, cap * sizeof *more);
        rc = more != NULL ? 0 : ERR_NOMEM;
        s->extent = more != NULL ? more : s->extent;
        s->cap = more != NULL ? cap : s->cap;
    }
    if (rc == 0) {
        s->extent[s->n++] = (struct group_extent){at, size, part};
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

static int write_part(struct groupspill *s, unsigned part, struct buf *out)
{
    uint64_t at;
    int rc = out->failed ? ERR_NOMEM : 0;
    if (rc == 0 && out->len > 0) {
        rc = spill_write(&s->file, out->data, out->len, &at);
        rc = rc != 0 ? rc : note_extent(s, part, at, out->len);
    }
    buf_clear(out);
    return rc;
}

static void pack_group(const struct groupspill *s, struct group *g, struct buf *out)
{
    buf_add(out, g, s->layout->row_at);
    if (s->layout->row_width > 0) {
        rows_pack(s->rows, group_row(g, s->layout), out);
    }
}

/* The numbers of a set's groups, sorted by part; NULL: no memory. */
static uint32_t *sort_by_part(const struct groupset *set, size_t start[PARTS + 1])
{
    size_t n = groupset_count(set), next[PARTS];
    uint32_t *number = malloc((n + 1) * sizeof *number);
    memset(start, 0, (PARTS + 1) * sizeof *start);
    for (size_t i = 0; i < n; i++) {
        start[part_of(groupset_at(set, i)->hash) + 1]++;
    }
    for (unsigned p = 0; p < PARTS; p++) {
        start[p + 1] += start[p];
        next[p] = start[p];
    }
    for (size_t i = 0; i < n && number != NULL; i++) {
        number[next[part_of(groupset_at(set, i)->hash)]++] = (uint32_t)i;
    }
    return number;
}

int groupspill_put(struct groupspill *s, struct groupset *set)
{
    size_t start[PARTS + 1];
    uint32_t *number = sort_by_part(set, start);
    struct buf out;
    int rc = number != NULL ? 0 : ERR_NOMEM;
    buf_init(&out);
    for (unsigned p = 0; p < PARTS && rc == 0; p++) {
        for (size_t i = start[p]; i < start[p + 1] && rc == 0; i++) {
            pack_group(s, groupset_at(set, number[i]), &out);
            rc = out.len >= BUFFER ? write_part(s, p, &out) : 0;
        }
        rc = rc != 0 ? rc : write_part(s, p, &out);
    }
    pthread_mutex_lock(&s->lock);
    s->groups += groupset_count(set);
    pthread_mutex_unlock(&s->lock);
    groupset_free(set);
    buf_free(&out);
    free(number);
    return rc;
}

/* ------------------------------------------------------------------ back */

/* One portion of one part. */
struct portion {
    unsigned part, number, of;
    struct groupset set;
    struct arena bytes;
    struct merged merged;
    int rc;
};

static int load_group(struct groupspill *s, struct portion *p, uint8_t *packed, uint8_t *copy)
{
    const struct group_layout *l = s->layout;
    struct group *from = (struct group *)copy, *to;
    bool is_new;
    memcpy(copy, packed, l->row_at + l->row_width);
    to = groupset_put(&p->set, from->hash, group_key(from), &is_new);
    if (to == NULL) {
        return ERR_NOMEM;
    }
    if (!is_new) {
        uint64_t first = to->first;
        group_merge(to, from, l);
        if (to->first == first || l->row_width == 0) {
            return 0;
        }
    } else {
        memcpy(to, from, l->row_at + l->row_width);
    }
    return l->row_width > 0 ? rows_own(s->rows, group_row(to, l), &p->bytes) : 0;
}

/* 1: a group was read, 0: the extent ends, or ERR_*. */
static int next_group(struct groupspill *s, struct portion *p, struct spill_reader *from,
                      uint8_t *copy)
{
    const struct group_layout *l = s->layout;
    size_t size = l->row_at + l->row_width;
    uint64_t hash;
    int rc = spill_ahead(from, size);
    if (rc != 1) {
        return rc;
    }
    if (l->row_width > 0) {
        size = l->row_at + rows_length(s->rows, spill_at(from) + l->row_at);
        rc = spill_ahead(from, size);
        if (rc != 1) {
            return rc;
        }
        rows_unpack(s->rows, spill_at(from) + l->row_at);
    }
    memcpy(&hash, spill_at(from), sizeof hash);
    if (portion_of(hash, p->of) == p->number) {
        rc = load_group(s, p, spill_at(from), copy);
    }
    spill_pass(from, size);
    return rc < 0 ? rc : 1;
}

static int load_extent(struct groupspill *s, struct portion *p, const struct group_extent *e,
                       uint8_t *copy)
{
    struct spill_reader from;
    int rc = spill_reader_init(&from, &s->file, e->at, e->at + e->size,
                               e->size < BUFFER ? (size_t)e->size : BUFFER);
    for (int more = rc == 0; more == 1 && rc == 0;) {
        more = next_group(s, p, &from, copy);
        rc = more < 0 ? more : 0;
    }
    spill_reader_free(&from);
    return rc;
}

static int load_portion(struct groupspill *s, struct portion *p)
{
    uint8_t *copy = malloc(s->layout->width);
    int rc = copy != NULL ? 0 : ERR_NOMEM;
    groupset_init(&p->set, s->layout);
    arena_init(&p->bytes);
    for (size_t i = 0; i < s->n && rc == 0; i++) {
        if (s->extent[i].part == p->part) {
            rc = load_extent(s, p, &s->extent[i], copy);
        }
    }
    free(copy);
    return rc;
}

/* ------------------------------------------------------------------ keeping */

/* Groups that may be kept before they are passed on, or cut to the wanted ones. */
static size_t kept_most(const struct group_keeping *k)
{
    uint64_t orders = (unsigned)__builtin_popcount(k->wanted->orders) + 1u;
    return MERGE_SMALL + 2 * k->wanted->top * orders;
}

static int keep_group(struct groupspill *s, struct groupset *kept, struct arena *bytes,
                      struct group *g)
{
    bool is_new;
    struct group *to = groupset_put(kept, g->hash, group_key(g), &is_new);
    if (to == NULL) {
        return ERR_NOMEM;
    }
    memcpy(to, g, s->layout->row_at + s->layout->row_width);
    return s->layout->row_width > 0 ? rows_own(s->rows, group_row(to, s->layout), bytes) : 0;
}

static int pass_on(struct group_keeping *k)
{
    int rc = 0;
    for (size_t i = 0; i < groupset_count(&k->kept) && rc == 0; i++) {
        rc = k->take(k->ctx, groupset_at(&k->kept, i));
    }
    groupset_free(&k->kept);
    arena_reset(&k->bytes);
    return rc;
}

/* Only the wanted ones stay. Groups without rows. */
static int cut(struct groupspill *s, struct group_keeping *k)
{
    struct groupset *all = &k->kept, best;
    struct merged m;
    int rc = groups_merge(&all, 1, k->wanted, k->workers, &m);
    groupset_init(&best, s->layout);
    for (size_t i = 0; i < m.n && rc == 0; i++) {
        rc = keep_group(s, &best, &k->bytes, m.group[i]);
    }
    merged_free(&m);
    groupset_free(&k->kept);
    k->kept = best;
    return rc;
}

static int keep_groups(struct groupspill *s, struct group_keeping *k, const struct merged *m)
{
    int rc = 0;
    for (size_t i = 0; i < m->n && rc == 0; i++) {
        rc = keep_group(s, &k->kept, &k->bytes, m->group[i]);
    }
    if (rc == 0 && groupset_count(&k->kept) > kept_most(k)) {
        rc = k->wanted->top == 0 ? pass_on(k) : cut(s, k);
    }
    return rc;
}

/* A portion is loaded and merged by one thread. */
struct merging {
    struct groupspill *spill;
    struct group_keeping *keeping;
    unsigned portions;  /* of each part */
    unsigned workers;
    struct pool *pool;
    uint64_t total;
};

static void merge_portion(void *job, unsigned worker, void *context)
{
    struct portion *p = job;
    struct merging *m = context;
    struct groupset *set = &p->set;
    (void)worker;
    p->rc = load_portion(m->spill, p);
    p->rc = p->rc != 0 ? p->rc : groups_merge(&set, 1, m->keeping->wanted, 1, &p->merged);
}

static int keep_portion(struct merging *m, struct portion *p, int rc)
{
    rc = rc != 0 ? rc : p->rc;
    rc = rc != 0 ? rc : keep_groups(m->spill, m->keeping, &p->merged);
    m->total += p->merged.total;
    merged_free(&p->merged);
    groupset_free(&p->set);
    arena_free(&p->bytes);
    free(p);
    return rc;
}

/* How many times a part must be read so that what is taken of it fits into the budget, and how many
 * threads may do that at the same time. */
static void size_portions(struct merging *m)
{
    const struct groupspill *s = m->spill;
    uint64_t most = budget_share(s->file.budget, 6);
    uint64_t part = s->groups / PARTS * (s->layout->width + 48); /* with slots and pointers */
    uint64_t size = s->file.size / PARTS > part ? s->file.size / PARTS : part, n, fit;
    most = most < 1 << 20 ? 1 << 20 : most;
    n = size / most + 1;
    m->portions = n < PORTIONS_MAX ? (unsigned)n : PORTIONS_MAX;
    fit = most / (size / m->portions + 1);
    m->workers = fit < m->keeping->workers ? (unsigned)fit : m->keeping->workers;
}

static int merge_all(struct merging *m)
{
    int rc = 0;
    for (unsigned i = 0; i < PARTS * m->portions && rc == 0; i++) {
        struct portion *p = calloc(1, sizeof *p);
        if (p == NULL) {
            rc = ERR_NOMEM;
            break;
        }
        p->part = i / m->portions;
        p->number = i % m->portions;
        p->of = m->portions;
        if (pool_is_full(m->pool)) {
            rc = keep_portion(m, pool_next(m->pool), 0);
        }
        pool_submit(m->pool, p);
    }
    for (struct portion *p; (p = pool_next(m->pool)) != NULL;) {
        rc = keep_portion(m, p, rc);
    }
    return rc;
}

int groupspill_merge(struct groupspill *s, struct group_keeping *k, struct merged *out)
{
    struct groupset *kept = &k->kept;
    struct merging m = {.spill = s, .keeping = k};
    int rc;
    memset(out, 0, sizeof *out);
    groupset_init(&k->kept, s->layout);
    arena_init(&k->bytes);
    size_portions(&m);
    m.pool = pool_new(m.workers > 1 ? m.workers : 0, m.workers > 1 ? m.workers : 1, merge_portion,
                      &m);
    rc = m.pool != NULL ? merge_all(&m) : ERR_NOMEM;
    pool_free(m.pool);
    groupspill_clear(s);
    if (rc == 0 && k->wanted->top == 0 && m.total > groupset_count(&k->kept)) {
        rc = pass_on(k); /* as all before */
    }
    rc = rc != 0 ? rc : groups_merge(&kept, 1, k->wanted, k->workers, out);
    out->total = m.total;
    return rc;
}
