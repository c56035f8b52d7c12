/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * capture.c - libpcap, or the ring, behind one small interface.
 */
#include "packet/capture.h"

#include "packet/packet.h"
#include "packet/ring.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

enum { LIVE_TIMEOUT_MSEC = 100 };

struct capture {
    struct ring *ring; /* or */
    pcap_t *pcap;
    int link_type;
    bool live;
    bool nsec;
    char name[256]; /* file or interface, for messages */
};

#ifdef HAVE_ZLIB
static ssize_t read_gzip(void *gz, char *data, size_t n)
{
    return gzread((gzFile)gz, data, (unsigned)n);
}

static int close_gzip(void *gz)
{
    return gzclose((gzFile)gz);
}

/* A stream over a file that is gzip-compressed, or may be (others pass through). */
static FILE *open_gzip(const char *path)
{
    cookie_io_functions_t io = {.read = read_gzip, .close = close_gzip};
    gzFile gz = strcmp(path, "-") == 0 ? gzdopen(0, "rb") : gzopen(path, "rb");
    return gz != NULL ? fopencookie(gz, "rb", io) : NULL;
}
#else
static FILE *open_gzip(const char *path)
{
    return strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
}
#endif

/* Plain files need no detour through zlib. What is no file can be read only once. */
static FILE *open_stream(const char *path)
{
    enum { GZIP_FIRST = 0x1f };
    struct stat st;
    FILE *f = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "rb") : NULL;
    if (f != NULL && getc(f) != GZIP_FIRST) {
        rewind(f);
        return f;
    }
    if (f != NULL) {
        fclose(f);
    }
    return open_gzip(path);
}

static int open_file(struct capture *c, const char *path, struct fault *fault)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    FILE *f = open_stream(path);
    if (f == NULL) {
        return fault_sys(fault, "Can't open capture file %s", path);
    }
    c->pcap = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, error);
    if (c->pcap == NULL) {
        fclose(f);
        return fault_set(fault, ERR_FORMAT, "%s: %s", path, error);
    }
    c->nsec = true;
    return 0;
}

static int pcap_fault(struct capture *c, const char *what, struct fault *fault)
{
    return fault_set(fault, ERR_IO, "%s: %s", what, pcap_geterr(c->pcap));
}

static int open_live(struct capture *c, const struct capture_options *o, struct fault *fault)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    c->pcap = pcap_create(o->interface, error);
    if (c->pcap == NULL) {
        return fault_set(fault, ERR_IO, "%s: %s", o->interface, error);
    }
    c->live = true;
    pcap_set_snaplen(c->pcap, o->snap_length);
    pcap_set_promisc(c->pcap, o->promiscuous);
    pcap_set_timeout(c->pcap, LIVE_TIMEOUT_MSEC);
    if (o->buffer_octets > 0) {
        pcap_set_buffer_size(c->pcap, o->buffer_octets);
    }
    if (pcap_activate(c->pcap) < 0) {
        return pcap_fault(c, o->interface, fault);
    }
    if (pcap_setnonblock(c->pcap, 1, error) != 0) {
        return fault_set(fault, ERR_IO, "%s: %s", o->interface, error);
    }
    return 0;
}

static int set_filter(struct capture *c, const char *text, struct fault *fault)
{
    struct bpf_program program;
    int rc = 0;
    if (text == NULL || *text == '\0') {
        return 0;
    }
    if (pcap_compile(c->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return fault_set(fault, ERR_SYNTAX, "bpf program \"%s\": %s", text,
                         pcap_geterr(c->pcap));
    }
    if (pcap_setfilter(c->pcap, &program) != 0) {
        rc = pcap_fault(c, "bpf program", fault);
    }
    pcap_freecode(&program);
    return rc;
}

static int open_pcap(struct capture *c, const struct capture_options *o, struct fault *fault)
{
    int rc = o->file != NULL ? open_file(c, o->file, fault) : open_live(c, o, fault);
    if (rc != 0) {
        return rc;
    }
    c->link_type = pcap_datalink(c->pcap);
    if (!packet_link_known(c->link_type)) {
        const char *name = pcap_datalink_val_to_name(c->link_type);
        return fault_set(fault, ERR_UNSUPPORTED, "%s: link type %d (%s) is not supported",
                         c->name, c->link_type, name != NULL ? name : "unknown");
    }
    return set_filter(c, o->filter, fault);
}

/* The ring where there is one, libpcap for all else. */
static int open_any(struct capture *c, const struct capture_options *o, struct fault *fault)
{
    int rc = o->file != NULL || o->libpcap ? ERR_UNSUPPORTED : ring_open(o, &c->ring, fault);

    snprintf(c->name, sizeof c->name, "%s", o->file != NULL ? o->file : o->interface);
    if (rc == ERR_UNSUPPORTED) {
        return open_pcap(c, o, fault);
    }
    c->live = true;
    c->link_type = DLT_EN10MB;
    return rc;
}

int capture_open(const struct capture_options *options, struct capture **out, struct fault *fault)
{
    struct capture *c = calloc(1, sizeof *c);
    int rc = c != NULL ? open_any(c, options, fault) : ERR_NOMEM;
    if (rc != 0) {
        capture_close(c);
        return rc;
    }
    *out = c;
    return 0;
}

void capture_close(struct capture *c)
{
    if (c == NULL) {
        return;
    }
    if (c->pcap != NULL) {
        pcap_close(c->pcap);
    }
    ring_close(c->ring);
    free(c);
}

int capture_link_type(const struct capture *c)
{
    return c->link_type;
}

bool capture_is_live(const struct capture *c)
{
    return c->live;
}

int capture_fd(const struct capture *c)
{
    if (c->ring != NULL) {
        return ring_fd(c->ring);
    }
    return c->live ? pcap_get_selectable_fd(c->pcap) : -1;
}

/* libpcap takes the unsigned seconds of a capture file for signed ones. */
static uint64_t usec_of(const struct capture *c, const struct pcap_pkthdr *h)
{
    uint64_t seconds = h->ts.tv_sec < 0 ? (uint32_t)h->ts.tv_sec : (uint64_t)h->ts.tv_sec;
    uint64_t fraction = (uint64_t)h->ts.tv_usec;
    return seconds * 1000000 + (c->nsec ? fraction / 1000 : fraction);
}

int capture_next(struct capture *c, struct frame *out, struct fault *fault)
{
    struct pcap_pkthdr *h;
    const u_char *data;
    if (c->ring != NULL) {
        return ring_next(c->ring, out);
    }
    switch (pcap_next_ex(c->pcap, &h, &data)) {
    case 1:
        *out = (struct frame){usec_of(c, h), data, h->caplen, h->len};
        return 1;
    case 0:
        return 0;
    case PCAP_ERROR_BREAK:
        return ERR_END;
    default:
        return fault_set(fault, ERR_FORMAT, "%s: %s", c->name, pcap_geterr(c->pcap));
    }
}

void capture_stats(struct capture *c, struct capture_stats *out)
{
    struct pcap_stat s;
    if (c->ring != NULL) {
        ring_stats(c->ring, out);
        return;
    }
    *out = (struct capture_stats){.known = c->live && pcap_stats(c->pcap, &s) == 0};
    if (out->known) {
        out->received = s.ps_recv;
        out->dropped = s.ps_drop;
        out->interface_dropped = s.ps_ifdrop;
    }
}
