/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * lines.c - formats of one line a record: fmt, csv and the fixed lists of columns.
 *
 * A flow inside a tunnel is two lines in fmt and csv: first one with the outer addresses and the
 * tunnel's protocol, then its own. The first one is made as a record of its own that has nothing
 * else but times and counters.
 */
#include "print/printer.h"

#include <string.h>

static void put_items(const struct printer *p, const struct row *row, struct buf *out)
{
    for (size_t i = 0; i < p->list.n; i++) {
        const struct item *it = &p->list.items[i];
        if (it->literal == NULL) {
            it->cell(&it->use, row, out);
        } else {
            buf_add(out, it->literal, it->len);
        }
    }
    buf_char(out, '\n');
}

/* ---- tunnels ---- */

/* What tunnel_rec() and check_times() read. */
static int lines_prepare(struct printer *p)
{
    static const enum field_id ids[] = {
        FIELD_TUN_SRC4,   FIELD_TUN_DST4,   FIELD_TUN_PROTO4, FIELD_TUN_SRC6, FIELD_TUN_DST6,
        FIELD_TUN_PROTO6, FIELD_FIRST_SEEN, FIELD_LAST_SEEN,  FIELD_RECORD_NO, FIELD_GROUPS};

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        field_set_add(&p->fields, ids[i]);
    }
    return 0;
}

static bool has_tunnel(const struct rec *r)
{
    uint64_t tunnels = group_bit(GROUP_TUNNEL4) | group_bit(GROUP_TUNNEL6);
    return (r->groups & tunnels) != 0 && rec_has(r, GROUP_GENERIC);
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

static void check_times(const struct row *row)
{
    const struct rec *r = row->r;
    bool plain = !row->options->count_lines;

    if (r->first != 0 && r->last != 0 && r->last < r->first) {
        buf_printf(&row->work->warnings, "Record: %llu Time error - last < first\n",
                   (unsigned long long)(plain ? r->record_no : row->line_no));
    }
}

static void put_line(const struct printer *p, const struct row *row, struct buf *out)
{
    if (p->check_times) {
        check_times(row);
    }
    put_items(p, row, out);
}

static void lines_row(const struct printer *p, const struct row *row, struct buf *out)
{
    if (p->tunnels && has_tunnel(row->r)) {
        struct rec outer;
        struct row outer_row = *row;
        tunnel_rec(row->r, p->mode == PRINT_CSV, &outer);
        outer_row.r = &outer;
        put_line(p, &outer_row, out);
    }
    put_line(p, row, out);
}

/* ---- heads ---- */

static void put_fmt_head(const struct item *it, bool long_ipv6, struct buf *out)
{
    if (it->literal != NULL) {
        buf_fill(out, ' ', it->len);
        return;
    }
    if (long_ipv6 && token_cell(it->use.token)->wide) {
        buf_fill(out, ' ', 23);
    }
    buf_str(out, it->use.token->header);
}

static void fmt_head(const struct printer *p, struct buf *out)
{
    if (p->options.quiet) {
        return;
    }
    for (size_t i = 0; i < p->list.n; i++) {
        put_fmt_head(&p->list.items[i], p->options.long_ipv6, out);
    }
    buf_char(out, '\n');
}

static void csv_head(const struct printer *p, struct buf *out)
{
    for (size_t i = 0; i < p->list.n; i++) {
        const struct item *it = &p->list.items[i];
        buf_str(out, it->literal != NULL ? it->literal : it->use.token->csv);
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

const struct print_kind print_kind_fmt = {fmt_head, no_text, lines_row, lines_prepare, true, true};
const struct print_kind print_kind_csv = {csv_head, no_text, lines_row, lines_prepare, false, true};
const struct print_kind print_kind_csv_fast = {csv_head, no_text, lines_row, NULL, false, true};
const struct print_kind print_kind_csv16 = {csv16_head, no_text, lines_row, NULL, false, true};
const struct print_kind print_kind_pipe = {no_text, no_text, lines_row, NULL, false, true};
const struct print_kind print_kind_null = {no_text, no_text, no_row, NULL, true, true};
