/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * keys.h - the keys of an aggregation, for chosen rows of a batch: their octets, and their hashes.
 *
 * A key is how->key_length octets; flows with equal keys form one group. Octets are built column
 * by column. Hashes are made without building keys where that is possible (keyhash.c): what does
 * not depend on the row is hashed once for each value of a dictionary. Equal keys have equal
 * hashes, in any block and any process; the reverse is likely, but not promised.
 *
 * Bidirectional keys are the smaller one of a flow's key and that of the opposite direction; which
 * rows were turned for that is told.
 */
#ifndef WEIR_QUERY_KEYS_H
#define WEIR_QUERY_KEYS_H

#include "flow/batch.h"
#include "query/aggregate.h"

/* Workspace of one thread. */
struct keys {
    const struct aggregation *how;
    uint8_t *key;         /* of n rows, one behind the other */
    size_t cap;
    bool masks;           /* addresses of groups are rewritten */
    struct ip *src, *dst; /* then: addresses with masks applied; BATCH_ROWS_MAX each */
    uint8_t *turned;      /* bidirectional: 1 where the key is that of the opposite direction */
    uint64_t *table;      /* workspace of hashing: one for each value of a dictionary */
    size_t table_cap;
};

int keys_init(struct keys *k, const struct aggregation *how); /* 0 or ERR_NOMEM */
void keys_free(struct keys *k);

/* The columns that keys are made from. */
void keys_fields(const struct aggregation *how, struct field_set *set);
bool keys_rewrite_addresses(const struct aggregation *how);

/* Make the keys of n rows. Returns 0 or ERR_NOMEM. */
int keys_make(struct keys *k, struct batch *b, const uint32_t *rows, uint32_t n);

static inline const uint8_t *keys_at(const struct keys *k, uint32_t i)
{
    return k->key + (size_t)i * k->how->key_length;
}

/* Hashes of the keys of n rows. Keys need not be made; what was made before is lost. */
int keys_hash(struct keys *k, struct batch *b, const uint32_t *rows, uint32_t n, uint64_t *hash);

/* Does the address enter the key? Of one family only (srcip4), an address of zeros is as good as
 * none, as in nfdump: -A srcip4/8 has one group of IPv6 flows and networks 0. */
bool keys_shows_address(enum aggr_kind kind, const struct ip *ip);

/* 4, 6 or 0. */
int keys_family(struct batch *b, uint32_t row);

#endif
