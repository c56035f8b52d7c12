/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * export.c - sockets around an encoder.
 */
#include "probe/export.h"
#include "base/net.h"

#include "probe/record.h"
#include "wire/encode.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct export {
    struct export_options o;
    struct encoder *encoder;
    int fd[EXPORT_TARGETS_MAX];
    unsigned ntargets;
    unsigned next; /* of a round robin */
    struct export_stats stats;
};

/* ---- targets ---- */

static int set_options(const struct export_options *o, int fd, int family, struct fault *fault)
{
    if (o->hop_limit > 0
        && setsockopt(fd, family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
                      family == AF_INET6 ? IPV6_UNICAST_HOPS : IP_TTL, &o->hop_limit,
                      sizeof o->hop_limit) != 0) {
        return fault_sys(fault, "hop limit %d", o->hop_limit);
    }
    if (o->bind_interface != NULL
        && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, o->bind_interface,
                      (socklen_t)strlen(o->bind_interface)) != 0) {
        return fault_sys(fault, "interface %s", o->bind_interface);
    }
    return 0;
}

static int connect_target(struct export *e, const struct addrinfo *a, struct fault *fault)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, 0);
    int rc;
    if (fd < 0) {
        return fault_sys(fault, "socket");
    }
    rc = set_options(&e->o, fd, a->ai_family, fault);
    if (rc == 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
        rc = fault_sys(fault, "connect");
    }
    if (rc != 0) {
        close(fd);
        return rc;
    }
    e->fd[e->ntargets++] = fd;
    return 0;
}

static int open_host(struct export *e, const char *host, const char *port, struct fault *fault)
{
    struct addrinfo hints = {.ai_socktype = e->o.transport == EXPORT_TCP ? SOCK_STREAM
                                                                         : SOCK_DGRAM};
    struct addrinfo *found = NULL;
    int code = net_look_up(host, port, &hints, &found);
    int rc;
    if (code != 0) {
        return fault_set(fault, ERR_NOTFOUND, "Address lookup of %s:%s failed: %s", host, port,
                         gai_strerror(code));
    }
    rc = connect_target(e, found, fault);
    freeaddrinfo(found);
    return rc;
}

/* "host:port" or "[v6]:port" */
static int open_target(struct export *e, const char *text, size_t len, struct fault *fault)
{
    char host[256];
    char *port;
    if (len >= sizeof host) {
        return fault_set(fault, ERR_USAGE, "Invalid -n argument.");
    }
    memcpy(host, text, len);
    host[len] = '\0';
    port = strrchr(host, ':');
    if (port == NULL || port == host || port[1] == '\0') {
        return fault_set(fault, ERR_USAGE, "Invalid -n argument: host:port expected, not \"%s\"",
                         host);
    }
    *port++ = '\0';
    if (host[0] == '[' && port[-2] == ']') {
        port[-2] = '\0';
        return open_host(e, host + 1, port, fault);
    }
    return open_host(e, host, port, fault);
}

static int open_targets(struct export *e, struct fault *fault)
{
    const char *at = e->o.targets;
    while (*at != '\0') {
        size_t len = strcspn(at, ",");
        int rc;
        if (e->ntargets == EXPORT_TARGETS_MAX) {
            return fault_set(fault, ERR_USAGE, "More than %d collectors", EXPORT_TARGETS_MAX);
        }
        rc = open_target(e, at, len, fault);
        if (rc != 0) {
            return rc;
        }
        at += len + (at[len] == ',');
    }
    return e->ntargets > 0 ? 0 : fault_set(fault, ERR_USAGE, "Invalid -n argument.");
}

/* ---- sending ---- */

/* A datagram goes whole; a stream takes what it takes. */
static bool send_whole(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static void send_datagram(void *ctx, const uint8_t *data, size_t len)
{
    struct export *e = ctx;
    unsigned first = e->o.spread ? e->next : 0;
    unsigned count = e->o.spread ? 1 : e->ntargets;
    for (unsigned i = first; i < first + count; i++) {
        e->stats.failures += !send_whole(e->fd[i], data, len);
    }
    e->next = (e->next + 1) % e->ntargets;
    e->stats.datagrams++;
}

static int make_encoder(struct export *e, struct fault *fault)
{
    static const enum encode_times times[] = {
        [EXPORT_UPTIME] = TIMES_UPTIME, [EXPORT_SEC] = TIMES_SEC, [EXPORT_MILLI] = TIMES_MSEC,
        [EXPORT_MICRO] = TIMES_USEC, [EXPORT_NANO] = TIMES_NSEC,
    };
    struct encoder_options o = {
        .version = e->o.version,
        .times = times[e->o.times],
        .boot = e->o.boot_usec / 1000,
        .with_vlan = e->o.with_vlan,
        .with_mac = e->o.with_mac,
        .labels = e->o.labels,
        .biflow = e->o.biflow,
        .sampling = e->o.sampling,
        .send = send_datagram,
        .ctx = e,
    };
    if (o.version == 10 && o.times == TIMES_UPTIME) {
        o.times = TIMES_MSEC; /* IPFIX has no system uptime in its header */
    }
    e->encoder = encoder_new(&o);
    return e->encoder != NULL ? 0 : fault_set(fault, ERR_NOMEM, "out of memory");
}

int export_open(const struct export_options *options, struct export **out, struct fault *fault)
{
    struct export *e = calloc(1, sizeof *e);
    int rc;
    if (e == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    e->o = *options;
    rc = open_targets(e, fault);
    if (rc == 0) {
        rc = make_encoder(e, fault);
    }
    if (rc != 0) {
        export_close(e);
        return rc;
    }
    *out = e;
    return 0;
}

void export_close(struct export *e)
{
    if (e == NULL) {
        return;
    }
    for (unsigned i = 0; i < e->ntargets; i++) {
        close(e->fd[i]);
    }
    encoder_free(e->encoder);
    free(e);
}

static void add_record(struct export *e, const struct rec *r, uint64_t now)
{
    if (encoder_can(e->encoder, r)) {
        encoder_add(e->encoder, r, now / 1000);
        e->stats.records++;
    }
}

void export_flow(struct export *e, const struct probe_flow *f, uint64_t now)
{
    struct rec r;
    e->stats.flows++;
    if (e->o.biflow) {
        record_of_biflow(f, &r);
        add_record(e, &r, now);
        return;
    }
    for (int side = 0; side < 2; side++) {
        if (record_of_flow(f, side, RECORD_EXPORT, &r)) {
            add_record(e, &r, now);
        }
    }
}

void export_flush(struct export *e, uint64_t now)
{
    encoder_flush(e->encoder, now / 1000);
}

void export_send_template(struct export *e)
{
    encoder_send_templates(e->encoder);
}

void export_set_boot(struct export *e, uint64_t boot_usec)
{
    encoder_set_boot(e->encoder, boot_usec / 1000);
}

const struct export_stats *export_stats(const struct export *e)
{
    return &e->stats;
}
