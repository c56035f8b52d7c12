/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * export.h - finished flows to collectors: sockets around the encoders of the wire room.
 *
 * Each destination has an encoder of its own, so that its sequence numbers have no gaps: all get
 * every record, or one after the other a datagram's worth of them (`spread`). A refused or
 * unreachable datagram is counted, never a reason to stop; a stream that broke is opened again,
 * with a session of its own. Used by one thread.
 */
#ifndef WEIR_PROBE_EXPORT_H
#define WEIR_PROBE_EXPORT_H

#include "base/err.h"
#include "base/ip.h"
#include "base/log.h"
#include "probe/flowtable.h"

#include <stdbool.h>
#include <stdint.h>

enum { EXPORT_TARGETS_MAX = 16 };

enum export_transport { EXPORT_UDP, EXPORT_TCP };

/* How times are told (softflowd -A): relative to the system's start, or absolute. */
enum export_times { EXPORT_UPTIME, EXPORT_SEC, EXPORT_MILLI, EXPORT_MICRO, EXPORT_NANO };

struct export_options {
    const char *targets; /* "host:port,[v6]:port,..."; NULL: records are only counted */
    int version;         /* 1, 5, 9, 10 */
    enum export_transport transport;
    enum export_times times;
    bool biflow;         /* RFC 5103 records (IPFIX) */
    bool spread;         /* round robin */
    bool with_vlan, with_mac;
    uint64_t direction_mac; /* records from it are egress, to it ingress; 0: by side */
    const char *exporter;   /* address to send from and to announce; NULL: the system's */
    struct ip exporter_ip;
    uint32_t in_if;      /* number of the interface, of in and out */
    unsigned labels;
    uint32_t sampling;
    size_t mtu;          /* largest datagram; 0: as softflowd */
    int hop_limit;       /* -1: the system's */
    const char *bind_interface;
    uint64_t boot_usec;  /* start of the "system", since 1970 */
};

struct export;

struct export_stats {
    uint64_t flows, records, datagrams, failures;
};

/* On error *out is untouched: ERR_USAGE (text), ERR_NOTFOUND (name look-up), ERR_IO. */
int export_open(const struct export_options *options, struct export **out, struct fault *fault);
void export_close(struct export *e);

/* Queue the records of a finished flow; full datagrams leave at once. now: usec since 1970. */
void export_flow(struct export *e, const struct probe_flow *f, uint64_t now);

/* Send what is queued. */
void export_flush(struct export *e, uint64_t now);

/* The next datagram carries templates. */
void export_send_template(struct export *e);

/* The system's start moves (reading a capture: to the first packet). */
void export_set_boot(struct export *e, uint64_t boot_usec);

/* A line for each collector, as softflowd logs it. */
void export_tell_targets(const struct export *e, const char *from, struct log *log);

const struct export_stats *export_stats(const struct export *e);

#endif
