/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfd.c - nfdump's own transport (version 250): records in the layout of its files.
 *
 * Header, network order: version, length, export time, sequence of records, number of records. The
 * records are little-endian; which field stands where in which element is said by the NFD rows of
 * the catalogue.
 */
#include "wire/message.h"

#include <string.h>

enum { NFD_HEADER = 16, RECORD_TYPE = 11, RECORD_HEADER = 12, ELEMENT_HEADER = 4, WINDOW = 20000 };

enum nfd_codec { NFD_U8, NFD_U16, NFD_U32, NFD_U64, NFD_IP4, NFD_IP6, NFD_MAC, NFD_TEXT,
                 NFD_BYTES };

static const struct {
    uint8_t group;
    uint8_t codec;
    uint16_t field;
    uint16_t offset;
} places[] = {
#define NFD(id, group, offset, codec) {GROUP_##group, NFD_##codec, FIELD_##id, offset},
#include "field/fields.def"
};

static void put_number(struct rec *r, enum field_id id, uint64_t v)
{
    memcpy((uint8_t *)r + rec_offset(id), &v, field_width(id));
}

static void put_span(struct rec *r, enum field_id id, const uint8_t *p, size_t len, bool text)
{
    struct span s = {p, (uint32_t)(text ? strnlen((const char *)p, len) : len)};
    memcpy((uint8_t *)r + rec_offset(id), &s, sizeof s);
}

static void put_ip(struct rec *r, enum field_id id, const struct ip *ip)
{
    memcpy((uint8_t *)r + rec_offset(id), ip, sizeof *ip);
}

static void take_field(struct rec *r, enum field_id id, enum nfd_codec codec, struct cur c)
{
    uint64_t high;
    struct ip ip;
    switch (codec) {
    case NFD_U8:
        put_number(r, id, cur_u8(&c));
        return;
    case NFD_U16:
        put_number(r, id, cur_u16le(&c));
        return;
    case NFD_U32:
        put_number(r, id, cur_u32le(&c));
        return;
    case NFD_U64:
    case NFD_MAC:
        put_number(r, id, cur_u64le(&c));
        return;
    case NFD_IP4:
        ip = ip_from_v4(cur_u32le(&c));
        put_ip(r, id, &ip);
        return;
    case NFD_IP6:
        high = cur_u64le(&c);
        ip = ip_from_halves(high, cur_u64le(&c));
        put_ip(r, id, &ip);
        return;
    case NFD_TEXT:
    case NFD_BYTES:
        put_span(r, id, c.at, cur_left(&c), codec == NFD_TEXT);
        return;
    }
}

static void take_element(struct rec *r, unsigned type, struct cur body)
{
    if (type == 0 || field_group_length(type) == 0 ||
        cur_left(&body) + ELEMENT_HEADER < field_group_length(type)) {
        return;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].group == type) {
            struct cur c = body;
            cur_skip(&c, places[i].offset);
            take_field(r, (enum field_id)places[i].field, (enum nfd_codec)places[i].codec, c);
            r->groups |= group_bit((enum field_group)type);
        }
    }
}

static bool take_record(struct rec *r, struct cur *c)
{
    unsigned n;
    rec_clear(r);
    n = cur_u16le(c);
    r->engine_type = cur_u8(c);
    r->engine_id = cur_u8(c);
    cur_skip(c, 2); /* the other collector's number of the exporter */
    r->record_flags = cur_u8(c);
    cur_skip(c, 1);
    for (unsigned i = 0; i < n; i++) {
        unsigned type = cur_u16le(c);
        unsigned len = cur_u16le(c);
        struct cur body = cur_sub(c, len >= ELEMENT_HEADER ? len - ELEMENT_HEADER : SIZE_MAX);
        if (!cur_ok(c)) {
            return false;
        }
        take_element(r, type, body);
    }
    return cur_ok(c);
}

static int records(struct message *m, struct cur *c, uint32_t n)
{
    struct rec *r = &m->w->work.rec;
    for (uint32_t i = 0; i < n; i++) {
        unsigned type = cur_u16le(c);
        unsigned size = cur_u16le(c);
        struct cur body = cur_sub(c, size >= RECORD_HEADER ? size - 4u : SIZE_MAX);
        if (!cur_ok(c)) {
            return ERR_FORMAT;
        }
        if (type != RECORD_TYPE || !take_record(r, &body)) {
            m->e->pub.loss.bad_records++;
            continue;
        }
        rec_keep_groups(r, m->w->options.groups | group_bit(GROUP_HEADER));
        finish_hand_on(m, r);
    }
    return 0;
}

int decode_nfd(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows)
{
    struct message m = {.w = w, .version = 10, .received = d->received};
    enum sequence_place place;
    uint32_t sequence, n;
    int rc;
    cur_skip(c, 4);
    m.export_sec = cur_u32be(c);
    sequence = cur_u32be(c);
    n = cur_u32be(c);
    if (!cur_ok(c)) {
        return ERR_FORMAT;
    }
    m.e = exporter_get(w, d, 250, 0, &rc);
    if (m.e == NULL) {
        return rc;
    }
    message_note_clock(&m);
    place = sequence_check(m.e, sequence, WINDOW);
    rc = records(&m, c, n);
    sequence_advance(m.e, place, sequence, n);
    *flows += m.flows;
    if (rc != 0) {
        m.e->pub.loss.bad_datagrams++;
    }
    return rc;
}
