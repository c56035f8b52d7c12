/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_flowtable.c - finding, arming and expiring flows, compared with plain lists.
 */
#include "probe/flowtable.h"

#include "../check.h"

static struct flow_key key_of(uint64_t n)
{
    struct flow_key key;
    memset(&key, 0, sizeof key);
    key.family = 4;
    key.addr[0] = ip_from_v4((uint32_t)n);
    key.addr[1] = ip_from_v4((uint32_t)(n >> 32) + 1);
    key.port[0] = (uint16_t)(n * 7);
    return key;
}

/* In these tests a flow ends at first_usec, taken as seconds. */
static uint64_t end_of(const void *ctx, const struct probe_flow *f)
{
    (void)ctx;
    return f->first_usec;
}

static struct probe_flow *add(struct flowtable *table, uint64_t n, uint64_t due_at)
{
    bool fresh;
    struct flow_key key = key_of(n);
    struct probe_flow *f = flowtable_get(table, &key, flowtable_hash(table, &key), &fresh);
    f->seq = n;
    f->first_usec = due_at;
    flowtable_arm(table, f);
    return f;
}

static void test_get_and_remove(struct check *t)
{
    enum { MANY = 50000 };
    struct flowtable *table = flowtable_new(end_of, NULL);
    size_t wrong = 0;
    CHECK_OR_RETURN(table != NULL);
    for (uint64_t n = 0; n < MANY; n++) {
        add(table, n, 1000);
    }
    CHECK_EQ_U64(flowtable_count(table), MANY);
    for (uint64_t n = 0; n < MANY; n += 2) {
        struct flow_key key = key_of(n);
        flowtable_remove(table, flowtable_find(table, &key));
    }
    for (uint64_t n = 0; n < MANY; n++) {
        struct flow_key key = key_of(n);
        const struct probe_flow *f = flowtable_find(table, &key);
        wrong += n % 2 == 0 ? f != NULL : f == NULL || f->seq != n;
    }
    CHECK_EQ_U64(wrong, 0);
    CHECK_EQ_U64(flowtable_count(table), MANY / 2);
    flowtable_free(table);
}

/* Random ends, moved later and earlier; each flow must come due exactly when its end has passed. */
static void test_due(struct check *t)
{
    enum { MANY = 3000 };
    struct flowtable *table = flowtable_new(end_of, NULL);
    uint64_t ends[MANY], state = 42, now = 1000000;
    size_t early = 0, late = 0, left = MANY;
    CHECK_OR_RETURN(table != NULL);
    for (uint64_t n = 0; n < MANY; n++) {
        ends[n] = now + check_random(&state) % 20000;
        add(table, n, ends[n]);
    }
    for (int i = 0; i < 5000; i++) {
        uint64_t n = check_random(&state) % MANY;
        ends[n] = now + check_random(&state) % 30000;
        add(table, n, ends[n]);
    }
    for (; now < 1000000 + 40000; now += check_random(&state) % 700) {
        struct probe_flow *f;
        while ((f = flowtable_due(table, now)) != NULL) {
            early += ends[f->seq] >= now;
            flowtable_remove(table, f);
            left--;
        }
        for (uint64_t n = 0; n < MANY && left > 0; n++) {
            struct flow_key key = key_of(n);
            late += ends[n] < now && flowtable_find(table, &key) != NULL;
        }
    }
    CHECK_EQ_U64(early, 0);
    CHECK_EQ_U64(late, 0);
    CHECK_EQ_U64(left, 0);
    flowtable_free(table);
}

static void test_oldest_first(struct check *t)
{
    struct flowtable *table = flowtable_new(end_of, NULL);
    uint64_t state = 7, last = 0;
    struct probe_flow *f;
    size_t n = 0, out_of_order = 0;
    CHECK_OR_RETURN(table != NULL);
    CHECK(flowtable_oldest(table) == NULL);
    for (uint64_t i = 0; i < 500; i++) {
        add(table, i, 5000 + check_random(&state) % 50000);
    }
    for (; (f = flowtable_oldest(table)) != NULL; n++) {
        out_of_order += f->first_usec < last;
        last = f->first_usec;
        flowtable_remove(table, f);
    }
    CHECK_EQ_U64(n, 500);
    CHECK_EQ_U64(out_of_order, 0);
    flowtable_free(table);
}

static void test_time_leaps(struct check *t)
{
    struct flowtable *table = flowtable_new(end_of, NULL);
    CHECK_OR_RETURN(table != NULL);
    add(table, 1, 1700000000);
    add(table, 2, 60); /* a capture that begins in 1970 */
    CHECK_EQ_U64(flowtable_due(table, 100)->seq, 2);
    flowtable_remove(table, flowtable_due(table, 100));
    CHECK(flowtable_due(table, 1700000000) == NULL);
    CHECK_EQ_U64(flowtable_due(table, 1700000001)->seq, 1);
    flowtable_free(table);
}

static void test_next_sees_each_once(struct check *t)
{
    struct flowtable *table = flowtable_new(end_of, NULL);
    size_t place = 0;
    uint64_t sum = 0, n_seen = 0;
    const struct probe_flow *f;
    CHECK_OR_RETURN(table != NULL);
    for (uint64_t n = 1; n <= 5000; n++) {
        add(table, n, 100);
    }
    while ((f = flowtable_next(table, &place)) != NULL) {
        sum += f->seq;
        n_seen++;
    }
    CHECK_EQ_U64(n_seen, 5000);
    CHECK_EQ_U64(sum, 5000u * 5001u / 2);
    flowtable_free(table);
}

CHECK_MAIN(test_get_and_remove, test_due, test_oldest_first, test_time_leaps,
           test_next_sees_each_once)
