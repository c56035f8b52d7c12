/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ip.c - addresses: parse, print, mask.
 *
 * Printing is written by hand because millions of addresses a second go through it; the texts are
 * those of inet_ntop (a unit test compares). Parsing of IPv6 is left to inet_pton.
 */
#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct ip ip_from_halves(uint64_t high, uint64_t low)
{
    struct ip ip;
    high = __builtin_bswap64(high);
    low = __builtin_bswap64(low);
    memcpy(ip.octet, &high, 8);
    memcpy(ip.octet + 8, &low, 8);
    return ip;
}

uint64_t ip_high(const struct ip *ip)
{
    uint64_t v;
    memcpy(&v, ip->octet, 8);
    return __builtin_bswap64(v);
}

uint64_t ip_low(const struct ip *ip)
{
    uint64_t v;
    memcpy(&v, ip->octet + 8, 8);
    return __builtin_bswap64(v);
}

bool ip_is_mapped(const struct ip *ip)
{
    return memcmp(ip->octet, mapped_prefix, sizeof mapped_prefix) == 0;
}

bool ip_is_zero(const struct ip *ip)
{
    return (ip_high(ip) == 0 && ip_low(ip) == 0) || (ip_is_mapped(ip) && ip_to_v4(ip) == 0);
}

struct ip ip_mask(const struct ip *ip, unsigned n)
{
    uint64_t high = ip_high(ip);
    uint64_t low = ip_low(ip);

    if (n < 64) {
        high = n == 0 ? 0 : high & UINT64_MAX << (64 - n);
        low = 0;
    } else if (n < 128) {
        low = n == 64 ? 0 : low & UINT64_MAX << (128 - n);
    }
    return ip_from_halves(high, low);
}

/* One decimal number 0..255 without leading zeros; returns its digits, or 0. */
static size_t octet_parse(const char *p, size_t left, uint32_t *octet)
{
    size_t n = 0;
    uint32_t v = 0;

    while (n < left && n < 3 && p[n] >= '0' && p[n] <= '9') {
        v = v * 10 + (uint32_t)(p[n] - '0');
        n++;
    }
    if (n == 0 || v > 255 || (n > 1 && p[0] == '0')) {
        return 0;
    }
    *octet = v;
    return n;
}

static bool v4_parse(const char *text, size_t len, struct ip *ip)
{
    uint32_t address = 0;
    size_t at = 0;

    for (int i = 0; i < 4; i++) {
        uint32_t octet = 0;
        size_t n;
        if (i > 0 && (at >= len || text[at++] != '.')) {
            return false;
        }
        n = octet_parse(text + at, len - at, &octet);
        if (n == 0) {
            return false;
        }
        address = address << 8 | octet;
        at += n;
    }
    if (at != len) {
        return false;
    }
    *ip = ip_from_v4(address);
    return true;
}

int ip_parse(const char *text, size_t len, struct ip *ip)
{
    char copy[IP_TEXT_MAX];
    struct in6_addr v6;

    if (memchr(text, ':', len) == NULL) {
        return v4_parse(text, len, ip) ? 4 : 0;
    }
    if (len >= sizeof copy || memchr(text, '\0', len) != NULL) {
        return 0;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET6, copy, &v6) != 1) {
        return 0;
    }
    memcpy(ip->octet, &v6, sizeof ip->octet);
    return 6;
}

/* All numbers of an octet as text, four octets each: up to three digits and a '.'. */
#define OCTET_1(n) {{'0' + (n), '.', 0, 0}}
#define OCTET_2(n) {{'0' + (n) / 10, '0' + (n) % 10, '.', 0}}
#define OCTET_3(n) {{'0' + (n) / 100, '0' + (n) / 10 % 10, '0' + (n) % 10, '.'}}
#define TEN(octet, n)                                                                              \
    octet(n), octet(n + 1), octet(n + 2), octet(n + 3), octet(n + 4), octet(n + 5), octet(n + 6),  \
        octet(n + 7), octet(n + 8), octet(n + 9)
#define FIFTY(n)                                                                                   \
    TEN(OCTET_3, n), TEN(OCTET_3, n + 10), TEN(OCTET_3, n + 20), TEN(OCTET_3, n + 30),             \
        TEN(OCTET_3, n + 40)

static const struct {
    char text[4];
} octet_text[256] = {
    TEN(OCTET_1, 0),   TEN(OCTET_2, 10),  TEN(OCTET_2, 20),  TEN(OCTET_2, 30),  TEN(OCTET_2, 40),
    TEN(OCTET_2, 50),  TEN(OCTET_2, 60),  TEN(OCTET_2, 70),  TEN(OCTET_2, 80),  TEN(OCTET_2, 90),
    FIFTY(100),        FIFTY(150),        FIFTY(200),        OCTET_3(250),      OCTET_3(251),
    OCTET_3(252),      OCTET_3(253),      OCTET_3(254),      OCTET_3(255),
};

/* The number and a '.'; writes four octets. */
static inline char *octet_format(char *p, unsigned v)
{
    memcpy(p, octet_text[v].text, 4);
    return p + 2 + (v >= 10) + (v >= 100);
}

static char *v4_format(const uint8_t *octet, char *p)
{
    for (int i = 0; i < 4; i++) {
        p = octet_format(p, octet[i]);
    }
    return p - 1; /* the last '.' */
}

/* The group and a ':'; writes five octets. */
static inline char *group_format(char *p, unsigned v)
{
    static const char digits[] = "0123456789abcdef";
    int skip = (v < 0x1000) + (v < 0x100) + (v < 0x10);
    char text[8] = {digits[v >> 12], digits[v >> 8 & 15], digits[v >> 4 & 15], digits[v & 15], ':'};

    memcpy(p, text + skip, 5);
    return p + 5 - skip;
}

/* Which groups are zero, as bits; bit 0 is the first group. */
static unsigned groups_of(const struct ip *ip, unsigned group[8])
{
    unsigned zero = 0;

    for (unsigned i = 0; i < 8; i++) {
        group[i] = (unsigned)ip->octet[2 * i] << 8 | ip->octet[2 * i + 1];
        zero |= (unsigned)(group[i] == 0) << i;
    }
    return zero;
}

/* The first longest run of at least two zero groups: its start (8: none), its length in *run. */
static int zero_run(unsigned zero, int *run)
{
    unsigned starts = zero & zero >> 1;

    *run = 0;
    if (starts == 0) {
        return 8;
    }
    for (*run = 2; (starts & zero >> *run) != 0; ++*run) {
        starts &= zero >> *run;
    }
    return __builtin_ctz(starts);
}

/* inet_ntop shows the last 32 bits as IPv4 in ::a.b.c.d (a.b not zero) and ::ffff:a.b.c.d. */
static bool ends_in_v4(const unsigned group[8], int zeros_at, int run)
{
    return zeros_at == 0 && (run == 6 || (run == 5 && group[5] == 0xffff));
}

static char *v6_format(const struct ip *ip, char *p)
{
    unsigned group[8];
    int run;
    int zeros_at = zero_run(groups_of(ip, group), &run);
    bool v4 = ends_in_v4(group, zeros_at, run);
    int groups = v4 ? 6 : 8;

    if (zeros_at == 0) {
        *p++ = ':';
    }
    for (int i = 0; i < groups; i++) {
        if (i == zeros_at) {
            *p++ = ':';
            i += run - 1;
        } else {
            p = group_format(p, group[i]);
        }
    }
    if (v4) {
        return v4_format(ip->octet + 12, p);
    }
    return run > 0 && zeros_at + run == 8 ? p : p - 1; /* no ':' behind the last group */
}

size_t ip_format(const struct ip *ip, int family, char *text)
{
    char *end = family == 4 ? v4_format(ip->octet + 12, text) : v6_format(ip, text);
    *end = '\0';
    return (size_t)(end - text);
}
