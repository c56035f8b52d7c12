/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdput.c - encode records of layout 2.
 * Every element is written in the same way: its fixed body is zeroed, the fields of its rows are
 * put at their offsets, then a variable tail follows. What a tail needs (end mark, padding,
 * spare octets) stands in the table `tails`.
 */
#include "store/nfdput.h"

#include "store/nfdrows.h"
#include "store/nfdseal.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum {
    RECORD_EXPORTER = 7,
    RECORD_COUNTERS = 8,
    RECORD_V3 = 11,
    RECORD_NBAR = 12,
    RECORD_INTERFACES = 13,
    RECORD_VRFS = 14,
    RECORD_SAMPLER = 15,
    RECORD_IDENT = 0x8001,
    RECORD_STAT = 0x8002,
    IDENT_LEN_MAX = 121, /* nfdump refuses records of 128 octets */
    IDENT_BODY_MAX = IDENT_LEN_MAX + 2,
    USER_NAME_MAX = 65,
    SHORT_TEXT_MAX = 255,
    NAME_MAX_LEN = 255,
};

static const struct put_row {
    uint8_t element, codec;
    uint16_t field, offset;
} put_rows[] = {
#define NFD(id, group, offset, codec) {GROUP_##group, NFD_##codec, FIELD_##id, offset},
#include "field/fields.def"
};

static const struct tail {
    uint16_t longest; /* octets of the value; 0: as long as the record has room */
    uint8_t end_mark; /* NUL behind the value */
    uint8_t pad;      /* to a multiple of this */
    uint8_t spare;    /* zero octets behind it; they are part of the GROUP row's length */
} tails[NFD_ELEMENTS] = {
    [GROUP_NBAR] = {SHORT_TEXT_MAX, 0, 1, 0},
    [GROUP_LABEL] = {SHORT_TEXT_MAX, 1, 4, 0},
    [GROUP_IN_PAYLOAD] = {0, 0, 4, 0},
    [GROUP_OUT_PAYLOAD] = {0, 0, 4, 0},
    [GROUP_INMON_FRAME] = {0, 0, 1, 0},
    [GROUP_PF] = {SHORT_TEXT_MAX, 1, 4, 0},
    [GROUP_NAT_STRING] = {SHORT_TEXT_MAX, 1, 4, 4},
};

static uint8_t *put16(uint8_t *to, unsigned v)
{
    uint16_t n = (uint16_t)v;
    memcpy(to, &n, sizeof n);
    return to + sizeof n;
}

static uint8_t *put32(uint8_t *to, uint32_t v)
{
    memcpy(to, &v, sizeof v);
    return to + sizeof v;
}

static uint8_t *put64(uint8_t *to, uint64_t v)
{
    memcpy(to, &v, sizeof v);
    return to + sizeof v;
}

/* ------------------------------------------------------------------ flows */

/* Rows of an element are neighbours in put_rows, except those of the two address families. */
static void find_rows(struct nfd_put *p)
{
    memset(p->rows, 0, sizeof p->rows);
    for (uint16_t i = 0; i < sizeof put_rows / sizeof put_rows[0]; i++) {
        uint16_t *range = p->rows[put_rows[i].element];
        range[0] = range[1] == 0 ? i : range[0];
        range[1] = (uint16_t)(i + 1);
    }
}

int nfdput_batch(struct nfd_put *p, struct batch *b)
{
    find_rows(p);
    p->groups = batch_column(b, FIELD_GROUPS);
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        enum field_group g = field_of((enum field_id)id)->group;
        p->columns[id] = g == GROUP_HEADER || (b->groups_any & group_bit(g))
                             ? batch_column(b, (enum field_id)id)
                             : NULL;
    }
    /* addresses belong to two groups */
    p->columns[FIELD_SRC_ADDR] = batch_column(b, FIELD_SRC_ADDR);
    p->columns[FIELD_DST_ADDR] = batch_column(b, FIELD_DST_ADDR);
    return b->fault.code;
}

static void put_ip6(uint8_t *to, const struct ip *ip)
{
    put64(put64(to, ip_high(ip)), ip_low(ip));
}

static void put_number(uint8_t *to, uint64_t v, unsigned width)
{
    memcpy(to, &v, width);
}

/* A fixed-width value; room is what the body has behind the offset. */
static void put_field(const struct nfd_put *p, const struct put_row *row, uint32_t n, uint8_t *to)
{
    const struct column *c = p->columns[row->field];
    switch ((enum nfd_codec)row->codec) {
    case NFD_IP4:
        put32(to, ip_to_v4(column_ip(c, n)));
        break;
    case NFD_IP6:
        put_ip6(to, column_ip(c, n));
        break;
    default:
        put_number(to, column_u64(c, n), nfd_codec_width(row->codec));
        break;
    }
}

/* The value behind the fixed body; returns the octets written. */
static size_t put_tail(const struct tail *tail, struct span value, size_t room, uint8_t *to)
{
    size_t longest = tail->longest != 0 ? tail->longest : room;
    size_t len = value.len < longest ? value.len : longest;
    size_t all = len + tail->end_mark;
    all = (all + tail->pad - 1) / tail->pad * tail->pad;
    if (len > 0) {
        memcpy(to, value.data, len);
    }
    memset(to + len, 0, all - len);
    return all;
}

/* User names stand in a fixed body. */
static void put_user_name(struct span value, uint8_t *to)
{
    if (value.len > 0) {
        memcpy(to, value.data, value.len < USER_NAME_MAX ? value.len : USER_NAME_MAX);
    }
}

static struct span span_of(const struct nfd_put *p, const struct put_row *row, uint32_t n)
{
    return column_var(p->columns[row->field], n);
}

/* room: for a variable value. Returns the element's length. */
static size_t put_element(const struct nfd_put *p, unsigned element, const struct put_row *from,
                          const struct put_row *to_row, uint32_t n, size_t room, uint8_t *to)
{
    const struct tail *tail = &tails[element];
    size_t fixed = field_group_length(element) - tail->spare;
    size_t len = fixed;
    memset(to, 0, fixed);
    for (const struct put_row *row = from; row < to_row; row++) {
        uint8_t *at = to + NFD_ELEMENT_HEAD + row->offset;
        if (row->codec != NFD_TEXT && row->codec != NFD_BYTES) {
            put_field(p, row, n, at);
        } else if (tail->pad == 0) {
            put_user_name(span_of(p, row, n), at);
        } else {
            len += put_tail(tail, span_of(p, row, n), room, at);
        }
    }
    memset(to + len, 0, tail->spare);
    len += tail->spare;
    put16(put16(to, element), (unsigned)len);
    return len;
}

static const struct put_row *address_rows(unsigned element)
{
    static const struct put_row rows[2][2] = {
        {{GROUP_IPV4, NFD_IP4, FIELD_SRC_ADDR, 0}, {GROUP_IPV4, NFD_IP4, FIELD_DST_ADDR, 4}},
        {{GROUP_IPV6, NFD_IP6, FIELD_SRC_ADDR, 0}, {GROUP_IPV6, NFD_IP6, FIELD_DST_ADDR, 16}},
    };
    return rows[element == GROUP_IPV6];
}

static size_t put_group(const struct nfd_put *p, unsigned element, uint32_t n, size_t room,
                        uint8_t *to)
{
    const struct put_row *addresses = address_rows(element);
    if (element == GROUP_IPV4 || element == GROUP_IPV6) {
        return put_element(p, element, addresses, addresses + 2, n, room, to);
    }
    return put_element(p, element, put_rows + p->rows[element][0], put_rows + p->rows[element][1],
                       n, room, to);
}

static void put_header(const struct nfd_put *p, uint32_t row, size_t size, unsigned n, uint8_t *to)
{
    put16(put16(put16(to, RECORD_V3), (unsigned)size), n);
    to[6] = (uint8_t)column_u64(p->columns[FIELD_ENGINE_TYPE], row);
    to[7] = (uint8_t)column_u64(p->columns[FIELD_ENGINE_ID], row);
    put16(to + 8, (unsigned)column_u64(p->columns[FIELD_EXPORTER_ID], row));
    to[10] = (uint8_t)column_u64(p->columns[FIELD_RECORD_FLAGS], row);
    to[11] = (uint8_t)column_u64(p->columns[FIELD_NF_VERSION], row);
}

static bool is_long(unsigned element)
{
    return tails[element].pad != 0 && tails[element].longest == 0;
}

/* Octets for a payload, when these elements are still to come behind it. */
static size_t room_for_payload(size_t size, uint64_t later)
{
    size_t taken = size + 2 * NFD_ELEMENT_HEAD;
    for (; later != 0; later &= later - 1) {
        unsigned e = (unsigned)__builtin_ctzll(later);
        taken += field_group_length(e) + tails[e].longest + 2 * NFD_ELEMENT_HEAD;
    }
    return taken < NFD_RECORD_MAX ? (NFD_RECORD_MAX - taken) & ~(size_t)3 : 0;
}

size_t nfdput_row(const struct nfd_put *p, uint32_t row, uint8_t *to)
{
    uint64_t known = ((uint64_t)1 << NFD_ELEMENTS) - 2;
    uint64_t left = column_u64(p->groups, row) & known;
    size_t size = NFD_RECORD_HEAD;
    unsigned n = 0;
    while (left != 0) {
        unsigned element = (unsigned)__builtin_ctzll(left);
        left &= left - 1;
        size += put_group(p, element, row, is_long(element) ? room_for_payload(size, left) : 0,
                          to + size);
        n++;
    }
    assert(size <= NFD_RECORD_MAX);
    put_header(p, row, size, n, to);
    return size;
}

/* ------------------------------------------------------------------ exporters, samplers, names */

size_t nfdput_exporter(const struct exporter *e, uint8_t *to)
{
    uint8_t *at = put32(put16(put16(to, RECORD_EXPORTER), 32), e->version);
    memcpy(at, e->addr.octet, sizeof e->addr.octet);
    at = put16(put16(at + sizeof e->addr.octet, 0), e->sysid);
    return (size_t)(put32(at, e->id) - to);
}

size_t nfdput_sampler(const struct sampler *s, uint8_t *to)
{
    uint8_t *at = put16(put16(to, RECORD_SAMPLER), 24);
    at = put64(put16(put16(at, s->sysid), s->algorithm), (uint64_t)s->id);
    return (size_t)(put32(put32(at, s->packet_interval), s->space_interval) - to);
}

size_t nfdput_counters(const struct exporter *e, size_t n, uint8_t *to)
{
    uint8_t *at = to + 8;
    uint32_t count = 0;
    assert(n <= NFDPUT_COUNTERS);
    for (size_t i = 0; i < n; i++) {
        if (e[i].has_stat && e[i].version != 0) { /* nfdump refuses unknown exporters */
            at = put32(put32(at, e[i].sysid), e[i].sequence_failures);
            at = put64(put64(at, e[i].packets), e[i].flows);
            count++;
        }
    }
    put32(put16(put16(to, RECORD_COUNTERS), (unsigned)(at - to)), count);
    return count > 0 ? (size_t)(at - to) : 0;
}

static size_t cut(size_t len, size_t longest)
{
    return len < longest ? len : longest;
}

static size_t longest_name(const struct flow_meta *m, enum name_kind kind)
{
    size_t longest = 0;
    for (size_t i = 0; i < m->nnames; i++) {
        size_t len = m->names[i].kind == kind ? cut(strlen(m->names[i].text), NAME_MAX_LEN) : 0;
        longest = len > longest ? len : longest;
    }
    return longest;
}

size_t nfdput_names(const struct flow_meta *m, enum name_kind kind, size_t *next, uint8_t *to)
{
    enum { HEAD = 12 };
    size_t field = (longest_name(m, kind) + 1 + 3) / 4 * 4;
    size_t size = 4 + field, len = HEAD;
    unsigned n = 0;
    for (; *next < m->nnames && len + size <= NFD_RECORD_MAX; (*next)++) {
        const struct name *name = &m->names[*next];
        if (name->kind == kind) {
            uint8_t *at = put32(to + len, name->id);
            memset(at, 0, field);
            memcpy(at, name->text, cut(strlen(name->text), NAME_MAX_LEN));
            len += size;
            n++;
        }
    }
    to = put16(put16(to, kind == NAME_VRF ? RECORD_VRFS : RECORD_INTERFACES), (unsigned)len);
    put32(put16(put16(to, n), (unsigned)size), (uint32_t)field);
    return n > 0 ? len : 0;
}

/* One application a record: ids differ in length. */
size_t nfdput_apps(const struct flow_meta *m, size_t *next, uint8_t *to)
{
    enum { HEAD = 14 };
    if (*next >= m->napps) {
        return 0;
    }
    const struct app_name *a = &m->apps[(*next)++];
    size_t id = cut(a->id_len, NAME_MAX_LEN);
    size_t name = cut(strlen(a->name), NAME_MAX_LEN), text = cut(strlen(a->description), 1023);
    size_t size = (id + name + 1 + text + 1 + 3) / 4 * 4;
    uint8_t *at = put16(put16(put16(put16(to, RECORD_NBAR), (unsigned)(HEAD + size)), 1),
                        (unsigned)size);
    at = put16(put16(put16(at, (unsigned)id), (unsigned)name + 1), (unsigned)text + 1);
    memset(at, 0, size);
    memcpy(at, a->id, id);
    memcpy(at + id, a->name, name);
    memcpy(at + id + name + 1, a->description, text);
    return HEAD + size;
}

/* ------------------------------------------------------------------ appendix */

size_t nfdput_ident(const char *ident, uint8_t *to)
{
    size_t len = cut(strlen(ident), IDENT_LEN_MAX);
    size_t sealed = (len + 3) / 2 * 2 + NFDSEAL_SIZE; /* two NULs, in case that one is damaged */
    bool has_room = sealed <= IDENT_BODY_MAX;
    size_t all = has_room ? sealed : (len + 2) / 2 * 2;
    uint8_t *at;
    at = put16(put16(to, RECORD_IDENT), (unsigned)(4 + all));
    memset(at, 0, all);
    memcpy(at, ident, len);
    if (has_room) {
        nfdseal_mark(at + all - NFDSEAL_SIZE);
    }
    return 4 + all;
}

size_t nfdput_totals(const struct flow_totals *t, uint8_t *to)
{
    uint8_t *at = put16(put16(to, RECORD_STAT), 148);
    at = put64(put64(put64(at, t->flows), t->bytes), t->packets);
    memcpy(at, t->flows_of, sizeof t->flows_of);
    at += sizeof t->flows_of;
    memcpy(at, t->bytes_of, sizeof t->bytes_of);
    at += sizeof t->bytes_of;
    memcpy(at, t->packets_of, sizeof t->packets_of);
    at += sizeof t->packets_of;
    at = put64(at, t->first == UINT64_MAX ? 0 : t->first);
    return (size_t)(put64(put64(at, t->last), t->sequence_failures) - to);
}
