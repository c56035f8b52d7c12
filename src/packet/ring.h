/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ring.h - Linux: packets from a memory-mapped ring (TPACKET_V3).
 * The kernel fills blocks of frames and hands a block over when it is full or RING_BLOCK_MSEC
 * have passed, so that packets of quiet links are seen soon. Several rings that join a fanout
 * group share the packets of an interface by flow. Frames are Ethernet; a VLAN tag that the card
 * took off is put back. Used by one thread.
 */
#ifndef WEIR_PACKET_RING_H
#define WEIR_PACKET_RING_H

#include "packet/capture.h"

struct ring;

/* ERR_UNSUPPORTED when the interface is none that carries Ethernet frames ("any", tunnels): take
 * libpcap then. ERR_IO with *fault for other failures. */
int ring_open(const struct capture_options *options, struct ring **out, struct fault *fault);
void ring_close(struct ring *r);

int ring_fd(const struct ring *r);

/* 1: *out is the next frame, valid until the next call; 0: none for now. */
int ring_next(struct ring *r, struct frame *out);

/* Counters since the ring was opened. */
void ring_stats(struct ring *r, struct capture_stats *out);

#endif
