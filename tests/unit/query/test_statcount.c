/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_statcount.c - statistics: the fast way, for any number of workers, agrees with the plain one
 * for every element, order, number of lines and memory; and the plain one with sums made by hand.
 */
#include "query/statcount.h"
#include "flowday.h"

enum { STATS = 100, ALL_ORDERS = (1 << ORDER_TSTART) - 1 };

/* ------------------------------------------------------------------ statistics */

struct run {
    struct statcount *stat[STATS];
    struct operator op[STATS];
    size_t n;
};

/* Each element, or one in so many of them: with the cost of all, tests would not be run. */
struct share {
    size_t from, step;
};

/* A third of them with :p; several orders each, some of them upwards. */
static void start(struct run *r, const struct share *share, uint32_t orders, uint64_t top,
                  enum stat_way way)
{
    const struct stat_element *e;
    r->n = 0;
    for (size_t i = share->from; (e = stat_at(i)) != NULL; i += share->step) {
        struct stat_spec spec = {.element = e, .orders = orders, .ascending = 1u << ORDER_BYTES};
        spec.by_proto = i % 3 == 1 || e->kind == STAT_KIND_PROTO;
        r->stat[r->n] = statcount_new(&spec, NULL, top, way, NULL);
        r->op[r->n] = statcount_operator(r->stat[r->n]);
        r->n++;
    }
    r->stat[r->n] = statcount_new_totals(way);
    r->op[r->n] = statcount_operator(r->stat[r->n]);
    r->n++;
}

static void end(struct run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        statcount_free(r->stat[i]);
    }
}

static int scan_stats(const struct kind *k, struct run *r, const char *filter, unsigned workers)
{
    struct operator op[STATS];
    memcpy(op, r->op, sizeof op);
    return scan_files(k, filter, workers, op, r->n);
}

static bool same_value(const struct stat_value *a, const struct stat_value *b)
{
    bool text = a->text != NULL && b->text != NULL;
    return (text ? strcmp(a->text, b->text) == 0
                 : a->number == b->number && ip_equal(&a->addr, &b->addr)) &&
           a->family == b->family && a->proto == b->proto && same_tally(&a->tally, &b->tally);
}

/* The values of an order, as they are shown. */
struct shown {
    struct stat_value *at;
    size_t n, cap;
};

static int keep_shown(void *ctx, const struct stat_value *v)
{
    struct shown *s = ctx;
    if (s->n == s->cap) {
        s->cap = s->cap != 0 ? s->cap * 2 : 64;
        s->at = realloc(s->at, s->cap * sizeof *s->at);
    }
    s->at[s->n++] = *v;
    return 0;
}

/* Whether the first `top` values of an order are the same in both. */
static bool same_order(const struct statcount *a, const struct statcount *b, enum order_id order,
                       size_t top)
{
    struct shown x = {NULL, 0, 0}, y = {NULL, 0, 0};
    bool same = statcount_show(a, order, keep_shown, &x) == 0 &&
                statcount_show(b, order, keep_shown, &y) == 0;
    size_t n = top != 0 && y.n > top ? top : y.n;
    same = same && x.n == n;
    for (size_t i = 0; i < n && same; i++) {
        same = same_value(&x.at[i], &y.at[i]);
    }
    free(x.at);
    free(y.at);
    return same;
}

static void compare(struct check *t, const struct run *fast, const struct run *plain,
                    uint32_t orders, size_t top, const char *what)
{
    struct tally x = {0}, y = {0};
    bool any = statcount_totals(fast->stat[fast->n - 1], &x);
    CHECK(any == statcount_totals(plain->stat[plain->n - 1], &y) && same_tally(&x, &y));
    for (size_t i = 0; i + 1 < fast->n; i++) {
        for (unsigned o = 0; o < ORDER_TSTART; o++) {
            bool same = !(orders >> o & 1) || same_order(fast->stat[i], plain->stat[i],
                                                         (enum order_id)o, top);
            CHECK(same);
            if (!same) {
                printf("    %s: %s/%s%s\n", what, statcount_spec(fast->stat[i])->element->name,
                       order_name((enum order_id)o, ORDER_OF_STATS),
                       statcount_spec(fast->stat[i])->by_proto ? " :p" : "");
            }
        }
    }
}

static void try_kind(struct check *t, const struct kind *k, const struct share *share,
                     const char *filter, uint32_t orders, uint64_t top, unsigned workers)
{
    struct run plain, fast;
    char what[200];
    snprintf(what, sizeof what, "%s, \"%s\", -n %u, %u workers", k->name, filter, (unsigned)top,
             workers);
    start(&plain, share, orders, 0, STAT_PLAIN);
    start(&fast, share, orders, top, STAT_LAZY);
    CHECK(scan_stats(k, &plain, filter, 1) == 0);
    CHECK(scan_stats(k, &fast, filter, workers) == 0);
    compare(t, &fast, &plain, orders, top, what);
    end(&plain);
    end(&fast);
}

static void test_ways(struct check *t)
{
    static const uint32_t sums = 1u << ORDER_FLOWS | 1u << ORDER_BYTES | 1u << ORDER_IPACKETS;
    static const struct share some[] = {{0, 2}, {1, 2}, {0, 4}};
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *k = &kinds[i];
        bool is_long = k->flows > 2000;
        CHECK(write_files(k));
        try_kind(t, k, &some[is_long ? 2 : 0], "any", sums, 10, is_long ? 3 : 1);
        if (!is_long) {
            try_kind(t, k, &some[1], "any", ALL_ORDERS, 0, 2);
            try_kind(t, k, &some[1], "proto tcp or bytes > 5000", sums, 3, 5);
            try_kind(t, k, &some[0], "packets > 18", ALL_ORDERS, 10, 3);
        }
        remove_files(k);
    }
}

/* ------------------------------------------------------------------ little memory */

struct spilled {
    unsigned workers;
    uint64_t top;
    uint32_t orders;
};

static void try_spilled(struct check *t, const struct kind *k, const struct spilled *how,
                        const struct statcount *plain)
{
    struct stat_spec spec = *statcount_spec(plain);
    struct run spilled = {.n = 1};
    struct budget budget;
    budget_init(&budget, 1000); /* octets: everything goes to a file */
    spec.orders = how->orders;
    spilled.stat[0] = statcount_new(&spec, NULL, how->top, STAT_LAZY, &budget);
    spilled.op[0] = statcount_operator(spilled.stat[0]);
    CHECK(scan_stats(k, &spilled, "any", how->workers) == 0);
    for (unsigned o = 0; o < ORDER_TSTART; o++) {
        CHECK(!(how->orders >> o & 1) ||
              same_order(spilled.stat[0], plain, (enum order_id)o, how->top));
    }
    CHECK_STR(budget.fault.text, "");
    budget_free(&budget);
    end(&spilled);
}

/* More values than a set keeps in memory whatever the budget is. */
static void test_spill(struct check *t)
{
    static const struct kind most = {"most", 20000, FORMAT_WEIR1, many_rec, NULL};
    static const struct spilled ways[] = {
        {1, 10, 1u << ORDER_BYTES}, {2, 0, 1u << ORDER_FLOWS | 1u << ORDER_PPS},
        {16, 5, 1u << ORDER_BPP | 1u << ORDER_FLOWS}, {2, 100000, 1u << ORDER_PACKETS}};
    const struct stat_spec spec = {.element = stat_find("ip", 2), .orders = ALL_ORDERS,
                                   .ascending = 1u << ORDER_FLOWS};
    struct run plain = {.n = 1};
    plain.stat[0] = statcount_new(&spec, NULL, 0, STAT_PLAIN, NULL);
    plain.op[0] = statcount_operator(plain.stat[0]);
    CHECK(write_files(&most));
    CHECK(scan_stats(&most, &plain, "any", 1) == 0);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        try_spilled(t, &most, &ways[i], plain.stat[0]);
    }
    end(&plain);
    remove_files(&most);
}

/* ------------------------------------------------------------------ the greatest of many */

/* One flow in four is of 64 addresses: those that are great from the beginning on, ... */
static void popular(struct rec *r, int file, uint64_t *seed)
{
    uint64_t chance = check_random(seed) >> 32;
    (void)file;
    if (chance % 4 == 0 && rec_has(r, GROUP_IPV4)) {
        r->src_addr = ip_from_v4(0x0a000000 + (uint32_t)(chance >> 8) % 64);
        r->bytes += chance % 100000;
    }
}

/* ... in the last files only, ... */
static void popular_late(struct rec *r, int file, uint64_t *seed)
{
    if (file >= FILES - 2) {
        popular(r, file, seed);
    }
}

/* ... or never. */
static void even(struct rec *r, int file, uint64_t *seed)
{
    (void)file;
    (void)seed;
    r->bytes = 100;
    r->out_bytes = 0;
}

static void nothing(struct rec *r, int file, uint64_t *seed)
{
    even(r, file, seed);
    r->bytes = 0;
}

/* Sums of more values than are counted all at once; what they are compared with counts all. */
static void try_greatest(struct check *t, const struct kind *k, const char *element,
                         uint32_t orders)
{
    static const unsigned workers[] = {1, 2, 16};
    struct stat_spec spec = {.element = stat_find(element, strlen(element)), .orders = orders};
    struct run plain = {.n = 1}, fast = {.n = 1};
    enum order_id order = (enum order_id)__builtin_ctz(orders);
    plain.stat[0] = statcount_new(&spec, NULL, 0, STAT_PLAIN, NULL);
    plain.op[0] = statcount_operator(plain.stat[0]);
    CHECK(scan_stats(k, &plain, "any", 1) == 0);
    for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++) {
        struct budget budget;
        bool same;
        budget_init(&budget, i == 1 ? 1000 : UINT64_MAX);
        fast.stat[0] = statcount_new(&spec, NULL, 10, STAT_LAZY, &budget);
        fast.op[0] = statcount_operator(fast.stat[0]);
        CHECK(scan_stats(k, &fast, "any", workers[i]) == 0);
        same = same_order(fast.stat[0], plain.stat[0], order, 10);
        CHECK(same);
        if (!same) {
            printf("    %s: %s/%s, %u workers\n", k->name, element,
                   order_name(order, ORDER_OF_STATS), workers[i]);
        }
        end(&fast);
        budget_free(&budget);
    }
    end(&plain);
}

static void test_greatest(struct check *t)
{
    static const struct kind ways[] = {
        {"popular", 11000, FORMAT_WEIR1, many_rec, popular},
        {"late", 11000, FORMAT_WEIR1, many_rec, popular_late},
        {"even", 11000, FORMAT_WEIR1, many_rec, even},
        {"nothing", 11000, FORMAT_WEIR1, many_rec, nothing},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        CHECK(write_files(&ways[i]));
        try_greatest(t, &ways[i], "srcip", 1u << ORDER_BYTES);
        try_greatest(t, &ways[i], "ip", i % 2 == 0 ? 1u << ORDER_FLOWS : 1u << ORDER_IBYTES);
        remove_files(&ways[i]);
    }
}

/* ------------------------------------------------------------------ by hand */

static void add_by_hand(struct tally *sum, const struct rec *r)
{
    struct tally one = {.first = r->first, .last = r->last, .packets = r->packets,
                        .bytes = r->bytes, .flows = r->flows != 0 ? r->flows : 1,
                        .out_packets = r->out_packets, .out_bytes = r->out_bytes};
    if (sum->flows == 0) {
        *sum = one;
    } else {
        tally_add(sum, &one);
    }
}

static void test_by_hand(struct check *t)
{
    static struct tally sum[65536];
    const struct kind *k = &kinds[1];
    const struct stat_spec spec = {.element = stat_find("port", 4), .orders = 1u << ORDER_BYTES};
    struct run r = {.n = 1};
    struct shown all = {NULL, 0, 0};
    size_t ports = 0;
    for (int file = 0; file < FILES; file++) {
        uint64_t seed = 20261125 + (uint64_t)file;
        for (int i = 0; i < k->flows; i++) {
            struct rec f;
            make_flow(k, file, &f, &seed);
            ports += (sum[f.src_port].flows == 0) + (sum[f.dst_port].flows == 0);
            add_by_hand(&sum[f.src_port], &f);
            add_by_hand(&sum[f.dst_port], &f);
        }
    }
    CHECK(write_files(k));
    r.stat[0] = statcount_new(&spec, NULL, 0, STAT_LAZY, NULL);
    r.op[0] = statcount_operator(r.stat[0]);
    CHECK(scan_stats(k, &r, "any", 2) == 0);
    CHECK(statcount_show(r.stat[0], ORDER_BYTES, keep_shown, &all) == 0);
    CHECK_EQ_U64(all.n, ports);
    for (size_t i = 0; i < all.n; i++) {
        CHECK(same_tally(&all.at[i].tally, &sum[all.at[i].number]));
        CHECK(i == 0 || tally_bytes(&all.at[i - 1].tally, ORDER_BOTH) >=
                            tally_bytes(&all.at[i].tally, ORDER_BOTH));
    }
    free(all.at);
    end(&r);
    remove_files(k);
}

CHECK_MAIN(test_begin, test_ways, test_spill, test_greatest, test_by_hand, test_end)
