/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * encode.c - NetFlow v1, v5, v9 and IPFIX datagrams; what a record has is layout.c's.
 */
#include "wire/layout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PROTO_ICMP = 1, PROTO_ICMP6 = 58 };
enum { V5_RECORDS_MAX = 30, HEADER_V1 = 16, HEADER_V5 = 24, HEADER_V9 = 20, HEADER_IPFIX = 16 };
enum { SET_TEMPLATE_V9 = 0, SET_OPTIONS_V9 = 1, SET_TEMPLATE = 2, SET_OPTIONS = 3 };
enum { NTP_1970 = 2208988800u };

struct encoder {
    struct encoder_options o;
    struct layout layouts[LAYOUTS_];
    uint8_t *data;       /* datagram under construction, o.mtu octets */
    size_t len;          /* 0: not begun */
    size_t set_at;       /* where the open set begins; 0: none */
    uint16_t set_id;
    unsigned records;    /* in this datagram: flow records */
    unsigned all_records; /* templates and options too (v9 count) */
    uint32_t sequence;
    unsigned until_templates; /* datagrams until the next templates */
    uint64_t templates_at;    /* when the last ones went */
};

static struct layout *layout_of(struct encoder *e, const struct rec *r)
{
    if (rec_has(r, GROUP_IPV6)) {
        return &e->layouts[r->proto == PROTO_ICMP6 ? LAYOUT_V6_ICMP : LAYOUT_V6];
    }
    return &e->layouts[r->proto == PROTO_ICMP ? LAYOUT_V4_ICMP : LAYOUT_V4];
}

/* ---- octets ---- */

static void put_be(struct encoder *e, uint64_t value, size_t length)
{
    assert(e->len + length <= e->o.mtu);
    for (size_t i = length; i-- > 0; value >>= 8) {
        e->data[e->len + i] = (uint8_t)value;
    }
    e->len += length;
}

static void put_octets(struct encoder *e, const void *from, size_t n)
{
    assert(e->len + n <= e->o.mtu);
    memcpy(e->data + e->len, from, n);
    e->len += n;
}

static void set_be16(struct encoder *e, size_t at, size_t value)
{
    e->data[at] = (uint8_t)(value >> 8);
    e->data[at + 1] = (uint8_t)value;
}

/* What came before the system's start is put just behind it: collectors take 0 for no time. */
static uint32_t uptime(const struct encoder *e, uint64_t msec)
{
    return msec > e->o.boot ? (uint32_t)(msec - e->o.boot) : 1;
}

/* RFC 7011 6.1.9: seconds since 1900 and a fraction of 2^32. */
static uint64_t ntp(uint64_t msec)
{
    uint64_t fraction = ((msec % 1000) << 32) / 1000;
    return (msec / 1000 + NTP_1970) << 32 | fraction;
}

static const struct ip *address_of(const struct rec *r, enum field_id id)
{
    return (const struct ip *)((const uint8_t *)r + rec_offset(id));
}

static void put_value(struct encoder *e, const struct rec *r, const struct row *row)
{
    switch (row->encoding) {
    case AS_V4:
        put_octets(e, address_of(r, row->field)->octet + 12, 4);
        break;
    case AS_V6:
        put_octets(e, address_of(r, row->field)->octet, 16);
        break;
    case AS_UPTIME:
        put_be(e, uptime(e, rec_u64(r, row->field)), row->length);
        break;
    case AS_SECONDS:
        put_be(e, rec_u64(r, row->field) / 1000, row->length);
        break;
    case AS_NTP:
        put_be(e, ntp(rec_u64(r, row->field)), row->length);
        break;
    case AS_NUMBER:
    case AS_MAC:
    case AS_LABEL:
        put_be(e, rec_u64(r, row->field), row->length);
        break;
    }
}

/* ---- sets and templates (v9, IPFIX) ---- */

static bool is_ipfix(const struct encoder *e)
{
    return e->o.version == 10;
}

static void close_set(struct encoder *e)
{
    if (e->set_at == 0) {
        return;
    }
    while (e->len % 4 != 0) {
        put_be(e, 0, 1);
    }
    set_be16(e, e->set_at + 2, e->len - e->set_at);
    e->set_at = 0;
}

static void open_set(struct encoder *e, uint16_t id)
{
    close_set(e);
    e->set_at = e->len;
    e->set_id = id;
    put_be(e, id, 2);
    put_be(e, 0, 2);
}

static void put_template(struct encoder *e, const struct layout *l)
{
    put_be(e, l->id, 2);
    put_be(e, l->nrows, 2);
    for (unsigned i = 0; i < l->nrows; i++) {
        const struct row *row = &l->rows[i];
        put_be(e, row->id | (row->pen != 0 ? 0x8000u : 0), 2);
        put_be(e, row->length, 2);
        if (row->pen != 0) {
            put_be(e, row->pen, 4);
        }
    }
    e->all_records++;
}

/* Sampling: v9 elements 34, 35 scoped to the system; IPFIX 304, 305, 306, the system's start 160
 * and the exporter's address 130 or 131, scoped to the metering process. */
static void put_options_v9(struct encoder *e)
{
    open_set(e, SET_OPTIONS_V9);
    put_be(e, TEMPLATE_OPTIONS, 2);
    put_be(e, 4, 2); /* octets of scope */
    put_be(e, 8, 2); /* octets of options */
    put_be(e, 1u << 16 | 4, 4);
    put_be(e, 34u << 16 | 4, 4);
    put_be(e, 35u << 16 | 1, 4);
    e->all_records++;
    open_set(e, TEMPLATE_OPTIONS);
    put_be(e, e->o.domain, 4);
    put_be(e, e->o.sampling, 4);
    put_be(e, 1, 1); /* deterministic */
    e->all_records++;
}

static void put_options_ipfix(struct encoder *e)
{
    const struct ip *exporter = e->o.exporter;
    bool v4 = exporter != NULL && ip_is_mapped(exporter);
    open_set(e, SET_OPTIONS);
    put_be(e, TEMPLATE_OPTIONS, 2);
    put_be(e, exporter != NULL ? 6 : 5, 2);
    put_be(e, 1, 2); /* of which scope */
    put_be(e, 143u << 16 | 4, 4);
    put_be(e, 160u << 16 | 8, 4);
    put_be(e, 304u << 16 | 2, 4);
    put_be(e, 305u << 16 | 4, 4);
    put_be(e, 306u << 16 | 4, 4);
    if (exporter != NULL) {
        put_be(e, v4 ? 130u << 16 | 4 : 131u << 16 | 16, 4);
    }
    open_set(e, TEMPLATE_OPTIONS);
    put_be(e, e->o.domain, 4);
    put_be(e, e->o.boot, 8);
    put_be(e, 1, 2); /* systematic count-based */
    put_be(e, 1, 4);
    put_be(e, e->o.sampling > 1 ? e->o.sampling - 1 : 0, 4);
    if (exporter != NULL) {
        put_octets(e, exporter->octet + (v4 ? 12 : 0), v4 ? 4 : 16);
    }
    e->records++;
}

static bool templates_due(const struct encoder *e, uint64_t now)
{
    return e->until_templates == 0
           || (!e->o.stream && now >= e->templates_at + ENCODE_TEMPLATE_MSEC);
}

static void put_templates(struct encoder *e, uint64_t now)
{
    open_set(e, is_ipfix(e) ? SET_TEMPLATE : SET_TEMPLATE_V9);
    for (int kind = 0; kind < LAYOUTS_; kind++) {
        put_template(e, &e->layouts[kind]);
    }
    if (is_ipfix(e)) {
        put_options_ipfix(e);
    } else if (e->o.sampling > 1) {
        put_options_v9(e);
    }
    e->until_templates = ENCODE_TEMPLATE_EVERY;
    e->templates_at = now;
}

/* ---- datagrams ---- */

static size_t header_length(const struct encoder *e)
{
    switch (e->o.version) {
    case 1:
        return HEADER_V1;
    case 5:
        return HEADER_V5;
    case 9:
        return HEADER_V9;
    default:
        return HEADER_IPFIX;
    }
}

static void begin_datagram(struct encoder *e, uint64_t now)
{
    e->len = header_length(e);
    e->set_at = 0;
    e->records = e->all_records = 0;
    if (e->o.version >= 9 && templates_due(e, now)) {
        put_templates(e, now);
    }
}

static void put_header_old(struct encoder *e, uint64_t now)
{
    put_be(e, (uint64_t)e->o.version, 2);
    put_be(e, e->records, 2);
    put_be(e, uptime(e, now), 4);
    put_be(e, now / 1000, 4);
    put_be(e, now % 1000 * 1000000, 4);
    if (e->o.version == 5) {
        put_be(e, e->sequence, 4);
        put_be(e, e->o.domain, 2);
        put_be(e, e->o.sampling > 1 ? 1u << 14 | (e->o.sampling & 0x3fff) : 0, 2);
    }
}

static void put_header_v9(struct encoder *e, uint64_t now)
{
    put_be(e, 9, 2);
    put_be(e, e->records + e->all_records, 2);
    put_be(e, uptime(e, now - now % 1000), 4); /* the clock beside it has whole seconds */
    put_be(e, now / 1000, 4);
    put_be(e, e->sequence, 4);
    put_be(e, e->o.domain, 4);
}

static void put_header_ipfix(struct encoder *e, uint64_t now, size_t length)
{
    put_be(e, 10, 2);
    put_be(e, length, 2);
    put_be(e, now / 1000, 4);
    put_be(e, e->sequence, 4);
    put_be(e, e->o.domain, 4);
}

static void put_header(struct encoder *e, uint64_t now)
{
    size_t length = e->len;
    e->len = 0;
    if (is_ipfix(e)) {
        put_header_ipfix(e, now, length);
    } else if (e->o.version == 9) {
        put_header_v9(e, now);
    } else {
        put_header_old(e, now);
    }
    e->len = length;
}

/* A datagram counts whether it arrives or not; in a stream a new session begins. */
static void count_datagram(struct encoder *e, bool sent)
{
    if (e->o.stream) {
        e->until_templates = sent ? ENCODE_TEMPLATE_EVERY : 0;
    } else {
        e->until_templates -= e->until_templates > 0;
    }
    e->sequence += e->o.version == 9 ? 1 : e->records;
    if (e->o.stream && !sent) {
        e->sequence = 0;
    }
}

void encoder_flush(struct encoder *e, uint64_t now)
{
    if (e->len == 0) {
        return;
    }
    close_set(e);
    put_header(e, now);
    count_datagram(e, e->o.send(e->o.ctx, e->data, e->len));
    e->len = 0;
}

/* ---- records ---- */

static void put_record_old(struct encoder *e, const struct rec *r)
{
    bool v5 = e->o.version == 5;
    put_octets(e, r->src_addr.octet + 12, 4);
    put_octets(e, r->dst_addr.octet + 12, 4);
    put_be(e, rec_has(r, GROUP_NEXT4) ? ip_to_v4(&r->next4) : 0, 4);
    put_be(e, r->in_if, 2);
    put_be(e, r->out_if, 2);
    put_be(e, r->packets, 4);
    put_be(e, r->bytes, 4);
    put_be(e, uptime(e, r->first), 4);
    put_be(e, uptime(e, r->last), 4);
    put_be(e, r->src_port, 2);
    put_be(e, r->dst_port, 2);
    put_be(e, 0, v5 ? 1 : 2);
    put_be(e, v5 ? r->tcp_flags : r->proto, 1);
    put_be(e, v5 ? r->proto : r->src_tos, 1);
    put_be(e, v5 ? r->src_tos : r->tcp_flags, 1);
    put_be(e, v5 ? (uint64_t)(uint16_t)r->src_as << 16 | (uint16_t)r->dst_as : 0, v5 ? 4 : 7);
    if (v5) {
        put_be(e, (uint64_t)r->src_mask << 24 | (uint64_t)r->dst_mask << 16, 4);
    }
}

static size_t need_of(struct encoder *e, const struct rec *r)
{
    const struct layout *l;
    if (e->o.version < 9) {
        return 48;
    }
    l = layout_of(e, r);
    /* with a set head if none is open, and padding */
    return l->octets + (e->set_at != 0 && e->set_id == l->id ? 0u : 4u) + 8u;
}

static void put_record(struct encoder *e, const struct rec *r)
{
    const struct layout *l;
    if (e->o.version < 9) {
        put_record_old(e, r);
        return;
    }
    l = layout_of(e, r);
    if (e->set_at == 0 || e->set_id != l->id) {
        open_set(e, l->id);
    }
    for (unsigned i = 0; i < l->nrows; i++) {
        put_value(e, r, &l->rows[i]);
    }
}

bool encoder_can(const struct encoder *e, const struct rec *r)
{
    return e->o.version >= 9 ? rec_family(r) != 0 : rec_family(r) == 4;
}

void encoder_add(struct encoder *e, const struct rec *r, uint64_t now)
{
    if (!encoder_can(e, r)) {
        return;
    }
    if (e->len != 0 && (e->len + need_of(e, r) > e->o.mtu
                        || (e->o.version < 9 && e->records >= V5_RECORDS_MAX))) {
        encoder_flush(e, now);
    }
    if (e->len == 0) {
        begin_datagram(e, now);
        if (e->len + need_of(e, r) > e->o.mtu) { /* templates fill a small datagram alone */
            encoder_flush(e, now);
            begin_datagram(e, now);
        }
    }
    put_record(e, r);
    e->records++;
}

/* ---- life ---- */

struct encoder *encoder_new(const struct encoder_options *options)
{
    struct encoder *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return NULL;
    }
    e->o = *options;
    if (e->o.mtu == 0) {
        e->o.mtu = e->o.version < 9 ? ENCODE_MTU_OLD : ENCODE_MTU;
    }
    assert(e->o.mtu >= ENCODE_MTU_MIN && e->o.mtu <= ENCODE_MTU_MAX);
    e->data = calloc(1, e->o.mtu);
    if (e->data == NULL) {
        free(e);
        return NULL;
    }
    for (int kind = 0; kind < LAYOUTS_; kind++) {
        layout_make(&e->o, (enum layout_kind)kind, &e->layouts[kind]);
    }
    return e;
}

void encoder_free(struct encoder *e)
{
    if (e != NULL) {
        free(e->data);
        free(e);
    }
}

void encoder_send_templates(struct encoder *e)
{
    e->until_templates = 0;
}

void encoder_set_boot(struct encoder *e, uint64_t boot)
{
    e->o.boot = boot;
}
