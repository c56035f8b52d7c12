/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * dns.h - DNS messages (RFC 1035 and successors) in captured payload.
 *
 * dns_open() checks the whole message once; after that the records are walked with dns_rewind() and
 * dns_next(), and their data is read with the dns_read_ functions, all without allocation. Names
 * stay references into the message until somebody wants their text. The payload must outlive the
 * message.
 *
 * The work is bounded by the length of the message: the counts of the header promise nothing, a
 * name has at most 255 octets and follows at most DNS_JUMPS_MAX compression pointers.
 */
#ifndef WEIR_PAYLOAD_DNS_H
#define WEIR_PAYLOAD_DNS_H

#include "base/buf.h"
#include "base/cur.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_MAX 256 /* room for the text of a name: labels, each with a dot behind */
#define DNS_JUMPS_MAX 255

enum dns_section { DNS_QUESTION, DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_SECTIONS };

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_MD = 3,
    DNS_MF = 4,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_MB = 7,
    DNS_MG = 8,
    DNS_MR = 9,
    DNS_WKS = 11,
    DNS_PTR = 12,
    DNS_HINFO = 13,
    DNS_MINFO = 14,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_RP = 17,
    DNS_AFSDB = 18,
    DNS_X25 = 19,
    DNS_ISDN = 20,
    DNS_RT = 21,
    DNS_NSAP = 22,
    DNS_NSAP_PTR = 23,
    DNS_PX = 26,
    DNS_GPOS = 27,
    DNS_AAAA = 28,
    DNS_LOC = 29,
    DNS_SRV = 33,
    DNS_NAPTR = 35,
    DNS_OPT = 41,
    DNS_SPF = 99
};

struct dns_message {
    const uint8_t *data;
    size_t len;
    uint16_t id;
    uint8_t opcode;
    bool response, authoritative, truncated, recursion_desired, recursion_available;
    bool authentic, checking_disabled;
    uint16_t rcode; /* with the upper bits of an OPT record */
    uint16_t count[DNS_SECTIONS];
};

/* A label sequence as text: labels with a dot behind each ("." for the root), octets as they are;
 * len counts them, no NUL is added. */
struct dns_name {
    size_t len;
    char text[DNS_NAME_MAX];
};

struct dns_record {
    enum dns_section section;
    unsigned index; /* in its section, from 0 */
    struct dns_name name;
    uint16_t type;
    uint16_t class;
    uint32_t ttl;    /* 0 for questions; the raw 32 bits for OPT */
    struct cur data; /* the record's data; start is the start of the message */
};

struct dns_walk {
    const struct dns_message *message;
    struct cur at;
    enum dns_section section;
    unsigned index;
    bool opt_seen;
};

/* Read header and check all records. prefixed: the message follows two octets with its length
 * (TCP); their value is not looked at, because the payload may hold less. Returns 0, ERR_FORMAT or
 * ERR_TRUNCATED (then *m is undefined). */
int dns_open(struct dns_message *m, const void *payload, size_t len, bool prefixed);

/* Whether payload decodes as a DNS message, between port 53 and any other. */
bool dns_defined(const void *payload, size_t len, bool prefixed);

/* Walk the records of all sections in order. dns_next() returns 0, ERR_END after the last one, or
 * ERR_FORMAT (not after a successful dns_open()). */
void dns_rewind(const struct dns_message *m, struct dns_walk *walk);
int dns_next(struct dns_walk *walk, struct dns_record *record);

/* Read a part of a record's data from a cursor that came from record->data. */
bool dns_read_name(struct cur *c, struct dns_name *name);
bool dns_read_string(struct cur *c, const uint8_t **text, size_t *len); /* one length octet */

/* Address of an A or AAAA record: its family (4 or 6), else 0. */
int dns_address(const struct dns_record *record, struct ip *ip);

/* Substring of the name of a question, case-sensitive. */
bool dns_name_contains(const struct dns_message *m, const char *text, size_t len);

/* Substring of the text of an address in the answer or additional section. */
bool dns_address_contains(const struct dns_message *m, const char *text, size_t len);

/* Names of numbers: "X-UNKN" or "Unknown error" for those without; never NULL. */
const char *dns_type_text(uint16_t type);
const char *dns_class_text(uint16_t class);
const char *dns_rcode_text(uint16_t rcode);

#endif
