/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * control.c - softflowd's control socket.
 */
#include "probe/control.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_OCTETS = 64, PATIENCE_SECONDS = 1 };

struct control {
    int fd;
    struct sockaddr_un addr;
};

static int make_address(const char *path, struct sockaddr_un *addr, struct fault *fault)
{
    memset(addr, 0, sizeof *addr);
    addr->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof addr->sun_path) {
        return fault_set(fault, ERR_RANGE, "Control socket path too long.");
    }
    memcpy(addr->sun_path, path, strlen(path));
    return 0;
}

/* A socket left by a probe that died may go; one that somebody answers at may not. */
static int clear_stale(const struct control *c, struct fault *fault)
{
    struct stat st;
    int fd, rc;
    if (stat(c->addr.sun_path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        return 0;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rc = connect(fd, (const struct sockaddr *)&c->addr, sizeof c->addr);
    close(fd);
    if (rc == 0) {
        return fault_set(fault, ERR_BUSY, "control socket %s: another probe listens there",
                         c->addr.sun_path);
    }
    unlink(c->addr.sun_path);
    return 0;
}

static int listen_at(struct control *c, struct fault *fault)
{
    mode_t mask;
    int rc = clear_stale(c, fault);
    if (rc != 0) {
        return rc;
    }
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0) {
        return fault_sys(fault, "control socket");
    }
    mask = umask(0177);
    rc = bind(c->fd, (const struct sockaddr *)&c->addr, sizeof c->addr);
    umask(mask);
    if (rc != 0 || listen(c->fd, 8) != 0) {
        return fault_sys(fault, "control socket %s", c->addr.sun_path);
    }
    return 0;
}

int control_open(const char *path, struct control **out, struct fault *fault)
{
    struct control *c = calloc(1, sizeof *c);
    int rc;
    if (c == NULL) {
        return ERR_NOMEM;
    }
    c->fd = -1;
    rc = make_address(path, &c->addr, fault);
    if (rc == 0) {
        rc = listen_at(c, fault);
    }
    if (rc != 0) {
        if (c->fd >= 0) {
            close(c->fd);
        }
        free(c);
        return rc;
    }
    *out = c;
    return 0;
}

void control_close(struct control *c)
{
    if (c == NULL) {
        return;
    }
    close(c->fd);
    unlink(c->addr.sun_path);
    free(c);
}

int control_fd(const struct control *c)
{
    return c->fd;
}

static void be_patient(int fd)
{
    struct timeval t = {.tv_sec = PATIENCE_SECONDS};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

/* The first line without its end (it may be empty); false if nothing came. A line that is too long
 * is cut: no command is as long. */
static bool read_line(int fd, char line[LINE_MAX_OCTETS])
{
    size_t n = 0;
    ssize_t got = 0;
    while (n < LINE_MAX_OCTETS - 1) {
        got = read(fd, line + n, 1);
        if (got <= 0 || line[n] == '\n') {
            break;
        }
        n++;
    }
    line[n] = '\0';
    return n > 0 || got > 0;
}

static int send_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            return ERR_IO;
        }
        data += sent;
        n -= (size_t)sent;
    }
    return 0;
}

void control_talk(int fd, control_handler *handler, void *ctx)
{
    char line[LINE_MAX_OCTETS];
    struct buf reply;
    be_patient(fd);
    if (read_line(fd, line)) {
        buf_init(&reply);
        handler(ctx, line, &reply);
        send_all(fd, reply.data, reply.len);
        buf_free(&reply);
    }
    close(fd);
}

void control_serve(struct control *c, control_handler *handler, void *ctx)
{
    int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        control_talk(fd, handler, ctx);
    }
}

static int exchange(int fd, const char *word, struct buf *reply, struct fault *fault)
{
    char chunk[4096];
    ssize_t n;
    if (send_all(fd, word, strlen(word)) != 0 || send_all(fd, "\n", 1) != 0) {
        return fault_sys(fault, "write");
    }
    while ((n = read(fd, chunk, sizeof chunk)) > 0) {
        buf_add(reply, chunk, (size_t)n);
    }
    return n == 0 ? 0 : fault_sys(fault, "read");
}

int control_ask(const char *path, const char *word, struct buf *reply, struct fault *fault)
{
    struct sockaddr_un addr;
    int fd;
    int rc = make_address(path, &addr, fault);
    if (rc != 0) {
        return rc;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return fault_sys(fault, "ctl socket() error");
    }
    if (connect(fd, (const struct sockaddr *)&addr, sizeof addr) != 0) {
        rc = fault_sys(fault, "ctl connect(\"%s\") error", path);
    } else {
        rc = exchange(fd, word, reply, fault);
    }
    close(fd);
    return rc;
}
