/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * exporter.h - inside of the wire room: what is remembered of an exporter.
 *
 * Exporters live until the struct wire goes; their number, and all that hangs on each, is bounded.
 */
#ifndef WEIR_WIRE_EXPORTER_H
#define WEIR_WIRE_EXPORTER_H

#include "flow/keyindex.h"
#include "wire/template.h"
#include "wire/wire.h"

enum { BULK_ROWS = 128, GAPS_KEPT = 8, LATE_RUN_MAX = 8 };

struct gap {
    uint32_t from;
    uint32_t len;
};

struct sampler_entry {
    struct sampler s;
    bool by_interface; /* s.id is an interface, not a selector */
};

/* A data set that came before its template. */
struct pending {
    struct pending *next;
    uint16_t id;
    uint32_t len;
    uint64_t received;
    uint32_t export_sec;
    uint32_t uptime;
    uint8_t data[];
};

struct exporter_key { /* without padding: it is hashed and compared as octets */
    struct ip addr;
    struct ip agent; /* sFlow: the address by which the agent names itself; streams: the port */
    uint32_t version;
    uint32_t domain;
};

struct wire_entry { /* an exporter */
    struct wire_exporter pub; /* first member */
    struct exporter_key key;
    struct template **templates; /* hash table by id, ntemplates in nslots; NULL: free */
    unsigned nslots;
    struct sampler_entry *samplers;
    unsigned nsamplers;
    struct keyindex samplers_by_id;
    unsigned nby_interface; /* samplers of interfaces */
    bool has_sampler;        /* any sampler at all */
    bool sequence_known;
    uint32_t sequence;       /* the next one expected */
    uint32_t late_sequence;  /* late datagrams that follow each other: a restarted exporter */
    unsigned late_run;
    struct gap gaps[GAPS_KEPT]; /* the newest ones, in which late datagrams belong */
    unsigned gap_at;
    uint32_t export_sec;     /* of the last datagram */
    uint64_t boot;           /* from option data, msec since 1970; 0: unknown */
    struct pending *pending; /* oldest first */
    struct pending **pending_end;
    size_t pending_octets;
    size_t template_octets;
    unsigned noptions;       /* options templates among them */
};

struct wire {
    struct wire_options options;
    struct wire_sink sink;
    struct wire_entry **entries; /* in order of appearance */
    unsigned nentries;
    uint32_t *index;             /* hash table: entry number + 1, 0 free; nindex: a power of two */
    unsigned nindex;
    uint64_t seed;               /* of the hash: strangers fill the table */
    _Atomic uint32_t own_sysid;
    struct loss loss;            /* of no exporter */
    size_t pending_octets;       /* of all exporters */
    size_t template_octets;
    struct template *fixed[3];   /* records of v1, v5, v7 */
    struct workspace work;
    struct workspace inner;      /* a record in a list of a record */
    uint64_t bulk[REG_COUNT_][BULK_ROWS]; /* registers of many records */
    void *bulk_to[FIELD_STORED_ + REG_COUNT_]; /* by step of a plain template */
    struct field_spec specs[TEMPLATE_FIELDS_MAX];
};

/* Find or make. NULL with ERR_LIMIT or ERR_NOMEM in *rc. `domain` is the id of the exporter
 * record. */
struct wire_entry *exporter_get(struct wire *w, const struct wire_datagram *d, uint32_t version,
                                uint32_t domain, int *rc);
struct wire_entry *exporter_of_agent(struct wire *w, const struct wire_datagram *d,
                                     uint32_t version, uint32_t domain, const struct ip *agent,
                                     int *rc);
struct wire_entry *exporter_find(struct wire *w, const struct exporter_key *key); /* or NULL */
struct wire_entry *exporter_make(struct wire *w, const struct exporter_key *key, void *source,
                                 int *rc);
void exporter_free(struct wire *w, struct wire_entry *e);
void exporter_index(struct wire *w); /* after entries moved */

/* A datagram says its sequence number; `window` is how far back a late one may come. */
enum sequence_place { SEQUENCE_NEXT, SEQUENCE_LATE, SEQUENCE_TWICE };
enum sequence_place sequence_check(struct wire_entry *e, uint32_t sequence, uint32_t window);
/* The datagram at that place amounted to so many units (flows, records, datagrams). */
void sequence_advance(struct wire_entry *e, enum sequence_place place, uint32_t sequence,
                      uint32_t units);
void sequence_forget(struct wire_entry *e); /* the next number cannot be known */

struct template *exporter_template(const struct wire_entry *e, uint16_t id);
/* Takes the template over. ERR_LIMIT: too many, or too large. */
int exporter_put_template(struct wire *w, struct wire_entry *e, struct template *t);
void exporter_drop_template(struct wire *w, struct wire_entry *e, uint16_t id);
void exporter_drop_all(struct wire *w, struct wire_entry *e, bool options);

/* The fixed record of v1, v5 or v7. */
struct template *legacy_template(unsigned version, uint64_t groups);

/* Samplers: announced by option data. */
void exporter_put_sampler(struct wire *w, struct wire_entry *e, const struct sampler *s,
                          bool by_interface);
/* The announced rate for a record: by selector if it has one, by interface, or generic. NULL:
 * none. */
const struct sampler *exporter_sampler(const struct wire_entry *e, bool has_selector,
                                       uint64_t selector, uint32_t in_if);

/* Keep a data set until its template comes, or count it as lost. */
void pending_keep(struct wire *w, struct wire_entry *e, uint16_t id, const uint8_t *data,
                  uint32_t len, uint64_t received, uint32_t export_sec, uint32_t uptime);
/* Take the oldest one with this id; the caller frees it. NULL: none. */
struct pending *pending_take(struct wire *w, struct wire_entry *e, uint16_t id);
void pending_expire(struct wire *w, struct wire_entry *e, uint64_t now);

void wire_say(struct wire *w, enum wire_event event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
