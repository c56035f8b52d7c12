/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * meta.c - keyed arrays of exporters, samplers, names and losses: mostly a handful of each, but a
 * collector may hear ten thousand exporters.
 */
#include "flow/meta.h"

#include "base/err.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

/* ---- keys ---- */

static uint64_t hash_exporter(const void *element)
{
    const struct exporter *e = element;
    return hash_u64(e->sysid);
}

static bool same_exporter(const void *a, const void *b)
{
    return ((const struct exporter *)a)->sysid == ((const struct exporter *)b)->sysid;
}

static uint64_t hash_sampler(const void *element)
{
    const struct sampler *s = element;
    return hash_u64((uint64_t)s->sysid << 32 ^ (uint64_t)s->id);
}

static bool same_sampler(const void *a, const void *b)
{
    const struct sampler *x = a, *y = b;
    return x->sysid == y->sysid && x->id == y->id;
}

static uint64_t hash_name(const void *element)
{
    const struct name *n = element;
    return hash_u64((uint64_t)n->kind << 32 | n->id);
}

static bool same_name(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    return x->kind == y->kind && x->id == y->id;
}

static uint64_t hash_app(const void *element)
{
    const struct app_name *a = element;
    return hash_of(a->id, a->id_len);
}

static bool same_app(const void *a, const void *b)
{
    const struct app_name *x = a, *y = b;
    return x->id_len == y->id_len && memcmp(x->id, y->id, x->id_len) == 0;
}

static uint64_t hash_loss(const void *element)
{
    const struct loss *l = element;
    return hash_u64(l->sysid);
}

static bool same_loss(const void *a, const void *b)
{
    return ((const struct loss *)a)->sysid == ((const struct loss *)b)->sysid;
}

static const struct keyindex_kind exporters = {hash_exporter, same_exporter,
                                               sizeof(struct exporter)};
static const struct keyindex_kind samplers = {hash_sampler, same_sampler, sizeof(struct sampler)};
static const struct keyindex_kind names = {hash_name, same_name, sizeof(struct name)};
static const struct keyindex_kind apps = {hash_app, same_app, sizeof(struct app_name)};
static const struct keyindex_kind losses = {hash_loss, same_loss, sizeof(struct loss)};

/* The element of an array of m with the key of `like`; NULL: there is none. */
#define FIND(m, array, like)                                                                 \
    found((m)->array, (m)->n##array,                                                         \
          keyindex_find(&(m)->by_key.array, &array, (m)->array, (m)->n##array, like),        \
          sizeof *(m)->array)

static void *found(void *array, size_t n, size_t at, size_t size)
{
    return at < n ? (uint8_t *)array + at * size : NULL;
}

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
    keyindex_free(&m->by_key.exporters);
    keyindex_free(&m->by_key.samplers);
    keyindex_free(&m->by_key.names);
    keyindex_free(&m->by_key.apps);
    keyindex_free(&m->by_key.losses);
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

#define APPEND(m, array, value)                                                              \
    do {                                                                                     \
        void *grown_ = grow((m)->array, (m)->n##array, sizeof *(m)->array);                  \
        if (grown_ == NULL) {                                                                \
            return ERR_NOMEM;                                                                \
        }                                                                                    \
        (m)->array = grown_;                                                                 \
        (m)->array[(m)->n##array++] = (value);                                               \
        return keyindex_added(&(m)->by_key.array, &array, (m)->array, (m)->n##array);        \
    } while (0)

const struct exporter *meta_exporter(const struct flow_meta *m, uint32_t sysid)
{
    struct exporter like = {.sysid = sysid};
    return FIND(m, exporters, &like);
}

const struct sampler *meta_sampler(const struct flow_meta *m, uint32_t sysid, int64_t id)
{
    struct sampler like = {.sysid = sysid, .id = id};
    return FIND(m, samplers, &like);
}

static struct name *find_name(const struct flow_meta *m, enum name_kind kind, uint32_t id)
{
    struct name like = {.kind = kind, .id = id};
    return FIND(m, names, &like);
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
    struct app_name like = {.id = id, .id_len = (uint32_t)len};
    return FIND(m, apps, &like);
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
        APPEND(m, exporters, *e);
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
    APPEND(m, samplers, *s);
}

/* A text that is told again and again must not take new memory each time. */
static const char *keep_text(struct flow_meta *m, const char *old, const char *text)
{
    if (old != NULL && strcmp(old, text) == 0) {
        return old;
    }
    return arena_strndup(&m->arena, text, strlen(text));
}

int meta_put_name(struct flow_meta *m, enum name_kind kind, uint32_t id, const char *text)
{
    struct name *old = find_name(m, kind, id);
    struct name n = {kind, id, keep_text(m, old != NULL ? old->text : NULL, text)};
    if (n.text == NULL) {
        return ERR_NOMEM;
    }
    if (old != NULL) {
        *old = n;
        return 0;
    }
    APPEND(m, names, n);
}

int meta_put_app(struct flow_meta *m, const struct app_name *a)
{
    struct app_name *old = find_app(m, a->id, a->id_len);
    struct app_name n = {
        .id = old != NULL ? old->id : arena_dup(&m->arena, a->id, a->id_len),
        .id_len = a->id_len,
        .name = keep_text(m, old != NULL ? old->name : NULL, a->name),
        .description = keep_text(m, old != NULL ? old->description : NULL, a->description)};
    if (n.id == NULL || n.name == NULL || n.description == NULL) {
        return ERR_NOMEM;
    }
    if (old != NULL) {
        *old = n;
        return 0;
    }
    APPEND(m, apps, n);
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
    struct loss *old = FIND(m, losses, l);
    if (old != NULL) {
        loss_add(old, l);
        return 0;
    }
    APPEND(m, losses, *l);
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
