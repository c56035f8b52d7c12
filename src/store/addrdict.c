/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addrdict.c - number addresses through a hash table, then sort them.
 *
 * Sorting works on keys of 128 bits as two numbers; IPv4 addresses, the bulk, share the first one.
 */
#include "store/addrdict.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

void addrdict_init(struct addrdict *d)
{
    memset(d, 0, sizeof *d);
}

void addrdict_free(struct addrdict *d)
{
    free(d->addr);
    free(d->code_of);
    free(d->slots);
    free(d->keys);
    addrdict_init(d);
}

/* The upper bits of a product; IPv4 addresses differ in the last octets only. */
static inline uint32_t slot_of(const struct addrdict *d, const struct ip *ip)
{
    uint64_t half[2];
    memcpy(half, ip->octet, sizeof half);
    half[1] ^= half[0] * 0xc2b2ae3d27d4eb4fu;
    return (uint32_t)((half[1] ^ half[1] >> 32) * 0x9e3779b97f4a7c15u >> d->shift);
}

static bool set_slots(struct addrdict *d, uint32_t n)
{
    if (n > d->slots_cap) {
        free(d->slots);
        d->slots = malloc((size_t)n * sizeof *d->slots);
        d->slots_cap = d->slots != NULL ? n : 0;
    }
    d->nslots = d->slots != NULL ? n : 0;
    d->shift = 64 - (unsigned)__builtin_ctz(n);
    if (d->slots != NULL) {
        memset(d->slots, 0, (size_t)n * sizeof *d->slots);
    }
    return d->slots != NULL;
}

bool addrdict_begin(struct addrdict *d, uint32_t rows)
{
    uint32_t n = 1024;
    while (n < 2 * rows) {
        n *= 2;
    }
    d->n = 0;
    return set_slots(d, n);
}

/* Room for one more: slots at least half empty. */
static bool grow(struct addrdict *d)
{
    if (d->n == d->cap) {
        uint32_t cap = d->cap != 0 ? d->cap * 2 : 1024;
        struct ip *addr = realloc(d->addr, cap * sizeof *addr);
        if (addr == NULL) {
            return false;
        }
        d->addr = addr;
        d->cap = cap;
    }
    if (2 * (uint64_t)d->n < d->nslots) {
        return true;
    }
    if (!set_slots(d, 2 * d->nslots)) {
        return false;
    }
    for (uint32_t i = 0; i < d->n; i++) {
        uint32_t s = slot_of(d, &d->addr[i]);
        while (d->slots[s] != 0) {
            s = (s + 1) & (d->nslots - 1);
        }
        d->slots[s] = i + 1;
    }
    return true;
}

void addrdict_prefetch(const struct addrdict *d, const struct ip *ip)
{
    __builtin_prefetch(&d->slots[slot_of(d, ip)]);
}

uint32_t addrdict_add(struct addrdict *d, const struct ip *ip)
{
    uint32_t s;
    if ((d->n == d->cap || 2 * d->n >= d->nslots) && !grow(d)) {
        return UINT32_MAX;
    }
    s = slot_of(d, ip);
    while (d->slots[s] != 0) {
        if (ip_equal(&d->addr[d->slots[s] - 1], ip)) {
            return d->slots[s] - 1;
        }
        s = (s + 1) & (d->nslots - 1);
    }
    d->addr[d->n] = *ip;
    d->slots[s] = ++d->n;
    return d->n - 1;
}

struct key {
    uint64_t high;
    uint64_t low;
    uint32_t number;
};

static int by_key(const void *a, const void *b)
{
    const struct key *x = a;
    const struct key *y = b;
    if (x->high != y->high) {
        return x->high < y->high ? -1 : 1;
    }
    return x->low < y->low ? -1 : x->low > y->low;
}

/* Stable counting sort by 11 bits of low, for keys with the same high half. */
static void radix_pass(const struct key *from, struct key *to, uint32_t n, unsigned shift)
{
    uint32_t at[2048] = {0};
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        at[from[i].low >> shift & 2047]++;
    }
    for (int i = 0; i < 2048; i++) {
        uint32_t count = at[i];
        at[i] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < n; i++) {
        to[at[from[i].low >> shift & 2047]++] = from[i];
    }
}

static inline bool key_is_v4(const struct key *k)
{
    return k->high == 0 && k->low >> 32 == 0xffff;
}

/* v4 keys to the front, sorted by radix; the others behind, sorted by comparison. spare: as
 * large. */
static uint32_t sort_keys(struct key *k, struct key *spare, uint32_t n)
{
    uint32_t v4 = 0;
    uint32_t other = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (key_is_v4(&k[i])) {
            spare[v4++] = k[i];
        } else {
            k[other++] = k[i];
        }
    }
    memmove(k + v4, k, other * sizeof *k);
    radix_pass(spare, k, v4, 0);
    radix_pass(k, spare, v4, 11);
    radix_pass(spare, k, v4, 22);
    qsort(k + v4, other, sizeof *k, by_key);
    return v4;
}

static void place(struct addrdict *d, const struct key *k, uint32_t code)
{
    d->addr[code] = ip_from_halves(k->high, k->low);
    d->code_of[k->number] = code;
}

/* Workspace for twice n keys, and code_of for n addresses. */
static bool reserve_keys(struct addrdict *d)
{
    uint32_t *code_of;
    if (d->n <= d->keys_cap) {
        return true;
    }
    free(d->keys);
    d->keys_cap = 0;
    d->keys = malloc((size_t)d->cap * 2 * sizeof(struct key));
    code_of = realloc(d->code_of, (size_t)d->cap * sizeof *code_of);
    d->code_of = code_of != NULL ? code_of : d->code_of;
    if (d->keys == NULL || code_of == NULL) {
        return false;
    }
    d->keys_cap = d->cap;
    return true;
}

bool addrdict_sort(struct addrdict *d)
{
    struct key *k;
    uint32_t v4;
    uint32_t low = 0;
    if (d->n == 0) {
        return true;
    }
    if (!reserve_keys(d)) {
        return false;
    }
    k = d->keys;
    for (uint32_t i = 0; i < d->n; i++) {
        k[i] = (struct key){ip_high(&d->addr[i]), ip_low(&d->addr[i]), i};
    }
    v4 = sort_keys(k, k + d->n, d->n);
    while (v4 + low < d->n && k[v4 + low].high == 0 && k[v4 + low].low < 0xffff00000000u) {
        place(d, &k[v4 + low], low);
        low++;
    }
    for (uint32_t i = 0; i < v4; i++) {
        place(d, &k[i], low + i);
    }
    for (uint32_t i = v4 + low; i < d->n; i++) {
        place(d, &k[i], i);
    }
    return true;
}

void addrdict_v4(const struct ip *addr, uint32_t n, uint32_t *from, uint32_t *to)
{
    uint32_t i = 0;
    while (i < n && !ip_is_mapped(&addr[i])) {
        i++;
    }
    *from = i;
    while (i < n && ip_is_mapped(&addr[i])) {
        i++;
    }
    *to = i;
}
