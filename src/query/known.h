/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * known.h - names and exporters met so far in a scan, as immutable snapshots.
 *
 * Printers in several threads read a snapshot while the scan learns more: learning something new
 * makes a new snapshot, the old ones stay until the end. Nothing new, no new snapshot, so there
 * are few.
 */
#ifndef WEIR_QUERY_KNOWN_H
#define WEIR_QUERY_KNOWN_H

#include "flow/meta.h"

struct known_node;

struct known {
    struct known_node *newest; /* NULL: nothing learned yet */
};

void known_init(struct known *k);
void known_free(struct known *k);

/* Learn from m (NULL: nothing). Returns 0 or ERR_NOMEM. Counters of exporters alone are not news.
 * */
int known_learn(struct known *k, const struct flow_meta *m);

/* What is known now; never NULL; valid until known_free(). */
const struct flow_meta *known_now(const struct known *k);

#endif
