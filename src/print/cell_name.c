/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * cell_name.c - cells that are names and texts.
 */
#include "field/names.h"
#include "print/token.h"

static uint64_t first_u64(const struct part *t, const struct row *row)
{
    return place_u64(&t->places[0], row->r);
}

static bool is_present(const struct part *t, const struct row *row)
{
    return place_present(&t->places[0], row->r);
}

/* ---- the record ---- */

enum { VERSION_SFLOW = 0x80, VERSION_PCAP = 0x40, RECORD_EVENT = 1 };

/* Texts for NetFlow, sFlow, packets, events and "not known". */
struct version_texts {
    const char *netflow, *sflow, *pcap, *event, *none;
};

static void put_version(const struct row *row, const struct version_texts *texts, struct buf *out)
{
    unsigned version = row->r->nf_version;

    if (row->r->record_flags & RECORD_EVENT) {
        buf_str(out, texts->event);
        buf_u64(out, version);
        return;
    }
    if (version == 0) {
        buf_str(out, texts->none);
        return;
    }
    buf_str(out, version & VERSION_SFLOW  ? texts->sflow
                 : version & VERSION_PCAP ? texts->pcap
                                          : texts->netflow);
    buf_u64(out, version & 15);
}

void fmt_version(const struct part *t, const struct row *row, struct buf *out)
{
    static const struct version_texts texts = {"Nv", "Sv", "Pv", "EVT", "FLO"};
    (void)t;
    put_version(row, &texts, out);
}

void csv_version(const struct part *t, const struct row *row, struct buf *out)
{
    static const struct version_texts texts = {"netflowV", "sflowV", "pcapdV", "event", "flow"};
    (void)t;
    put_version(row, &texts, out);
}

static const char *ident_of(const struct row *row)
{
    return row->ident != NULL ? row->ident : "<no ident>";
}

void fmt_ident(const struct part *t, const struct row *row, struct buf *out)
{
    const char *ident = ident_of(row);
    buf_str_pad(out, ident, strlen(ident), t->width);
}

static struct span span_of(const char *text)
{
    return (struct span){(const uint8_t *)text, (uint32_t)strlen(text)};
}

void csv_ident(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    text_span(span_of(ident_of(row)), true, out);
}

/* ---- transport ---- */

void fmt_proto(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    uint64_t proto = first_u64(t, row);
    char *end = row->options->plain_numbers ? value_u64(p, proto) : value_proto(p, proto);
    text_close(out, value_pad(p, end, t->width));
}

enum { PROTO_TCP = 6 };

static uint64_t tcp_flags(const struct part *t, const struct row *row)
{
    return row->r->proto == PROTO_TCP ? first_u64(t, row) : 0;
}

void fmt_flags(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    uint64_t flags = tcp_flags(t, row);
    text_close(out, row->options->plain_numbers ? value_u64_wide(p, flags, t->width)
                                                : value_flags(p, flags));
}

void csv_flags(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_flags(p, tcp_flags(t, row)));
}

void csv_direction(const struct part *t, const struct row *row, struct buf *out)
{
    buf_char(out, first_u64(t, row) != 0 ? 'E' : 'I');
}

void fmt_direction(const struct part *t, const struct row *row, struct buf *out)
{
    buf_fill(out, ' ', (size_t)t->width - 1);
    csv_direction(t, row, out);
}

void fmt_fragment(const struct part *t, const struct row *row, struct buf *out)
{
    uint64_t flags = first_u64(t, row);
    buf_add(out, flags & 0x40 ? "DF" : "--", 2);
    buf_add(out, flags & 0x20 ? "MF" : "--", 2);
}

/* ---- names from tables of the flow files ---- */

void fmt_if_name(const struct part *t, const struct row *row, struct buf *out)
{
    row_name(row, NAME_INTERFACE, first_u64(t, row), out);
}

void fmt_vrf_name(const struct part *t, const struct row *row, struct buf *out)
{
    row_name(row, NAME_VRF, first_u64(t, row), out);
}

static void commas_away(struct buf *out, size_t from)
{
    for (size_t i = from; i < out->len; i++) {
        if (out->data[i] == ',') {
            out->data[i] = ';';
        }
    }
}

void csv_if_name(const struct part *t, const struct row *row, struct buf *out)
{
    size_t from = out->len;
    fmt_if_name(t, row, out);
    commas_away(out, from);
}

void csv_vrf_name(const struct part *t, const struct row *row, struct buf *out)
{
    size_t from = out->len;
    fmt_vrf_name(t, row, out);
    commas_away(out, from);
}

static void put_app_id(const struct part *t, const struct row *row, bool pad, struct buf *out)
{
    if (is_present(t, row)) {
        text_app_id(place_span(&t->places[0], row->r), pad, out);
    } else {
        buf_str(out, "0..0..0");
    }
}

void fmt_app_id(const struct part *t, const struct row *row, struct buf *out)
{
    put_app_id(t, row, true, out);
}

void csv_app_id(const struct part *t, const struct row *row, struct buf *out)
{
    put_app_id(t, row, false, out);
}

static void put_app_name(const struct part *t, const struct row *row, const char *none,
                         const char *unknown, struct buf *out)
{
    const struct app_name *app;

    if (!is_present(t, row)) {
        buf_str(out, none);
        return;
    }
    app = row_app(row, place_span(&t->places[0], row->r));
    if (app == NULL) {
        buf_str(out, unknown);
        return;
    }
    buf_str(out, app->name);
    buf_char(out, '/');
    buf_str(out, app->description);
}

void fmt_app_name(const struct part *t, const struct row *row, struct buf *out)
{
    put_app_name(t, row, "<no nbar>", "<no info>", out);
}

void csv_app_name(const struct part *t, const struct row *row, struct buf *out)
{
    size_t from = out->len;
    put_app_name(t, row, "no-nbar", "no-info", out);
    commas_away(out, from);
}

/* ---- events ---- */

/* Some exporters tell the event twice, or as 0 in one of the two places. */
static uint64_t event_number(const struct row *row)
{
    uint64_t event = rec_has(row->r, GROUP_NSEL) ? row->r->fw_event : 0;
    return event == 0 && rec_has(row->r, GROUP_NAT) ? row->r->nat_event : event;
}

static const char *event_name(const struct row *row, char *number)
{
    bool nat = rec_has(row->r, GROUP_NAT) &&
               (!rec_has(row->r, GROUP_NSEL) || row->r->fw_event == 0);
    uint64_t event = event_number(row);
    const char *name;

    if (!rec_has(row->r, GROUP_NAT) && !rec_has(row->r, GROUP_NSEL)) {
        return "<no-evt>";
    }
    name = name_of(nat ? NAMES_NAT_EVENT : NAMES_FW_EVENT, event);
    if (name == NULL) {
        char *p = value_u64(number, event);
        strcpy(p, nat ? "-Unknown" : "-Unknw");
        name = number;
    }
    return name;
}

void fmt_event(const struct part *t, const struct row *row, struct buf *out)
{
    char number[VALUE_TEXT_MAX];
    const char *name;

    if (row->options->plain_numbers) {
        buf_u64(out, event_number(row));
        return;
    }
    name = event_name(row, number);
    buf_str_pad(out, name, strlen(name), t->width);
}

void csv_event(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    buf_u64(out, event_number(row));
}

/* The name of a number, or its digits. */
static void put_named(enum name_table table, uint64_t number, int width, struct buf *out)
{
    const char *name = name_of(table, number);

    if (name != NULL) {
        buf_str_pad(out, name, strlen(name), width);
    } else {
        buf_u64_pad(out, number, width);
    }
}

void fmt_xevent(const struct part *t, const struct row *row, struct buf *out)
{
    if (is_present(t, row)) {
        put_named(NAMES_XEVENT, first_u64(t, row), t->width, out);
    } else {
        buf_str_pad(out, "<no-evt>", 8, t->width);
    }
}

void csv_xevent(const struct part *t, const struct row *row, struct buf *out)
{
    if (is_present(t, row)) {
        put_named(NAMES_XEVENT, first_u64(t, row), 0, out);
    } else {
        buf_str(out, "no-evt");
    }
}

/* ---- texts of the record; `none` where the record has none ---- */

static void put_text(const struct part *t, const struct row *row, const char *none, bool csv,
                     struct buf *out)
{
    if (is_present(t, row)) {
        text_span(place_span(&t->places[0], row->r), csv, out);
    } else {
        buf_str(out, none);
    }
}

void fmt_user(const struct part *t, const struct row *row, struct buf *out)
{
    put_text(t, row, "<empty>", false, out);
}

void csv_user(const struct part *t, const struct row *row, struct buf *out)
{
    put_text(t, row, "<empty>", true, out);
}

void fmt_nat_string(const struct part *t, const struct row *row, struct buf *out)
{
    put_text(t, row, "<unknown>", false, out);
}

void csv_nat_string(const struct part *t, const struct row *row, struct buf *out)
{
    put_text(t, row, "<unknown>", true, out);
}

void fmt_label(const struct part *t, const struct row *row, struct buf *out)
{
    struct span label = place_span(&t->places[0], row->r);

    if (is_present(t, row)) {
        buf_str_pad(out, (const char *)label.data, text_length(label), t->width);
    } else {
        buf_str_pad(out, "<none>", 6, t->width);
    }
}

void csv_label(const struct part *t, const struct row *row, struct buf *out)
{
    put_text(t, row, "<none>", true, out);
}

void fmt_newline(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    (void)row;
    buf_char(out, '\n');
}

/* ---- packet filter ---- */

void fmt_pf_interface(const struct part *t, const struct row *row, struct buf *out)
{
    struct span name = place_span(&t->places[0], row->r);

    if (is_present(t, row)) {
        buf_str_pad(out, (const char *)name.data, text_length(name), t->width);
    } else {
        buf_str_pad(out, "<no-pf>", 7, t->width);
    }
}

void csv_pf_interface(const struct part *t, const struct row *row, struct buf *out)
{
    put_text(t, row, "<no-pf>", true, out);
}

static void put_pf(const struct part *t, const struct row *row, enum name_table table,
                   int width, const char *none, struct buf *out)
{
    const char *name = name_of(table, first_u64(t, row));

    if (!is_present(t, row)) {
        buf_str(out, none);
        return;
    }
    name = name != NULL ? name : "<undef>";
    buf_str_pad(out, name, strlen(name), width);
}

void fmt_pf_action(const struct part *t, const struct row *row, struct buf *out)
{
    put_pf(t, row, NAMES_PF_ACTION, t->width, "<no-pf>", out);
}

void csv_pf_action(const struct part *t, const struct row *row, struct buf *out)
{
    put_pf(t, row, NAMES_PF_ACTION, 0, "no-pf", out);
}

void fmt_pf_reason(const struct part *t, const struct row *row, struct buf *out)
{
    put_pf(t, row, NAMES_PF_REASON, t->width, "<no-pf>", out);
}

void csv_pf_reason(const struct part *t, const struct row *row, struct buf *out)
{
    put_pf(t, row, NAMES_PF_REASON, 0, "no-pf", out);
}

static void put_pf_direction(const struct part *t, const struct row *row, int width,
                             const char *none, struct buf *out)
{
    const char *text = first_u64(t, row) != 0 ? "in" : "out";

    if (is_present(t, row)) {
        buf_str_pad(out, text, strlen(text), width);
    } else {
        buf_str(out, none);
    }
}

void fmt_pf_direction(const struct part *t, const struct row *row, struct buf *out)
{
    put_pf_direction(t, row, t->width, "<no pfinfo>", out);
}

void csv_pf_direction(const struct part *t, const struct row *row, struct buf *out)
{
    put_pf_direction(t, row, 0, "no pfinfo", out);
}

/* ---- fixed lists of columns ---- */

void csv_proto_name(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_proto(p, first_u64(t, row)));
}
