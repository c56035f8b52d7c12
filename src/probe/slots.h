/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * slots.h - finished flows into rotated flow files, by packet time.
 *
 * A flow goes into the file of the slot in which it ended. Files get nfcapd's names; a slot that
 * exists already is continued. Used by one thread.
 */
#ifndef WEIR_PROBE_SLOTS_H
#define WEIR_PROBE_SLOTS_H

#include "base/err.h"
#include "flow/rec.h"
#include "store/flowwriter.h"

#include <stdint.h>

struct slots;

struct slots_options {
    const char *dir;
    uint32_t seconds;   /* length of a slot */
    unsigned subdirs;   /* nfcapd's -S */
    struct flowwriter_options writer;
};

int slots_open(const struct slots_options *options, struct slots **out, struct fault *fault);

/* Add a flow that ended at `now` (seconds since 1970); rotates if need be. */
int slots_add(struct slots *s, const struct rec *r, uint64_t now, struct fault *fault);

/* Let time pass without flows: finish the file whose slot is over. */
int slots_tick(struct slots *s, uint64_t now, struct fault *fault);

/* Packets the kernel dropped since the last call: into the loss account of the current file. */
void slots_loss(struct slots *s, uint64_t kernel_drops);

/* Finish the current file and free s (in any case). */
int slots_close(struct slots *s, struct fault *fault);

#endif
