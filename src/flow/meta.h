/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * meta.h - what flow files say beside flows: exporters, samplers, names; totals; losses.
 *
 * Plain data. A flow_meta owns its arrays (and the texts in its arena).
 */
#ifndef WEIR_FLOW_META_H
#define WEIR_FLOW_META_H

#include "base/arena.h"
#include "base/ip.h"
#include "flow/keyindex.h"
#include "flow/loss.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Protocol numbers of exporters: NetFlow 1, 5, 7, 9, IPFIX 10, sFlow as nfdump writes it. */
enum { EXPORTER_SFLOW = 9999 };

struct exporter {
    uint32_t sysid;   /* number that flow records carry (EXPORTER_ID); from 1 */
    uint32_t version; /* 1 5 7 9 10 9999; 0: only its counters are known (yet) */
    uint32_t id; /* v5 engine tag, v9 source id, IPFIX observation domain, sFlow sub agent id */
    struct ip addr;
    bool has_stat;    /* the next three are known */
    uint32_t sequence_failures;
    uint64_t packets; /* datagrams */
    uint64_t flows;
};

/* Selector ids below 0: kinds of samplers that no record announced by id. */
enum { SAMPLER_GENERIC = -1, SAMPLER_DEFAULT = -2, SAMPLER_OVERWRITE = -3 };

struct sampler {
    uint32_t sysid; /* exporter */
    uint16_t algorithm;
    int64_t id;
    uint32_t packet_interval;
    uint32_t space_interval; /* rate = (packet_interval + space_interval) / packet_interval */
};

enum name_kind { NAME_INTERFACE, NAME_VRF, NAME_KINDS_ };

struct name {
    enum name_kind kind;
    uint32_t id;
    const char *text;
};

struct app_name { /* NBAR application */
    const uint8_t *id;
    uint32_t id_len;
    const char *name;
    const char *description;
};

/* Totals over flows, the 18 counters of nfdump's statistics record in its order. */
enum total_proto { TOTAL_TCP, TOTAL_UDP, TOTAL_ICMP, TOTAL_OTHER, TOTAL_PROTOS_ };

struct flow_totals {
    uint64_t flows, bytes, packets;
    uint64_t flows_of[TOTAL_PROTOS_];
    uint64_t bytes_of[TOTAL_PROTOS_];
    uint64_t packets_of[TOTAL_PROTOS_];
    uint64_t first; /* msec; UINT64_MAX when there were no flows */
    uint64_t last;  /* msec */
    uint64_t sequence_failures;
};

void totals_clear(struct flow_totals *t);
void totals_merge(struct flow_totals *into, const struct flow_totals *from);

struct batch;
/* Add rows of a batch (sel: bitmap, NULL = all). Flows count as FLOW_COUNT; packets and octets of
 * both directions; ICMP is protocol 1 and 58. */
void totals_add_batch(struct flow_totals *t, struct batch *b, const uint64_t *sel);

struct flow_meta {
    struct exporter *exporters;
    size_t nexporters;
    struct sampler *samplers;
    size_t nsamplers;
    struct name *names;
    size_t nnames;
    struct app_name *apps;
    size_t napps;
    struct loss *losses;
    size_t nlosses;
    struct arena arena; /* texts */
    struct {
        struct keyindex exporters, samplers, names, apps, losses;
    } by_key; /* meta.c's */
};

void meta_init(struct flow_meta *m);
void meta_free(struct flow_meta *m);
bool meta_is_empty(const struct flow_meta *m);

/* Add or replace by key: exporter by sysid, sampler by (sysid, id), name by (kind, id), app by id,
 * loss summed by sysid. Texts are copied. Return 0 or ERR_NOMEM. */
int meta_put_exporter(struct flow_meta *m, const struct exporter *e);
int meta_put_sampler(struct flow_meta *m, const struct sampler *s);
int meta_put_name(struct flow_meta *m, enum name_kind kind, uint32_t id, const char *text);
int meta_put_app(struct flow_meta *m, const struct app_name *a);
int meta_add_loss(struct flow_meta *m, const struct loss *l);
int meta_merge(struct flow_meta *into, const struct flow_meta *from);

struct loss meta_loss(const struct flow_meta *m); /* of all exporters together; sysid 0 */
const struct exporter *meta_exporter(const struct flow_meta *m, uint32_t sysid);
const struct sampler *meta_sampler(const struct flow_meta *m, uint32_t sysid, int64_t id);
const char *meta_name(const struct flow_meta *m, enum name_kind kind, uint32_t id); /* or NULL */
bool meta_has_names(const struct flow_meta *m, enum name_kind kind);
const struct app_name *meta_app(const struct flow_meta *m, const void *id,
                                size_t len); /* or NULL */

#endif
