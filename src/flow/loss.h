/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * loss.h - one exporter's part of the loss account (doc/loss-account.md). Counters: losses.def.
 */
#ifndef WEIR_FLOW_LOSS_H
#define WEIR_FLOW_LOSS_H

#include <stdbool.h>
#include <stdint.h>

/* What got lost on the way to the file, per exporter (sysid 0: the collector as a whole). */
struct loss {
    uint32_t sysid;
#define LOSS(member, metric, text, doc) uint64_t member;
#include "flow/losses.def"
};

enum loss_counter {
#define LOSS(member, metric, text, doc) LOSS_##member,
#include "flow/losses.def"
    LOSS_COUNTERS_
};

uint64_t *loss_counter(struct loss *l, enum loss_counter which);
uint64_t loss_count(const struct loss *l, enum loss_counter which);
const char *loss_metric(enum loss_counter which); /* a name for machines: kernel_drops */
const char *loss_text(enum loss_counter which);   /* a name for reports */
const char *loss_doc(enum loss_counter which);
void loss_add(struct loss *into, const struct loss *from); /* the sysid stays */
bool loss_is_none(const struct loss *l);

#endif
