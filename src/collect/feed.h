/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * feed.h - datagrams out of captured packets: a capture file of export traffic, or an interface.
 *
 * Only UDP datagrams are handed on; the time of a datagram is its packet's. Fragments and packets
 * that were captured short are counted, not guessed.
 */
#ifndef WEIR_COLLECT_FEED_H
#define WEIR_COLLECT_FEED_H

#include "collect/receive.h"
#include "packet/capture.h"

struct feed;

struct feed_stats {
    uint64_t packets;   /* of any kind */
    uint64_t datagrams; /* handed on */
    uint64_t cut;       /* UDP captured short, or a fragment */
};

int feed_open(const struct capture_options *options, struct feed **out, struct fault *fault);
void feed_close(struct feed *f);

int feed_fd(const struct feed *f); /* -1 for files */

/* Fill a bundle as receiver_take() does; ERR_END at the end of a file. */
int feed_take(struct feed *f, struct bundle *b, struct fault *fault);

const struct feed_stats *feed_stats(const struct feed *f);

#endif
