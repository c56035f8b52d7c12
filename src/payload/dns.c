/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * dns.c - see dns.h. All cursors here start at the first octet of the message, so that a
 * compression pointer is found from any of them; what limits a record is the cursor's end.
 */
#include "payload/dns.h"

#include "base/err.h"
#include "payload/search.h"

enum { HEADER_LENGTH = 12, WIRE_NAME_MAX = 255, POINTER = 0xc0 };

/* A cursor over n octets from here on that still knows the start of the message. */
static struct cur sub_of(struct cur *c, size_t n)
{
    struct cur sub = cur_sub(c, n);
    sub.start = c->start;
    return sub;
}

/* ---- names ---- */

/* Follow pointers from *c; on return *c stands at a length octet below 64, or has overrun. message
 * is the end up to which pointers may point; *jumps limits loops. */
static bool follow_pointers(struct cur *c, unsigned *jumps)
{
    while (cur_left(c) > 0 && (*c->at & POINTER) == POINTER) {
        size_t offset = cur_u16be(c) & 0x3fff;
        if (!cur_ok(c) || ++*jumps > DNS_JUMPS_MAX || offset >= (size_t)(c->end - c->start)) {
            return false;
        }
        c->at = c->start + offset;
    }
    return cur_left(c) > 0 && (*c->at & POINTER) == 0;
}

static bool add_label(struct dns_name *name, const uint8_t *label, size_t len)
{
    if (label == NULL || name->len + len + 1 > WIRE_NAME_MAX) {
        return false;
    }
    memcpy(name->text + name->len, label, len);
    name->len += len;
    name->text[name->len++] = '.';
    return true;
}

/* Step over a name where it stands: up to its root label or its first pointer. */
static bool skip_name(struct cur *c)
{
    for (;;) {
        uint8_t len = cur_u8(c);
        if ((len & POINTER) == POINTER) {
            cur_skip(c, 1);
            return cur_ok(c);
        }
        if (len == 0 || (len & POINTER) != 0) {
            return cur_ok(c) && len == 0;
        }
        cur_skip(c, len);
    }
}

/* Read the labels from c on; a pointer leads anywhere before end. */
static bool read_labels(struct cur c, struct dns_name *name)
{
    unsigned jumps = 0;

    name->len = 0;
    while (follow_pointers(&c, &jumps)) {
        size_t len = cur_u8(&c);
        if (len == 0) {
            if (name->len == 0) {
                name->text[name->len++] = '.';
            }
            return true;
        }
        if (!add_label(name, cur_take(&c, len), len)) {
            return false;
        }
    }
    return false;
}

bool dns_read_name(struct cur *c, struct dns_name *name)
{
    struct cur labels = *c;
    return skip_name(c) && read_labels(labels, name);
}

bool dns_read_string(struct cur *c, const uint8_t **text, size_t *len)
{
    *len = cur_u8(c);
    *text = cur_take(c, *len);
    return *text != NULL;
}

/* ---- data of records ----
 *
 * What the data of a type must look like, letter by letter: N name, S string, 2 and 4 numbers,
 * A and Q addresses of 4 and 16 octets that fill the data, T strings to the end. */
struct shape_row {
    uint16_t type;
    const char *shape;
};

static const struct shape_row shapes[] = {
    {DNS_A, "A"},       {DNS_NS, "N"},        {DNS_MD, "N"},     {DNS_MF, "N"},
    {DNS_CNAME, "N"},   {DNS_SOA, "NN44444"}, {DNS_MB, "N"},     {DNS_MG, "N"},
    {DNS_MR, "N"},      {DNS_WKS, "42"},      {DNS_PTR, "N"},    {DNS_HINFO, "SS"},
    {DNS_MINFO, "NN"},  {DNS_MX, "2N"},       {DNS_TXT, "T"},    {DNS_RP, "NN"},
    {DNS_AFSDB, "2N"},  {DNS_X25, "T"},       {DNS_ISDN, "S"},   {DNS_RT, "2N"},
    {DNS_NSAP_PTR, "N"}, {DNS_PX, "2NN"},     {DNS_GPOS, "SSS"}, {DNS_AAAA, "Q"},
    {DNS_LOC, "4444"},  {DNS_SRV, "222N"},    {DNS_NAPTR, "22SSSN"}, {DNS_SPF, "T"},
};

static bool check_part(struct cur *data, char part)
{
    struct dns_name name;
    const uint8_t *text;
    size_t len;

    switch (part) {
    case 'N':
        return dns_read_name(data, &name);
    case 'S':
        return dns_read_string(data, &text, &len);
    case 'T':
        while (cur_left(data) > 0 && dns_read_string(data, &text, &len)) {
        }
        return cur_ok(data);
    case 'A':
        return cur_left(data) == 4;
    case 'Q':
        return cur_left(data) == 16;
    default:
        cur_skip(data, (size_t)(part - '0'));
        return cur_ok(data);
    }
}

/* Options are a code, a length and that many octets each. */
static bool check_options(struct cur data)
{
    while (cur_left(&data) > 0) {
        cur_skip(&data, 2);
        cur_skip(&data, cur_u16be(&data));
        if (!cur_ok(&data)) {
            return false;
        }
    }
    return true;
}

static bool check_data(const struct dns_record *record)
{
    struct cur data = record->data;

    if (record->section == DNS_QUESTION) {
        return true;
    }
    if (record->type == DNS_OPT) {
        return check_options(data);
    }
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (shapes[i].type == record->type) {
            for (const char *part = shapes[i].shape; *part != '\0'; part++) {
                if (!check_part(&data, *part)) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* ---- walking ---- */

void dns_rewind(const struct dns_message *m, struct dns_walk *walk)
{
    *walk = (struct dns_walk){.message = m, .at = cur_of(m->data, m->len)};
    cur_skip(&walk->at, HEADER_LENGTH);
}

static bool next_section(struct dns_walk *walk)
{
    while (walk->index >= walk->message->count[walk->section]) {
        if (walk->section == DNS_ADDITIONAL) {
            return false;
        }
        walk->section++;
        walk->index = 0;
    }
    return true;
}

static bool read_record(struct dns_walk *walk, struct dns_record *record)
{
    struct cur *c = &walk->at;

    if (!dns_read_name(c, &record->name)) {
        return false;
    }
    record->type = cur_u16be(c);
    record->class = cur_u16be(c);
    record->ttl = 0;
    record->data = sub_of(c, 0);
    if (record->section == DNS_QUESTION) {
        return cur_ok(c) && record->type != DNS_OPT;
    }
    record->ttl = cur_u32be(c);
    record->data = sub_of(c, cur_u16be(c));
    return cur_ok(c);
}

/* There may be one OPT record, of version 0. */
static bool check_opt(struct dns_walk *walk, const struct dns_record *record)
{
    if (record->type != DNS_OPT) {
        return true;
    }
    if (walk->opt_seen || (record->ttl >> 16 & 0xff) != 0) {
        return false;
    }
    walk->opt_seen = true;
    return true;
}

int dns_next(struct dns_walk *walk, struct dns_record *record)
{
    if (!next_section(walk)) {
        return ERR_END;
    }
    record->section = walk->section;
    record->index = walk->index++;
    if (!read_record(walk, record) || !check_opt(walk, record)) {
        return ERR_FORMAT;
    }
    return 0;
}

static void read_flags(struct dns_message *m, uint16_t flags)
{
    m->response = flags >> 15 & 1;
    m->opcode = flags >> 11 & 15;
    m->authoritative = flags >> 10 & 1;
    m->truncated = flags >> 9 & 1;
    m->recursion_desired = flags >> 8 & 1;
    m->recursion_available = flags >> 7 & 1;
    m->authentic = flags >> 5 & 1;
    m->checking_disabled = flags >> 4 & 1;
    m->rcode = flags & 15;
}

static bool read_header(struct dns_message *m)
{
    struct cur c = cur_of(m->data, m->len);

    m->id = cur_u16be(&c);
    read_flags(m, cur_u16be(&c));
    for (int i = 0; i < DNS_SECTIONS; i++) {
        m->count[i] = cur_u16be(&c);
    }
    return cur_ok(&c);
}

int dns_open(struct dns_message *m, const void *payload, size_t len, bool prefixed)
{
    struct cur c = cur_of(payload, len);
    struct dns_walk walk;
    struct dns_record record;
    uint16_t extended = 0;
    int rc;

    cur_skip(&c, prefixed ? 2 : 0);
    m->data = c.at;
    m->len = cur_left(&c);
    if (!read_header(m)) {
        return ERR_TRUNCATED;
    }
    dns_rewind(m, &walk);
    while ((rc = dns_next(&walk, &record)) == 0) {
        if (!check_data(&record)) {
            return ERR_FORMAT;
        }
        if (record.type == DNS_OPT) {
            extended = (uint16_t)(record.ttl >> 24 << 4);
        }
    }
    m->rcode |= extended;
    return rc == ERR_END ? 0 : rc;
}

bool dns_defined(const void *payload, size_t len, bool prefixed)
{
    struct dns_message m;
    return dns_open(&m, payload, len, prefixed) == 0;
}

/* ---- predicates ---- */

int dns_address(const struct dns_record *record, struct ip *ip)
{
    struct cur data = record->data;

    if (record->section == DNS_QUESTION) {
        return 0;
    }
    if (record->type == DNS_A) {
        *ip = ip_from_v4(cur_u32be(&data));
        return 4;
    }
    if (record->type == DNS_AAAA) {
        cur_copy(&data, ip->octet, sizeof ip->octet);
        return 6;
    }
    return 0;
}

bool dns_name_contains(const struct dns_message *m, const char *text, size_t len)
{
    struct dns_walk walk;
    struct dns_record record;

    dns_rewind(m, &walk);
    while (dns_next(&walk, &record) == 0 && record.section == DNS_QUESTION) {
        if (search_find(record.name.text, record.name.len, text, len) != SEARCH_NONE) {
            return true;
        }
    }
    return false;
}

bool dns_address_contains(const struct dns_message *m, const char *text, size_t len)
{
    struct dns_walk walk;
    struct dns_record record;
    struct ip ip;
    char address[IP_TEXT_MAX];

    dns_rewind(m, &walk);
    while (dns_next(&walk, &record) == 0) {
        int family = record.section == DNS_AUTHORITY ? 0 : dns_address(&record, &ip);
        if (family != 0 &&
            search_find(address, ip_format(&ip, family, address), text, len) != SEARCH_NONE) {
            return true;
        }
    }
    return false;
}

/* ---- names of numbers ---- */

struct number_name {
    uint16_t number;
    const char *name;
};

static const char *name_of(const struct number_name *rows, size_t n, uint16_t number,
                           const char *unknown)
{
    for (size_t i = 0; i < n && rows[i].number <= number; i++) {
        if (rows[i].number == number) {
            return rows[i].name;
        }
    }
    return unknown;
}

#define COUNT_OF(rows) (sizeof(rows) / sizeof((rows)[0]))

const char *dns_type_text(uint16_t type)
{
    static const struct number_name rows[] = {
#define DNS_TYPE(number, name) {number, name},
#include "payload/dns_names.def"
    };
    return name_of(rows, COUNT_OF(rows), type, "X-UNKN");
}

const char *dns_class_text(uint16_t class)
{
    static const struct number_name rows[] = {
#define DNS_CLASS(number, name) {number, name},
#include "payload/dns_names.def"
    };
    return name_of(rows, COUNT_OF(rows), class, "X-UNKN");
}

const char *dns_rcode_text(uint16_t rcode)
{
    static const struct number_name rows[] = {
#define DNS_RCODE(number, text) {number, text},
#include "payload/dns_names.def"
    };
    return name_of(rows, COUNT_OF(rows), rcode, "Unknown error");
}
