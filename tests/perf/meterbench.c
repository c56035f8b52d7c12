/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * meterbench.c - what a packet costs the meter, by the number of flows at a time.
 *
 *   meterbench [FLOWS...]    (10000 100000 500000 2000000)
 *
 * Makes so many flows, then hands packets of them to the meter in random order, a million a second
 * of packet time, and prints "flows nanoseconds" of processor time for each packet. No capture is
 * read: what grows with the number of flows is the table's memory, and that is what this shows.
 */
#include "probe/meter.h"

#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PACKETS = 4000000, PACKETS_PER_SECOND = 1000000 };

struct source {
    struct meter *meter;
    uint64_t usec;
    uint64_t random;
    uint8_t frame[28];
};

static uint64_t processor_nsec(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t random_next(struct source *s)
{
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return s->random * 0x2545f4914f6cdd1du;
}

/* A UDP datagram of flow `number`. */
static void packet_of(struct source *s, uint32_t number)
{
    static const uint8_t plain[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 0,
                                      192, 0, 2, 1, 0, 0, 0, 53, 0, 8, 0, 0};
    memcpy(s->frame, plain, sizeof plain);
    for (int i = 0; i < 3; i++) {
        s->frame[13 + i] = (uint8_t)(number >> 8 * i);
    }
    s->frame[20] = (uint8_t)number;
    s->usec += 1000000 / PACKETS_PER_SECOND;
    meter_packet(s->meter, s->usec, DLT_RAW, s->frame, sizeof s->frame, sizeof s->frame);
    if (s->usec % 1000000 == 0) {
        meter_expire(s->meter, s->usec / 1000000);
    }
}

static void ignore_flow(void *ctx, struct probe_flow *f)
{
    (void)ctx;
    (void)f;
}

static int measure(uint32_t flows)
{
    struct meter_options o = {.scheme.level = TRACK_FULL, .on_flow = ignore_flow};
    struct source s = {.usec = 1700000000000000, .random = 88172645463325252u};
    uint64_t before;
    timeouts_default(&o.timeouts);
    s.meter = meter_new(&o);
    if (s.meter == NULL) {
        return 1;
    }
    for (uint32_t i = 0; i < flows; i++) {
        packet_of(&s, i);
    }
    before = processor_nsec();
    for (uint32_t i = 0; i < PACKETS; i++) {
        packet_of(&s, (uint32_t)(random_next(&s) % flows));
    }
    printf("%u %.1f\n", flows, (double)(processor_nsec() - before) / PACKETS);
    fflush(stdout);
    meter_free(s.meter);
    return 0;
}

int main(int argc, char **argv)
{
    static const uint32_t usual[] = {10000, 100000, 500000, 2000000};
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        failed |= measure((uint32_t)strtoul(argv[i], NULL, 10));
    }
    for (size_t i = 0; argc == 1 && i < sizeof usual / sizeof usual[0]; i++) {
        failed |= measure(usual[i]);
    }
    return failed;
}
