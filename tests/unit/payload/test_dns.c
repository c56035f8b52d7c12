/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "../check.h"
#include "octets.h"

#include "base/err.h"
#include "payload/dns.h"
#include "payload/dns_print.h"

struct dns_case {
    const char *name;
    const char *hex;
    const char *text;
};

static const struct dns_case cases[] = {
#define DNS_CASE(name, hex, text) {name, hex, text},
#include "messages.def"
#undef DNS_CASE
};

#define CASES (sizeof cases / sizeof cases[0])

static struct octets case_octets(const char *name)
{
    for (size_t i = 0; i < CASES; i++) {
        if (strcmp(cases[i].name, name) == 0) {
            return octets_of(cases[i].hex);
        }
    }
    abort();
}

static void print_one(struct check *t, const struct dns_case *c, bool prefixed)
{
    struct octets plain = octets_of(c->hex);
    size_t skip = prefixed ? 2 : 0;
    uint8_t *data = (uint8_t *)calloc(1, plain.len + skip);
    struct dns_message m;
    struct buf out;

    memcpy(data + skip, plain.data, plain.len);
    buf_init(&out);
    if (dns_open(&m, data, plain.len + skip, prefixed) == 0) {
        dns_print(&out, &m);
    }
    CHECK_STR(buf_text(&out), c->text);
    CHECK(dns_defined(data, plain.len + skip, prefixed) == (c->text[0] != '\0'));
    buf_free(&out);
    free(data);
    free(plain.data);
}

static void test_print(struct check *t)
{
    for (size_t i = 0; i < CASES; i++) {
        print_one(t, &cases[i], false);
        print_one(t, &cases[i], true);
    }
}

static void test_contains(struct check *t)
{
    struct octets o = case_octets("mx");
    struct dns_message m;

    CHECK_OR_RETURN(dns_open(&m, o.data, o.len, false) == 0);
    CHECK(dns_name_contains(&m, "example", 7));
    CHECK(dns_name_contains(&m, "e.org.", 6));
    CHECK(!dns_name_contains(&m, "EXAMPLE", 7));
    CHECK(!dns_name_contains(&m, "mail", 4)); /* stands in an answer only */
    CHECK(dns_address_contains(&m, "192.0.2", 7));
    CHECK(dns_address_contains(&m, "2001:db8::7", 11));
    CHECK(!dns_address_contains(&m, "10.", 3));
    free(o.data);
}

static void test_walk(struct check *t)
{
    struct octets o = case_octets("mx");
    struct dns_message m;
    struct dns_walk walk;
    struct dns_record record;
    struct dns_name name;
    struct cur data;

    CHECK_OR_RETURN(dns_open(&m, o.data, o.len, false) == 0);
    CHECK(m.response && m.authoritative && m.recursion_desired && !m.truncated);
    CHECK_EQ_U64(m.id, 0x1234);
    dns_rewind(&m, &walk);
    CHECK_EQ_I64(dns_next(&walk, &record), 0);
    CHECK(record.section == DNS_QUESTION && record.type == DNS_MX && record.class == 1);
    CHECK_EQ_I64(dns_next(&walk, &record), 0);
    CHECK(record.section == DNS_ANSWER && record.index == 0 && record.ttl == 300);
    data = record.data;
    CHECK_EQ_U64(cur_u16be(&data), 10);
    CHECK(dns_read_name(&data, &name));
    CHECK_EQ_U64(name.len, 17);
    CHECK_MEM(name.text, "mail.example.org.", 17);
    CHECK_EQ_U64(cur_left(&data), 0);
    for (int i = 0; i < 4; i++) {
        CHECK_EQ_I64(dns_next(&walk, &record), 0);
    }
    CHECK(record.section == DNS_ADDITIONAL && record.index == 1);
    CHECK_EQ_I64(dns_next(&walk, &record), ERR_END);
    free(o.data);
}

/* Each cut of each message is an error or decodes, and never reads beyond (sanitizer). */
static void test_cut(struct check *t)
{
    for (size_t i = 0; i < CASES; i++) {
        struct octets o = octets_of(cases[i].hex);
        for (size_t len = 0; len < o.len; len++) {
            uint8_t *copy = (uint8_t *)malloc(len > 0 ? len : 1);
            struct dns_message m;
            int rc;
            memcpy(copy, o.data, len);
            rc = dns_open(&m, copy, len, false);
            CHECK(rc == 0 || rc == ERR_FORMAT || rc == ERR_TRUNCATED);
            free(copy);
        }
        free(o.data);
    }
}

static void test_control_characters(struct check *t)
{
    struct octets o = octets_of("12340100000100000000000004611b620a0000100001");
    struct dns_message m;
    struct buf out;

    buf_init(&out);
    CHECK_OR_RETURN(dns_open(&m, o.data, o.len, false) == 0);
    dns_print(&out, &m);
    CHECK(strstr(buf_text(&out), "DNS Query  :  0: a\\027b\\010. IN TXT\n") != NULL);
    buf_free(&out);
    free(o.data);
}

/* 100 answers: more than nfdump's fixed memory holds. */
static void test_many_records(struct check *t)
{
    static const uint8_t header[] = {0, 1, 0x81, 0x80, 0, 0, 1, 0, 0, 0, 0, 0};
    static const uint8_t answer[] = {0, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 0, 0, 7};
    uint8_t data[sizeof header + 256 * sizeof answer];
    struct dns_message m;

    memcpy(data, header, sizeof header);
    for (size_t i = 0; i < 256; i++) {
        memcpy(data + sizeof header + i * sizeof answer, answer, sizeof answer);
    }
    CHECK_EQ_I64(dns_open(&m, data, sizeof data, false), 0);
    CHECK(dns_address_contains(&m, "10.0.0.7", 8));
    CHECK(dns_open(&m, data, sizeof data - 1, false) != 0);
}

static void test_names(struct check *t)
{
    CHECK_STR(dns_type_text(28), "AAAA");
    CHECK_STR(dns_type_text(54), "X-UNKN");
    CHECK_STR(dns_type_text(65535), "UNKNOWN");
    CHECK_STR(dns_class_text(255), "ANY");
    CHECK_STR(dns_class_text(5), "X-UNKN");
    CHECK_STR(dns_rcode_text(23), "Bad/missing server cookie");
    CHECK_STR(dns_rcode_text(11), "Unknown error");
}

CHECK_MAIN(test_print, test_contains, test_walk, test_cut, test_control_characters,
           test_many_records, test_names)
