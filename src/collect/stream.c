/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stream.c - a listening socket, its connections, and what has come of the next message of each.
 */
#include "collect/stream.h"

#include "base/clock.h"
#include "base/net.h"
#include "wire/wire.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

struct connection {
    int fd; /* -1: free */
    int family;
    struct ip from;
    uint16_t port;
    uint64_t heard; /* msec since 1970 */
    size_t have;
    uint8_t *data; /* DATAGRAM_MAX octets */
};

/* Places among the descriptors that are polled, behind the connections. */
enum { LISTENING = STREAM_CONNECTIONS_MAX, WAKING, POLLED_ };

struct stream {
    int fd;
    bool more;    /* a bundle was full: messages may wait in our own buffers */
    size_t first; /* connection to begin with: each has its turn, however much others send */
    struct connection connections[STREAM_CONNECTIONS_MAX];
    struct pollfd fds[POLLED_];
};

static int listen_on(const struct addrinfo *a)
{
    int one = 1, zero = 0;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (a->ai_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    }
    if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int stream_open(const char *host, const char *service, int family, struct stream **out,
                struct fault *fault)
{
    const struct addrinfo hints = {
        .ai_family = family == 4 ? AF_INET : family == 6 || host == NULL ? AF_INET6 : AF_UNSPEC,
        .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list;
    struct stream *s;
    int rc = net_look_up(host, service, &hints, &list);
    if (rc != 0) {
        return fault_set(fault, ERR_USAGE, "TCP port %s: %s", service, gai_strerror(rc));
    }
    s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->fd = listen_on(list);
    }
    freeaddrinfo(list);
    if (s == NULL || s->fd < 0) {
        free(s);
        return fault_sys(fault, "cannot listen on TCP port %s", service);
    }
    for (size_t i = 0; i < STREAM_CONNECTIONS_MAX; i++) {
        s->connections[i].fd = -1;
    }
    *out = s;
    return 0;
}

static void hang_up(struct connection *c)
{
    close(c->fd);
    free(c->data);
    *c = (struct connection){.fd = -1};
}

void stream_close(struct stream *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < STREAM_CONNECTIONS_MAX; i++) {
        if (s->connections[i].fd >= 0) {
            hang_up(&s->connections[i]);
        }
    }
    close(s->fd);
    free(s);
}

/* ---- connections ---- */

static void note_peer(struct connection *c, const struct sockaddr_storage *a)
{
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)a;
        c->from = ip_from_v4(ntohl(in->sin_addr.s_addr));
        c->port = ntohs(in->sin_port);
        c->family = 4;
    } else {
        const struct sockaddr_in6 *in = (const void *)a;
        memcpy(c->from.octet, &in->sin6_addr, sizeof c->from.octet);
        c->port = ntohs(in->sin6_port);
        c->family = ip_is_mapped(&c->from) ? 4 : 6;
    }
}

/* A free place, or that of the connection that has been silent the longest, if it is long. */
static struct connection *find_place(struct stream *s, uint64_t now)
{
    struct connection *silent = &s->connections[0];
    for (size_t i = 0; i < STREAM_CONNECTIONS_MAX; i++) {
        struct connection *c = &s->connections[i];
        if (c->fd < 0) {
            return c;
        }
        silent = c->heard < silent->heard ? c : silent;
    }
    if (silent->heard + STREAM_IDLE_MSEC > now) {
        return NULL;
    }
    hang_up(silent);
    return silent;
}

static void accept_one(struct stream *s, uint64_t now)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    int fd = accept4(s->fd, (struct sockaddr *)&a, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct connection *c = fd >= 0 ? find_place(s, now) : NULL;
    uint8_t *data = c != NULL ? malloc(DATAGRAM_MAX) : NULL;
    if (data == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    *c = (struct connection){.fd = fd, .data = data, .heard = now};
    note_peer(c, &a);
}

/* A whole message, if there is one, becomes the next datagram of the bundle. */
static bool cut_message(struct connection *c, struct bundle *b, uint64_t now)
{
    int len = wire_message_length(c->data, c->have);
    uint8_t *place = b->memory + (size_t)b->n * DATAGRAM_MAX;
    if (len < 0) {
        hang_up(c);
        return false;
    }
    if (len == 0 || (size_t)len > c->have) {
        return false;
    }
    memcpy(place, c->data, (size_t)len);
    c->have -= (size_t)len;
    memmove(c->data, c->data + len, c->have);
    b->datagrams[b->n++] = (struct datagram){place, (uint32_t)len, c->family, c->from, c->port, now,
                                                   true};
    return true;
}

static void read_some(struct connection *c, uint64_t now)
{
    ssize_t n = recv(c->fd, c->data + c->have, DATAGRAM_MAX - c->have, 0);
    if (n > 0) {
        c->have += (size_t)n;
        c->heard = now;
    } else {
        hang_up(c);
    }
}

/* What waits in buffers first, then what waits in the kernel. */
static void take_from(struct connection *c, struct bundle *b, uint64_t now, bool readable)
{
    while (c->fd >= 0 && b->n < BUNDLE_DATAGRAMS && cut_message(c, b, now)) {
    }
    if (c->fd >= 0 && readable && c->have < DATAGRAM_MAX && b->n < BUNDLE_DATAGRAMS) {
        read_some(c, now);
    }
    while (c->fd >= 0 && b->n < BUNDLE_DATAGRAMS && cut_message(c, b, now)) {
    }
}

static bool wait_for_octets(struct stream *s, int wake, int timeout_msec)
{
    for (size_t i = 0; i < STREAM_CONNECTIONS_MAX; i++) {
        s->fds[i] = (struct pollfd){.fd = s->connections[i].fd, .events = POLLIN};
    }
    s->fds[LISTENING] = (struct pollfd){.fd = s->fd, .events = POLLIN};
    s->fds[WAKING] = (struct pollfd){.fd = wake, .events = POLLIN};
    return poll(s->fds, POLLED_, s->more ? 0 : timeout_msec) >= 0;
}

int stream_take(struct stream *s, struct bundle *b, int wake, int timeout_msec)
{
    uint64_t now;
    b->n = 0;
    b->kernel_drops = 0;
    if (!wait_for_octets(s, wake, timeout_msec)) {
        return 0;
    }
    now = clock_now_msec();
    for (size_t k = 0; k < STREAM_CONNECTIONS_MAX; k++) {
        size_t i = (s->first + k) % STREAM_CONNECTIONS_MAX;
        if (s->connections[i].fd >= 0) {
            take_from(&s->connections[i], b, now, s->fds[i].revents != 0);
        }
    }
    s->first = (s->first + 1) % STREAM_CONNECTIONS_MAX;
    s->more = b->n == BUNDLE_DATAGRAMS;
    if (s->fds[LISTENING].revents != 0) {
        accept_one(s, now);
    }
    return (int)b->n;
}
