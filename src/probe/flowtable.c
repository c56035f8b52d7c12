/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowtable.c - open addressing over chunks of flows, and a lazy timer wheel.
 *
 * The index holds (hash tag, flow number + 1) pairs, linear probing, at most half full; deletion
 * moves later entries back, so that there are no tombstones. Flows live in chunks that are never
 * moved; free ones form a list through wheel_next.
 *
 * The wheel has WHEEL_SLOTS one-second slots. A flow sits in the slot of its end when it was put
 * there; when the slot is visited, it ends or is put where it belongs by then. Ends beyond the
 * wheel's reach are clipped and treated the same way. `cursor` is the second up to which everything
 * has been visited.
 *
 * So a usual packet touches one line of the index and two of the flow, none of which depends on
 * another flow: all can be fetched in advance (meter.c).
 */
#include "probe/flowtable.h"

#include "base/hash.h"
#include "base/pages.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_FLOWS = 32768, WHEEL_SLOTS = 8192, NO_SLOT = 0xffff, NO_FLOW = 0xffffffff };

_Static_assert(sizeof(struct flow_key) == 64, "flow_key must not have padding");

struct index_entry {
    uint32_t hash;
    uint32_t flow; /* number + 1; 0: empty */
};

struct flowtable {
    flow_end *end;
    const void *ctx;
    uint64_t seed;
    size_t count;
    struct index_entry *index;
    uint32_t mask; /* slots - 1 */
    struct probe_flow **chunks;
    uint32_t nchunks;
    uint32_t used; /* flows that were ever taken */
    uint32_t free; /* first one that was given back */
    uint64_t cursor; /* seconds */
    uint32_t wheel[WHEEL_SLOTS]; /* heads of lists */
};

enum { CHUNK_OCTETS = CHUNK_FLOWS * sizeof(struct probe_flow) };

_Static_assert((size_t)CHUNK_OCTETS % (size_t)LARGE_PAGE == 0, "chunks fill large pages");

static size_t index_octets(uint32_t mask)
{
    return ((size_t)mask + 1) * sizeof(struct index_entry);
}

static struct probe_flow *flow_at(const struct flowtable *t, uint32_t number)
{
    return &t->chunks[number / CHUNK_FLOWS][number % CHUNK_FLOWS];
}

struct flowtable *flowtable_new(flow_end *end, const void *ctx)
{
    struct flowtable *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    t->end = end;
    t->ctx = ctx;
    t->seed = hash_random_seed();
    t->mask = 16384 - 1;
    t->index = pages_new(index_octets(t->mask));
    t->free = NO_FLOW;
    memset(t->wheel, 0xff, sizeof t->wheel);
    if (t->index == NULL) {
        free(t);
        return NULL;
    }
    return t;
}

void flowtable_free(struct flowtable *t)
{
    if (t == NULL) {
        return;
    }
    for (uint32_t i = 0; i < t->nchunks; i++) {
        pages_free(t->chunks[i], CHUNK_OCTETS);
    }
    free(t->chunks);
    pages_free(t->index, index_octets(t->mask));
    free(t);
}

size_t flowtable_count(const struct flowtable *t)
{
    return t->count;
}

/* ---- flows ---- */

static bool add_chunk(struct flowtable *t)
{
    struct probe_flow **chunks = realloc(t->chunks, (t->nchunks + 1) * sizeof(*chunks));
    struct probe_flow *chunk = pages_new(CHUNK_OCTETS);
    if (chunks != NULL) {
        t->chunks = chunks;
    }
    if (chunks == NULL || chunk == NULL) {
        pages_free(chunk, CHUNK_OCTETS);
        return false;
    }
    chunks[t->nchunks++] = chunk;
    return true;
}

/* The number of a flow that is nobody's, or NO_FLOW. */
static uint32_t take_number(struct flowtable *t)
{
    uint32_t number = t->free;
    if (number != NO_FLOW) {
        t->free = flow_at(t, number)->wheel_next;
        return number;
    }
    if (t->used == t->nchunks * CHUNK_FLOWS && !add_chunk(t)) {
        return NO_FLOW;
    }
    return t->used++;
}

static struct probe_flow *take_flow(struct flowtable *t)
{
    uint32_t number = take_number(t);
    struct probe_flow *f;
    if (number == NO_FLOW) {
        return NULL;
    }
    f = flow_at(t, number);
    memset(f, 0, sizeof *f);
    f->self = number;
    f->wheel_next = f->wheel_prev = NO_FLOW;
    f->wheel_slot = NO_SLOT;
    return f;
}

/* ---- index ---- */

static void index_put(struct flowtable *t, uint32_t hash, uint32_t flow)
{
    uint32_t i = hash & t->mask;
    while (t->index[i].flow != 0) {
        i = (i + 1) & t->mask;
    }
    t->index[i] = (struct index_entry){hash, flow};
}

static bool index_grow(struct flowtable *t)
{
    struct index_entry *old = t->index;
    uint32_t old_mask = t->mask;
    struct index_entry *grown = pages_new(index_octets(old_mask * 2 + 1));
    if (grown == NULL) {
        return false;
    }
    t->index = grown;
    t->mask = old_mask * 2 + 1;
    for (uint32_t i = 0; i <= old_mask; i++) {
        if (old[i].flow != 0) {
            index_put(t, old[i].hash, old[i].flow);
        }
    }
    pages_free(old, index_octets(old_mask));
    return true;
}

static void index_remove(struct flowtable *t, const struct probe_flow *f)
{
    uint32_t i = flowtable_hash(t, &f->key) & t->mask;
    uint32_t gap;
    while (t->index[i].flow != f->self + 1) {
        assert(t->index[i].flow != 0);
        i = (i + 1) & t->mask;
    }
    for (gap = i, i = (i + 1) & t->mask; t->index[i].flow != 0; i = (i + 1) & t->mask) {
        uint32_t home = t->index[i].hash & t->mask;
        if (((i - home) & t->mask) >= ((i - gap) & t->mask)) {
            t->index[gap] = t->index[i];
            gap = i;
        }
    }
    t->index[gap].flow = 0;
}

static struct probe_flow *index_find(const struct flowtable *t, uint32_t hash,
                                     const struct flow_key *key)
{
    for (uint32_t i = hash & t->mask; t->index[i].flow != 0; i = (i + 1) & t->mask) {
        if (t->index[i].hash == hash) {
            struct probe_flow *f = flow_at(t, t->index[i].flow - 1);
            if (memcmp(&f->key, key, sizeof *key) == 0) {
                return f;
            }
        }
    }
    return NULL;
}

uint32_t flowtable_hash(const struct flowtable *t, const struct flow_key *key)
{
    return (uint32_t)hash_seeded(key, sizeof *key, t->seed);
}

void flowtable_expect(const struct flowtable *t, uint32_t hash)
{
    __builtin_prefetch(&t->index[hash & t->mask]);
}

void flowtable_expect_flow(const struct flowtable *t, uint32_t hash)
{
    for (uint32_t i = hash & t->mask; t->index[i].flow != 0; i = (i + 1) & t->mask) {
        if (t->index[i].hash == hash) {
            const struct probe_flow *f = flow_at(t, t->index[i].flow - 1);
            __builtin_prefetch(&f->key);
            __builtin_prefetch(&f->first_usec, 1);
            return;
        }
    }
}

struct probe_flow *flowtable_find(const struct flowtable *t, const struct flow_key *key)
{
    return index_find(t, flowtable_hash(t, key), key);
}

struct probe_flow *flowtable_get(struct flowtable *t, const struct flow_key *key, uint32_t hash,
                                 bool *fresh)
{
    struct probe_flow *f = index_find(t, hash, key);
    *fresh = f == NULL;
    if (f != NULL) {
        return f;
    }
    if (t->count * 2 > t->mask && !index_grow(t)) {
        return NULL;
    }
    f = take_flow(t);
    if (f != NULL) {
        f->key = *key;
        index_put(t, hash, f->self + 1);
        t->count++;
    }
    return f;
}

/* ---- wheel ---- */

static void wheel_unlink(struct flowtable *t, struct probe_flow *f)
{
    if (f->wheel_slot == NO_SLOT) {
        return;
    }
    if (f->wheel_prev != NO_FLOW) {
        flow_at(t, f->wheel_prev)->wheel_next = f->wheel_next;
    } else {
        t->wheel[f->wheel_slot] = f->wheel_next;
    }
    if (f->wheel_next != NO_FLOW) {
        flow_at(t, f->wheel_next)->wheel_prev = f->wheel_prev;
    }
    f->wheel_slot = NO_SLOT;
}

/* The second whose slot a flow belongs in: not before the cursor, not beyond the wheel. */
static uint64_t wheel_second(const struct flowtable *t, uint64_t due)
{
    if (due < t->cursor) {
        return t->cursor;
    }
    return due - t->cursor < WHEEL_SLOTS ? due : t->cursor + WHEEL_SLOTS - 1;
}

static void wheel_link(struct flowtable *t, struct probe_flow *f, uint64_t due)
{
    uint32_t slot = (uint32_t)(wheel_second(t, due) % WHEEL_SLOTS);
    f->wheel_slot = (uint16_t)slot;
    f->wheel_prev = NO_FLOW;
    f->wheel_next = t->wheel[slot];
    if (f->wheel_next != NO_FLOW) {
        flow_at(t, f->wheel_next)->wheel_prev = f->self;
    }
    t->wheel[slot] = f->self;
}

/* Seconds from the cursor to the slot the flow sits in. */
static uint64_t wheel_distance(const struct flowtable *t, const struct probe_flow *f)
{
    return (f->wheel_slot - t->cursor % WHEEL_SLOTS) % WHEEL_SLOTS;
}

void flowtable_arm(struct flowtable *t, struct probe_flow *f)
{
    uint64_t due = t->end(t->ctx, f);
    if (t->count == 1 && f->wheel_slot == NO_SLOT && due != 0) {
        t->cursor = due; /* the table was empty: time may have leapt */
    }
    if (f->wheel_slot != NO_SLOT) {
        if (wheel_second(t, due) - t->cursor >= wheel_distance(t, f)) {
            return; /* lives longer: moved when its slot is visited */
        }
        wheel_unlink(t, f);
    }
    if (due != 0 && due < t->cursor) {
        t->cursor = due; /* packet time ran backwards: look again from there */
    }
    wheel_link(t, f, due);
}

/* The first flow in the cursor's slot that really ends by then; later ones are put where they
 * belong. */
static struct probe_flow *visit_slot(struct flowtable *t)
{
    uint32_t number = t->wheel[t->cursor % WHEEL_SLOTS];
    while (number != NO_FLOW) {
        struct probe_flow *f = flow_at(t, number);
        uint64_t due = t->end(t->ctx, f);
        number = f->wheel_next;
        if (due <= t->cursor) {
            return f;
        }
        wheel_unlink(t, f);
        wheel_link(t, f, due);
    }
    return NULL;
}

struct probe_flow *flowtable_due(struct flowtable *t, uint64_t now)
{
    if (t->count == 0) {
        return NULL;
    }
    if (now > t->cursor + WHEEL_SLOTS) {
        t->cursor = now - WHEEL_SLOTS; /* one round visits every flow */
    }
    while (t->cursor < now) {
        struct probe_flow *f = visit_slot(t);
        if (f != NULL) {
            return f;
        }
        t->cursor++;
    }
    return NULL;
}

struct probe_flow *flowtable_oldest(struct flowtable *t)
{
    struct probe_flow *f = NULL;
    while (t->count > 0 && f == NULL) {
        f = visit_slot(t);
        t->cursor += f == NULL;
    }
    return f;
}

struct probe_flow *flowtable_next(struct flowtable *t, size_t *place)
{
    while (*place < t->used) {
        struct probe_flow *f = flow_at(t, (uint32_t)(*place)++);
        if (f->wheel_slot != NO_SLOT) {
            return f;
        }
    }
    return NULL;
}

void flowtable_remove(struct flowtable *t, struct probe_flow *f)
{
    wheel_unlink(t, f);
    index_remove(t, f);
    f->wheel_next = t->free;
    t->free = f->self;
    t->count--;
}
