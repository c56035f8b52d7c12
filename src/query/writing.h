/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * writing.h - the operator that writes passing flows to a flow file (-w).
 */
#ifndef WEIR_QUERY_WRITING_H
#define WEIR_QUERY_WRITING_H

#include "query/operator.h"
#include "store/flowwriter.h"

/* All stored fields are kept. The writer's errors go to *fault. */
struct writing {
    struct flowwriter *writer;
    bool names_first; /* write exporters and names before the flows: nfdump's readers learn as they
                       * go; without it the caller writes them */
    const struct flow_meta *written; /* the last snapshot of them */
    struct fault fault;
};

struct operator writing_operator(struct writing *w);

#endif
