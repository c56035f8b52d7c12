/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowstat.c - the statistics text of softflowd's control command and of its reading mode.
 */
#include "probe/flowstat.h"

#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <time.h>

static void spread_add(struct spread *s, double v)
{
    s->n++;
    s->min = s->n == 1 || v < s->min ? v : s->min;
    s->max = s->n == 1 || v > s->max ? v : s->max;
    s->mean += (v - s->mean) / (double)s->n;
}

void flowstat_ended(struct flowstat *s, const struct probe_flow *f)
{
    uint64_t octets = f->dir[0].octets + f->dir[1].octets;
    uint64_t packets = (uint64_t)f->dir[0].packets + f->dir[1].packets;
    uint64_t first = f->first_usec, last = flow_last_usec(f);
    double seconds = last > first ? (double)(last - first) / 1e6 : 0.0;
    s->expired++;
    s->reason[f->reason]++;
    spread_add(&s->octets, (double)octets);
    spread_add(&s->flow_packets, (double)packets);
    spread_add(&s->duration, seconds);
    s->proto[f->key.proto].octets += octets;
    s->proto[f->key.proto].packets += packets;
    spread_add(&s->proto[f->key.proto].duration, seconds);
}

static void spread_merge(struct spread *into, const struct spread *from)
{
    double n = (double)(into->n + from->n);
    if (from->n == 0) {
        return;
    }
    into->min = into->n == 0 || from->min < into->min ? from->min : into->min;
    into->max = into->n == 0 || from->max > into->max ? from->max : into->max;
    into->mean += (from->mean - into->mean) * (double)from->n / n;
    into->n += from->n;
}

static void merge_protocols(struct flowstat *into, const struct flowstat *from)
{
    for (int i = 0; i < 256; i++) {
        into->proto[i].octets += from->proto[i].octets;
        into->proto[i].packets += from->proto[i].packets;
        spread_merge(&into->proto[i].duration, &from->proto[i].duration);
    }
}

void flowstat_merge(struct flowstat *into, const struct flowstat *from)
{
    into->packets += from->packets;
    into->not_sampled += from->not_sampled;
    into->duplicates += from->duplicates;
    into->fragments += from->fragments;
    into->non_ip += from->non_ip;
    into->too_short += from->too_short;
    into->no_memory += from->no_memory;
    into->expired += from->expired;
    into->forced += from->forced;
    for (int i = 0; i < EXPIRY_REASONS_; i++) {
        into->reason[i] += from->reason[i];
    }
    spread_merge(&into->octets, &from->octets);
    spread_merge(&into->flow_packets, &from->flow_packets);
    spread_merge(&into->duration, &from->duration);
    merge_protocols(into, from);
}

static void print_work(const struct flowstat *s, size_t active, const struct flowstat_outside *o,
                       struct buf *out)
{
    buf_printf(out, "Number of active flows: %zu\n", active);
    buf_printf(out, "Packets processed: %" PRIu64 "\n", s->packets);
    if (s->not_sampled > 0) {
        buf_printf(out, "Packets non-sampled: %" PRIu64 "\n", s->not_sampled);
    }
    if (s->duplicates > 0) {
        buf_printf(out, "Packets seen twice: %" PRIu64 "\n", s->duplicates);
    }
    buf_printf(out, "Fragments: %" PRIu64 "\n", s->fragments);
    buf_printf(out, "Ignored packets: %" PRIu64 " (%" PRIu64 " non-IP, %" PRIu64 " too short)\n",
               s->non_ip + s->too_short, s->non_ip, s->too_short);
    if (s->no_memory > 0) {
        buf_printf(out, "Packets lost for lack of memory: %" PRIu64 "\n", s->no_memory);
    }
    buf_printf(out, "Flows expired: %" PRIu64 " (%" PRIu64 " forced)\n", s->expired, s->forced);
    buf_printf(out,
               "Flows exported: %" PRIu64 " (%" PRIu64 " records) in %" PRIu64 " packets (%" PRIu64
               " failures)\n",
               o->exported_flows, o->exported_records, o->datagrams, o->failures);
    if (o->has_capture) {
        buf_printf(out, "Packets received by libpcap: %" PRIu64 "\n", o->received);
        buf_printf(out, "Packets dropped by libpcap: %" PRIu64 "\n", o->dropped);
        buf_printf(out, "Packets dropped by interface: %" PRIu64 "\n", o->interface_dropped);
    }
    buf_char(out, '\n');
}

static void print_spreads(const struct flowstat *s, struct buf *out)
{
    buf_str(out, "Expired flow statistics:  minimum       average       maximum\n");
    buf_printf(out, "  Flow bytes:        %12.0f  %12.0f  %12.0f\n", s->octets.min,
               s->octets.mean, s->octets.max);
    buf_printf(out, "  Flow packets:      %12.0f  %12.0f  %12.0f\n", s->flow_packets.min,
               s->flow_packets.mean, s->flow_packets.max);
    buf_printf(out, "  Duration:          %12.2fs %12.2fs %12.2fs\n", s->duration.min,
               s->duration.mean, s->duration.max);
    buf_char(out, '\n');
}

static void print_reasons(const uint64_t *n, struct buf *out)
{
    buf_str(out, "Expired flow reasons:\n");
    buf_printf(out, "       tcp = %9" PRIu64 "   tcp.rst = %9" PRIu64 "   tcp.fin = %9" PRIu64 "\n",
               n[EXPIRY_TCP], n[EXPIRY_TCP_RST], n[EXPIRY_TCP_FIN]);
    buf_printf(out, "       udp = %9" PRIu64 "      icmp = %9" PRIu64 "   general = %9" PRIu64 "\n",
               n[EXPIRY_UDP], n[EXPIRY_ICMP], n[EXPIRY_GENERAL]);
    buf_printf(out, "   maxlife = %9" PRIu64 "\n", n[EXPIRY_MAXLIFE]);
    buf_printf(out, "over 2 GiB = %9" PRIu64 "\n", n[EXPIRY_OVERBYTES]);
    buf_printf(out, "  maxflows = %9" PRIu64 "\n", n[EXPIRY_MAXFLOWS]);
    buf_printf(out, "   flushed = %9" PRIu64 "\n", n[EXPIRY_FLUSH]);
    buf_char(out, '\n');
}

static void print_protocols(const struct flowstat *s, struct buf *out)
{
    buf_str(out, "Per-protocol statistics:     Octets      Packets   Avg Life    Max Life\n");
    for (int i = 0; i < 256; i++) {
        char name[64];
        const struct protoent *p;
        if (s->proto[i].packets == 0) {
            continue;
        }
        p = getprotobynumber(i);
        snprintf(name, sizeof name, "%s (%d)", p != NULL ? p->p_name : "Unknown", i);
        buf_printf(out, "  %17s: %14" PRIu64 " %12" PRIu64 "   %8.2fs %10.2fs\n", name,
                   s->proto[i].octets, s->proto[i].packets, s->proto[i].duration.mean,
                   s->proto[i].duration.max);
    }
}

void flowstat_print(const struct flowstat *s, size_t active, const struct flowstat_outside *o,
                    struct buf *out)
{
    print_work(s, active, o, out);
    if (s->expired > 0) {
        print_spreads(s, out);
        print_reasons(s->reason, out);
        print_protocols(s, out);
    }
}

void flowstat_time(uint64_t seconds, char text[20])
{
    time_t t = (time_t)seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(text, 20, "%Y-%m-%dT%H:%M:%S", &tm);
}

static void print_mac(uint64_t mac, struct buf *out)
{
    for (int shift = 40; shift >= 0; shift -= 8) {
        buf_printf(out, "%02x%s", (unsigned)(mac >> shift & 0xff), shift > 0 ? ":" : "");
    }
}

static void print_moment(const char *label, uint64_t usec, struct buf *out)
{
    char text[20];
    flowstat_time(usec / 1000000, text);
    buf_printf(out, "%s:%s.%03" PRIu64 " ", label, text, (usec % 1000000 + 500) / 1000);
}

void flowstat_print_flow(const struct probe_flow *f, uint64_t ends_at, uint64_t now,
                         struct buf *out)
{
    char a[IP_TEXT_MAX], b[IP_TEXT_MAX];
    const struct flow_direction *d = f->dir;
    ip_format(&f->key.addr[0], f->key.family, a);
    ip_format(&f->key.addr[1], f->key.family, b);
    buf_printf(out, "ACTIVE seq:%" PRIu64 " [%s]:%u <> [%s]:%u proto:%u ", f->seq, a,
               f->key.port[0], b, f->key.port[1], f->key.proto);
    buf_printf(out, "octets>:%" PRIu64 " packets>:%" PRIu32 " octets<:%" PRIu64 " packets<:%" PRIu32
               " ", d[0].octets, d[0].packets, d[1].octets, d[1].packets);
    print_moment("start", f->first_usec, out);
    print_moment("finish", flow_last_usec(f), out);
    buf_printf(out, "tcp>:%02x tcp<:%02x flowlabel>:%08x flowlabel<:%08x ", d[0].tcp_flags,
               d[1].tcp_flags, f->opening[0].flow_label, f->opening[1].flow_label);
    buf_printf(out, "vlan>:%u vlan<:%u ether:", f->key.vlan, f->key.vlan);
    print_mac(f->key.mac[0], out);
    buf_str(out, " <> ");
    print_mac(f->key.mac[1], out);
    buf_char(out, '\n');
    if (ends_at < now) {
        buf_printf(out, "EXPIRY EVENT for flow %" PRIu64 " now%s\n\n", f->seq,
                   ends_at == 0 ? " (FORCED)" : "");
    } else {
        buf_printf(out, "EXPIRY EVENT for flow %" PRIu64 " in %" PRIu64 " seconds\n\n", f->seq,
                   ends_at - now);
    }
}
