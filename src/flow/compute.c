/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * compute.c - one small function per computed field.
 *
 * Rates are integer divisions as nfdump does them; products wrap at 64 bits.
 */
#include "flow/compute.h"

#include <assert.h>
#include <stddef.h>

typedef uint64_t (*compute_fn)(const uint64_t in[3], uint64_t groups);

static uint64_t duration(const uint64_t in[3], uint64_t groups)
{
    (void)groups;
    return in[1] - in[0];
}

static uint64_t per_second(uint64_t first, uint64_t last, uint64_t scaled)
{
    return last == first ? 0 : scaled / (last - first);
}

static uint64_t pps(const uint64_t in[3], uint64_t groups)
{
    (void)groups;
    return per_second(in[0], in[1], in[2] * 1000);
}

static uint64_t bps(const uint64_t in[3], uint64_t groups)
{
    (void)groups;
    return per_second(in[0], in[1], in[2] * 8000);
}

static uint64_t bpp(const uint64_t in[3], uint64_t groups)
{
    (void)groups;
    return in[1] == 0 ? 0 : in[0] / in[1];
}

static uint64_t icmp_type(const uint64_t in[3], uint64_t groups)
{
    (void)groups;
    return in[0] >> 8 & 0xff;
}

static uint64_t icmp_code(const uint64_t in[3], uint64_t groups)
{
    (void)groups;
    return in[0] & 0xff;
}

static uint64_t flow_count(const uint64_t in[3], uint64_t groups)
{
    return (groups & group_bit(GROUP_COUNTER)) && in[0] != 0 ? in[0] : 1;
}

static uint64_t sum(const uint64_t in[3], uint64_t groups)
{
    (void)groups;
    return in[0] + in[1];
}

static uint64_t event_time(const uint64_t in[3], uint64_t groups)
{
    (void)groups;
    return in[0] != 0 ? in[0] : in[1] != 0 ? in[1] : in[2];
}

static const compute_fn functions[FIELD_COUNT_ - FIELD_STORED_] = {
    [FIELD_DURATION - FIELD_STORED_] = duration,
    [FIELD_PPS - FIELD_STORED_] = pps,
    [FIELD_BPS - FIELD_STORED_] = bps,
    [FIELD_BPP - FIELD_STORED_] = bpp,
    [FIELD_ICMP_TYPE - FIELD_STORED_] = icmp_type,
    [FIELD_ICMP_CODE - FIELD_STORED_] = icmp_code,
    [FIELD_FLOW_COUNT - FIELD_STORED_] = flow_count,
    [FIELD_PACKETS_ALL - FIELD_STORED_] = sum,
    [FIELD_BYTES_ALL - FIELD_STORED_] = sum,
    [FIELD_EVENT_TIME - FIELD_STORED_] = event_time,
};

uint64_t compute_value(enum field_id id, const uint64_t in[3], uint64_t groups)
{
    assert(field_is_computed(id) && functions[id - FIELD_STORED_] != NULL);
    return functions[id - FIELD_STORED_](in, groups);
}
