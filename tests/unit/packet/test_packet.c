/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_packet.c - header decoding, from frames written out octet by octet.
 */
#include "packet/fragment.h"
#include "packet/packet.h"

#include "../check.h"

#include <pcap/dlt.h>

static const struct packet_options open_all = {.open_ip_tunnels = true, .open_udp_tunnels = true};

/* A frame under construction. */
struct frame {
    uint8_t octet[512];
    size_t n;
};

static void put(struct frame *f, const char *hex)
{
    for (; hex[0] != '\0' && hex[1] != '\0'; hex += hex[2] == ' ' ? 3 : 2) {
        unsigned v;
        sscanf(hex, "%2x", &v);
        f->octet[f->n++] = (uint8_t)v;
    }
}

#define MACS "02 00 00 00 00 02 02 00 00 00 00 01 "
#define UDP_HEAD "30 39 00 35 00 0c 00 00 "
#define IPV4_UDP "45 b8 00 20 12 34 40 00 40 11 00 00 c0 00 02 01 c0 00 02 02 "

static enum packet_verdict decode(struct frame *f, const char *hex, struct packet *p)
{
    f->n = 0;
    put(f, hex);
    return packet_decode(DLT_EN10MB, f->octet, f->n, &open_all, p);
}

static void test_udp(struct check *t)
{
    struct frame f;
    struct packet p;
    CHECK(decode(&f, MACS "08 00 " IPV4_UDP UDP_HEAD "aa bb cc dd 00 00", &p) == PACKET_OK);
    CHECK_EQ_U64(p.family, 4);
    CHECK_EQ_U64(ip_to_v4(&p.src), 0xc0000201);
    CHECK_EQ_U64(ip_to_v4(&p.dst), 0xc0000202);
    CHECK_EQ_U64(p.src_port, 12345);
    CHECK_EQ_U64(p.dst_port, 53);
    CHECK_EQ_U64(p.proto, 17);
    CHECK_EQ_U64(p.tos, 0xb8);
    CHECK_EQ_U64(p.ttl, 64);
    CHECK_EQ_U64(p.ip_length, 32);
    CHECK_EQ_U64(p.fragment_flags, PACKET_DONT_FRAGMENT);
    CHECK_EQ_U64(p.link_length, 14);
    CHECK_EQ_U64(p.src_mac, 0x020000000001);
    CHECK_EQ_U64(p.dst_mac, 0x020000000002);
    CHECK_EQ_U64(p.payload_length, 4); /* not the two octets of padding */
    CHECK_MEM(p.payload, "\xaa\xbb\xcc\xdd", 4);
}

static void test_vlans_and_labels(struct check *t)
{
    struct frame f;
    struct packet p;
    CHECK(decode(&f, MACS "88 a8 00 64 81 00 20 c8 08 00 " IPV4_UDP UDP_HEAD, &p) == PACKET_OK);
    CHECK_EQ_U64(p.nvlans, 2);
    CHECK_EQ_U64(p.outer_vlan, 100);
    CHECK_EQ_U64(p.inner_vlan, 200);
    CHECK(decode(&f, MACS "88 47 00 06 40 40 00 06 53 40 " IPV4_UDP UDP_HEAD, &p) == PACKET_OK);
    CHECK_EQ_U64(p.nlabels, 2);
    CHECK_EQ_U64(p.label[0], 100 << 4);
    CHECK_EQ_U64(p.label[1], 101 << 4 | 1 << 1 | 1);
    CHECK_EQ_U64(p.dst_port, 53);
}

#define IPV6_HEAD "6b 81 23 45 00 10 "
#define IPV6_ADDRS                                                    \
    "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 "                \
    "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 "

static void test_ipv6(struct check *t)
{
    struct frame f;
    struct packet p;
    char text[IP_TEXT_MAX];
    CHECK(decode(&f, MACS "86 dd " IPV6_HEAD "00 3f " IPV6_ADDRS
                          "3a 00 01 04 00 00 00 00 80 00 00 00 00 01 00 02", &p) == PACKET_OK);
    CHECK_EQ_U64(p.family, 6);
    ip_format(&p.src, 6, text);
    CHECK_STR(text, "2001:db8::1");
    CHECK_EQ_U64(p.tos, 0xb8);
    CHECK_EQ_U64(p.flow_label, 0x12345);
    CHECK_EQ_U64(p.proto, 58);
    CHECK_EQ_U64(p.dst_port, 128 * 256);
    CHECK_EQ_U64(p.src_port, 0);
    CHECK_EQ_U64(p.ip_length, 56);
}

static void test_tcp_flags(struct check *t)
{
    struct frame f;
    struct packet p;
    CHECK(decode(&f, MACS "08 00 45 00 00 29 00 01 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02 "
                          "04 d2 01 bb 00 00 00 07 00 00 00 09 50 92 10 00 00 00 00 00 78", &p)
          == PACKET_OK);
    CHECK_EQ_U64(p.tcp_flags, 0x92);
    CHECK_EQ_U64(p.tcp_seq, 7);
    CHECK_EQ_U64(p.tcp_ack, 9);
    CHECK_EQ_U64(p.payload_length, 1);
}

static void test_tunnels(struct check *t)
{
    struct frame f;
    struct packet p;
    const char *gre = MACS "08 00 45 00 00 38 00 00 00 00 40 2f 00 00 0a 00 00 01 0a 00 00 02 "
                           "00 00 08 00 " IPV4_UDP UDP_HEAD "01 02 03 04";
    CHECK(decode(&f, gre, &p) == PACKET_OK);
    CHECK_EQ_U64(p.proto, 17);
    CHECK_EQ_U64(ip_to_v4(&p.src), 0xc0000201);
    CHECK_EQ_U64(p.tunnel_family, 4);
    CHECK_EQ_U64(p.tunnel_proto, 47);
    CHECK_EQ_U64(ip_to_v4(&p.tunnel_src), 0x0a000001);
    CHECK(packet_decode(DLT_EN10MB, f.octet, f.n, NULL, &p) == PACKET_OK);
    CHECK_EQ_U64(p.proto, 47); /* closed when nobody asks */
    CHECK_EQ_U64(p.tunnel_family, 0);
}

static void test_broken_tunnel_stays_outside(struct check *t)
{
    struct frame f;
    struct packet p;
    CHECK(decode(&f, MACS "08 00 45 00 00 20 00 00 00 00 40 2f 00 00 0a 00 00 01 0a 00 00 02 "
                          "00 00 08 00 45 00 00 20", &p) == PACKET_OK);
    CHECK_EQ_U64(p.proto, 47);
    CHECK_EQ_U64(p.tunnel_family, 0);
    CHECK_EQ_U64(ip_to_v4(&p.dst), 0x0a000002);
}

static void test_verdicts(struct check *t)
{
    struct frame f;
    struct packet p;
    CHECK(decode(&f, MACS "08 06 00 01 08 00", &p) == PACKET_NOT_IP);
    CHECK(decode(&f, MACS "08 00 45 00 00", &p) == PACKET_SHORT);
    CHECK(decode(&f, "02 00", &p) == PACKET_SHORT);
    CHECK(packet_decode(9999, f.octet, f.n, NULL, &p) == PACKET_UNKNOWN_LINK);
    CHECK(packet_link_known(DLT_LINUX_SLL));
    CHECK(!packet_link_known(9999));
}

/* Every prefix of a frame decodes to something or says short; never past the end. */
static void test_every_cut(struct check *t)
{
    struct frame f;
    struct packet p;
    size_t ok = 0;
    decode(&f, MACS "08 00 " IPV4_UDP UDP_HEAD "aa bb cc dd", &p);
    for (size_t n = 0; n <= f.n; n++) {
        uint8_t *copy = malloc(n > 0 ? n : 1); /* its own block, so that ASan sees a step too far */
        memcpy(copy, f.octet, n);
        enum packet_verdict v = packet_decode(DLT_EN10MB, copy, n, &open_all, &p);
        ok += v == PACKET_OK;
        CHECK(v == PACKET_SHORT || n >= 34);
        free(copy);
    }
    CHECK_EQ_U64(ok, f.n - 34 + 1);
}

static void first_and_second_fragment(struct packet *first, struct packet *second)
{
    struct frame f;
    decode(&f, MACS "08 00 45 00 00 20 12 34 20 00 40 11 00 00 c0 00 02 01 c0 00 02 02 " UDP_HEAD,
           first);
    decode(&f, MACS "08 00 45 00 00 20 12 34 00 01 40 11 00 00 c0 00 02 01 c0 00 02 02 01 02 03 04",
           second);
}

static void test_fragments_in_order(struct check *t)
{
    struct packet first, second;
    struct held_fragment held;
    struct fragments *fragments = fragments_new();
    CHECK_OR_RETURN(fragments != NULL);
    first_and_second_fragment(&first, &second);
    CHECK(first.is_fragment && second.is_fragment && !second.has_ports);
    CHECK(fragments_pass(fragments, &first, 1000, 32));
    CHECK(fragments_pass(fragments, &second, 1500, 32));
    CHECK(second.has_ports);
    CHECK_EQ_U64(second.src_port, 12345);
    CHECK_EQ_U64(second.dst_port, 53);
    CHECK(!fragments_next(fragments, &held));
    fragments_free(fragments);
}

/* The later one waits, and comes out with the ports once the first one is there. */
static void test_fragments_out_of_order(struct check *t)
{
    struct packet first, second, other;
    struct held_fragment held;
    struct fragments *fragments = fragments_new();
    CHECK_OR_RETURN(fragments != NULL);
    first_and_second_fragment(&first, &second);
    other = second;
    other.fragment_id++;
    CHECK(!fragments_pass(fragments, &second, 1000, 33));
    CHECK(!fragments_pass(fragments, &other, 1200, 34));
    CHECK(!fragments_next(fragments, &held));
    CHECK(fragments_pass(fragments, &first, 1500, 32));
    CHECK_OR_RETURN(fragments_next(fragments, &held));
    CHECK(held.packet.has_ports);
    CHECK_EQ_U64(held.packet.src_port, 12345);
    CHECK_EQ_U64(held.usec, 1000);
    CHECK_EQ_U64(held.octets, 33);
    CHECK(!fragments_next(fragments, &held));
    fragments_tick(fragments, 1200 + FRAGMENT_WAIT_MSEC * 1000);
    CHECK(!fragments_next(fragments, &held));
    fragments_tick(fragments, 2000000 + FRAGMENT_WAIT_MSEC * 1000);
    CHECK_OR_RETURN(fragments_next(fragments, &held));
    CHECK(!held.packet.has_ports);
    CHECK_EQ_U64(held.octets, 34);
    fragments_free(fragments);
}

/* However many datagrams lack their first fragment, every one of them comes out, and once. */
static void test_fragment_flood(struct check *t)
{
    enum { FLOOD = 100000 };
    struct packet first, second;
    struct held_fragment held;
    uint64_t passed = 0, released = 0, octets = 0;
    struct fragments *fragments = fragments_new();
    CHECK_OR_RETURN(fragments != NULL);
    first_and_second_fragment(&first, &second);
    for (uint32_t i = 0; i < FLOOD; i++) {
        second.fragment_id = i;
        if (fragments_pass(fragments, &second, 1000 + i, 1)) {
            passed++;
            octets++;
        }
        for (; fragments_next(fragments, &held); released++) {
            octets += held.octets;
        }
    }
    CHECK(passed + released >= FLOOD - FRAGMENTS_HELD_MAX);
    fragments_flush(fragments);
    for (; fragments_next(fragments, &held); released++) {
        octets += held.octets;
    }
    CHECK_EQ_U64(passed + released, FLOOD);
    CHECK_EQ_U64(octets, FLOOD);
    fragments_free(fragments);
}

CHECK_MAIN(test_udp, test_vlans_and_labels, test_ipv6, test_tcp_flags, test_tunnels,
           test_broken_tunnel_stays_outside, test_verdicts, test_every_cut, test_fragments_in_order,
           test_fragments_out_of_order, test_fragment_flood)
