/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * order.c - sort values of tallies.
 */
#include "query/order.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

uint64_t tally_packets(const struct tally *t, enum order_side side)
{
    return side == ORDER_IN ? t->packets : side == ORDER_OUT ? t->out_packets
                                                             : t->packets + t->out_packets;
}

uint64_t tally_bytes(const struct tally *t, enum order_side side)
{
    return side == ORDER_IN ? t->bytes : side == ORDER_OUT ? t->out_bytes
                                                           : t->bytes + t->out_bytes;
}

static uint64_t flows(const struct tally *t, enum order_side side)
{
    (void)side;
    return t->flows;
}

static uint64_t packets(const struct tally *t, enum order_side side)
{
    return tally_packets(t, side);
}

static uint64_t bytes(const struct tally *t, enum order_side side)
{
    return tally_bytes(t, side);
}

static uint64_t duration(const struct tally *t, enum order_side side)
{
    (void)side;
    return t->last != 0 ? t->last - t->first : 0;
}

static uint64_t per_second(const struct tally *t, uint64_t scaled)
{
    uint64_t msec = duration(t, ORDER_IN);
    return msec == 0 ? 0 : scaled / msec;
}

static uint64_t pps(const struct tally *t, enum order_side side)
{
    return per_second(t, 1000 * tally_packets(t, side));
}

static uint64_t bps(const struct tally *t, enum order_side side)
{
    return per_second(t, 8000 * tally_bytes(t, side));
}

static uint64_t bpp(const struct tally *t, enum order_side side)
{
    uint64_t n = tally_packets(t, side);
    return n == 0 ? 0 : tally_bytes(t, side) / n;
}

static uint64_t tstart(const struct tally *t, enum order_side side)
{
    (void)side;
    return t->first;
}

static uint64_t tend(const struct tally *t, enum order_side side)
{
    (void)side;
    return t->last;
}

static const struct order {
    const char *name[2]; /* by enum order_names */
    enum order_side side;
    uint64_t (*value)(const struct tally *t, enum order_side side);
    bool ascends;
    enum field_id sum[2];
} orders[ORDER_COUNT_] = {
#define ORDER(id, record, stat, side, function, ascending, field1, field2)                         \
    [ORDER_##id] = {{record, stat}, ORDER_##side, function, ascending,                             \
                    {FIELD_##field1, FIELD_##field2}},
#include "query/order.def"
};

const char *order_name(enum order_id id, enum order_names names)
{
    return orders[id].name[names];
}

enum order_side order_side(enum order_id id)
{
    return orders[id].side;
}

bool order_ascends(enum order_id id)
{
    return orders[id].ascends;
}

uint64_t order_value(enum order_id id, const struct tally *t)
{
    return orders[id].value(t, orders[id].side);
}

unsigned order_sums(enum order_id id, enum field_id field[2])
{
    unsigned n = 0;
    while (n < 2 && orders[id].sum[n] != FIELD_NONE) {
        field[n] = orders[id].sum[n];
        n++;
    }
    return n;
}

enum order_id order_find(const char *name, size_t len, enum order_names names)
{
    for (unsigned i = 0; i < ORDER_COUNT_; i++) {
        const char *have = orders[i].name[names];
        if (have != NULL && strlen(have) == len && strncasecmp(have, name, len) == 0) {
            return (enum order_id)i;
        }
    }
    return ORDER_NONE;
}

struct order_word order_read(const char *text, size_t len, enum order_names names)
{
    const char *colon = memchr(text, ':', len);
    size_t n = colon != NULL ? (size_t)(colon - text) : len;
    struct order_word w = {order_find(text, n, names), 0, 0};
    if (colon != NULL) {
        char c = n + 1 < len ? colon[1] : '\0';
        w.direction = (c == 'a' || c == 'd') ? c : '\0';
        w.wrong = w.direction == '\0' ? c : '\0';
    }
    return w;
}

void order_list(enum order_names names, struct buf *out)
{
    unsigned n = 0;
    buf_str(out, names == ORDER_OF_STATS ? "Available stat print order:"
                                         : "Available flow print order:");
    for (unsigned i = 0; i < ORDER_COUNT_; i++) {
        const char *name = orders[i].name[names];
        if (name != NULL) {
            buf_str(out, n++ % 8 == 0 ? "\n" : "");
            buf_printf(out, " %-9s", name);
        }
    }
    if (names == ORDER_OF_STATS) {
        buf_str(out, "\nOptionally add direction - :a for ascending or :d for descending values");
    }
    buf_str(out, "\n See also nfdump(1)\n");
}
