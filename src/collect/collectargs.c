/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * collectargs.c - nfcapd's and sfcapd's options.
 */
#include "collect/collectargs.h"

#include "base/opt.h"
#include "base/optset.h"
#include "base/pool.h"
#include "base/text.h"
#include "collect/collectconf.h"
#include "field/field.h"
#include "store/compression.h"
#include "store/filename.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEY_FORMAT = OPT_LONG, KEY_THREADS, KEY_ENCODERS, KEY_FLUSH, KEY_METRICS, KEY_TCP, KEY_STATE
};

enum { SAMPLING_MAX = 10000000, SNAP_ALL = 65535 };
enum { ENCODERS_MAX = 64, ENCODERS_AUTO_MAX = 8 };
enum { BUFFER_MAX = 100 << 20, BUFFER_DEFAULT = 16 << 20 }; /* octets */

typedef int setter(struct collectargs *a, const char *value, struct fault *fault);

#define OPTSET_INTO struct collectargs

OPTSET(help, help, true)
OPTSET(version, version, true)
OPTSET(daemon, daemon, true)
OPTSET(zone_names, zone_names, true)
OPTSET(v4, family, 4)
OPTSET(v6, family, 6)
OPTSET(lz4, compression, "lz4")
OPTSET(bz2, compression, "bz2")
OPTSET(expire, expire, true)
OPTSET(keep_sender, keep_sender, true)
OPTSET_TEXT(command, command)
OPTSET_TEXT(metric, metric)
OPTSET_TEXT(metrics, metrics)
OPTSET_TEXT(tcp, tcp)
OPTSET_TEXT(state, state)
OPTSET_TEXT(config, config)
OPTSET_TEXT(dir, dir)
OPTSET_TEXT(dynamic, dynamic)
OPTSET_TEXT(ident, ident)
OPTSET_TEXT(port, port)
OPTSET_TEXT(host, host)
OPTSET_TEXT(multicast, multicast)
OPTSET_TEXT(file, file)
OPTSET_TEXT(interface, interface)
OPTSET_TEXT(format, format)
OPTSET_TEXT(pid, pid)
OPTSET_TEXT(user, user)
OPTSET_TEXT(group, group)
OPTSET_NUMBER(buffer, buffer, 1, BUFFER_MAX, "Receive buffer \"%s\": 1 octet to 100 MiB")
OPTSET_NUMBER(seconds, seconds, 1, 86400 * 31, "Time interval \"%s\": at least 1 second")
OPTSET_NUMBER(subdirs, subdirs, 0, FILENAME_SUBDIR_LEVELS - 1, "No such subdir level %s")
OPTSET_NUMBER(receivers, receivers, 1, 16, "Receiving threads \"%s\": 1 to 16")
OPTSET_NUMBER(encoders, encoders, 0, ENCODERS_MAX, "Encoding threads \"%s\": 0 to 64")
OPTSET_NUMBER(flush, flush, 10, 3600000, "Flush time \"%s\": at least 10 msec")
OPTSET_NUMBER(interval, interval, 10, 86400, "Metric interval \"%s\": at least 10 seconds")
OPTSET_NUMBER(verbose, verbose, 0, 4, "Invalid verbose level: %s")

OPTSET_NOTHING(nothing)

static int set_compression(struct collectargs *a, const char *value, struct fault *fault)
{
    (void)fault;
    a->compression = value != NULL ? value + (*value == '=') : "lzo";
    return 0;
}

static int set_sampling(struct collectargs *a, const char *value, struct fault *fault)
{
    bool negative = *value == '-';
    uint64_t n;
    if (text_number(value + negative, 1, SAMPLING_MAX, &n) != 0) {
        return fault_set(fault, ERR_USAGE, "Sampling rate \"%s\": 1 to %d, or negative", value,
                         SAMPLING_MAX);
    }
    a->sampling = negative ? -(int32_t)n : (int32_t)n;
    return 0;
}

/* Extension numbers separated by commas; the generic group is always kept. */
static int set_groups(struct collectargs *a, const char *value, struct fault *fault)
{
    a->groups = group_bit(GROUP_HEADER) | group_bit(GROUP_GENERIC);
    while (*value != '\0') {
        size_t n = strcspn(value, ",");
        uint64_t number;
        if (text_u64(value, n, 1, GROUP_COUNT_ - 1, &number) != 0
            || field_group_name((unsigned)number) == NULL) {
            return fault_set(fault, ERR_USAGE, "Unknown extension: %.*s", (int)n, value);
        }
        a->groups |= (uint64_t)1 << number;
        value += n + (value[n] == ',');
    }
    return 0;
}

static int add_repeater(struct collectargs *a, const char *value, struct fault *fault)
{
    if (a->nrepeaters == REPEATERS_MAX) {
        return fault_set(fault, ERR_USAGE, "Too many repeaters: at most %d", REPEATERS_MAX);
    }
    a->repeater[a->nrepeaters++] = value;
    return 0;
}

static int set_decode(struct collectargs *a, const char *value, struct fault *fault)
{
    if (strcmp(value, "tun") != 0) {
        return fault_set(fault, ERR_USAGE, "Unknown decode option: %s", value);
    }
    a->open_tunnels = true;
    return 0;
}

static int add_source(struct collectargs *a, const char *value, struct fault *fault)
{
    (void)fault;
    a->source[a->nsources++] = value; /* room for one per argument */
    return 0;
}

static const struct opt_row rows[] = {
#define ROW(key, name, kind, arg, set, help) {key, name, kind, arg, help},
#include "collect/collectargs.def"
};

static setter *const setters[] = {
#define ROW(key, name, kind, arg, set, help) set,
#include "collect/collectargs.def"
};

enum { ROWS = sizeof rows / sizeof rows[0] };

/* A processor each, unless there is but one. */
static unsigned long encoders_wanted(void)
{
    unsigned n = pool_processors();
    return n < 2 ? 0 : n < ENCODERS_AUTO_MAX ? n : ENCODERS_AUTO_MAX;
}

/* The file that -C names; not nfcapd's word for none. */
static const char *config_of(const struct opt_result *typed)
{
    const char *path = NULL;
    for (size_t i = 0; i < typed->nevents; i++) {
        if (typed->events[i].row->key == 'C') {
            path = typed->events[i].value;
        }
    }
    return path != NULL && strcmp(path, "none") != 0 ? path : NULL;
}

static int set_all(struct collectargs *a, const struct opt_result *events, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < events->nevents; i++) {
        rc = setters[events->events[i].row - rows](a, events->events[i].value, fault);
    }
    return rc;
}

/* What is typed wins over what the file says. */
int collectargs_parse(const char *name, int argc, char **argv, struct arena *arena,
                      struct collectargs *a, struct fault *fault)
{
    struct opt_result typed, written = {0};
    int rc = opt_parse(rows, ROWS, argc, argv, arena, &typed, fault);
    const char *config = rc == 0 ? config_of(&typed) : NULL;
    if (config != NULL) {
        rc = collectconf_read(config, rows, ROWS, arena, &written, fault);
    }
    *a = (struct collectargs){.seconds = 300, .receivers = 1, .flush = 1000, .verbose = 1,
                              .interval = 60, .encoders = encoders_wanted()};
    a->sflow_port = strcmp(name, "sfcapd") == 0;
    a->source = arena_alloc(arena, ((size_t)argc + written.nevents) * sizeof *a->source);
    if (a->source == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    if (rc == 0) {
        rc = set_all(a, &written, fault);
    }
    if (rc == 0) {
        rc = set_all(a, &typed, fault);
    }
    a->config = config;
    if (rc == 0 && typed.nwords > 0) {
        rc = fault_set(fault, ERR_USAGE, "What is \"%s\"?", typed.words[0]);
    }
    return rc;
}

void collectargs_usage(const char *name, struct buf *out)
{
    buf_printf(out, "Usage: %s [options] -w dir | -n ident,address,dir ... | -M dir\n", name);
    opt_usage(rows, ROWS, out);
}

void collectargs_mdoc(struct buf *out)
{
    opt_mdoc(rows, ROWS, out);
}

/* ---- the plan ---- */

static int plan_sources(const struct collectargs *a, struct collector_plan *p, struct fault *fault)
{
    int rc = 0;
    p->sources = sources_new();
    if (p->sources == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    if (a->dir != NULL) { /* wins over -n and -M, as in nfcapd */
        return sources_add_single(p->sources, a->ident != NULL ? a->ident : "none", a->dir, fault);
    }
    for (size_t i = 0; rc == 0 && i < a->nsources; i++) {
        rc = sources_add_static(p->sources, a->source[i], fault);
    }
    if (rc == 0 && a->nsources == 0 && a->dynamic != NULL) {
        rc = sources_set_dynamic(p->sources, a->dynamic, fault);
    }
    if (rc == 0 && sources_is_empty(p->sources)) {
        rc = fault_set(fault, ERR_USAGE, "-w dir, -n ident,address,dir or -M dir is needed");
    }
    return rc;
}

static int plan_input(const struct collectargs *a, struct collector_plan *p, struct fault *fault)
{
    if (a->host != NULL && a->multicast != NULL) {
        return fault_set(fault, ERR_USAGE, "-b and -J are mutually exclusive");
    }
    if (a->file != NULL && a->interface != NULL) {
        return fault_set(fault, ERR_USAGE, "-f and -d are mutually exclusive");
    }
    p->receiver.host = a->host;
    p->receiver.service = a->port != NULL ? a->port : a->sflow_port ? "6343" : "9995";
    p->receiver.multicast = a->multicast;
    p->receiver.family = a->family;
    p->receiver.buffer_octets = a->buffer != 0 ? (int)a->buffer : BUFFER_DEFAULT;
    p->nreceivers = (unsigned)a->receivers;
    p->feed.file = a->file;
    p->feed.interface = a->interface;
    p->feed.filter = a->interface != NULL ? "udp" : NULL;
    p->feed.snap_length = SNAP_ALL;
    p->feed.promiscuous = true;
    return 0;
}

static int plan_files(const struct collectargs *a, struct collector_plan *p, struct fault *fault)
{
    const char *format = a->format != NULL ? a->format : getenv("WEIR_FORMAT");
    struct flowwriter_options *w = &p->writer;
    bool nfdump = format != NULL && strcmp(format, "nfdump") == 0;
    if (format != NULL && !nfdump && strcmp(format, "weir") != 0) {
        return fault_set(fault, ERR_USAGE, "Unknown file format \"%s\": weir or nfdump", format);
    }
    p->seconds = (uint32_t)a->seconds;
    p->subdirs = (unsigned)a->subdirs;
    p->zone_names = a->zone_names;
    p->flush_msec = (uint32_t)a->flush;
    p->nencoders = (unsigned)a->encoders;
    w->format = nfdump ? FORMAT_NFDUMP2 : FORMAT_WEIR1;
    w->compression = nfdump ? COMPRESSION_NONE : COMPRESSION_ZSTD;
    w->creator = a->sflow_port ? CREATOR_SFCAPD : CREATOR_NFCAPD;
    w->live = true;
    if (a->compression == NULL) {
        return 0;
    }
    if (compression_parse(a->compression, &w->compression, &w->level, fault) != 0) {
        return fault_set(fault, ERR_USAGE, "Unknown compression \"%s\"", a->compression);
    }
    if (!nfdump && w->compression != COMPRESSION_NONE) {
        w->compression = COMPRESSION_ZSTD; /* the one weir's own format has */
    }
    return 0;
}

int collectargs_plan(const struct collectargs *a, struct log *log, struct collector_plan *plan,
                     struct fault *fault)
{
    int rc;
    memset(plan, 0, sizeof *plan);
    plan->log = log;
    plan->daemon = a->daemon;
    plan->pid_path = a->pid;
    plan->user = a->user;
    plan->group = a->group;
    plan->wire = (struct wire_options){.sampling = a->sampling, .groups = a->groups,
                                       .open_tunnels = a->open_tunnels,
                                       .sflow = true, .netflow = true};
    plan->command = a->command;
    plan->expire = a->expire;
    plan->keep_sender = a->keep_sender;
    plan->metric_path = a->metric;
    plan->metric_seconds = (uint32_t)a->interval;
    plan->metrics_place = a->metrics;
    plan->tcp_service = a->tcp;
    plan->state_path = a->state;
    plan->config_path = a->config;
    plan->nrepeaters = (unsigned)a->nrepeaters;
    memcpy(plan->repeaters, a->repeater, sizeof plan->repeaters);
    if (a->expire && a->zone_names) {
        return fault_set(fault, ERR_USAGE, "-Z and -e are mutually exclusive");
    }
    rc = plan_input(a, plan, fault);
    if (rc == 0) {
        rc = plan_files(a, plan, fault);
    }
    return rc == 0 ? plan_sources(a, plan, fault) : rc;
}
