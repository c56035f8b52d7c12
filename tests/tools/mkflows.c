/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * mkflows.c - flow files for tests and for measuring: mkflows FILE COUNT SEED [weir|nfdump]
 * [MINUTE]
 * The same arguments give the same flows: requests and replies, TCP, UDP and ICMP, one in seven
 * IPv6, interfaces, AS numbers; some flows have counters of the reverse direction. MINUTE shifts
 * all times.
 */
#include "flow/builder.h"
#include "store/flowwriter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(d->state >> 33) % sides;
}

/* Small numbers are much more common than large ones. */
static uint32_t skewed(struct dice *d, uint32_t sides)
{
    return roll(d, roll(d, roll(d, sides) + 1) + 1);
}

static void make_addresses(struct rec *r, struct dice *d)
{
    uint32_t host = skewed(d, 5000), peer = skewed(d, 60000);
    if (roll(d, 7) == 0) {
        rec_add_group(r, GROUP_IPV6);
        r->src_addr = ip_from_halves(0x20010db800010000u, host + 1);
        r->dst_addr = ip_from_halves(0x20010db8ffff0000u, peer + 1);
    } else {
        rec_add_group(r, GROUP_IPV4);
        r->src_addr = ip_from_v4(0x0a000000u + host);
        r->dst_addr = ip_from_v4(0xc6120000u + peer);
    }
}

static void make_protocol(struct rec *r, struct dice *d)
{
    static const uint16_t services[] = {443, 80, 53, 22, 25, 123, 3389, 8080};
    uint32_t kind = roll(d, 20);
    r->proto = kind < 12 ? 6 : kind < 18 ? 17 : rec_has(r, GROUP_IPV4) ? 1 : 58;
    if (kind < 18) {
        r->src_port = (uint16_t)(1024 + roll(d, 60000));
        r->dst_port = services[skewed(d, 8)];
    } else {
        r->dst_port = kind == 18 ? 8 << 8 : 3 << 8 | 1;
    }
    r->tcp_flags = r->proto == 6 ? (uint8_t)(2 + roll(d, 30)) : 0;
}

static void make_flow(struct rec *r, struct dice *d, uint64_t msec)
{
    rec_clear(r);
    rec_add_group(r, GROUP_GENERIC);
    rec_add_group(r, GROUP_MISC);
    rec_add_group(r, GROUP_AS);
    r->first = msec;
    r->last = msec + skewed(d, 60000);
    r->received = r->last + 1000;
    make_addresses(r, d);
    make_protocol(r, d);
    r->packets = 1 + skewed(d, 5000);
    r->bytes = r->packets * (40 + roll(d, 1400));
    r->in_if = roll(d, 4);
    r->out_if = roll(d, 4);
    r->src_as = 64500 + skewed(d, 20);
    r->dst_as = 64600 + skewed(d, 200);
    r->src_tos = (uint8_t)(roll(d, 4) * 8);
    if (roll(d, 10) == 0) {
        rec_add_group(r, GROUP_COUNTER);
        r->flows = 1 + roll(d, 3);
        r->out_packets = skewed(d, 100);
        r->out_bytes = r->out_packets * 60;
    }
}

static int write_flows(struct flowwriter *w, unsigned long count, struct dice *d, uint64_t start,
                       struct fault *fault)
{
    struct builder *b = builder_new();
    struct rec r;
    int rc = b != NULL ? 0 : ERR_NOMEM;
    for (unsigned long i = 0; i < count && rc == 0; i++) {
        make_flow(&r, d, start + i * 300000 / (count + 1));
        rc = builder_add(b, &r);
        if (builder_full_at(builder_rows(b)) || i + 1 == count) {
            rc = flowwriter_add(w, builder_batch(b), NULL, fault);
            builder_reset(b);
        }
    }
    builder_free(b);
    return rc;
}

int main(int argc, char **argv)
{
    struct flowwriter_options options = {.format = FORMAT_WEIR1, .compression = COMPRESSION_ZSTD,
                                         .ident = "mkflows", .creator = CREATOR_NFCAPD};
    struct flowwriter *w;
    struct fault fault;
    struct dice d;
    uint64_t start = 1700000100000;
    int rc;
    if (argc < 4) {
        fprintf(stderr, "usage: mkflows file count seed [weir|nfdump] [minute]\n");
        return 1;
    }
    if (argc > 4 && strcmp(argv[4], "nfdump") == 0) {
        options.format = FORMAT_NFDUMP2;
        options.compression = COMPRESSION_LZ4;
    }
    start += argc > 5 ? strtoull(argv[5], NULL, 10) * 60000 : 0;
    d.state = strtoull(argv[3], NULL, 10) * 2654435769u + 1;
    fault_clear(&fault);
    rc = flowwriter_create(argv[1], &options, false, &w, &fault);
    if (rc == 0) {
        rc = write_flows(w, strtoul(argv[2], NULL, 10), &d, start, &fault);
        rc = rc == 0 ? flowwriter_finish(w, &fault) : rc;
    }
    if (rc != 0) {
        fprintf(stderr, "mkflows: %s\n", fault.text);
    }
    return rc != 0;
}
