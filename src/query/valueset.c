/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * valueset.c - see valueset.h.
 *
 * The upper bits of a key's hash name its part, the lower ones its slot. A slot holds 8 more bits
 * of the hash and the number of the value, so that a look at the value is nearly always a hit.
 * What is added at once is parted first; then the slots and the values of a part are fetched
 * before they are used, because they are rarely in a cache: half of the time of an addition.
 */
#include "query/valueset.h"

#include "base/err.h"
#include "base/pages.h"
#include "query/chunks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    PART_BITS = 6,
    PARTS = 1 << PART_BITS,
    FIRST_SLOTS = 256,
    INDEX_BITS = 24,
    PART_MAX = (1 << INDEX_BITS) - 1,
    PART_LEAST = 2048,        /* values that a part may have, whatever the budget */
    PORTION_LEAST = 1 << 20,  /* octets */
    EXTENT = 256              /* values written at once */
};

/* Values of a part in the file. */
struct extent {
    uint64_t at;
    uint32_t n;
};

/* As they are there. */
struct packed {
    struct value value;
    struct value_times times;
    struct value_out out;
};

struct part {
    pthread_mutex_t lock;
    struct chunks value;
    struct chunks times; /* as many as values, or fewer: the rest is unknown */
    struct chunks out;   /* the same: the rest is 0 */
    uint32_t *slot;      /* hash << 24 | number + 1; 0: free */
    size_t nslots;
    struct extent *extent;
    size_t nextents, extents_cap;
    uint64_t spilled;    /* values there, with repetitions */
};

struct valueset {
    struct spill file;
    struct pages pages;  /* of values and slots */
    uint64_t part_most;  /* octets that a part may take */
    atomic_size_t about; /* values in memory */
    struct part part[PARTS];
};

/* What is being added, parted. */
struct adding {
    const struct value *value;
    const struct value_times *times;
    const struct value_out *out;
    uint64_t hash[VALUESET_RUN];
    uint16_t order[VALUESET_RUN];
    uint32_t start[PARTS + 1];
};

struct valueset *valueset_new(struct budget *budget)
{
    struct valueset *s = calloc(1, sizeof *s);
    if (s != NULL) {
        spill_init(&s->file, budget);
        pages_init(&s->pages);
        s->part_most = budget_share(budget, 8) / PARTS;
    }
    for (unsigned i = 0; s != NULL && i < PARTS; i++) {
        pthread_mutex_init(&s->part[i].lock, NULL);
        chunks_init_in(&s->part[i].value, sizeof(struct value), &s->pages);
        chunks_init_in(&s->part[i].times, sizeof(struct value_times), &s->pages);
        chunks_init_in(&s->part[i].out, sizeof(struct value_out), &s->pages);
    }
    return s;
}

void valueset_free(struct valueset *s)
{
    for (unsigned i = 0; s != NULL && i < PARTS; i++) {
        pthread_mutex_destroy(&s->part[i].lock);
        chunks_free(&s->part[i].value);
        chunks_free(&s->part[i].times);
        chunks_free(&s->part[i].out);
        free(s->part[i].extent);
    }
    if (s != NULL) {
        spill_free(&s->file);
        pages_end(&s->pages);
    }
    free(s);
}

static uint64_t hash_value(const struct value *v)
{
    struct value_key key = value_key_of(v);
    return value_key_hash(&key);
}

static unsigned part_of(uint64_t hash)
{
    return (unsigned)(hash >> (64 - PART_BITS));
}

static uint32_t mark_of(uint64_t hash)
{
    return (uint32_t)(hash >> 48) << INDEX_BITS;
}

/* ------------------------------------------------------------------ slots */

static void place(uint32_t *slot, size_t nslots, uint32_t entry, uint64_t hash)
{
    size_t i = hash & (nslots - 1);
    while (slot[i] != 0) {
        i = (i + 1) & (nslots - 1);
    }
    slot[i] = entry;
}

/* Make room for n more values: at most half of the slots are used. */
static int reserve(struct valueset *s, struct part *p, size_t n)
{
    size_t want = p->nslots != 0 ? p->nslots : FIRST_SLOTS;
    uint32_t *slot;
    if (p->value.n + n > PART_MAX) {
        return ERR_NOMEM;
    }
    while (p->value.n + n > want / 2) {
        want *= 4; /* what is outgrown is not given back */
    }
    if (want == p->nslots) {
        return 0;
    }
    slot = pages_take(&s->pages, want * sizeof *slot);
    if (slot == NULL) {
        return ERR_NOMEM;
    }
    memset(slot, 0, want * sizeof *slot);
    for (size_t i = 0; i < p->value.n; i++) {
        uint64_t hash = hash_value(chunks_at(&p->value, i));
        place(slot, want, mark_of(hash) | (uint32_t)(i + 1), hash);
    }
    p->slot = slot;
    p->nslots = want;
    return 0;
}

static bool is_same(const struct value *a, const struct value *b)
{
    return a->word[0] == b->word[0] && a->word[1] == b->word[1] && value_tag(a) == value_tag(b);
}

/* The first slot that may have the value, or a free one. */
static const uint32_t *slot_of_mark(const struct part *p, uint64_t hash)
{
    size_t i = hash & (p->nslots - 1);
    uint32_t mark = mark_of(hash);
    while (p->slot[i] != 0 && (p->slot[i] & ~(uint32_t)PART_MAX) != mark) {
        i = (i + 1) & (p->nslots - 1);
    }
    return &p->slot[i];
}

/* The slot that has the value, or the free one where it belongs. */
static uint32_t *find_slot(const struct part *p, const struct value *v, uint64_t hash)
{
    size_t i = hash & (p->nslots - 1);
    uint32_t mark = mark_of(hash);
    for (; p->slot[i] != 0; i = (i + 1) & (p->nslots - 1)) {
        if ((p->slot[i] & ~(uint32_t)PART_MAX) == mark &&
            is_same(chunks_at(&p->value, (p->slot[i] & PART_MAX) - 1), v)) {
            break;
        }
    }
    return &p->slot[i];
}

/* ------------------------------------------------------------------ adding */

static void add_counts(struct value *to, const struct value *more)
{
    to->flows += more->flows;
    to->packets += more->packets;
    to->bytes += more->bytes;
    to->first = more->first < to->first ? more->first : to->first;
    to->last = more->last > to->last ? more->last : to->last;
}

static int fill_up(struct chunks *c, size_t n, const void *empty)
{
    while (c->n < n) {
        void *to = chunks_add(c);
        if (to == NULL) {
            return ERR_NOMEM;
        }
        memcpy(to, empty, c->width);
    }
    return 0;
}

static int add_times(struct part *p, size_t i, const struct value_times *more)
{
    static const struct value_times unknown = {UINT64_MAX, 0};
    struct value_times *to;
    if (fill_up(&p->times, i + 1, &unknown) != 0) {
        return ERR_NOMEM;
    }
    to = chunks_at(&p->times, i);
    to->first = more->first < to->first ? more->first : to->first;
    to->last = more->last > to->last ? more->last : to->last;
    return 0;
}

static int add_out(struct part *p, size_t i, const struct value_out *more)
{
    static const struct value_out none;
    struct value_out *to;
    if (more->packets == 0 && more->bytes == 0) {
        return 0;
    }
    if (fill_up(&p->out, i + 1, &none) != 0) {
        return ERR_NOMEM;
    }
    to = chunks_at(&p->out, i);
    to->packets += more->packets;
    to->bytes += more->bytes;
    return 0;
}

static int add_one(struct part *p, const struct adding *a, uint32_t k)
{
    const struct value *v = &a->value[k];
    uint32_t *slot = find_slot(p, v, a->hash[k]);
    size_t i = (*slot & PART_MAX) - 1;
    int rc = 0;
    if (*slot != 0) {
        add_counts(chunks_at(&p->value, i), v);
    } else {
        struct value *to = chunks_add(&p->value);
        if (to == NULL) {
            return ERR_NOMEM;
        }
        *to = *v;
        i = p->value.n - 1;
        *slot = mark_of(a->hash[k]) | (uint32_t)(i + 1);
    }
    if (a->times != NULL) {
        rc = add_times(p, i, &a->times[k]);
    }
    return rc == 0 && a->out != NULL ? add_out(p, i, &a->out[k]) : rc;
}

static void fetch(const struct part *p, const struct adding *a, const uint16_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        __builtin_prefetch(&p->slot[a->hash[order[i]] & (p->nslots - 1)]);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t slot = *slot_of_mark(p, a->hash[order[i]]) & PART_MAX;
        if (slot != 0) {
            const uint8_t *v = chunks_at(&p->value, slot - 1);
            __builtin_prefetch(v);
            __builtin_prefetch(v + sizeof(struct value) - 1);
        }
    }
}

/* ------------------------------------------------------------------ beyond the budget */

static struct packed pack(const struct part *p, size_t i)
{
    struct packed v = {*(const struct value *)chunks_at(&p->value, i), {UINT64_MAX, 0}, {0, 0}};
    if (i < p->times.n) {
        v.times = *(const struct value_times *)chunks_at(&p->times, i);
    }
    if (i < p->out.n) {
        v.out = *(const struct value_out *)chunks_at(&p->out, i);
    }
    return v;
}

static int note_extent(struct part *p, uint64_t at, uint32_t n)
{
    if (p->nextents == p->extents_cap) {
        size_t cap = p->extents_cap != 0 ? p->extents_cap * 2 : 16;
        struct extent *more = realloc(p->extent, cap * sizeof *more);
        if (more == NULL) {
            return ERR_NOMEM;
        }
        p->extent = more;
        p->extents_cap = cap;
    }
    p->extent[p->nextents++] = (struct extent){at, n};
    p->spilled += n;
    return 0;
}

/* Move the values of a part into the file; it keeps its memory. */
static int move_out(struct valueset *s, struct part *p)
{
    struct packed some[EXTENT];
    uint32_t m = 0;
    int rc = 0;
    atomic_fetch_sub_explicit(&s->about, p->value.n, memory_order_relaxed);
    for (size_t i = 0; i < p->value.n && rc == 0; i++) {
        some[m++] = pack(p, i);
        if (m == EXTENT || i + 1 == p->value.n) {
            uint64_t at;
            rc = spill_write(&s->file, some, m * sizeof some[0], &at);
            rc = rc != 0 ? rc : note_extent(p, at, m);
            m = 0;
        }
    }
    chunks_clear(&p->value);
    chunks_clear(&p->times);
    chunks_clear(&p->out);
    if (p->slot != NULL) {
        memset(p->slot, 0, p->nslots * sizeof *p->slot);
    }
    return rc;
}

static bool is_full(const struct valueset *s, const struct part *p)
{
    uint64_t used = p->value.n * sizeof(struct value) + p->times.n * sizeof(struct value_times) +
                    p->out.n * sizeof(struct value_out) + p->nslots * sizeof *p->slot;
    return p->value.n >= PART_LEAST && used > s->part_most;
}

int valueset_settle(struct valueset *s, bool *spilled)
{
    int rc = 0;
    *spilled = s->file.size > 0;
    for (unsigned i = 0; i < PARTS && *spilled && rc == 0; i++) {
        rc = move_out(s, &s->part[i]);
        chunks_free(&s->part[i].value);
        chunks_free(&s->part[i].times);
        chunks_free(&s->part[i].out);
        s->part[i].slot = NULL;
        s->part[i].nslots = 0;
    }
    if (*spilled) {
        pages_clear(&s->pages);
    }
    return rc;
}

/* Portions of one part: as many as it takes for one to fit. */
static unsigned portions_of_part(const struct valueset *s)
{
    uint64_t most = s->part_most * PARTS, greatest = 0;
    for (unsigned i = 0; i < PARTS; i++) {
        greatest = s->part[i].spilled > greatest ? s->part[i].spilled : greatest;
    }
    most = most < PORTION_LEAST ? PORTION_LEAST : most;
    return (unsigned)(greatest * (sizeof(struct packed) + 8) / most) + 1;
}

unsigned valueset_portions(const struct valueset *s)
{
    return PARTS * portions_of_part(s);
}

/* Add the values of an extent that belong to the portion. */
static int load_extent(struct valueset *s, const struct extent *e, unsigned portion,
                       unsigned of, struct valueset *to)
{
    struct packed some[EXTENT];
    struct value value[EXTENT];
    struct value_times times[EXTENT];
    struct value_out out[EXTENT];
    uint32_t m = 0;
    int rc = spill_read(&s->file, some, e->n * sizeof some[0], e->at);
    for (uint32_t i = 0; i < e->n && rc == 0; i++) {
        if ((hash_value(&some[i].value) >> 20 & 0xffff) % of == portion) {
            value[m] = some[i].value;
            times[m] = some[i].times;
            out[m++] = some[i].out;
        }
    }
    return rc != 0 || m == 0 ? rc : valueset_add(to, value, times, out, m);
}

int valueset_portion(struct valueset *s, unsigned i, struct valueset **out)
{
    unsigned of = portions_of_part(s);
    const struct part *p = &s->part[i / of];
    int rc = 0;
    *out = valueset_new(NULL);
    if (*out == NULL) {
        return ERR_NOMEM;
    }
    for (size_t k = 0; k < p->nextents && rc == 0; k++) {
        rc = load_extent(s, &p->extent[k], i % of, of, *out);
    }
    if (rc != 0) {
        valueset_free(*out);
    }
    return rc;
}

/* ------------------------------------------------------------------ adding to parts */

static int add_to_part(struct valueset *s, struct part *p, const struct adding *a,
                       const uint16_t *order, uint32_t n)
{
    enum { STEP = 32 };
    size_t before = p->value.n;
    int rc = reserve(s, p, n);
    for (uint32_t at = 0; at < n && rc == 0; at += STEP) {
        uint32_t m = n - at < STEP ? n - at : STEP;
        fetch(p, a, order + at, m);
        for (uint32_t i = 0; i < m && rc == 0; i++) {
            rc = add_one(p, a, order[at + i]);
        }
    }
    atomic_fetch_add_explicit(&s->about, p->value.n - before, memory_order_relaxed);
    return rc;
}

static void put_apart(struct adding *a, uint32_t n)
{
    uint32_t at[PARTS];
    memset(a->start, 0, sizeof a->start);
    for (uint32_t i = 0; i < n; i++) {
        a->hash[i] = hash_value(&a->value[i]);
        a->start[part_of(a->hash[i]) + 1]++;
    }
    for (unsigned k = 0; k < PARTS; k++) {
        at[k] = a->start[k];
        a->start[k + 1] += a->start[k];
    }
    for (uint32_t i = 0; i < n; i++) {
        a->order[at[part_of(a->hash[i])]++] = (uint16_t)i;
    }
}

int valueset_add(struct valueset *s, const struct value *v, const struct value_times *times,
                 const struct value_out *out, uint32_t n)
{
    struct adding a;
    int rc = 0;
    a.value = v;
    a.times = times;
    a.out = out;
    put_apart(&a, n);
    for (unsigned k = 0; k < PARTS && rc == 0; k++) {
        struct part *p = &s->part[k];
        if (a.start[k + 1] > a.start[k]) {
            pthread_mutex_lock(&p->lock);
            rc = is_full(s, p) ? move_out(s, p) : 0;
            rc = rc != 0 ? rc
                         : add_to_part(s, p, &a, a.order + a.start[k], a.start[k + 1] - a.start[k]);
            pthread_mutex_unlock(&p->lock);
        }
    }
    return rc;
}

/* ------------------------------------------------------------------ reading */

size_t valueset_about(const struct valueset *s)
{
    return atomic_load_explicit(&s->about, memory_order_relaxed);
}

void valueset_see(struct valueset *s, value_seer *see, void *ctx)
{
    for (unsigned k = 0; k < PARTS; k++) {
        struct part *p = &s->part[k];
        pthread_mutex_lock(&p->lock);
        for (size_t i = 0; i < p->value.n; i++) {
            see(ctx, chunks_at(&p->value, i));
        }
        pthread_mutex_unlock(&p->lock);
    }
}

size_t valueset_count(const struct valueset *s)
{
    size_t n = 0;
    for (unsigned i = 0; i < PARTS; i++) {
        n += s->part[i].value.n;
    }
    return n;
}

/* An id is the part, then the number in it. */
uint64_t valueset_from(const struct valueset *s, uint64_t id)
{
    unsigned k = (unsigned)(id >> 32);
    size_t i = (size_t)(id & UINT32_MAX);
    for (; k < PARTS; k++, i = 0) {
        if (i < s->part[k].value.n) {
            return (uint64_t)k << 32 | i;
        }
    }
    return VALUE_NONE;
}

void valueset_ids(const struct valueset *s, uint64_t *id)
{
    for (uint64_t i = valueset_from(s, VALUE_START); i != VALUE_NONE;
         i = valueset_from(s, i + 1)) {
        *id++ = i;
    }
}

const struct value *valueset_at(const struct valueset *s, uint64_t id)
{
    return chunks_at(&s->part[id >> 32].value, id & UINT32_MAX);
}

struct value_times valueset_times(const struct valueset *s, uint64_t id)
{
    const struct chunks *c = &s->part[id >> 32].times;
    size_t i = id & UINT32_MAX;
    return i < c->n ? *(const struct value_times *)chunks_at(c, i)
                    : (struct value_times){UINT64_MAX, 0};
}

struct value_out valueset_out(const struct valueset *s, uint64_t id)
{
    const struct chunks *c = &s->part[id >> 32].out;
    size_t i = id & UINT32_MAX;
    return i < c->n ? *(const struct value_out *)chunks_at(c, i) : (struct value_out){0, 0};
}
