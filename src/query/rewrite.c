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

static int copy_file(struct flowfile *f, struct flowwriter *w, enum rewrite_losses losses,
                     struct inspection *i, struct fault *fault)
{
    int rc = inspect_file(f, w, i, fault);
    flowwriter_sequence_failures(w, flowfile_info(f)->totals.sequence_failures);
    if (rc == 0 && i->lost && losses == REWRITE_NOT) {
        return fault_set(fault, ERR_FORMAT, "%s is damaged and stays as it is: repair it first",
                         flowfile_path(f));
    }
    return rc;
}

int rewrite_file(const char *from, const char *to, const struct flowwriter_options *options,
                 enum rewrite_losses losses, struct inspection *i, struct fault *fault)
{
    struct flowfile *f;
    struct flowwriter *w;
    int rc = flowfile_open(from, &f, fault);
    if (rc != 0) {
        return rc;
    }
    rc = flowwriter_create(to, options, false, &w, fault);
    if (rc == 0) {
        rc = copy_file(f, w, losses, i, fault);
        if (rc != 0) {
            flowwriter_abort(w);
        } else {
            flowwriter_keep_old(w, i->lost && strcmp(from, to) == 0);
            rc = flowwriter_finish(w, fault);
        }
    }
    flowfile_close(f);
    return rc;
}
