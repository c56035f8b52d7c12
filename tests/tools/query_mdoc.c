/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * query_mdoc.c - the tables of weir's manual page, from the rows of options, statistics and so on.
 *
 * tests/lint/weirpage.sh compares them with what stands in the page, or puts them there.
 */
#include "query/aggregate.h"
#include "query/asked.h"
#include "query/order.h"
#include "query/stat.h"

#include <stdio.h>
#include <string.h>

/* Blanks that align a header are no part of its meaning. */
static void add_title(struct buf *out, const char *text)
{
    buf_str(out, text + strspn(text, " "));
    while (out->len > 0 && out->data[out->len - 1] == ' ') {
        out->len--;
    }
    buf_char(out, '\n');
}

static void options(struct buf *out)
{
    opt_mdoc(asked_rows, asked_nrows, out);
}

static void stats(struct buf *out)
{
    const struct stat_element *e;
    for (size_t i = 0; (e = stat_at(i)) != NULL; i++) {
        buf_printf(out, ".It Cm %s\n", e->name);
        add_title(out, e->header);
    }
}

static void aggregations(struct buf *out)
{
    const struct aggr_element *e;
    for (size_t i = 0; (e = aggr_at(i)) != NULL; i++) {
        buf_printf(out, ".It Cm %s\nshown as %%%s: %s\n", e->name, e->tag,
                   field_of(e->field[0])->doc);
    }
}

static void orders(struct buf *out)
{
    for (unsigned i = 0; i < ORDER_COUNT_; i++) {
        const char *record = order_name((enum order_id)i, ORDER_OF_RECORDS);
        const char *stat = order_name((enum order_id)i, ORDER_OF_STATS);
        buf_printf(out, ".It Cm %s Ta %s\n", record, stat != NULL ? stat : "\\-");
    }
}

static const struct {
    const char *name;
    void (*write)(struct buf *out);
} tables[] = {{"options", options}, {"stats", stats}, {"aggregations", aggregations},
              {"orders", orders}};

int main(int argc, char **argv)
{
    struct buf out;
    buf_init(&out);
    for (size_t i = 0; argc == 2 && i < sizeof tables / sizeof tables[0]; i++) {
        if (strcmp(argv[1], tables[i].name) == 0) {
            tables[i].write(&out);
        }
    }
    fputs(buf_text(&out), stdout);
    bool found = out.len > 0;
    buf_free(&out);
    return found ? 0 : 1;
}
