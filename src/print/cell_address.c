/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * cell_address.c - cells that are addresses or are looked up by address.
 */
#include "lookup/geo.h"
#include "lookup/tor.h"
#include "print/token.h"

/* Put before each address with -T, so that a viewer can make a link of it. */
#define TAG_OCTET '\001'

static struct address address_of(const struct part *t, const struct row *row)
{
    return place_address(&t->places[0], &t->places[1], row->r);
}

static char *put_tag(const struct row *row, char *p)
{
    if (row->options->tag_addresses) {
        *p++ = TAG_OCTET;
    }
    return p;
}

/* The address as fmt shows it: tagged, shortened unless there is room, padded. */
static char *put_address(const struct part *t, const struct row *row, const struct address *a,
                         char *p)
{
    char *start = put_tag(row, p);
    char *end = t->width > 16 ? value_ip(start, a->ip, a->family)
                              : value_ip_short(start, a->ip, a->family);
    return value_pad(start, end, t->width);
}

void fmt_addr(const struct part *t, const struct row *row, struct buf *out)
{
    struct address a = address_of(t, row);
    char *p = text_open(row, out);
    text_close(out, put_address(t, row, &a, p));
}

void csv_addr(const struct part *t, const struct row *row, struct buf *out)
{
    struct address a = address_of(t, row);
    char *p = text_open(row, out);
    text_close(out, value_ip(p, a.ip, a.family));
}

/* ":port" or, after IPv6, ".port"; five columns. */
static char *put_port(const struct part *t, const struct row *row, int family, char *p)
{
    uint64_t port = place_u64(&t->places[2], row->r);
    bool icmp = t->places[2].id == FIELD_DST_PORT;
    char *start = p + 1;

    *p = family == 6 ? '.' : ':';
    return value_pad(start, value_dst_port(start, port, icmp ? row->r->proto : 0), -5);
}

void fmt_addr_port(const struct part *t, const struct row *row, struct buf *out)
{
    struct address a = address_of(t, row);
    char *p = put_address(t, row, &a, text_open(row, out));
    text_close(out, put_port(t, row, a.family, p));
}

static char *put_country(const struct row *row, const struct address *a, char *p)
{
    if (row->options->geo == NULL || a->family == 0 ||
        !geo_country(row->options->geo, a->ip, a->family, p)) {
        return value_literal(p, "..");
    }
    return p + 2;
}

static char *put_geo_address(const struct part *t, const struct row *row,
                             const struct address *a, char *p)
{
    p = put_address(t, row, a, p);
    *p++ = '(';
    p = put_country(row, a, p);
    *p++ = ')';
    return p;
}

void fmt_geo_addr(const struct part *t, const struct row *row, struct buf *out)
{
    struct address a = address_of(t, row);
    char *p = text_open(row, out);
    text_close(out, put_geo_address(t, row, &a, p));
}

void fmt_geo_addr_port(const struct part *t, const struct row *row, struct buf *out)
{
    struct address a = address_of(t, row);
    char *p = put_geo_address(t, row, &a, text_open(row, out));
    text_close(out, put_port(t, row, a.family, p));
}

/* ---- networks ---- */

static struct address masked(const struct part *t, const struct row *row, struct ip *net,
                             uint64_t *mask)
{
    struct address a = address_of(t, row);

    *mask = place_u64(&t->places[2], row->r);
    *net = network_of(&a, (unsigned)*mask);
    a.ip = net;
    return a;
}

void fmt_net(const struct part *t, const struct row *row, struct buf *out)
{
    struct ip net;
    uint64_t mask;
    struct address a = masked(t, row, &net, &mask);
    char *p = put_address(t, row, &a, text_open(row, out));

    *p++ = '/';
    text_close(out, value_pad(p, value_u64(p, mask), -2));
}

void csv_net(const struct part *t, const struct row *row, struct buf *out)
{
    struct ip net;
    uint64_t mask;
    struct address a = masked(t, row, &net, &mask);
    char *p = value_ip(text_open(row, out), a.ip, a.family);

    *p++ = '/';
    text_close(out, value_u64(p, mask));
}

void fmt_mac(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_mac(p, place_u64(&t->places[0], row->r)));
}

/* ---- looked up ---- */

static uint32_t as_of(const struct part *t, const struct row *row)
{
    struct address a = place_address(&t->places[1], &t->places[2], row->r);
    return row_as(row, place_u64(&t->places[0], row->r), &a);
}

void fmt_as(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_u64_wide(p, as_of(t, row), t->width));
}

void csv_as(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_u64(p, as_of(t, row)));
}

void fmt_country(const struct part *t, const struct row *row, struct buf *out)
{
    struct address a = address_of(t, row);
    char *p = text_open(row, out);
    text_close(out, put_country(row, &a, p));
}

static void put_location(const struct part *t, const struct row *row, struct buf *out,
                         const char *none)
{
    struct address a = address_of(t, row);
    size_t before = out->len;

    if (row->options->geo != NULL && a.family != 0) {
        geo_location(row->options->geo, a.ip, a.family, out);
    }
    if (out->len == before) {
        buf_str(out, none);
    }
}

void fmt_location(const struct part *t, const struct row *row, struct buf *out)
{
    put_location(t, row, out, "<no location info>");
}

void csv_location(const struct part *t, const struct row *row, struct buf *out)
{
    size_t from = out->len;

    put_location(t, row, out, "no location info");
    for (size_t i = from; i < out->len; i++) {
        if (out->data[i] == ',') {
            out->data[i] = ';';
        }
    }
}

/* Empty if the address is not known. */
static struct span organisation(const struct row *row, const struct address *a)
{
    const char *text = "";
    size_t len = 0;

    if (row->options->geo != NULL && a->family != 0) {
        len = geo_org(row->options->geo, a->ip, a->family, &text);
    }
    return (struct span){(const uint8_t *)text, (uint32_t)len};
}

static struct span no_organisation(void)
{
    return (struct span){(const uint8_t *)"none", 4};
}

void fmt_organisation(const struct part *t, const struct row *row, struct buf *out)
{
    struct address a = address_of(t, row);
    struct span org = organisation(row, &a);

    if (org.len == 0) {
        org = no_organisation();
    }
    buf_str_pad(out, (const char *)org.data,
                org.len < (uint32_t)t->width ? org.len : (uint32_t)t->width, t->width);
}

void csv_organisation(const struct part *t, const struct row *row, struct buf *out)
{
    struct address a = address_of(t, row);

    text_span(a.family == 0 ? no_organisation() : organisation(row, &a), true, out);
}

/* Two letters; nothing without a data base. */
static const char *tor_text(const struct part *t, const struct row *row)
{
    static const char *const texts[] = {
        [TOR_NEVER] = "..", [TOR_OTHER_DAY] = "ex", [TOR_EXIT] = "EX"};
    struct address a = address_of(t, row);

    if (row->options->tor == NULL) {
        return "";
    }
    return texts[tor_lookup(row->options->tor, a.ip, a.family, row->r->first, row->r->last)];
}

void fmt_tor(const struct part *t, const struct row *row, struct buf *out)
{
    const char *text = tor_text(t, row);
    buf_str_pad(out, text, strlen(text), t->width);
}

void csv_tor(const struct part *t, const struct row *row, struct buf *out)
{
    buf_str(out, tor_text(t, row));
}

/* ---- fixed lists of columns ---- */

/* The numbers of AF_INET and AF_INET6 on Linux, wherever we run: scripts know them. */
void csv_family(const struct part *t, const struct row *row, struct buf *out)
{
    int family = rec_family(row->r);
    (void)t;
    buf_str(out, family == 4 ? "2" : family == 6 ? "10" : "0");
}

/* Four numbers of 32 bits; IPv4 is the last one. */
void csv_addr_words(const struct part *t, const struct row *row, struct buf *out)
{
    struct address a = address_of(t, row);
    uint64_t high = a.family == 6 ? ip_high(a.ip) : 0;
    uint64_t low = a.family == 6 ? ip_low(a.ip) : a.family == 4 ? ip_to_v4(a.ip) : 0;
    uint64_t words[4] = {high >> 32, high & UINT32_MAX, low >> 32, low & UINT32_MAX};
    char *p = text_open(row, out);

    for (size_t i = 0; i < 4; i++) {
        p = value_u64(p, words[i]);
        *p++ = '|';
    }
    text_close(out, p - 1);
}
