/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/ip.h"
#include "../check.h"

#include <arpa/inet.h>

/* Random addresses with many zero groups, so that all shapes of "::" come up. */
static struct ip random_ip(uint64_t *state)
{
    struct ip ip;
    uint64_t zero_groups = check_random(state) >> 40;

    for (size_t i = 0; i < 8; i++) {
        uint64_t v = check_random(state) >> 48;
        v >>= (check_random(state) >> 60) & 12;
        if (zero_groups >> i & 1 || (zero_groups >> (i + 8) & 1)) {
            v = 0;
        }
        if (i == 5 && zero_groups >> 20 == 0) {
            v = 0xffff;
        }
        ip.octet[2 * i] = (uint8_t)(v >> 8);
        ip.octet[2 * i + 1] = (uint8_t)v;
    }
    return ip;
}

static void test_format_like_inet_ntop(struct check *t)
{
    uint64_t state = 1;
    unsigned wrong = 0;
    unsigned unlike = 0;
    char got[IP_TEXT_MAX];
    char want[IP_TEXT_MAX];

    for (int i = 0; i < 200000; i++) {
        struct ip ip = random_ip(&state);
        struct ip back;
        size_t len = ip_format(&ip, 6, got);
        inet_ntop(AF_INET6, ip.octet, want, sizeof want);
        if (strcmp(got, want) != 0 && wrong++ < 5) {
            printf("    got %s want %s\n", got, want);
        }
        unlike += ip_parse(got, len, &back) != 6 || !ip_equal(&ip, &back);
        len = ip_format(&ip, 4, got);
        inet_ntop(AF_INET, ip.octet + 12, want, sizeof want);
        wrong += strcmp(got, want) != 0;
        unlike += ip_parse(got, len, &back) != 4 || ip_to_v4(&back) != ip_to_v4(&ip);
    }
    CHECK_EQ_U64(wrong, 0);
    CHECK_EQ_U64(unlike, 0);
}

static void test_parse(struct check *t)
{
    static const char *const bad[] = {
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "1..2.3",
        "1.2.3.", ".1.2.3", "0x1.2.3.4", "1.2.3.-4", "1000.2.3.4", ":", ":::", "1::2::3",
        "12345::", "fe80::1%eth0", "2001:db8:0:0:0:0:0:0:1", "::1.2.3.256", "::g",
    };
    struct ip ip;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQ_I64(ip_parse(bad[i], strlen(bad[i]), &ip), 0);
    }
    CHECK_EQ_I64(ip_parse("192.0.2.1xyz", 9, &ip), 4);
    CHECK_EQ_U64(ip_to_v4(&ip), 0xc0000201);
    CHECK(ip_is_mapped(&ip) && !ip_is_zero(&ip));
    CHECK_EQ_I64(ip_parse("::1\0garbage", 11, &ip), 0);
    CHECK_EQ_I64(ip_parse("::ffff:192.0.2.1", 16, &ip), 6);
    CHECK(ip_is_mapped(&ip));
    CHECK_EQ_I64(ip_parse("0.0.0.0", 7, &ip), 4);
    CHECK(ip_is_zero(&ip));
    CHECK_EQ_I64(ip_parse("::", 2, &ip), 6);
    CHECK(ip_is_zero(&ip));
}

static void test_mask(struct check *t)
{
    struct ip ones = ip_from_halves(UINT64_MAX, UINT64_MAX);
    struct ip v4 = ip_from_v4(0xc0a80fff);

    for (unsigned n = 0; n <= 128; n++) {
        struct ip masked = ip_mask(&ones, n);
        unsigned bits = (unsigned)(__builtin_popcountll(ip_high(&masked)) +
                                   __builtin_popcountll(ip_low(&masked)));
        CHECK_EQ_U64(bits, n);
        CHECK(n == 0 || masked.octet[(n - 1) / 8] >> (7 - (n - 1) % 8) & 1);
    }
    v4 = ip_mask(&v4, 96 + 20);
    CHECK_EQ_U64(ip_to_v4(&v4), 0xc0a80000);
    CHECK(ip_is_mapped(&v4));
}

static void test_order(struct check *t)
{
    struct ip low = ip_from_v4(0x7fffffff);
    struct ip high = ip_from_v4(0x80000000);

    CHECK(ip_cmp(&low, &high) < 0 && ip_cmp(&high, &low) > 0 && ip_cmp(&low, &low) == 0);
    high = ip_from_halves(0x0102030405060708, 0x090a0b0c0d0e0f10);
    CHECK_EQ_U64(ip_high(&high), 0x0102030405060708);
    CHECK_EQ_U64(ip_low(&high), 0x090a0b0c0d0e0f10);
    CHECK_EQ_U64(high.octet[0], 1);
    CHECK_EQ_U64(high.octet[15], 16);
}

CHECK_MAIN(test_format_like_inet_ntop, test_parse, test_mask, test_order)
