/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * wiredump.c - for tests: decode the export datagrams of a capture, print a JSON object a flow.
 *
 * Usage: wiredump [-b] file.pcap. Keys are field names of the catalogue; the last line has the
 * accounts, and what option data told. -b: decode into columns, many records at once where the
 * decoder can.
 */
#include "base/buf.h"
#include "base/ip.h"
#include "packet/packet.h"
#include "wire/wire.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_value(const struct rec *r, enum field_id id)
{
    const uint8_t *p = (const uint8_t *)r + rec_offset(id);
    char text[IP_TEXT_MAX];
    if (field_of(id)->type == TYPE_IP) {
        const struct ip *ip = (const struct ip *)(const void *)p;
        ip_format(ip, ip_is_mapped(ip) ? 4 : 6, text);
        printf("\"%s\"", text);
    } else if (field_of(id)->type == TYPE_VAR) {
        const struct span *s = (const struct span *)(const void *)p;
        putchar('"');
        for (uint32_t i = 0; i < s->len; i++) {
            printf("%02x", s->data[i]);
        }
        putchar('"');
    } else {
        printf("%" PRIu64, rec_u64(r, id));
    }
}

static void print_flow(void *ctx, const struct wire_exporter *from, const struct rec *r)
{
    (void)ctx;
    (void)from;
    printf("{\"FAMILY\": %d", rec_family(r));
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        const struct field *f = field_of((enum field_id)id);
        bool address = id == FIELD_SRC_ADDR || id == FIELD_DST_ADDR;
        if (id != FIELD_RECORD_NO && rec_has(r, f->group) && (!address || rec_family(r) != 0)) {
            printf(", \"%s\": ", f->name);
            print_value(r, (enum field_id)id);
        }
    }
    printf("}\n");
}

/* -b: everything into one builder, printed when it is full and at the end. */
static void print_rows(struct builder *b)
{
    struct batch *rows = builder_batch(b);
    struct field_set all = {{0}};
    struct rec r;
    field_set_add_all(&all);
    for (uint32_t i = 0; i < rows->nrows; i++) {
        batch_get_rec(rows, i, &all, &r);
        print_flow(NULL, NULL, &r);
    }
    builder_reset(b);
}

static struct builder *rows_of(void *ctx, const struct wire_exporter *from)
{
    (void)from;
    if (builder_room(ctx) == 0) {
        print_rows(ctx);
    }
    return ctx;
}

static void add_flow(void *ctx, const struct wire_exporter *from, const struct rec *r)
{
    builder_add(rows_of(ctx, from), r);
}

static void no_more(void *ctx, const struct wire_exporter *from, struct builder *b, uint32_t n)
{
    (void)ctx;
    (void)from;
    (void)b;
    (void)n;
}

struct sums {
    uint64_t gaps, missed, bad, no_template, bad_records, counters;
};

static void add_exporter(void *ctx, struct wire_exporter *e)
{
    struct sums *s = ctx;
    s->gaps += e->loss.sequence_gaps;
    s->missed += e->loss.sequence_missed;
    s->bad += e->loss.bad_datagrams;
    s->no_template += e->loss.no_template;
    s->bad_records += e->loss.bad_records;
    s->counters += e->counter_samples;
}

/* What was told comes in the last line: "1 interface 7 eth0" of exporter 1, "1 sampler 3 1:99". */
static struct buf told;

static void tell(const struct wire_exporter *from, const char *what, int64_t id, const char *text)
{
    buf_printf(&told, "%s\"%u %s %" PRId64 " %s\"", told.len > 0 ? ", " : "", from->id.sysid, what,
               id, text);
}

static void tell_name(void *ctx, const struct wire_exporter *from, enum name_kind kind, uint32_t id,
                      const char *text)
{
    (void)ctx;
    tell(from, kind == NAME_VRF ? "vrf" : "interface", id, text);
}

static void tell_sampler(void *ctx, const struct wire_exporter *from, const struct sampler *s)
{
    char text[64];
    (void)ctx;
    snprintf(text, sizeof text, "%u:%u", (unsigned)s->packet_interval, (unsigned)s->space_interval);
    tell(from, "sampler", s->id, text);
}

static void tell_app(void *ctx, const struct wire_exporter *from, const struct app_name *a)
{
    (void)ctx;
    tell(from, "app", a->id_len, a->name);
}

static void say(void *ctx, enum wire_event event, const char *text)
{
    (void)ctx;
    (void)event;
    fprintf(stderr, "%s\n", text);
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    struct wire_options options = {.sampling = 0};
    bool columns = argc == 3 && strcmp(argv[1], "-b") == 0;
    struct builder *b = builder_new();
    struct wire_sink one = {.flow = print_flow, .say = say, .name = tell_name, .app = tell_app,
                            .sampler = tell_sampler};
    struct wire_sink many = {.ctx = b, .flow = add_flow, .rows = rows_of, .appended = no_more,
                             .name = tell_name, .app = tell_app, .sampler = tell_sampler};
    struct wire *w = wire_new(&options, columns ? &many : &one);
    struct packet_options none = {false, false};
    pcap_t *pcap = argc == 2 + columns ? pcap_open_offline(argv[1 + columns], error) : NULL;
    struct pcap_pkthdr *h;
    const u_char *data;
    uint64_t now = 0;
    struct sums s = {0};
    buf_init(&told);
    if (w == NULL || pcap == NULL) {
        fprintf(stderr, "cannot open the capture\n");
        return 1;
    }
    while (pcap_next_ex(pcap, &h, &data) == 1) {
        struct packet p;
        struct wire_datagram d;
        if (packet_decode(pcap_datalink(pcap), data, h->caplen, &none, &p) != PACKET_OK ||
            p.proto != 17) {
            continue;
        }
        now = (uint64_t)h->ts.tv_sec * 1000 + (uint64_t)h->ts.tv_usec / 1000;
        d = (struct wire_datagram){.data = p.payload, .len = p.payload_length, .from = p.src,
                                   .port = p.src_port, .received = now};
        wire_decode(w, &d);
    }
    print_rows(b);
    wire_tick(w, now + 3600000);
    wire_exporters(w, add_exporter, &s);
    printf("{\"END\": 1, \"gaps\": %" PRIu64 ", \"missed\": %" PRIu64 ", \"bad\": %" PRIu64
           ", \"no_template\": %" PRIu64 ", \"bad_records\": %" PRIu64 ", \"counters\": %" PRIu64
           ", \"told\": [%s]}\n", s.gaps, s.missed, s.bad, s.no_template, s.bad_records, s.counters,
           buf_text(&told));
    buf_free(&told);
    pcap_close(pcap);
    wire_free(w);
    builder_free(b);
    return 0;
}
