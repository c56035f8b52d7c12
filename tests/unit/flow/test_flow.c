/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_flow.c - records, merging, builders, batches, totals.
 */
#include "base/bits.h"
#include "flow/batch.h"
#include "flow/builder.h"
#include "flow/meta.h"
#include "flow/rec.h"

#include "../check.h"

static struct rec sample(uint64_t first, uint64_t last, uint64_t packets, uint64_t bytes)
{
    struct rec r;
    rec_clear(&r);
    rec_add_group(&r, GROUP_GENERIC);
    rec_add_group(&r, GROUP_IPV4);
    r.src_addr = ip_from_v4(0x0a000001);
    r.dst_addr = ip_from_v4(0x0a000002);
    r.first = first;
    r.last = last;
    r.packets = packets;
    r.bytes = bytes;
    r.proto = 6;
    return r;
}

static void test_access_by_id(struct check *t)
{
    struct rec r = sample(1000, 3000, 10, 5000);
    CHECK_EQ_U64(rec_u64(&r, FIELD_PACKETS), 10);
    CHECK_EQ_U64(rec_u64(&r, FIELD_DURATION), 2000);
    CHECK_EQ_U64(rec_u64(&r, FIELD_PPS), 5);
    CHECK_EQ_U64(rec_u64(&r, FIELD_BPS), 20000);
    CHECK_EQ_U64(rec_u64(&r, FIELD_BPP), 500);
    CHECK_EQ_U64(rec_u64(&r, FIELD_FLOW_COUNT), 1);
    CHECK_EQ_U64(rec_u64(&r, FIELD_IN_IF), 0);
    rec_set_u64(&r, FIELD_IN_IF, 7);
    CHECK(rec_has(&r, GROUP_MISC));
    CHECK_EQ_U64(rec_u64(&r, FIELD_IN_IF), 7);
    rec_set_u64(&r, FIELD_DST_PORT, 3 << 8 | 13);
    CHECK_EQ_U64(rec_u64(&r, FIELD_ICMP_TYPE), 3);
    CHECK_EQ_U64(rec_u64(&r, FIELD_ICMP_CODE), 13);
    CHECK_EQ_U64(rec_family(&r), 4);
}

static void test_rates_of_nothing(struct check *t)
{
    struct rec r = sample(1000, 1000, 0, 5000);
    CHECK_EQ_U64(rec_u64(&r, FIELD_PPS), 0);
    CHECK_EQ_U64(rec_u64(&r, FIELD_BPS), 0);
    CHECK_EQ_U64(rec_u64(&r, FIELD_BPP), 0);
}

static void test_merge(struct check *t)
{
    struct rec a = sample(1000, 3000, 10, 500);
    struct rec b = sample(500, 2000, 1, 50);
    a.tcp_flags = 0x02;
    b.tcp_flags = 0x10;
    a.src_tos = 1;
    b.src_tos = 2;
    rec_set_u64(&b, FIELD_SRC_AS, 64500);
    rec_merge(&a, &b);
    CHECK_EQ_U64(a.first, 500);
    CHECK_EQ_U64(a.last, 3000);
    CHECK_EQ_U64(a.packets, 11);
    CHECK_EQ_U64(a.bytes, 550);
    CHECK_EQ_U64(a.tcp_flags, 0x12);
    CHECK_EQ_U64(a.src_tos, 1);
    CHECK_EQ_U64(a.src_as, 64500);
    CHECK_EQ_U64(a.flows, 2);
    CHECK(rec_has(&a, GROUP_COUNTER) && rec_has(&a, GROUP_AS));
    rec_merge(&a, &b);
    CHECK_EQ_U64(rec_u64(&a, FIELD_FLOW_COUNT), 3);
}

static void test_builder_round_trip(struct check *t)
{
    struct builder *b = builder_new();
    struct field_set all = {{0}};
    struct rec r = sample(1, 2, 3, 4), got;
    struct batch *batch;
    CHECK_OR_RETURN(b != NULL);
    CHECK_EQ_I64(builder_add(b, &r), 0);
    rec_set_u64(&r, FIELD_SRC_VLAN, 99);
    rec_add_group(&r, GROUP_USER);
    r.user_name = (struct span){(const uint8_t *)"joe", 3};
    CHECK_EQ_I64(builder_add(b, &r), 0);
    r = sample(5, 6, 7, 8);
    CHECK_EQ_I64(builder_add(b, &r), 0);
    batch = builder_batch(b);
    field_set_add_all(&all);
    CHECK_EQ_U64(batch->nrows, 3);
    batch_get_rec(batch, 1, &all, &got);
    CHECK_EQ_U64(got.src_vlan, 99);
    CHECK_EQ_U64(got.user_name.len, 3);
    CHECK_MEM(got.user_name.data, "joe", 3);
    batch_get_rec(batch, 2, &all, &got);
    CHECK_EQ_U64(got.src_vlan, 0);
    CHECK_EQ_U64(got.user_name.len, 0);
    CHECK_EQ_U64(got.bytes, 8);
    CHECK(!rec_has(&got, GROUP_VLAN));
    CHECK_EQ_U64(batch_u64(batch, FIELD_DURATION, 2), 1);
    builder_free(b);
}

static void test_builder_reset_forgets(struct check *t)
{
    struct builder *b = builder_new();
    struct rec r = sample(1, 2, 3, 4);
    CHECK_OR_RETURN(b != NULL);
    rec_set_u64(&r, FIELD_IN_IF, 5);
    builder_add(b, &r);
    builder_reset(b);
    CHECK_EQ_U64(builder_rows(b), 0);
    r = sample(9, 9, 9, 9);
    builder_add(b, &r);
    CHECK_EQ_U64(batch_u64(builder_batch(b), FIELD_IN_IF, 0), 0);
    CHECK(!batch_has(builder_batch(b), GROUP_MISC, 0));
    builder_free(b);
}

static void test_builder_is_bounded(struct check *t)
{
    struct builder *b = builder_new();
    struct rec r = sample(1, 2, 3, 4);
    CHECK_OR_RETURN(b != NULL);
    for (uint32_t i = 0; i < BATCH_ROWS_MAX; i++) {
        builder_add(b, &r);
    }
    CHECK_EQ_I64(builder_add(b, &r), ERR_LIMIT);
    CHECK_EQ_U64(builder_batch(b)->nrows, BATCH_ROWS_MAX);
    builder_free(b);
}

/* n rows by columns; 0: the exporter is not told */
static void append_rows(struct check *t, struct builder *b, uint16_t exporter, uint64_t bytes,
                        uint32_t n)
{
    uint64_t *groups, *column;
    CHECK_EQ_I64(builder_reserve(b, n), 0);
    groups = builder_column(b, FIELD_GROUPS);
    column = builder_column(b, FIELD_BYTES);
    CHECK_OR_RETURN(groups != NULL && column != NULL);
    for (uint32_t i = 0; i < n; i++) {
        groups[i] = group_bit(GROUP_HEADER) | group_bit(GROUP_GENERIC);
        column[i] = bytes + i;
    }
    CHECK(exporter == 0 || builder_constant(b, FIELD_EXPORTER_ID, &exporter, n) == 0);
    builder_append(b, n);
}

static void check_rows(struct check *t, struct builder *b, uint32_t from, uint16_t exporter,
                       uint64_t bytes, uint32_t n)
{
    struct batch *rows = builder_batch(b);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < n; i++) {
        wrong += batch_u64(rows, FIELD_EXPORTER_ID, from + i) != exporter ||
                 batch_u64(rows, FIELD_BYTES, from + i) != bytes + i;
    }
    CHECK_EQ_U64(wrong, 0);
}

/* A column is one value as long as it can be, whatever comes then: another value, rows without one,
 * a record. Growing keeps it. */
static void test_builder_constants(struct check *t)
{
    struct builder *b = builder_new();
    struct rec r;
    for (unsigned round = 0; round < 4; round++) {
        builder_reset(b);
        append_rows(t, b, 7, 100, 900);
        append_rows(t, b, 7, 200, 40000); /* grows to full room */
        CHECK_EQ_U64(batch_column(builder_batch(b), FIELD_EXPORTER_ID)->form, COLUMN_CONST);
        check_rows(t, b, 900, 7, 200, 40000);
        if (round < 2) {
            append_rows(t, b, round == 0 ? 8 : 0, 300, 10);
            check_rows(t, b, 40900, round == 0 ? 8 : 0, 300, 10);
        } else if (round == 2) {
            rec_clear(&r);
            rec_add_group(&r, GROUP_HEADER);
            rec_add_group(&r, GROUP_GENERIC);
            r.exporter_id = 9;
            r.bytes = 55;
            CHECK_EQ_I64(builder_add(b, &r), 0);
            check_rows(t, b, 40900, 9, 55, 1);
        }
        check_rows(t, b, 0, 7, 100, 900);
        check_rows(t, b, 900, 7, 200, 40000);
    }
    builder_free(b);
}

/* Its arrays grow while records come: what stands in them stays. */
static void test_builder_grows(struct check *t)
{
    enum { ROWS = 6000 };
    struct builder *b = builder_new();
    const struct column *names;
    unsigned wrong = 0;
    CHECK_OR_RETURN(b != NULL);
    for (uint32_t i = 0; i < ROWS; i++) {
        struct rec r = sample(i, i + 1, i, 2 * (uint64_t)i);
        if (i >= 3000) { /* a column that comes late */
            r.user_name = (struct span){(const uint8_t *)"operator" + i % 5, 3};
            rec_add_group(&r, GROUP_USER);
        }
        builder_add(b, &r);
    }
    names = batch_column(builder_batch(b), FIELD_USER_NAME);
    for (uint32_t i = 0; i < ROWS; i++) {
        struct span name = column_var(names, i);
        wrong += batch_u64(builder_batch(b), FIELD_BYTES, i) != 2 * (uint64_t)i;
        wrong += i < 3000 ? name.len != 0
                          : name.len != 3 || memcmp(name.data, &"operator"[i % 5], 3) != 0;
    }
    CHECK_EQ_U64(wrong, 0);
    builder_free(b);
}

static void test_group_bits(struct check *t)
{
    struct builder *b = builder_new();
    uint64_t bits[BITS_WORDS(100)];
    CHECK_OR_RETURN(b != NULL);
    for (int i = 0; i < 100; i++) {
        struct rec r = sample(1, 2, 3, 4);
        if (i % 3 == 0) {
            rec_set_u64(&r, FIELD_MIN_TTL, 64);
        }
        builder_add(b, &r);
    }
    batch_group_bits(builder_batch(b), GROUP_IP_INFO, bits);
    CHECK_EQ_U64(bits_count(bits, 100), 34);
    CHECK(bits_get(bits, 99) && !bits_get(bits, 98));
    batch_group_bits(builder_batch(b), GROUP_GENERIC, bits);
    CHECK(bits_all(bits, 100));
    batch_group_bits(builder_batch(b), GROUP_MPLS, bits);
    CHECK(bits_none(bits, 100));
    builder_free(b);
}

static int failing_load(void *source, struct batch *b, enum field_id id, struct column *column,
                        struct fault *fault)
{
    (void)source;
    (void)b;
    (void)column;
    return id == FIELD_BYTES ? fault_set(fault, ERR_CHECKSUM, "broken chunk") : 0;
}

static void test_failed_column_marks_batch(struct check *t)
{
    static const struct batch_loader loader = {.load = failing_load};
    struct batch b;
    batch_init(&b);
    b.nrows = 4;
    b.loader = &loader;
    CHECK_EQ_U64(column_u64(batch_column(&b, FIELD_PACKETS), 3), 0);
    CHECK(batch_ok(&b));
    CHECK_EQ_U64(column_u64(batch_column(&b, FIELD_BYTES), 3), 0);
    CHECK(!batch_ok(&b));
    CHECK_EQ_I64(b.fault.code, ERR_CHECKSUM);
    batch_free(&b);
}

static void test_totals(struct check *t)
{
    struct builder *b = builder_new();
    struct flow_totals sum;
    struct rec r = sample(1000, 3000, 10, 500);
    CHECK_OR_RETURN(b != NULL);
    builder_add(b, &r);
    r.proto = 58;
    r.first = 900;
    rec_set_u64(&r, FIELD_OUT_BYTES, 7);
    r.flows = 0;
    builder_add(b, &r);
    rec_clear(&r); /* no generic group: not counted */
    builder_add(b, &r);
    totals_clear(&sum);
    totals_add_batch(&sum, builder_batch(b), NULL);
    CHECK_EQ_U64(sum.flows, 2);
    CHECK_EQ_U64(sum.bytes, 1007);
    CHECK_EQ_U64(sum.bytes_of[TOTAL_ICMP], 507);
    CHECK_EQ_U64(sum.flows_of[TOTAL_TCP], 1);
    CHECK_EQ_U64(sum.first, 900);
    CHECK_EQ_U64(sum.last, 3000);
    builder_free(b);
}

/* Ten thousand of each kind: found, replaced, and added up. */
static void test_large_meta(struct check *t)
{
    enum { MANY = 10000 };
    struct flow_meta m;
    char text[16];
    bool ok = true;
    meta_init(&m);
    for (uint32_t i = 0; i < 2 * MANY; i++) { /* each twice */
        uint32_t id = i % MANY;
        struct exporter e = {.sysid = id, .version = 9, .id = i};
        struct sampler s = {.sysid = id % 7, .id = id, .packet_interval = i};
        struct loss l = {.sysid = id, .bad_records = 1};
        snprintf(text, sizeof text, "if%u", id);
        ok = ok && meta_put_exporter(&m, &e) == 0 && meta_put_sampler(&m, &s) == 0 &&
             meta_add_loss(&m, &l) == 0 && meta_put_name(&m, NAME_INTERFACE, id, text) == 0;
    }
    CHECK(ok);
    CHECK(m.nexporters == MANY && m.nsamplers == MANY && m.nlosses == MANY && m.nnames == MANY);
    CHECK_EQ_U64(meta_exporter(&m, 77)->id, MANY + 77);
    CHECK_EQ_U64(meta_sampler(&m, 78 % 7, 78)->packet_interval, MANY + 78);
    CHECK_STR(meta_name(&m, NAME_INTERFACE, 79), "if79");
    CHECK(meta_exporter(&m, MANY) == NULL && meta_sampler(&m, 2, 78) == NULL);
    CHECK_EQ_U64(meta_loss(&m).bad_records, 2 * MANY);
    m.nlosses = 5; /* arrays may be cut */
    CHECK(meta_add_loss(&m, &(struct loss){.sysid = 9000, .bad_records = 1}) == 0);
    CHECK_EQ_U64(meta_loss(&m).bad_records, 11);
    meta_free(&m);
}

static void test_meta(struct check *t)
{
    struct flow_meta m, n;
    struct exporter e = {.sysid = 3, .version = 9, .has_stat = true, .flows = 5};
    struct loss l = {.sysid = 3, .kernel_drops = 2};
    meta_init(&m);
    meta_init(&n);
    CHECK(meta_is_empty(&m));
    CHECK_EQ_I64(meta_put_exporter(&m, &e), 0);
    e.has_stat = false;
    e.version = 10;
    meta_put_exporter(&m, &e);
    CHECK_EQ_U64(m.nexporters, 1);
    CHECK_EQ_U64(meta_exporter(&m, 3)->flows, 5);
    CHECK_EQ_U64(meta_exporter(&m, 3)->version, 10);
    meta_put_name(&m, NAME_INTERFACE, 7, "eth0");
    meta_put_name(&m, NAME_INTERFACE, 7, "eth1");
    CHECK_STR(meta_name(&m, NAME_INTERFACE, 7), "eth1");
    CHECK(meta_name(&m, NAME_VRF, 7) == NULL);
    meta_add_loss(&m, &l);
    CHECK_EQ_I64(meta_merge(&n, &m), 0);
    CHECK_EQ_I64(meta_merge(&n, &m), 0);
    CHECK_EQ_U64(n.nnames, 1);
    CHECK_EQ_U64(n.losses[0].kernel_drops, 4);
    meta_free(&m);
    meta_free(&n);
}

CHECK_MAIN(test_access_by_id, test_rates_of_nothing, test_merge, test_builder_round_trip,
           test_builder_reset_forgets, test_builder_is_bounded, test_builder_grows,
           test_builder_constants,
           test_group_bits, test_failed_column_marks_batch, test_totals, test_meta, test_large_meta)
