/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "../check.h"
#include "octets.h"

#include "base/err.h"
#include "payload/tls.h"

struct hello_case {
    enum tls_side side;
    uint16_t legacy_version;
    uint16_t version;
    const char *shown;
    const char *sni;
    const char *hex;
};

static const struct hello_case cases[] = {
#define HELLO(side, legacy, version, shown, sni, ja3, ja4, hex) \
    {side, legacy, version, shown, sni, hex},
#include "hellos.def"
#undef HELLO
};

#define CASES (sizeof cases / sizeof cases[0])

static void test_hellos(struct check *t)
{
    for (size_t i = 0; i < CASES; i++) {
        struct octets o = octets_of(cases[i].hex);
        struct tls_hello hello;
        CHECK_OR_RETURN(tls_parse(o.data, o.len, &hello) == 0);
        CHECK(hello.side == cases[i].side);
        CHECK_EQ_U64(hello.legacy_version, cases[i].legacy_version);
        CHECK_EQ_U64(hello.version, cases[i].version);
        CHECK_STR(tls_shown_version(&hello), cases[i].shown);
        CHECK_EQ_U64(hello.sni.len, strlen(cases[i].sni));
        CHECK(tls_sni_contains(&hello, cases[i].sni, strlen(cases[i].sni)));
        CHECK(tls_sni_contains(&hello, "", 0));
        CHECK(!tls_sni_contains(&hello, "nowhere", 7));
        free(o.data);
    }
}

/* A hello must be complete: every cut of it is refused, and never read beyond (sanitizer). */
static void test_cut(struct check *t)
{
    for (size_t i = 0; i < CASES; i++) {
        struct octets o = octets_of(cases[i].hex);
        for (size_t len = 0; len < o.len; len++) {
            uint8_t *copy = (uint8_t *)malloc(len > 0 ? len : 1);
            struct tls_hello hello;
            memcpy(copy, o.data, len);
            CHECK_EQ_I64(tls_parse(copy, len, &hello), ERR_FORMAT);
            free(copy);
        }
        free(o.data);
    }
}

static void test_alpn_and_lists(struct check *t)
{
    struct octets o = octets_of(cases[1].hex); /* xp.apple.com */
    struct tls_hello hello;
    struct cur list;
    uint16_t value;

    CHECK_OR_RETURN(tls_parse(o.data, o.len, &hello) == 0);
    CHECK_EQ_U64(hello.alpn.len, 2);
    CHECK_MEM(hello.alpn.text, "h2", 2);
    CHECK_EQ_U64(cur_left(&hello.ciphers), 40);
    CHECK_EQ_U64(cur_left(&hello.formats), 1);
    list = hello.groups;
    CHECK(tls_next_u16(&list, true, &value) && value == 29);
    CHECK(tls_next_u16(&list, true, &value) && value == 23);
    CHECK(tls_next_u16(&list, true, &value) && value == 24);
    CHECK(!tls_next_u16(&list, true, &value));
    free(o.data);
}

static void test_grease(struct check *t)
{
    struct cur list = cur_of("\x0a\x0a\x00\x2f\xfa\xfa", 6);
    uint16_t value = 0;

    CHECK(tls_is_grease(0x0a0a) && tls_is_grease(0xfafa));
    CHECK(!tls_is_grease(0x0afa) && !tls_is_grease(0x0b0b) && !tls_is_grease(0));
    CHECK(tls_next_u16(&list, true, &value));
    CHECK_EQ_U64(value, 0x2f);
    CHECK(!tls_next_u16(&list, true, &value));
}

static void refuse(struct check *t, const char *hex)
{
    struct octets o = octets_of(hex);
    struct tls_hello hello;

    CHECK_EQ_I64(tls_parse(o.data, o.len, &hello), ERR_FORMAT);
    free(o.data);
}

static void accept(struct check *t, const char *hex)
{
    struct octets o = octets_of(hex);
    struct tls_hello hello;

    CHECK_EQ_I64(tls_parse(o.data, o.len, &hello), 0);
    free(o.data);
}

#define RANDOM "0000000000000000000000000000000000000000000000000000000000000000"

static void test_refused(struct check *t)
{
    refuse(t, "");
    refuse(t, "474554202f");
    refuse(t, "170303000400000000");
    /* a certificate; no extension; no cipher; an unknown version */
    refuse(t, "1603010033" "0b00002f" "0303" RANDOM "00" "0002002f" "0100" "0004ff010000");
    refuse(t, "160301002f" "0100002b" "0303" RANDOM "00" "0002002f" "0100" "0000");
    refuse(t, "1603010031" "0100002d" "0303" RANDOM "00" "0000" "0100" "0004ff010000");
    refuse(t, "1603010033" "0100002f" "0305" RANDOM "00" "0002002f" "0100" "0004ff010000");
    accept(t, "1603010033" "0100002f" "0303" RANDOM "00" "0002002f" "0100" "0004ff010000");
}

CHECK_MAIN(test_hellos, test_cut, test_alpn_and_lists, test_grease, test_refused)
