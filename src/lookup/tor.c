/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * tor.c - Tor exit nodes and the times they were seen.
 *
 * An element of the data base: u32 address, u16, u16 number of the last interval, u64, 8 intervals
 * of two u64 (seconds since 1970, first and last seen).
 */
#include "lookup/tor.h"

#include "lookup/nfarray.h"

#include <stdlib.h>

enum { INTERVALS = 8, ELEMENT_OCTETS = 144, GRACE = 24 * 3600 };

struct node {
    uint32_t addr;
    unsigned nintervals;
    uint64_t first[INTERVALS], last[INTERVALS]; /* seconds */
};

struct tor_db {
    struct node *nodes;
    size_t n;
};

static void read_node(struct cur *c, struct node *node)
{
    unsigned last;
    node->addr = cur_u32le(c);
    cur_skip(c, 2);
    last = cur_u16le(c);
    node->nintervals = last < INTERVALS ? last + 1 : INTERVALS;
    cur_skip(c, 8);
    for (int i = 0; i < INTERVALS; i++) {
        node->first[i] = cur_u64le(c);
        node->last[i] = cur_u64le(c);
    }
}

static int visit(void *ctx, unsigned kind, uint32_t n, unsigned size, struct cur *c)
{
    struct tor_db *db = ctx;
    struct node *at;
    if (kind != NFARRAY_TOR) {
        return NFARRAY_UNKNOWN;
    }
    if (n == 0) {
        return 0;
    }
    if (size != ELEMENT_OCTETS) {
        return ERR_UNSUPPORTED;
    }
    at = realloc(db->nodes, (db->n + n) * sizeof *at);
    if (at == NULL) {
        return ERR_NOMEM;
    }
    db->nodes = at;
    for (uint32_t i = 0; i < n; i++) {
        read_node(c, &at[db->n++]);
    }
    return cur_ok(c) ? 0 : ERR_FORMAT;
}

static int compare(const void *x, const void *y)
{
    uint32_t a = ((const struct node *)x)->addr;
    uint32_t b = ((const struct node *)y)->addr;
    return a < b ? -1 : a > b;
}

/* What was read, with result rc, becomes a data base that can be asked. */
static int tor_ready(struct tor_db *db, int rc, struct tor_db **out, struct fault *fault)
{
    if (rc != 0) {
        if (fault != NULL && fault->code == 0) {
            fault_set(fault, rc, "Tor data base: %s", err_text(rc));
        }
        tor_close(db);
        return rc;
    }
    if (db->n > 0) {
        qsort(db->nodes, db->n, sizeof *db->nodes, compare);
    }
    *out = db;
    return 0;
}

int tor_open(const char *name, struct tor_db **out, struct fault *fault)
{
    struct tor_db *db = calloc(1, sizeof *db);
    if (db == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    return tor_ready(db, nfarray_read(name, visit, db, fault), out, fault);
}

int tor_parse(const void *data, size_t len, struct tor_db **out, struct fault *fault)
{
    struct tor_db *db = calloc(1, sizeof *db);
    if (db == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    return tor_ready(db, nfarray_parse(data, len, visit, db, fault), out, fault);
}

void tor_close(struct tor_db *db)
{
    if (db != NULL) {
        free(db->nodes);
        free(db);
    }
}

static const struct node *find(const struct tor_db *db, const struct ip *addr, int family)
{
    struct node key = {.addr = ip_to_v4(addr)};
    if (db == NULL || db->n == 0 || family != 4) {
        return NULL;
    }
    return bsearch(&key, db->nodes, db->n, sizeof key, compare);
}

bool tor_knows(const struct tor_db *db, const struct ip *addr, int family)
{
    return find(db, addr, family) != NULL;
}

enum tor_says tor_lookup(const struct tor_db *db, const struct ip *addr, int family, uint64_t first,
                         uint64_t last)
{
    const struct node *node = find(db, addr, family);
    first /= 1000;
    last /= 1000;
    for (unsigned i = 0; node != NULL && i < node->nintervals; i++) {
        uint64_t from = node->first[i];
        uint64_t to = node->last[i] + GRACE;
        if ((first >= from && first <= to) || (last >= from && last <= to)) {
            return TOR_EXIT;
        }
    }
    return node != NULL ? TOR_OTHER_DAY : TOR_NEVER;
}
