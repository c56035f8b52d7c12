/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_aggregate.c - groups of flows and sorted flows, for any number of workers and any budget of
 * memory, agree with groups made by hand: flow by flow, with keys written as text.
 */
#include "query/aggregate.h"
#include "query/sorting.h"
#include "flowday.h"

#include "query/groups.h"
#include "query/keys.h"

enum { KEY_ROOM = 220, LITTLE = 1000 };

/* ------------------------------------------------------------------ by hand */

struct plain_group {
    struct tally tally;
    uint16_t src_port;    /* of the first flow */
    bool turned;          /* the first flow has the direction opposite to the key */
};

struct plain {
    const struct aggregation *how; /* NULL: every flow is a group */
    struct groups keys;
    struct plain_group *group;
    size_t n, cap;
};

/* The text grows; it is cleared for groups.h, which compares all of it. (snprintf() for each octet
 * would take most of the time of the test.) */
static void put(char *text, const char *name, const void *value, size_t width)
{
    size_t at = strlen(text), length = strlen(name);
    memcpy(text + at, name, length);
    at += length;
    text[at++] = '=';
    for (size_t i = 0; i < width; i++) {
        unsigned octet = ((const uint8_t *)value)[i];
        text[at++] = "0123456789abcdef"[octet >> 4];
        text[at++] = "0123456789abcdef"[octet & 15];
    }
}

static unsigned net_bits(const struct rec *r, uint8_t mask)
{
    unsigned bits = rec_has(r, GROUP_IPV4) ? (mask == 0 ? 128 : mask + 96u) : mask == 0 ? 64 : mask;
    return bits > 128 ? 128 : bits;
}

/* Addresses of one family under a mask; flows of the other lose both addresses. */
static void mask_one(struct rec *r, struct ip *mine, bool v4, unsigned mask)
{
    if (rec_has(r, v4 ? GROUP_IPV4 : GROUP_IPV6)) {
        *mine = ip_mask(mine, v4 ? mask + 96 : mask);
    } else {
        r->src_addr = r->dst_addr = rec_has(r, GROUP_IPV4) ? ip_from_v4(0) : ip_from_halves(0, 0);
    }
}

/* Of one family, the address of all zeros is none. */
static bool is_nothing(enum aggr_kind kind, const struct ip *ip)
{
    struct ip zero4 = ip_from_v4(0), zero6 = ip_from_halves(0, 0);
    return (kind == AGGR_ADDR4 && ip_equal(ip, &zero4)) ||
           (kind == AGGR_ADDR6 && ip_equal(ip, &zero6));
}

static void put_part(struct rec *r, const struct aggr_part *p, char *text)
{
    const struct aggr_element *e = p->element;
    const uint8_t *octets = (const uint8_t *)r;
    struct ip *mine = e->field[0] == FIELD_SRC_ADDR ? &r->src_addr : &r->dst_addr;
    bool v4 = e->kind == AGGR_ADDR4;
    if (e->kind == AGGR_VALUE || e->kind == AGGR_AS) {
        put(text, e->name, octets + rec_offset(e->field[0]), field_width(e->field[0]));
    } else if (e->kind == AGGR_PAIR) {
        bool first = rec_has(r, field_of(e->field[0])->group);
        put(text, e->name, octets + rec_offset(e->field[!first]), sizeof(struct ip));
    } else {
        bool other = e->kind != AGGR_ADDR && e->kind != AGGR_NET &&
                     !rec_has(r, v4 ? GROUP_IPV4 : GROUP_IPV6);
        if (e->kind == AGGR_NET) {
            *mine = ip_mask(mine, net_bits(r, e->field[0] == FIELD_SRC_ADDR ? r->src_mask
                                                                            : r->dst_mask));
        } else if (p->mask != 0) {
            mask_one(r, mine, v4, p->mask);
        }
        put(text, e->name, mine, other || is_nothing(e->kind, mine) ? 0 : sizeof *mine);
    }
}

static void put_tuple(const struct rec *r, bool turned, char *text)
{
    uint8_t family = (uint8_t)rec_family(r);
    put(text, "family", &family, 1);
    if (family != 0) {
        put(text, "proto", &r->proto, 1);
        put(text, "from", turned ? &r->dst_addr : &r->src_addr, sizeof(struct ip));
        put(text, "port", turned ? &r->dst_port : &r->src_port, 2);
        put(text, "to", turned ? &r->src_addr : &r->dst_addr, sizeof(struct ip));
        put(text, "port", turned ? &r->src_port : &r->dst_port, 2);
    }
}

static struct plain_group *group_of(struct plain *p, const char *text, bool *is_new)
{
    size_t i = groups_put(&p->keys, text, is_new);
    if (*is_new && p->n == p->cap) {
        p->cap = p->cap != 0 ? p->cap * 2 : 1024;
        p->group = realloc(p->group, p->cap * sizeof *p->group);
    }
    p->n += *is_new;
    return &p->group[i];
}

static void add_flow(struct plain *p, const struct rec *flow)
{
    char text[KEY_ROOM] = "", other[KEY_ROOM] = "";
    struct rec r = *flow;
    bool is_new, turned = false;
    struct plain_group *g;
    struct tally t = {.first = r.first, .last = r.last, .packets = r.packets, .bytes = r.bytes,
                      .flows = r.flows, .out_packets = r.out_packets, .out_bytes = r.out_bytes};
    bool keeps_zero = p->how == NULL || p->how->bidirectional;
    if (!rec_has(&r, GROUP_GENERIC)) {
        return;
    }
    t.flows = t.flows != 0 || (keeps_zero && rec_has(&r, GROUP_COUNTER)) ? t.flows : 1;
    if (p->how == NULL) {
        snprintf(text, sizeof text, "%zu", p->n);
    } else if (p->how->nparts == 0) {
        put_tuple(&r, false, text);
    }
    for (size_t i = 0; p->how != NULL && i < p->how->nparts; i++) {
        put_part(&r, &p->how->part[i], text);
    }
    if (p->how != NULL && p->how->bidirectional && (r.proto == 6 || r.proto == 17)) {
        put_tuple(&r, true, other);
        turned = strcmp(other, text) < 0;
    }
    g = group_of(p, turned ? other : text, &is_new);
    if (is_new) {
        *g = (struct plain_group){{.first = UINT64_MAX}, flow->src_port, turned};
    }
    if (turned != g->turned) {
        tally_add_reversed(&g->tally, &t);
    } else {
        tally_add(&g->tally, &t);
    }
}

static void plain_free(struct plain *p)
{
    groups_free(&p->keys);
    free(p->group);
}

static int read_block(struct flowfile *f, uint32_t block, const struct field_set *fields,
                      struct plain *p)
{
    struct batch b;
    struct rec r;
    int rc;
    batch_init(&b);
    rc = flowfile_read(f, block, &b, NULL);
    rc = rc != 0 ? rc : batch_require(&b, fields);
    for (uint32_t i = 0; i < b.nrows && rc == 0; i++) {
        batch_get_rec(&b, i, fields, &r);
        add_flow(p, &r);
    }
    batch_free(&b);
    return rc;
}

static int group_by_hand(const struct kind *k, const struct aggregation *how, struct plain *p)
{
    struct field_set fields = {{0}};
    struct aggregation tuple;
    int rc = 0;
    memset(&tuple, 0, sizeof tuple);
    aggregation_five_tuple(&tuple, false);
    keys_fields(&tuple, &fields);
    tally_fields(&fields);
    if (how != NULL) {
        keys_fields(how, &fields);
    }
    *p = (struct plain){.how = how};
    groups_init(&p->keys, KEY_ROOM);
    for (int i = 0; i < FILES && rc == 0; i++) {
        struct flowfile *f;
        rc = flowfile_open(path_of(k, i), &f, NULL);
        for (uint32_t n = 0; rc == 0 && n < flowfile_info(f)->nblocks; n++) {
            rc = read_block(f, n, &fields, p);
        }
        flowfile_close(f);
    }
    return rc;
}

/* The order of groups with many or few rows: see ranksort.h. rank: as an earlier order left it. */
static void rank_by_hand(const struct plain *p, enum order_id order, struct rank *rank)
{
    for (size_t i = 0; i < p->n && order != ORDER_NONE; i++) {
        rank[i].key = order_value(order, &p->group[rank[i].item].tally);
    }
    if (order != ORDER_NONE && p->n > RANK_PLAIN_FROM) {
        rank_sort_plain(rank, p->n, 1);
    } else if (order != ORDER_NONE) {
        rank_sort(rank, p->n);
    }
}

/* ------------------------------------------------------------------ comparing */

struct question {
    const char *list;    /* of -A; "": the five-tuple; "-b": bidirectional; NULL: sorted flows */
    uint32_t orders;     /* 0: by appearance */
    bool ascending;
    uint64_t top;
    bool with_many;      /* asked of the long kind, too */
};

struct compare {
    const struct plain *plain;
    const struct rank *rank;
    bool ascending;
    uint64_t shown, wrong;
};

static int compare_part(void *ctx, struct batch *b, const uint32_t *rows, uint32_t n,
                        const uint64_t *bits)
{
    struct compare *c = ctx;
    (void)bits;
    for (uint32_t i = 0; i < n; i++, c->shown++) {
        uint64_t at = c->ascending ? c->shown : c->plain->n - 1 - c->shown;
        const struct plain_group *g = &c->plain->group[c->rank[at].item];
        struct tally t = {.first = batch_u64(b, FIELD_FIRST_SEEN, rows[i]),
                          .last = batch_u64(b, FIELD_LAST_SEEN, rows[i]),
                          .packets = batch_u64(b, FIELD_PACKETS, rows[i]),
                          .bytes = batch_u64(b, FIELD_BYTES, rows[i])};
        c->wrong += t.first != g->tally.first || t.last != g->tally.last ||
                    t.packets != g->tally.packets || t.bytes != g->tally.bytes ||
                    batch_u64(b, FIELD_SRC_PORT, rows[i]) != g->src_port;
    }
    return 0;
}

static bool same_table(struct table *table, const struct plain *p, const struct question *q)
{
    struct table_view view = {.ascending = q->ascending, .top = q->top};
    struct rank *rank = malloc((p->n + 1) * sizeof *rank);
    struct compare c = {.plain = p, .rank = rank, .ascending = q->ascending};
    uint64_t want = q->top != 0 && q->top < p->n ? q->top : p->n;
    bool same = true;
    for (size_t i = 0; i < p->n; i++) {
        rank[i] = (struct rank){0, i};
    }
    for (unsigned o = 0; o <= ORDER_COUNT_; o++) {
        enum order_id order = o < ORDER_COUNT_ ? (enum order_id)o : ORDER_NONE;
        if (order == ORDER_NONE ? q->orders != 0 : !(q->orders >> o & 1)) {
            continue;
        }
        c.shown = 0;
        rank_by_hand(p, order, rank);
        same = same && table_rank(table, order, q->ascending, q->top) == 0 &&
               table_show(table, &view, compare_part, &c) == 0 && c.shown == want && c.wrong == 0;
    }
    free(rank);
    return same;
}

/* What all tables show: ports tell whether the row is that of the first flow. */
static struct field_set shown_fields(void)
{
    struct field_set set = {{0}};
    field_set_add(&set, FIELD_SRC_PORT);
    field_set_add(&set, FIELD_SRC_ADDR);
    field_set_add(&set, FIELD_IN_PAYLOAD);
    tally_fields(&set);
    return set;
}

static bool ask_groups(const struct kind *k, const struct question *q,
                       const struct aggregation *how, const struct plain *p, unsigned workers,
                       struct budget *budget)
{
    struct field_set shown = shown_fields();
    struct wanted wanted = {.orders = q->orders, .ascending = q->ascending, .top = q->top};
    struct aggregate *a = aggregate_new(how, &shown, &wanted, workers, budget);
    struct operator op = aggregate_operator(a);
    bool same = scan_files(k, "any", workers, &op, 1) == 0 && same_table(aggregate_table(a), p, q);
    aggregate_free(a);
    return same;
}

static bool ask_sorted(const struct kind *k, const struct question *q, const struct plain *p,
                       unsigned workers, struct budget *budget)
{
    struct field_set shown = shown_fields();
    enum order_id order = (enum order_id)__builtin_ctz(q->orders);
    struct sorting *s = sorting_new(&shown, order, q->ascending, q->top, workers, budget);
    struct operator op = sorting_operator(s);
    bool same = scan_files(k, "any", workers, &op, 1) == 0 && same_table(sorting_table(s), p, q);
    sorting_free(s);
    return same;
}

struct way {
    unsigned workers;
    bool little; /* memory */
};

static void ask(struct check *t, const struct kind *k, const struct question *q)
{
    static const struct way small[] = {{1, false}, {2, true}, {16, false}};
    static const struct way many[] = {{1, true}, {2, true}, {16, true}};
    const struct way *way = k->make == many_rec ? many : small;
    struct aggregation how;
    struct plain p;
    memset(&how, 0, sizeof how);
    if (q->list == NULL || q->list[0] == '\0' || q->list[0] == '-') {
        aggregation_five_tuple(&how, q->list != NULL && q->list[0] == '-');
    } else {
        CHECK(aggregation_read(q->list, &how, NULL) == 0);
    }
    CHECK(group_by_hand(k, q->list != NULL ? &how : NULL, &p) == 0);
    for (unsigned i = 0; i < 3; i++) {
        struct budget budget;
        bool same;
        budget_init(&budget, way[i].little ? LITTLE : UINT64_MAX);
        same = q->list != NULL ? ask_groups(k, q, &how, &p, way[i].workers, &budget)
                               : ask_sorted(k, q, &p, way[i].workers, &budget);
        CHECK(same);
        CHECK_STR(budget.fault.text, "");
        if (!same) {
            printf("    %s: -A \"%s\", orders %x, -n %u, %u workers%s\n", k->name,
                   q->list != NULL ? q->list : "sorted", q->orders, (unsigned)q->top,
                   way[i].workers, way[i].little ? ", little memory" : "");
        }
        budget_free(&budget);
    }
    plain_free(&p);
}

#define BIT(order) (1u << ORDER_##order)

static const struct question questions[] = {
    {"", BIT(BYTES), false, 10, true},
    {"", 0, false, 0, false},
    {"", BIT(BYTES) | BIT(FLOWS) | BIT(PPS), false, 7, true},
    {"", BIT(PACKETS) | BIT(BPP), false, 0, false},
    {"-b", BIT(BYTES), false, 10, false},
    {"-b", BIT(FLOWS), true, 0, true},
    {"srcip", BIT(FLOWS), false, 20, false},
    {"srcip,dstport", BIT(BYTES), false, 20, true},
    {"srcip,dstport", BIT(TSTART), true, 5, false},
    {"srcip4/24,dstip4/16", BIT(PACKETS), false, 10, false},
    {"srcip6/64,proto", 0, true, 0, false},
    {"srcnet,dstnet", BIT(BYTES), false, 0, false},
    {"next,inif,outif", BIT(BPS), false, 3, false},
    {"proto,dstas,srcmask", BIT(FLOWS), true, 0, false},
    {NULL, BIT(BYTES), false, 10, true},
    {NULL, BIT(TSTART), true, 0, false},
    {NULL, BIT(BPS), false, 0, true},
};

/* The five-tuples of the long kind are more than RANK_PLAIN_FROM. */
static void test_ways(struct check *t)
{
    for (size_t i = 0; i < KINDS; i++) {
        CHECK(write_files(&kinds[i]));
        for (size_t n = 0; n < sizeof questions / sizeof questions[0]; n++) {
            if (kinds[i].make != many_rec || questions[n].with_many) {
                ask(t, &kinds[i], &questions[n]);
            }
        }
        remove_files(&kinds[i]);
    }
}

/* Without a place for temporary files a query fails, and says why. */
static void test_no_room(struct check *t)
{
    struct question q = {"", 0, false, 0, true};
    struct aggregation how;
    struct plain none = {.how = NULL};
    struct budget budget;
    memset(&how, 0, sizeof how);
    aggregation_five_tuple(&how, false);
    CHECK(write_files(&kinds[2]));
    setenv("TMPDIR", "/nowhere/at/all", 1);
    budget_init(&budget, LITTLE);
    CHECK(!ask_groups(&kinds[2], &q, &how, &none, 2, &budget));
    CHECK(strstr(budget.fault.text, "temporary file in /nowhere/at/all: No such file") != NULL);
    budget_free(&budget);
    unsetenv("TMPDIR");
    remove_files(&kinds[2]);
}

CHECK_MAIN(test_begin, test_ways, test_no_room, test_end)
