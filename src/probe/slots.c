/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * slots.c - finished flows into rotated flow files.
 *
 * Records gather in a builder and go to the writer when it is full or the slot ends. Time that runs
 * backwards (merged captures) stays in the current slot.
 */
#include "probe/slots.h"

#include "base/file.h"
#include "flow/builder.h"
#include "store/filename.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct slots {
    struct slots_options o;
    struct builder *builder;
    struct flowwriter *writer; /* NULL: no slot is open */
    uint64_t start;            /* of the open slot, seconds since 1970 */
    uint64_t lost;             /* packets not yet told to a file */
};

int slots_open(const struct slots_options *options, struct slots **out, struct fault *fault)
{
    struct slots *s = calloc(1, sizeof *s);
    int rc = file_mkdirs(options->dir, 0755, fault);
    if (s == NULL || rc != 0) {
        free(s);
        return rc != 0 ? rc : ERR_NOMEM;
    }
    s->o = *options;
    s->builder = builder_new();
    if (s->builder == NULL) {
        free(s);
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    *out = s;
    return 0;
}

static int begin_slot(struct slots *s, uint64_t now, struct fault *fault)
{
    char path[PATH_MAX], sub[FILENAME_MAX_LEN], name[FILENAME_MAX_LEN];
    int rc;
    s->start = now - now % s->o.seconds;
    filename_subdir(s->o.subdirs, s->start, sub);
    filename_of_slot(s->start, s->o.seconds, false, name);
    if (snprintf(path, sizeof path, "%s/%s%s%s", s->o.dir, sub, *sub != '\0' ? "/" : "", name)
        >= (int)sizeof path) {
        return fault_set(fault, ERR_RANGE, "path too long: %s", s->o.dir);
    }
    rc = file_mkdirs_above(path, 0755, fault);
    return rc != 0 ? rc : flowwriter_create(path, &s->o.writer, true, &s->writer, fault);
}

static int write_gathered(struct slots *s, struct fault *fault)
{
    int rc = 0;
    if (builder_rows(s->builder) > 0) {
        rc = flowwriter_add(s->writer, builder_batch(s->builder), NULL, fault);
        builder_reset(s->builder);
    }
    return rc;
}

/* What was lost while no file was open is told to the next one. */
static void tell_loss(struct slots *s)
{
    struct loss loss = {.kernel_drops = s->lost};
    struct flow_meta meta;
    if (s->writer == NULL || s->lost == 0) {
        return;
    }
    meta_init(&meta);
    if (meta_add_loss(&meta, &loss) == 0) {
        flowwriter_meta(s->writer, &meta, NULL);
    }
    meta_free(&meta);
    s->lost = 0;
}

static int end_slot(struct slots *s, struct fault *fault)
{
    struct fault ignored;
    int rc, finished;
    if (s->writer == NULL) {
        return 0;
    }
    rc = write_gathered(s, fault);
    tell_loss(s);
    flowwriter_slot(s->writer, s->start * 1000, (s->start + s->o.seconds) * 1000);
    finished = flowwriter_finish(s->writer, rc == 0 ? fault : &ignored);
    s->writer = NULL;
    return rc != 0 ? rc : finished;
}

int slots_tick(struct slots *s, uint64_t now, struct fault *fault)
{
    if (s->writer == NULL || now < s->start + s->o.seconds) {
        return 0;
    }
    return end_slot(s, fault);
}

int slots_add(struct slots *s, const struct rec *r, uint64_t now, struct fault *fault)
{
    int rc = slots_tick(s, now, fault);
    if (rc == 0 && s->writer == NULL) {
        rc = begin_slot(s, now, fault);
    }
    if (rc == 0 && builder_full_at(builder_rows(s->builder))) {
        rc = write_gathered(s, fault);
    }
    return rc == 0 ? builder_add(s->builder, r) : rc;
}

void slots_loss(struct slots *s, uint64_t kernel_drops)
{
    s->lost += kernel_drops;
}

int slots_close(struct slots *s, struct fault *fault)
{
    int rc = end_slot(s, fault);
    builder_free(s->builder);
    free(s);
    return rc;
}
