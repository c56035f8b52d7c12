/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * constants.c - sets in the form that evaluation likes.
 *
 * Small numbers: a bitmap. Scattered numbers: a hash table. IPv4: ranges with an index by the upper
 * 16 bits. Everything else: binary search in the ranges.
 */
#include "filter/constants.h"

#include "base/hash.h"

#include <string.h>

enum { BITMAP_BITS_MAX = 1 << 20, HASH_MEMBERS_MAX = 1 << 21, INDEX_FROM = 32 };

static bool make_bitmap(struct arena *a, struct constant *c)
{
    uint64_t top = (uint64_t)c->set.at[c->set.n - 1].high;
    c->bitmap_bits = (top | 63) + 1;
    c->bitmap = arena_zalloc(a, c->bitmap_bits / 8);
    for (size_t i = 0; c->bitmap != NULL && i < c->set.n; i++) {
        for (uint64_t v = (uint64_t)c->set.at[i].low; v <= (uint64_t)c->set.at[i].high; v++) {
            c->bitmap[v / 64] |= (uint64_t)1 << (v % 64);
        }
    }
    return c->bitmap != NULL;
}

/* Number of members, or more than any limit. */
static uint64_t members(const struct ranges *s)
{
    wide sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        sum += s->at[i].high - s->at[i].low + 1;
        if (sum > HASH_MEMBERS_MAX) {
            return UINT64_MAX;
        }
    }
    return (uint64_t)sum;
}

static bool make_hash(struct arena *a, struct constant *c, uint64_t n)
{
    uint32_t size = 64;
    while (size < 2 * n) {
        size *= 2;
    }
    c->hash = arena_zalloc(a, size * sizeof *c->hash);
    c->hash_mask = size - 1;
    for (size_t i = 0; c->hash != NULL && i < c->set.n; i++) {
        for (uint64_t v = (uint64_t)c->set.at[i].low; v <= (uint64_t)c->set.at[i].high; v++) {
            uint32_t at = (uint32_t)hash_u64(v) & c->hash_mask;
            while (c->hash[at] != 0) {
                at = (at + 1) & c->hash_mask;
            }
            c->hash[at] = v + 1;
        }
    }
    return c->hash != NULL;
}

bool constant_numbers(struct arena *a, const struct ranges *set, struct constant *c)
{
    uint64_t n = members(set);
    *c = (struct constant){.kind = CONSTANT_NUMBERS, .set = *set};
    if (set->n == 0) {
        return true;
    }
    if (set->at[set->n - 1].high < BITMAP_BITS_MAX) {
        return make_bitmap(a, c);
    }
    if (set->n > 16 && n <= 16 * (uint64_t)set->n && set->at[set->n - 1].high < UINT64_MAX) {
        return make_hash(a, c, n);
    }
    return true;
}

static bool all_v4(const struct ranges *s)
{
    struct ip low, high;
    if (s->n == 0) {
        return false;
    }
    low = wide_to_ip(s->at[0].low);
    high = wide_to_ip(s->at[s->n - 1].high);
    return ip_is_mapped(&low) && ip_is_mapped(&high);
}

static bool make_v4_index(struct arena *a, struct constant *c)
{
    size_t at = 0;
    c->v4_index = arena_alloc(a, 65537 * sizeof *c->v4_index);
    for (uint32_t top = 0; c->v4_index != NULL && top < 65536; top++) {
        while (at < c->set.n && c->v4_high[at] < top << 16) {
            at++;
        }
        c->v4_index[top] = (uint32_t)at;
    }
    if (c->v4_index != NULL) {
        c->v4_index[65536] = (uint32_t)c->set.n;
    }
    return c->v4_index != NULL;
}

bool constant_addrs(struct arena *a, const struct ranges *set, struct constant *c)
{
    *c = (struct constant){.kind = CONSTANT_ADDRS, .set = *set};
    if (!all_v4(set)) {
        return true;
    }
    c->v4_low = arena_alloc(a, set->n * sizeof *c->v4_low);
    c->v4_high = arena_alloc(a, set->n * sizeof *c->v4_high);
    if (c->v4_low == NULL || c->v4_high == NULL) {
        return false;
    }
    for (size_t i = 0; i < set->n; i++) {
        c->v4_low[i] = (uint32_t)set->at[i].low;
        c->v4_high[i] = (uint32_t)set->at[i].high;
    }
    return set->n < INDEX_FROM || make_v4_index(a, c);
}

bool constant_has_number(const struct constant *c, uint64_t v)
{
    if (c->bitmap != NULL) {
        return v < c->bitmap_bits && (c->bitmap[v / 64] >> (v % 64) & 1) != 0;
    }
    if (c->hash != NULL) {
        uint32_t at = (uint32_t)hash_u64(v) & c->hash_mask;
        while (c->hash[at] != 0 && c->hash[at] != v + 1) {
            at = (at + 1) & c->hash_mask;
        }
        return c->hash[at] != 0 && v != UINT64_MAX;
    }
    return ranges_contain(&c->set, v);
}

static bool has_v4(const struct constant *c, uint32_t v)
{
    size_t low = 0;
    size_t high = c->set.n;
    if (c->v4_index != NULL) {
        low = c->v4_index[v >> 16];
        high = c->v4_index[(v >> 16) + 1];
        high += high < c->set.n; /* a range may reach over into the next /16 */
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->v4_high[middle] < v) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < c->set.n && c->v4_low[low] <= v && v <= c->v4_high[low];
}

bool constant_has_addr(const struct constant *c, const struct ip *ip)
{
    if (c->v4_low != NULL) {
        return ip_is_mapped(ip) && has_v4(c, ip_to_v4(ip));
    }
    return ranges_contain(&c->set, wide_of_ip(ip));
}
