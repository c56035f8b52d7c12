/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * listing.h - the operator that formats flows as they come, in the workers.
 */
#ifndef WEIR_QUERY_LISTING_H
#define WEIR_QUERY_LISTING_H

#include "base/buf.h"
#include "query/operator.h"

/* Who formats: the printer's side of the operator. Functions return 0 or ERR_*. */
struct listing_format {
    void *(*work_new)(void *ctx); /* a thread's workspace; NULL: no memory */
    void (*work_free)(void *work);
    int (*rows)(void *ctx, void *work, const struct passing *in, struct buf *out);
    /* In order: out is to be written; then what the workspace has to say. */
    int (*put)(void *ctx, void *work, struct buf *out);
    void *ctx;
};

/* fields: what the format reads. The format must outlive the operator. */
struct operator listing_operator(struct listing_format *format, const struct field_set *fields,
                                 bool numbered);

#endif
