/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * encode.c - NetFlow v1, v5, v9 and IPFIX datagrams.
 *
 * The rows below say which elements a record has, in which order and from which field; a template
 * is those rows' numbers and lengths, a record is those rows' values.
 */
#include "wire/encode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PEN_REVERSE = 29305 }; /* RFC 5103 */
enum { PROTO_ICMP = 1, PROTO_ICMP6 = 58 };
enum { V5_RECORDS_MAX = 30, HEADER_V1 = 16, HEADER_V5 = 24, HEADER_V9 = 20, HEADER_IPFIX = 16 };
enum { SET_TEMPLATE_V9 = 0, SET_OPTIONS_V9 = 1, SET_TEMPLATE = 2, SET_OPTIONS = 3 };
enum { ROWS_MAX = 48, NTP_1970 = 2208988800u };

/* How a value goes onto the wire. */
enum encoding {
    AS_NUMBER,  /* big-endian, cut to the length */
    AS_V4,
    AS_V6,
    AS_MAC,
    AS_LABEL,   /* 3 octets */
    AS_UPTIME,
    AS_SECONDS,
    AS_NTP
};

struct row {
    uint16_t id;
    uint16_t length;
    uint32_t pen;
    enum field_id field;
    enum encoding encoding;
};

struct layout { /* one template */
    uint16_t id;
    uint16_t nrows;
    uint16_t octets; /* of a record */
    struct row rows[ROWS_MAX];
};

enum layout_kind { LAYOUT_V4, LAYOUT_V4_ICMP, LAYOUT_V6, LAYOUT_V6_ICMP, LAYOUTS_ };

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

/* ---- layouts ---- */

static const struct row rows_v4[] = {
    {8, 4, 0, FIELD_SRC_ADDR, AS_V4},
    {12, 4, 0, FIELD_DST_ADDR, AS_V4},
};

static const struct row rows_v6[] = {
    {27, 16, 0, FIELD_SRC_ADDR, AS_V6},
    {28, 16, 0, FIELD_DST_ADDR, AS_V6},
};

static const struct row rows_times[][2] = {
    [TIMES_UPTIME] = {{22, 4, 0, FIELD_FIRST_SEEN, AS_UPTIME},
                      {21, 4, 0, FIELD_LAST_SEEN, AS_UPTIME}},
    [TIMES_SEC] = {{150, 4, 0, FIELD_FIRST_SEEN, AS_SECONDS},
                   {151, 4, 0, FIELD_LAST_SEEN, AS_SECONDS}},
    [TIMES_MSEC] = {{152, 8, 0, FIELD_FIRST_SEEN, AS_NUMBER},
                    {153, 8, 0, FIELD_LAST_SEEN, AS_NUMBER}},
    [TIMES_USEC] = {{154, 8, 0, FIELD_FIRST_SEEN, AS_NTP}, {155, 8, 0, FIELD_LAST_SEEN, AS_NTP}},
    [TIMES_NSEC] = {{156, 8, 0, FIELD_FIRST_SEEN, AS_NTP}, {157, 8, 0, FIELD_LAST_SEEN, AS_NTP}},
};

static const struct row rows_common[] = {
    {1, 8, 0, FIELD_BYTES, AS_NUMBER},
    {2, 8, 0, FIELD_PACKETS, AS_NUMBER},
    {10, 4, 0, FIELD_IN_IF, AS_NUMBER},
    {14, 4, 0, FIELD_OUT_IF, AS_NUMBER},
    {61, 1, 0, FIELD_DIRECTION, AS_NUMBER},
    {136, 1, 0, FIELD_END_REASON, AS_NUMBER},
};

static const struct row rows_ports[] = {
    {7, 2, 0, FIELD_SRC_PORT, AS_NUMBER},
    {11, 2, 0, FIELD_DST_PORT, AS_NUMBER},
    {4, 1, 0, FIELD_PROTO, AS_NUMBER},
    {6, 1, 0, FIELD_TCP_FLAGS, AS_NUMBER},
    {60, 1, 0, FIELD_IP_VERSION, AS_NUMBER},
    {5, 1, 0, FIELD_SRC_TOS, AS_NUMBER},
};

static const struct row rows_icmp4[] = {
    {32, 2, 0, FIELD_DST_PORT, AS_NUMBER},
    {4, 1, 0, FIELD_PROTO, AS_NUMBER},
    {60, 1, 0, FIELD_IP_VERSION, AS_NUMBER},
    {5, 1, 0, FIELD_SRC_TOS, AS_NUMBER},
};

static const struct row rows_icmp6[] = {
    {139, 2, 0, FIELD_DST_PORT, AS_NUMBER},
    {4, 1, 0, FIELD_PROTO, AS_NUMBER},
    {60, 1, 0, FIELD_IP_VERSION, AS_NUMBER},
    {5, 1, 0, FIELD_SRC_TOS, AS_NUMBER},
};

static const struct row rows_vlan[] = {
    {58, 2, 0, FIELD_SRC_VLAN, AS_NUMBER},
    {59, 2, 0, FIELD_DST_VLAN, AS_NUMBER},
};

static const struct row rows_mac[] = {
    {56, 6, 0, FIELD_IN_SRC_MAC, AS_MAC},
    {57, 6, 0, FIELD_OUT_DST_MAC, AS_MAC},
};

static const struct row rows_reverse[] = {
    {1, 8, PEN_REVERSE, FIELD_OUT_BYTES, AS_NUMBER},
    {2, 8, PEN_REVERSE, FIELD_OUT_PACKETS, AS_NUMBER},
    {5, 1, PEN_REVERSE, FIELD_DST_TOS, AS_NUMBER},
};

static const struct row rows_reverse_ports[] = {
    {6, 1, PEN_REVERSE, FIELD_REV_TCP_FLAGS, AS_NUMBER},
};

static void add_rows(struct layout *l, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert(l->nrows < ROWS_MAX);
        l->rows[l->nrows++] = rows[i];
        l->octets = (uint16_t)(l->octets + rows[i].length);
    }
}

#define ADD_ROWS(layout, rows) add_rows(layout, rows, sizeof(rows) / sizeof((rows)[0]))

static void add_labels(struct layout *l, unsigned labels)
{
    for (unsigned i = 0; i < labels && i < 10; i++) {
        struct row row = {(uint16_t)(70 + i), 3, 0, (enum field_id)(FIELD_MPLS1 + i), AS_LABEL};
        add_rows(l, &row, 1);
    }
}

static void add_transport(struct layout *l, enum layout_kind kind)
{
    if (kind == LAYOUT_V4_ICMP) {
        ADD_ROWS(l, rows_icmp4);
    } else if (kind == LAYOUT_V6_ICMP) {
        ADD_ROWS(l, rows_icmp6);
    } else {
        ADD_ROWS(l, rows_ports);
    }
}

static void add_reverse(struct layout *l, enum layout_kind kind)
{
    ADD_ROWS(l, rows_reverse);
    if (kind == LAYOUT_V4 || kind == LAYOUT_V6) {
        ADD_ROWS(l, rows_reverse_ports);
    }
}

static void make_layout(const struct encoder_options *o, enum layout_kind kind, struct layout *l)
{
    static const uint16_t ids[LAYOUTS_] = {TEMPLATE_V4, TEMPLATE_V4_ICMP, TEMPLATE_V6,
                                           TEMPLATE_V6_ICMP};
    bool v6 = kind == LAYOUT_V6 || kind == LAYOUT_V6_ICMP;
    l->id = ids[kind];
    add_rows(l, v6 ? rows_v6 : rows_v4, 2);
    add_rows(l, rows_times[o->times], 2);
    ADD_ROWS(l, rows_common);
    add_transport(l, kind);
    if (o->with_vlan) {
        ADD_ROWS(l, rows_vlan);
    }
    if (o->with_mac) {
        ADD_ROWS(l, rows_mac);
    }
    if (o->biflow) {
        add_reverse(l, kind);
    }
    add_labels(l, o->labels);
}

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

/* Sampling: v9 elements 34, 35 scoped to the system; IPFIX 304, 305, 306 and the system's start 160
 * scoped to the metering process. */
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
    open_set(e, SET_OPTIONS);
    put_be(e, TEMPLATE_OPTIONS, 2);
    put_be(e, 5, 2);
    put_be(e, 1, 2); /* of which scope */
    put_be(e, 143u << 16 | 4, 4);
    put_be(e, 160u << 16 | 8, 4);
    put_be(e, 304u << 16 | 2, 4);
    put_be(e, 305u << 16 | 4, 4);
    put_be(e, 306u << 16 | 4, 4);
    open_set(e, TEMPLATE_OPTIONS);
    put_be(e, e->o.domain, 4);
    put_be(e, e->o.boot, 8);
    put_be(e, 1, 2); /* systematic count-based */
    put_be(e, 1, 4);
    put_be(e, e->o.sampling > 1 ? e->o.sampling - 1 : 0, 4);
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
        make_layout(&e->o, (enum layout_kind)kind, &e->layouts[kind]);
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
