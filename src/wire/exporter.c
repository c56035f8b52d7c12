/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * exporter.c - the table of exporters, with their templates, samplers and waiting data sets.
 */
#include "wire/exporter.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { TEMPLATE_SLOTS_FIRST = 16, SYSID_MAX = 65535 };

/* ---- exporters ---- */

static uint32_t hash_key(const struct wire *w, const struct exporter_key *k)
{
    return (uint32_t)hash_seeded(k, sizeof *k, w->seed);
}

static void index_put(struct wire *w, unsigned number)
{
    uint32_t at = hash_key(w, &w->entries[number]->key) & (w->nindex - 1);
    while (w->index[at] != 0) {
        at = (at + 1) & (w->nindex - 1);
    }
    w->index[at] = number + 1;
}

void exporter_index(struct wire *w)
{
    memset(w->index, 0, w->nindex * sizeof *w->index);
    for (unsigned i = 0; i < w->nentries; i++) {
        index_put(w, i);
    }
}

/* Room for one more; the index stays at most half full. */
static int grow_table(struct wire *w)
{
    unsigned n = w->nindex == 0 ? 64 : w->nindex * 2;
    struct wire_entry **entries;
    uint32_t *index;
    if (w->nentries * 2 < w->nindex) {
        return 0;
    }
    entries = realloc(w->entries, n / 2 * sizeof(struct wire_entry *));
    if (entries == NULL) {
        return ERR_NOMEM;
    }
    w->entries = entries;
    index = calloc(n, sizeof *index);
    if (index == NULL) {
        return ERR_NOMEM;
    }
    free(w->index);
    w->index = index;
    w->nindex = n;
    exporter_index(w);
    return 0;
}

static uint32_t next_sysid(struct wire *w)
{
    _Atomic uint32_t *counter = w->options.next_sysid != NULL ? w->options.next_sysid
                                                              : &w->own_sysid;
    uint32_t id = atomic_fetch_add(counter, 1) + 1;
    return id <= SYSID_MAX ? id : 0;
}

static struct wire_entry *entry_new(struct wire *w, const struct exporter_key *key, void *source)
{
    struct wire_entry *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return NULL;
    }
    e->key = *key;
    e->pub.id.addr = key->addr;
    e->pub.id.version = key->version;
    e->pub.id.id = key->domain;
    e->pub.agent = key->agent;
    e->pub.id.sysid = next_sysid(w);
    e->pub.id.has_stat = true;
    e->pub.loss.sysid = e->pub.id.sysid;
    e->pub.source = source;
    e->pending_end = &e->pending;
    return e;
}

struct wire_entry *exporter_make(struct wire *w, const struct exporter_key *key, void *source,
                                 int *rc)
{
    struct wire_entry *e;
    if (w->nentries >= w->options.limits.exporters) {
        *rc = ERR_LIMIT;
        return NULL;
    }
    *rc = grow_table(w);
    e = *rc == 0 ? entry_new(w, key, source) : NULL;
    if (e == NULL) {
        *rc = ERR_NOMEM;
        return NULL;
    }
    w->entries[w->nentries] = e;
    index_put(w, w->nentries++);
    if (w->sink.exporter != NULL) {
        w->sink.exporter(w->sink.ctx, &e->pub);
    }
    return e;
}

struct wire_entry *exporter_find(struct wire *w, const struct exporter_key *key)
{
    uint32_t at = hash_key(w, key);
    if (w->nindex == 0) {
        return NULL;
    }
    for (at &= w->nindex - 1; w->index[at] != 0; at = (at + 1) & (w->nindex - 1)) {
        struct wire_entry *e = w->entries[w->index[at] - 1];
        if (memcmp(&e->key, key, sizeof *key) == 0) {
            return e;
        }
    }
    return NULL;
}

struct wire_entry *exporter_of_agent(struct wire *w, const struct wire_datagram *d,
                                     uint32_t version, uint32_t domain, const struct ip *agent,
                                     int *rc)
{
    struct exporter_key key = {d->from, *agent, version, domain};
    struct wire_entry *e = exporter_find(w, &key);
    *rc = 0;
    if (e == NULL) {
        e = exporter_make(w, &key, d->source, rc);
    }
    if (e != NULL) {
        e->pub.source = d->source;
        e->pub.last_heard = d->received;
        e->pub.id.packets++;
    }
    return e;
}

struct wire_entry *exporter_get(struct wire *w, const struct wire_datagram *d, uint32_t version,
                                uint32_t domain, int *rc)
{
    struct ip session = {{0}};
    if (d->stream) {
        session.octet[14] = (uint8_t)(d->port >> 8);
        session.octet[15] = (uint8_t)d->port;
    }
    return exporter_of_agent(w, d, version, domain, &session, rc);
}

void exporter_free(struct wire *w, struct wire_entry *e)
{
    exporter_drop_all(w, e, true);
    exporter_drop_all(w, e, false);
    while (e->pending != NULL) {
        struct pending *p = e->pending;
        e->pending = p->next;
        free(p);
    }
    free(e->templates);
    free(e->samplers);
    keyindex_free(&e->samplers_by_id);
    free(e);
}

/* ---- templates: open addressing by id, at most half full ---- */

static unsigned slot_of(const struct wire_entry *e, uint16_t id)
{
    unsigned at = id & (e->nslots - 1);
    while (e->templates[at] != NULL && e->templates[at]->id != id) {
        at = (at + 1) & (e->nslots - 1);
    }
    return at;
}

struct template *exporter_template(const struct wire_entry *e, uint16_t id)
{
    return e->nslots == 0 ? NULL : e->templates[slot_of(e, id)];
}

static int resize_templates(struct wire_entry *e, unsigned nslots)
{
    struct template **old = e->templates;
    unsigned n = e->nslots;
    struct template **fresh = calloc(nslots, sizeof(struct template *));
    if (fresh == NULL) {
        return ERR_NOMEM;
    }
    e->templates = fresh;
    e->nslots = nslots;
    for (unsigned i = 0; i < n; i++) {
        if (old[i] != NULL) {
            e->templates[slot_of(e, old[i]->id)] = old[i];
        }
    }
    free(old);
    return 0;
}

static void forget_template(struct wire *w, struct wire_entry *e, struct template **slot)
{
    size_t octets = template_octets(*slot);
    e->template_octets -= octets;
    w->template_octets -= octets;
    e->pub.templates--;
    e->noptions -= (*slot)->options;
    template_free(*slot);
    *slot = NULL;
}

static bool has_room(const struct wire *w, const struct wire_entry *e, const struct template *t)
{
    const struct wire_limits *l = &w->options.limits;
    size_t octets = template_octets(t);
    return e->pub.templates < l->templates && e->template_octets + octets <= l->template_octets
           && w->template_octets + octets <= l->template_octets_all;
}

static void close_gap(struct wire_entry *e, unsigned gap)
{
    unsigned mask = e->nslots - 1;
    for (unsigned at = (gap + 1) & mask; e->templates[at] != NULL; at = (at + 1) & mask) {
        unsigned home = e->templates[at]->id & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            e->templates[gap] = e->templates[at];
            e->templates[at] = NULL;
            gap = at;
        }
    }
}

/* One that is announced anew goes first: its data cannot come any more. */
int exporter_put_template(struct wire *w, struct wire_entry *e, struct template *t)
{
    bool replaces = exporter_template(e, t->id) != NULL;
    int rc = 0;
    if (replaces) {
        forget_template(w, e, &e->templates[slot_of(e, t->id)]);
    }
    if (!has_room(w, e, t)) {
        rc = ERR_LIMIT;
    } else if (!replaces && e->pub.templates * 2 >= e->nslots) {
        rc = resize_templates(e, e->nslots == 0 ? TEMPLATE_SLOTS_FIRST : e->nslots * 2);
    }
    if (rc != 0) {
        if (replaces) {
            close_gap(e, slot_of(e, t->id));
        }
        template_free(t);
        return rc;
    }
    e->templates[slot_of(e, t->id)] = t;
    e->pub.templates++;
    e->noptions += t->options;
    e->template_octets += template_octets(t);
    w->template_octets += template_octets(t);
    return 0;
}

void exporter_drop_template(struct wire *w, struct wire_entry *e, uint16_t id)
{
    if (exporter_template(e, id) != NULL) {
        unsigned at = slot_of(e, id);
        forget_template(w, e, &e->templates[at]);
        close_gap(e, at);
    }
}

/* Withdrawals of all may come many in a datagram. */
static bool has_any(const struct wire_entry *e, bool options)
{
    return options ? e->noptions > 0 : e->pub.templates > e->noptions;
}

void exporter_drop_all(struct wire *w, struct wire_entry *e, bool options)
{
    for (unsigned i = 0; has_any(e, options) && i < e->nslots;) {
        struct template *t = e->templates[i];
        if (t != NULL && t->options == options) {
            forget_template(w, e, &e->templates[i]);
            close_gap(e, i); /* another one may stand there now */
        } else {
            i++;
        }
    }
}

/* ---- samplers ---- */

static uint64_t hash_sampler(const void *entry)
{
    const struct sampler_entry *e = entry;
    return hash_u64((uint64_t)e->s.id << 1 | e->by_interface);
}

static bool same_key(const void *a, const void *b)
{
    const struct sampler_entry *x = a, *y = b;
    return x->s.id == y->s.id && x->by_interface == y->by_interface;
}

static const struct keyindex_kind samplers = {hash_sampler, same_key,
                                              sizeof(struct sampler_entry)};

static struct sampler_entry *find_sampler(const struct wire_entry *e, int64_t id, bool by_if)
{
    struct sampler_entry like = {.s = {.id = id}, .by_interface = by_if};
    size_t at = keyindex_find(&e->samplers_by_id, &samplers, e->samplers, e->nsamplers, &like);
    return at < e->nsamplers ? &e->samplers[at] : NULL;
}

/* A new one; as many as there is room for. */
static struct sampler_entry *add_sampler(struct wire *w, struct wire_entry *e, int64_t id,
                                         bool by_if)
{
    struct sampler_entry *all;
    if (e->nsamplers >= w->options.limits.samplers) {
        return NULL;
    }
    all = realloc(e->samplers, (e->nsamplers + 1) * sizeof *all);
    if (all == NULL) {
        return NULL;
    }
    e->samplers = all;
    all[e->nsamplers++] = (struct sampler_entry){.s = {.id = id}, .by_interface = by_if};
    if (keyindex_added(&e->samplers_by_id, &samplers, all, e->nsamplers) != 0) {
        e->nsamplers--;
        return NULL;
    }
    e->nby_interface += by_if;
    return &all[e->nsamplers - 1];
}

static bool same_sampler(const struct sampler *a, const struct sampler *b)
{
    return a->algorithm == b->algorithm && a->packet_interval == b->packet_interval &&
           a->space_interval == b->space_interval;
}

void exporter_put_sampler(struct wire *w, struct wire_entry *e, const struct sampler *s,
                          bool by_interface)
{
    struct sampler_entry *entry = find_sampler(e, s->id, by_interface);
    if (entry != NULL && same_sampler(&entry->s, s)) {
        return;
    }
    if (entry == NULL) {
        entry = add_sampler(w, e, s->id, by_interface);
    }
    if (entry == NULL) {
        return;
    }
    entry->s = *s;
    entry->s.sysid = e->pub.id.sysid;
    if (w->sink.sampler != NULL) {
        w->sink.sampler(w->sink.ctx, &e->pub, &entry->s);
    }
}

const struct sampler *exporter_sampler(const struct wire_entry *e, bool has_selector,
                                       uint64_t selector, uint32_t in_if)
{
    const struct sampler_entry *found = NULL;
    if (e->nsamplers == 0) {
        return NULL;
    }
    if (has_selector || find_sampler(e, 0, false) != NULL) {
        found = find_sampler(e, (int64_t)selector, false);
    }
    if (found == NULL && e->nby_interface > 0) {
        found = find_sampler(e, in_if, true);
    }
    if (found == NULL) {
        found = find_sampler(e, SAMPLER_GENERIC, false);
    }
    return found != NULL ? &found->s : NULL;
}

/* ---- data sets that wait ---- */

static void unlink_first(struct wire *w, struct wire_entry *e, struct pending **at)
{
    struct pending *p = *at;
    *at = p->next;
    if (p->next == NULL) {
        e->pending_end = at;
    }
    e->pending_octets -= sizeof *p + p->len;
    w->pending_octets -= sizeof *p + p->len;
}

void pending_keep(struct wire *w, struct wire_entry *e, uint16_t id, const uint8_t *data,
                  uint32_t len, uint64_t received, uint32_t export_sec, uint32_t uptime)
{
    const struct wire_limits *l = &w->options.limits;
    size_t size = sizeof(struct pending) + len;
    struct pending *p = NULL;
    if (e->pending_octets + size <= l->pending_octets &&
        w->pending_octets + size <= l->pending_octets_all) {
        p = malloc(size);
    }
    if (p == NULL) {
        e->pub.loss.no_template++;
        return;
    }
    *p = (struct pending){NULL, id, len, received, export_sec, uptime};
    memcpy(p->data, data, len);
    *e->pending_end = p;
    e->pending_end = &p->next;
    e->pending_octets += size;
    w->pending_octets += size;
}

struct pending *pending_take(struct wire *w, struct wire_entry *e, uint16_t id)
{
    for (struct pending **at = &e->pending; *at != NULL; at = &(*at)->next) {
        struct pending *p = *at;
        if (p->id == id) {
            unlink_first(w, e, at);
            return p;
        }
    }
    return NULL;
}

void pending_expire(struct wire *w, struct wire_entry *e, uint64_t now)
{
    while (e->pending != NULL && e->pending->received + w->options.limits.pending_msec <= now) {
        struct pending *p = e->pending;
        unlink_first(w, e, &e->pending);
        e->pub.loss.no_template++;
        free(p);
    }
}
