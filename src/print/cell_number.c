/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * cell_number.c - cells that are numbers.
 */
#include "print/token.h"

static uint64_t first_u64(const struct part *t, const struct row *row)
{
    return place_u64(&t->places[0], row->r);
}

static void put(const struct row *row, struct buf *out, uint64_t v, int width)
{
    char *p = text_open(row, out);
    text_close(out, value_u64_wide(p, v, width));
}

void fmt_number(const struct part *t, const struct row *row, struct buf *out)
{
    put(row, out, first_u64(t, row), t->width);
}

/* A blank stands before the number, however long it is. */
void fmt_blank_number(const struct part *t, const struct row *row, struct buf *out)
{
    buf_char(out, ' ');
    put(row, out, first_u64(t, row), t->width - 1);
}

void csv_number(const struct part *t, const struct row *row, struct buf *out)
{
    put(row, out, first_u64(t, row), 0);
}

static void put_scaled(const struct row *row, struct buf *out, uint64_t v)
{
    char *p = text_open(row, out);
    text_close(out, value_scaled_wide(p, v, row->options->plain_numbers));
}

void fmt_scaled(const struct part *t, const struct row *row, struct buf *out)
{
    put_scaled(row, out, first_u64(t, row));
}

static uint64_t record_no(const struct row *row)
{
    return row->options->count_lines ? row->line_no : row->r->record_no;
}

void fmt_record_no(const struct part *t, const struct row *row, struct buf *out)
{
    put(row, out, record_no(row), t->width);
}

void csv_record_no(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    put(row, out, record_no(row), 0);
}

static uint64_t flows_of(const struct row *row)
{
    return rec_has(row->r, GROUP_COUNTER) ? row->r->flows : 1;
}

void fmt_flows(const struct part *t, const struct row *row, struct buf *out)
{
    put(row, out, flows_of(row), t->width);
}

void csv_flows(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    put(row, out, flows_of(row), 0);
}

/* ---- rates: whole numbers in text; in csv doubles, cut, which large counters show ---- */

static uint64_t rate(uint64_t count, uint64_t factor, uint64_t msec)
{
    return msec == 0 ? 0 : count * factor / msec;
}

static uint64_t rate_double(uint64_t count, double factor, uint64_t msec)
{
    return msec == 0 ? 0 : (uint64_t)(factor * (double)count / ((double)msec / 1000.0));
}

void fmt_bps(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    put_scaled(row, out, rate(row->r->bytes, 8000, row_duration(row->r)));
}

void csv_bps(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    put(row, out, rate_double(row->r->bytes, 8.0, row_duration(row->r)), 0);
}

void fmt_pps(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    put_scaled(row, out, rate(row->r->packets, 1000, row_duration(row->r)));
}

void csv_pps(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    put(row, out, rate_double(row->r->packets, 1.0, row_duration(row->r)), 0);
}

/* A number of 32 bits, as in nfdump: no packet is longer. */
static uint32_t bytes_per_packet(const struct row *row)
{
    return row->r->packets == 0 ? 0 : (uint32_t)(row->r->bytes / row->r->packets);
}

void fmt_bpp(const struct part *t, const struct row *row, struct buf *out)
{
    put(row, out, bytes_per_packet(row), t->width);
}

void csv_bpp(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    put(row, out, bytes_per_packet(row), 0);
}

/* ---- ports and ICMP ---- */

void fmt_high_octet(const struct part *t, const struct row *row, struct buf *out)
{
    put(row, out, place_u64(&t->places[1], row->r) >> 8 & 0xff, t->width);
}

void csv_high_octet(const struct part *t, const struct row *row, struct buf *out)
{
    put(row, out, place_u64(&t->places[1], row->r) >> 8 & 0xff, 0);
}

void fmt_low_octet(const struct part *t, const struct row *row, struct buf *out)
{
    put(row, out, place_u64(&t->places[1], row->r) & 0xff, t->width);
}

void csv_low_octet(const struct part *t, const struct row *row, struct buf *out)
{
    put(row, out, place_u64(&t->places[1], row->r) & 0xff, 0);
}

void fmt_dst_port(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_pad(p, value_dst_port(p, row->r->dst_port, row->r->proto), t->width));
}

void csv_dst_port(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    (void)t;
    text_close(out, value_dst_port(p, row->r->dst_port, row->r->proto));
}

/* ---- pairs and triples ---- */

static void put_two(const struct part *t, const struct row *row, struct buf *out,
                    const int widths[2], char between)
{
    char *p = text_open(row, out);

    p = value_pad(p, value_u64(p, place_u64(&t->places[0], row->r)), widths[0]);
    *p++ = between;
    p = value_pad(p, value_u64(p, place_u64(&t->places[1], row->r)), widths[1]);
    text_close(out, p);
}

void fmt_engine(const struct part *t, const struct row *row, struct buf *out)
{
    put_two(t, row, out, (const int[]){t->width, -t->width}, '/');
}

void csv_engine(const struct part *t, const struct row *row, struct buf *out)
{
    put_two(t, row, out, (const int[]){0, 0}, '/');
}

void fmt_ttl(const struct part *t, const struct row *row, struct buf *out)
{
    put_two(t, row, out, (const int[]){t->width, t->width}, ' ');
}

static char *put_hex_left(char *p, uint64_t v, int width)
{
    p = value_literal(p, "0x");
    return value_pad(p, value_hex(p, v), -width);
}

void fmt_acl_hex(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);

    for (size_t i = 0; i < 3; i++) {
        p = put_hex_left(p, place_u64(&t->places[i], row->r), 8);
        *p++ = ' ';
    }
    text_close(out, p - 1);
}

static void put_acl(const struct part *t, const struct row *row, struct buf *out, int width)
{
    char *p = text_open(row, out);

    for (size_t i = 0; i < 3; i++) {
        p = value_u64_wide(p, place_u64(&t->places[i], row->r), width);
        *p++ = ' ';
    }
    text_close(out, p - 1);
}

void fmt_acl(const struct part *t, const struct row *row, struct buf *out)
{
    put_acl(t, row, out, 10);
}

void csv_acl(const struct part *t, const struct row *row, struct buf *out)
{
    put_acl(t, row, out, 0);
}

void fmt_mpls(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_mpls(p, first_u64(t, row)));
}

void fmt_mpls_stack(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);

    for (unsigned id = t->places[0].id; id <= t->places[1].id; id++) {
        p = value_mpls(p, rec_u64(row->r, (enum field_id)id));
        *p++ = ' ';
    }
    text_close(out, p);
}

/* ---- odd numbers ---- */

void fmt_latency(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_thousandths(p, first_u64(t, row), t->width));
}

void csv_latency(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_thousandths(p, first_u64(t, row), 0));
}

static char *put_hex_filled(char *p, uint64_t v, int digits)
{
    p = value_literal(p, "0x");
    return v >> (4 * digits) != 0 ? value_hex(p, v) : value_hex_wide(p, v, digits);
}

void fmt_ether_type(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, put_hex_filled(p, first_u64(t, row), t->width));
}

/* Without the group "0x00" whatever the width. */
static void put_observation(const struct part *t, const struct row *row, struct buf *out,
                            int digits)
{
    char *p = text_open(row, out);
    bool present = place_present(&t->places[0], row->r);
    text_close(out, put_hex_filled(p, first_u64(t, row), present ? digits : 2));
}

void fmt_observation(const struct part *t, const struct row *row, struct buf *out)
{
    put_observation(t, row, out, t->width);
}

void csv_observation(const struct part *t, const struct row *row, struct buf *out)
{
    put_observation(t, row, out, 1);
}

/* "0x" and the decimal number, as nfdump has it. */
static void put_flow_id(const struct part *t, const struct row *row, int width,
                        struct buf *out)
{
    char *p = text_open(row, out);
    p = value_literal(p, "0x");
    text_close(out, value_u64_wide(p, first_u64(t, row), width));
}

void fmt_flow_id(const struct part *t, const struct row *row, struct buf *out)
{
    put_flow_id(t, row, t->width, out);
}

void csv_flow_id(const struct part *t, const struct row *row, struct buf *out)
{
    put_flow_id(t, row, 0, out);
}

/* ---- fixed lists of columns ---- */

void csv_line_no(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    put(row, out, row->line_no, 0);
}

void csv_mpls_plain(const struct part *t, const struct row *row, struct buf *out)
{
    uint64_t label = first_u64(t, row);
    char *p = value_u64(text_open(row, out), label >> 4);

    *p++ = '-';
    p = value_u64(p, label >> 1 & 7);
    *p++ = '-';
    text_close(out, value_u64(p, label & 1));
}
