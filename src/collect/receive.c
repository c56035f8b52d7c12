/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * receive.c - recvmmsg() around one UDP socket.
 */
#include "collect/receive.h"

#include "base/clock.h"
#include "base/net.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUNDLE_OCTETS ((size_t)BUNDLE_DATAGRAMS * DATAGRAM_MAX)

struct receiver {
    int fd;
    uint32_t drops_seen; /* the kernel's running count */
    struct mmsghdr messages[BUNDLE_DATAGRAMS];
    struct iovec places[BUNDLE_DATAGRAMS];
    struct sockaddr_storage senders[BUNDLE_DATAGRAMS];
    union {
        struct cmsghdr align;
        uint8_t octets[CMSG_SPACE(sizeof(uint32_t))];
    } controls[BUNDLE_DATAGRAMS];
};

struct bundle *bundle_new(void)
{
    struct bundle *b = calloc(1, sizeof *b);
    void *memory;
    if (b == NULL) {
        return NULL;
    }
    memory = mmap(NULL, BUNDLE_OCTETS, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        free(b);
        return NULL;
    }
    b->memory = memory;
    return b;
}

void bundle_free(struct bundle *b)
{
    if (b != NULL) {
        munmap(b->memory, BUNDLE_OCTETS);
        free(b);
    }
}

/* ---- opening ---- */

static void set_flag(int fd, int level, int option, int value)
{
    (void)setsockopt(fd, level, option, &value, sizeof value); /* a wish: the run goes on without */
}

/* The buffer is only ever raised; what the kernel grants may be less. */
static int raise_buffer(int fd, int octets)
{
    int granted = 0;
    socklen_t len = sizeof granted;
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &len);
    if (octets > granted) {
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) != 0) {
            set_flag(fd, SOL_SOCKET, SO_RCVBUF, octets);
        }
        getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &len);
    }
    return granted;
}

static int join_group(int fd, const struct addrinfo *a, struct fault *fault)
{
    struct group_req request = {.gr_interface = 0};
    int level = a->ai_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    memcpy(&request.gr_group, a->ai_addr, a->ai_addrlen);
    if (setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof request) != 0) {
        return fault_sys(fault, "join multicast group");
    }
    return 0;
}

static int bind_socket(struct receiver *r, const struct receiver_options *o,
                       const struct addrinfo *a, struct fault *fault)
{
    r->fd = socket(a->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (r->fd < 0) {
        return fault_sys(fault, "socket");
    }
    set_flag(r->fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
    if (o->share_port) {
        set_flag(r->fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (o->multicast != NULL) {
        set_flag(r->fd, SOL_SOCKET, SO_REUSEADDR, 1);
    }
    if (a->ai_family == AF_INET6) {
        set_flag(r->fd, IPPROTO_IPV6, IPV6_V6ONLY, o->family == 6);
    }
    if (bind(r->fd, a->ai_addr, a->ai_addrlen) != 0) {
        return fault_sys(fault, "bind to port %s", o->service);
    }
    return o->multicast != NULL ? join_group(r->fd, a, fault) : 0;
}

static int family_of(const struct receiver_options *o)
{
    if (o->family != 0) {
        return o->family == 4 ? AF_INET : AF_INET6;
    }
    return o->host == NULL && o->multicast == NULL ? AF_INET6 : AF_UNSPEC;
}

static int look_up(const struct receiver_options *o, int family, struct addrinfo **found)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_DGRAM,
                             .ai_flags = AI_PASSIVE};
    return net_look_up(o->multicast != NULL ? o->multicast : o->host, o->service, &hints, found);
}

static int open_socket(struct receiver *r, const struct receiver_options *o, struct fault *fault)
{
    struct addrinfo *found = NULL;
    int family = family_of(o);
    int code = look_up(o, family, &found);
    int rc;
    if (code != 0) {
        return fault_set(fault, ERR_NOTFOUND, "Address lookup of %s port %s failed: %s",
                         o->host != NULL ? o->host : "any address", o->service,
                         gai_strerror(code));
    }
    rc = bind_socket(r, o, found, fault);
    freeaddrinfo(found);
    if (rc == ERR_IO && r->fd < 0 && family == AF_INET6 && o->family == 0) {
        struct receiver_options v4 = *o; /* a host without IPv6 */
        v4.family = 4;
        return open_socket(r, &v4, fault);
    }
    return rc;
}

static void prepare_messages(struct receiver *r)
{
    for (unsigned i = 0; i < BUNDLE_DATAGRAMS; i++) {
        struct msghdr *h = &r->messages[i].msg_hdr;
        h->msg_iov = &r->places[i];
        h->msg_iovlen = 1;
        h->msg_name = &r->senders[i];
        h->msg_control = &r->controls[i];
        r->places[i].iov_len = DATAGRAM_MAX;
    }
}

int receiver_open(const struct receiver_options *options, struct receiver **out, int *buffer,
                  struct fault *fault)
{
    struct receiver *r = calloc(1, sizeof *r);
    int rc;
    if (r == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    r->fd = -1;
    prepare_messages(r);
    rc = open_socket(r, options, fault);
    if (rc != 0) {
        receiver_close(r);
        return rc;
    }
    rc = raise_buffer(r->fd, options->buffer_octets);
    if (buffer != NULL) {
        *buffer = rc;
    }
    *out = r;
    return 0;
}

void receiver_close(struct receiver *r)
{
    if (r == NULL) {
        return;
    }
    if (r->fd >= 0) {
        close(r->fd);
    }
    free(r);
}

int receiver_fd(const struct receiver *r)
{
    return r->fd;
}

/* ---- taking ---- */

static void read_sender(const struct sockaddr_storage *from, struct datagram *d)
{
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *a = (const struct sockaddr_in *)from;
        d->family = 4;
        d->from = ip_from_v4(ntohl(a->sin_addr.s_addr));
        d->port = ntohs(a->sin_port);
    } else {
        const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)from;
        memcpy(d->from.octet, &a->sin6_addr, sizeof d->from.octet);
        d->family = ip_is_mapped(&d->from) ? 4 : 6;
        d->port = ntohs(a->sin6_port);
    }
}

/* Messages tell the count of when they were queued, which may be older than the one we know. */
static void note_count(struct receiver *r, uint32_t count, struct bundle *b)
{
    uint32_t more = count - r->drops_seen;
    if (more <= INT32_MAX) {
        b->kernel_drops += more;
        r->drops_seen = count;
    }
}

/* When nothing waits no message will tell what was dropped since the last one. */
static void ask_drops(struct receiver *r, struct bundle *b)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof info;
    if (getsockopt(r->fd, SOL_SOCKET, SO_MEMINFO, info, &len) == 0
        && len > SK_MEMINFO_DROPS * sizeof info[0]) {
        note_count(r, info[SK_MEMINFO_DROPS], b);
    }
}

/* The kernel's running count of drops comes with each message once it is not zero. */
static void note_drops(struct receiver *r, struct msghdr *h, struct bundle *b)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
        uint32_t count;
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            memcpy(&count, CMSG_DATA(c), sizeof count);
            note_count(r, count, b);
        }
    }
}

int receiver_take(struct receiver *r, struct bundle *b, struct fault *fault)
{
    uint64_t now;
    int n;
    b->n = 0;
    b->kernel_drops = 0;
    for (unsigned i = 0; i < BUNDLE_DATAGRAMS; i++) {
        r->places[i].iov_base = b->memory + (size_t)i * DATAGRAM_MAX;
        r->messages[i].msg_hdr.msg_namelen = sizeof r->senders[i];
        r->messages[i].msg_hdr.msg_controllen = sizeof r->controls[i];
    }
    n = recvmmsg(r->fd, r->messages, BUNDLE_DATAGRAMS, MSG_DONTWAIT, NULL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        return fault_sys(fault, "receive");
    }
    if (n <= 0) {
        ask_drops(r, b);
        return 0;
    }
    now = clock_now_msec();
    for (int i = 0; i < n; i++) {
        struct datagram *d = &b->datagrams[i];
        *d = (struct datagram){.data = r->places[i].iov_base, .len = r->messages[i].msg_len,
                               .received = now};
        read_sender(&r->senders[i], d);
        note_drops(r, &r->messages[i].msg_hdr, b);
    }
    b->n = (unsigned)n;
    return n;
}
