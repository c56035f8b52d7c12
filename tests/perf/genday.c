/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * genday.c - writes the synthetic day of daymodel.h as flow files and captures.
 *
 *   genday -n 20000000 --weir DIR --nfdump DIR      288 files of each
 *   genday -n 1000000 -f 12 --ipfix FILE.pcap --packets FILE.pcap
 *
 * What is asked for together holds the same flows.
 */
#include "base/opt.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "flow/builder.h"
#include "store/compression.h"
#include "store/flowwriter.h"
#include "daypcap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_WEIR = OPT_LONG, KEY_NFDUMP, KEY_IPFIX, KEY_PACKETS };

static const struct opt_row rows[] = {
    {'n', "flows", OPT_REQUIRED, "count", "flows of the day (5000000)"},
    {'f', "files", OPT_REQUIRED, "count", "slots of five minutes, from midnight UTC (288)"},
    {'s', "seed", OPT_REQUIRED, "number", "another number, another day (1)"},
    {'z', "compress", OPT_REQUIRED, "name[:level]", "compression of the nfdump files (zstd)"},
    {KEY_WEIR, "weir", OPT_REQUIRED, "dir", "write weir's flow files there"},
    {KEY_NFDUMP, "nfdump", OPT_REQUIRED, "dir", "write nfdump's flow files there"},
    {KEY_IPFIX, "ipfix", OPT_REQUIRED, "file", "write IPFIX datagrams as a capture"},
    {KEY_PACKETS, "packets", OPT_REQUIRED, "file", "write the packets (at most 16 a flow)"},
    {'h', "help", OPT_NONE, NULL, "this text"},
};
#define NROWS (sizeof rows / sizeof rows[0])

enum { PACKETS_A_FLOW = 16 };

struct asked {
    uint64_t flows, files, seed;
    const char *compression;
    const char *dir[2]; /* by enum flow_format: weir, nfdump; NULL: not asked for */
    const char *ipfix;
    const char *packets;
};

struct output {
    const char *dir;
    struct flowwriter_options options;
};

static void die(const char *what, const struct fault *f)
{
    fprintf(stderr, "genday: %s: %s\n", what, f->text[0] != '\0' ? f->text : err_text(f->code));
    exit(1);
}

static uint64_t number(const char *text, uint64_t lowest)
{
    uint64_t v;
    if (text_number(text, lowest, 1000000000000u, &v) != 0) {
        fprintf(stderr, "genday: \"%s\" is no number in range\n", text);
        exit(1);
    }
    return v;
}

static void usage(void)
{
    struct buf b;
    buf_init(&b);
    opt_usage(rows, NROWS, &b);
    fputs(buf_text(&b), stdout);
    buf_free(&b);
    exit(0);
}

static void note(struct asked *a, const struct opt_event *e)
{
    switch (e->row->key) {
    case 'n':
        a->flows = number(e->value, 1);
        break;
    case 'f':
        a->files = number(e->value, 1);
        break;
    case 's':
        a->seed = number(e->value, 0);
        break;
    case 'z':
        a->compression = e->value;
        break;
    case KEY_WEIR:
        a->dir[0] = e->value;
        break;
    case KEY_NFDUMP:
        a->dir[1] = e->value;
        break;
    case KEY_IPFIX:
        a->ipfix = e->value;
        break;
    case KEY_PACKETS:
        a->packets = e->value;
        break;
    default:
        usage();
    }
}

static void parse(struct asked *a, int argc, char **argv)
{
    struct arena arena;
    struct opt_result result;
    struct fault fault;

    arena_init(&arena);
    fault_clear(&fault);
    if (opt_parse(rows, NROWS, argc, argv, &arena, &result, &fault) != 0) {
        die("usage", &fault);
    }
    for (size_t i = 0; i < result.nevents; i++) {
        note(a, &result.events[i]);
    }
    arena_free(&arena);
}

static FILE *open_capture(const char *path)
{
    FILE *out = fopen(path, "wb");
    if (out == NULL) {
        perror(path);
        exit(1);
    }
    setvbuf(out, NULL, _IOFBF, 1 << 20);
    daypcap_begin(out);
    return out;
}

static void close_capture(FILE *out)
{
    if (out != NULL && fclose(out) != 0) {
        perror("genday");
        exit(1);
    }
}

/* ---- flow files ---- */

static void flush(struct flowwriter *w, struct builder *b, struct fault *f)
{
    if (flowwriter_add(w, builder_batch(b), NULL, f) != 0) {
        die("write", f);
    }
    builder_reset(b);
}

static void write_file(const struct output *o, const struct day *d, size_t slot,
                       const struct day_flow *flows, size_t n, struct builder *b)
{
    struct clock_zone utc;
    struct flowwriter *w = NULL;
    struct fault f;
    struct rec r;
    char when[CLOCK_TEXT_MAX];
    char path[4096];

    clock_zone_init(&utc, true);
    clock_format_compact(&utc, day_slot_start(d, slot), false, when);
    snprintf(path, sizeof path, "%s/nfcapd.%s", o->dir, when);
    fault_clear(&f);
    if (flowwriter_create(path, &o->options, false, &w, &f) != 0) {
        die(path, &f);
    }
    builder_reset(b);
    for (size_t i = 0; i < n; i++) {
        day_record(d, &flows[i], &r);
        if (builder_full_at(builder_rows(b))) {
            flush(w, b, &f);
        }
        if (builder_add(b, &r) != 0) {
            fputs("genday: out of memory\n", stderr);
            exit(1);
        }
    }
    flush(w, b, &f);
    if (flowwriter_finish(w, &f) != 0) {
        die(path, &f);
    }
}

static void open_outputs(const struct asked *a, struct output outputs[2])
{
    static const enum flow_format formats[2] = {FORMAT_WEIR1, FORMAT_NFDUMP2};
    struct fault f;

    fault_clear(&f);
    for (size_t i = 0; i < 2; i++) {
        struct flowwriter_options *o = &outputs[i].options;
        outputs[i].dir = a->dir[i];
        o->format = formats[i];
        o->compression = COMPRESSION_ZSTD;
        o->ident = "genday";
        o->creator = CREATOR_NFCAPD;
        if (i == 1 && compression_parse(a->compression, &o->compression, &o->level, &f) != 0) {
            die("compression", &f);
        }
        if (a->dir[i] != NULL && file_mkdirs(a->dir[i], 0755, &f) != 0) {
            die(a->dir[i], &f);
        }
    }
}

static void write_slot(struct day *d, size_t slot, const struct output outputs[2], FILE *ipfix,
                       FILE *packets, struct builder *b)
{
    size_t n = day_slot_flows(d, slot);
    struct day_flow *flows = calloc(n > 0 ? n : 1, sizeof *flows);

    if (flows == NULL) {
        fputs("genday: out of memory\n", stderr);
        exit(1);
    }
    day_slot_fill(d, slot, flows, n);
    for (size_t i = 0; i < 2; i++) {
        if (outputs[i].dir != NULL) {
            write_file(&outputs[i], d, slot, flows, n, b);
        }
    }
    if (ipfix != NULL) {
        daypcap_exports(ipfix, d, flows, n);
    }
    if (packets != NULL) {
        daypcap_packets(packets, d, flows, n, PACKETS_A_FLOW);
    }
    free(flows);
}

int main(int argc, char **argv)
{
    struct asked a = {.flows = 5000000, .files = 288, .seed = 1, .compression = "zstd"};
    struct output outputs[2] = {{0}};
    struct builder *b = builder_new();
    struct day d;

    if (b == NULL) {
        return 1;
    }
    parse(&a, argc, argv);
    open_outputs(&a, outputs);
    FILE *ipfix = a.ipfix != NULL ? open_capture(a.ipfix) : NULL;
    FILE *packets = a.packets != NULL ? open_capture(a.packets) : NULL;
    day_init(&d, a.seed, 1772409600000u, a.flows, a.files); /* 2026-03-02 00:00 UTC */
    for (size_t slot = 0; slot < a.files; slot++) {
        write_slot(&d, slot, outputs, ipfix, packets, b);
    }
    close_capture(ipfix);
    close_capture(packets);
    builder_free(b);
    return 0;
}
