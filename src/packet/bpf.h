/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * bpf.h - a BPF expression (pcap-filter(7)) over frames of any link type: it is compiled for each
 * one. Where it means nothing (VLAN tags of raw IP) no frame passes.
 */
#ifndef WEIR_PACKET_BPF_H
#define WEIR_PACKET_BPF_H

#include "base/err.h"
#include "packet/capture.h"

struct bpf;

/* `text` must live as long; NULL when memory is out. */
struct bpf *bpf_new(const char *text);
void bpf_free(struct bpf *b);

/* 0 if the expression can be compiled for the link type; ERR_SYNTAX, ERR_NOMEM. */
int bpf_compile(struct bpf *b, int link_type, struct fault *fault);

/* 1: the frame passes, 0: it does not; ERR_NOMEM. */
int bpf_passes(struct bpf *b, const struct frame *f, struct fault *fault);

#endif
