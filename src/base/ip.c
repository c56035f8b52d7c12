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

static char *octet_format(char *p, unsigned v)
{
    if (v >= 100) {
        *p++ = (char)('0' + v / 100);
        v %= 100;
        *p++ = (char)('0' + v / 10);
        v %= 10;
    } else if (v >= 10) {
        *p++ = (char)('0' + v / 10);
        v %= 10;
    }
    *p++ = (char)('0' + v);
    return p;
}

static char *v4_format(const uint8_t *octet, char *p)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            *p++ = '.';
        }
        p = octet_format(p, octet[i]);
    }
    return p;
}

static char *group_format(char *p, unsigned v)
{
    int shift = v >= 0x1000 ? 12 : v >= 0x100 ? 8 : v >= 0x10 ? 4 : 0;
    for (; shift >= 0; shift -= 4) {
        *p++ = "0123456789abcdef"[v >> shift & 15];
    }
    return p;
}

static inline unsigned group_at(const struct ip *ip, int i)
{
    return (unsigned)ip->octet[2 * i] << 8 | ip->octet[2 * i + 1];
}

/* The first longest run of at least two zero groups: its start, and its length in *run (or 0). */
static int zero_run(const struct ip *ip, int *run)
{
    int best = 0;
    int best_at = -1;
    int len = 0;

    for (int i = 0; i < 8; i++) {
        len = group_at(ip, i) == 0 ? len + 1 : 0;
        if (len > best) {
            best = len;
            best_at = i - len + 1;
        }
    }
    *run = best >= 2 ? best : 0;
    return best_at;
}

/* inet_ntop shows the last 32 bits as IPv4 in ::a.b.c.d (a.b not zero) and ::ffff:a.b.c.d. */
static bool ends_in_v4(const struct ip *ip, int zeros_at, int run)
{
    return zeros_at == 0 && (run == 6 || (run == 5 && group_at(ip, 5) == 0xffff));
}

static char *v6_format(const struct ip *ip, char *p)
{
    int run;
    int zeros_at = zero_run(ip, &run);
    int groups = run > 0 && ends_in_v4(ip, zeros_at, run) ? 6 : 8;

    for (int i = 0; i < groups; i++) {
        if (run > 0 && i == zeros_at) {
            *p++ = ':';
            i += run - 1;
            if (i == 7) {
                *p++ = ':';
            }
            continue;
        }
        if (i > 0) {
            *p++ = ':';
        }
        p = group_format(p, group_at(ip, i));
    }
    if (groups == 6) {
        *p++ = ':';
        p = v4_format(ip->octet + 12, p);
    }
    return p;
}

size_t ip_format(const struct ip *ip, int family, char *text)
{
    char *end = family == 4 ? v4_format(ip->octet + 12, text) : v6_format(ip, text);
    *end = '\0';
    return (size_t)(end - text);
}
