/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fragment.c - a hash-addressed table of datagrams, each with a list of held fragments.
 *
 * Held fragments live in one array; every element is in exactly one list: free, of a datagram, or
 * released. A datagram whose place in the table another one takes lets its fragments go.
 */
#include "packet/fragment.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { DATAGRAMS = 4096, DATAGRAM_LIFE_MSEC = 30000, NONE = FRAGMENTS_HELD_MAX };

_Static_assert(FRAGMENTS_HELD_MAX < 65536, "places are 16 bits wide");

struct datagram_key {
    struct ip src, dst;
    uint32_t id;
    uint32_t proto;
};

struct datagram {
    struct datagram_key key;
    uint64_t seen;   /* msec of its last fragment; 0: unused */
    bool first_seen; /* the ports are known, or known to be none */
    bool has_ports;
    uint16_t src_port, dst_port;
    uint16_t held;   /* list */
};

struct place {
    struct held_fragment fragment;
    uint16_t next;
};

struct fragments {
    uint64_t seed;
    uint64_t last_tick; /* msec */
    unsigned nheld;
    uint16_t free, released; /* lists */
    struct datagram datagram[DATAGRAMS];
    struct place place[FRAGMENTS_HELD_MAX];
};

struct fragments *fragments_new(void)
{
    struct fragments *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return NULL;
    }
    f->seed = hash_random_seed();
    f->released = NONE;
    for (unsigned i = 0; i < FRAGMENTS_HELD_MAX; i++) {
        f->place[i].next = (uint16_t)(i + 1);
    }
    for (unsigned i = 0; i < DATAGRAMS; i++) {
        f->datagram[i].held = NONE;
    }
    return f;
}

void fragments_free(struct fragments *f)
{
    free(f);
}

/* The fragments of a datagram go, with its ports if they are known. */
static void release(struct fragments *f, struct datagram *d)
{
    while (d->held != NONE) {
        struct place *place = &f->place[d->held];
        uint16_t next = place->next;
        place->fragment.packet.has_ports = d->has_ports;
        place->fragment.packet.src_port = d->src_port;
        place->fragment.packet.dst_port = d->dst_port;
        place->next = f->released;
        f->released = d->held;
        d->held = next;
        f->nheld--;
    }
}

/* The datagram a fragment belongs to; an older one may have to make room. */
static struct datagram *datagram_of(struct fragments *f, const struct packet *p, uint64_t now)
{
    struct datagram_key key = {p->src, p->dst, p->fragment_id, p->proto};
    struct datagram *d = &f->datagram[hash_seeded(&key, sizeof key, f->seed) % DATAGRAMS];
    if (d->seen == 0 || memcmp(&d->key, &key, sizeof key) != 0
        || now > d->seen + DATAGRAM_LIFE_MSEC) {
        release(f, d);
        *d = (struct datagram){.key = key, .held = NONE};
    }
    d->seen = now | 1; /* never 0 */
    return d;
}

static void learn(struct fragments *f, struct datagram *d, const struct packet *p)
{
    d->first_seen = true;
    d->has_ports = p->has_ports;
    d->src_port = p->src_port;
    d->dst_port = p->dst_port;
    release(f, d);
}

static bool hold(struct fragments *f, struct datagram *d, const struct packet *p, uint64_t usec,
                 uint64_t octets)
{
    uint16_t at = f->free;
    struct place *place = &f->place[at];
    if (at == NONE) {
        return false;
    }
    f->free = place->next;
    f->nheld++;
    place->fragment = (struct held_fragment){*p, usec, octets};
    place->fragment.packet.payload = NULL;
    place->fragment.packet.payload_length = 0;
    place->next = d->held;
    d->held = at;
    return true;
}

bool fragments_pass(struct fragments *f, struct packet *p, uint64_t usec, uint64_t octets)
{
    struct datagram *d = datagram_of(f, p, usec / 1000);
    assert(p->is_fragment);
    if (p->fragment_offset == 0) {
        learn(f, d, p);
        return true;
    }
    if (!d->first_seen) {
        return !hold(f, d, p, usec, octets);
    }
    p->has_ports = d->has_ports;
    p->src_port = d->src_port;
    p->dst_port = d->dst_port;
    return true;
}

void fragments_tick(struct fragments *f, uint64_t usec)
{
    uint64_t now = usec / 1000;
    if (f->nheld == 0 || (now >= f->last_tick && now < f->last_tick + 1000)) {
        return;
    }
    f->last_tick = now;
    for (unsigned i = 0; i < DATAGRAMS && f->nheld > 0; i++) {
        if (f->datagram[i].held != NONE && now > f->datagram[i].seen + FRAGMENT_WAIT_MSEC) {
            release(f, &f->datagram[i]);
        }
    }
}

void fragments_flush(struct fragments *f)
{
    for (unsigned i = 0; i < DATAGRAMS && f->nheld > 0; i++) {
        release(f, &f->datagram[i]);
    }
}

bool fragments_next(struct fragments *f, struct held_fragment *out)
{
    uint16_t at = f->released;
    if (at == NONE) {
        return false;
    }
    *out = f->place[at].fragment;
    f->released = f->place[at].next;
    f->place[at].next = f->free;
    f->free = at;
    return true;
}
