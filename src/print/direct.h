/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * direct.h - kinds of parts whose values are written straight from numbers, without a record.
 *
 * A kind that is a function of one or two numbers and stands in every record has a row in the table
 * of direct.c, which says how its values are written. Both ways must write the same.
 */
#ifndef WEIR_PRINT_DIRECT_H
#define WEIR_PRINT_DIRECT_H

#include "print/part.h"

struct direct_row {
    part_fn *kind;
    enum direct how;
    int first;     /* place of its number; -1: none */
    int second;    /* and of another one; -1: none */
    bool not_icmp; /* only if the record is not ICMP */
    int family;    /* addresses: of IPv4 or IPv6; 0: as place_address() says */
};

/* NULL: it is not among them. */
const struct direct_row *direct_find(part_fn *kind);

enum { DIRECT_ROOM = 64 }; /* octets that one value may take */

static inline char *direct_time(const struct row *row, uint64_t msec, char *p)
{
    return text_time(&row->work->local, msec, p);
}

static inline char *direct_iso_time(const struct row *row, uint64_t msec, char *p)
{
    char *end;

    *p++ = '"';
    end = p + clock_format(&row->work->local, msec, p);
    end[-13] = 'T';
    *end++ = '"';
    return end;
}

static inline char *direct_quoted_ip(char *p, const struct ip *ip, int family)
{
    *p++ = '"';
    p = value_ip(p, ip, family);
    *p++ = '"';
    return p;
}

static inline uint64_t direct_duration(uint64_t first, uint64_t last)
{
    return first != 0 && last > first ? last - first : 0;
}

/* The value of a step, from the numbers of the row at hand. */
static inline char *direct_write(const struct shape_step *step, const struct row *row, char *p)
{
    uint64_t a = step->number[0] != NULL ? step->number[0][row->at] : 0;
    uint64_t b = step->number[1] != NULL ? step->number[1][row->at] : 0;
    int width = step->part->width;

    switch (step->how) {
    case DIRECT_PLAIN:
        return value_u64(p, a);
    case DIRECT_WIDE:
        return value_u64_wide(p, a, width);
    case DIRECT_SCALED:
        return value_scaled_wide(p, a, row->options->plain_numbers);
    case DIRECT_LINE_NO:
        return value_u64(p, row->line_no);
    case DIRECT_TIME:
        return direct_time(row, a, p);
    case DIRECT_ISO_TIME:
        return direct_iso_time(row, a, p);
    case DIRECT_DURATION:
        return row->options->plain_numbers ? value_thousandths(p, direct_duration(a, b), width)
                                           : value_duration(p, direct_duration(a, b));
    case DIRECT_SECONDS:
        return value_thousandths(p, direct_duration(a, b), 0);
    case DIRECT_IP:
        return value_ip(p, step->table + a, step->family);
    case DIRECT_QUOTED_IP:
        return direct_quoted_ip(p, step->table + a, step->family);
    case DIRECT_NOT:
    case DIRECT_NOTHING:
    case DIRECT_TEXTS:
        break;
    }
    return p;
}

#endif
