/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * lines.c - formats of one line a record: fmt, csv and the fixed lists of columns.
 *
 * A flow inside a tunnel is two lines in fmt and csv: first one with the outer addresses and the
 * tunnel's protocol, then its own. The first one is made as a record of its own that has nothing
 * else but times and counters.
 */
#include "print/printer.h"
#include "print/token.h"

#include <assert.h>
#include <string.h>

/* ---- from items to parts ---- */

static int add_value(struct printer *p, const struct item *before, const struct token *token)
{
    struct part *t = part_add(&p->list, &p->arena);

    if (t == NULL) {
        return ERR_NOMEM;
    }
    token_part(token, p->mode != PRINT_FMT, p->mode == PRINT_FMT && p->options.long_ipv6, t);
    if (before != NULL) {
        t->prefix = before->literal;
        t->prefix_len = before->len;
    }
    return 0;
}

static int end_line(struct printer *p, const struct item *before)
{
    uint32_t len = before != NULL ? before->len : 0;
    char *text = arena_alloc(&p->arena, len + 2);

    if (text == NULL) {
        return ERR_NOMEM;
    }
    if (len > 0) {
        memcpy(text, before->literal, len);
    }
    memcpy(text + len, "\n", 2);
    return parts_end(p, text);
}

/* A literal is the prefix of the value behind it, or the end of the line. */
static int columns_prepare(struct printer *p)
{
    const struct item *before = NULL;
    int rc = 0;

    for (size_t i = 0; i < p->items.n && rc == 0; i++) {
        const struct item *it = &p->items.items[i];
        if (it->literal != NULL) {
            assert(before == NULL);
            before = it;
        } else {
            rc = add_value(p, before, it->token);
            before = NULL;
        }
    }
    parts_without_geo(p, fmt_as, fmt_number, 1);
    parts_without_geo(p, csv_as, csv_number, 1);
    return rc != 0 ? rc : end_line(p, before);
}

/* What tunnel_rec() and check_times() read, too. */
static int lines_prepare(struct printer *p)
{
    static const enum field_id ids[] = {
        FIELD_TUN_SRC4,   FIELD_TUN_DST4,   FIELD_TUN_PROTO4, FIELD_TUN_SRC6, FIELD_TUN_DST6,
        FIELD_TUN_PROTO6, FIELD_FIRST_SEEN, FIELD_LAST_SEEN,  FIELD_RECORD_NO, FIELD_GROUPS};

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        field_set_add(&p->fields, ids[i]);
    }
    return columns_prepare(p);
}

/* ---- tunnels ---- */

static bool has_tunnel(uint64_t groups)
{
    uint64_t tunnels = group_bit(GROUP_TUNNEL4) | group_bit(GROUP_TUNNEL6);
    return (groups & tunnels) != 0 && (groups & group_bit(GROUP_GENERIC)) != 0;
}

/* The group of fields with times, counters and ports. */
static void copy_generic(struct rec *to, const struct rec *from)
{
#define FIELD(id, member, class, type, group, merge, doc)                                          \
    if (GROUP_##group == GROUP_GENERIC) {                                                          \
        memcpy(&to->member, &from->member, sizeof to->member);                                     \
    }
#include "field/fields.def"
}

static void tunnel_rec(const struct rec *inner, bool ports, struct rec *outer)
{
    bool v4 = rec_has(inner, GROUP_TUNNEL4);

    rec_clear(outer);
    copy_generic(outer, inner);
    outer->record_no = inner->record_no;
    outer->groups |= group_bit(GROUP_GENERIC) | group_bit(v4 ? GROUP_IPV4 : GROUP_IPV6);
    outer->src_addr = v4 ? inner->tun_src4 : inner->tun_src6;
    outer->dst_addr = v4 ? inner->tun_dst4 : inner->tun_dst6;
    outer->proto = v4 ? inner->tun_proto4 : inner->tun_proto6;
    if (!ports) {
        outer->src_port = 0;
        outer->dst_port = 0;
    }
}

static void put_tunnel(const struct printer *p, const struct row *row, struct buf *out)
{
    struct rec outer;
    struct row outer_row = *row;

    row_load(row);
    tunnel_rec(row->r, p->mode == PRINT_CSV, &outer);
    outer_row.r = &outer;
    parts_write(&p->list, &outer_row, out);
}

static void complain_of_times(const struct row *row)
{
    row_load(row);
    buf_printf(&row->work->warnings, "Record: %llu Time error - last < first\n",
               (unsigned long long)(row->options->count_lines ? row->line_no : row->r->record_no));
}

static bool times_are_wrong(const struct shapes *s, unsigned at)
{
    uint64_t first = strip_number(s->first, at);
    uint64_t last = strip_number(s->last, at);

    return first > last && last != 0;
}

/* Both lines of a flow in a tunnel have its times. */
static void flow_row(const struct printer *p, const struct row *row, struct buf *out)
{
    struct shapes *s = &row->work->shapes;
    bool tunnel = has_tunnel(strip_number(s->groups, row->at));

    if (times_are_wrong(s, row->at)) {
        complain_of_times(row);
        if (tunnel) {
            complain_of_times(row);
        }
    }
    if (tunnel) {
        put_tunnel(p, row, out);
    }
    shapes_write(s, row, out);
}

static void columns_row(const struct printer *p, const struct row *row, struct buf *out)
{
    (void)p;
    shapes_write(&row->work->shapes, row, out);
}

/* ---- heads ---- */

static void put_fmt_head(const struct item *it, bool long_ipv6, struct buf *out)
{
    if (it->literal != NULL) {
        buf_fill(out, ' ', it->len);
        return;
    }
    if (long_ipv6 && token_cell(it->token)->wide) {
        buf_fill(out, ' ', 23);
    }
    buf_str(out, it->token->header);
}

static void fmt_head(const struct printer *p, struct buf *out)
{
    if (p->options.quiet) {
        return;
    }
    for (size_t i = 0; i < p->items.n; i++) {
        put_fmt_head(&p->items.items[i], p->options.long_ipv6, out);
    }
    buf_char(out, '\n');
}

static void csv_head(const struct printer *p, struct buf *out)
{
    for (size_t i = 0; i < p->items.n; i++) {
        const struct item *it = &p->items.items[i];
        buf_str(out, it->literal != NULL ? it->literal : it->token->csv);
    }
    buf_char(out, '\n');
}

/* nfdump 1.6 printed no header with -q. */
static void csv16_head(const struct printer *p, struct buf *out)
{
    if (!p->options.quiet) {
        csv_head(p, out);
    }
}

static void no_text(const struct printer *p, struct buf *out)
{
    (void)p;
    (void)out;
}

static void no_row(const struct printer *p, const struct row *row, struct buf *out)
{
    (void)p;
    (void)row;
    (void)out;
}

const struct print_kind print_kind_fmt = {fmt_head, no_text, flow_row, lines_prepare, true, true};
const struct print_kind print_kind_csv = {csv_head, no_text, flow_row, lines_prepare, false, true};
const struct print_kind print_kind_csv_fast = {csv_head, no_text, columns_row, columns_prepare,
                                               false, true};
const struct print_kind print_kind_csv16 = {csv16_head, no_text, columns_row, columns_prepare,
                                            false, true};
const struct print_kind print_kind_pipe = {no_text, no_text, columns_row, columns_prepare,
                                           false, true};
const struct print_kind print_kind_null = {no_text, no_text, no_row, NULL, true, true};
