/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * direct.c - see direct.h.
 */
#include "print/direct.h"

#include "print/printer.h"
#include "print/token.h"

static const struct direct_row table[] = {
    /* kind, how, its numbers, not for ICMP */
    {csv_number, DIRECT_PLAIN, 0, -1, false},
    {csv_dst_port, DIRECT_PLAIN, 0, -1, true},
    {csv_line_no, DIRECT_LINE_NO, -1, -1, false},
    {csv_seconds, DIRECT_SECONDS, 1, 2, false},
    {fmt_number, DIRECT_WIDE, 0, -1, false},
    {fmt_dst_port, DIRECT_WIDE, 0, -1, true},
    {fmt_scaled, DIRECT_SCALED, 0, -1, false},
    {fmt_time, DIRECT_TIME, 0, -1, false},
    {fmt_duration, DIRECT_DURATION, 1, 2, false},
    {json_number, DIRECT_PLAIN, 0, -1, false},
    {json_line_no, DIRECT_LINE_NO, -1, -1, false},
    {json_time, DIRECT_ISO_TIME, 0, -1, false},
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
