/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * receive.h - datagrams from the network, many per system call.
 *
 * A receiver is one UDP socket (or several that share a port). Datagrams come in bundles that the
 * caller owns and reuses. What the kernel dropped for lack of buffer is counted (SO_RXQ_OVFL). A
 * receiver is used by one thread.
 */
#ifndef WEIR_COLLECT_RECEIVE_H
#define WEIR_COLLECT_RECEIVE_H

#include "base/err.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUNDLE_DATAGRAMS = 64, DATAGRAM_MAX = 65535 };

struct datagram {
    const uint8_t *data;
    uint32_t len;
    int family;        /* of the sender: 4, 6 */
    struct ip from;
    uint16_t port;
    uint64_t received; /* msec since 1970 UTC */
    bool stream;       /* a message out of a TCP connection */
};

struct bundle {
    unsigned n;
    struct datagram datagrams[BUNDLE_DATAGRAMS];
    uint64_t kernel_drops; /* new ones since the bundle before; also without datagrams */
    uint8_t *memory;       /* BUNDLE_DATAGRAMS * DATAGRAM_MAX octets, touched only as needed */
};

struct bundle *bundle_new(void); /* NULL when memory is out */
void bundle_free(struct bundle *b);

struct receiver_options {
    const char *host;      /* address or name to bind to; NULL: all */
    const char *service;   /* port number or service name */
    const char *multicast; /* group to join instead of host; NULL: none */
    int family;            /* 4, 6; 0: both */
    int buffer_octets;     /* SO_RCVBUF; 0: what the system gives */
    bool share_port;       /* several receivers on the port (SO_REUSEPORT) */
};

struct receiver;

/* On error *out is untouched; fault.text names address and reason. *buffer (may be NULL) is set
 * to the receive buffer the kernel granted, octets. */
int receiver_open(const struct receiver_options *options, struct receiver **out, int *buffer,
                  struct fault *fault);
void receiver_close(struct receiver *r);

int receiver_fd(const struct receiver *r);

/* Take what waits, at most a bundle's worth, without blocking. Returns the number of datagrams,
 * 0 when none wait, ERR_IO. */
int receiver_take(struct receiver *r, struct bundle *b, struct fault *fault);

#endif
