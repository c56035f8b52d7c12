/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fragment.h - ports for later fragments: remember them from the first one.
 *
 * A fixed-size, hash-addressed cache keyed by (addresses, protocol, fragment id): memory is bounded
 * and a newer datagram may push out an older one. Entries live FRAGMENT_LIFE_MSEC of packet time.
 */
#ifndef WEIR_PACKET_FRAGMENT_H
#define WEIR_PACKET_FRAGMENT_H

#include "packet/packet.h"

struct fragments;

struct fragments *fragments_new(void); /* NULL when memory is out */
void fragments_free(struct fragments *f);

/* For a fragment: learn its ports if it is the first one, or fill them in from what was learned
 * (has_ports turns true). now is packet time in msec. */
void fragments_pass(struct fragments *f, struct packet *p, uint64_t now);

#endif
