/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * valueset.h - the values of a statistic with their counters, filled by all workers at once.
 *
 * There is one set for all workers, in parts that are locked one by one, so memory does not grow
 * with the number of workers and nothing has to be merged in the end. Counters are sums, minima and
 * maxima: the result does not depend on who adds when. Values never move.
 *
 * Times and counters of the reverse direction are kept only in parts of the set where somebody
 * added some.
 */
#ifndef WEIR_QUERY_VALUESET_H
#define WEIR_QUERY_VALUESET_H

#include "base/hash.h"
#include "query/spill.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number (the second word is 0) or an address, and what else tells values apart. */
struct value_key {
    uint64_t word[2];
    uint16_t tag; /* family << 8 | protocol */
};

static inline uint64_t value_hash(uint64_t word0, uint64_t word1, uint64_t tag)
{
    return hash_u64(word0 ^ (word1 + tag) * 0x9e3779b97f4a7c15u ^ word1 >> 29);
}

static inline uint64_t value_key_hash(const struct value_key *k)
{
    return value_hash(k->word[0], k->word[1], k->tag);
}

struct value {
    uint64_t word[2];
    uint64_t flows, packets, bytes; /* forward direction */
    uint64_t first;                 /* position of its first appearance; positions ascend */
    uint64_t last;                  /* place of the last block that has it, << 16 | tag */
};

struct value_times {
    uint64_t first, last; /* msec; UINT64_MAX, 0: unknown */
};

struct value_out {
    uint64_t packets, bytes;
};

static inline uint16_t value_tag(const struct value *v)
{
    return (uint16_t)v->last;
}

static inline struct value_key value_key_of(const struct value *v)
{
    return (struct value_key){{v->word[0], v->word[1]}, value_tag(v)};
}

static inline uint64_t value_last_place(const struct value *v)
{
    return v->last >> 16;
}

struct valueset;

/* budget: what exceeds it goes to a temporary file; NULL: no limit. NULL: no memory. */
struct valueset *valueset_new(struct budget *budget);
void valueset_free(struct valueset *s);

enum { VALUESET_RUN = 4096 }; /* values added at once */

/* Add n <= VALUESET_RUN values, which may be in the set already, and repeat; times, out: as many,
 * or NULL. Any thread. Returns 0 or ERR_NOMEM. */
int valueset_add(struct valueset *s, const struct value *v, const struct value_times *times,
                 const struct value_out *out, uint32_t n);

/* How many values there are in memory, while others add. */
size_t valueset_about(const struct valueset *s);

/* See all values in memory, while others add: what one of them has may be of different moments. */
typedef void value_seer(void *ctx, const struct value *v);
void valueset_see(struct valueset *s, value_seer *see, void *ctx);

/* ---- once nobody adds any more ---- */

/* If values are in the file, move all there. True in *spilled then: there are no ids, and values
 * are had in portions, each of which is a set of its own. Returns 0 or ERR_*. */
int valueset_settle(struct valueset *s, bool *spilled);
unsigned valueset_portions(const struct valueset *s);
int valueset_portion(struct valueset *s, unsigned i, struct valueset **out);

/* An id names a value. */

size_t valueset_count(const struct valueset *s);

/* The ids of all values, in no order that means anything: room for valueset_count(). */
void valueset_ids(const struct valueset *s, uint64_t *id);

/* Walk without an array: start with VALUE_START, ends with VALUE_NONE. */
#define VALUE_START ((uint64_t)0)
#define VALUE_NONE UINT64_MAX
uint64_t valueset_from(const struct valueset *s, uint64_t id);

const struct value *valueset_at(const struct valueset *s, uint64_t id);
struct value_times valueset_times(const struct valueset *s, uint64_t id);
struct value_out valueset_out(const struct valueset *s, uint64_t id);

#endif
