/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_printer.c - one flow through each format.
 */
#include "../check.h"
#include "flow/builder.h"
#include "print/print.h"

#include <stdlib.h>

static struct rec sample(void)
{
    struct rec r;

    rec_clear(&r);
    r.groups |= group_bit(GROUP_GENERIC) | group_bit(GROUP_IPV4) | group_bit(GROUP_AS_ADJACENT);
    r.nf_version = 9;
    r.first = 1709210096789;
    r.last = 1709210098289;
    r.packets = 12;
    r.bytes = 1500000;
    r.src_port = 51234;
    r.dst_port = 443;
    r.proto = 6;
    r.tcp_flags = 0x1b;
    r.src_addr = ip_from_v4(0xc000020a);
    r.dst_addr = ip_from_v4(0xc6336414);
    r.next_as = 4294967295;
    return r;
}

/* What the format makes of the record, with head and foot; to be freed. */
static char *printed(const char *format, const struct print_options *options, const struct rec *r)
{
    struct builder *b = builder_new();
    struct printer *p = NULL;
    struct printer_work *w;
    struct buf out;
    char *text;

    buf_init(&out);
    if (printer_new(format, options, &p, NULL, &out) != 0) {
        text = strdup(buf_text(&out));
        buf_free(&out);
        builder_free(b);
        return text;
    }
    w = printer_work_new(p);
    builder_add(b, r);
    printer_head(p, &out);
    printer_rows(p, w, builder_batch(b), NULL, 1, 1, &out);
    printer_foot(p, &out);
    text = strdup(buf_text(&out));
    buf_free(&out);
    printer_work_free(w);
    printer_free(p);
    builder_free(b);
    return text;
}

static void expect(struct check *t, const char *format, const struct print_options *options,
                   const struct rec *r, const char *want)
{
    char *got = printed(format, options, r);
    CHECK_STR(got, want);
    free(got);
}

static const struct print_options none;
static const struct print_options quiet = {.quiet = true};
static const struct print_options plain = {.quiet = true, .plain_numbers = true};

static void test_lines(struct check *t)
{
    struct rec r = sample();

    expect(t, "line", &quiet, &r,
           "2024-02-29 12:34:56.789     00:00:01.500 TCP         192.0.2.10:51234 ->    "
           "198.51.100.20:443         12    1.5 M     1\n");
    expect(t, "fmt:%flg|%td|%pr|%byt", &plain, &r, "      27|           1.500|6    | 1500000\n");
    expect(t, "fmt:a%pas", &none, &r, " Prev AS\na      0\n");
    expect(t, "fmt:%nas", &quiet, &r, " 4294967295\n");
    expect(t, "csv:%sa , %dp", &none, &r, "srcAddr,dstPort\n192.0.2.10,443\n");
}

static void test_lists(struct check *t)
{
    struct rec r = sample();

    expect(t, "csv-fast", &none, &r,
           "cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,srcAS,dstAS,input,"
           "output,flags,srcTos,packets,bytes\n"
           "1,2,1709210096789,1709210098289,6,192.0.2.10,51234,198.51.100.20,443,0,0,0,0,"
           "...AP.SF,0,12,1500000\n");
    expect(t, "pipe", &none, &r,
           "2|1709210096|789|1709210098|289|6|0|0|0|3221225994|51234|0|0|0|3325256724|443|0|0|0|0|"
           "27|0|12|1500000\n");
}

static void test_json(struct check *t)
{
    struct rec r = sample();

    r.groups |= group_bit(GROUP_USER);
    r.user_name = (struct span){(const uint8_t *)"a\"b\n", 4};
    expect(t, "ndjson", &none, &r,
           "{\"cnt\":1,\"type\":\"FLOW\",\"export_sysid\":0,\"first\":\"2024-02-29T12:34:56.789\","
           "\"last\":\"2024-02-29T12:34:58.289\",\"received\":\"1970-01-01T00:00:00.000\","
           "\"in_packets\":12,\"in_bytes\":1500000,\"proto\":6,\"tcp_flags\":\"...AP.SF\","
           "\"src_port\":51234,\"dst_port\":443,\"fwd_status\":0,\"src_tos\":0,"
           "\"src4_addr\":\"192.0.2.10\",\"dst4_addr\":\"198.51.100.20\",\"src4_geo\":\"\","
           "\"dst4_geo\":\"\",\"next_as\":4294967295,\"prev_as\":0,\"user_name\":\"a\\\"b\\n\","
           "\"sampled\":0}\n");
}

static void test_tunnel(struct check *t)
{
    struct rec r = sample();

    r.groups |= group_bit(GROUP_TUNNEL4);
    r.tun_src4 = ip_from_v4(0x0a000001);
    r.tun_dst4 = ip_from_v4(0x0a000002);
    r.tun_proto4 = 47;
    expect(t, "fmt:%pr%sap", &quiet, &r,
           "GRE          10.0.0.1:0    \nTCP        192.0.2.10:51234\n");
    expect(t, "csv:%pr,%sa,%sp", &quiet, &r,
           "proto,srcAddr,srcPort\n47,10.0.0.1,51234\n6,192.0.2.10,51234\n");
}

static void test_nat_format_is_usable(struct check *t)
{
    struct rec r = sample();

    r.groups |= group_bit(GROUP_NAT) | group_bit(GROUP_XLATE4) | group_bit(GROUP_XLATE_PORT);
    r.nat_event = 1;
    expect(t, "nat", &quiet, &r,
           "2024-02-29 12:34:56.789      ADD TCP         192.0.2.10:51234 ->    198.51.100.20:443"
           "            0.0.0.0:0     ->          0.0.0.0:0    \n");
}

static void set_utc(struct check *t)
{
    setenv("TZ", "UTC", 1);
    CHECK(getenv("TZ") != NULL);
}

CHECK_MAIN(set_utc, test_lines, test_lists, test_json, test_tunnel, test_nat_format_is_usable)
