/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * notify.h - tell the service manager: ready, alive, stopping (the protocol of sd_notify).
 */
#ifndef WEIR_COLLECT_NOTIFY_H
#define WEIR_COLLECT_NOTIFY_H

#include <stdint.h>

struct notifier {
    int fd;              /* -1: nobody wants to know */
    uint64_t every_msec; /* of the watchdog; 0: none */
    uint64_t last;
};

/* Reads NOTIFY_SOCKET and WATCHDOG_USEC. */
void notify_open(struct notifier *n);
void notify_close(struct notifier *n);
void notify_state(const struct notifier *n, const char *state); /* "READY=1", "STOPPING=1" */

/* A sign of life when it is due. */
void notify_alive(struct notifier *n, uint64_t now_msec);

#endif
