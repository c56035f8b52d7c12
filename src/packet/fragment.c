/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fragment.c - ports for later fragments.
 */
#include "packet/fragment.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { FRAGMENT_SLOTS = 4096, FRAGMENT_LIFE_MSEC = 30000 };

struct fragment_key {
    struct ip src, dst;
    uint32_t id;
    uint32_t proto;
};

struct fragment_entry {
    struct fragment_key key;
    uint64_t seen; /* msec; 0: empty */
    uint16_t src_port, dst_port;
};

struct fragments {
    uint64_t seed;
    struct fragment_entry entry[FRAGMENT_SLOTS];
};

struct fragments *fragments_new(void)
{
    struct fragments *f = calloc(1, sizeof *f);
    if (f != NULL) {
        f->seed = hash_random_seed();
    }
    return f;
}

void fragments_free(struct fragments *f)
{
    free(f);
}

static struct fragment_entry *slot_of(struct fragments *f, const struct fragment_key *key)
{
    return &f->entry[hash_seeded(key, sizeof *key, f->seed) % FRAGMENT_SLOTS];
}

void fragments_pass(struct fragments *f, struct packet *p, uint64_t now)
{
    struct fragment_key key = {p->src, p->dst, p->fragment_id, p->proto};
    struct fragment_entry *e;
    if (!p->is_fragment) {
        return;
    }
    e = slot_of(f, &key);
    if (p->has_ports) {
        *e = (struct fragment_entry){key, now | 1, p->src_port, p->dst_port};
    } else if (e->seen != 0 && memcmp(&e->key, &key, sizeof key) == 0
               && now - e->seen <= FRAGMENT_LIFE_MSEC) {
        p->src_port = e->src_port;
        p->dst_port = e->dst_port;
        p->has_ports = true;
    }
}
