/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * jsonout.c - records as JSON: an array of objects over many lines, or one object a line (ndjson).
 *
 * Which keys a record has follows from its groups. A row of the catalogue is
 *
 *   JSON(at, "key", GROUP, WHEN, FIELD, FIELD2, FIELD3, kind)
 *
 * GROUP is what the record must have, WHEN a further condition (when.h); kind is a function here
 * that writes the value, from the FIELDs and the groups of the record alone (shape.h relies on it).
 * All texts are escaped, so the output is always JSON.
 */
#include "base/json.h"
#include "field/names.h"
#include "lookup/geo.h"
#include "print/payloadtext.h"
#include "print/printer.h"
#include "print/when.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- numbers ---- */

void json_number(const struct part *k, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_u64(p, place_u64(&k->places[0], row->r)));
}

void json_line_no(const struct part *k, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    (void)k;
    text_close(out, value_u64(p, row->line_no));
}

static void json_high_octet(const struct part *k, const struct row *row, struct buf *out)
{
    buf_u64(out, place_u64(&k->places[1], row->r) >> 8 & 0xff);
}

static void json_low_octet(const struct part *k, const struct row *row, struct buf *out)
{
    buf_u64(out, place_u64(&k->places[1], row->r) & 0xff);
}

static void json_sampled(const struct part *k, const struct row *row, struct buf *out)
{
    enum { RECORD_SAMPLED = 2 };
    buf_char(out, place_u64(&k->places[0], row->r) & RECORD_SAMPLED ? '1' : '0');
}

/* Milliseconds with six decimals of which three are known. */
static void json_latency(const struct part *k, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    p = value_thousandths(p, place_u64(&k->places[0], row->r), 0);
    text_close(out, value_literal(p, "000"));
}

static void json_as(const struct part *k, const struct row *row, struct buf *out)
{
    struct address a = place_address(&k->places[1], &k->places[2], row->r);
    buf_u64(out, row_as(row, place_u64(&k->places[0], row->r), &a));
}

/* ---- texts that need no escaping ---- */

static void quoted(const struct row *row, struct buf *out, const char *text)
{
    char *p = text_open(row, out);
    *p++ = '"';
    p = value_copy(p, text, strlen(text));
    *p++ = '"';
    text_close(out, p);
}

static void json_record_type(const struct part *k, const struct row *row, struct buf *out)
{
    quoted(row, out, when_holds(WHEN_EVENT, row, k->places) ? "EVENT" : "FLOW");
}

static void json_flags(const struct part *k, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    *p++ = '"';
    p = value_flags(p, place_u64(&k->places[0], row->r));
    *p++ = '"';
    text_close(out, p);
}

/* Local time as ISO 8601 without a zone; 0 is the epoch. */
void json_time(const struct part *k, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    char *end;

    *p++ = '"';
    end = p + clock_format(&row->work->local, place_u64(&k->places[0], row->r), p);
    end[-13] = 'T';
    *end++ = '"';
    text_close(out, end);
}

/* The milliseconds are not zero-filled here. */
static void json_event_time(const struct part *k, const struct row *row, struct buf *out)
{
    uint64_t msec = place_u64(&k->places[0], row->r);
    char *p = text_open(row, out);
    char *end;

    if (msec == 0) {
        text_close(out, value_literal(p, "\"<unknown>.0\""));
        return;
    }
    *p++ = '"';
    end = p + clock_format(&row->work->local, msec, p);
    end[-13] = 'T';
    end = value_u64(end - 3, msec % 1000);
    *end++ = '"';
    text_close(out, end);
}

static void put_ip(const struct row *row, const struct ip *ip, int family, struct buf *out)
{
    char *p = text_open(row, out);
    *p++ = '"';
    p = value_ip(p, ip, family);
    *p++ = '"';
    text_close(out, p);
}

void json_addr4(const struct part *k, const struct row *row, struct buf *out)
{
    put_ip(row, place_ip(&k->places[0], row->r), 4, out);
}

void json_addr6(const struct part *k, const struct row *row, struct buf *out)
{
    put_ip(row, place_ip(&k->places[0], row->r), 6, out);
}

/* The network of an address; "" if neither mask of the record is known. */
static void json_net(const struct part *k, const struct row *row, struct buf *out)
{
    uint64_t mask = place_u64(&k->places[1], row->r);
    struct address a = place_address(&k->places[0], &k->places[0], row->r);
    struct ip net;

    if (a.family == 0 || (mask == 0 && place_u64(&k->places[2], row->r) == 0)) {
        quoted(row, out, "");
        return;
    }
    if (a.family == 4) {
        mask = 96 + (mask < 32 ? mask : 32);
    }
    net = ip_mask(a.ip, mask < 128 ? (unsigned)mask : 128);
    put_ip(row, &net, a.family, out);
}

static void json_mac(const struct part *k, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    *p++ = '"';
    p = value_mac(p, place_u64(&k->places[0], row->r));
    *p++ = '"';
    text_close(out, p);
}

static void json_mpls(const struct part *k, const struct row *row, struct buf *out)
{
    uint64_t label = place_u64(&k->places[0], row->r);
    buf_printf(out, "\"%u-%u-%u\"", (unsigned)(label >> 4), (unsigned)(label >> 1 & 7),
               (unsigned)(label & 1));
}

static void json_acl(const struct part *k, const struct row *row, struct buf *out)
{
    buf_printf(out, "\"0x%x/0x%x/0x%x\"", (unsigned)place_u64(&k->places[0], row->r),
               (unsigned)place_u64(&k->places[1], row->r),
               (unsigned)place_u64(&k->places[2], row->r));
}

static void json_fragment(const struct part *k, const struct row *row, struct buf *out)
{
    uint64_t flags = place_u64(&k->places[0], row->r);
    const char *dont = flags & 0x40 ? "DF" : "--";
    buf_printf(out, "\"%s%s\"", dont, flags & 0x20 ? "MF" : "");
}

static void named(const struct row *row, enum name_table table, uint64_t number,
                  const char *unknown, struct buf *out)
{
    const char *name = name_of(table, number);

    if (name != NULL) {
        quoted(row, out, name);
    } else {
        buf_printf(out, "\"%llu%s\"", (unsigned long long)number, unknown);
    }
}

static void json_fw_event(const struct part *k, const struct row *row, struct buf *out)
{
    named(row, NAMES_FW_EVENT, place_u64(&k->places[0], row->r), "-Unknw", out);
}

static void json_nat_event(const struct part *k, const struct row *row, struct buf *out)
{
    named(row, NAMES_NAT_EVENT_LONG, place_u64(&k->places[0], row->r), "-Unknown", out);
}

static void json_tls(const struct part *k, const struct row *row, struct buf *out)
{
    const struct tls_hello *hello = payload_tls(row, payload_side_of(k->places[0].id));
    const char *shown = tls_shown_version(hello);
    buf_printf(out, "\"%s%c\"", shown[0] == '1' ? "TLS1." : "SSL", shown[1]);
}

static void json_ja3(const struct part *k, const struct row *row, struct buf *out)
{
    quoted(row, out, payload_ja3(row, payload_side_of(k->places[0].id)));
}

static void json_ja4(const struct part *k, const struct row *row, struct buf *out)
{
    bool server;
    quoted(row, out, payload_ja4(row, payload_side_of(k->places[0].id), &server));
}

/* ---- texts from outside ---- */

static void json_ident(const struct part *k, const struct row *row, struct buf *out)
{
    (void)k;
    json_string(out, row->ident, strlen(row->ident));
}

static void json_text(const struct part *k, const struct row *row, struct buf *out)
{
    struct span s = place_span(&k->places[0], row->r);
    json_string(out, (const char *)s.data, text_length(s));
}

static void json_user(const struct part *k, const struct row *row, struct buf *out)
{
    if (text_length(place_span(&k->places[0], row->r)) == 0) {
        quoted(row, out, "<empty>");
    } else {
        json_text(k, row, out);
    }
}

static void json_sni(const struct part *k, const struct row *row, struct buf *out)
{
    const struct tls_hello *hello = payload_tls(row, payload_side_of(k->places[0].id));
    json_string(out, hello->sni.text, hello->sni.len);
}

static void json_location(const struct part *k, const struct row *row, struct buf *out)
{
    struct address a = place_address(&k->places[0], &k->places[1], row->r);
    struct buf *text = &row->work->text;

    buf_clear(text);
    geo_location(row->options->geo, a.ip, a.family, text);
    json_string(out, text->data, text->len);
}

/* Without a data base. */
static void json_no_location(const struct part *k, const struct row *row, struct buf *out)
{
    (void)k;
    quoted(row, out, "");
}

/* ---- the rows ---- */

#define JSON_ROW(at, prefix, group, when, id, id2, id3, kind)                                      \
    {at, prefix, json_##kind, GROUP_##group, WHEN_##when, 0,                                    \
            {FIELD_##id, FIELD_##id2, FIELD_##id3}},

static const struct keyed_spec json_rows[] = {
#define JSON(at, key, group, when, id, id2, id3, kind)                                             \
    JSON_ROW(at, ",\n  \"" key "\" : ", group, when, id, id2, id3, kind)
#include "field/fields.def"
};

static const struct keyed_spec ndjson_rows[] = {
#define JSON(at, key, group, when, id, id2, id3, kind)                                             \
    JSON_ROW(at, ",\"" key "\":", group, when, id, id2, id3, kind)
#include "field/fields.def"
};

/* What stands between members is part of their prefix, but of the first, which is always there:
 * instead, it opens the record. */
static int open_record(struct printer *p, const char *between, const char *opening)
{
    struct part *t = p->list.parts;
    const char *key = t->prefix + strlen(between);
    size_t room = strlen(opening) + strlen(key) + 1;
    char *text = arena_alloc(&p->arena, room);

    assert(t->when == WHEN_ALWAYS && t->group == group_bit(GROUP_HEADER));
    if (text == NULL) {
        return ERR_NOMEM;
    }
    t->prefix_len = (uint32_t)snprintf(text, room, "%s%s", opening, key);
    t->prefix = text;
    return 0;
}

static void settle_without_geo(struct printer *p)
{
    parts_without_geo(p, json_as, json_number, 1);
    parts_without_geo(p, json_location, json_no_location, 0);
}

static int json_prepare(struct printer *p)
{
    int rc = keyed_prepare(p, json_rows, sizeof json_rows / sizeof json_rows[0]);

    settle_without_geo(p);
    rc = rc != 0 ? rc : open_record(p, ",\n", " {\n");
    return rc != 0 ? rc : parts_end(p, "\n }");
}

static int ndjson_prepare(struct printer *p)
{
    int rc = keyed_prepare(p, ndjson_rows, sizeof ndjson_rows / sizeof ndjson_rows[0]);

    settle_without_geo(p);
    rc = rc != 0 ? rc : open_record(p, ",", "{");
    return rc != 0 ? rc : parts_end(p, "}\n");
}

static void json_row(const struct printer *p, const struct row *row, struct buf *out)
{
    (void)p;
    if (row->line_no != 1) {
        buf_add(out, ",\n", 2);
    }
    shapes_write(&row->work->shapes, row, out);
}

static void ndjson_row(const struct printer *p, const struct row *row, struct buf *out)
{
    (void)p;
    shapes_write(&row->work->shapes, row, out);
}

static void json_head(const struct printer *p, struct buf *out)
{
    (void)p;
    buf_str(out, "[\n");
}

static void json_foot(const struct printer *p, struct buf *out)
{
    (void)p;
    buf_str(out, "\n]\n");
}

static void no_text(const struct printer *p, struct buf *out)
{
    (void)p;
    (void)out;
}

const struct print_kind print_kind_json = {json_head, json_foot, json_row, .prepare = json_prepare};
const struct print_kind print_kind_ndjson = {no_text, no_text, ndjson_row,
                                             .prepare = ndjson_prepare};
