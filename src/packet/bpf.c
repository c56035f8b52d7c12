/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * bpf.c - one program of libpcap's compiler per link type.
 */
#include "packet/bpf.h"

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdlib.h>

enum { SNAP_LENGTH = 262144 };

struct program {
    int link_type;
    bool valid; /* else no frame passes */
    struct bpf_program code;
};

struct bpf {
    const char *text;
    struct program *programs;
    size_t count;
};

struct bpf *bpf_new(const char *text)
{
    struct bpf *b = calloc(1, sizeof *b);
    if (b != NULL) {
        b->text = text;
    }
    return b;
}

void bpf_free(struct bpf *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t i = 0; i < b->count; i++) {
        if (b->programs[i].valid) {
            pcap_freecode(&b->programs[i].code);
        }
    }
    free(b->programs);
    free(b);
}

static struct program *find(const struct bpf *b, int link_type)
{
    for (size_t i = 0; i < b->count; i++) {
        if (b->programs[i].link_type == link_type) {
            return &b->programs[i];
        }
    }
    return NULL;
}

static int compile(struct bpf *b, struct program *p, struct fault *fault)
{
    pcap_t *dead = pcap_open_dead(p->link_type, SNAP_LENGTH);
    if (dead == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    p->valid = pcap_compile(dead, &p->code, b->text, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!p->valid) {
        fault_set(fault, ERR_SYNTAX, "bpf program \"%s\": %s", b->text, pcap_geterr(dead));
    }
    pcap_close(dead);
    return p->valid ? 0 : ERR_SYNTAX;
}

int bpf_compile(struct bpf *b, int link_type, struct fault *fault)
{
    struct program *grown = realloc(b->programs, (b->count + 1) * sizeof *grown);
    int rc;
    if (grown == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    b->programs = grown;
    grown[b->count] = (struct program){.link_type = link_type};
    rc = compile(b, &grown[b->count], fault);
    b->count += rc != ERR_NOMEM;
    return rc;
}

int bpf_passes(struct bpf *b, const struct frame *f, struct fault *fault)
{
    struct pcap_pkthdr h = {.caplen = f->captured, .len = f->length};
    struct fault ignored;
    const struct program *p = find(b, f->link_type);
    if (p == NULL) {
        if (bpf_compile(b, f->link_type, &ignored) == ERR_NOMEM) {
            return fault_set(fault, ERR_NOMEM, "out of memory");
        }
        p = find(b, f->link_type);
    }
    return p->valid && pcap_offline_filter(&p->code, &h, f->data) != 0;
}
