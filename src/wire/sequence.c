/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sequence.c - sequence numbers of exporters: what is missing, what came late or twice.
 *
 * A number ahead of the expected one opens a gap; a datagram that comes late fills its part of it.
 * A number behind that is in no gap was seen before - unless the numbers go on from there, which is
 * an exporter that started again.
 */
#include "wire/exporter.h"

enum { JUMP_MAX = 1 << 28 }; /* farther ahead than this is a restart, not a loss */

static void open_gap(struct wire_entry *e, uint32_t sequence, uint32_t missing)
{
    e->pub.loss.sequence_gaps++;
    e->pub.id.sequence_failures++;
    if (missing < JUMP_MAX) {
        e->pub.loss.sequence_missed += missing;
        e->gaps[e->gap_at++ % GAPS_KEPT] = (struct gap){e->sequence, missing};
    }
    e->sequence = sequence;
}

static struct gap *gap_with(struct wire_entry *e, uint32_t sequence)
{
    for (unsigned i = 0; i < GAPS_KEPT; i++) {
        if (sequence - e->gaps[i].from < e->gaps[i].len) {
            return &e->gaps[i];
        }
    }
    return NULL;
}

enum sequence_place sequence_check(struct wire_entry *e, uint32_t sequence, uint32_t window)
{
    uint32_t ahead = sequence - e->sequence;
    uint32_t behind = e->sequence - sequence;
    if (!e->sequence_known) {
        e->sequence_known = true;
        e->sequence = sequence;
    } else if (ahead != 0 && behind <= window) {
        return gap_with(e, sequence) != NULL ? SEQUENCE_LATE : SEQUENCE_TWICE;
    } else if (ahead != 0) {
        open_gap(e, sequence, ahead);
    }
    e->late_run = 0;
    return SEQUENCE_NEXT;
}

static void fill_gap(struct wire_entry *e, uint32_t sequence, uint32_t units)
{
    struct gap *g = gap_with(e, sequence);
    if (g == NULL || units > g->len) {
        return;
    }
    if (e->pub.loss.sequence_missed >= units) {
        e->pub.loss.sequence_missed -= units;
    }
    if (sequence == g->from) {
        g->from += units;
        g->len -= units;
    } else {
        g->len = sequence - g->from; /* what lies behind it is not looked for any more */
    }
}

/* Several datagrams behind the expected number, each following the other. */
static void notice_restart(struct wire_entry *e, uint32_t sequence, uint32_t units)
{
    e->late_run = sequence == e->late_sequence ? e->late_run + 1 : 1;
    e->late_sequence = sequence + units;
    if (units > 0 && e->late_run >= LATE_RUN_MAX) {
        e->sequence = e->late_sequence;
        e->late_run = 0;
        e->pub.loss.sequence_gaps++;
        e->pub.id.sequence_failures++;
    }
}

void sequence_advance(struct wire_entry *e, enum sequence_place place, uint32_t sequence,
                      uint32_t units)
{
    switch (place) {
    case SEQUENCE_NEXT:
        e->sequence = sequence + units;
        return;
    case SEQUENCE_LATE:
        fill_gap(e, sequence, units);
        return;
    case SEQUENCE_TWICE:
        e->pub.loss.duplicates++;
        notice_restart(e, sequence, units);
        return;
    }
}

void sequence_forget(struct wire_entry *e)
{
    e->sequence_known = false;
}
