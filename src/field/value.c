/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * value.c - values as text.
 */
#include "field/value.h"

#include "field/names.h"

#include <stdio.h>

static const char digit_pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

static const char hex_digits[17] = "0123456789abcdef";

/* ---- numbers ---- */

static inline char *put_digits2(char *p, unsigned v)
{
    return value_copy(p, digit_pairs + v * 2, 2);
}

static inline char *put_digits4(char *p, unsigned v)
{
    return put_digits2(put_digits2(p, v / 100), v % 100);
}

/* Below 10000, without leading zeros. */
static inline char *put_short(char *p, unsigned v)
{
    if (v < 10) {
        *p = (char)('0' + v);
        return p + 1;
    }
    if (v < 100) {
        return put_digits2(p, v);
    }
    if (v < 1000) {
        *p = (char)('0' + v / 100);
        return put_digits2(p + 1, v % 100);
    }
    return put_digits4(p, v);
}

char *value_u64(char *p, uint64_t v)
{
    if (v < 10000) {
        return put_short(p, (unsigned)v);
    }
    if (v < 100000000) {
        return put_digits4(put_short(p, (unsigned)v / 10000), (unsigned)v % 10000);
    }
    p = value_u64(p, v / 100000000);
    v %= 100000000;
    return put_digits4(put_digits4(p, (unsigned)v / 10000), (unsigned)v % 10000);
}

char *value_u64_wide(char *p, uint64_t v, int width)
{
    return value_pad(p, value_u64(p, v), width);
}

char *value_hex(char *p, uint64_t v)
{
    int digits = 1;

    while (digits < 16 && v >> (4 * digits) != 0) {
        digits++;
    }
    return value_hex_wide(p, v, digits);
}

char *value_hex_wide(char *p, uint64_t v, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        p[i] = hex_digits[v & 15];
        v >>= 4;
    }
    return p + digits;
}

static const struct {
    uint64_t unit;
    char letter;
} scales[] = {{1000000000000U, 'T'}, {1000000000U, 'G'}, {1000000U, 'M'}};

/* One decimal, rounded as printf rounds the quotient as a double: to be asked when that is a tie or
 * the numbers exceed what a double holds exactly. */
static char *one_decimal_exactly(char *p, uint64_t v, uint64_t unit)
{
    int n = snprintf(p, VALUE_TEXT_MAX, "%.1f", (double)v / (double)unit);
    return p + n;
}

static char *one_decimal(char *p, uint64_t v, uint64_t unit)
{
    uint64_t tenth = unit / 10;
    uint64_t rest = v % tenth;
    uint64_t tenths = v / tenth + (rest > tenth / 2);

    if (rest == tenth / 2 || v >= (uint64_t)1 << 53) {
        return one_decimal_exactly(p, v, unit);
    }
    p = value_u64(p, tenths / 10);
    *p++ = '.';
    *p++ = (char)('0' + tenths % 10);
    return p;
}

char *value_scaled(char *p, uint64_t v, bool plain)
{
    if (plain || v < 1000000) {
        return value_u64(p, v);
    }
    for (size_t i = 0;; i++) {
        if (v >= scales[i].unit) {
            p = one_decimal(p, v, scales[i].unit);
            *p++ = ' ';
            *p++ = scales[i].letter;
            return p;
        }
    }
}

char *value_scaled_wide(char *p, uint64_t v, bool plain)
{
    return value_pad(p, value_scaled(p, v, plain), 8);
}

char *value_thousandths(char *p, uint64_t v, int width)
{
    unsigned rest = (unsigned)(v % 1000);

    if (v >= (uint64_t)1 << 53) { /* nonsense, as after an underflow: what a double makes of it */
        return p + snprintf(p, VALUE_TEXT_MAX, "%*.3f", width, (double)v / 1000.0);
    }
    p = value_u64_wide(p, v / 1000, width > 4 ? width - 4 : 0);
    *p++ = '.';
    *p++ = (char)('0' + rest / 100);
    return put_digits2(p, rest % 100);
}

/* Texts of up to 16 octets in up to 32 columns, nearly all there are, move in one piece. */
static void pad_left(char *start, size_t len, size_t gap)
{
    if (len <= 16 && gap <= 16) {
        char text[16];
        memcpy(text, start, 16);
        memset(start, ' ', 16);
        memcpy(start + gap, text, 16);
    } else {
        memmove(start + gap, start, len);
        memset(start, ' ', gap);
    }
}

static void pad_right(char *end, size_t gap)
{
    if (gap <= 16) {
        memset(end, ' ', 16);
    } else {
        memset(end, ' ', gap);
    }
}

char *value_pad(char *start, char *end, int width)
{
    long len = end - start;
    long gap = (width < 0 ? -width : width) - len;

    if (gap <= 0) {
        return end;
    }
    if (width < 0) {
        pad_right(end, (size_t)gap);
    } else {
        pad_left(start, (size_t)len, (size_t)gap);
    }
    return end + gap;
}

/* ---- addresses ---- */

char *value_ip(char *p, const struct ip *ip, int family)
{
    if (family == 0) {
        return value_literal(p, "0.0.0.0");
    }
    return p + ip_format(ip, family, p);
}

char *value_ip_short(char *p, const struct ip *ip, int family)
{
    char *end = value_ip(p, ip, family);

    if (family == 4 || end - p <= 16) {
        return end;
    }
    memcpy(p + 7, "..", 2);
    memmove(p + 9, end - 7, 7);
    return p + 16;
}

char *value_mac(char *p, uint64_t mac)
{
    for (int shift = 40; shift >= 0; shift -= 8) {
        p = value_hex_wide(p, mac >> shift & 0xff, 2);
        if (shift > 0) {
            *p++ = ':';
        }
    }
    return p;
}

char *value_mpls(char *p, uint64_t label)
{
    p = value_u64_wide(p, label >> 4, 8);
    *p++ = '-';
    *p++ = (char)('0' + (label & 15) / 2);
    *p++ = '-';
    *p++ = (char)('0' + (label & 1));
    return p;
}

/* ---- time ---- */

static char *put_pair(char *p, unsigned v, char after)
{
    p = put_digits2(p, v);
    *p = after;
    return p + 1;
}

char *value_duration(char *p, uint64_t msec)
{
    uint64_t days = msec / 86400000;
    unsigned seconds = (unsigned)(msec % 86400000 / 1000);
    unsigned rest = (unsigned)(msec % 1000);

    if (days > 0) {
        p = value_u64_wide(p, days, 2);
        p = value_literal(p, "d ");
    } else {
        p = value_literal(p, "    ");
    }
    p = put_pair(p, seconds / 3600, ':');
    p = put_pair(p, seconds / 60 % 60, ':');
    p = put_pair(p, seconds % 60, '.');
    *p++ = (char)('0' + rest / 100);
    return put_digits2(p, rest % 100);
}

/* ---- transport ---- */

char *value_flags(char *p, uint64_t flags)
{
    static const char letters[8] = {'C', 'E', 'U', 'A', 'P', 'R', 'S', 'F'};

    for (int i = 0; i < 8; i++) {
        p[i] = flags & (0x80U >> i) ? letters[i] : '.';
    }
    return p + 8;
}

char *value_proto(char *p, uint64_t proto)
{
    const char *name = name_of(NAMES_PROTO, proto);
    return name != NULL ? value_copy(p, name, strlen(name)) : value_u64(p, proto);
}

char *value_dst_port(char *p, uint64_t port, uint64_t proto)
{
    if (!proto_is_icmp(proto)) {
        return value_u64(p, port);
    }
    p = value_u64(p, port >> 8 & 0xff);
    *p++ = '.';
    return value_u64(p, port & 0xff);
}
