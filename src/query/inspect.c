/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * inspect.c - see inspect.h.
 *
 * Producers count differently (a flow for each record, for each record with counters, as many as
 * the record was aggregated from; octets and packets of one direction or both), so totals are right
 * if they agree with any of these ways. They can only be compared when all could be read.
 */
#include "query/inspect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sums over all flows read. */
struct sums {
    uint64_t records;              /* flow records */
    uint64_t generic;              /* those with counters and times */
    uint64_t aggregated;           /* flows that the records stand for, with or without times */
    uint64_t packets_in, bytes_in; /* of the forward direction only */
    struct flow_totals both;
    struct flow_meta meta;
};

static void __attribute__((format(printf, 3, 4)))
tell(struct inspection *i, const struct flowfile *f, const char *fmt, ...)
{
    char text[512], line[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    i->findings++;
    snprintf(line, sizeof line, "%s: %s", flowfile_path(f), text);
    if (i->tell != NULL) {
        i->tell(i->ctx, line);
    }
}

static void tell_damage(struct inspection *i, const struct flowfile *f)
{
    const struct fault *damage;
    for (size_t k = 0; (damage = flowfile_damage(f, k)) != NULL; k++) {
        tell(i, f, "%s", damage->text);
        i->lost = i->lost || damage->code != ERR_FORMAT;
    }
}

static void tell_notes(struct inspection *i, const struct flowfile *f, const char *notes)
{
    while (notes != NULL && notes[0] != '\0') {
        size_t n = strcspn(notes, "\n");
        tell(i, f, "%.*s", (int)n, notes);
        notes += n + (notes[n] == '\n');
    }
}

static void tell_block(struct inspection *i, const struct flowfile *f, uint32_t block,
                       const struct fault *fault)
{
    i->blocks_lost++;
    i->lost = true;
    if (flowfile_info(f)->format == FORMAT_WEIR1) {
        tell(i, f, "block %u at offset %llu: %s; about %u flows", block,
             (unsigned long long)fault->offset, fault->text, flowfile_zone(f, block)->nrows);
    } else {
        tell(i, f, "%s", fault->text);
    }
}

/* ------------------------------------------------------------------ sums */

static void add_rows(struct sums *s, struct batch *b)
{
    const struct column *groups = batch_column(b, FIELD_GROUPS);
    const struct column *packets = batch_column(b, FIELD_PACKETS);
    const struct column *bytes = batch_column(b, FIELD_BYTES);
    const struct column *flows = batch_column(b, FIELD_FLOWS);
    for (uint32_t row = 0; row < b->nrows; row++) {
        uint64_t n = column_u64(flows, row);
        s->aggregated += n != 0 ? n : 1;
        s->generic += (column_u64(groups, row) & group_bit(GROUP_GENERIC)) != 0;
        s->packets_in += column_u64(packets, row);
        s->bytes_in += column_u64(bytes, row);
    }
    s->records += b->nrows;
    totals_add_batch(&s->both, b, NULL);
}

static bool is_count(const struct sums *s, uint64_t told)
{
    return told == s->records || told == s->generic || told == s->aggregated ||
           told == s->both.flows;
}

static uint64_t sum_of(const uint64_t of[TOTAL_PROTOS_])
{
    uint64_t sum = 0;
    for (int p = 0; p < TOTAL_PROTOS_; p++) {
        sum += of[p];
    }
    return sum;
}

static void compare_total(struct inspection *i, const struct flowfile *f, const char *what,
                          uint64_t told, uint64_t read, bool equal)
{
    if (!equal) {
        tell(i, f, "its totals say %llu %s, its records %llu", (unsigned long long)told, what,
             (unsigned long long)read);
    }
}

/* A file without flows, or with flows without times, has the times of its slot. */
static void compare_times(struct inspection *i, const struct flowfile *f, const struct sums *s)
{
    const struct flow_totals *told = &flowfile_info(f)->totals;
    if (s->generic > 0 && s->both.first != 0) {
        compare_total(i, f, "as time of the first flow (msec)", told->first, s->both.first,
                      told->first == s->both.first);
        compare_total(i, f, "as time of the last flow (msec)", told->last, s->both.last,
                      told->last == s->both.last);
    }
}

static void compare_totals(struct inspection *i, const struct flowfile *f, const struct sums *s)
{
    const struct flow_totals *told = &flowfile_info(f)->totals;
    const struct flow_totals *both = &s->both;
    uint64_t flows = sum_of(told->flows_of);
    uint64_t packets = sum_of(told->packets_of);
    uint64_t bytes = sum_of(told->bytes_of);
    compare_total(i, f, "flows", told->flows, both->flows,
                  is_count(s, told->flows));
    compare_total(i, f, "packets", told->packets, both->packets,
                  told->packets == s->packets_in || told->packets == both->packets);
    compare_total(i, f, "octets", told->bytes, both->bytes,
                  told->bytes == s->bytes_in || told->bytes == both->bytes);
    compare_total(i, f, "flows by protocol", flows, both->flows,
                  is_count(s, flows));
    compare_total(i, f, "packets by protocol", packets, both->packets,
                  packets == s->packets_in || packets == both->packets);
    compare_total(i, f, "octets by protocol", bytes, both->bytes,
                  bytes == s->bytes_in || bytes == both->bytes);
    compare_times(i, f, s);
}

/* ------------------------------------------------------------------ exporters */

static void check_exporters(struct inspection *i, const struct flowfile *f, const struct sums *s)
{
    for (size_t k = 0; k < s->meta.nsamplers; k++) {
        if (meta_exporter(&s->meta, s->meta.samplers[k].sysid) == NULL) {
            tell(i, f, "a sampler belongs to exporter %u, which the file does not describe",
                 s->meta.samplers[k].sysid);
        }
    }
    for (size_t k = 0; k < s->meta.nexporters; k++) {
        if (s->meta.exporters[k].version == 0) {
            tell(i, f, "there are counters of exporter %u, which the file does not describe",
                 s->meta.exporters[k].sysid);
        }
    }
}

/* ------------------------------------------------------------------ the walk */

static int inspect_block(struct flowfile *f, uint32_t block, struct batch *b,
                         struct flowwriter *w, struct inspection *i, struct sums *s,
                         struct fault *fault)
{
    struct field_set all = {{0}};
    struct fault damage;
    int rc = flowfile_read(f, block, b, &damage);
    field_set_add_all(&all);
    if (rc == 0) {
        rc = batch_require(b, &all);
        damage = b->fault;
    }
    if (rc != 0) {
        tell_block(i, f, block, &damage);
        return 0;
    }
    i->flows += b->nrows;
    i->unread += b->unread;
    tell_notes(i, f, b->notes);
    add_rows(s, b);
    rc = b->meta != NULL ? meta_merge(&s->meta, b->meta) : 0;
    rc = rc == 0 && b->meta != NULL && w != NULL ? flowwriter_meta(w, b->meta, fault) : rc;
    return rc == 0 && w != NULL ? flowwriter_add(w, b, NULL, fault) : rc;
}

static int inspect_blocks(struct flowfile *f, struct flowwriter *w, struct inspection *i,
                          struct sums *s, struct fault *fault)
{
    struct batch b;
    int rc = 0;
    batch_init(&b);
    for (uint32_t block = 0; block < flowfile_info(f)->nblocks && rc == 0; block++) {
        rc = inspect_block(f, block, &b, w, i, s, fault);
    }
    batch_free(&b);
    return rc;
}

/* All that could be looked at one by one is right: the checksum of the whole file tells of the
 * rest. */
static void compare_checksum(struct inspection *i, const struct flowfile *f)
{
    struct fault fault;
    if (flowfile_check(f, &fault) != 0) {
        tell(i, f, "%s", fault.text);
    }
}

int inspect_file(struct flowfile *f, struct flowwriter *w, struct inspection *i,
                 struct fault *fault)
{
    const struct flow_meta *meta = flowfile_meta(f);
    struct sums *s = calloc(1, sizeof *s);
    int rc = s != NULL ? 0 : ERR_NOMEM;
    if (rc != 0) {
        return rc;
    }
    totals_clear(&s->both);
    meta_init(&s->meta);
    tell_damage(i, f);
    if (meta != NULL) {
        rc = meta_merge(&s->meta, meta);
        rc = rc == 0 && w != NULL ? flowwriter_meta(w, meta, fault) : rc;
    }
    rc = rc == 0 ? inspect_blocks(f, w, i, s, fault) : rc;
    i->lost = i->lost || i->unread > 0;
    if (rc == 0 && flowfile_info(f)->complete && !i->lost) {
        if (flowfile_damage(f, 0) == NULL) {
            compare_totals(i, f, s);
        }
        check_exporters(i, f, s);
        if (i->findings == 0) {
            compare_checksum(i, f);
        }
    }
    meta_free(&s->meta);
    free(s);
    return rc;
}
