/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * notify.c - one datagram a state to the socket that the environment names.
 */
#include "collect/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A name that begins with @ is an abstract one. */
static int connect_to(const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t n = strlen(name);
    int fd;
    if (n < 2 || n >= sizeof a.sun_path || (name[0] != '/' && name[0] != '@')) {
        return -1;
    }
    memcpy(a.sun_path, name, n);
    if (a.sun_path[0] == '@') {
        a.sun_path[0] = '\0';
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void notify_open(struct notifier *n)
{
    const char *name = getenv("NOTIFY_SOCKET");
    const char *usec = getenv("WATCHDOG_USEC");
    *n = (struct notifier){.fd = name != NULL ? connect_to(name) : -1};
    if (usec != NULL) {
        n->every_msec = strtoull(usec, NULL, 10) / 1000 / 2; /* twice as often as asked */
    }
}

void notify_close(struct notifier *n)
{
    if (n->fd >= 0) {
        close(n->fd);
    }
    n->fd = -1;
}

void notify_state(const struct notifier *n, const char *state)
{
    if (n->fd >= 0) {
        (void)!send(n->fd, state, strlen(state), MSG_NOSIGNAL);
    }
}

void notify_alive(struct notifier *n, uint64_t now_msec)
{
    if (n->every_msec != 0 && now_msec - n->last >= n->every_msec) {
        notify_state(n, "WATCHDOG=1");
        n->last = now_msec;
    }
}
