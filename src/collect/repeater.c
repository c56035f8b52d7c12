/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * repeater.c - a connected UDP socket, or a raw one with headers made here.
 */
#include "collect/repeater.h"
#include "base/net.h"

#include <arpa/inet.h>
#include <linux/ip.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { TARGET_MAX = 256, RAW_TTL = 255 };

struct repeater {
    int fd;
    bool raw;
    struct sockaddr_in to; /* raw */
    uint64_t lost;
};

static int resolve(const char *target, int family, struct addrinfo **list, struct fault *fault)
{
    char host[TARGET_MAX];
    const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_DGRAM};
    char *port;
    int rc;
    if (strlen(target) >= sizeof host) {
        return fault_set(fault, ERR_USAGE, "repeater: name too long");
    }
    strcpy(host, target);
    port = strchr(host, '/');
    if (port != NULL) {
        *port++ = '\0';
    }
    rc = net_look_up(host, port != NULL ? port : "9995", &hints, list);
    if (rc != 0) {
        return fault_set(fault, ERR_USAGE, "repeater %s: %s", target, gai_strerror(rc));
    }
    return 0;
}

static int open_socket(struct repeater *r, const struct addrinfo *a, const char *target,
                       struct fault *fault)
{
    int type = SOCK_CLOEXEC | SOCK_NONBLOCK;
    r->fd = r->raw ? socket(AF_INET, SOCK_RAW | type, IPPROTO_RAW)
                   : socket(a->ai_family, SOCK_DGRAM | type, 0);
    if (r->fd < 0) {
        return fault_sys(fault, "repeater %s", target);
    }
    if (r->raw) {
        memcpy(&r->to, a->ai_addr, sizeof r->to);
        return 0;
    }
    return connect(r->fd, a->ai_addr, a->ai_addrlen) == 0
               ? 0 : fault_sys(fault, "repeater %s", target);
}

int repeater_open(const char *target, bool keep_sender, struct repeater **out, struct fault *fault)
{
    struct addrinfo *list;
    struct repeater *r;
    int rc = resolve(target, keep_sender ? AF_INET : AF_UNSPEC, &list, fault);
    if (rc != 0) {
        return rc;
    }
    r = calloc(1, sizeof *r);
    if (r == NULL) {
        freeaddrinfo(list);
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    r->raw = keep_sender;
    rc = open_socket(r, list, target, fault);
    freeaddrinfo(list);
    if (rc != 0) {
        repeater_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

void repeater_close(struct repeater *r)
{
    if (r != NULL && r->fd >= 0) {
        close(r->fd);
    }
    free(r);
}

/* The kernel fills in length, id and checksum of the IP header; UDP goes without a checksum. */
static ssize_t send_raw(const struct repeater *r, const struct datagram *d)
{
    struct {
        struct iphdr ip;
        struct udphdr udp;
    } head;
    struct iovec iov[2] = {{&head, sizeof head}, {(void *)(uintptr_t)d->data, d->len}};
    struct sockaddr_in to = r->to;
    struct msghdr m = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = iov, .msg_iovlen = 2};
    if (d->family != 4) {
        return -1;
    }
    memset(&head, 0, sizeof head);
    head.ip.version = 4;
    head.ip.ihl = 5;
    head.ip.ttl = RAW_TTL;
    head.ip.protocol = IPPROTO_UDP;
    head.ip.saddr = htonl(ip_to_v4(&d->from));
    head.ip.daddr = r->to.sin_addr.s_addr;
    head.udp.source = htons(d->port);
    head.udp.dest = r->to.sin_port;
    head.udp.len = htons((uint16_t)(sizeof head.udp + d->len));
    return sendmsg(r->fd, &m, MSG_NOSIGNAL);
}

void repeater_send(struct repeater *r, const struct datagram *d)
{
    ssize_t n = r->raw ? send_raw(r, d) : send(r->fd, d->data, d->len, MSG_NOSIGNAL);
    r->lost += n < 0;
}

uint64_t repeater_lost(const struct repeater *r)
{
    return r->lost;
}
