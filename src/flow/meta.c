/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * meta.c - small keyed arrays of exporters, samplers, names and losses.
 *
 * Linear look-up: a file has a handful of exporters; names are looked up once per printed value
 * only by printers, which cache.
 */
#include "flow/meta.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

void meta_init(struct flow_meta *m)
{
    memset(m, 0, sizeof *m);
    arena_init(&m->arena);
}

void meta_free(struct flow_meta *m)
{
    free(m->exporters);
    free(m->samplers);
    free(m->names);
    free(m->apps);
    free(m->losses);
    arena_free(&m->arena);
    meta_init(m);
}

bool meta_is_empty(const struct flow_meta *m)
{
    return m->nexporters + m->nsamplers + m->nnames + m->napps + m->nlosses == 0;
}

/* Room for one more element of size `size` in a doubling array; NULL when memory is out. */
static void *grow(void *array, size_t n, size_t size)
{
    if (n != 0 && (n & (n - 1)) != 0) {
        return array;
    }
    return realloc(array, (n == 0 ? 1 : n * 2) * size);
}

#define APPEND(m, array, count, value)                                        \
    do {                                                                      \
        void *grown_ = grow((m)->array, (m)->count, sizeof *(m)->array);      \
        if (grown_ == NULL) {                                                 \
            return ERR_NOMEM;                                                 \
        }                                                                     \
        (m)->array = grown_;                                                  \
        (m)->array[(m)->count++] = (value);                                   \
    } while (0)

const struct exporter *meta_exporter(const struct flow_meta *m, uint32_t sysid)
{
    for (size_t i = 0; i < m->nexporters; i++) {
        if (m->exporters[i].sysid == sysid) {
            return &m->exporters[i];
        }
    }
    return NULL;
}

const struct sampler *meta_sampler(const struct flow_meta *m, uint32_t sysid, int64_t id)
{
    for (size_t i = 0; i < m->nsamplers; i++) {
        if (m->samplers[i].sysid == sysid && m->samplers[i].id == id) {
            return &m->samplers[i];
        }
    }
    return NULL;
}

static struct name *find_name(const struct flow_meta *m, enum name_kind kind, uint32_t id)
{
    for (size_t i = 0; i < m->nnames; i++) {
        if (m->names[i].kind == kind && m->names[i].id == id) {
            return &m->names[i];
        }
    }
    return NULL;
}

const char *meta_name(const struct flow_meta *m, enum name_kind kind, uint32_t id)
{
    const struct name *n = find_name(m, kind, id);
    return n != NULL ? n->text : NULL;
}

bool meta_has_names(const struct flow_meta *m, enum name_kind kind)
{
    for (size_t i = 0; i < m->nnames; i++) {
        if (m->names[i].kind == kind) {
            return true;
        }
    }
    return false;
}

static struct app_name *find_app(const struct flow_meta *m, const void *id, size_t len)
{
    for (size_t i = 0; i < m->napps; i++) {
        if (m->apps[i].id_len == len && memcmp(m->apps[i].id, id, len) == 0) {
            return &m->apps[i];
        }
    }
    return NULL;
}

const struct app_name *meta_app(const struct flow_meta *m, const void *id, size_t len)
{
    return find_app(m, id, len);
}

int meta_put_exporter(struct flow_meta *m, const struct exporter *e)
{
    struct exporter *old = (struct exporter *)meta_exporter(m, e->sysid);
    struct exporter merged = *e;
    if (old == NULL) {
        APPEND(m, exporters, nexporters, *e);
        return 0;
    }
    if (e->version == 0 && old->version != 0) { /* counters only */
        merged = *old;
        merged.has_stat = e->has_stat;
        merged.sequence_failures = e->sequence_failures;
        merged.packets = e->packets;
        merged.flows = e->flows;
    }
    if (!e->has_stat && old->has_stat) {
        merged.has_stat = true;
        merged.sequence_failures = old->sequence_failures;
        merged.packets = old->packets;
        merged.flows = old->flows;
    }
    *old = merged;
    return 0;
}

int meta_put_sampler(struct flow_meta *m, const struct sampler *s)
{
    struct sampler *old = (struct sampler *)meta_sampler(m, s->sysid, s->id);
    if (old != NULL) {
        *old = *s;
        return 0;
    }
    APPEND(m, samplers, nsamplers, *s);
    return 0;
}

int meta_put_name(struct flow_meta *m, enum name_kind kind, uint32_t id, const char *text)
{
    struct name *old = find_name(m, kind, id);
    struct name n = {kind, id, arena_strndup(&m->arena, text, strlen(text))};
    if (n.text == NULL) {
        return ERR_NOMEM;
    }
    if (old != NULL) {
        *old = n;
        return 0;
    }
    APPEND(m, names, nnames, n);
    return 0;
}

int meta_put_app(struct flow_meta *m, const struct app_name *a)
{
    struct app_name *old = find_app(m, a->id, a->id_len);
    struct app_name n = {.id = arena_dup(&m->arena, a->id, a->id_len), .id_len = a->id_len,
                         .name = arena_strndup(&m->arena, a->name, strlen(a->name)),
                         .description = arena_strndup(&m->arena, a->description,
                                                      strlen(a->description))};
    if (n.id == NULL || n.name == NULL || n.description == NULL) {
        return ERR_NOMEM;
    }
    if (old != NULL) {
        *old = n;
        return 0;
    }
    APPEND(m, apps, napps, n);
    return 0;
}

struct loss meta_loss(const struct flow_meta *m)
{
    struct loss sum = {0};
    for (size_t i = 0; i < m->nlosses; i++) {
        loss_add(&sum, &m->losses[i]);
    }
    return sum;
}

int meta_add_loss(struct flow_meta *m, const struct loss *l)
{
    for (size_t i = 0; i < m->nlosses; i++) {
        if (m->losses[i].sysid == l->sysid) {
            loss_add(&m->losses[i], l);
            return 0;
        }
    }
    APPEND(m, losses, nlosses, *l);
    return 0;
}

int meta_merge(struct flow_meta *into, const struct flow_meta *from)
{
    int rc = 0;
    for (size_t i = 0; i < from->nexporters && rc == 0; i++) {
        rc = meta_put_exporter(into, &from->exporters[i]);
    }
    for (size_t i = 0; i < from->nsamplers && rc == 0; i++) {
        rc = meta_put_sampler(into, &from->samplers[i]);
    }
    for (size_t i = 0; i < from->nnames && rc == 0; i++) {
        const struct name *n = &from->names[i];
        rc = meta_put_name(into, n->kind, n->id, n->text);
    }
    for (size_t i = 0; i < from->napps && rc == 0; i++) {
        rc = meta_put_app(into, &from->apps[i]);
    }
    for (size_t i = 0; i < from->nlosses && rc == 0; i++) {
        rc = meta_add_loss(into, &from->losses[i]);
    }
    return rc;
}
