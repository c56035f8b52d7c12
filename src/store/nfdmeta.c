/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdmeta.c - exporter, sampler and name records of nfdump's files.
 *
 * A record type is a row: its smallest size and its reader. Readers take a cursor over the record
 * behind its head and say whether the record made sense.
 */
#include "store/nfdwalk.h"

#include "base/cur.h"

#include <string.h>

enum {
    RECORD_EXPORTER = 7,
    RECORD_EXPORTER_STAT = 8,
    RECORD_SAMPLER_OLD = 9,
    RECORD_NBAR = 12,
    RECORD_INTERFACES = 13,
    RECORD_VRFS = 14,
    RECORD_SAMPLER = 15,
    RECORD_HEAD = 4,
    ENTRIES_MAX = 32768, /* of all kinds in one block: look-up in a flow_meta is linear */
};

typedef int read_record(struct flow_meta *m, struct cur *c);

/* Releases before 1.7.8 keep two numbers of 64 bits in the writer's order and name the family. */
static struct ip exporter_address(const uint8_t octets[16], uint16_t family)
{
    uint64_t half[2];
    struct ip ip;
    if (family == 0) {
        memcpy(ip.octet, octets, sizeof ip.octet);
        return ip;
    }
    memcpy(half, octets, sizeof half);
    return family == 2 ? ip_from_v4((uint32_t)half[1]) : ip_from_halves(half[0], half[1]);
}

static int read_exporter(struct flow_meta *m, struct cur *c)
{
    struct exporter e = {0};
    uint8_t octets[16];
    uint16_t family;
    e.version = cur_u32le(c);
    cur_copy(c, octets, sizeof octets);
    family = cur_u16le(c);
    e.sysid = cur_u16le(c);
    e.id = cur_u32le(c);
    if (!cur_ok(c)) {
        return ERR_FORMAT;
    }
    e.addr = exporter_address(octets, family);
    return meta_put_exporter(m, &e);
}

/* The exporter itself may come later, or never: keep its counters anyway. */
static int put_counters(struct flow_meta *m, const struct exporter *counters)
{
    const struct exporter *known = meta_exporter(m, counters->sysid);
    struct exporter e = known != NULL ? *known : *counters;
    e.has_stat = true;
    e.sequence_failures = counters->sequence_failures;
    e.packets = counters->packets;
    e.flows = counters->flows;
    return meta_put_exporter(m, &e);
}

static int read_counters(struct flow_meta *m, struct cur *c)
{
    uint32_t n = cur_u32le(c);
    if (n != cur_left(c) / 24) {
        return ERR_FORMAT;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct exporter e = {.sysid = cur_u32le(c), .sequence_failures = cur_u32le(c)};
        int rc;
        e.packets = cur_u64le(c);
        e.flows = cur_u64le(c);
        if (e.sysid > UINT16_MAX) {
            return ERR_FORMAT;
        }
        rc = put_counters(m, &e);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int read_sampler(struct flow_meta *m, struct cur *c)
{
    struct sampler s = {.sysid = cur_u16le(c)};
    s.algorithm = cur_u16le(c);
    s.id = (int64_t)cur_u64le(c);
    s.packet_interval = cur_u32le(c);
    s.space_interval = cur_u32le(c);
    return cur_ok(c) ? meta_put_sampler(m, &s) : ERR_FORMAT;
}

static int read_sampler_old(struct flow_meta *m, struct cur *c)
{
    struct sampler s = {.id = (int32_t)cur_u32le(c), .packet_interval = 1};
    uint32_t interval = cur_u32le(c);
    s.space_interval = interval > 0 ? interval - 1 : 0;
    s.algorithm = cur_u16le(c);
    s.sysid = cur_u16le(c);
    return cur_ok(c) ? meta_put_sampler(m, &s) : ERR_FORMAT;
}

/* numElements elements of elementSize octets each: u32 number, NUL-terminated name. */
static int read_names(struct flow_meta *m, struct cur *c, enum name_kind kind)
{
    unsigned n = cur_u16le(c);
    unsigned size = cur_u16le(c);
    cur_skip(c, 4);
    if (!cur_ok(c) || (n > 0 && size <= 4) || (size_t)n * size > cur_left(c)) {
        return ERR_FORMAT;
    }
    for (unsigned i = 0; i < n; i++) {
        struct cur one = cur_sub(c, size);
        uint32_t id = cur_u32le(&one);
        char name[256];
        size_t len = strnlen((const char *)one.at, cur_left(&one));
        len = len < sizeof name - 1 ? len : sizeof name - 1;
        memcpy(name, one.at, len);
        name[len] = '\0';
        if (meta_put_name(m, kind, id, name) != 0) {
            return ERR_NOMEM;
        }
    }
    return 0;
}

static int read_interfaces(struct flow_meta *m, struct cur *c)
{
    return read_names(m, c, NAME_INTERFACE);
}

static int read_vrfs(struct flow_meta *m, struct cur *c)
{
    return read_names(m, c, NAME_VRF);
}

static const char *text_of(struct cur *c, size_t len, char *text, size_t room)
{
    const uint8_t *at = cur_take(c, len);
    size_t n = at != NULL ? strnlen((const char *)at, len) : 0;
    n = n < room - 1 ? n : room - 1;
    memcpy(text, at != NULL ? (const char *)at : "", n);
    text[n] = '\0';
    return text;
}

static int read_apps(struct flow_meta *m, struct cur *c)
{
    unsigned n = cur_u16le(c);
    unsigned size = cur_u16le(c);
    unsigned id_len = cur_u16le(c);
    unsigned name_len = cur_u16le(c);
    unsigned description_len = cur_u16le(c);
    if (!cur_ok(c) || (n > 0 && size == 0) || id_len + name_len + description_len > size ||
        (size_t)n * size > cur_left(c)) {
        return ERR_FORMAT;
    }
    for (unsigned i = 0; i < n; i++) {
        struct cur one = cur_sub(c, size);
        char name[256], description[1024];
        struct app_name a = {.id = cur_take(&one, id_len), .id_len = id_len};
        a.name = text_of(&one, name_len, name, sizeof name);
        a.description = text_of(&one, description_len, description, sizeof description);
        if (meta_put_app(m, &a) != 0) {
            return ERR_NOMEM;
        }
    }
    return 0;
}

static const struct record_row {
    unsigned type;
    const char *name;
    read_record *read;
} rows[] = {
    {RECORD_EXPORTER, "exporter", read_exporter},
    {RECORD_EXPORTER_STAT, "exporter statistics", read_counters},
    {RECORD_SAMPLER_OLD, "sampler", read_sampler_old},
    {RECORD_NBAR, "application names", read_apps},
    {RECORD_INTERFACES, "interface names", read_interfaces},
    {RECORD_VRFS, "VRF names", read_vrfs},
    {RECORD_SAMPLER, "sampler", read_sampler},
};

static const struct record_row *row_of(unsigned type)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].type == type) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool is_full(const struct flow_meta *m)
{
    return m->nexporters + m->nsamplers + m->nnames + m->napps >= ENTRIES_MAX;
}

bool nfdmeta_record(struct nfd_walk *w, unsigned type, const uint8_t *record, size_t size, int *rc)
{
    const struct record_row *row = row_of(type);
    struct cur c = cur_of(record + RECORD_HEAD, size - RECORD_HEAD);
    if (row == NULL) {
        return false;
    }
    if (w->meta == NULL) {
        return true;
    }
    *rc = is_full(w->meta) ? ERR_FORMAT : row->read(w->meta, &c);
    if (*rc == ERR_FORMAT) {
        nfdwalk_note(w, "Record %llu: the record of %s is damaged",
                     (unsigned long long)nfdwalk_number(w), row->name);
        *rc = 0;
    }
    return true;
}
