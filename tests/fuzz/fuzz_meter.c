/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_meter.c - a whole capture for the meter: records of (time step in seconds, length, frame).
 * Packets and octets of all ended flows must be those that were tracked.
 */
#include "base/cur.h"
#include "probe/detail.h"
#include "probe/meter.h"
#include "probe/record.h"

#include <pcap/dlt.h>
#include <stdlib.h>

struct sums {
    uint64_t packets;
    uint64_t flows;
};

static void take_flow(void *ctx, struct probe_flow *f)
{
    struct sums *s = ctx;
    struct rec r;
    s->packets += f->dir[0].packets + f->dir[1].packets;
    s->flows++;
    for (int side = 0; side < 2; side++) {
        record_of_flow(f, side, RECORD_FILE, &r);
    }
}

/* Nothing is left, and each packet that was tracked was in one flow that ended. */
static void check_sums(struct meter *m, const struct sums *s)
{
    struct flowstat *stat = calloc(1, sizeof *stat);
    size_t active = 0;
    if (stat == NULL) {
        return;
    }
    meter_sum(m, stat, &active);
    if (active != 0 || s->packets < s->flows
        || s->packets != stat->packets - stat->too_short - stat->no_memory) {
        abort();
    }
    free(stat);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cur c = cur_of(data, size);
    struct sums sums = {0, 0};
    uint8_t how = cur_u8(&c);
    struct meter_options o = {.scheme = {how % 6, how & 8, 0}, .max_flows = 8,
                              .ip_octets = how & 8, .at_once = how & 16, .fat = how & 32,
                              .payload = how & 64, .packet = {true, true}, .on_flow = take_flow,
                              .ctx = &sums};
    uint64_t usec = 1000000000000000;
    struct meter *m;
    timeouts_default(&o.timeouts);
    m = meter_new(&o);
    while (m != NULL && cur_left(&c) > 4) {
        uint16_t step = cur_u16be(&c);
        size_t length = cur_u16be(&c);
        const uint8_t *frame;
        length = length < cur_left(&c) ? length : cur_left(&c);
        frame = cur_take(&c, length);
        usec += (uint64_t)step * 1000000;
        meter_packet(m, usec, DLT_RAW, frame, length, length + 4);
        meter_expire(m, usec / 1000000);
    }
    if (m != NULL) {
        meter_expire_all(m);
        check_sums(m, &sums);
    }
    meter_free(m);
    return 0;
}
