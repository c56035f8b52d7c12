/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addrfilter.c - build and ask binary fuse filters.
 * A key has three slots, one in each of three neighbouring segments; the xor of their octets is
 * its fingerprint. Building peels: a slot that only one remaining key uses can be set last, so
 * take that key away and go on; if that ends before all keys are gone, another seed is tried.
 */
#include "store/addrfilter.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/pages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS_MAX 100
#define SEGMENT_MAX ((uint32_t)1 << 18)

uint64_t addrfilter_key(const struct ip *ip)
{
    return hash_of(ip->octet, sizeof ip->octet);
}

static inline uint64_t mix(uint64_t key, uint64_t seed)
{
    uint64_t h = key + seed;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

static inline uint8_t fingerprint(uint64_t h)
{
    return (uint8_t)(h ^ h >> 32);
}

static inline void slots_of(const struct addrfilter *f, uint64_t h, uint32_t slot[3])
{
    uint32_t mask = f->segment - 1;
    slot[0] = (uint32_t)((__uint128_t)h * f->segments_len >> 64);
    slot[1] = (slot[0] + f->segment) ^ ((uint32_t)(h >> 18) & mask);
    slot[2] = (slot[0] + 2 * f->segment) ^ ((uint32_t)h & mask);
}

struct addrfilter_probe addrfilter_probe(const struct addrfilter *f, uint64_t key)
{
    uint64_t h = mix(key, f->seed);
    struct addrfilter_probe p = {.fingerprint = fingerprint(h)};
    slots_of(f, h, p.slot);
    return p;
}

static uint32_t page_check(const uint8_t *slots, size_t len)
{
    return (uint32_t)hash_of(slots, len);
}

bool addrfilter_page_is_good(const struct addrfilter *f, uint32_t page, const uint8_t *slots,
                             size_t len)
{
    struct cur c = cur_of(f->checks + (size_t)page * sizeof(uint32_t), sizeof(uint32_t));
    return cur_u32le(&c) == page_check(slots, len);
}

static size_t pages_of(uint32_t nslots)
{
    return ((size_t)nslots + ADDRFILTER_PAGE - 1) / ADDRFILTER_PAGE;
}

/* Sizes for n keys: from the paper, for three slots. */
static void set_sizes(struct addrfilter *f, uint32_t n)
{
    double ln = n > 1 ? log(n) : log(2);
    double factor = fmax(1.125, 0.875 + 0.25 * log(1e6) / ln);
    uint32_t room = (uint32_t)ceil(n * factor);
    uint32_t segments;
    f->segment = (uint32_t)1 << (unsigned)floor(ln / log(3.33) + 2.25);
    f->segment = f->segment > SEGMENT_MAX ? SEGMENT_MAX : f->segment;
    segments = (room + f->segment - 1) / f->segment;
    segments = segments > 3 ? segments - 2 : 1;
    f->segments_len = segments * f->segment;
    f->nslots = f->segments_len + 2 * f->segment;
}

struct peeling {
    uint32_t nslots, n;
    uint32_t *count;  /* per slot: keys that use it */
    uint64_t *hashes; /* per slot: xor of their hashes */
    uint32_t *queue;  /* slots that one key uses */
    uint64_t *order;  /* hashes taken away, and the slot that each sets */
    uint32_t *sets;
};

static bool peeling_alloc(struct peeling *p, uint32_t nslots, uint32_t n)
{
    *p = (struct peeling){.nslots = nslots, .n = n};
    p->count = pages_new(nslots * sizeof *p->count);
    p->hashes = pages_new(nslots * sizeof *p->hashes);
    p->queue = pages_new(nslots * sizeof *p->queue);
    p->order = pages_new(n * sizeof *p->order);
    p->sets = pages_new(n * sizeof *p->sets);
    return p->count && p->hashes && p->queue && p->order && p->sets;
}

static void peeling_free(struct peeling *p)
{
    pages_free(p->count, p->nslots * sizeof *p->count);
    pages_free(p->hashes, p->nslots * sizeof *p->hashes);
    pages_free(p->queue, p->nslots * sizeof *p->queue);
    pages_free(p->order, p->n * sizeof *p->order);
    pages_free(p->sets, p->n * sizeof *p->sets);
}

/* The hashes of the keys, by their uppermost octet: neighbours use neighbouring slots then, which
 * are still in the cache. */
static void order_hashes(const struct addrfilter *f, const uint64_t *keys, uint32_t n,
                         uint64_t *hashes)
{
    uint32_t at[256] = {0};
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        at[mix(keys[i], f->seed) >> 56]++;
    }
    for (int k = 0; k < 256; k++) {
        uint32_t here = at[k];
        at[k] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint64_t h = mix(keys[i], f->seed);
        hashes[at[h >> 56]++] = h;
    }
}

static void peeling_fill(struct peeling *p, const struct addrfilter *f, const uint64_t *keys,
                         uint32_t n)
{
    memset(p->count, 0, f->nslots * sizeof *p->count);
    memset(p->hashes, 0, f->nslots * sizeof *p->hashes);
    order_hashes(f, keys, n, p->order);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t h = p->order[i];
        uint32_t s[3];
        slots_of(f, h, s);
        for (int k = 0; k < 3; k++) {
            p->count[s[k]]++;
            p->hashes[s[k]] ^= h;
        }
    }
}

/* Number of keys that could be taken away. */
static uint32_t peel(struct peeling *p, const struct addrfilter *f)
{
    uint32_t waiting = 0;
    uint32_t done = 0;
    for (uint32_t i = 0; i < f->nslots; i++) {
        p->queue[waiting] = i;
        waiting += p->count[i] == 1;
    }
    while (waiting > 0) {
        uint32_t at = p->queue[--waiting];
        uint64_t h = p->hashes[at];
        uint32_t s[3];
        if (p->count[at] != 1) {
            continue;
        }
        p->order[done] = h;
        p->sets[done++] = at;
        slots_of(f, h, s);
        for (int k = 0; k < 3; k++) {
            p->hashes[s[k]] ^= h;
            if (--p->count[s[k]] == 1) {
                p->queue[waiting++] = s[k];
            }
        }
    }
    return done;
}

static void assign(const struct peeling *p, const struct addrfilter *f, uint32_t n, uint8_t *slots)
{
    while (n-- > 0) {
        uint64_t h = p->order[n];
        uint32_t s[3];
        slots_of(f, h, s);
        slots[p->sets[n]] = 0;
        slots[p->sets[n]] = fingerprint(h) ^ slots[s[0]] ^ slots[s[1]] ^ slots[s[2]];
    }
}

static void put_head(const struct addrfilter *f, const uint8_t *slots, struct buf *out)
{
    uint32_t numbers[4] = {f->segment, f->segments_len, f->nslots, ADDRFILTER_PAGE};
    buf_add(out, &f->seed, sizeof f->seed);
    buf_add(out, numbers, sizeof numbers);
    for (size_t at = 0; at < f->nslots; at += ADDRFILTER_PAGE) {
        size_t left = f->nslots - at;
        uint32_t check = page_check(slots + at, left < ADDRFILTER_PAGE ? left : ADDRFILTER_PAGE);
        buf_add(out, &check, sizeof check);
    }
}

int addrfilter_build(const uint64_t *keys, uint32_t n, struct buf *head, struct buf *to)
{
    struct addrfilter f = {.seed = 0};
    struct peeling p;
    uint8_t *slots;
    int rc = ERR_NOMEM;
    set_sizes(&f, n);
    slots = calloc(f.nslots, 1);
    if (peeling_alloc(&p, f.nslots, n + 1) && slots != NULL) {
        rc = ERR_LIMIT;
    }
    for (int i = 0; i < SEEDS_MAX && rc == ERR_LIMIT; i++) {
        f.seed = f.seed * 0x5851f42d4c957f2du + 0x14057b7ef767814fu;
        peeling_fill(&p, &f, keys, n);
        if (peel(&p, &f) == n) {
            assign(&p, &f, n, slots);
            put_head(&f, slots, head);
            buf_add(to, slots, f.nslots);
            rc = 0;
        }
    }
    peeling_free(&p);
    free(slots);
    return rc;
}

int addrfilter_get(struct cur *c, struct addrfilter *f)
{
    uint32_t page;
    f->seed = cur_u64le(c);
    f->segment = cur_u32le(c);
    f->segments_len = cur_u32le(c);
    f->nslots = cur_u32le(c);
    page = cur_u32le(c);
    f->checks = cur_take(c, pages_of(f->nslots) * sizeof(uint32_t));
    if (!cur_ok(c) || page != ADDRFILTER_PAGE || f->segment == 0 || f->segment > SEGMENT_MAX ||
        (f->segment & (f->segment - 1)) != 0 || f->segments_len % f->segment != 0 ||
        f->segments_len == 0 || (uint64_t)f->segments_len + 2 * (uint64_t)f->segment != f->nslots) {
        return ERR_FORMAT;
    }
    return 0;
}
