/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * capture.h - where packets come from: a capture file or a live interface.
 *
 * Files: pcap and pcapng (capfile.h), also gzip-compressed when built with zlib; "-" is standard
 * input. Live: on Linux a memory-mapped ring (ring.h) for Ethernet interfaces, else
 * libpcap ("any", tunnels), asked for short block times, so that packets of quiet links are seen
 * soon. Used by one thread.
 */
#ifndef WEIR_PACKET_CAPTURE_H
#define WEIR_PACKET_CAPTURE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

struct frame {
    uint64_t usec;       /* time stamp, since 1970 UTC */
    int link_type;       /* libpcap's DLT number */
    const uint8_t *data; /* valid until the next capture_next() */
    uint32_t captured;   /* octets at hand */
    uint32_t length;     /* octets on the wire */
};

struct capture_options {
    const char *file;      /* or */
    const char *interface;
    const char *filter;    /* BPF expression, NULL or "" = all */
    int snap_length;
    int buffer_octets;     /* 0: the system's default */
    bool promiscuous;
    bool libpcap;          /* no ring */
    bool share;            /* one of several captures of this process: each gets its flows */
};

struct capture_stats {
    bool known;
    uint64_t received, dropped, interface_dropped;
};

/* Open. On error *out is untouched. */
int capture_open(const struct capture_options *options, struct capture **out, struct fault *fault);
void capture_close(struct capture *c);

bool capture_is_live(const struct capture *c);
int capture_fd(const struct capture *c); /* to poll for input; -1 for files */

/* 1: *out is the next frame; 0: none for now (live); ERR_END; ERR_IO / ERR_FORMAT with *fault. */
int capture_next(struct capture *c, struct frame *out, struct fault *fault);

void capture_stats(struct capture *c, struct capture_stats *out);

#endif
