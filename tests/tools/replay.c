/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * replay.c - send the export datagrams of a capture to a collector at a steady rate.
 *
 *     replay capture host port datagrams-a-second [datagrams]
 *
 * To find the rate at which a collector begins to lose: what was sent is said at the end. The
 * capture is read once and sent again and again.
 */
#include "base/clock.h"
#include "collect/feed.h"
#include "collect/receive.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DATAGRAMS_MAX = 1 << 20, TICKS = 1000 /* a second */, AT_ONCE = 64 };

struct load {
    struct iovec *datagram;
    size_t n;
};

static int load(struct load *l, const char *path, struct fault *fault)
{
    struct capture_options options = {.file = path, .snap_length = 65535};
    struct bundle *b = bundle_new();
    struct feed *feed = NULL;
    int rc = feed_open(&options, &feed, fault);
    l->datagram = calloc(DATAGRAMS_MAX, sizeof *l->datagram);
    while (rc >= 0 && (rc = feed_take(feed, b, fault)) >= 0 && l->n + b->n <= DATAGRAMS_MAX) {
        for (unsigned i = 0; i < b->n; i++) {
            void *copy = malloc(b->datagrams[i].len);
            memcpy(copy, b->datagrams[i].data, b->datagrams[i].len);
            l->datagram[l->n++] = (struct iovec){copy, b->datagrams[i].len};
        }
    }
    feed_close(feed);
    bundle_free(b);
    return rc == ERR_END || l->n > 0 ? 0 : rc;
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *a;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &a) == 0) {
        fd = socket(a->ai_family, SOCK_DGRAM, 0);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
        freeaddrinfo(a);
    }
    return fd;
}

/* Datagrams number `from` to `to`, in as few system calls as possible. */
static void send_some(int fd, const struct load *l, unsigned long from, unsigned long to)
{
    while (from < to) {
        struct mmsghdr messages[AT_ONCE] = {{{0}, 0}};
        unsigned n = 0;
        int sent;
        for (; n < AT_ONCE && from + n < to; n++) {
            messages[n].msg_hdr.msg_iov = &l->datagram[(from + n) % l->n];
            messages[n].msg_hdr.msg_iovlen = 1;
        }
        sent = sendmmsg(fd, messages, n, 0);
        from += sent > 0 ? (unsigned long)sent : 1;
    }
}

int main(int argc, char **argv)
{
    struct load l = {0};
    struct fault fault = {0};
    unsigned long rate = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
    unsigned long total, sent = 0;
    uint64_t start;
    int fd = -1;
    if (rate == 0 || load(&l, argv[1], &fault) != 0 || l.n == 0
        || (fd = connect_to(argv[2], argv[3])) < 0) {
        fprintf(stderr, "usage: replay capture host port datagrams-a-second [datagrams] %s\n",
                fault.text);
        return 1;
    }
    total = argc > 5 ? strtoul(argv[5], NULL, 10) : l.n;
    start = clock_now_msec();
    while (sent < total) {
        struct timespec tick = {0, 1000000000 / TICKS};
        unsigned long due = (clock_now_msec() - start + 1) * rate / 1000;
        due = due < total ? due : total;
        send_some(fd, &l, sent, due);
        sent = due > sent ? due : sent;
        nanosleep(&tick, NULL);
    }
    printf("%lu datagrams in %.3f s\n", sent, (double)(clock_now_msec() - start) / 1000.0);
    close(fd);
    return 0;
}
