/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * prometheus.h - the collector's counters as text in Prometheus' exposition format.
 */
#ifndef WEIR_COLLECT_PROMETHEUS_H
#define WEIR_COLLECT_PROMETHEUS_H

#include "base/buf.h"
#include "collect/duty.h"

/* The whole page: the process, its sources, its exporters (at most 1000 of them). */
void prometheus_text(struct buf *out, const struct duty_counters *counters,
                     struct sources *sources, struct wire *wire);

#endif
