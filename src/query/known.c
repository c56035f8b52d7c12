/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * known.c - see known.h.
 */
#include "query/known.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

struct known_node {
    struct known_node *older;
    struct flow_meta meta;
};

static const struct flow_meta nothing;

void known_init(struct known *k)
{
    k->newest = NULL;
}

void known_free(struct known *k)
{
    while (k->newest != NULL) {
        struct known_node *older = k->newest->older;
        meta_free(&k->newest->meta);
        free(k->newest);
        k->newest = older;
    }
}

static bool has_exporters(const struct flow_meta *in, const struct flow_meta *m)
{
    for (size_t i = 0; i < m->nexporters; i++) {
        const struct exporter *e = &m->exporters[i];
        const struct exporter *have = meta_exporter(in, e->sysid);
        if (have == NULL || have->version != e->version || have->id != e->id ||
            !ip_equal(&have->addr, &e->addr)) {
            return false;
        }
    }
    return true;
}

static bool has_samplers(const struct flow_meta *in, const struct flow_meta *m)
{
    for (size_t i = 0; i < m->nsamplers; i++) {
        const struct sampler *s = &m->samplers[i];
        const struct sampler *have = meta_sampler(in, s->sysid, s->id);
        if (have == NULL || have->algorithm != s->algorithm ||
            have->packet_interval != s->packet_interval ||
            have->space_interval != s->space_interval) {
            return false;
        }
    }
    return true;
}

static bool has_names(const struct flow_meta *in, const struct flow_meta *m)
{
    for (size_t i = 0; i < m->nnames; i++) {
        const char *have = meta_name(in, m->names[i].kind, m->names[i].id);
        if (have == NULL || strcmp(have, m->names[i].text) != 0) {
            return false;
        }
    }
    return true;
}

static bool has_apps(const struct flow_meta *in, const struct flow_meta *m)
{
    for (size_t i = 0; i < m->napps; i++) {
        const struct app_name *have = meta_app(in, m->apps[i].id, m->apps[i].id_len);
        if (have == NULL || strcmp(have->name, m->apps[i].name) != 0 ||
            strcmp(have->description, m->apps[i].description) != 0) {
            return false;
        }
    }
    return true;
}

static bool is_known(const struct flow_meta *in, const struct flow_meta *m)
{
    return has_exporters(in, m) && has_samplers(in, m) && has_names(in, m) && has_apps(in, m);
}

int known_learn(struct known *k, const struct flow_meta *m)
{
    struct known_node *node;
    if (m == NULL || is_known(known_now(k), m)) {
        return 0;
    }
    node = malloc(sizeof *node);
    if (node == NULL) {
        return ERR_NOMEM;
    }
    meta_init(&node->meta);
    if (meta_merge(&node->meta, known_now(k)) != 0 || meta_merge(&node->meta, m) != 0) {
        meta_free(&node->meta);
        free(node);
        return ERR_NOMEM;
    }
    node->older = k->newest;
    k->newest = node;
    return 0;
}

const struct flow_meta *known_now(const struct known *k)
{
    return k->newest != NULL ? &k->newest->meta : &nothing;
}
