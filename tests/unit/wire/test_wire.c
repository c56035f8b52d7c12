/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_wire.c - what the encoders write, the decoders read; templates, limits, sequence numbers,
 * memory of exporters.
 */
#include "../check.h"
#include "wire/encode.h"
#include "wire/wire.h"

enum { FLOWS_MAX = 4000, DATAGRAMS_MAX = 400, DATAGRAM_ROOM = 1500 };

static const uint64_t boot = 1699999000000;
static const uint64_t now = 1700000000000;

struct wiretap { /* datagrams as sent */
    unsigned n;
    size_t len[DATAGRAMS_MAX];
    uint8_t data[DATAGRAMS_MAX][DATAGRAM_ROOM];
};

struct seen { /* records as decoded */
    unsigned n;
    struct rec flows[FLOWS_MAX];
    unsigned exporters, samplers, names, apps;
    struct sampler sampler;
    char name[64];
};

static struct wiretap tap;
static struct seen seen;

static bool record_datagram(void *ctx, const uint8_t *data, size_t len)
{
    struct wiretap *t = ctx;
    memcpy(t->data[t->n], data, len);
    t->len[t->n++] = len;
    return true;
}

static void see_flow(void *ctx, const struct wire_exporter *from, const struct rec *r)
{
    struct seen *s = ctx;
    (void)from;
    if (s->n < FLOWS_MAX) {
        s->flows[s->n++] = *r;
    }
}

static void see_exporter(void *ctx, const struct wire_exporter *e)
{
    (void)e;
    ((struct seen *)ctx)->exporters++;
}

static void see_sampler(void *ctx, const struct wire_exporter *from, const struct sampler *s)
{
    (void)from;
    ((struct seen *)ctx)->samplers++;
    ((struct seen *)ctx)->sampler = *s;
}

static void see_name(void *ctx, const struct wire_exporter *from, enum name_kind kind, uint32_t id,
                     const char *text)
{
    struct seen *s = ctx;
    (void)from;
    s->names++;
    snprintf(s->name, sizeof s->name, "%d %u %s", (int)kind, id, text);
}

static struct wire *new_wire(struct wire_options options)
{
    struct wire_sink sink = {.ctx = &seen, .flow = see_flow, .exporter = see_exporter,
                             .sampler = see_sampler, .name = see_name};
    memset(&seen, 0, sizeof seen);
    return wire_new(&options, &sink);
}

static int feed(struct wire *w, const void *data, size_t len, uint64_t received)
{
    struct wire_datagram d = {.data = data, .len = len, .from = ip_from_v4(0xc0000209),
                              .port = 2055, .received = received};
    return wire_decode(w, &d);
}

/* ---- a flow a number ---- */

static void make_flow(struct rec *r, unsigned i, bool v6)
{
    static const uint8_t protos[] = {6, 17, 1, 132};
    rec_clear(r);
    rec_add_group(r, GROUP_GENERIC);
    rec_add_group(r, v6 ? GROUP_IPV6 : GROUP_IPV4);
    r->src_addr = v6 ? ip_from_halves(0x20010db800000000, i) : ip_from_v4(0x0a000000 + i);
    r->dst_addr = v6 ? ip_from_halves(0x20010db8000000ff, i) : ip_from_v4(0xc0a80000 + i);
    r->proto = protos[i % 4] == 1 && v6 ? 58 : protos[i % 4];
    r->src_port = (uint16_t)(r->proto == 1 || r->proto == 58 ? 0 : 1024 + i);
    r->dst_port = (uint16_t)(r->proto == 1 || r->proto == 58 ? 0x0801 + i % 7 : 53 + i);
    r->tcp_flags = (uint8_t)(r->proto == 6 ? 0x1b : 0);
    r->src_tos = (uint8_t)(i & 0xfc);
    r->packets = i + 1;
    r->bytes = 64u * (i + 1);
    r->first = boot + 60000 + i * 10;
    r->last = r->first + 5000;
    rec_set_u64(r, FIELD_IN_IF, 1 + i % 5);
    rec_set_u64(r, FIELD_OUT_IF, 7 + i % 5);
}

static bool same_flow(const struct rec *a, const struct rec *b, uint64_t slack)
{
    uint64_t first = a->first > b->first ? a->first - b->first : b->first - a->first;
    uint64_t last = a->last > b->last ? a->last - b->last : b->last - a->last;
    return rec_family(a) == rec_family(b) && ip_equal(&a->src_addr, &b->src_addr) &&
           ip_equal(&a->dst_addr, &b->dst_addr) && a->proto == b->proto &&
           a->src_port == b->src_port && a->dst_port == b->dst_port &&
           a->tcp_flags == b->tcp_flags && a->src_tos == b->src_tos && a->packets == b->packets &&
           a->bytes == b->bytes && a->in_if == b->in_if && a->out_if == b->out_if &&
           first <= slack && last <= slack;
}

static unsigned encode(struct encoder_options o, unsigned n)
{
    struct encoder *e;
    unsigned added = 0;
    memset(&tap, 0, sizeof tap);
    o.send = record_datagram;
    o.ctx = &tap;
    o.boot = boot;
    e = encoder_new(&o);
    for (unsigned i = 0; i < n; i++) {
        struct rec r;
        make_flow(&r, i, i % 3 == 2);
        if (encoder_can(e, &r)) {
            encoder_add(e, &r, now);
            added++;
        }
    }
    encoder_flush(e, now);
    encoder_free(e);
    return added;
}

static void add_account(void *ctx, struct wire_exporter *e)
{
    loss_add(ctx, &e->loss);
}

static struct loss account(struct wire *w)
{
    struct loss sum = {0};
    wire_exporters(w, add_account, &sum);
    return sum;
}

static void check_round_trip(struct check *t, struct encoder_options o, uint64_t slack)
{
    unsigned want = encode(o, 1000);
    struct wire *w = new_wire((struct wire_options){0});
    struct loss l;
    unsigned at = 0, bad = 0;
    for (unsigned i = 0; i < tap.n; i++) {
        feed(w, tap.data[i], tap.len[i], now);
    }
    CHECK_EQ_U64(seen.n, want);
    for (unsigned i = 0; i < 1000 && at < seen.n; i++) {
        struct rec r;
        bool v6 = i % 3 == 2;
        make_flow(&r, i, v6);
        if (!v6 || o.version >= 9) {
            bad += !same_flow(&r, &seen.flows[at++], slack);
        }
    }
    CHECK_EQ_U64(bad, 0);
    l = account(w);
    CHECK_EQ_U64(l.sequence_gaps + l.bad_datagrams + l.bad_records + l.no_template, 0);
    wire_free(w);
}

static void test_round_trips(struct check *t)
{
    static const enum encode_times times[] = {TIMES_UPTIME, TIMES_SEC, TIMES_MSEC, TIMES_USEC,
                                              TIMES_NSEC};
    check_round_trip(t, (struct encoder_options){.version = 1}, 0);
    check_round_trip(t, (struct encoder_options){.version = 5}, 0);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        uint64_t slack = times[i] == TIMES_SEC ? 999 : 1; /* NTP fractions round */
        check_round_trip(t, (struct encoder_options){.version = 9, .times = times[i]}, slack);
        check_round_trip(t, (struct encoder_options){.version = 10, .times = times[i],
                                                     .with_vlan = true, .with_mac = true,
                                                     .labels = 3, .biflow = true}, slack);
    }
}

/* ---- losses ---- */

static void test_gap_is_counted_exactly(struct check *t)
{
    static const int versions[] = {5, 9, 10};
    for (size_t v = 0; v < 3; v++) {
        struct wire *w = new_wire((struct wire_options){0});
        unsigned lost, before;
        encode((struct encoder_options){.version = versions[v]}, 1000);
        for (unsigned i = 0; i < 4; i++) {
            feed(w, tap.data[i], tap.len[i], now);
        }
        before = seen.n;
        feed(w, tap.data[5], tap.len[5], now); /* 4 is missing */
        CHECK_EQ_U64(account(w).sequence_gaps, 1);
        lost = seen.n;
        feed(w, tap.data[4], tap.len[4], now); /* and comes late */
        lost = seen.n - lost;
        CHECK(before > 0 && lost > 0);
        CHECK_EQ_U64(account(w).sequence_missed, 0);
        feed(w, tap.data[6], tap.len[6], now);
        feed(w, tap.data[6], tap.len[6], now); /* twice */
        CHECK_EQ_U64(account(w).duplicates, 1);
        CHECK_EQ_U64(account(w).sequence_gaps, 1);
        feed(w, tap.data[8], tap.len[8], now);
        CHECK_EQ_U64(account(w).sequence_gaps, 2);
        CHECK(account(w).sequence_missed == (versions[v] == 9 ? 1 : account(w).sequence_missed));
        CHECK(account(w).sequence_missed > 0);
        wire_free(w);
    }
}

static void test_data_waits_for_its_template(struct check *t)
{
    struct wire *w = new_wire((struct wire_options){0});
    unsigned n = encode((struct encoder_options){.version = 9}, 300);
    for (unsigned i = 1; i < tap.n && i < 8; i++) {
        feed(w, tap.data[i], tap.len[i], now);
    }
    CHECK_EQ_U64(seen.n, 0);
    feed(w, tap.data[0], tap.len[0], now + 1000);
    CHECK(seen.n > 100 && seen.n <= n);
    CHECK_EQ_U64(account(w).no_template, 0);
    wire_free(w);
}

static void test_waiting_is_bounded(struct check *t)
{
    struct wire_options o = {.limits = {.pending_octets = 3000}};
    struct wire *w = new_wire(o);
    uint64_t dropped;
    encode((struct encoder_options){.version = 10}, 300);
    for (unsigned i = 1; i < 8; i++) {
        feed(w, tap.data[i], tap.len[i], now);
    }
    dropped = account(w).no_template;
    CHECK(dropped > 0);
    wire_tick(w, now + 59000);
    CHECK_EQ_U64(account(w).no_template, dropped);
    wire_tick(w, now + 61000);
    CHECK(account(w).no_template > dropped);
    dropped = account(w).no_template;
    feed(w, tap.data[0], tap.len[0], now + 62000);
    CHECK_EQ_U64(account(w).no_template, dropped);
    wire_free(w);
}

/* ---- templates by hand ---- */

struct writer {
    uint8_t data[2000];
    size_t len;
};

static void put(struct writer *w, uint64_t v, size_t n)
{
    for (size_t i = n; i-- > 0; v >>= 8) {
        w->data[w->len + i] = (uint8_t)v;
    }
    w->len += n;
}

static void put_header(struct writer *w, uint32_t domain, uint32_t sequence)
{
    w->len = 0;
    put(w, 10, 2);
    put(w, 0, 2);
    put(w, now / 1000, 4);
    put(w, sequence, 4);
    put(w, domain, 4);
}

static int send_message(struct wire *w, struct writer *m)
{
    m->data[2] = (uint8_t)(m->len >> 8);
    m->data[3] = (uint8_t)m->len;
    return feed(w, m->data, m->len, now);
}

static void put_template(struct writer *w, uint16_t id, const uint16_t *fields, unsigned n)
{
    put(w, 2, 2);
    put(w, 4 + 4 + n * 4, 2);
    put(w, id, 2);
    put(w, n, 2);
    for (unsigned i = 0; i < n * 2; i++) {
        put(w, fields[i], 2);
    }
}

static unsigned templates;

static void count_templates(void *ctx, struct wire_exporter *e)
{
    (void)ctx;
    templates += e->templates;
}

static unsigned all_templates(struct wire *w)
{
    templates = 0;
    wire_exporters(w, count_templates, NULL);
    return templates;
}

static void test_template_limits(struct check *t)
{
    static const uint16_t fields[] = {8, 4, 12, 4};
    struct wire *w = new_wire((struct wire_options){.limits = {.templates = 100, .exporters = 50}});
    struct writer m;
    for (unsigned i = 0; i < 1000; i++) {
        put_header(&m, 1, 0);
        put_template(&m, (uint16_t)(256 + i), fields, 2);
        send_message(w, &m);
    }
    CHECK_EQ_U64(all_templates(w), 100);
    for (unsigned i = 0; i < 1000; i++) {
        put_header(&m, 1 + i, 0);
        CHECK(send_message(w, &m) == (i < 50 ? 0 : ERR_LIMIT));
    }
    CHECK_EQ_U64(seen.exporters, 50);
    wire_free(w);
}

static void test_withdrawal_and_change(struct check *t)
{
    static const uint16_t narrow[] = {8, 4, 12, 4, 1, 4};
    static const uint16_t wide[] = {8, 4, 12, 4, 1, 8};
    struct wire *w = new_wire((struct wire_options){0});
    struct writer m;
    put_header(&m, 1, 0);
    put_template(&m, 300, narrow, 3);
    put_template(&m, 301, narrow, 3);
    send_message(w, &m);
    CHECK_EQ_U64(all_templates(w), 2);
    put_header(&m, 1, 0);
    put_template(&m, 300, wide, 3);
    put(&m, 300, 2);
    put(&m, 4 + 16, 2);
    put(&m, 0xc0000201, 4);
    put(&m, 0xc0000202, 4);
    put(&m, 12345678901, 8);
    CHECK_EQ_I64(send_message(w, &m), 1);
    CHECK_EQ_U64(seen.flows[0].bytes, 12345678901);
    put_header(&m, 1, 1);
    put_template(&m, 300, NULL, 0);
    send_message(w, &m);
    CHECK_EQ_U64(all_templates(w), 1);
    put_header(&m, 1, 1);
    put_template(&m, 2, NULL, 0);
    send_message(w, &m);
    CHECK_EQ_U64(all_templates(w), 0);
    wire_free(w);
}

/* Unknown elements, of fixed and variable length, around known ones of reduced size. */
static void test_unknown_elements_are_skipped(struct check *t)
{
    static const uint16_t fields[] = {8, 4, 20000, 7, 12, 4, 20001, 65535, 1, 3, 20002, 65535,
                                      7, 2};
    struct wire *w = new_wire((struct wire_options){0});
    struct writer m;
    put_header(&m, 1, 0);
    put_template(&m, 256, fields, 7);
    put(&m, 256, 2);
    put(&m, 4 + 4 + 7 + 4 + 3 + 3 + 3 + 300 + 2, 2);
    put(&m, 0xc0000201, 4);
    put(&m, 0xffffffffffffff, 7);
    put(&m, 0xc0000202, 4);
    put(&m, 2, 1);
    put(&m, 0xffff, 2);
    put(&m, 70000, 3);
    put(&m, 255, 1);
    put(&m, 300, 2);
    memset(m.data + m.len, 0xff, 300);
    m.len += 300;
    put(&m, 8080, 2);
    CHECK_EQ_I64(send_message(w, &m), 1);
    CHECK_EQ_U64(ip_to_v4(&seen.flows[0].dst_addr), 0xc0000202);
    CHECK_EQ_U64(seen.flows[0].bytes, 70000);
    CHECK_EQ_U64(seen.flows[0].src_port, 8080);
    wire_free(w);
}

/* ---- malformed ---- */

static void test_malformed_is_counted(struct check *t)
{
    static const uint8_t garbage[] = {0xde, 0xad, 0xbe, 0xef};
    struct wire *w = new_wire((struct wire_options){0});
    CHECK_EQ_I64(feed(w, garbage, sizeof garbage, now), ERR_UNSUPPORTED);
    CHECK_EQ_I64(feed(w, garbage, 0, now), ERR_UNSUPPORTED);
    CHECK_EQ_I64(feed(w, garbage, 1, now), ERR_UNSUPPORTED);
    encode((struct encoder_options){.version = 5}, 100);
    CHECK_EQ_I64(feed(w, tap.data[0], 24 + 48 * 3 + 5, now), ERR_FORMAT);
    CHECK_EQ_U64(seen.n, 3);
    CHECK_EQ_U64(account(w).bad_datagrams, 1);
    CHECK_EQ_I64(feed(w, tap.data[0], 20, now), ERR_FORMAT);
    wire_free(w);
}

/* ---- sampling and memory ---- */

static void test_sampling_options(struct check *t)
{
    struct wire *w = new_wire((struct wire_options){.sampling = 100});
    encode((struct encoder_options){.version = 5}, 1);
    feed(w, tap.data[0], tap.len[0], now);
    CHECK_EQ_U64(seen.flows[0].packets, 100);
    CHECK_EQ_U64(seen.flows[0].record_flags & 2, 2);
    wire_free(w);
    encode((struct encoder_options){.version = 9, .sampling = 50}, 1);
    w = new_wire((struct wire_options){.sampling = 100});
    feed(w, tap.data[0], tap.len[0], now);
    CHECK_EQ_U64(seen.flows[0].packets, 50);
    CHECK_EQ_U64(seen.samplers, 1);
    wire_free(w);
    w = new_wire((struct wire_options){.sampling = -7});
    feed(w, tap.data[0], tap.len[0], now);
    CHECK_EQ_U64(seen.flows[0].packets, 7);
    wire_free(w);
}

static void *no_source(void *ctx, const struct ip *addr)
{
    (void)ctx;
    (void)addr;
    return NULL;
}

static void test_templates_survive(struct check *t)
{
    struct wire *w = new_wire((struct wire_options){0});
    struct fault fault = {0};
    struct buf text;
    unsigned n = encode((struct encoder_options){.version = 9, .sampling = 10}, 400);
    buf_init(&text);
    feed(w, tap.data[0], tap.len[0], now);
    n -= seen.n;
    wire_save(w, &text);
    wire_free(w);
    w = new_wire((struct wire_options){0});
    CHECK_EQ_I64(wire_load(w, text.data, text.len, no_source, NULL, &fault), 0);
    for (unsigned i = 1; i < tap.n; i++) {
        feed(w, tap.data[i], tap.len[i], now);
    }
    CHECK_EQ_U64(seen.n, n);
    CHECK_EQ_U64(seen.flows[0].record_flags & 2, 2);
    CHECK_EQ_I64(wire_load(w, "nonsense", 8, no_source, NULL, &fault), ERR_FORMAT);
    buf_free(&text);
    wire_free(w);
}

static void test_groups_can_be_left_out(struct check *t)
{
    struct wire *w = new_wire((struct wire_options){.groups = group_bit(GROUP_GENERIC)});
    encode((struct encoder_options){.version = 10, .with_mac = true}, 1);
    feed(w, tap.data[0], tap.len[0], now);
    CHECK(!rec_has(&seen.flows[0], GROUP_MAC) && !rec_has(&seen.flows[0], GROUP_MISC));
    CHECK_EQ_U64(seen.flows[0].in_if, 0);
    CHECK_EQ_U64(seen.flows[0].packets, 1);
    wire_free(w);
}

CHECK_MAIN(test_round_trips, test_gap_is_counted_exactly, test_data_waits_for_its_template,
           test_waiting_is_bounded, test_template_limits, test_withdrawal_and_change,
           test_unknown_elements_are_skipped, test_malformed_is_counted, test_sampling_options,
           test_templates_survive, test_groups_can_be_left_out)
