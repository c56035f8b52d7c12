/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * export.c - sockets around encoders.
 */
#include "probe/export.h"

#include "base/clock.h"
#include "base/net.h"
#include "probe/record.h"
#include "wire/encode.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { RETRY_SECONDS = 5, PATIENCE_SECONDS = 2 };

struct target {
    struct export *owner;
    struct encoder *encoder;
    struct sockaddr_storage addr;
    socklen_t addr_len; /* 0: nowhere, datagrams are only counted */
    int fd;             /* -1: not connected */
    uint64_t retry_at;  /* when to connect again, seconds of the monotonic clock */
};

struct export {
    struct export_options o;
    struct target target[EXPORT_TARGETS_MAX];
    unsigned ntargets;
    unsigned next; /* of a round robin */
    struct export_stats stats;
};

static bool is_stream(const struct export *e)
{
    return e->o.transport == EXPORT_TCP;
}

/* ---- targets ---- */

static bool is_multicast(const struct target *t)
{
    const struct sockaddr_in *v4 = (const void *)&t->addr;
    const struct sockaddr_in6 *v6 = (const void *)&t->addr;
    return t->addr.ss_family == AF_INET6 ? IN6_IS_ADDR_MULTICAST(&v6->sin6_addr)
                                         : IN_MULTICAST(ntohl(v4->sin_addr.s_addr));
}

static int set_hop_limit(const struct target *t, int fd, int limit, struct fault *fault)
{
    bool v6 = t->addr.ss_family == AF_INET6;
    int name = is_multicast(t) ? (v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL)
                               : (v6 ? IPV6_UNICAST_HOPS : IP_TTL);
    return setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, name, &limit, sizeof limit) == 0
               ? 0 : fault_sys(fault, "hop limit %d", limit);
}

/* A collector that takes nothing must not hold up the probe for long. */
static int set_options(const struct target *t, int fd, struct fault *fault)
{
    const struct export_options *o = &t->owner->o;
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    if (o->bind_interface != NULL
        && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, o->bind_interface,
                      (socklen_t)strlen(o->bind_interface)) != 0) {
        return fault_sys(fault, "interface %s", o->bind_interface);
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return o->hop_limit >= 0 ? set_hop_limit(t, fd, o->hop_limit, fault) : 0;
}

/* Send from the exporter's address, to targets of its family. */
static int bind_exporter(const struct target *t, int fd, struct fault *fault)
{
    const char *address = t->owner->o.exporter;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    int rc = 0;
    if (address == NULL || net_look_up(address, "0", &hints, &found) != 0) {
        return 0;
    }
    if (found->ai_family == t->addr.ss_family
        && bind(fd, found->ai_addr, found->ai_addrlen) != 0) {
        rc = fault_sys(fault, "exporter address %s", address);
    }
    freeaddrinfo(found);
    return rc;
}

static int connect_target(struct target *t, struct fault *fault)
{
    int type = is_stream(t->owner) ? SOCK_STREAM : SOCK_DGRAM;
    int fd = socket(t->addr.ss_family, type | SOCK_CLOEXEC, 0);
    int rc;
    if (fd < 0) {
        return fault_sys(fault, "socket");
    }
    rc = set_options(t, fd, fault);
    if (rc == 0) {
        rc = bind_exporter(t, fd, fault);
    }
    if (rc == 0 && connect(fd, (const struct sockaddr *)&t->addr, t->addr_len) != 0) {
        rc = fault_sys(fault, "connect");
    }
    if (rc != 0) {
        close(fd);
        return rc;
    }
    t->fd = fd;
    return 0;
}

static struct target *add_target(struct export *e)
{
    struct target *t = &e->target[e->ntargets++];
    *t = (struct target){.owner = e, .fd = -1};
    return t;
}

static int open_host(struct export *e, const char *host, const char *port, struct fault *fault)
{
    struct addrinfo hints = {.ai_socktype = e->o.transport == EXPORT_TCP ? SOCK_STREAM
                                                                         : SOCK_DGRAM};
    struct addrinfo *found = NULL;
    int code = net_look_up(host, port, &hints, &found);
    struct target *t;
    if (code != 0) {
        return fault_set(fault, ERR_NOTFOUND, "Address lookup of %s:%s failed: %s", host, port,
                         gai_strerror(code));
    }
    t = add_target(e);
    memcpy(&t->addr, found->ai_addr, found->ai_addrlen);
    t->addr_len = found->ai_addrlen;
    freeaddrinfo(found);
    return connect_target(t, fault);
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
    if (at == NULL) {
        add_target(e);
        return 0;
    }
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

/* The other end closed: the next send would still seem to succeed. */
static bool is_closed(int fd)
{
    uint8_t octet;
    return recv(fd, &octet, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static void disconnect(struct target *t)
{
    close(t->fd);
    t->fd = -1;
}

static bool send_in_stream(struct target *t, const uint8_t *data, size_t len)
{
    uint64_t now = clock_monotonic_nsec() / 1000000000;
    struct fault ignored;
    if (t->fd >= 0 && is_closed(t->fd)) {
        disconnect(t);
        return false; /* this datagram belongs to the session that ended */
    }
    if (t->fd < 0) {
        if (now < t->retry_at || connect_target(t, &ignored) != 0) {
            t->retry_at = now < t->retry_at ? t->retry_at : now + RETRY_SECONDS;
            return false;
        }
    }
    if (!send_whole(t->fd, data, len)) {
        disconnect(t);
        return false;
    }
    return true;
}

/* That nobody listened to an earlier datagram is told instead of sending this one: it goes again,
 * and the failure counts for the earlier one. */
static bool send_alone(const struct target *t, const uint8_t *data, size_t len)
{
    bool sent = send_whole(t->fd, data, len);
    if (!sent && errno == ECONNREFUSED) {
        send_whole(t->fd, data, len);
    }
    return sent;
}

static bool send_datagram(void *ctx, const uint8_t *data, size_t len)
{
    struct target *t = ctx;
    struct export *e = t->owner;
    bool sent = t->addr_len == 0 || (is_stream(e) ? send_in_stream(t, data, len)
                                                  : send_alone(t, data, len));
    e->stats.failures += !sent;
    e->stats.datagrams += e->o.spread || t == e->target;
    e->next = e->o.spread ? (e->next + 1) % e->ntargets : 0;
    return sent;
}

static int make_encoders(struct export *e, struct fault *fault)
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
        .exporter = e->o.exporter != NULL ? &e->o.exporter_ip : NULL,
        .mtu = e->o.mtu,
        .stream = is_stream(e),
        .send = send_datagram,
    };
    if (o.version == 10 && o.times == TIMES_UPTIME) {
        o.times = TIMES_MSEC; /* IPFIX has no system uptime in its header */
    }
    for (unsigned i = 0; i < e->ntargets; i++) {
        o.ctx = &e->target[i];
        e->target[i].encoder = encoder_new(&o);
        if (e->target[i].encoder == NULL) {
            return fault_set(fault, ERR_NOMEM, "out of memory");
        }
    }
    return 0;
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
        rc = make_encoders(e, fault);
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
        encoder_free(e->target[i].encoder);
        if (e->target[i].fd >= 0) {
            close(e->target[i].fd);
        }
    }
    free(e);
}

static uint8_t direction_of(const struct export *e, const struct rec *r)
{
    enum { INGRESS, EGRESS };
    uint64_t mac = e->o.direction_mac;
    if (mac == 0 || (r->in_src_mac != mac && r->out_dst_mac != mac)) {
        return r->direction;
    }
    return r->in_src_mac == mac ? EGRESS : INGRESS;
}

static void add_record(struct export *e, struct rec *r, uint64_t now)
{
    unsigned first = e->o.spread ? e->next : 0;
    unsigned count = e->o.spread ? 1 : e->ntargets;
    if (!encoder_can(e->target[0].encoder, r)) {
        return;
    }
    r->in_if = r->out_if = e->o.in_if;
    r->direction = direction_of(e, r);
    for (unsigned i = first; i < first + count; i++) {
        encoder_add(e->target[i].encoder, r, now / 1000);
    }
    e->stats.records++;
    e->stats.flows += e->o.version < 9;
}

void export_flow(struct export *e, const struct probe_flow *f, uint64_t now)
{
    struct rec r;
    e->stats.flows += e->o.version >= 9; /* softflowd's count: in old versions a record is a flow */
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
    for (unsigned i = 0; i < e->ntargets; i++) {
        encoder_flush(e->target[i].encoder, now / 1000);
    }
}

void export_send_template(struct export *e)
{
    for (unsigned i = 0; i < e->ntargets; i++) {
        encoder_send_templates(e->target[i].encoder);
    }
}

void export_set_boot(struct export *e, uint64_t boot_usec)
{
    for (unsigned i = 0; i < e->ntargets; i++) {
        encoder_set_boot(e->target[i].encoder, boot_usec / 1000);
    }
}

void export_tell_targets(const struct export *e, const char *from, struct log *log)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    for (unsigned i = 0; i < e->ntargets; i++) {
        const struct target *t = &e->target[i];
        if (t->addr_len > 0
            && getnameinfo((const struct sockaddr *)&t->addr, t->addr_len, host, sizeof host, port,
                           sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
            log_write(log, LOG_LEVEL_NOTICE, "Exporting flows from %s to [%s]:%s", from, host,
                      port);
        }
    }
}

const struct export_stats *export_stats(const struct export *e)
{
    return &e->stats;
}
