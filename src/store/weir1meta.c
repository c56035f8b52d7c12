/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weir1meta.c - totals, exporters, samplers, names and losses as sections of a weir file.
 *
 * A section is a count and that many records. Texts are u32 length and octets. Records carry no
 * length: a longer record is a new version of the section.
 */
#include "store/weir1.h"

#include <string.h>

static void put(struct buf *out, uint64_t v, size_t width)
{
    buf_add(out, &v, width);
}

static void put_text(struct buf *out, const void *text, size_t len)
{
    put(out, len, 4);
    buf_add(out, text, len);
}

/* ------------------------------------------------------------------ totals */

#define TOTALS_NUMBERS (sizeof(struct flow_totals) / sizeof(uint64_t))

/* The struct is its own layout: 18 numbers of 64 bits, in the order of flow/meta.h. */
_Static_assert(TOTALS_NUMBERS == 18, "doc/file-format.md, TOTALS");

void weir1_put_totals(struct buf *out, const struct flow_totals *t)
{
    buf_add(out, t, sizeof *t);
}

int weir1_get_totals(struct cur *c, struct flow_totals *t)
{
    struct flow_totals read;
    cur_copy(c, &read, sizeof read);
    if (!cur_ok(c)) {
        return ERR_TRUNCATED;
    }
    *t = read;
    return 0;
}

/* ------------------------------------------------------------------ records */

static void put_exporters(struct buf *out, const struct flow_meta *m)
{
    for (size_t i = 0; i < m->nexporters; i++) {
        const struct exporter *e = &m->exporters[i];
        put(out, e->sysid, 4);
        put(out, e->version, 4);
        put(out, e->id, 4);
        put(out, e->has_stat, 4);
        buf_add(out, e->addr.octet, sizeof e->addr.octet);
        put(out, e->sequence_failures, 8);
        put(out, e->packets, 8);
        put(out, e->flows, 8);
    }
}

static int get_exporter(struct cur *c, struct flow_meta *m)
{
    struct exporter e = {.sysid = cur_u32le(c)};
    e.version = cur_u32le(c);
    e.id = cur_u32le(c);
    e.has_stat = cur_u32le(c) != 0;
    cur_copy(c, e.addr.octet, sizeof e.addr.octet);
    e.sequence_failures = (uint32_t)cur_u64le(c);
    e.packets = cur_u64le(c);
    e.flows = cur_u64le(c);
    return cur_ok(c) ? meta_put_exporter(m, &e) : ERR_TRUNCATED;
}

static void put_samplers(struct buf *out, const struct flow_meta *m)
{
    for (size_t i = 0; i < m->nsamplers; i++) {
        const struct sampler *s = &m->samplers[i];
        put(out, s->sysid, 4);
        put(out, s->algorithm, 4);
        put(out, (uint64_t)s->id, 8);
        put(out, s->packet_interval, 4);
        put(out, s->space_interval, 4);
    }
}

static int get_sampler(struct cur *c, struct flow_meta *m)
{
    struct sampler s = {.sysid = cur_u32le(c)};
    s.algorithm = (uint16_t)cur_u32le(c);
    s.id = (int64_t)cur_u64le(c);
    s.packet_interval = cur_u32le(c);
    s.space_interval = cur_u32le(c);
    return cur_ok(c) ? meta_put_sampler(m, &s) : ERR_TRUNCATED;
}

static void put_names(struct buf *out, const struct flow_meta *m)
{
    for (size_t i = 0; i < m->nnames; i++) {
        put(out, m->names[i].kind, 4);
        put(out, m->names[i].id, 4);
        put_text(out, m->names[i].text, strlen(m->names[i].text));
    }
}

/* A text of the cursor as a C string in the arena of m; NULL when there is none. */
static const char *get_text(struct cur *c, struct flow_meta *m)
{
    uint32_t len = cur_u32le(c);
    const uint8_t *text = cur_take(c, len);
    return text != NULL ? arena_strndup(&m->arena, (const char *)text, len) : NULL;
}

static int get_name(struct cur *c, struct flow_meta *m)
{
    uint32_t kind = cur_u32le(c);
    uint32_t id = cur_u32le(c);
    const char *text = get_text(c, m);
    if (!cur_ok(c)) {
        return ERR_TRUNCATED;
    }
    if (kind >= NAME_KINDS_) {
        return 0; /* a kind of a later version */
    }
    return text != NULL ? meta_put_name(m, (enum name_kind)kind, id, text) : ERR_NOMEM;
}

static void put_apps(struct buf *out, const struct flow_meta *m)
{
    for (size_t i = 0; i < m->napps; i++) {
        const struct app_name *a = &m->apps[i];
        put_text(out, a->id, a->id_len);
        put_text(out, a->name, strlen(a->name));
        put_text(out, a->description, strlen(a->description));
    }
}

static int get_app(struct cur *c, struct flow_meta *m)
{
    struct app_name a = {.id_len = cur_u32le(c)};
    a.id = cur_take(c, a.id_len);
    a.name = get_text(c, m);
    a.description = get_text(c, m);
    if (!cur_ok(c)) {
        return ERR_TRUNCATED;
    }
    return a.name != NULL && a.description != NULL ? meta_put_app(m, &a) : ERR_NOMEM;
}

static void put_losses(struct buf *out, const struct flow_meta *m)
{
    for (size_t i = 0; i < m->nlosses; i++) {
        const struct loss *l = &m->losses[i];
        put(out, l->sysid, 4);
        put(out, LOSS_COUNTERS_, 4);
        for (unsigned k = 0; k < LOSS_COUNTERS_; k++) {
            put(out, loss_count(l, (enum loss_counter)k), 8);
        }
    }
}

/* The number of counters is told: another version may have other ones at the end. */
static int get_loss(struct cur *c, struct flow_meta *m)
{
    struct loss l = {.sysid = cur_u32le(c)};
    uint32_t n = cur_u32le(c);
    for (uint32_t k = 0; k < n && cur_ok(c); k++) {
        uint64_t count = cur_u64le(c);
        if (k < LOSS_COUNTERS_) {
            *loss_counter(&l, (enum loss_counter)k) = count;
        }
    }
    return cur_ok(c) ? meta_add_loss(m, &l) : ERR_TRUNCATED;
}

static const struct meta_section {
    size_t count_at; /* of the count in struct flow_meta */
    void (*put)(struct buf *out, const struct flow_meta *m);
    int (*get)(struct cur *c, struct flow_meta *m);
} sections[] = {
    [WEIR1_SECTION_EXPORTERS] = {offsetof(struct flow_meta, nexporters), put_exporters,
                                 get_exporter},
    [WEIR1_SECTION_SAMPLERS] = {offsetof(struct flow_meta, nsamplers), put_samplers, get_sampler},
    [WEIR1_SECTION_NAMES] = {offsetof(struct flow_meta, nnames), put_names, get_name},
    [WEIR1_SECTION_APPS] = {offsetof(struct flow_meta, napps), put_apps, get_app},
    [WEIR1_SECTION_LOSSES] = {offsetof(struct flow_meta, nlosses), put_losses, get_loss},
};

static bool is_meta(unsigned id)
{
    return id < sizeof sections / sizeof sections[0] && sections[id].put != NULL;
}

void weir1_put_meta(struct buf *out, enum weir1_section id, const struct flow_meta *m)
{
    size_t count;
    if (!is_meta(id)) {
        return;
    }
    memcpy(&count, (const char *)m + sections[id].count_at, sizeof count);
    if (count > 0) {
        put(out, count, 4);
        sections[id].put(out, m);
    }
}

int weir1_get_meta(struct cur *c, enum weir1_section id, struct flow_meta *m)
{
    uint32_t count;
    if (!is_meta(id)) {
        return 0;
    }
    count = cur_u32le(c);
    for (uint32_t i = 0; i < count && cur_ok(c); i++) {
        int rc = sections[id].get(c, m);
        if (rc != 0) {
            return rc;
        }
    }
    return cur_ok(c) ? 0 : ERR_TRUNCATED;
}

/* ------------------------------------------------------------------ META blocks */

void weir1_put_meta_body(struct buf *out, const struct flow_meta *m)
{
    for (unsigned id = WEIR1_SECTION_EXPORTERS; id <= WEIR1_SECTION_LOSSES; id++) {
        size_t at = out->len;
        uint32_t len;
        put(out, id, 2);
        put(out, 1, 2);
        put(out, 0, 4);
        weir1_put_meta(out, (enum weir1_section)id, m);
        len = (uint32_t)(out->len - at - 8);
        if (!out->failed) {
            memcpy(out->data + at + 4, &len, sizeof len);
        }
        if (len == 0) {
            out->len = at;
        }
    }
}

int weir1_get_meta_body(struct cur *c, struct flow_meta *m)
{
    while (cur_left(c) > 0) {
        unsigned id = cur_u16le(c);
        unsigned version = cur_u16le(c);
        struct cur section = cur_sub(c, cur_u32le(c));
        int rc;
        if (!cur_ok(c)) {
            return ERR_TRUNCATED;
        }
        rc = version == 1 ? weir1_get_meta(&section, (enum weir1_section)id, m) : 0;
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}
