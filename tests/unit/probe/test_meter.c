/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_meter.c - bounds: the number of flows, what is told of those forced out, ends by time, and
 * that strangers cannot aim at one place of the table.
 */
#include "probe/meter.h"

#include "../check.h"

#include <pcap/dlt.h>

enum { START = 1700000000 };

struct ended {
    uint64_t flows, packets, octets, forced;
};

static void take_flow(void *ctx, struct probe_flow *f)
{
    struct ended *e = ctx;
    e->flows++;
    e->packets += f->dir[0].packets + f->dir[1].packets;
    e->octets += f->dir[0].octets + f->dir[1].octets;
    e->forced += f->reason == EXPIRY_MAXFLOWS;
}

static struct meter *new_meter(struct ended *e, size_t max_flows)
{
    struct meter_options o = {.scheme.level = TRACK_FULL, .max_flows = max_flows,
                              .on_flow = take_flow, .ctx = e};
    memset(e, 0, sizeof *e);
    timeouts_default(&o.timeouts);
    return meter_new(&o);
}

/* A UDP datagram of 32 octets from a host of its own. */
static void feed(struct meter *m, uint32_t host, uint64_t seconds)
{
    uint8_t frame[32] = {0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 0,
                         192, 0, 2, 1, 0, 9, 0, 9, 0, 12, 0, 0, 'w', 'e', 'i', 'r'};
    frame[13] = (uint8_t)(host >> 16);
    frame[14] = (uint8_t)(host >> 8);
    frame[15] = (uint8_t)host;
    meter_packet(m, (START + seconds) * 1000000, DLT_RAW, frame, sizeof frame, sizeof frame);
}

static void test_flows_are_bounded(struct check *t)
{
    enum { MANY = 100000, MOST = 1000 };
    struct flowstat stat = {0};
    struct ended ended;
    struct meter *m = new_meter(&ended, MOST);
    size_t over = 0, active = 0;
    CHECK_OR_RETURN(m != NULL);
    for (uint32_t i = 0; i < MANY; i++) {
        feed(m, i, 0);
        over += meter_flows(m) > MOST;
    }
    CHECK_EQ_U64(over, 0);
    meter_settle(m);
    meter_sum(m, &stat, &active);
    CHECK_EQ_U64(active, MOST);
    CHECK_EQ_U64(stat.forced, MANY - MOST);
    CHECK_EQ_U64(stat.reason[EXPIRY_MAXFLOWS], MANY - MOST);
    CHECK_EQ_U64(ended.forced, MANY - MOST);
    meter_expire_all(m);
    CHECK_EQ_U64(ended.packets, MANY); /* put out early, not lost */
    CHECK_EQ_U64(ended.octets, MANY * UINT64_C(32));
    meter_free(m);
}

static void test_the_one_that_ends_first_goes(struct check *t)
{
    struct ended ended;
    struct meter *m = new_meter(&ended, 2);
    CHECK_OR_RETURN(m != NULL);
    feed(m, 1, 0);
    feed(m, 2, 100);
    feed(m, 1, 500); /* lives longer than 2 now */
    feed(m, 3, 500);
    feed(m, 1, 501);
    meter_settle(m);
    CHECK_EQ_U64(ended.flows, 1);
    CHECK_EQ_U64(ended.packets, 1);
    meter_free(m);
}

static void test_ends_by_time(struct check *t)
{
    struct ended ended;
    struct meter *m = new_meter(&ended, 0);
    CHECK_OR_RETURN(m != NULL);
    for (uint32_t i = 0; i < 5000; i++) {
        feed(m, i, i / 1000);
    }
    CHECK_EQ_U64(meter_expire(m, START + 300), 0); /* seen by it, though just handed in */
    CHECK_EQ_U64(meter_flows(m), 5000);
    CHECK_EQ_U64(meter_expire(m, START + 400), 5000);
    CHECK_EQ_U64(ended.packets, 5000);
    CHECK_EQ_U64(meter_flows(m), 0);
    meter_free(m);
}

static uint64_t never(const void *ctx, const struct probe_flow *f)
{
    (void)ctx;
    (void)f;
    return UINT64_MAX;
}

/* Who knows the addresses does not know the places: two tables disagree about them. */
static void test_hash_is_keyed(struct check *t)
{
    struct flowtable *a = flowtable_new(never, NULL);
    struct flowtable *b = flowtable_new(never, NULL);
    unsigned same = 0;
    CHECK_OR_RETURN(a != NULL && b != NULL);
    for (uint32_t i = 0; i < 1000; i++) {
        struct flow_key key;
        memset(&key, 0, sizeof key);
        key.addr[0] = ip_from_v4(i);
        same += flowtable_hash(a, &key) == flowtable_hash(b, &key);
    }
    CHECK(same < 10);
    flowtable_free(a);
    flowtable_free(b);
}

CHECK_MAIN(test_flows_are_bounded, test_the_one_that_ends_first_goes, test_ends_by_time,
           test_hash_is_keyed)
