/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * direct.c - see direct.h.
 */
#include "print/direct.h"

#include "print/printer.h"
#include "print/token.h"

static const struct direct_row table[] = {
    /* kind, how, its numbers, not for ICMP, family */
    {csv_number, DIRECT_PLAIN, 0, -1, false, 0},
    {csv_dst_port, DIRECT_PLAIN, 0, -1, true, 0},
    {csv_line_no, DIRECT_LINE_NO, -1, -1, false, 0},
    {csv_seconds, DIRECT_SECONDS, 1, 2, false, 0},
    {csv_addr, DIRECT_IP, 0, -1, false, 0},
    {fmt_number, DIRECT_WIDE, 0, -1, false, 0},
    {fmt_dst_port, DIRECT_WIDE, 0, -1, true, 0},
    {fmt_scaled, DIRECT_SCALED, 0, -1, false, 0},
    {fmt_time, DIRECT_TIME, 0, -1, false, 0},
    {fmt_duration, DIRECT_DURATION, 1, 2, false, 0},
    {json_number, DIRECT_PLAIN, 0, -1, false, 0},
    {json_line_no, DIRECT_LINE_NO, -1, -1, false, 0},
    {json_time, DIRECT_ISO_TIME, 0, -1, false, 0},
    {json_addr4, DIRECT_QUOTED_IP, 0, -1, false, 4},
    {json_addr6, DIRECT_QUOTED_IP, 0, -1, false, 6},
};

const struct direct_row *direct_find(part_fn *kind)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].kind == kind) {
            return &table[i];
        }
    }
    return NULL;
}
