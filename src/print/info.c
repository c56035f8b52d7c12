/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * info.c - what -I, -g and -E print.
 */
#include "print/info.h"

#include <ctype.h>
#include <string.h>

static const char *const proto_suffix[TOTAL_PROTOS_] = {
    [TOTAL_TCP] = "tcp", [TOTAL_UDP] = "udp", [TOTAL_ICMP] = "icmp", [TOTAL_OTHER] = "other"};

static void put_total(struct buf *out, const char *name, uint64_t sum,
                      const uint64_t of[TOTAL_PROTOS_])
{
    buf_printf(out, "%s: %llu\n", name, (unsigned long long)sum);
    for (size_t i = 0; i < TOTAL_PROTOS_; i++) {
        buf_printf(out, "%s_%s: %llu\n", name, proto_suffix[i], (unsigned long long)of[i]);
    }
}

void info_totals(const char *ident, const struct flow_totals *t, struct buf *out)
{
    uint64_t first = t->first != UINT64_MAX ? t->first : 0; /* no flows at all */

    buf_printf(out, "Ident: %s\n", ident != NULL ? ident : "none");
    put_total(out, "Flows", t->flows, t->flows_of);
    put_total(out, "Packets", t->packets, t->packets_of);
    put_total(out, "Bytes", t->bytes, t->bytes_of);
    buf_printf(out, "First: %llu\n", (unsigned long long)(first / 1000));
    buf_printf(out, "Last: %llu\n", (unsigned long long)(t->last / 1000));
    buf_printf(out, "msec_first: %llu\n", (unsigned long long)(first % 1000));
    buf_printf(out, "msec_last: %llu\n", (unsigned long long)(t->last % 1000));
    buf_printf(out, "Sequence failures: %llu\n", (unsigned long long)t->sequence_failures);
}

void info_losses(const struct flow_meta *m, struct buf *out)
{
    struct loss sum = meta_loss(m);
    for (unsigned k = 0; k < LOSS_COUNTERS_; k++) {
        uint64_t n = loss_count(&sum, (enum loss_counter)k);
        if (n > 0) {
            buf_printf(out, "Lost, %s: %llu\n", loss_text((enum loss_counter)k),
                       (unsigned long long)n);
        }
    }
}

void info_plot_head(struct buf *out)
{
    buf_str(out, "# yyyy-mm-dd HH:MM:SS,flows,packets,bytes\n");
}

/* "YYYY-MM-DD HH:MM:SS" from the digits after the first "nfcapd." of the path. */
static bool put_file_time(const char *path, struct buf *out)
{
    static const char shape[] = "####-##-## ##:##:##";
    const char *digits = strstr(path, "nfcapd.");
    char text[sizeof shape];

    if (digits == NULL) {
        buf_str(out, "No datestring\n");
        return false;
    }
    digits += sizeof "nfcapd." - 1;
    for (size_t i = 0; i < sizeof text; i++) {
        bool digit = shape[i] == '#';
        text[i] = !digit ? shape[i] : isdigit((unsigned char)*digits) ? *digits++ : '0';
    }
    buf_str(out, text);
    return true;
}

void info_plot_line(const char *path, const struct flow_totals *t, struct buf *out)
{
    if (!put_file_time(path, out)) {
        return;
    }
    buf_printf(out, ",%llu,%llu,%llu\n", (unsigned long long)t->flows,
               (unsigned long long)t->packets, (unsigned long long)t->bytes);
}

/* ---- exporters ---- */

static const struct {
    uint32_t version;
    const char *name;
} versions[] = {
    {5, "netflow v5"}, {9, "netflow v9"}, {10, "ipfix v10"}, {EXPORTER_SFLOW, "sflow"}};

static const char *version_name(uint32_t version)
{
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (versions[i].version == version) {
            return versions[i].name;
        }
    }
    return "Unknown version";
}

static void put_exporter(const struct exporter *e, struct buf *out)
{
    char ip[IP_TEXT_MAX];
    int family = ip_is_mapped(&e->addr) ? 4 : 6;

    ip_format(&e->addr, family, ip);
    buf_printf(out, "SysID: %u, IP: %*s, version: %s, ID: %2u", e->sysid, family == 4 ? 16 : 40, ip,
               version_name(e->version), e->id);
    if (e->flows != 0) {
        buf_printf(out, ", Sequence failures: %u, packets: %llu, flows: %llu\n",
                   e->sequence_failures, (unsigned long long)e->packets,
                   (unsigned long long)e->flows);
    } else {
        buf_str(out, " - no flows sent\n");
    }
}

static void put_sampler(const struct sampler *s, struct buf *out)
{
    buf_str(out, "    Sampler: ");
    switch (s->id) {
    case SAMPLER_OVERWRITE:
        buf_str(out, "Static overwrite Sampler: ");
        break;
    case SAMPLER_DEFAULT:
        buf_str(out, "Static default Sampler: ");
        break;
    case SAMPLER_GENERIC:
        buf_str(out, "Generic Sampler: ");
        break;
    default:
        buf_printf(out, "Assigned Sampler: id: %lld, ", (long long)s->id);
    }
    buf_printf(out, "algorithm: %u, packet interval: %u, packet space: %u\n", s->algorithm,
               s->packet_interval, s->space_interval);
}

void info_exporters(const struct flow_meta *m, struct buf *out)
{
    if (m->nexporters == 0) {
        buf_str(out, "No Exporter records found\n");
    }
    for (size_t i = 0; i < m->nexporters; i++) {
        put_exporter(&m->exporters[i], out);
        for (size_t j = 0; j < m->nsamplers; j++) {
            if (m->samplers[j].sysid == m->exporters[i].sysid) {
                put_sampler(&m->samplers[j], out);
            }
        }
    }
}
