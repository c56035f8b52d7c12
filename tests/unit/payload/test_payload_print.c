/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "../check.h"
#include "octets.h"

#include "payload/payload_print.h"

static void line(struct check *t, const char *data, size_t len, const char *want)
{
    struct payload p = {(const uint8_t *)data, len, 17, 1000, 2000};
    struct buf out;

    buf_init(&out);
    payload_print_line(&out, &p);
    CHECK_STR(buf_text(&out), want);
    buf_free(&out);
}

static void test_line(struct check *t)
{
    line(t, "GET /\r\n", 7, "GET /\r\n\n");
    line(t, "ab\0\0", 4, "ab\n");
    line(t, "\0\0", 2, "\n");
    line(t, "", 0, "\n");
    line(t, "a\0b", 3,
         "00000000 61 00 62                                          |  a.b \n");
    line(t, "\x80zzzzzzz", 8,
         "00000000 80 7A 7A 7A 7A 7A 7A 7A                           |  .zzzzzzz \n");
    line(t, "\x80zzzzzzz1", 9,
         "00000000 80 7A 7A 7A 7A 7A 7A 7A  31                       |  .zzzzzzz1 \n");
    line(t, "\xffxxxxxxxyyyyyyyy", 16,
         "00000000 FF 78 78 78 78 78 78 78  79 79 79 79 79 79 79 79  |  .xxxxxxxyyyyyyyy \n"
         "00000010 ");
}

static void raw(struct check *t, const struct payload *p, const char *want)
{
    struct buf out;

    buf_init(&out);
    payload_print_raw(&out, p);
    CHECK_STR(buf_text(&out), want);
    buf_free(&out);
}

static void test_raw(struct check *t)
{
    struct octets dns = octets_of("00010100000100000000000001780000010001");
    struct payload text = {(const uint8_t *)"ok", 2, 6, 1, 2};
    struct payload query = {dns.data, dns.len, 17, 53, 2};
    struct payload damaged = {dns.data, dns.len - 1, 17, 2, 53};

    raw(t, &text,
        "ok\n00000000 6F 6B                                             |  ok \n");
    raw(t, &query,
        "DNS Header : Queries: 1, Answers: 0, Nameservers: 0, Additional: 0, "
        "Authoritative: false\n"
        "DNS header : Truncated: false, Recursion desired: true, Recursion available: false\n"
        "DNS header : Authentic data: false, Checking disabled: false, Result: No error\n"
        "DNS Query  :  0: x. IN A\n");
    raw(t, &damaged, "");
    free(dns.data);
}

/* A server hello with one cipher and two extensions; JA3S is the MD5 of "769,47,65281-35". */
static void test_raw_tls(struct check *t)
{
    struct octets o = octets_of("1603010035" "02000031" "0301"
                                "0000000000000000000000000000000000000000000000000000000000000000"
                                "00" "002f" "00" "0009" "ff01000100" "00230000");
    const char *want = "    TLS vers   =            TLS 1.0\n"
                       "    ja3s hash  =  4ea82b75038dd27e8a1cb69d8b839b26\n00000000 16 03";
    struct payload p = {o.data, o.len, 6, 443, 50000};
    struct buf out;

    buf_init(&out);
    payload_print_raw(&out, &p);
    CHECK(strncmp(buf_text(&out), want, strlen(want)) == 0);
    p.proto = 17;
    buf_clear(&out);
    payload_print_raw(&out, &p);
    CHECK(strncmp(buf_text(&out), "00000000 16 03", 14) == 0);
    buf_free(&out);
    free(o.data);
}

static void test_which(struct check *t)
{
    struct payload p = {NULL, 0, 6, 53, 40000};

    CHECK(payload_may_be_dns(&p) && payload_may_be_tls(&p) && payload_dns_prefixed(&p));
    p.proto = 17;
    CHECK(payload_may_be_dns(&p) && !payload_may_be_tls(&p) && !payload_dns_prefixed(&p));
    p.proto = 1;
    CHECK(!payload_may_be_dns(&p));
    p = (struct payload){NULL, 0, 17, 1, 2};
    CHECK(!payload_may_be_dns(&p));
}

CHECK_MAIN(test_line, test_raw, test_raw_tls, test_which)
