/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * capture.c - a file, libpcap, or the ring, behind one small interface.
 */
#include "packet/capture.h"

#include "packet/bpf.h"
#include "packet/capfile.h"
#include "packet/packet.h"
#include "packet/ring.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIVE_TIMEOUT_MSEC = 100 };

struct capture { /* one of the first three */
    struct ring *ring;
    struct capfile *file;
    pcap_t *pcap;
    struct bpf *filter; /* of the file; NULL: all frames */
    int link_type;      /* of libpcap */
    char name[256];     /* file or interface, for messages */
};

static bool is_filter(const char *text)
{
    return text != NULL && *text != '\0';
}

/* ---- files ---- */

/* The expression must mean something for one of the interfaces. */
static int compile_filter(struct capture *c, struct fault *fault)
{
    size_t n = capfile_interfaces(c->file);
    int rc = n == 0 ? bpf_compile(c->filter, DLT_EN10MB, fault) : ERR_SYNTAX;
    for (size_t i = 0; i < n && rc == ERR_SYNTAX; i++) {
        rc = bpf_compile(c->filter, capfile_link_type(c->file, i), fault);
    }
    return rc;
}

static int filter_file(struct capture *c, const char *text, struct fault *fault)
{
    if (!is_filter(text)) {
        return 0;
    }
    c->filter = bpf_new(text);
    return c->filter != NULL ? compile_filter(c, fault)
                             : fault_set(fault, ERR_NOMEM, "out of memory");
}

static int open_file(struct capture *c, const struct capture_options *o, struct fault *fault)
{
    int rc = capfile_open(o->file, &c->file, fault);
    return rc == 0 ? filter_file(c, o->filter, fault) : rc;
}

static int next_of_file(struct capture *c, struct frame *out, struct fault *fault)
{
    int rc;
    do {
        rc = capfile_next(c->file, out, fault);
        if (rc != 1 || c->filter == NULL) {
            return rc;
        }
        rc = bpf_passes(c->filter, out, fault);
    } while (rc == 0);
    return rc;
}

/* ---- interfaces ---- */

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
    if (!is_filter(text)) {
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
    int rc = open_live(c, o, fault);
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

/* The ring where there is one, libpcap for all other interfaces. */
static int open_any(struct capture *c, const struct capture_options *o, struct fault *fault)
{
    int rc = ERR_UNSUPPORTED;
    snprintf(c->name, sizeof c->name, "%s", o->file != NULL ? o->file : o->interface);
    if (o->file != NULL) {
        return open_file(c, o, fault);
    }
    if (!o->libpcap) {
        rc = ring_open(o, &c->ring, fault);
    }
    return rc == ERR_UNSUPPORTED ? open_pcap(c, o, fault) : rc;
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
    capfile_close(c->file);
    bpf_free(c->filter);
    free(c);
}

bool capture_is_live(const struct capture *c)
{
    return c->file == NULL;
}

int capture_fd(const struct capture *c)
{
    if (c->ring != NULL) {
        return ring_fd(c->ring);
    }
    return c->pcap != NULL ? pcap_get_selectable_fd(c->pcap) : -1;
}

static int next_of_pcap(struct capture *c, struct frame *out, struct fault *fault)
{
    struct pcap_pkthdr *h;
    const u_char *data;
    int rc = pcap_next_ex(c->pcap, &h, &data);
    if (rc < 0) {
        return pcap_fault(c, c->name, fault);
    }
    if (rc == 1) {
        *out = (struct frame){
            .usec = (uint64_t)h->ts.tv_sec * 1000000 + (uint64_t)h->ts.tv_usec,
            .link_type = c->link_type, .data = data, .captured = h->caplen, .length = h->len};
    }
    return rc;
}

int capture_next(struct capture *c, struct frame *out, struct fault *fault)
{
    if (c->file != NULL) {
        return next_of_file(c, out, fault);
    }
    return c->ring != NULL ? ring_next(c->ring, out) : next_of_pcap(c, out, fault);
}

void capture_stats(struct capture *c, struct capture_stats *out)
{
    struct pcap_stat s;
    if (c->ring != NULL) {
        ring_stats(c->ring, out);
        return;
    }
    *out = (struct capture_stats){.known = c->pcap != NULL && pcap_stats(c->pcap, &s) == 0};
    if (out->known) {
        out->received = s.ps_recv;
        out->dropped = s.ps_drop;
        out->interface_dropped = s.ps_ifdrop;
    }
}
