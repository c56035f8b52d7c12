/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rewrite.c - see rewrite.h.
 */
#include "query/rewrite.h"

#include <string.h>

struct flowwriter_options rewrite_as(const struct flowfile *f)
{
    const struct flowfile_info *info = flowfile_info(f);
    return (struct flowwriter_options){
        .format = info->format == FORMAT_WEIR1 ? FORMAT_WEIR1 : FORMAT_NFDUMP2,
        .compression = info->compression,
        .ident = info->ident,
        .creator = info->creator,
    };
}

static int copy_block(struct flowfile *f, uint32_t i, struct batch *b, struct flowwriter *w,
                      struct rewritten *result, struct fault *fault)
{
    struct field_set all = {{0}};
    int rc = flowfile_read(f, i, b, fault);
    field_set_add_all(&all);
    if (rc == 0) {
        rc = batch_require(b, &all);
    }
    if (rc != 0) {
        result->blocks_lost++;
        return 0;
    }
    result->flows += b->nrows;
    rc = b->meta != NULL ? flowwriter_meta(w, b->meta, fault) : 0;
    return rc != 0 ? rc : flowwriter_add(w, b, NULL, fault);
}

static int copy_file(struct flowfile *f, struct flowwriter *w, struct rewritten *result,
                     struct fault *fault)
{
    struct batch b;
    int rc = flowfile_meta(f) != NULL ? flowwriter_meta(w, flowfile_meta(f), fault) : 0;
    batch_init(&b);
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks && rc == 0; i++) {
        rc = copy_block(f, i, &b, w, result, fault);
    }
    flowwriter_sequence_failures(w, flowfile_info(f)->totals.sequence_failures);
    batch_free(&b);
    return rc;
}

int rewrite_file(const char *from, const char *to, const struct flowwriter_options *options,
                 struct rewritten *result, struct fault *fault)
{
    struct flowfile *f;
    struct flowwriter *w;
    int rc = flowfile_open(from, &f, fault);
    memset(result, 0, sizeof *result);
    if (rc != 0) {
        return rc;
    }
    result->recovered = !flowfile_info(f)->complete;
    rc = flowwriter_create(to, options, false, &w, fault);
    if (rc == 0) {
        rc = copy_file(f, w, result, fault);
        if (rc == 0) {
            rc = flowwriter_finish(w, fault);
        } else {
            flowwriter_abort(w);
        }
    }
    flowfile_close(f);
    return rc;
}
