/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * capfile.h - reads capture files: pcap (both byte orders, usec and nsec, the variants libpcap
 * knows) and pcapng with any mixture of interfaces, link types and time units. Also gzip.
 *
 * libpcap refuses a pcapng file whose interfaces differ in link type or snap length.
 */
#ifndef WEIR_PACKET_CAPFILE_H
#define WEIR_PACKET_CAPFILE_H

#include "base/err.h"
#include "packet/capture.h"

struct capfile;

/* On error *out is untouched: ERR_IO, ERR_FORMAT, ERR_UNSUPPORTED (no link type that can be
 * decoded), ERR_NOMEM. */
int capfile_open(const char *path, struct capfile **out, struct fault *fault);
void capfile_close(struct capfile *c);

/* Interfaces described in front of the first packet, and their link types. */
size_t capfile_interfaces(const struct capfile *c);
int capfile_link_type(const struct capfile *c, size_t interface);

/* Like capture_next(). */
int capfile_next(struct capfile *c, struct frame *out, struct fault *fault);

#endif
