/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stream.h - IPFIX over TCP (RFC 7011 10.4): connections accepted, messages cut out of the streams.
 *
 * Bounded: so many connections, one message's worth of octets each. A connection that sends
 * anything but IPFIX is closed. Used by one thread.
 */
#ifndef WEIR_COLLECT_STREAM_H
#define WEIR_COLLECT_STREAM_H

#include "base/err.h"
#include "collect/receive.h"

enum {
    STREAM_CONNECTIONS_MAX = 256,
    STREAM_IDLE_MSEC = 60000 /* when there are so many, one that said nothing for so long goes */
};

struct stream;

/* host NULL: all addresses. */
int stream_open(const char *host, const char *service, int family, struct stream **out,
                struct fault *fault);
void stream_close(struct stream *s);

/* Wait up to timeout_msec for octets, or until `wake` is readable, then take whole messages as
 * datagrams. Returns their number. */
int stream_take(struct stream *s, struct bundle *b, int wake, int timeout_msec);

#endif
