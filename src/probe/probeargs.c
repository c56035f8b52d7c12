/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * probeargs.c - option rows of both dialects, and what each sets.
 *
 * A row names its setter, so that reading an option is a look-up; deciding what the options mean
 * together is probeargs_plan()'s.
 */
#include "probe/probeargs.h"

#include "base/optset.h"
#include "base/text.h"

#include <string.h>

enum {
    KEY_ROTATE = OPT_LONG, KEY_SUBDIRS, KEY_FAT, KEY_PAYLOAD, KEY_TIMEOUTS, KEY_IDENT, KEY_USER,
    KEY_GROUP, KEY_TUNNELS, KEY_DEDUP, KEY_FORMAT, KEY_COMPRESS, KEY_VERSION, KEY_THREADS,
    KEY_MTU, KEY_LIBPCAP
};

typedef int setter(struct probeargs *a, const char *value, struct fault *fault);

struct probeargs_dialect {
    const char *program;
    const struct opt_row *rows;
    setter *const *setters; /* one per row */
    size_t nrows;
    const char *usage;
    const char *control, *pid; /* where they are if it is not said */
};

/* ---- setters ---- */

#define OPTSET_INTO struct probeargs

OPTSET(help, help, true)
OPTSET(version_asked, show_version, true)
OPTSET(foreground, foreground, true)
OPTSET(v6, track_v6, true)
OPTSET(biflow, biflow, true)
OPTSET(spread, spread, true)
OPTSET(no_promiscuous, no_promiscuous, true)
OPTSET(adjust, adjust_time, true)
OPTSET(fat, fat, true)
OPTSET(payload, payload, true)
OPTSET(tunnels, udp_tunnels, true)
OPTSET(libpcap, libpcap, true)
OPTSET(drop_duplicates, drop_duplicates, true)
OPTSET_TEXT(targets, targets)
OPTSET_TEXT(export_version, version)
OPTSET_TEXT(level, level)
OPTSET_TEXT(transport, transport)
OPTSET_TEXT(times, times)
OPTSET_TEXT(control, control)
OPTSET_TEXT(pid, pid)
OPTSET_TEXT(dir, dir)
OPTSET_TEXT(ident, ident)
OPTSET_TEXT(user, user)
OPTSET_TEXT(group, group)
OPTSET_TEXT(bind_interface, bind_interface)
OPTSET_TEXT(format, format)
OPTSET_TEXT(active_idle, active_idle)
OPTSET_TEXT(exporter, exporter)
OPTSET_TEXT(direction_mac, direction_mac)
OPTSET_NUMBER(max_flows, max_flows, 0, 1u << 30, "Invalid maximum flows \"%s\"")
OPTSET_NUMBER(capture_length, snap_length, 1, 262144, "Invalid capture length \"%s\"")
OPTSET_NUMBER(snap_length, snap_length, 54, 262144, "Invalid snap length \"%s\": 54..262144")
OPTSET_NUMBER(sampling, sampling, 0, 1u << 30, "Invalid sampling rate \"%s\"")
OPTSET_NUMBER(labels, labels, 0, 10, "Invalid number of MPLS labels \"%s\": 0..10")
OPTSET_NUMBER(buffer, buffer, 0, 1u << 30, "Invalid capture buffer size \"%s\"")
OPTSET_NUMBER(seconds, seconds, 2, 86400 * 7, "Invalid rotation time \"%s\"")
OPTSET_NUMBER(subdirs, subdirs, 0, 8, "No such subdir level %s")
OPTSET_NUMBER(threads, threads, 1, 32, "Invalid number of threads \"%s\": 1..32")
OPTSET_NUMBER(mtu, mtu, 1000, 65507, "Invalid datagram size \"%s\": 1000..65507")

static int set_debug(struct probeargs *a, const char *value, struct fault *fault)
{
    (void)value;
    (void)fault;
    a->debug = a->foreground = a->track_v6 = true;
    return 0;
}

static int set_hop_limit(struct probeargs *a, const char *value, struct fault *fault)
{
    uint64_t n;
    if (text_number(value, 0, 255, &n) != 0) {
        return fault_set(fault, ERR_USAGE, "Invalid hop limit \"%s\"", value);
    }
    a->hop_limit = (int)n;
    return 0;
}

/* There is one source of packets. */
static int check_single_source(const struct probeargs *a, struct fault *fault)
{
    return a->interface == NULL && a->file == NULL
               ? 0 : fault_set(fault, ERR_USAGE, "Packet source already specified.");
}

/* "[index:]interface" */
static int set_interface(struct probeargs *a, const char *value, struct fault *fault)
{
    const char *colon = strchr(value, ':');
    uint64_t index;
    int rc = check_single_source(a, fault);
    a->interface = value;
    if (colon != NULL
        && text_u64(value, (size_t)(colon - value), 0, UINT32_MAX, &index) == 0) {
        a->in_if = (uint32_t)index;
        a->has_in_if = true;
        a->interface = colon + 1;
    }
    if (rc == 0 && *a->interface == '\0') {
        rc = fault_set(fault, ERR_USAGE, "Wrong interface is specified.");
    }
    return rc;
}

static int set_file(struct probeargs *a, const char *value, struct fault *fault)
{
    int rc = check_single_source(a, fault);
    a->file = value;
    return rc;
}

static int set_timeout(struct probeargs *a, const char *value, struct fault *fault)
{
    return timeouts_set(&a->timeouts, value, fault);
}

static int set_compression(struct probeargs *a, const char *value, struct fault *fault)
{
    (void)fault;
    a->compression = value != NULL ? value + (*value == '=') : "lzo";
    return 0;
}

static int set_lz4(struct probeargs *a, const char *value, struct fault *fault)
{
    (void)value;
    return set_compression(a, "lz4", fault);
}

static int set_bz2(struct probeargs *a, const char *value, struct fault *fault)
{
    (void)value;
    return set_compression(a, "bz2", fault);
}

/* nfpcapd -o: words separated by commas. */
static int set_extras(struct probeargs *a, const char *value, struct fault *fault)
{
    while (*value != '\0') {
        size_t n = strcspn(value, ",");
        if (n == 3 && strncmp(value, "fat", n) == 0) {
            a->fat = true;
        } else if (n == 7 && strncmp(value, "payload", n) == 0) {
            a->payload = true;
        } else {
            return fault_set(fault, ERR_USAGE, "Unknown option \"%.*s\"", (int)n, value);
        }
        value += n + (value[n] == ',');
    }
    return 0;
}

static int set_daemon(struct probeargs *a, const char *value, struct fault *fault)
{
    (void)value;
    (void)fault;
    a->foreground = false;
    return 0;
}

/* Not taken over: said so, with what to do instead. */
static int refuse_psamp(struct probeargs *a, const char *value, struct fault *fault)
{
    (void)a;
    return fault_set(fault, ERR_UNSUPPORTED,
                     "-R %s: PSAMP is not received; run the probe where the packets are", value);
}

static int refuse_sending(struct probeargs *a, const char *value, struct fault *fault)
{
    (void)a;
    return fault_set(fault, ERR_UNSUPPORTED,
                     "-H %s: nfdump's own datagrams are not sent; weirprobe -n exports IPFIX",
                     value);
}

static int refuse_packets(struct probeargs *a, const char *value, struct fault *fault)
{
    (void)a;
    return fault_set(fault, ERR_UNSUPPORTED,
                     "-p %s: packets are not stored; use tcpdump -G beside the probe", value);
}

/* Accepted for the sake of old command lines, without effect. */
OPTSET_NOTHING(nothing)

/* ---- rows ---- */

#define ROW_OPT(key, name, kind, arg, set, help) {key, name, kind, arg, help},
#define ROW_SETTER(key, name, kind, arg, set, help) set,

static const struct opt_row softflowd_rows[] = {
#define ROW ROW_OPT
#include "probe/softflowd.def"
};
static setter *const softflowd_setters[] = {
#define ROW ROW_SETTER
#include "probe/softflowd.def"
};
static const struct opt_row nfpcapd_rows[] = {
#define ROW ROW_OPT
#include "probe/nfpcapd.def"
};
static setter *const nfpcapd_setters[] = {
#define ROW ROW_SETTER
#include "probe/nfpcapd.def"
};

static const struct probeargs_dialect dialects[] = {
    {"weirprobe", softflowd_rows, softflowd_setters,
     sizeof softflowd_rows / sizeof softflowd_rows[0],
     "[options] -i interface | -r file [bpf expression]", WEIR_CONTROL_SOCKET, WEIR_PROBE_PID},
    {"softflowd", softflowd_rows, softflowd_setters,
     sizeof softflowd_rows / sizeof softflowd_rows[0],
     "[options] -i interface | -r file [bpf expression]", SOFTFLOWD_CONTROL_SOCKET,
     SOFTFLOWD_PID},
    {"nfpcapd", nfpcapd_rows, nfpcapd_setters, sizeof nfpcapd_rows / sizeof nfpcapd_rows[0],
     "[options] -i interface | -r file -w dir [bpf expression]", NULL, NULL},
};

enum { DIALECTS = sizeof dialects / sizeof dialects[0] };

const struct probeargs_dialect *probeargs_dialect_of(const char *name)
{
    for (int i = 0; i < DIALECTS; i++) {
        if (strcmp(name, dialects[i].program) == 0) {
            return &dialects[i];
        }
    }
    return &dialects[0];
}

/* ---- parsing ---- */

static void defaults(const struct probeargs_dialect *d, struct probeargs *a)
{
    memset(a, 0, sizeof *a);
    a->nfpcapd = d->rows == nfpcapd_rows;
    a->foreground = a->nfpcapd;
    a->level = "full";
    a->version = "5";
    a->transport = "udp";
    a->control = d->control;
    a->daemon_pid = d->pid;
    a->hop_limit = -1;
    a->max_flows = a->nfpcapd ? 0 : 8192;
    a->snap_length = a->nfpcapd ? 1522 : 0;
    a->seconds = 300;
    timeouts_default(&a->timeouts);
}

static int join_words(const struct opt_result *typed, struct arena *arena, struct probeargs *a)
{
    struct buf text;
    buf_init(&text);
    for (size_t i = 0; i < typed->nwords; i++) {
        buf_str(&text, i > 0 ? " " : "");
        buf_str(&text, typed->words[i]);
    }
    a->filter = arena_strndup(arena, buf_text(&text), text.len);
    buf_free(&text);
    return a->filter != NULL ? 0 : ERR_NOMEM;
}

int probeargs_parse(const struct probeargs_dialect *d, int argc, char **argv, struct arena *arena,
                struct probeargs *a, struct fault *fault)
{
    struct opt_result typed;
    int rc = opt_parse(d->rows, d->nrows, argc, argv, arena, &typed, fault);
    defaults(d, a);
    for (size_t i = 0; rc == 0 && i < typed.nevents; i++) {
        const struct opt_event *e = &typed.events[i];
        rc = d->setters[e->row - d->rows](a, e->value, fault);
    }
    return rc != 0 ? rc : join_words(&typed, arena, a);
}

void probeargs_usage(const struct probeargs_dialect *d, const char *name, FILE *to)
{
    struct buf text;
    struct timeouts t;
    timeouts_default(&t);
    buf_init(&text);
    buf_printf(&text, "Usage: %s %s\n", name, d->usage);
    opt_usage(d->rows, d->nrows, &text);
    if (d->rows == softflowd_rows) {
        buf_str(&text, "\nTimeouts (name=time, time in seconds or with s m h d w):\n");
        timeouts_list(&t, &text);
    }
    fputs(buf_text(&text), to);
    buf_free(&text);
}

void probeargs_mdoc(const struct probeargs_dialect *d, struct buf *out)
{
    opt_mdoc(d->rows, d->nrows, out);
}
