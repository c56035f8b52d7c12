/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdput.h - flows and what belongs to them as records of layout 2.
 * Elements are driven by the catalogue: ascending numbers, lengths of GROUP rows, places of NFD
 * rows. Groups that nfdump does not know (43 and up) are left out.
 */
#ifndef WEIR_STORE_NFDPUT_H
#define WEIR_STORE_NFDPUT_H

#include "flow/batch.h"
#include "flow/meta.h"
#include "store/nfdlayout.h"

#include <stddef.h>
#include <stdint.h>

#define NFD_RECORD_MAX 65535

/* Columns of the batch that is written. */
struct nfd_put {
    const struct column *columns[FIELD_STORED_];
    const struct column *groups;
    uint16_t rows[NFD_ELEMENTS][2]; /* first and one past the last row of an element's fields */
};

/* Load all columns of groups that rows of the batch have. Returns 0 or the failure of a column. */
int nfdput_batch(struct nfd_put *p, struct batch *b);

/* Write one row as a record into `to` (NFD_RECORD_MAX of room); returns its size. Values that do
 * not fit into a record are cut: user names at 65 octets, payloads at what is left of 64 KiB. */
size_t nfdput_row(const struct nfd_put *p, uint32_t row, uint8_t *to);

/* Records of meta data into `to` (NFD_RECORD_MAX of room); they return the size. */
size_t nfdput_exporter(const struct exporter *e, uint8_t *to);
size_t nfdput_sampler(const struct sampler *s, uint8_t *to);

/* Counters of up to NFDPUT_COUNTERS exporters; those without has_stat are left out. 0: none has
 * any. */
#define NFDPUT_COUNTERS 2000
size_t nfdput_counters(const struct exporter *e, size_t n, uint8_t *to);

/* Names of one kind from m->names[*next] on, as many as fit; *next moves behind them. 0: no
 * more. */
size_t nfdput_names(const struct flow_meta *m, enum name_kind kind, size_t *next, uint8_t *to);
size_t nfdput_apps(const struct flow_meta *m, size_t *next, uint8_t *to);

/* Ident (cut at 121 octets, with room for a seal if it is not too long) and statistics, the two
 * records of an appendix. */
size_t nfdput_ident(const char *ident, uint8_t *to);
size_t nfdput_totals(const struct flow_totals *t, uint8_t *to);

#endif
