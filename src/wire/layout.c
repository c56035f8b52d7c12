/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * layout.c - the rows of exported records.
 */
#include "wire/layout.h"

#include <assert.h>

enum { PEN_REVERSE = 29305 }; /* RFC 5103 */

static const struct row rows_v4[] = {
    {8, 4, 0, FIELD_SRC_ADDR, AS_V4},
    {12, 4, 0, FIELD_DST_ADDR, AS_V4},
};

static const struct row rows_v6[] = {
    {27, 16, 0, FIELD_SRC_ADDR, AS_V6},
    {28, 16, 0, FIELD_DST_ADDR, AS_V6},
};

static const struct row rows_times[][2] = {
    [TIMES_UPTIME] = {{22, 4, 0, FIELD_FIRST_SEEN, AS_UPTIME},
                      {21, 4, 0, FIELD_LAST_SEEN, AS_UPTIME}},
    [TIMES_SEC] = {{150, 4, 0, FIELD_FIRST_SEEN, AS_SECONDS},
                   {151, 4, 0, FIELD_LAST_SEEN, AS_SECONDS}},
    [TIMES_MSEC] = {{152, 8, 0, FIELD_FIRST_SEEN, AS_NUMBER},
                    {153, 8, 0, FIELD_LAST_SEEN, AS_NUMBER}},
    [TIMES_USEC] = {{154, 8, 0, FIELD_FIRST_SEEN, AS_NTP}, {155, 8, 0, FIELD_LAST_SEEN, AS_NTP}},
    [TIMES_NSEC] = {{156, 8, 0, FIELD_FIRST_SEEN, AS_NTP}, {157, 8, 0, FIELD_LAST_SEEN, AS_NTP}},
};

static const struct row rows_common[] = {
    {1, 8, 0, FIELD_BYTES, AS_NUMBER},
    {2, 8, 0, FIELD_PACKETS, AS_NUMBER},
    {10, 4, 0, FIELD_IN_IF, AS_NUMBER},
    {14, 4, 0, FIELD_OUT_IF, AS_NUMBER},
    {61, 1, 0, FIELD_DIRECTION, AS_NUMBER},
    {136, 1, 0, FIELD_END_REASON, AS_NUMBER},
};

static const struct row rows_ports[] = {
    {7, 2, 0, FIELD_SRC_PORT, AS_NUMBER},
    {11, 2, 0, FIELD_DST_PORT, AS_NUMBER},
    {4, 1, 0, FIELD_PROTO, AS_NUMBER},
    {6, 1, 0, FIELD_TCP_FLAGS, AS_NUMBER},
    {60, 1, 0, FIELD_IP_VERSION, AS_NUMBER},
    {5, 1, 0, FIELD_SRC_TOS, AS_NUMBER},
};

static const struct row rows_icmp4[] = {
    {32, 2, 0, FIELD_DST_PORT, AS_NUMBER},
    {4, 1, 0, FIELD_PROTO, AS_NUMBER},
    {60, 1, 0, FIELD_IP_VERSION, AS_NUMBER},
    {5, 1, 0, FIELD_SRC_TOS, AS_NUMBER},
};

static const struct row rows_icmp6[] = {
    {139, 2, 0, FIELD_DST_PORT, AS_NUMBER},
    {4, 1, 0, FIELD_PROTO, AS_NUMBER},
    {60, 1, 0, FIELD_IP_VERSION, AS_NUMBER},
    {5, 1, 0, FIELD_SRC_TOS, AS_NUMBER},
};

static const struct row rows_vlan[] = {
    {58, 2, 0, FIELD_SRC_VLAN, AS_NUMBER},
    {59, 2, 0, FIELD_DST_VLAN, AS_NUMBER},
};

static const struct row rows_mac[] = {
    {56, 6, 0, FIELD_IN_SRC_MAC, AS_MAC},
    {57, 6, 0, FIELD_OUT_DST_MAC, AS_MAC},
};

static const struct row rows_reverse[] = {
    {1, 8, PEN_REVERSE, FIELD_OUT_BYTES, AS_NUMBER},
    {2, 8, PEN_REVERSE, FIELD_OUT_PACKETS, AS_NUMBER},
    {5, 1, PEN_REVERSE, FIELD_DST_TOS, AS_NUMBER},
};

static const struct row rows_reverse_ports[] = {
    {6, 1, PEN_REVERSE, FIELD_REV_TCP_FLAGS, AS_NUMBER},
};

static void add_rows(struct layout *l, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert(l->nrows < ROWS_MAX);
        l->rows[l->nrows++] = rows[i];
        l->octets = (uint16_t)(l->octets + rows[i].length);
    }
}

#define ADD_ROWS(layout, rows) add_rows(layout, rows, sizeof(rows) / sizeof((rows)[0]))

static void add_labels(struct layout *l, unsigned labels)
{
    for (unsigned i = 0; i < labels && i < 10; i++) {
        struct row row = {(uint16_t)(70 + i), 3, 0, (enum field_id)(FIELD_MPLS1 + i), AS_LABEL};
        add_rows(l, &row, 1);
    }
}

static void add_transport(struct layout *l, enum layout_kind kind)
{
    if (kind == LAYOUT_V4_ICMP) {
        ADD_ROWS(l, rows_icmp4);
    } else if (kind == LAYOUT_V6_ICMP) {
        ADD_ROWS(l, rows_icmp6);
    } else {
        ADD_ROWS(l, rows_ports);
    }
}

static void add_reverse(struct layout *l, enum layout_kind kind)
{
    ADD_ROWS(l, rows_reverse);
    if (kind == LAYOUT_V4 || kind == LAYOUT_V6) {
        ADD_ROWS(l, rows_reverse_ports);
    }
}

void layout_make(const struct encoder_options *o, enum layout_kind kind, struct layout *l)
{
    static const uint16_t ids[LAYOUTS_] = {TEMPLATE_V4, TEMPLATE_V4_ICMP, TEMPLATE_V6,
                                           TEMPLATE_V6_ICMP};
    bool v6 = kind == LAYOUT_V6 || kind == LAYOUT_V6_ICMP;
    l->id = ids[kind];
    add_rows(l, v6 ? rows_v6 : rows_v4, 2);
    add_rows(l, rows_times[o->times], 2);
    ADD_ROWS(l, rows_common);
    add_transport(l, kind);
    if (o->with_vlan) {
        ADD_ROWS(l, rows_vlan);
    }
    if (o->with_mac) {
        ADD_ROWS(l, rows_mac);
    }
    if (o->biflow) {
        add_reverse(l, kind);
    }
    add_labels(l, o->labels);
}
