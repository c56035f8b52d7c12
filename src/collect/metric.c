/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * metric.c - nfcapd's metric records, and a minimal HTTP server for one document.
 */
#include "collect/metric.h"
#include "base/net.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { IDENT_OCTETS = 128, RECORD_OCTETS = 232, PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17,
       PROTO_ICMP6 = 58 };
enum { REQUEST_MAX = 4096, REQUEST_MSEC = 2000, POLL_MSEC = 500 };

/* ---- counting ---- */

static enum total_proto class_of(uint8_t proto)
{
    switch (proto) {
    case PROTO_TCP:
        return TOTAL_TCP;
    case PROTO_UDP:
        return TOTAL_UDP;
    case PROTO_ICMP:
    case PROTO_ICMP6:
        return TOTAL_ICMP;
    default:
        return TOTAL_OTHER;
    }
}

void metric_add(struct metric_counts *m, const struct rec *r)
{
    enum total_proto p = class_of(r->proto);
    if (m->exporter == 0) {
        m->exporter = (uint64_t)r->exporter_id << 16 | (uint64_t)r->engine_type << 8 | r->engine_id;
    }
    m->flows[p]++;
    m->bytes[p] += r->bytes;
    m->packets[p] += r->packets;
}

void metric_add_rows(struct metric_counts *m, uint32_t sysid,
                     const struct builder *b, uint32_t n)
{
    const uint8_t *proto = builder_last(b, FIELD_PROTO, n);
    const uint64_t *bytes = builder_last(b, FIELD_BYTES, n);
    const uint64_t *packets = builder_last(b, FIELD_PACKETS, n);
    if (m->exporter == 0) {
        const uint8_t *type = builder_last(b, FIELD_ENGINE_TYPE, n);
        const uint8_t *id = builder_last(b, FIELD_ENGINE_ID, n);
        m->exporter = (uint64_t)sysid << 16 | (uint64_t)*type << 8 | *id;
    }
    for (uint32_t i = 0; i < n; i++) {
        enum total_proto p = class_of(proto[i]);
        m->flows[p]++;
        m->bytes[p] += bytes[i];
        m->packets[p] += packets[i];
    }
}

void metric_sum(struct metric_counts *into, const struct metric_counts *from)
{
    into->exporter = into->exporter != 0 ? into->exporter : from->exporter;
    for (unsigned p = 0; p < TOTAL_PROTOS_; p++) {
        into->flows[p] += from->flows[p];
        into->bytes[p] += from->bytes[p];
        into->packets[p] += from->packets[p];
    }
}

void metric_record(struct buf *out, const char *ident, const struct metric_counts *m)
{
    char name[IDENT_OCTETS] = {0};
    memcpy(name, ident, strnlen(ident, sizeof name - 1));
    buf_add(out, name, sizeof name);
    buf_add(out, &m->exporter, sizeof m->exporter);
    buf_add(out, m->flows, sizeof m->flows);
    buf_add(out, m->bytes, sizeof m->bytes);
    buf_add(out, m->packets, sizeof m->packets);
}

_Static_assert(IDENT_OCTETS + 8 + 3 * 4 * 8 == RECORD_OCTETS, "nfcapd's record");

static int connect_to(const char *path, struct fault *fault)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return fault_sys(fault, "metric socket");
    }
    if (strlen(path) >= sizeof a.sun_path) {
        close(fd);
        return fault_set(fault, ERR_RANGE, "metric socket %s: the name is too long", path);
    }
    strcpy(a.sun_path, path);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        fault_sys(fault, "metric socket %s", path);
        close(fd);
        return ERR_IO;
    }
    return fd;
}

int metric_send(const char *path, const struct buf *records, unsigned n, uint32_t interval,
                uint64_t now_msec, uint64_t uptime_msec, struct fault *fault)
{
    uint16_t head[3] = {(uint16_t)(n * RECORD_OCTETS), (uint16_t)n, (uint16_t)interval};
    uint64_t at = now_msec - now_msec % (interval * 1000);
    struct buf b;
    int fd = connect_to(path, fault);
    ssize_t sent;
    if (fd < 0) {
        return fd;
    }
    buf_init(&b);
    buf_add(&b, "@\1", 2);
    buf_add(&b, head, sizeof head);
    buf_add(&b, &at, sizeof at);
    buf_add(&b, &uptime_msec, sizeof uptime_msec);
    buf_add(&b, records->data, records->len);
    sent = send(fd, b.data, b.len, MSG_NOSIGNAL);
    buf_free(&b);
    close(fd);
    return sent >= 0 ? 0 : fault_sys(fault, "metric socket %s", path);
}

/* ---- HTTP ---- */

struct metric_server {
    int fd;
    pthread_t thread;
    atomic_bool stopping;
    pthread_mutex_t lock;
    struct buf text; /* under the lock */
};

void metric_publish(struct metric_server *s, const struct buf *text)
{
    pthread_mutex_lock(&s->lock);
    buf_clear(&s->text);
    buf_add(&s->text, text->data, text->len);
    pthread_mutex_unlock(&s->lock);
}

/* The request's head, up to the empty line; false when it does not come in time. */
static bool read_request(int fd, char *request, size_t room)
{
    size_t n = 0;
    while (n + 1 < room) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t got = poll(&p, 1, REQUEST_MSEC) == 1 ? recv(fd, request + n, room - 1 - n, 0) : -1;
        if (got <= 0) {
            return false;
        }
        n += (size_t)got;
        request[n] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL) {
            return true;
        }
    }
    return false;
}

static void send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0) {
            return;
        }
        data += n;
        len -= (size_t)n;
    }
}

static void answer(struct metric_server *s, int fd)
{
    const struct timeval patience = {.tv_sec = REQUEST_MSEC / 1000};
    char request[REQUEST_MAX];
    struct buf out;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (!read_request(fd, request, sizeof request)) {
        return;
    }
    buf_init(&out);
    if (strncmp(request, "GET /metrics ", 13) == 0 || strncmp(request, "GET / ", 6) == 0) {
        pthread_mutex_lock(&s->lock);
        buf_printf(&out, "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                         "Content-Length: %zu\r\n\r\n", s->text.len);
        buf_add(&out, s->text.data, s->text.len);
        pthread_mutex_unlock(&s->lock);
    } else {
        buf_str(&out, "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }
    send_all(fd, out.data, out.len);
    buf_free(&out);
}

static void *serve(void *arg)
{
    struct metric_server *s = arg;
    while (!s->stopping) {
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        int fd = poll(&p, 1, POLL_MSEC) == 1 ? accept4(s->fd, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd >= 0) {
            answer(s, fd);
            close(fd);
        }
    }
    return NULL;
}

/* Split "address:port"; loopback without an address. */
static int split_place(const char *where, char *host, size_t room, const char **port,
                       struct fault *fault)
{
    const char *colon = strrchr(where, ':');
    size_t n = colon != NULL ? (size_t)(colon - where) : 0;
    *port = colon != NULL ? colon + 1 : where;
    if (colon == NULL) {
        where = "127.0.0.1";
        n = strlen(where);
    } else if (n >= 2 && where[0] == '[' && where[n - 1] == ']') {
        where++;
        n -= 2;
    }
    if (n >= room) {
        return fault_set(fault, ERR_USAGE, "metrics: address too long");
    }
    memcpy(host, where, n);
    host[n] = '\0';
    return 0;
}

static int listen_at(const char *where, int *out, struct fault *fault)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    char host[256];
    const char *port;
    struct addrinfo *a;
    int one = 1;
    int fd, rc = split_place(where, host, sizeof host, &port, fault);
    if (rc != 0) {
        return rc;
    }
    rc = net_look_up(*host != '\0' ? host : NULL, port, &hints, &a);
    if (rc != 0) {
        return fault_set(fault, ERR_USAGE, "metrics at %s: %s", where, gai_strerror(rc));
    }
    fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    }
    if (fd < 0 || bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, 8) != 0) {
        fault_sys(fault, "metrics at %s", where);
        freeaddrinfo(a);
        close(fd);
        return ERR_IO;
    }
    freeaddrinfo(a);
    *out = fd;
    return 0;
}

int metric_serve(const char *where, struct metric_server **out, struct fault *fault)
{
    struct metric_server *s = calloc(1, sizeof *s);
    int rc = s != NULL ? listen_at(where, &s->fd, fault) : ERR_NOMEM;
    if (rc != 0) {
        free(s);
        return rc;
    }
    pthread_mutex_init(&s->lock, NULL);
    buf_init(&s->text);
    if (pthread_create(&s->thread, NULL, serve, s) != 0) {
        close(s->fd);
        free(s);
        return fault_set(fault, ERR_NOMEM, "metrics: cannot start a thread");
    }
    *out = s;
    return 0;
}

void metric_stop(struct metric_server *s)
{
    if (s == NULL) {
        return;
    }
    s->stopping = true;
    pthread_join(s->thread, NULL);
    pthread_mutex_destroy(&s->lock);
    close(s->fd);
    buf_free(&s->text);
    free(s);
}
