/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * probeplan.c - from what was typed to what to do.
 */
#include "probe/probeargs.h"

#include "base/text.h"
#include "store/compression.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { SNAP_V4 = 96, SNAP_V6 = 160, SNAP_FILES = 65535 };

static int plan_capture(const struct probeargs *a, struct probe_plan *p, struct fault *fault)
{
    if (a->interface == NULL && a->file == NULL) {
        return fault_set(fault, ERR_USAGE, "-i interface or -r file is needed");
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
    m->drop_duplicates = a->drop_duplicates;
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
        if (strcasecmp(text, names[i]) == 0) {
            *times = (enum export_times)i;
        }
    }
    return text == NULL || *times != EXPORT_UPTIME;
}

static int plan_version(const struct probeargs *a, struct export_options *e, struct fault *fault)
{
    uint64_t version;
    if (strcmp(a->version, "psamp") == 0 || strcmp(a->version, "ntopng") == 0) {
        return fault_set(fault, ERR_UNSUPPORTED,
                         "-v %s is not taken over: flows are exported as 1, 5, 9 or 10 (IPFIX)",
                         a->version);
    }
    if (text_number(a->version, 1, 10, &version) != 0
        || (version != 1 && version != 5 && version != 9 && version != 10)) {
        return fault_set(fault, ERR_USAGE, "Unknown export version \"%s\": 1, 5, 9 or 10",
                         a->version);
    }
    e->version = (int)version;
    return 0;
}

static int plan_transport(const struct probeargs *a, struct export_options *e, struct fault *fault)
{
    if (strcasecmp(a->transport, "sctp") == 0) {
        return fault_set(fault, ERR_UNSUPPORTED, "-P sctp is not taken over: use tcp");
    }
    if (strcasecmp(a->transport, "udp") != 0 && strcasecmp(a->transport, "tcp") != 0) {
        return fault_set(fault, ERR_USAGE, "Unknown transport \"%s\": udp or tcp",
                         a->transport);
    }
    e->transport = strcasecmp(a->transport, "tcp") == 0 ? EXPORT_TCP : EXPORT_UDP;
    return 0;
}

static bool parse_mac(const char *text, uint64_t *mac)
{
    unsigned octet[6];
    int end = 0;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &octet[0], &octet[1], &octet[2], &octet[3],
               &octet[4], &octet[5], &end) != 6 || strlen(text) != (size_t)end) {
        return false;
    }
    *mac = 0;
    for (int i = 0; i < 6; i++) {
        *mac = *mac << 8 | octet[i];
    }
    return true;
}

/* The hardware address of a live interface, "" if the system does not tell it. */
static void find_mac(const char *interface, char text[18])
{
    char path[128];
    FILE *f;
    *text = '\0';
    snprintf(path, sizeof path, "/sys/class/net/%.64s/address", interface);
    f = fopen(path, "r");
    if (f != NULL) {
        if (fgets(text, 18, f) == NULL) {
            *text = '\0';
        }
        fclose(f);
    }
}

/* By which address packets go in or out (softflowd -H), in any case with -T ether alone. */
static int plan_direction(const struct probeargs *a, struct export_options *e, struct fault *fault)
{
    char found[18];
    if (strcasecmp(a->level, "ether") != 0) {
        return 0;
    }
    if (a->direction_mac != NULL) {
        return parse_mac(a->direction_mac, &e->direction_mac)
                   ? 0 : fault_set(fault, ERR_USAGE, "Invalid MAC address %s", a->direction_mac);
    }
    if (a->interface != NULL) {
        find_mac(a->interface, found);
        parse_mac(found, &e->direction_mac);
    }
    return 0;
}

static int plan_sampling(const struct probeargs *a, struct export_options *e, struct fault *fault)
{
    enum { V5_MOST = 16383 }; /* 14 bits */
    e->sampling = (uint32_t)a->sampling;
    return e->version != 5 || e->sampling <= V5_MOST
               ? 0 : fault_set(fault, ERR_USAGE, "-s %u: NetFlow 5 tells at most 1 in %d",
                               e->sampling, V5_MOST);
}

static int plan_exporter(const struct probeargs *a, struct export_options *e, struct fault *fault)
{
    e->exporter = a->exporter;
    return a->exporter == NULL || ip_parse(a->exporter, strlen(a->exporter), &e->exporter_ip) != 0
               ? 0 : fault_set(fault, ERR_USAGE, "Invalid exporter address \"%s\"", a->exporter);
}

static uint32_t plan_interface_number(const struct probeargs *a)
{
    if (a->has_in_if || a->interface == NULL) {
        return a->in_if;
    }
    return if_nametoindex(a->interface); /* 0: "any" */
}

static int plan_choices(const struct probeargs *a, struct export_options *e, struct fault *fault)
{
    static int (*const steps[])(const struct probeargs *, struct export_options *,
                                struct fault *) = {
        plan_version, plan_transport, plan_direction, plan_sampling, plan_exporter,
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof steps / sizeof steps[0]; i++) {
        rc = steps[i](a, e, fault);
    }
    return rc;
}

static int plan_export(const struct probeargs *a, struct probe_plan *p, struct fault *fault)
{
    struct export_options *e = &p->export;
    int rc = plan_choices(a, e, fault);
    p->exporting = a->targets != NULL || a->dir == NULL; /* to nobody: records are counted */
    if (rc != 0) {
        return rc;
    }
    if (!times_parse(a->times, &e->times)) {
        return fault_set(fault, ERR_USAGE, "Unknown time format \"%s\"", a->times);
    }
    e->in_if = plan_interface_number(a);
    e->targets = a->targets;
    e->biflow = a->biflow && e->version == 10;
    e->spread = a->spread;
    e->labels = (unsigned)a->labels;
    e->mtu = a->mtu;
    e->hop_limit = a->hop_limit;
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
    p->pid_path = a->pid != NULL ? a->pid : p->daemon ? a->daemon_pid : NULL;
    p->control_path = live && !a->nfpcapd && strcmp(a->control, "none") != 0 ? a->control : NULL;
    p->user = a->user != NULL ? a->user : p->daemon && !a->nfpcapd ? "nobody" : NULL;
    p->group = a->group;
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
