/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fragment.h - the ports of a datagram for all of its fragments, in whatever order they come.
 *
 * Ports stand in the first fragment only. Datagrams are remembered by (addresses, protocol, id) in
 * a table of fixed size; a fragment that comes before the first one is held until that one comes,
 * FRAGMENT_WAIT_MSEC of packet time have passed, or its place is needed. A flood of fragments
 * therefore costs no memory: what finds no room is handed on without ports. Nothing is lost and
 * nothing is put together: each fragment stays a packet.
 *
 * For each fragment call fragments_pass(), then fragments_next() until it is false, then count the
 * fragment itself if it was not held.
 */
#ifndef WEIR_PACKET_FRAGMENT_H
#define WEIR_PACKET_FRAGMENT_H

#include "packet/packet.h"

enum { FRAGMENT_WAIT_MSEC = 10000, FRAGMENTS_HELD_MAX = 1024 };

/* A fragment that waits or waited; its payload is gone. */
struct held_fragment {
    struct packet packet;
    uint64_t usec;   /* packet time, since 1970 */
    uint64_t octets; /* as the caller counts them */
};

struct fragments;

struct fragments *fragments_new(void); /* NULL when memory is out */
void fragments_free(struct fragments *f);

/* p is a fragment. Learns from it or fills in its ports (has_ports turns true). False: it is held
 * and comes out of fragments_next() one day. */
bool fragments_pass(struct fragments *f, struct packet *p, uint64_t usec, uint64_t octets);

/* Time goes on: what has waited too long is let go. Cheap while nothing waits. */
void fragments_tick(struct fragments *f, uint64_t usec);

/* Let all go that wait. */
void fragments_flush(struct fragments *f);

/* The next fragment that waits no longer, with ports if they became known. */
bool fragments_next(struct fragments *f, struct held_fragment *out);

#endif
