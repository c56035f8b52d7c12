/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * probeplan.c - from what was typed to what to do.
 */
#include "probe/probeargs.h"

#include "base/text.h"
#include "store/compression.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SNAP_V4 = 96, SNAP_V6 = 160, SNAP_FILES = 65535 };

static int plan_capture(const struct probeargs *a, struct probe_plan *p, struct fault *fault)
{
    if ((a->interface == NULL) == (a->file == NULL)) {
        return fault_set(fault, ERR_USAGE,
                         a->file == NULL ? "-i interface or -r file is needed"
                                         : "-i and -r are mutually exclusive");
    }
    p->capture.file = a->file;
    p->capture.interface = a->interface;
    p->capture.filter = a->filter;
    p->capture.promiscuous = !a->no_promiscuous;
    p->capture.libpcap = a->libpcap;
    p->capture.buffer_octets = (int)a->buffer;
    p->capture.snap_length = a->snap_length != 0 ? (int)a->snap_length
                             : a->dir != NULL ? SNAP_FILES
                             : p->meter.ignore_v6 ? SNAP_V4 : SNAP_V6;
    return 0;
}

static int plan_timeouts(const struct probeargs *a, struct timeouts *t, struct fault *fault)
{
    const char *text = a->active_idle != NULL ? a->active_idle : a->dir != NULL ? "300,60" : NULL;
    const char *comma = text != NULL ? strchr(text, ',') : NULL;
    uint64_t n[2];
    *t = a->timeouts;
    if (text == NULL) {
        return 0;
    }
    if (comma == NULL || text_u64(text, (size_t)(comma - text), 1, 86400, &n[0]) != 0
        || text_number(comma + 1, 1, 86400, &n[1]) != 0) {
        return fault_set(fault, ERR_USAGE, "Invalid timeouts \"%s\": active,idle in seconds", text);
    }
    timeouts_active_idle(t, (uint32_t)n[0], (uint32_t)n[1]);
    return 0;
}

static int plan_meter(const struct probeargs *a, struct probe_plan *p, struct fault *fault)
{
    struct meter_options *m = &p->meter;
    bool v6_exported = p->exporting && p->export.version >= 9;
    if (!track_level_parse(a->level, &m->scheme.level)) {
        return fault_set(fault, ERR_USAGE, "Unknown flow tracking level \"%s\"", a->level);
    }
    m->max_flows = a->max_flows;
    m->ignore_v6 = !(a->track_v6 || v6_exported || a->dir != NULL);
    m->scheme.labels = (unsigned)a->labels;
    m->sampling = (uint32_t)a->sampling;
    m->scheme.oneway = m->ip_octets = a->dir != NULL;
    m->at_once = a->nfpcapd;
    m->fat = a->fat;
    m->payload = a->payload;
    m->packet.open_ip_tunnels = a->dir != NULL;
    m->packet.open_udp_tunnels = a->udp_tunnels;
    return plan_timeouts(a, &m->timeouts, fault);
}

static bool times_parse(const char *text, enum export_times *times)
{
    static const char *const names[] = {NULL, "sec", "milli", "micro", "nano"};
    *times = EXPORT_UPTIME;
    for (int i = 1; text != NULL && i < 5; i++) {
        if (strcmp(text, names[i]) == 0) {
            *times = (enum export_times)i;
        }
    }
    return text == NULL || *times != EXPORT_UPTIME;
}

static int plan_export(const struct probeargs *a, struct probe_plan *p, struct fault *fault)
{
    struct export_options *e = &p->export;
    uint64_t version;
    p->exporting = a->targets != NULL || a->dir == NULL; /* to nobody: records are counted */
    if (text_number(a->version, 1, 10, &version) != 0
        || (version != 1 && version != 5 && version != 9 && version != 10)) {
        return fault_set(fault, ERR_USAGE, "Unknown export version \"%s\": 1, 5, 9 or 10",
                         a->version);
    }
    if (!times_parse(a->times, &e->times)) {
        return fault_set(fault, ERR_USAGE, "Unknown time format \"%s\"", a->times);
    }
    if (strcmp(a->transport, "udp") != 0 && strcmp(a->transport, "tcp") != 0) {
        return fault_set(fault, ERR_USAGE, "Unknown transport \"%s\": udp or tcp",
                         a->transport);
    }
    e->version = (int)version;
    e->in_if = a->in_if;
    e->targets = a->targets;
    e->transport = strcmp(a->transport, "tcp") == 0 ? EXPORT_TCP : EXPORT_UDP;
    e->biflow = a->biflow && version == 10;
    e->spread = a->spread;
    e->labels = (unsigned)a->labels;
    e->sampling = (uint32_t)a->sampling;
    e->mtu = a->mtu;
    e->hop_limit = (int)a->hop_limit;
    e->bind_interface = a->bind_interface;
    e->boot_usec = (uint64_t)(time(NULL) - 1) * 1000000;
    return 0;
}

static int plan_files(const struct probeargs *a, struct probe_plan *p, struct fault *fault)
{
    const char *format = a->format != NULL ? a->format : getenv("WEIR_FORMAT");
    struct flowwriter_options *w = &p->slots.writer;
    p->writing = a->dir != NULL;
    if (a->nfpcapd && a->dir == NULL) {
        return fault_set(fault, ERR_USAGE, "-w dir is needed");
    }
    p->slots.dir = a->dir;
    p->slots.seconds = (uint32_t)a->seconds;
    p->slots.subdirs = (unsigned)a->subdirs;
    w->format = format != NULL && strcmp(format, "nfdump") == 0 ? FORMAT_NFDUMP2 : FORMAT_WEIR1;
    w->creator = CREATOR_NFPCAPD;
    w->ident = a->ident;
    w->compression = w->format == FORMAT_WEIR1 ? COMPRESSION_ZSTD : COMPRESSION_NONE;
    if (format != NULL && w->format == FORMAT_WEIR1 && strcmp(format, "weir") != 0) {
        return fault_set(fault, ERR_USAGE, "Unknown file format \"%s\": weir or nfdump", format);
    }
    return a->compression == NULL
               ? 0 : compression_parse(a->compression, &w->compression, &w->level, fault);
}

static void plan_process(const struct probeargs *a, struct probe_plan *p)
{
    bool live = a->interface != NULL;
    p->daemon = live && !a->foreground;
    p->pid_path = a->pid != NULL ? a->pid : p->daemon && !a->nfpcapd ? WEIR_PROBE_PID : NULL;
    p->control_path = live && !a->nfpcapd && strcmp(a->control, "none") != 0 ? a->control : NULL;
    p->user = a->user != NULL ? a->user : p->daemon && !a->nfpcapd ? "nobody" : NULL;
    p->threads = live ? (unsigned)a->threads : 1;
    p->packet_time = p->writing && !live;
    p->print_statistics = !live && !a->nfpcapd;
    p->boot_from_packets = a->adjust_time || !live;
}

int probeargs_plan(const struct probeargs *a, const char *name, struct log *log,
                   struct probe_plan *plan, struct fault *fault)
{
    int rc;
    memset(plan, 0, sizeof *plan);
    plan->name = name;
    plan->log = log;
    rc = plan_export(a, plan, fault);
    if (rc == 0) {
        rc = plan_files(a, plan, fault);
    }
    if (rc == 0) {
        rc = plan_meter(a, plan, fault);
    }
    if (rc == 0) {
        rc = plan_capture(a, plan, fault);
    }
    plan->export.with_vlan = plan->meter.scheme.level >= TRACK_VLAN;
    plan->export.with_mac = plan->meter.scheme.level >= TRACK_ETHER;
    plan_process(a, plan);
    return rc;
}
