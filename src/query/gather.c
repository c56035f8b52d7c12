/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * gather.c - see gather.h. One loop for each width, so that none decides per row.
 */
#include "query/gather.h"

#include <assert.h>
#include <string.h>

enum { STRIP = 512 };

#define SCATTER(name, type)                                                                        \
    static void name(const uint64_t *v, uint32_t n, uint8_t *to, size_t step)                      \
    {                                                                                              \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            type x = (type)v[i];                                                                   \
            memcpy(to + i * step, &x, sizeof x);                                                   \
        }                                                                                          \
    }

SCATTER(scatter8, uint8_t)
SCATTER(scatter16, uint16_t)
SCATTER(scatter32, uint32_t)
SCATTER(scatter64, uint64_t)

static void scatter(const uint64_t *v, uint32_t n, uint8_t *to, size_t step, size_t width)
{
    switch (width) {
    case 1:
        scatter8(v, n, to, step);
        break;
    case 2:
        scatter16(v, n, to, step);
        break;
    case 4:
        scatter32(v, n, to, step);
        break;
    default:
        scatter64(v, n, to, step);
        break;
    }
}

static void gather_addresses(const struct column *c, const uint32_t *rows, uint32_t n, uint8_t *to,
                             size_t step)
{
    for (uint32_t i = 0; i < n; i++) {
        memcpy(to + i * step, column_ip(c, rows[i]), sizeof(struct ip));
    }
}

void gather_to(const struct column *c, const uint32_t *rows, uint32_t n, uint8_t *to, size_t step,
               size_t width)
{
    uint64_t strip[STRIP];
    if (width == sizeof(struct ip)) {
        gather_addresses(c, rows, n, to, step);
        return;
    }
    for (uint32_t at = 0; at < n; at += STRIP) {
        uint32_t part = n - at < STRIP ? n - at : STRIP;
        column_gather(c, rows + at, part, strip);
        scatter(strip, part, to + at * step, step, width);
    }
}
