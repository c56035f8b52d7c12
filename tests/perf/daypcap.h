/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * daypcap.h - the synthetic day as captures: the packets themselves, or export datagrams.
 */
#ifndef WEIR_PERF_DAYPCAP_H
#define WEIR_PERF_DAYPCAP_H

#include "daymodel.h"

#include <stdio.h>

/* The file header of a capture in Ethernet frames. */
void daypcap_begin(FILE *out);

/* The flows of a slot as one packet each per direction and more for larger flows (at most `most` a
 * flow), in order of time. Returns the number of packets. */
size_t daypcap_packets(FILE *out, const struct day *d, const struct day_flow *flows, size_t n,
                       unsigned most);

/* The flows of a slot as IPFIX datagrams to port 9995. */
void daypcap_exports(FILE *out, const struct day *d, const struct day_flow *flows, size_t n);

#endif
