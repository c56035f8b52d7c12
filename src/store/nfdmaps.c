/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdmaps.c - see nfdmaps.h.
 */
#include "store/nfdmaps.h"

#include <stdlib.h>

enum { RECORD_HEAD = 4, MAP_IDS = 65536, PAGE_IDS = 256 };

struct nfd1_maps {
    struct nfd1_map *maps; /* in the order of the file */
    size_t n, room;
};

/* By id, in pages made when needed: number in maps + 1; 0: none. */
struct nfd1_maps_now {
    const struct nfd1_maps *all;
    struct arena *arena;
    uint32_t *page[MAP_IDS / PAGE_IDS];
    size_t next; /* the map that is met next */
};

struct nfd1_maps *nfd1maps_new(void)
{
    return calloc(1, sizeof(struct nfd1_maps));
}

void nfd1maps_free(struct nfd1_maps *maps)
{
    if (maps != NULL) {
        free(maps->maps);
        free(maps);
    }
}

static int add_map(struct nfd1_maps *maps, struct cur c, uint32_t block)
{
    struct nfd1_map m = {.block = block};
    uint16_t number;
    m.id = cur_u16le(&c);
    cur_skip(&c, 2);
    while (cur_left(&c) >= 2 && (number = cur_u16le(&c)) != 0 && m.n < NFD1_EXTENSIONS) {
        m.extension[m.n++] = number;
    }
    if (maps->n == maps->room) {
        size_t room = maps->room == 0 ? 16 : maps->room * 2;
        struct nfd1_map *grown = room <= MAP_IDS ? realloc(maps->maps, room * sizeof *grown) : NULL;
        if (grown == NULL) {
            return ERR_LIMIT;
        }
        maps->maps = grown;
        maps->room = room;
    }
    maps->maps[maps->n++] = m;
    return 0;
}

bool nfd1_next(struct nfdresync *s, struct cur *c, struct nfd1_next *n)
{
    n->at = c->at;
    n->lost = 0;
    n->type = cur_u16le(c);
    n->size = cur_u16le(c);
    if (cur_ok(c) && n->size >= RECORD_HEAD && n->size - RECORD_HEAD <= cur_left(c)) {
        n->body = cur_sub(c, n->size - RECORD_HEAD);
        return true;
    }
    if (!nfdresync(s, (size_t)(n->at - s->octets) + 1, c)) {
        return false;
    }
    n->lost = (size_t)(c->at - n->at);
    return true;
}

int nfd1maps_collect(struct nfd1_maps *maps, const uint8_t *octets, size_t len, uint32_t block,
                     uint64_t *found)
{
    struct nfdresync s = nfdresync_of(octets, len, 1);
    struct cur c = cur_of(octets, len);
    struct nfd1_next n;
    int rc = 0;
    while (rc == 0 && cur_left(&c) > 0 && nfd1_next(&s, &c, &n)) {
        if (n.lost == 0 && n.type == NFD1_RECORD_MAP) {
            rc = add_map(maps, n.body, block);
            (*found)++;
        }
    }
    return rc;
}

int nfd1maps_meet(struct nfd1_maps_now *now)
{
    const struct nfd1_map *m;
    uint32_t **page;
    if (now->next >= now->all->n) {
        return 0; /* the file was changed since its maps were collected */
    }
    m = &now->all->maps[now->next++];
    page = &now->page[m->id / PAGE_IDS];
    if (*page == NULL) {
        *page = arena_zalloc(now->arena, PAGE_IDS * sizeof **page);
    }
    if (*page == NULL) {
        return ERR_NOMEM;
    }
    (*page)[m->id % PAGE_IDS] = (uint32_t)now->next;
    return 0;
}

struct nfd1_maps_now *nfd1maps_at(const struct nfd1_maps *all, uint32_t block, struct arena *arena)
{
    struct nfd1_maps_now *now = arena_zalloc(arena, sizeof *now);
    int rc = now != NULL ? 0 : ERR_NOMEM;
    if (rc == 0) {
        now->all = all;
        now->arena = arena;
    }
    while (rc == 0 && now->next < all->n && all->maps[now->next].block < block) {
        rc = nfd1maps_meet(now);
    }
    return rc == 0 ? now : NULL;
}

const struct nfd1_map *nfd1maps_find(const struct nfd1_maps_now *now, uint16_t id)
{
    const uint32_t *page = now->page[id / PAGE_IDS];
    return page != NULL && page[id % PAGE_IDS] != 0 ? &now->all->maps[page[id % PAGE_IDS] - 1]
                                                    : NULL;
}

uint32_t nfd1map_number(const struct nfd1_maps_now *now, const struct nfd1_map *map)
{
    return (uint32_t)(map - now->all->maps);
}
