/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * message.h - inside of the wire room: one message while it is decoded.
 */
#ifndef WEIR_WIRE_MESSAGE_H
#define WEIR_WIRE_MESSAGE_H

#include "wire/exporter.h"

struct message {
    struct wire *w;
    struct wire_entry *e;
    void *source;
    uint8_t version;      /* as records carry it */
    uint8_t engine_type;
    uint8_t engine_id;
    uint64_t received;    /* msec since 1970 */
    uint32_t export_sec;
    uint64_t export_msec; /* msec since 1970 */
    uint32_t uptime;      /* of the exporter at export, msec */
    bool has_uptime;
    uint32_t sampling;    /* 1 in N by the header (v5); 0: unknown */
    unsigned flows;       /* records handed on */
};

/* Open the lists that a record has (RFC 6313): the first record of each adds those groups of
 * fields that the record itself lacks. Returns the groups it has then. */
uint64_t lists_open(struct message *m, uint64_t groups);

/* Turn what a plan left in w->work into a finished record and hand it on. */
void finish_record(struct message *m, const struct template *t, uint64_t groups);

/* Of `packets` + `space` packets, `packets` were looked at; 0: all of them. */
struct rate {
    uint32_t flags; /* of the records */
    uint64_t packets, space;
};

uint64_t rate_scaled(const struct rate *rate, uint64_t count);

/* Parts of it, for rows that are decoded many at once: times and ICMP of what lies in w->work; the
 * rate that was announced for a record, or asked for; the group of the exporter's address (HEADER:
 * not wanted). */
bool finish_needs_sampling(const struct message *m);
struct rate finish_rate(const struct message *m, bool has_selector, uint64_t selector,
                        uint32_t in_if);
void finish_row(struct message *m, const struct template *t);
void finish_engine(const struct message *m, struct rec *r);
bool finish_icmp_possible(uint8_t proto); /* by the record's protocol */
enum field_group finish_router(const struct message *m);

/* Decode records of a plain template straight into columns, as many as the sink takes. Returns how
 * many; the cursor stands behind them. */
unsigned bulk_records(struct message *m, const struct template *t, struct cur *c);

/* Hand on a record that is complete but for exporter, received time and router (sFlow, version
 * 250). */
void finish_hand_on(struct message *m, struct rec *r);

/* Clear all members of groups that are not in `groups`. */
void rec_keep_groups(struct rec *r, uint64_t groups);

/* Decoders: the cursor covers the whole message. Return 0 or ERR_*; m->flows counts. */
int decode_v1(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows);
int decode_v5(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows);
int decode_v7(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows);
int decode_v9(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows);
int decode_ipfix(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows);
int decode_sflow(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows);
int decode_nfd(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows);

/* Option data: one record at the cursor. False when it does not fit. */
bool options_record(struct message *m, const struct template *t, struct cur *c);

/* The export time in msec; of an exporter without a clock (before 1980) the time of reception. */
uint64_t message_export_msec(uint32_t export_sec, uint64_t received);

/* Has the exporter seen its clock go back? Counts it. */
void message_note_clock(struct message *m);

#endif
