/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sessionrun.c - one scan, and its results to the printer or into a file.
 *
 * What is collected: a listing as flows come, a table (sorted or aggregated), statistics, a
 * written file. Tables and statistics are shown after the scan.
 */
#include "cmd/session.h"

#include "base/clock.h"
#include "cmd/coverage.h"
#include "print/stattable.h"
#include "print/summary.h"
#include "query/addressless.h"
#include "query/listing.h"
#include "query/sorting.h"
#include "query/statcount.h"
#include "query/turn.h"
#include "query/writing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* at most: groups, flows without address, statistics, totals */
enum { OPERATORS_MAX = STATS_MAX + 3 };

struct run {
    struct session *s;
    struct operator op[OPERATORS_MAX];
    size_t nops;
    struct listing_format listing;
    struct aggregate *aggregate;
    struct sorting *sorting;
    struct statcount *stat[STATS_MAX];
    struct statcount *totals; /* NULL: the scan counts them, or they are not wanted */
    struct writing writing;
    uint64_t addressless;   /* grouped flows without any address */
    bool write_failed;      /* the file of -w could not be created */
    struct clock_zone clock;
    struct buf out;
    uint64_t shown;         /* records printed so far, all tables; those of JSON only */
    bool cuts;              /* rows of the table may be left out */
    double scan_seconds;
};

static bool out_of_memory(struct session *s)
{
    say_line("out of memory");
    return session_end(s, EXIT_FAILED);
}

/* A table could not be made: memory is out, or there is no room for temporary files. */
static bool table_failed(struct session *s)
{
    if (s->budget.fault.text[0] == '\0') {
        return out_of_memory(s);
    }
    say_line(s->budget.fault.text);
    return session_end(s, EXIT_FAILED);
}

/* ------------------------------------------------------------------ listing */

static void *listing_work(void *ctx)
{
    struct run *r = ctx;
    return printer_work_new(r->s->printer);
}

static void listing_work_free(void *work)
{
    printer_work_free(work);
}

static int listing_rows(void *ctx, void *work, const struct passing *in, struct buf *out)
{
    struct run *r = ctx;
    if (in->more) {
        return printer_more_rows(r->s->printer, work, in->rows, in->n, in->number + 1, out);
    }
    printer_work_names(work, in->meta);
    return printer_rows(r->s->printer, work, in->batch, in->rows, in->n, in->number + 1, out);
}

static int listing_put(void *ctx, void *work, struct buf *out)
{
    (void)ctx;
    if (out->len > 0 && fwrite(out->data, 1, out->len, stdout) != out->len) {
        return ERR_IO;
    }
    say_err(printer_work_warnings(work));
    return 0;
}

static bool add_listing(struct run *r)
{
    r->listing = (struct listing_format){listing_work, listing_work_free, listing_rows,
                                         listing_put, r};
    r->op[r->nops++] = listing_operator(
        &r->listing, printer_fields(r->s->printer),
        field_set_has(printer_fields(r->s->printer), FIELD_RECORD_NO));
    return true;
}

/* ------------------------------------------------------------------ tables */

/* Fields that rows of tables must have. */
static struct field_set table_fields(const struct session *s)
{
    struct field_set set = *printer_fields(s->printer);
    if (s->asked.write != NULL) {
        field_set_add_all(&set);
    }
    if (s->post != NULL) {
        field_set_union(&set, filter_fields(s->post));
    }
    if (s->asked.guess_direction) {
        turn_fields(&set);
    }
    if (s->asked.packets.given) {
        field_set_add(&set, FIELD_PACKETS);
    }
    if (s->asked.bytes.given) {
        field_set_add(&set, FIELD_BYTES);
    }
    return set;
}

/* NULL: there is none. */
static struct flowfile *last_readable(const struct session *s)
{
    struct flowfile *f;
    for (size_t i = s->files.n; i > 0; i--) {
        if (flowfile_open(s->files.path[i - 1], &f, NULL) == 0) {
            return f;
        }
    }
    return NULL;
}

/* Unpacking bzip2 takes longer than anything that is done with its flows. */
static bool is_read_once(const struct session *s)
{
    struct flowfile *f = last_readable(s);
    bool once = f != NULL && flowfile_info(f)->compression == COMPRESSION_BZ2;
    flowfile_close(f);
    return once;
}

/* What of the groups will be shown. */
static struct wanted wanted_groups(const struct session *s)
{
    const struct asked *q = &s->asked;
    struct wanted w = {.top = q->write != NULL ? 0 : s->top, .cut = q->count != 0,
                       .once = is_read_once(s)};
    if (q->stats.record) {
        w.orders = q->stats.record_orders;
        w.ascending = q->stats.record_ascends;
    } else if (q->order != ORDER_NONE) {
        w.orders = 1u << q->order;
        w.ascending = q->order_ascends;
    }
    return w;
}

static bool add_aggregate(struct run *r)
{
    struct field_set set = table_fields(r->s);
    struct wanted wanted = wanted_groups(r->s);
    r->aggregate = aggregate_new(&r->s->aggregation, &set, &wanted, r->s->workers,
                                 &r->s->budget);
    if (r->aggregate == NULL) {
        return out_of_memory(r->s);
    }
    r->op[r->nops++] = aggregate_operator(r->aggregate);
    if (r->s->as_nfdump && r->s->aggregation.nparts == 0) {
        r->op[r->nops++] = addressless_operator(&r->addressless);
    }
    return true;
}

static bool add_sorting(struct run *r)
{
    struct field_set set = table_fields(r->s);
    r->sorting = sorting_new(&set, r->s->asked.order, r->s->asked.order_ascends,
                             r->s->asked.write != NULL ? 0 : r->s->top, r->s->workers,
                             &r->s->budget);
    if (r->sorting == NULL) {
        return out_of_memory(r->s);
    }
    r->op[r->nops++] = sorting_operator(r->sorting);
    return true;
}

static struct table_view table_view(const struct session *s)
{
    const struct asked *q = &s->asked;
    return (struct table_view){
        .top = q->write != NULL && !q->stats.record ? 0 : s->top,
        .guess_direction = q->guess_direction && !q->stats.record,
        .post = q->write != NULL ? NULL : s->post,
        .has_min_packets = q->packets.given, .packets_below = q->packets.below,
        .packets = q->packets.value,
        .has_min_bytes = q->bytes.given, .bytes_below = q->bytes.below, .bytes = q->bytes.value,
        .ident = s->account.ident, .meta = &s->account.meta};
}

/* JSON counts the records printed; everything else shows the place in the table. */
static bool by_place(const struct run *r)
{
    enum print_mode mode = printer_mode(r->s->printer);
    return mode != PRINT_JSON && mode != PRINT_NDJSON && mode != PRINT_CSV_FAST;
}

/* How many rows follow each other without a gap. */
static uint32_t run_length(const uint32_t *rows, uint32_t n)
{
    uint32_t i = 1;
    while (i < n && rows[i] == rows[i - 1] + 1) {
        i++;
    }
    return i;
}

/* Called by several workers at once if the numbers of records do not depend on what was cut. */
static int format_rows(void *ctx, void *work, struct batch *b, const uint32_t *rows, uint32_t n,
                       struct buf *out)
{
    struct run *r = ctx;
    int rc = 0;
    printer_work_names(work, &r->s->account.meta);
    if (!by_place(r)) {
        rc = printer_rows(r->s->printer, work, b, rows, n,
                          r->shown + (r->cuts ? 1 : b->first_no), out);
        r->shown += r->cuts ? n : 0;
        return rc;
    }
    for (uint32_t i = 0, same; i < n && rc == 0; i += same) {
        same = run_length(rows + i, n - i);
        rc = printer_rows(r->s->printer, work, b, rows + i, same, b->first_no + rows[i], out);
    }
    return rc;
}

static bool show_table(struct run *r, struct table *t, enum order_id order, bool ascending)
{
    const struct table_format format = {listing_work, listing_work_free, format_rows, listing_put,
                                        r};
    struct table_view view = table_view(r->s);
    uint64_t total = table_total(t);
    view.ascending = ascending;
    say_out(&r->out); /* what stands above the table */
    r->cuts = view.post != NULL || view.has_min_packets || view.has_min_bytes;
    if (table_rank(t, order, ascending, view.top) != 0 ||
        table_print(t, &view, &format, r->cuts && !by_place(r) ? 1 : r->s->workers) != 0) {
        return table_failed(r->s);
    }
    r->shown += r->cuts ? 0 : view.top != 0 && view.top < total ? view.top : total;
    return true;
}

static void record_title(struct run *r, enum order_id order)
{
    const char *name = order_name(order, ORDER_OF_RECORDS);
    if (r->s->quiet || printer_mode(r->s->printer) != PRINT_FMT) {
        return;
    }
    if (r->s->top != 0) {
        buf_printf(&r->out, "Top %llu flows ordered by %s:\n", (unsigned long long)r->s->top,
                   name);
    } else {
        buf_printf(&r->out, "Top flows ordered by %s:\n", name);
    }
}

/* Each order is a table of its own, with records counted from 1; ndjson is one stream. */
static bool show_record_stats(struct run *r)
{
    struct table *t = aggregate_table(r->aggregate);
    const struct stats_asked *st = &r->s->asked.stats;
    bool empty = table_total(t) == 0 && printer_mode(r->s->printer) != PRINT_JSON;
    for (unsigned i = 0; i < ORDER_COUNT_ && !empty; i++) {
        if (!(st->record_orders >> i & 1)) {
            continue;
        }
        record_title(r, (enum order_id)i);
        printer_head(r->s->printer, &r->out);
        if (printer_mode(r->s->printer) != PRINT_NDJSON) {
            r->shown = 0;
        }
        if (!show_table(r, t, (enum order_id)i, st->record_ascends)) {
            return false;
        }
        printer_foot(r->s->printer, &r->out);
        say_out(&r->out);
    }
    return true;
}

/* ------------------------------------------------------------------ statistics */

static const enum stat_type stat_types[] = {
    [STAT_KIND_NUMBER] = STAT_NUMBER,   [STAT_KIND_PROTO] = STAT_NUMBER,
    [STAT_KIND_TUNPROTO] = STAT_NUMBER, [STAT_KIND_AS] = STAT_NUMBER,
    [STAT_KIND_ORG] = STAT_ORG,         [STAT_KIND_GEO] = STAT_GEO,
    [STAT_KIND_HEX] = STAT_HEX,         [STAT_KIND_ACL] = STAT_HEX,
    [STAT_KIND_ADDR] = STAT_ADDR,       [STAT_KIND_MAC] = STAT_MAC,
    [STAT_KIND_MPLS] = STAT_MPLS,       [STAT_KIND_LATENCY] = STAT_LATENCY,
    [STAT_KIND_FLAGS] = STAT_FLAGS,     [STAT_KIND_EVENT] = STAT_EVENT,
    [STAT_KIND_NAT_EVENT] = STAT_NAT_EVENT, [STAT_KIND_NBAR] = STAT_NUMBER,
    [STAT_KIND_JA3] = STAT_HASH,        [STAT_KIND_JA4] = STAT_HASH,
};

static enum stat_way stat_way(const struct session *s)
{
    return s->asked.count == 0 && !is_read_once(s) ? STAT_LAZY : STAT_EAGER;
}

static bool add_stats(struct run *r)
{
    const struct stats_asked *st = &r->s->asked.stats;
    for (size_t i = 0; i < st->nelements; i++) {
        r->stat[i] = statcount_new(&st->element[i], r->s->geo, r->s->top, stat_way(r->s),
                                   &r->s->budget);
        if (r->stat[i] == NULL) {
            return out_of_memory(r->s);
        }
        r->op[r->nops++] = statcount_operator(r->stat[i]);
    }
    return true;
}

/* The counters of all flows, which percentages and the summary are made from. */
static bool add_totals(struct run *r)
{
    r->totals = statcount_new_totals(stat_way(r->s));
    if (r->totals == NULL) {
        return out_of_memory(r->s);
    }
    r->op[r->nops++] = statcount_operator(r->totals);
    return true;
}

static void take_totals(struct run *r)
{
    struct scan_account *a = &r->s->account;
    struct tally t;
    if (r->totals != NULL && statcount_totals(r->totals, &t)) {
        a->totals.flows = t.flows;
        a->totals.packets = t.packets + t.out_packets;
        a->totals.bytes = t.bytes + t.out_bytes;
        a->totals.first = t.first;
        a->totals.last = t.last;
    }
}

static struct stat_table stat_table_of(const struct session *s, const struct stat_spec *spec,
                                       enum order_id order)
{
    enum order_side side = order_side(order);
    return (struct stat_table){
        .name = spec->element->name,
        .header = spec->element->header,
        .type = stat_types[spec->element->kind],
        .proto = spec->by_proto                               ? STAT_PROTO_KEY
                 : spec->element->kind == STAT_KIND_TUNPROTO ? STAT_PROTO_VALUE
                                                              : STAT_PROTO_ANY,
        .order = order_name(order, ORDER_OF_STATS),
        .direction = side == ORDER_IN ? STAT_IN : side == ORDER_OUT ? STAT_OUT : STAT_BOTH,
        .top = s->top,
        .total_flows = s->account.totals.flows,
        .total_packets = s->account.totals.packets,
        .total_bytes = s->account.totals.bytes};
}

static struct stat_row stat_row_of(const struct stat_value *v, enum stat_kind kind,
                                   enum order_id order, char country[2])
{
    struct stat_row row = {.number = v->number, .addr = v->addr, .family = v->family,
                           .protocol = v->proto, .first = v->tally.first, .last = v->tally.last,
                           .flows = v->tally.flows,
                           .packets = tally_packets(&v->tally, order_side(order)),
                           .bytes = tally_bytes(&v->tally, order_side(order))};
    if (v->text != NULL) {
        row.text = (struct span){(const uint8_t *)v->text, (uint32_t)strlen(v->text)};
    } else if (kind == STAT_KIND_GEO) {
        country[0] = (char)v->number;
        country[1] = (char)(v->number >> 8);
        row.text = (struct span){(const uint8_t *)country, country[0] != '\0' ? 2 : 0};
    }
    return row;
}

static bool within(const struct asked_limit *limit, uint64_t value)
{
    return !limit->given || (limit->below ? value <= limit->value : value >= limit->value);
}

struct stat_show {
    struct run *r;
    const struct stat_style *style;
    const struct stat_table *table;
    enum stat_kind kind;
    enum order_id order;
};

static int show_stat_row(void *ctx, const struct stat_value *v)
{
    struct stat_show *show = ctx;
    struct run *r = show->r;
    char country[2];
    struct stat_row row = stat_row_of(v, show->kind, show->order, country);
    if (within(&r->s->asked.packets, row.packets) && within(&r->s->asked.bytes, row.bytes)) {
        stat_table_row(show->style, show->table, &row, &r->out);
    }
    if (r->out.len > 65536) {
        say_out(&r->out);
    }
    return 0;
}

static bool show_stat(struct run *r, struct statcount *c, enum order_id order)
{
    struct stat_table t = stat_table_of(r->s, statcount_spec(c), order);
    struct stat_style style = {.mode = printer_mode(r->s->printer),
                               .options = &r->s->print_options,
                               .title = !r->s->quiet,
                               .clock = &r->clock};
    struct stat_show show = {r, &style, &t, statcount_spec(c)->element->kind, order};
    stat_table_head(&style, &t, &r->out);
    if (statcount_show(c, order, show_stat_row, &show) != 0) {
        return table_failed(r->s);
    }
    stat_table_foot(&style, &t, &r->out);
    say_out(&r->out);
    return true;
}

static bool show_stats(struct run *r)
{
    for (size_t i = 0; i < r->s->asked.stats.nelements; i++) {
        for (unsigned o = 0; o < ORDER_COUNT_; o++) {
            if ((statcount_spec(r->stat[i])->orders >> o & 1) &&
                !show_stat(r, r->stat[i], (enum order_id)o)) {
                return false;
            }
        }
    }
    return true;
}

/* ------------------------------------------------------------------ writing */

static enum flow_compression written_compression(const struct session *s)
{
    const struct asked *q = &s->asked;
    if (s->write_format == FORMAT_NFDUMP2) {
        return q->compress ? q->compression : COMPRESSION_NONE;
    }
    return q->compress && q->compression == COMPRESSION_NONE ? COMPRESSION_NONE : COMPRESSION_ZSTD;
}

static bool create_writer(struct session *s, const char *ident, struct flowwriter **out)
{
    bool zstd = s->asked.compression == COMPRESSION_ZSTD;
    struct flowwriter_options options = {
        .format = s->write_format,
        .compression = written_compression(s),
        .level = s->write_format == FORMAT_NFDUMP2 || zstd ? s->asked.level : 0,
        .ident = ident, .creator = CREATOR_NFDUMP};
    struct fault fault;
    fault_clear(&fault);
    if (flowwriter_create(s->asked.write, &options, false, out, &fault) == 0) {
        return true;
    }
    if (fault.sys_errno != 0) {
        fprintf(stderr, "Failed to open file %s: '%s'\n", s->asked.write,
                strerror(fault.sys_errno));
    } else {
        say_line(fault.text);
    }
    return false;
}

/* The ident that the last readable file has. */
static const char *last_ident(struct session *s)
{
    struct flowfile *f = last_readable(s);
    const char *ident = f != NULL ? flowfile_info(f)->ident : NULL;
    ident = ident != NULL ? arena_strndup(&s->arena, ident, strlen(ident)) : NULL;
    flowfile_close(f);
    return ident;
}

static bool add_writing(struct run *r)
{
    if (!create_writer(r->s, last_ident(r->s), &r->writing.writer)) {
        r->write_failed = true;
        return true;
    }
    r->writing.names_first = !r->s->as_nfdump && r->s->write_format == FORMAT_NFDUMP2;
    r->op[r->nops++] = writing_operator(&r->writing);
    return true;
}

/* nfdump -w keeps exporters and samplers, but neither counters nor names; weir keeps all. */
static int write_meta(struct session *s, struct flowwriter *w, struct fault *fault)
{
    struct flow_meta m = s->account.meta;
    if (s->as_nfdump && s->write_format == FORMAT_NFDUMP2) {
        for (size_t i = 0; i < m.nexporters; i++) {
            m.exporters[i].has_stat = false;
        }
        m.nnames = 0;
        m.napps = 0;
        m.nlosses = 0;
    }
    return flowwriter_meta(w, &m, fault);
}

/* "nfdump's format cannot hold ipv6Info, nanoseconds; flows written without: 1000" */
static void tell_left_out(const struct session *s, const struct flowwriter *w)
{
    uint64_t flows, groups = flowwriter_left_out(w, &flows);
    const char *between = " ";
    struct buf line;
    if (groups == 0 || s->as_nfdump) {
        return;
    }
    buf_init(&line);
    buf_printf(&line, "%s: nfdump's format cannot hold", s->asked.write);
    for (; groups != 0; groups &= groups - 1, between = ", ") {
        buf_printf(&line, "%s%s", between, field_group_name((unsigned)__builtin_ctzll(groups)));
    }
    buf_printf(&line, "; flows written without: %llu", (unsigned long long)flows);
    say_line(buf_text(&line));
    buf_free(&line);
}

static bool finish_writing(struct session *s, struct flowwriter *w, int rc, struct fault *fault)
{
    if (rc == 0) {
        rc = write_meta(s, w, fault);
    }
    tell_left_out(s, w);
    if (rc != 0) {
        flowwriter_abort(w);
    } else {
        rc = flowwriter_finish(w, fault);
    }
    if (rc != 0) {
        say_line(fault->text);
        return session_end(s, EXIT_FAILED);
    }
    return true;
}

struct table_writing {
    struct flowwriter *writer;
    uint64_t groups;       /* that records keep */
    struct field_set kept; /* fields that records keep */
    struct fault fault;
};

/* The other family's address in a group that is kept must be zero in its own form. */
static void clear_column(struct batch *b, enum field_id id)
{
    const struct column *c = batch_column(b, id);
    uint8_t *values = (uint8_t *)(uintptr_t)c->values;
    const struct column *groups = batch_column(b, FIELD_GROUPS);
    if (c->form != COLUMN_FLAT) {
        struct column none = column_absent(id);
        batch_set_column(b, id, &none);
        return;
    }
    memset(values, 0, (size_t)b->nrows * c->width);
    for (uint32_t i = 0; i < b->nrows && field_of(id)->type == TYPE_IP; i++) {
        struct ip zero4 = ip_from_v4(0);
        if (column_u64(groups, i) & group_bit(GROUP_IPV4)) {
            memcpy(values + i * sizeof zero4, &zero4, sizeof zero4);
        }
    }
}

static void clear_columns(struct batch *b, const struct field_set *kept)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (!field_set_has(kept, (enum field_id)id)) {
            clear_column(b, (enum field_id)id);
        }
    }
}

static int write_part(void *ctx, struct batch *b, const uint32_t *rows, uint32_t n,
                      const uint64_t *bits)
{
    struct table_writing *w = ctx;
    uint64_t *groups = (uint64_t *)(uintptr_t)batch_column(b, FIELD_GROUPS)->values;
    (void)rows;
    (void)n;
    b->groups_any &= w->groups;
    for (uint32_t i = 0; i < b->nrows; i++) { /* FLAT and made for this batch */
        groups[i] &= w->groups;
    }
    clear_columns(b, &w->kept);
    return flowwriter_add(w->writer, b, bits, &w->fault);
}

/* A table without rows leaves no file, not even an older one. */
static bool write_table(struct run *r, struct table *t, enum order_id order, bool ascending)
{
    struct session *s = r->s;
    struct table_writing w = {.groups = aggregation_groups(&s->aggregation)};
    struct table_view view = table_view(s);
    struct stat st;
    int rc;
    view.ascending = ascending;
    aggregation_kept(&s->aggregation, &w.kept);
    if (table_total(t) == 0) {
        if (stat(s->asked.write, &st) == 0 && S_ISREG(st.st_mode)) {
            unlink(s->asked.write);
        }
        return true;
    }
    if (!create_writer(s, s->account.ident, &w.writer)) {
        return session_end(s, EXIT_FAILED);
    }
    rc = write_meta(s, w.writer, &w.fault); /* in nfdump's files exporters come first */
    rc = rc != 0 ? rc : table_rank(t, order, ascending, 0);
    if (rc == 0) {
        rc = table_show(t, &view, write_part, &w);
    }
    if (rc != 0 && w.fault.text[0] == '\0') {
        w.fault = s->budget.fault;
    }
    return finish_writing(s, w.writer, rc, &w.fault);
}

/* ------------------------------------------------------------------ summary */

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double seconds_since(const struct timespec *t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - t->tv_sec) + (double)(now.tv_nsec - t->tv_nsec) / 1e9;
}

static void clip_window(const struct session *s, struct summary *sum)
{
    if (!s->window.given || sum->window_last == 0) {
        return;
    }
    if (s->window.first > sum->window_first) {
        sum->window_first = s->window.first;
    }
    if (s->window.last < sum->window_last) {
        sum->window_last = s->window.last;
    }
}

static void print_summary(struct run *r)
{
    const struct scan_account *a = &r->s->account;
    struct rusage used;
    struct summary sum = {
        .flows = a->totals.flows, .packets = a->totals.packets, .bytes = a->totals.bytes,
        .first = a->totals.first, .last = a->totals.last,
        .window_first = a->file_first == UINT64_MAX ? 0 : a->file_first,
        .window_last = a->file_last, .processed = a->processed, .passed = a->passed,
        .blocks_skipped = a->blocks_skipped, .bytes_read = a->bytes_read};
    getrusage(RUSAGE_SELF, &used);
    clip_window(r->s, &sum);
    sum.seconds_system = seconds_of(used.ru_stime);
    sum.seconds_user = seconds_of(used.ru_utime);
    sum.seconds_wall = r->scan_seconds;
    sum.seconds_run = seconds_since(&r->s->started);
    sum.flows_per_second = r->scan_seconds > 0 ? (double)a->processed / r->scan_seconds : 0;
    summary_print(&sum, r->s->asked.plain, &r->clock, &r->out);
    say_out(&r->out);
}

/* ------------------------------------------------------------------ the run */

static bool wants_totals(const struct session *s)
{
    const struct stats_asked *st = &s->asked.stats;
    return st->nelements > 0 || (st->record && s->asked.write != NULL) ||
           (!s->quiet && printer_has_summary(s->printer));
}

static bool add_operators(struct run *r)
{
    const struct session *s = r->s;
    const struct asked *q = &s->asked;
    if (s->aggregates || q->stats.record || q->stats.nelements > 0) {
        return (!(s->aggregates || q->stats.record) || add_aggregate(r)) && add_stats(r) &&
               (!wants_totals(s) || q->write != NULL || add_totals(r));
    }
    if (q->order != ORDER_NONE) {
        return add_sorting(r);
    }
    return q->write != NULL ? add_writing(r) : add_listing(r);
}

static void warn_line(void *ctx, const char *line)
{
    (void)ctx;
    fflush(stdout);
    say_line(line);
}

static bool scan(struct run *r)
{
    struct session *s = r->s;
    struct timespec started;
    struct fault fault;
    struct scan_plan plan = {
        .path = s->files.path, .npaths = s->files.n, .filter = s->filter, .window = s->window,
        .limit = s->asked.count, .workers = s->workers,
        .totals = r->totals == NULL && wants_totals(s), .explain = s->asked.explain,
        .ops = r->op, .nops = r->nops,
        .terse = s->as_nfdump, .warn = warn_line, .ctx = r};
    int rc;
    fault_clear(&fault);
    clock_gettime(CLOCK_MONOTONIC, &started);
    coverage_progress(s, &plan);
    rc = scan_run(&plan, &s->account, &fault);
    coverage_progress_end(s);
    r->scan_seconds = seconds_since(&started);
    if (rc != 0) {
        say_line(fault.text[0] != '\0' ? fault.text
                 : s->budget.fault.text[0] != '\0' ? s->budget.fault.text
                 : r->writing.fault.text[0] != '\0' ? r->writing.fault.text : err_text(rc));
        return session_end(s, EXIT_FAILED);
    }
    take_totals(r);
    return true;
}

static bool show_results(struct run *r)
{
    struct session *s = r->s;
    const struct asked *q = &s->asked;
    struct table *t = r->aggregate != NULL ? aggregate_table(r->aggregate)
                      : r->sorting != NULL ? sorting_table(r->sorting)
                                           : NULL;
    bool ascends = q->order != ORDER_NONE && q->order_ascends;
    if (q->stats.record) {
        return show_record_stats(r) && show_stats(r);
    }
    if (q->stats.nelements > 0) {
        return show_stats(r);
    }
    if (t != NULL) {
        return q->write != NULL ? write_table(r, t, q->order, ascends)
                                : show_table(r, t, q->order, ascends);
    }
    if (r->writing.writer != NULL) {
        struct flowwriter *w = r->writing.writer;
        r->writing.writer = NULL;
        flowwriter_rename(w, s->account.ident); /* in nfdump's format: of the last with flows */
        return finish_writing(s, w, 0, &r->writing.fault);
    }
    return true;
}

/* With -w a run that only counts leaves a file without flows. nfdump's have totals all the same. */
static bool write_nothing(struct session *s)
{
    struct flowwriter *w;
    struct fault fault;
    fault_clear(&fault);
    if (!create_writer(s, s->account.ident, &w)) {
        return false;
    }
    if (s->write_format == FORMAT_NFDUMP2) {
        flowwriter_add_totals(w, &s->account.totals);
    }
    return finish_writing(s, w, 0, &fault);
}

/* Under nfdump's name each flow that -a cannot tell apart is told. */
static void tell_addressless(struct run *r)
{
    struct buf lines;
    buf_init(&lines);
    for (uint64_t i = 0; i < r->addressless && !lines.failed; i++) {
        buf_str(&lines, "ipv4Flow: 0, ipv6Flow: 0, maxKeyLen: 40\n");
    }
    say_err(&lines);
    buf_free(&lines);
}

/* Find out that the file cannot be written before the flows are read for nothing. */
static void try_writing(struct run *r)
{
    struct flowwriter *w;
    if (create_writer(r->s, NULL, &w)) {
        flowwriter_abort(w);
    } else {
        r->write_failed = true;
    }
}

/* nfdump tries again if there is a table to write, and else is content. */
static bool end_unwritten(struct run *r)
{
    struct session *s = r->s;
    bool table = (r->aggregate != NULL && !s->asked.stats.record) || r->sorting != NULL;
    if (table && s->as_nfdump) {
        try_writing(r);
    }
    return session_end(s, table || !s->as_nfdump ? EXIT_FAILED : EXIT_OK);
}

/* What stands in front of a listing and behind it; statistics have their own heads. */
static void frame(struct run *r, void (*part)(const struct printer *p, struct buf *out))
{
    const struct stats_asked *st = &r->s->asked.stats;
    if (!st->record && st->nelements == 0) {
        part(r->s->printer, &r->out);
        say_out(&r->out);
    }
}

/* A run that only counts leaves a file, too. */
static bool finish_results(struct run *r)
{
    const struct asked *q = &r->s->asked;
    bool stats = q->stats.record || q->stats.nelements > 0;
    return show_results(r) && (!stats || q->write == NULL || write_nothing(r->s));
}

static bool run_query(struct run *r)
{
    struct session *s = r->s;
    if (!add_operators(r)) {
        return false;
    }
    if (s->asked.write != NULL && r->writing.writer == NULL && !r->write_failed) {
        try_writing(r);
    }
    frame(r, printer_head);
    if (!r->write_failed && !scan(r)) {
        return false;
    }
    tell_addressless(r);
    if (s->account.passed == 0) {
        printer_nothing(s->printer, &r->out);
        say_out(&r->out);
    }
    if (!r->write_failed && !finish_results(r)) {
        return false;
    }
    frame(r, printer_foot);
    if (!s->quiet && printer_has_summary(s->printer)) {
        print_summary(r);
    }
    return r->write_failed ? end_unwritten(r) : coverage_report(s);
}

static void run_free(struct run *r)
{
    if (r->writing.writer != NULL) {
        flowwriter_abort(r->writing.writer);
    }
    aggregate_free(r->aggregate);
    sorting_free(r->sorting);
    for (size_t i = 0; i < STATS_MAX; i++) {
        statcount_free(r->stat[i]);
    }
    statcount_free(r->totals);
    buf_free(&r->out);
}

bool session_run(struct session *s)
{
    struct run r = {.s = s};
    bool ok;
    buf_init(&r.out);
    clock_zone_init(&r.clock, false);
    ok = run_query(&r);
    run_free(&r);
    return ok;
}
