/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * net.c - names of hosts and services to socket addresses.
 */
#include "base/net.h"
#include "base/text.h"

#include <string.h>

static int is_out_of_range(const char *service)
{
    uint64_t port;

    return *service != '\0' && service[strspn(service, "0123456789")] == '\0' &&
           text_number(service, 0, 65535, &port) != 0;
}

int net_look_up(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
    return is_out_of_range(service) ? EAI_SERVICE : getaddrinfo(host, service, hints, list);
}
