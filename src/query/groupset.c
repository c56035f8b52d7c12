/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * groupset.c - see groupset.h. Open addressing by the lower bits of the hash.
 */
#include "query/groupset.h"

#include "base/pages.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024 };

static size_t rounded(size_t n)
{
    return (n + 7) / 8 * 8;
}

struct group_layout group_layout_of(size_t key_length, size_t row_width)
{
    struct group_layout l = {.key_length = key_length, .row_width = row_width};
    l.row_at = rounded(sizeof(struct group) + key_length);
    l.width = rounded(l.row_at + row_width);
    return l;
}

void groupset_init(struct groupset *s, const struct group_layout *layout)
{
    memset(s, 0, sizeof *s);
    s->layout = *layout;
    chunks_init(&s->group, layout->width);
}

void groupset_free(struct groupset *s)
{
    chunks_free(&s->group);
    s->group.pages = NULL;
    if (s->pages != NULL) {
        pages_end(s->pages);
        free(s->pages);
        s->pages = NULL;
    }
    pages_free(s->slot, s->nslots * sizeof *s->slot);
    s->slot = NULL;
    s->nslots = 0;
}

static void place(uint64_t *slot, size_t nslots, uint64_t entry, uint64_t hash)
{
    size_t i = hash & (nslots - 1);
    while (slot[i] != 0) {
        i = (i + 1) & (nslots - 1);
    }
    slot[i] = entry;
}

static uint64_t entry_of(uint64_t hash, size_t number)
{
    return hash >> 32 << 32 | (uint32_t)(number + 1);
}

static int start_pages(struct groupset *s)
{
    s->pages = malloc(sizeof *s->pages);
    if (s->pages == NULL) {
        return -1;
    }
    pages_init(s->pages);
    s->group.pages = s->pages;
    return 0;
}

static int grow(struct groupset *s)
{
    size_t n = s->nslots != 0 ? s->nslots * 2 : FIRST_SLOTS;
    uint64_t *slot = s->group.n < UINT32_MAX - 1 ? pages_new(n * sizeof *slot) : NULL;
    if (slot == NULL || (s->pages == NULL && start_pages(s) != 0)) {
        pages_free(slot, n * sizeof *slot);
        return -1;
    }
    for (size_t i = 0; i < s->group.n; i++) {
        uint64_t hash = groupset_at(s, i)->hash;
        place(slot, n, entry_of(hash, i), hash);
    }
    pages_free(s->slot, s->nslots * sizeof *s->slot);
    s->slot = slot;
    s->nslots = n;
    return 0;
}

/* The slot that holds the key, or the free one where it belongs. */
static size_t find_slot(const struct groupset *s, uint64_t hash, const uint8_t *key)
{
    size_t i = hash & (s->nslots - 1);
    while (s->slot[i] != 0) {
        if (s->slot[i] >> 32 == hash >> 32) {
            struct group *g = groupset_at(s, (uint32_t)s->slot[i] - 1);
            if (g->hash == hash && memcmp(group_key(g), key, s->layout.key_length) == 0) {
                break;
            }
        }
        i = (i + 1) & (s->nslots - 1);
    }
    return i;
}

struct group *groupset_put(struct groupset *s, uint64_t hash, const uint8_t *key, bool *is_new)
{
    struct group *g;
    size_t i;
    if (s->group.n >= s->nslots / 2 && grow(s) != 0) {
        return NULL;
    }
    i = find_slot(s, hash, key);
    *is_new = s->slot[i] == 0;
    if (!*is_new) {
        return groupset_at(s, (uint32_t)s->slot[i] - 1);
    }
    g = chunks_add(&s->group);
    if (g == NULL) {
        return NULL;
    }
    g->hash = hash;
    memcpy(group_key(g), key, s->layout.key_length);
    s->slot[i] = entry_of(hash, s->group.n - 1);
    return g;
}

void group_merge(struct group *into, const struct group *from, const struct group_layout *l)
{
    tally_add(&into->tally, &from->tally);
    if (from->first < into->first) {
        into->first = from->first;
        memcpy((uint8_t *)into + l->row_at, (const uint8_t *)from + l->row_at, l->row_width);
    }
}
