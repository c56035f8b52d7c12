/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * repeater.h - received datagrams passed on unchanged: nfcapd's -R, and -A to keep the sender.
 *
 * Sending never waits; what the kernel does not take is counted.
 */
#ifndef WEIR_COLLECT_REPEATER_H
#define WEIR_COLLECT_REPEATER_H

#include "base/err.h"
#include "collect/receive.h"

enum { REPEATERS_MAX = 8 };

struct repeater;

/* "host[/port]", port 9995 if none is given. keep_sender: IPv4 only, needs the right to make raw
 * sockets. */
int repeater_open(const char *target, bool keep_sender, struct repeater **out, struct fault *fault);
void repeater_close(struct repeater *r);

void repeater_send(struct repeater *r, const struct datagram *d);

uint64_t repeater_lost(const struct repeater *r);

#endif
