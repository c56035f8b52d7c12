/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * net.h - names of hosts and services to socket addresses.
 */
#ifndef WEIR_BASE_NET_H
#define WEIR_BASE_NET_H

#include <netdb.h>

/* getaddrinfo(3), but a service that is a number must be a port: 0 to 65535 (the C library takes
 * port 70000 for 4464). host may be NULL. Returns 0 or a code of gai_strerror(3); *list is freed
 * by freeaddrinfo(3). */
int net_look_up(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **list);

#endif
