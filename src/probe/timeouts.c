/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * timeouts.c - softflowd's expiry rules.
 */
#include "probe/timeouts.h"

#include "probe/flowtable.h"

#include <ctype.h>
#include <string.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58 };
enum { TCP_FIN = 0x01, TCP_RST = 0x04 };

static const struct timeout_row {
    const char *name;
    const char *label, *meaning;
    size_t offset;
    uint32_t seconds;
} rows[] = {
#define TIMEOUT(id, member, name_, seconds_, label_, meaning_)                                    \
    {name_, label_, meaning_, offsetof(struct timeouts, member), seconds_},
#include "probe/timeouts.def"
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static uint32_t *value_of(struct timeouts *t, const struct timeout_row *row)
{
    return (uint32_t *)(void *)((char *)t + row->offset);
}

void timeouts_default(struct timeouts *t)
{
    for (size_t i = 0; i < ROWS; i++) {
        *value_of(t, &rows[i]) = rows[i].seconds;
    }
}

void timeouts_active_idle(struct timeouts *t, uint32_t active, uint32_t idle)
{
    for (size_t i = 0; i < ROWS; i++) {
        *value_of(t, &rows[i]) = idle;
    }
    t->tcp_rst = t->tcp_fin = 1;
    t->maxlife = active;
    t->expint = 1;
}

static uint64_t unit_seconds(char unit)
{
    switch (tolower((unsigned char)unit)) {
    case '\0':
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    case 'w':
        return 604800;
    default:
        return 0;
    }
}

/* "1h30m", "90": seconds into *seconds; false if the text is none. */
static bool parse_seconds(const char *text, uint32_t *seconds)
{
    uint64_t total = 0;
    if (*text == '\0') {
        return false;
    }
    while (*text != '\0') {
        uint64_t n = 0;
        if (!isdigit((unsigned char)*text)) {
            return false;
        }
        while (isdigit((unsigned char)*text) && n <= INT32_MAX) {
            n = n * 10 + (uint64_t)(*text++ - '0');
        }
        if (unit_seconds(*text) == 0) {
            return false;
        }
        total += n * unit_seconds(*text);
        text += *text != '\0';
        if (total > INT32_MAX) {
            return false;
        }
    }
    *seconds = (uint32_t)total;
    return true;
}

int timeouts_set(struct timeouts *t, const char *text, struct fault *fault)
{
    const char *equal = strchr(text, '=');
    uint32_t seconds;
    if (equal == NULL || equal[1] == '\0') {
        return fault_set(fault, ERR_USAGE, "Invalid -t option \"%s\".", text);
    }
    if (!parse_seconds(equal + 1, &seconds)) {
        return fault_set(fault, ERR_RANGE, "Invalid -t timeout.");
    }
    for (size_t i = 0; i < ROWS; i++) {
        if (strlen(rows[i].name) == (size_t)(equal - text)
            && strncmp(rows[i].name, text, (size_t)(equal - text)) == 0) {
            *value_of(t, &rows[i]) = seconds;
            return t->general != 0 ? 0 : fault_set(fault, ERR_RANGE,
                                         "\"general\" flow timeout must be greater than zero");
        }
    }
    return fault_set(fault, ERR_USAGE, "Invalid -t name.");
}

void timeouts_print(const struct timeouts *t, struct buf *out)
{
    for (size_t i = 0; i < ROWS; i++) {
        buf_printf(out, "%22s: %us\n", rows[i].label, *value_of((struct timeouts *)t, &rows[i]));
    }
}

void timeouts_list(const struct timeouts *t, struct buf *out)
{
    for (size_t i = 0; i < ROWS; i++) {
        buf_printf(out, "  %-8s %u\n", rows[i].name, *value_of((struct timeouts *)t, &rows[i]));
    }
}

void timeouts_mdoc(struct buf *out)
{
    for (size_t i = 0; i < ROWS; i++) {
        buf_printf(out, ".It %s Ta %u Ta %s\n", rows[i].name, rows[i].seconds, rows[i].meaning);
    }
}

static bool is_icmp(const struct flow_key *key)
{
    return key->proto == (key->family == 4 ? PROTO_ICMP : PROTO_ICMP6);
}

/* TCP that was closed: its timeout, or 0. */
static uint32_t closed_timeout(const struct timeouts *t, const struct probe_flow *f,
                               enum expiry_reason *reason)
{
    uint8_t either = f->dir[0].tcp_flags | f->dir[1].tcp_flags;
    uint8_t both = f->dir[0].tcp_flags & f->dir[1].tcp_flags;
    if (t->tcp_rst != 0 && (either & TCP_RST)) {
        *reason = EXPIRY_TCP_RST;
        return t->tcp_rst;
    }
    if (t->tcp_fin != 0 && ((f->oneway ? either : both) & TCP_FIN)) {
        *reason = EXPIRY_TCP_FIN;
        return t->tcp_fin;
    }
    return 0;
}

static uint32_t idle_timeout(const struct timeouts *t, const struct probe_flow *f,
                             enum expiry_reason *reason)
{
    uint32_t closed = f->key.proto == PROTO_TCP ? closed_timeout(t, f, reason) : 0;
    if (closed != 0) {
        return closed;
    }
    if (f->key.proto == PROTO_TCP && t->tcp != 0) {
        *reason = EXPIRY_TCP;
        return t->tcp;
    }
    if (f->key.proto == PROTO_UDP && t->udp != 0) {
        *reason = EXPIRY_UDP;
        return t->udp;
    }
    if (is_icmp(&f->key) && t->icmp != 0) {
        *reason = EXPIRY_ICMP;
        return t->icmp;
    }
    *reason = EXPIRY_GENERAL;
    return t->general;
}

struct fate timeouts_fate(const struct timeouts *t, const struct probe_flow *f)
{
    uint64_t first = f->first_usec / 1000000;
    uint64_t last = flow_last_usec(f) / 1000000;
    struct fate fate = {.end = END_IDLE};
    if (f->dir[0].octets > FLOW_OCTETS_MAX || f->dir[1].octets > FLOW_OCTETS_MAX) {
        return (struct fate){0, EXPIRY_OVERBYTES, END_RESOURCES};
    }
    if (t->maxlife != 0 && last >= first && last - first > t->maxlife) {
        return (struct fate){0, EXPIRY_MAXLIFE, END_ACTIVE};
    }
    fate.at = last + idle_timeout(t, f, &fate.reason);
    if (fate.reason == EXPIRY_TCP_RST || fate.reason == EXPIRY_TCP_FIN) {
        fate.end = END_DETECTED;
    }
    if (t->maxlife != 0 && fate.at > first + t->maxlife) {
        fate.at = first + t->maxlife;
    }
    return fate;
}

uint64_t timeouts_due(const struct timeouts *t, const struct probe_flow *f)
{
    uint64_t grid = t->expint > 1 ? t->expint : 1;
    return (timeouts_fate(t, f).at + grid - 1) / grid * grid;
}

bool timeouts_over(const struct timeouts *t, const struct probe_flow *f, uint64_t usec)
{
    enum expiry_reason reason;
    uint64_t idle = UINT64_C(1000000) * idle_timeout(t, f, &reason);
    uint64_t life = UINT64_C(1000000) * t->maxlife;
    return usec > flow_last_usec(f) + idle || (life != 0 && usec > f->first_usec + life);
}
