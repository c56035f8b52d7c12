/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stattable.c - tables of element statistics.
 *
 * The text of a value is made once, in the form of text tables; csv takes it without blanks around,
 * except for labels, which are padded there too. Tables are short: printf is fast enough here.
 */
#include "print/stattable.h"

#include "base/json.h"
#include "field/names.h"
#include "field/value.h"
#include "lookup/geo.h"

#include <string.h>

/* What the columns of a direction are called in csv. */
struct csv_names {
    const char *packets, *bytes, *pps, *bps, *bpp;
};

static const struct csv_names csv_names[] = {
    [STAT_IN] = {"ipkt", "ibyt", "ipps", "ibps", "ibpp"},
    [STAT_OUT] = {"opkt", "obyt", "opps", "obps", "obpp"},
    [STAT_BOTH] = {"pkt", "byt", "pps", "bps", "bpp"},
};

enum stat_form { FORM_NONE, FORM_TEXT, FORM_CSV, FORM_JSON, FORM_PIPE };

static enum stat_form form_of(const struct stat_style *style)
{
    switch (style->mode) {
    case PRINT_FMT:
        return FORM_TEXT;
    case PRINT_CSV:
    case PRINT_CSV16:
        return FORM_CSV;
    case PRINT_JSON:
    case PRINT_NDJSON:
        return FORM_JSON;
    case PRINT_PIPE:
        return FORM_PIPE;
    case PRINT_RAW:
    case PRINT_NULL:
    case PRINT_CSV_FAST:
        break;
    }
    return FORM_NONE;
}

/* ---- rates ---- */

struct rates {
    uint64_t msec; /* duration; 0 if first or last seen is unknown */
    uint64_t pps, bps;
    uint32_t bpp;
};

static struct rates rates_of(const struct stat_row *row)
{
    struct rates r = {0, 0, 0, 0};
    double seconds;

    r.bpp = row->packets > 0 ? (uint32_t)(row->bytes / row->packets) : 0;
    if (row->first == 0 || row->last <= row->first) {
        return r;
    }
    r.msec = row->last - row->first;
    seconds = (double)r.msec / 1000.0;
    r.pps = (uint64_t)((double)row->packets / seconds);
    r.bps = (uint64_t)((double)(8 * row->bytes) / seconds);
    return r;
}

static double percent(uint64_t part, uint64_t total)
{
    return total == 0 ? 0.0 : (double)(part * 100) / (double)total;
}

/* ---- values ---- */

static void value_printf(struct buf *v, const char *text, int width)
{
    buf_fill(v, ' ', (size_t)width);
    buf_str(v, text);
}

/* Firewall events have four names here. */
static void put_event(const struct stat_row *row, struct buf *v)
{
    const char *name = row->number <= 3 ? name_of(NAMES_FW_EVENT, row->number) : "UNKNOWN";
    value_printf(v, row->number == 0 ? "ignore" : name, 6);
}

static void put_nat_event(const struct stat_row *row, struct buf *v)
{
    const char *name = name_of(NAMES_NAT_EVENT, row->number);
    value_printf(v, name != NULL ? name : "UNKNOWN", 6);
}

static void put_cut(struct buf *v, const void *text, size_t len, int width)
{
    buf_str_pad(v, text, len < (size_t)width ? len : (size_t)width, width);
}

static void put_org(const struct stat_style *style, const struct stat_row *row, struct buf *v)
{
    bool asked = style->options->geo != NULL;
    const char *org = asked ? "not found" : "unknown";
    size_t len = strlen(org);
    const char *known;
    size_t n;

    if (row->text.len > 0) {
        org = (const char *)row->text.data;
        len = row->text.len;
    } else if (asked && (n = geo_as_org(style->options->geo, (uint32_t)row->number, &known)) > 0) {
        org = known;
        len = n;
    }
    put_cut(v, org, len, 45);
    if (row->number == 0) {
        buf_fill(v, ' ', 9);
    } else {
        buf_printf(v, " AS%-6llu", (unsigned long long)row->number);
    }
}

static void put_ip(const struct stat_row *row, bool shortened, struct buf *v)
{
    char text[VALUE_TEXT_MAX];
    char *end = shortened ? value_ip_short(text, &row->addr, row->family)
                          : value_ip(text, &row->addr, row->family);
    buf_add(v, text, (size_t)(end - text));
}

static void put_mac(const struct stat_row *row, struct buf *v)
{
    char text[VALUE_TEXT_MAX];
    buf_add(v, text, (size_t)(value_mac(text, row->number) - text));
}

static void put_mpls(const struct stat_row *row, struct buf *v)
{
    char text[VALUE_TEXT_MAX];
    buf_add(v, text, (size_t)(value_mpls(text, row->number) - text));
}

static void put_latency(const struct stat_row *row, struct buf *v)
{
    char text[VALUE_TEXT_MAX];
    buf_fill(v, ' ', 6);
    buf_add(v, text, (size_t)(value_thousandths(text, row->number, 9) - text));
}

static void put_flags(const struct stat_style *style, const struct stat_row *row, struct buf *v)
{
    char text[VALUE_TEXT_MAX];

    if (style->options->plain_numbers) {
        buf_printf(v, "0x%llx", (unsigned long long)row->number);
    } else {
        buf_add(v, text, (size_t)(value_flags(text, row->number) - text));
    }
}

static void put_value(const struct stat_style *style, const struct stat_table *t,
                      const struct stat_row *row, bool shortened, struct buf *v)
{
    switch (t->type) {
    case STAT_NUMBER:
        buf_u64(v, row->number);
        break;
    case STAT_HEX:
        buf_printf(v, "0x%llx", (unsigned long long)row->number);
        break;
    case STAT_ADDR:
        put_ip(row, shortened, v);
        break;
    case STAT_MAC:
        put_mac(row, v);
        break;
    case STAT_MPLS:
        put_mpls(row, v);
        break;
    case STAT_LATENCY:
        put_latency(row, v);
        break;
    case STAT_FLAGS:
        put_flags(style, row, v);
        break;
    case STAT_EVENT:
        put_event(row, v);
        break;
    case STAT_NAT_EVENT:
        put_nat_event(row, v);
        break;
    case STAT_ORG:
        put_org(style, row, v);
        break;
    case STAT_GEO:
    case STAT_HASH:
        buf_add(v, row->text.data, row->text.len);
        break;
    }
}

static bool with_country(const struct stat_style *style, const struct stat_table *t)
{
    return t->type == STAT_ADDR && style->options->geo != NULL;
}

static void country_of(const struct stat_style *style, const struct stat_row *row, char country[2])
{
    if (row->family == 0 ||
        !geo_country(style->options->geo, &row->addr, row->family, country)) {
        memcpy(country, "..", 2);
    }
}

/* The number that stands for the protocol; 0 where rows are not split by it. */
static unsigned protocol_number(const struct stat_table *t, const struct stat_row *row)
{
    return t->proto == STAT_PROTO_KEY ? row->protocol : 0;
}

static void put_protocol(const struct stat_style *style, const struct stat_table *t,
                         const struct stat_row *row, int width, struct buf *out)
{
    uint64_t number = t->proto == STAT_PROTO_VALUE ? row->number : row->protocol;
    char text[VALUE_TEXT_MAX];
    char *end;

    if (t->proto == STAT_PROTO_ANY) {
        end = value_literal(text, "any");
    } else if (style->options->plain_numbers) {
        end = value_u64(text, number);
    } else {
        end = value_proto(text, number);
    }
    end = value_pad(text, end, width);
    buf_add(out, text, (size_t)(end - text));
}

/* ---- text ---- */

static int value_width(const struct stat_style *style, const struct stat_table *t)
{
    if (style->options->long_ipv6 && t->type == STAT_ADDR) {
        return 43;
    }
    return style->options->geo != NULL ? 21 : 17;
}

static void text_head(const struct stat_style *style, const struct stat_table *t, struct buf *out)
{
    if (!style->title) {
        return;
    }
    buf_str(out, "Top ");
    if (t->top != 0) {
        buf_u64(out, t->top);
        buf_char(out, ' ');
    }
    buf_printf(out, "%s ordered by %s:\n", t->header, t->order);
    buf_str(out, "Date first seen             Duration     Proto ");
    buf_str_pad(out, t->header, strlen(t->header), value_width(style, t));
    buf_str(out, "    Flows(%)     Packets(%)       Bytes(%)         pps      bps   bpp\n");
}

static void put_scaled(const struct stat_style *style, uint64_t v, struct buf *out)
{
    char text[VALUE_TEXT_MAX];
    char *end = value_scaled_wide(text, v, style->options->plain_numbers);

    buf_char(out, ' ');
    buf_add(out, text, (size_t)(end - text));
}

static void put_share(const struct stat_style *style, uint64_t part, uint64_t total,
                      struct buf *out)
{
    put_scaled(style, part, out);
    buf_printf(out, "(%4.1f)", percent(part, total));
}

/* Text shows the distance of the two times even when the first one is unknown, as nfdump does. */
static uint64_t shown_duration(const struct stat_row *row)
{
    return row->last > row->first ? row->last - row->first : 0;
}

static void text_times(const struct stat_style *style, const struct stat_row *row,
                       const struct rates *r, struct buf *out)
{
    char text[CLOCK_TEXT_MAX + VALUE_TEXT_MAX];
    char *p = text + clock_format(style->clock, row->first, text);

    *p++ = ' ';
    p = style->options->plain_numbers ? value_thousandths(p, r->msec, 16)
                                      : value_duration(p, shown_duration(row));
    *p++ = ' ';
    buf_add(out, text, (size_t)(p - text));
}

static void text_value(const struct stat_style *style, const struct stat_table *t,
                       const struct stat_row *row, struct buf *out)
{
    struct buf v;
    char country[2];

    buf_init(&v);
    put_value(style, t, row, !style->options->long_ipv6, &v);
    if (with_country(style, t)) {
        country_of(style, row, country);
        buf_printf(&v, "(%.2s)", country);
    }
    if (t->type == STAT_ADDR && style->options->tag_addresses) {
        buf_char(out, '\001');
    }
    buf_str_pad(out, buf_text(&v), v.len, value_width(style, t));
    buf_free(&v);
}

static void text_row(const struct stat_style *style, const struct stat_table *t,
                     const struct stat_row *row, struct buf *out)
{
    struct rates r = rates_of(row);

    text_times(style, row, &r, out);
    put_protocol(style, t, row, -5, out);
    buf_char(out, ' ');
    text_value(style, t, row, out);
    put_share(style, row->flows, t->total_flows, out);
    put_share(style, row->packets, t->total_packets, out);
    put_share(style, row->bytes, t->total_bytes, out);
    put_scaled(style, r.pps, out);
    put_scaled(style, r.bps, out);
    buf_printf(out, " %5u\n", r.bpp);
}

/* ---- csv ---- */

static void csv_head(const struct stat_table *t, struct buf *out)
{
    const struct csv_names *n = &csv_names[t->direction];
    buf_printf(out, "ts,te,td,pr,val,fl,flP,%s,%sP,%s,%sP,%s,%s,%s\n", n->packets, n->packets,
               n->bytes, n->bytes, n->pps, n->bps, n->bpp);
}

static void csv_time(const struct stat_style *style, uint64_t msec, struct buf *out)
{
    char text[CLOCK_TEXT_MAX];
    size_t len = clock_format(style->clock, msec, text);
    buf_add(out, text, len - 4); /* without the milliseconds */
    buf_char(out, ',');
}

/* Blanks around go away where the type is not padded in csv; ',' becomes ';'. */
static void csv_value(const struct stat_style *style, const struct stat_table *t,
                      const struct stat_row *row, struct buf *out)
{
    struct buf v;
    size_t from = 0;

    buf_init(&v);
    put_value(style, t, row, false, &v);
    while (t->type != STAT_MPLS && from < v.len && v.data[from] == ' ') {
        from++;
    }
    while (v.len > from && v.data[v.len - 1] == ' ') {
        v.len--;
    }
    for (size_t i = from; i < v.len; i++) {
        buf_char(out, v.data[i] == ',' ? ';' : v.data[i]);
    }
    buf_free(&v);
}

/* Numbers in the protocol column are padded to five columns even here. */
static int csv_protocol_width(const struct stat_style *style, const struct stat_table *t,
                              const struct stat_row *row)
{
    bool number = style->options->plain_numbers || name_of(NAMES_PROTO, row->protocol) == NULL;
    return t->proto == STAT_PROTO_KEY && number ? -5 : 0;
}

static void csv_row(const struct stat_style *style, const struct stat_table *t,
                    const struct stat_row *row, struct buf *out)
{
    struct rates r = rates_of(row);

    csv_time(style, row->first, out);
    csv_time(style, row->last, out);
    buf_printf(out, "%llu.%03u,", (unsigned long long)(r.msec / 1000), (unsigned)(r.msec % 1000));
    if (t->proto == STAT_PROTO_VALUE) {
        buf_char(out, '0');
    } else {
        put_protocol(style, t, row, csv_protocol_width(style, t, row), out);
    }
    buf_char(out, ',');
    csv_value(style, t, row, out);
    buf_printf(out, ",%llu,%.1f,%llu,%.1f,%llu,%.1f,%llu,%llu,%llu\n",
               (unsigned long long)row->flows, percent(row->flows, t->total_flows),
               (unsigned long long)row->packets, percent(row->packets, t->total_packets),
               (unsigned long long)row->bytes, percent(row->bytes, t->total_bytes),
               (unsigned long long)r.pps, (unsigned long long)r.bps, (unsigned long long)r.bpp);
}

/* ---- json: one object a line ---- */

static void json_time(const struct stat_style *style, const char *key, uint64_t msec,
                      struct buf *out)
{
    char text[CLOCK_TEXT_MAX];
    size_t len = clock_format(style->clock, msec, text);
    text[len - 13] = 'T';
    buf_printf(out, "\"%s\" : \"%s\", ", key, text);
}

static void json_row(const struct stat_style *style, const struct stat_table *t,
                     const struct stat_row *row, struct buf *out)
{
    struct rates r = rates_of(row);
    struct buf v;

    buf_init(&v);
    put_value(style, t, row, false, &v);
    buf_str(out, "{ ");
    json_time(style, "first", row->first, out);
    json_time(style, "last", row->last, out);
    buf_printf(out, "\"proto\" : %u, \"%s\" : ", protocol_number(t, row), t->name);
    json_string(out, buf_text(&v), v.len);
    buf_free(&v);
    if (with_country(style, t)) {
        char country[2];
        country_of(style, row, country);
        buf_str(out, ", \"geo\" : ");
        json_string(out, country, 2);
        buf_char(out, ',');
    } else {
        buf_str(out, ", ");
    }
    buf_printf(out,
               "\"flows\" : %llu, \"packets\" : %llu, \"bytes\" : %llu, \"pps\" : %llu, "
               "\"bps\" : %llu, \"bpp\" : %llu}\n",
               (unsigned long long)row->flows, (unsigned long long)row->packets,
               (unsigned long long)row->bytes, (unsigned long long)r.pps,
               (unsigned long long)r.bps, (unsigned long long)r.bpp);
}

/* ---- pipe: numbers of nfdump 1.6; an address is its family in front and four words ---- */

static void pipe_value(const struct stat_table *t, const struct stat_row *row, struct buf *out)
{
    bool v6 = row->family == 6;
    uint64_t high = v6 ? ip_high(&row->addr) : 0;
    uint64_t low = v6 ? ip_low(&row->addr) : row->family == 4 ? ip_to_v4(&row->addr) : 0;

    if (t->type == STAT_ADDR) {
        buf_printf(out, "%llu|%llu|%llu|%llu", (unsigned long long)(high >> 32),
                   (unsigned long long)(high & UINT32_MAX), (unsigned long long)(low >> 32),
                   (unsigned long long)(low & UINT32_MAX));
    } else if (row->text.len > 0) {
        buf_add(out, row->text.data, row->text.len);
    } else {
        buf_u64(out, row->number);
    }
}

static void pipe_row(const struct stat_table *t, const struct stat_row *row, struct buf *out)
{
    struct rates r = rates_of(row);
    bool address = t->type == STAT_ADDR;

    buf_printf(out, "%s|%llu|%u|%llu|%u|%u|",
               !address || row->family == 0 ? "0" : row->family == 4 ? "2" : "10",
               (unsigned long long)(row->first / 1000), (unsigned)(row->first % 1000),
               (unsigned long long)(row->last / 1000), (unsigned)(row->last % 1000),
               protocol_number(t, row));
    pipe_value(t, row, out);
    buf_printf(out, "|%llu|%llu|%llu|%llu|%llu|%llu\n", (unsigned long long)row->flows,
               (unsigned long long)row->packets, (unsigned long long)row->bytes,
               (unsigned long long)r.pps, (unsigned long long)r.bps, (unsigned long long)r.bpp);
}

/* ---- the interface ---- */

void stat_table_head(const struct stat_style *style, const struct stat_table *t, struct buf *out)
{
    enum stat_form form = form_of(style);

    if (form == FORM_TEXT) {
        text_head(style, t, out);
    } else if (form == FORM_CSV) {
        csv_head(t, out);
    }
}

void stat_table_row(const struct stat_style *style, const struct stat_table *t,
                    const struct stat_row *row, struct buf *out)
{
    switch (form_of(style)) {
    case FORM_TEXT:
        text_row(style, t, row, out);
        break;
    case FORM_CSV:
        csv_row(style, t, row, out);
        break;
    case FORM_JSON:
        json_row(style, t, row, out);
        break;
    case FORM_PIPE:
        pipe_row(t, row, out);
        break;
    case FORM_NONE:
        break;
    }
}

void stat_table_foot(const struct stat_style *style, const struct stat_table *t, struct buf *out)
{
    (void)t;
    if (form_of(style) == FORM_PIPE) {
        buf_char(out, '\n');
    }
}
