/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * dns_print.c - three header lines, then a line for each record; one printer per type of record.
 * Types without a printer show as <data>. The shape of the data was checked by dns_open().
 */
#include "payload/dns_print.h"

enum { LOC_DEGREE = 3600000, ALTITUDE_BASE = 10000000 };

static void put_octets(struct buf *out, const void *text, size_t len)
{
    const uint8_t *octet = (const uint8_t *)text;
    size_t plain = 0;

    for (size_t i = 0; i < len; i++) {
        if (octet[i] < ' ' || octet[i] == 0x7f) {
            buf_add(out, octet + plain, i - plain);
            buf_printf(out, "\\%03u", octet[i]);
            plain = i + 1;
        }
    }
    buf_add(out, octet + plain, len - plain);
}

static void put_name(struct buf *out, struct cur *data)
{
    struct dns_name name;
    if (dns_read_name(data, &name)) {
        put_octets(out, name.text, name.len);
    }
}

static void put_string(struct buf *out, struct cur *data)
{
    const uint8_t *text;
    size_t len;
    if (dns_read_string(data, &text, &len)) {
        put_octets(out, text, len);
    }
}

static void put_number(struct buf *out, const char *before, uint64_t number, const char *after)
{
    buf_str(out, before);
    buf_u64(out, number);
    buf_str(out, after);
}

/* ---- one printer per type ---- */

static void print_address(struct buf *out, const struct dns_record *record, struct cur data)
{
    struct ip ip;
    char text[IP_TEXT_MAX];
    int family = dns_address(record, &ip);

    (void)data;
    buf_add(out, text, ip_format(&ip, family, text));
}

static void print_name(struct buf *out, const struct dns_record *record, struct cur data)
{
    (void)record;
    put_name(out, &data);
}

static void print_mx(struct buf *out, const struct dns_record *record, struct cur data)
{
    (void)record;
    buf_u64_pad(out, cur_u16be(&data), 5);
    buf_char(out, ' ');
    put_name(out, &data);
}

static void print_hinfo(struct buf *out, const struct dns_record *record, struct cur data)
{
    (void)record;
    buf_char(out, '"');
    put_string(out, &data);
    buf_str(out, "\" \"");
    put_string(out, &data);
    buf_char(out, '"');
}

static void print_minfo(struct buf *out, const struct dns_record *record, struct cur data)
{
    (void)record;
    buf_char(out, '(');
    put_name(out, &data);
    buf_str(out, ", ");
    put_name(out, &data);
    buf_char(out, ')');
}

static void print_txt(struct buf *out, const struct dns_record *record, struct cur data)
{
    (void)record;
    buf_char(out, '"');
    while (cur_left(&data) > 0) {
        put_string(out, &data);
    }
    buf_char(out, '"');
}

static void print_soa(struct buf *out, const struct dns_record *record, struct cur data)
{
    (void)record;
    put_name(out, &data);
    buf_char(out, ' ');
    put_name(out, &data);
    for (int i = 0; i < 5; i++) { /* serial, refresh, retry, expire, minimum */
        put_number(out, i == 0 ? " (" : " ", cur_u32be(&data), "");
    }
    buf_char(out, ')');
}

static void print_naptr(struct buf *out, const struct dns_record *record, struct cur data)
{
    (void)record;
    put_number(out, "order: ", cur_u16be(&data), "");
    put_number(out, ", pref: ", cur_u16be(&data), "");
    buf_str(out, " (flags: ");
    put_string(out, &data);
    buf_str(out, ", services: ");
    put_string(out, &data);
    buf_str(out, ", regex: ");
    put_string(out, &data);
    buf_str(out, ", replace: ");
    put_name(out, &data);
    buf_char(out, ')');
}

static void print_srv(struct buf *out, const struct dns_record *record, struct cur data)
{
    (void)record;
    put_number(out, "priority: ", cur_u16be(&data), "");
    put_number(out, ", weight: ", cur_u16be(&data), "");
    put_number(out, ", port: ", cur_u16be(&data), ", target: ");
    put_name(out, &data);
}

static void print_opt(struct buf *out, const struct dns_record *record, struct cur data)
{
    unsigned options = 0;

    for (; cur_left(&data) > 0; options++) {
        cur_skip(&data, 2);
        cur_skip(&data, cur_u16be(&data));
    }
    put_number(out, "payload = ", record->class, "");
    buf_printf(out, ", DO = %s, #opts = %u\n", record->ttl & 0x8000 ? "true" : "false", options);
}

/* ---- LOC (RFC 1876) ---- */

/* A size in centimetres: upper four bits times ten to the power of the lower four. */
static bool read_size(struct cur *data, uint64_t *size)
{
    uint8_t octet = cur_u8(data);

    *size = octet >> 4;
    for (int i = 0; i < (octet & 15); i++) {
        *size *= 10;
    }
    return octet >> 4 <= 9 && (octet & 15) <= 9;
}

/* Thousandths of a second of arc, counted from 2^31 - 1 + 1. */
static bool print_angle(struct buf *out, uint32_t raw, uint32_t degrees_max,
                        const char *const names[2])
{
    uint32_t v = raw >= 0x80000000 ? raw - 0x80000000 : 0x80000000 - raw;

    buf_printf(out, "%u %u %u %s", v / LOC_DEGREE, v / 60000 % 60, v / 1000 % 60,
               names[raw >= 0x80000000 ? 0 : 1]);
    return v <= degrees_max * LOC_DEGREE;
}

static bool put_loc(struct buf *out, struct cur *data)
{
    static const char *const latitude[2] = {"N", "S"};
    static const char *const longitude[2] = {"E", "W"};
    uint64_t size, horizontal, vertical;
    bool ok = cur_u8(data) == 0;

    ok &= read_size(data, &size);
    ok &= read_size(data, &horizontal);
    ok &= read_size(data, &vertical);
    buf_str(out, "lat: ");
    ok &= print_angle(out, cur_u32be(data), 90, latitude);
    buf_str(out, ", long: ");
    ok &= print_angle(out, cur_u32be(data), 180, longitude);
    buf_printf(out, ", alt: %lld", (long long)cur_u32be(data) - ALTITUDE_BASE);
    put_number(out, ", size: ", size, "");
    put_number(out, ", hPrec: ", horizontal, "");
    put_number(out, ", vPrec: ", vertical, ")");
    return ok;
}

static void print_loc(struct buf *out, const struct dns_record *record, struct cur data)
{
    size_t before = out->len;

    (void)record;
    if (!put_loc(out, &data)) {
        out->len = before;
        buf_str(out, "<data>");
    }
}

/* ---- lines ---- */

struct printer_row {
    uint16_t type;
    void (*print)(struct buf *out, const struct dns_record *record, struct cur data);
};

static const struct printer_row printers[] = {
    {DNS_A, print_address},   {DNS_NS, print_name},   {DNS_CNAME, print_name},
    {DNS_SOA, print_soa},     {DNS_PTR, print_name},  {DNS_HINFO, print_hinfo},
    {DNS_MINFO, print_minfo}, {DNS_MX, print_mx},     {DNS_TXT, print_txt},
    {DNS_AAAA, print_address}, {DNS_LOC, print_loc},  {DNS_SRV, print_srv},
    {DNS_NAPTR, print_naptr}, {DNS_OPT, print_opt},   {DNS_SPF, print_txt},
};

static void print_data(struct buf *out, const struct dns_record *record)
{
    for (size_t i = 0; i < sizeof printers / sizeof printers[0]; i++) {
        if (printers[i].type == record->type) {
            printers[i].print(out, record, record->data);
            return;
        }
    }
    buf_str(out, "<data>");
}

static void print_record(struct buf *out, const struct dns_record *record)
{
    static const char *const tags[DNS_SECTIONS] = {"DNS Query ", "DNS Answer", "DNS Nameserver",
                                                   "DNS Additional"};

    buf_printf(out, "%s : %2u: ", tags[record->section], record->index);
    if (record->type == DNS_OPT) {
        buf_str(out, "OPT RR: ");
    } else {
        put_octets(out, record->name.text, record->name.len);
        if (record->section != DNS_QUESTION) {
            put_number(out, " ttl: ", record->ttl, ",");
        }
        buf_printf(out, " %s %s", dns_class_text(record->class), dns_type_text(record->type));
    }
    if (record->section != DNS_QUESTION) {
        buf_str(out, record->type == DNS_OPT ? "" : ": ");
        print_data(out, record);
    }
    buf_char(out, '\n');
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static void print_header(struct buf *out, const struct dns_message *m)
{
    buf_printf(out, "DNS Header : Queries: %u, Answers: %u, Nameservers: %u, Additional: %u, "
                    "Authoritative: %s\n",
               m->count[DNS_QUESTION], m->count[DNS_ANSWER], m->count[DNS_AUTHORITY],
               m->count[DNS_ADDITIONAL], truth(m->authoritative));
    buf_printf(out, "DNS header : Truncated: %s, Recursion desired: %s, Recursion available: %s\n",
               truth(m->truncated), truth(m->recursion_desired), truth(m->recursion_available));
    buf_printf(out, "DNS header : Authentic data: %s, Checking disabled: %s, Result: %s\n",
               truth(m->authentic), truth(m->checking_disabled), dns_rcode_text(m->rcode));
}

void dns_print(struct buf *out, const struct dns_message *m)
{
    struct dns_walk walk;
    struct dns_record record;

    print_header(out, m);
    dns_rewind(m, &walk);
    while (dns_next(&walk, &record) == 0) {
        print_record(out, &record);
    }
}
