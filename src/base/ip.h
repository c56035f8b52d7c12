/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ip.h - one address type for both families.
 *
 * 16 octets in network order; IPv4 is kept as ::ffff:a.b.c.d. Which family a flow has is said by
 * its element groups (see field/fields.def), not by the address. Comparison is octet order, so
 * that sorted dictionaries can be searched for prefixes as ranges.
 */
#ifndef WEIR_BASE_IP_H
#define WEIR_BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IP_TEXT_MAX 46 /* longest text form with its NUL (INET6_ADDRSTRLEN) */

struct ip {
    uint8_t octet[16];
};

/* a is the address as a number in host order (192.0.2.1 = 0xC0000201). */
static inline struct ip ip_from_v4(uint32_t a)
{
    struct ip ip = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (uint8_t)(a >> 24),
                     (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a}};
    return ip;
}

static inline uint32_t ip_to_v4(const struct ip *ip)
{
    const uint8_t *o = ip->octet + 12;
    return (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3];
}

/* high and low are the halves as numbers in host order. */
struct ip ip_from_halves(uint64_t high, uint64_t low);
uint64_t ip_high(const struct ip *ip);
uint64_t ip_low(const struct ip *ip);

static inline int ip_cmp(const struct ip *a, const struct ip *b)
{
    return memcmp(a->octet, b->octet, sizeof a->octet);
}

static inline bool ip_equal(const struct ip *a, const struct ip *b)
{
    return ip_cmp(a, b) == 0;
}

bool ip_is_mapped(const struct ip *ip); /* ::ffff:0:0/96, the form IPv4 is kept in */
bool ip_is_zero(const struct ip *ip);   /* 0.0.0.0 or :: */

/* Zero all bits after the first n (0..128); IPv4 prefix lengths count from bit 96: pass n + 96. */
struct ip ip_mask(const struct ip *ip, unsigned n);

/* Parse strict text: four decimal numbers without leading zeros, or RFC 4291 text without zone.
 * Returns 4 or 6 and sets *ip, or 0. */
int ip_parse(const char *text, size_t len, struct ip *ip);

/* Text as inet_ntop gives it. family 4 reads the last four octets; else all 16 as IPv6.
 * Writes at most IP_TEXT_MAX octets with the NUL; returns the length without it. */
size_t ip_format(const struct ip *ip, int family, char *text);

#endif
