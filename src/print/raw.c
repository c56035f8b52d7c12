/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * raw.c - records in full, one value a line. A row of the catalogue is
 *
 *   RAW(at, "label", GROUP, WHEN, FIELD, FIELD2, FIELD3, kind, gap, width)
 *
 * GROUP is what the record must have, WHEN a further condition (when.h), kind a function here that
 * writes the value after `gap` blanks (so that values end in one column) in `width` columns.
 */
#include "field/names.h"
#include "lookup/geo.h"
#include "lookup/tor.h"
#include "print/payloadtext.h"
#include "print/printer.h"

#include <stdio.h>
#include <string.h>

enum { RECORD_EVENT = 1, RECORD_SAMPLED = 2, RECORD_ANONYMISED = 4, PROTO_TCP = 6 };

static uint64_t first_u64(const struct part *k, const struct row *row)
{
    return place_u64(&k->places[0], row->r);
}

/* ---- numbers ---- */

static void put_number(const struct row *row, uint64_t v, int width, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_u64_wide(p, v, width));
}

static void raw_number(const struct part *k, const struct row *row, struct buf *out)
{
    put_number(row, first_u64(k, row), k->width, out);
}

static void raw_record_no(const struct part *k, const struct row *row, struct buf *out)
{
    put_number(row, row->options->count_lines ? row->line_no : first_u64(k, row), k->width, out);
}

static void raw_hex(const struct part *k, const struct row *row, struct buf *out)
{
    buf_printf(out, "0x%0*llx", k->width, (unsigned long long)first_u64(k, row));
}

static void raw_flow_id(const struct part *k, const struct row *row, struct buf *out)
{
    buf_printf(out, "%#*llx", k->width, (unsigned long long)first_u64(k, row));
}

static void raw_latency(const struct part *k, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    p = value_thousandths(p, first_u64(k, row), k->width);
    text_close(out, value_literal(p, " ms"));
}

static void raw_acl(const struct part *k, const struct row *row, struct buf *out)
{
    buf_printf(out, "0x%x/0x%x/0x%x", (unsigned)place_u64(&k->places[0], row->r),
               (unsigned)place_u64(&k->places[1], row->r),
               (unsigned)place_u64(&k->places[2], row->r));
}

static void raw_icmp(const struct part *k, const struct row *row, struct buf *out)
{
    uint64_t port = place_u64(&k->places[1], row->r);
    buf_u64_pad(out, port >> 8 & 0xff, k->width);
    buf_char(out, '.');
    buf_u64_pad(out, port & 0xff, -k->width);
    buf_str(out, " type.code");
}

static void raw_packet_interval(const struct part *k, const struct row *row, struct buf *out)
{
    put_number(row, row_sampler(row)->packet_interval, k->width, out);
}

static void raw_space_interval(const struct part *k, const struct row *row, struct buf *out)
{
    put_number(row, row_sampler(row)->space_interval, k->width, out);
}

static void raw_as(const struct part *k, const struct row *row, struct buf *out)
{
    struct address a = place_address(&k->places[1], &k->places[2], row->r);
    put_number(row, row_as(row, first_u64(k, row), &a), k->width, out);
}

/* ---- the record itself ---- */

static const char *record_type(const struct rec *r)
{
    if (r->record_flags & RECORD_EVENT) {
        return "EVENT";
    }
    return r->nf_version == 0     ? "FLOW"
           : r->nf_version & 0x80 ? "SFLOW"
           : r->nf_version & 0x40 ? "PCAP"
                                  : "NETFLOW";
}

static void raw_record_flags(const struct part *k, const struct row *row, struct buf *out)
{
    unsigned flags = (unsigned)first_u64(k, row);
    unsigned version = row->r->nf_version;

    buf_printf(out, "0x%.2x %s", flags, record_type(row->r));
    if (version != 0 && !(flags & RECORD_EVENT)) {
        buf_printf(out, " v%u", version & 15);
    }
    buf_str(out, flags & RECORD_ANONYMISED ? " Anonymized, " : ", ");
    buf_str(out, flags & RECORD_SAMPLED ? "Sampled" : "Unsampled");
}

/* Groups up to 42 are elements of nfdump's records; later ones are weir's. */
enum { ELEMENT_LAST = 42 };

static void raw_elements(const struct part *k, const struct row *row, struct buf *out)
{
    uint64_t groups = row->r->groups >> 1 << 1;
    uint64_t elements = groups & (((uint64_t)1 << (ELEMENT_LAST + 1)) - 1);
    unsigned claimed = row->r->record_elements;

    buf_u64_pad(out, claimed != 0 ? claimed : (unsigned)__builtin_popcountll(elements), k->width);
    buf_str(out, ": ");
    for (unsigned i = 1; i <= ELEMENT_LAST; i++) {
        if (elements >> i & 1) {
            buf_u64(out, i);
            buf_char(out, ' ');
        }
    }
}

/* A text with its NUL, in multiples of four octets. */
static unsigned text_octets(const struct rec *r, enum field_group g, struct span text)
{
    return rec_has(r, g) ? (text_length(text) + 4) / 4 * 4 : 0;
}

/* Octets that variable values add to their elements (four of a NAT string are counted there). */
static unsigned tail_length(const struct rec *r)
{
    unsigned n = r->nbar_id.len + r->in_payload.len + r->out_payload.len + r->frame.len;

    n += text_octets(r, GROUP_LABEL, r->label);
    n += text_octets(r, GROUP_PF, r->pf_interface);
    n += text_octets(r, GROUP_NAT_STRING, r->nat_string);
    return rec_has(r, GROUP_NAT_STRING) ? n - 4 : n;
}

/* The record's length in nfdump's layout. */
static void raw_size(const struct part *k, const struct row *row, struct buf *out)
{
    uint64_t size = row->r->record_size;

    if (size == 0) { /* not from an nfdump file: what it would have there */
        size = tail_length(row->r);
        for (unsigned g = 0; g < GROUP_COUNT_; g++) {
            size += row->r->groups >> g & 1 ? field_group_length(g) : 0;
        }
    }
    put_number(row, size, k->width, out);
}

/* ---- time ---- */

static void put_time(const struct row *row, uint64_t msec, int width, struct buf *out)
{
    char *p = text_open(row, out);
    p = value_u64_wide(p, msec, width);
    p = value_literal(p, " [");
    p = text_time(&row->work->local, msec, p);
    *p++ = ']';
    text_close(out, p);
}

static void raw_time(const struct part *k, const struct row *row, struct buf *out)
{
    put_time(row, first_u64(k, row), k->width, out);
}

static void raw_received(const struct part *k, const struct row *row, struct buf *out)
{
    if (first_u64(k, row) != 0) {
        raw_time(k, row, out);
        return;
    }
    buf_u64_pad(out, 0, k->width);
    buf_str(out, " [0.000]");
}

static void raw_event_time(const struct part *k, const struct row *row, struct buf *out)
{
    put_time(row, rec_u64(row->r, FIELD_EVENT_TIME), k->width, out);
}

/* ---- texts ---- */

static void raw_ident(const struct part *k, const struct row *row, struct buf *out)
{
    buf_str_pad(out, row->ident, strlen(row->ident), k->width);
}

static void raw_text(const struct part *k, const struct row *row, struct buf *out)
{
    struct span s = place_span(&k->places[0], row->r);
    buf_str_pad(out, (const char *)s.data, text_length(s), k->width);
}

static void raw_proto(const struct part *k, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    uint64_t proto = first_u64(k, row);
    p = value_u64_wide(p, proto, k->width);
    *p++ = ' ';
    if (name_of(NAMES_PROTO, proto) == NULL) { /* then its number stands there in five columns */
        text_close(out, value_pad(p, value_u64(p, proto), -5));
    } else {
        text_close(out, value_proto(p, proto));
    }
}

static void raw_flags(const struct part *k, const struct row *row, struct buf *out)
{
    uint64_t flags = row->r->proto == PROTO_TCP ? first_u64(k, row) : 0;
    char *p = text_open(row, out);
    p = value_literal(p, "0x");
    p = value_hex_wide(p, flags, 2);
    *p++ = ' ';
    text_close(out, value_flags(p, flags));
}

static void raw_fragment(const struct part *k, const struct row *row, struct buf *out)
{
    unsigned flags = (unsigned)first_u64(k, row);
    buf_printf(out, "0x%.2x %s %s", flags, flags & 0x40 ? "DF" : "  ", flags & 0x20 ? "MF" : "  ");
}

static void raw_mac(const struct part *k, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_mac(p, first_u64(k, row)));
}

static void raw_mpls(const struct part *k, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_mpls(p, first_u64(k, row)));
}

/* "0x01 name"; names of numbers nobody defined: "undef". */
static void put_coded(const struct part *k, const struct row *row, enum name_table table,
                      struct buf *out)
{
    uint64_t number = first_u64(k, row);
    const char *name = name_of(table, number);
    buf_printf(out, "0x%.2x %s", (unsigned)number, name != NULL ? name : "undef");
}

static void raw_biflow_dir(const struct part *k, const struct row *row, struct buf *out)
{
    put_coded(k, row, NAMES_BIFLOW_DIR, out);
}

static void raw_end_reason(const struct part *k, const struct row *row, struct buf *out)
{
    put_coded(k, row, NAMES_END_REASON, out);
}

/* "number: name"; without a name the number and `unknown` stand for it. */
static void put_named(const struct part *k, const struct row *row, enum name_table table,
                      const char *unknown, struct buf *out)
{
    uint64_t number = first_u64(k, row);
    const char *name = name_of(table, number);

    buf_u64_pad(out, number, k->width);
    buf_str(out, ": ");
    if (name != NULL) {
        buf_str(out, name);
    } else {
        buf_u64(out, number);
        buf_str(out, unknown);
    }
}

static void raw_fw_event(const struct part *k, const struct row *row, struct buf *out)
{
    put_named(k, row, NAMES_FW_EVENT, "-Unknw", out);
}

static void raw_xevent(const struct part *k, const struct row *row, struct buf *out)
{
    put_named(k, row, NAMES_XEVENT, "", out);
}

static void raw_nat_event(const struct part *k, const struct row *row, struct buf *out)
{
    put_named(k, row, NAMES_NAT_EVENT_LONG, "-Unknown", out);
}

static void put_pf(const struct part *k, const struct row *row, enum name_table table,
                   struct buf *out)
{
    uint64_t number = first_u64(k, row);
    const char *name = name_of(table, number);

    name = name != NULL ? name : "<undef>";
    buf_str_pad(out, name, strlen(name), k->width);
    buf_char(out, '/');
    buf_u64(out, number);
}

static void raw_pf_action(const struct part *k, const struct row *row, struct buf *out)
{
    put_pf(k, row, NAMES_PF_ACTION, out);
}

static void raw_pf_reason(const struct part *k, const struct row *row, struct buf *out)
{
    put_pf(k, row, NAMES_PF_REASON, out);
}

static void raw_pf_direction(const struct part *k, const struct row *row, struct buf *out)
{
    const char *text = first_u64(k, row) != 0 ? "in" : "out";
    buf_str_pad(out, text, strlen(text), k->width);
}

static void raw_interface(const struct part *k, const struct row *row, struct buf *out)
{
    put_number(row, first_u64(k, row), k->width, out);
    row_name(row, NAME_INTERFACE, first_u64(k, row), out);
}

static void raw_vrf(const struct part *k, const struct row *row, struct buf *out)
{
    put_number(row, first_u64(k, row), k->width, out);
    row_name(row, NAME_VRF, first_u64(k, row), out);
}

static void raw_app(const struct part *k, const struct row *row, struct buf *out)
{
    struct span id = place_span(&k->places[0], row->r);
    const struct app_name *app = row_app(row, id);

    text_app_id(id, true, out);
    if (app != NULL) {
        buf_printf(out, ": %s/%s", app->name, app->description);
    } else {
        buf_str(out, ": <no info>");
    }
}

static void raw_payload(const struct part *k, const struct row *row, struct buf *out)
{
    buf_u64_pad(out, place_span(&k->places[0], row->r).len, k->width);
    buf_char(out, '\n');
    payload_show(row, payload_side_of(k->places[0].id), true, out);
}

/* ---- addresses ---- */

static void put_ip(const struct part *k, const struct row *row, int family, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_pad(p, value_ip(p, place_ip(&k->places[0], row->r), family), k->width));
}

static void raw_addr4(const struct part *k, const struct row *row, struct buf *out)
{
    put_ip(k, row, 4, out);
}

static void raw_addr6(const struct part *k, const struct row *row, struct buf *out)
{
    put_ip(k, row, 6, out);
}

static void put_location(const struct part *k, const struct row *row, int family,
                         struct buf *out)
{
    struct buf *text = &row->work->text;

    if (row->options->geo == NULL) {
        return;
    }
    buf_clear(text);
    geo_location(row->options->geo, place_ip(&k->places[0], row->r), family, text);
    if (text->len > 0) {
        buf_str(out, ": ");
        buf_add(out, text->data, text->len);
    }
}

/* " EX" after an address that was a Tor exit node; ` - ` stands before it for IPv4 flows. */
static void put_tor(const struct part *k, const struct row *row, int family,
                    const char *before, struct buf *out)
{
    enum tor_says says;

    if (row->options->tor == NULL || !rec_has(row->r, GROUP_GENERIC)) {
        return;
    }
    says = tor_lookup(row->options->tor, place_ip(&k->places[0], row->r), family, row->r->first,
                      row->r->last);
    if (says != TOR_NEVER) {
        buf_str(out, before);
        buf_str(out, says == TOR_EXIT ? " EX" : " ex");
    }
}

static int family_of(const struct part *k)
{
    return k->group & (group_bit(GROUP_IPV4) | group_bit(GROUP_TUNNEL4) | group_bit(GROUP_ROUTER4))
               ? 4
               : 6;
}

static void raw_flow_addr(const struct part *k, const struct row *row, struct buf *out)
{
    int family = family_of(k);
    put_ip(k, row, family, out);
    put_location(k, row, family, out);
    put_tor(k, row, family, family == 4 ? " - " : "", out);
}

static void raw_tun_addr(const struct part *k, const struct row *row, struct buf *out)
{
    int family = family_of(k);
    put_ip(k, row, family, out);
    put_location(k, row, family, out);
    put_tor(k, row, family, "", out);
}

static void raw_exporter(const struct part *k, const struct row *row, struct buf *out)
{
    put_ip(k, row, family_of(k), out);
    put_location(k, row, family_of(k), out);
}

/* "24 192.0.2.0/24"; without a mask the network is left out. */
static void raw_mask(const struct part *k, const struct row *row, struct buf *out)
{
    unsigned mask = (unsigned)first_u64(k, row);
    struct address a = place_address(&k->places[1], &k->places[2], row->r);
    char *p = text_open(row, out);

    p = value_u64_wide(p, mask, k->width);
    *p++ = ' ';
    if (mask != 0 && a.family != 0) {
        struct ip net = network_of(&a, mask);
        p = value_ip(p, &net, a.family);
    }
    *p++ = '/';
    text_close(out, value_u64(p, mask));
}

/* ---- the rows ---- */

struct raw_head {
    const char *label;
    int gap;
};

static const struct raw_head heads[] = {
#define RAW(at, label, group, when, id, id2, id3, kind, gap, width) [at] = {label, gap},
#include "field/fields.def"
};

static const struct keyed_spec raw_rows[] = {
#define RAW(at, label, group, when, id, id2, id3, kind, gap, width)                                \
    {at, label, raw_##kind, GROUP_##group, WHEN_##when, width,                                  \
            {FIELD_##id, FIELD_##id2, FIELD_##id3}},
#include "field/fields.def"
};

/* The label becomes "  label        =" and the gap. */
static int raw_prefixes(struct printer *p)
{
    size_t at = 0;

    for (size_t i = 0; i < p->list.n; i++, at++) {
        struct part *k = &p->list.parts[i];
        char *prefix = arena_alloc(&p->arena, 48);
        while (heads[at].label == NULL) {
            at++;
        }
        if (prefix == NULL) {
            return ERR_NOMEM;
        }
        k->prefix_len = (uint32_t)snprintf(prefix, 48, "  %-13s=%*s", k->prefix, heads[at].gap, "");
        k->prefix = prefix;
    }
    return 0;
}

static int raw_prepare(struct printer *p)
{
    int rc = keyed_prepare(p, raw_rows, sizeof raw_rows / sizeof raw_rows[0]);

    field_set_add_all(&p->fields);
    return rc != 0 ? rc : raw_prefixes(p);
}

static void raw_row(const struct printer *p, const struct row *row, struct buf *out)
{
    row_load(row);
    buf_str(out, "\nFlow Record: \n");
    for (size_t i = 0; i < p->list.n; i++) {
        const struct part *k = &p->list.parts[i];
        if (part_applies(k, row)) {
            buf_add(out, k->prefix, k->prefix_len);
            k->kind(k, row, out);
            if (k->kind != raw_payload) { /* ends its lines itself */
                buf_char(out, '\n');
            }
        }
    }
}

static void no_text(const struct printer *p, struct buf *out)
{
    (void)p;
    (void)out;
}

const struct print_kind print_kind_raw = {no_text, no_text, raw_row, raw_prepare, false, true};
