/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_statcount.c - statistics: the fast way, for any number of workers, agrees with the plain one
 * for every element, order and number of lines; and the plain one with sums made by hand.
 */
#include "query/scan.h"
#include "query/statcount.h"
#include "store/flowwriter.h"
#include "../check.h"
#include "../store/randomflows.h"

#include <unistd.h>

enum { FILES = 8, STATS = 100, ALL_ORDERS = (1 << ORDER_TSTART) - 1 };

static char dir[] = "/tmp/weir-statcount-XXXXXX";

/* ------------------------------------------------------------------ flows */

struct kind {
    const char *name;
    int flows;              /* of each file */
    enum flow_format format;
    void (*make)(struct rec *r, uint64_t *seed);
};

/* As good as all addresses are different. */
static void many_rec(struct rec *r, uint64_t *seed)
{
    plausible_rec(r, seed);
    if (rec_has(r, GROUP_IPV4)) {
        r->src_addr = ip_from_v4((uint32_t)(check_random(seed) >> 44) + 0x50000000);
    }
}

static const struct kind kinds[] = {
    {"random", 200, FORMAT_WEIR1, random_rec},
    {"plausible", 1500, FORMAT_WEIR1, plausible_rec},
    {"many", 12000, FORMAT_WEIR1, many_rec},
    {"rows", 200, FORMAT_NFDUMP2, random_rec},
};

static const char *path_of(const struct kind *k, int file)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s.%d", dir, k->name, file);
    return path;
}

/* Times go on from file to file, so that not every block matters for every value. */
static void make_flow(const struct kind *k, int file, struct rec *r, uint64_t *seed)
{
    k->make(r, seed);
    if (k->make != random_rec) {
        r->first += (uint64_t)file * 200000;
        r->last += (uint64_t)file * 200000;
    }
}

static int write_file(const struct kind *k, int file)
{
    struct flowwriter_options o = {.format = k->format, .compression = COMPRESSION_NONE};
    struct flowwriter *w = NULL;
    struct builder *b = builder_new();
    struct fault fault;
    uint64_t seed = 20261125 + (uint64_t)file;
    int rc = flowwriter_create(path_of(k, file), &o, false, &w, &fault);
    for (int i = 0; i < k->flows && rc == 0; i++) {
        struct rec r;
        make_flow(k, file, &r, &seed);
        rc = builder_add(b, &r);
    }
    rc = rc != 0 ? rc : flowwriter_add(w, builder_batch(b), NULL, &fault);
    builder_free(b);
    return rc != 0 ? rc : flowwriter_finish(w, &fault);
}

static bool write_files(const struct kind *k)
{
    bool ok = true;
    for (int i = 0; i < FILES; i++) {
        ok &= write_file(k, i) == 0;
    }
    return ok;
}

static void remove_files(const struct kind *k)
{
    for (int i = 0; i < FILES; i++) {
        unlink(path_of(k, i));
    }
}

/* ------------------------------------------------------------------ statistics */

struct run {
    struct statcount *stat[STATS];
    struct operator op[STATS];
    size_t n;
};

/* Each element, a third of them with :p; several orders each, some of them upwards. */
static void start(struct run *r, uint32_t orders, uint64_t top, enum stat_way way)
{
    const struct stat_element *e;
    r->n = 0;
    for (size_t i = 0; (e = stat_at(i)) != NULL; i++) {
        struct stat_spec spec = {.element = e, .orders = orders, .ascending = 1u << ORDER_BYTES};
        spec.by_proto = i % 3 == 1 || e->kind == STAT_KIND_PROTO;
        r->stat[r->n] = statcount_new(&spec, NULL, top, way);
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

static int scan_files(const struct kind *k, struct run *r, const char *text, unsigned workers)
{
    static char names[FILES][200];
    char *path[FILES];
    struct filter *filter = NULL;
    struct scan_account account;
    struct fault fault;
    struct operator op[STATS];
    struct scan_plan plan = {.path = path, .npaths = FILES, .workers = workers, .ops = op,
                             .nops = r->n};
    int rc;
    memcpy(op, r->op, sizeof op);
    for (int i = 0; i < FILES; i++) {
        snprintf(names[i], sizeof names[i], "%s", path_of(k, i));
        path[i] = names[i];
    }
    rc = filter_compile(text, strlen(text), NULL, NULL, &filter, NULL, &fault);
    plan.filter = filter;
    rc = rc != 0 ? rc : scan_run(&plan, &account, &fault);
    scan_account_free(&account);
    filter_free(filter);
    return rc;
}

static bool same_tally(const struct tally *a, const struct tally *b)
{
    return a->first == b->first && a->last == b->last && a->flows == b->flows &&
           a->packets == b->packets && a->bytes == b->bytes &&
           a->out_packets == b->out_packets && a->out_bytes == b->out_bytes;
}

static bool same_value(const struct stat_value *a, const struct stat_value *b)
{
    bool text = a->text != NULL && b->text != NULL;
    return (text ? strcmp(a->text, b->text) == 0
                 : a->number == b->number && ip_equal(&a->addr, &b->addr)) &&
           a->family == b->family && a->proto == b->proto && same_tally(&a->tally, &b->tally);
}

/* Whether the first `top` values of an order are the same in both. */
static bool same_order(const struct statcount *a, const struct statcount *b, enum order_id order,
                       size_t top)
{
    struct stat_ranking x, y;
    bool same = statcount_rank(a, order, &x) == 0 && statcount_rank(b, order, &y) == 0;
    size_t n = top != 0 && y.n > top ? top : y.n;
    same = same && x.n == n;
    for (size_t i = 0; i < n && same; i++) {
        struct stat_value v = statcount_value(a, x.at[i].id), w = statcount_value(b, y.at[i].id);
        same = same_value(&v, &w);
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
                       order_name((enum order_id)o, ORDER_OF_STATS), i % 3 == 1 ? " :p" : "");
            }
        }
    }
}

static void try_kind(struct check *t, const struct kind *k, const char *filter, uint32_t orders,
                     uint64_t top, unsigned workers)
{
    struct run plain, fast;
    char what[200];
    snprintf(what, sizeof what, "%s, \"%s\", -n %u, %u workers", k->name, filter, (unsigned)top,
             workers);
    start(&plain, orders, 0, STAT_PLAIN);
    start(&fast, orders, top, STAT_LAZY);
    CHECK(scan_files(k, &plain, filter, 1) == 0);
    CHECK(scan_files(k, &fast, filter, workers) == 0);
    compare(t, &fast, &plain, orders, top, what);
    end(&plain);
    end(&fast);
}

static void test_ways(struct check *t)
{
    static const uint32_t sums = 1u << ORDER_FLOWS | 1u << ORDER_BYTES | 1u << ORDER_IPACKETS;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct kind *k = &kinds[i];
        bool is_long = k->flows > 2000;
        CHECK(write_files(k));
        try_kind(t, k, "any", sums, 10, is_long ? 3 : 1);
        if (!is_long) {
            try_kind(t, k, "any", ALL_ORDERS, 0, 2);
            try_kind(t, k, "proto tcp or bytes > 5000", sums, 3, 5);
            try_kind(t, k, "packets > 18", ALL_ORDERS, 10, 3);
        }
        remove_files(k);
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
    struct stat_ranking all;
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
    r.stat[0] = statcount_new(&spec, NULL, 0, STAT_LAZY);
    r.op[0] = statcount_operator(r.stat[0]);
    CHECK(scan_files(k, &r, "any", 2) == 0);
    CHECK(statcount_rank(r.stat[0], ORDER_BYTES, &all) == 0);
    CHECK_EQ_U64(all.n, ports);
    for (size_t i = 0; i < all.n; i++) {
        struct stat_value v = statcount_value(r.stat[0], all.at[i].id);
        CHECK(same_tally(&v.tally, &sum[v.number]));
        CHECK(i == 0 || all.at[i - 1].key >= all.at[i].key);
    }
    free(all.at);
    end(&r);
    remove_files(k);
}

static void test_end(struct check *t)
{
    CHECK(rmdir(dir) == 0);
}

static void test_begin(struct check *t)
{
    CHECK(mkdtemp(dir) != NULL);
}

CHECK_MAIN(test_begin, test_ways, test_by_hand, test_end)
