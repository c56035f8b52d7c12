/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "../check.h"
#include "octets.h"

#include "payload/ja3.h"
#include "payload/ja4.h"

struct hello_case {
    enum tls_side side;
    const char *ja3;
    const char *ja4;
    const char *hex;
};

static const struct hello_case cases[] = {
#define HELLO(side, legacy, version, shown, sni, ja3, ja4, hex) {side, ja3, ja4, hex},
#include "hellos.def"
#undef HELLO
};

#define CASES (sizeof cases / sizeof cases[0])

static void test_fingerprints(struct check *t)
{
    struct buf work;

    buf_init(&work);
    for (size_t i = 0; i < CASES; i++) {
        struct octets o = octets_of(cases[i].hex);
        struct tls_hello hello;
        char ja3[JA3_LENGTH + 1], ja4[JA4_LENGTH + 1] = "";
        CHECK_OR_RETURN(tls_parse(o.data, o.len, &hello) == 0);
        CHECK_EQ_I64(ja3_of(&hello, &work, ja3), 0);
        CHECK_STR(ja3, cases[i].ja3);
        CHECK(ja4_of(&hello, ja4) == (cases[i].ja4[0] != '\0'));
        CHECK_STR(ja4, cases[i].ja4);
        free(o.data);
    }
    buf_free(&work);
}

static void test_ja3_text(struct check *t)
{
    struct octets o = octets_of(cases[0].hex);
    struct tls_hello hello;
    struct buf text;

    buf_init(&text);
    CHECK_OR_RETURN(tls_parse(o.data, o.len, &hello) == 0);
    ja3_text(&hello, &text);
    CHECK_STR(buf_text(&text), "771,4865,51-43");
    buf_free(&text);
    free(o.data);
}

static void test_valid(struct check *t)
{
    char out[JA3_LENGTH + 1];

    CHECK(ja3_valid("D3E627F423A33EA41841C19B8AF79293", 32, out));
    CHECK_STR(out, "d3e627f423a33ea41841c19b8af79293");
    CHECK(!ja3_valid("d3e627f423a33ea41841c19b8af7929", 31, out));
    CHECK(!ja3_valid("g3e627f423a33ea41841c19b8af79293", 32, out));
    CHECK(ja4_valid("t12d1612h1_94fc43e2fc61_c9eaec7dbab4", 36));
    CHECK(ja4_valid("q13i0312h3_94fc43e2fc61_c9eaec7dbab4", 36));
    CHECK(!ja4_valid("T12D1612H1_94FC43E2FC61_C9EAEC7DBAB4", 36));
    CHECK(!ja4_valid("t12d1612h1-94fc43e2fc61_c9eaec7dbab4", 36));
    CHECK(!ja4_valid("t12d1612h1_94fc43e2fc61_c9eaec7dbab", 35));
    CHECK(ja4s_valid("t130200_1301_234ea6891581", 25));
    CHECK(!ja4s_valid("t130200_1301_234ea689158", 24));
}

/* The example of the published description: extensions 51 and 43, cipher 1301. */
static void test_ja4s(struct check *t)
{
    struct octets o = octets_of(cases[0].hex);
    struct tls_hello hello;
    char ja4s[JA4S_LENGTH + 1] = "";

    CHECK_OR_RETURN(tls_parse(o.data, o.len, &hello) == 0);
    CHECK(ja4s_of(&hello, ja4s) == ja4s_enabled());
    CHECK_STR(ja4s, ja4s_enabled() ? "t130200_1301_234ea6891581" : "");
    free(o.data);
}

CHECK_MAIN(test_fingerprints, test_ja3_text, test_valid, test_ja4s)
