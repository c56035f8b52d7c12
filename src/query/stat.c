/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * stat.c - names of statistics and the syntax of -s.
 */
#include "query/stat.h"

#include "base/err.h"

#include <string.h>
#include <strings.h>

static const struct stat_element elements[] = {
#define STAT(name, header, kind, field1, field2, field3, field4)                                   \
    {name, header, STAT_KIND_##kind,                                                               \
     {FIELD_##field1, FIELD_##field2, FIELD_##field3, FIELD_##field4}},
#include "field/fields.def"
};

enum { NELEMENTS = sizeof elements / sizeof elements[0] };

_Static_assert(ORDER_COUNT_ <= 32, "orders are kept as bits of a uint32_t");

const struct stat_element *stat_at(size_t i)
{
    return i < NELEMENTS ? &elements[i] : NULL;
}

const struct stat_element *stat_find(const char *name, size_t len)
{
    for (size_t i = 0; i < NELEMENTS; i++) {
        if (strlen(elements[i].name) == len && strncasecmp(elements[i].name, name, len) == 0) {
            return &elements[i];
        }
    }
    return NULL;
}

void stat_list(struct buf *out)
{
    buf_str(out, "Available element statistics:");
    for (size_t i = 0; i <= NELEMENTS; i++) {
        buf_str(out, i % 7 == 0 ? "\n " : " ");
        buf_printf(out, "%-9s ", i == 0 ? "record" : elements[i - 1].name);
    }
    buf_str(out, "\n See also nfdump(1)\n");
}

/* What a list "ORDER[:a|:d]/ORDER..." amounts to. */
struct orders {
    uint32_t set;
    uint32_t ascending;
    char last; /* direction of the last one */
    bool cut;   /* a direction that does not exist ends the list: */
    char wrong; /* its letter, 0: it has none */
};

static int read_orders(const char *text, enum order_names names, struct orders *o, struct buf *err)
{
    memset(o, 0, sizeof *o);
    for (;;) {
        size_t n = strcspn(text, "/");
        size_t name = strcspn(text, ":/");
        struct order_word w = order_read(text, n, names);
        if (name < n && w.direction == '\0') {
            o->cut = true; /* orders before it hold */
            o->wrong = w.wrong;
            return 0;
        }
        o->last = w.direction;
        if (w.id == ORDER_NONE) {
            buf_printf(err, "Unknown order option /%.*s\n", (int)name, text);
            return ERR_USAGE;
        }
        o->set |= (uint32_t)1 << w.id;
        o->ascending |= (uint32_t)(w.direction == 'a') << w.id;
        if (text[n] == '\0') {
            return 0;
        }
        text += n + 1;
    }
}

static int read_record(struct stats_asked *s, const char *text, struct buf *out, struct buf *err)
{
    size_t n = strcspn(text, "/");
    size_t name = strcspn(text, ":/");
    struct orders o;
    if (name < n) {
        buf_printf(err, "statistic option: %.*s ignored\n", (int)(n - name - 1), text + name + 1);
    }
    if (name != strlen("record")) {
        buf_printf(err, "Unknown statistic: %.*s\n", (int)name, text);
        return ERR_USAGE;
    }
    if (read_orders(text[n] == '/' ? text + n + 1 : "flows", ORDER_OF_RECORDS, &o, err) != 0) {
        order_list(ORDER_OF_RECORDS, out);
        return ERR_USAGE;
    }
    s->record = true;
    s->record_orders |= o.set;
    s->record_ascends = o.last == 'a';
    return 0;
}

static int read_suffix(struct stat_spec *spec, const char *text, size_t name, size_t n,
                       struct buf *err)
{
    if (name == n) {
        return 0;
    }
    spec->by_proto = n - name == 2 && text[name + 1] == 'p';
    if (spec->by_proto) {
        return 0;
    }
    buf_printf(err, "Unknown statistic option :%.*s in %.*s\n", (int)(n - name - 1),
               text + name + 1, (int)name, text);
    buf_str(err, "Available option :p for ordered by protocol\n");
    return ERR_USAGE;
}

static int read_element(struct stats_asked *s, const char *text, struct buf *out, struct buf *err)
{
    size_t n = strcspn(text, "/");
    size_t name = strcspn(text, ":/");
    struct stat_spec spec = {.element = stat_find(text, name)};
    struct orders o;
    if (s->nelements == STATS_MAX) {
        buf_printf(err, "Too many stat options! Stats are limited to %d stats per single run\n",
                   STATS_MAX);
        return ERR_USAGE;
    }
    if (read_suffix(&spec, text, name, n, err) != 0) {
        return ERR_USAGE;
    }
    if (spec.element == NULL) {
        buf_printf(err, "Unknown statistic: %.*s\n", (int)name, text);
        stat_list(out);
        return ERR_USAGE;
    }
    if (read_orders(text[n] == '/' ? text + n + 1 : "flows", ORDER_OF_STATS, &o, err) != 0) {
        order_list(ORDER_OF_STATS, out);
        return ERR_USAGE;
    }
    if (o.wrong != '\0') {
        buf_printf(err, "Invalid direction %c. Use a for ascending or d for descending\n", o.wrong);
    } else if (o.cut) {
        buf_str(err, "Invalid direction \n");
    }
    /* the protocol of a tunnel is shown where that of the flow would be */
    spec.by_proto = spec.element->kind == STAT_KIND_PROTO ||
                    (spec.by_proto && spec.element->kind != STAT_KIND_TUNPROTO);
    spec.orders = o.set;
    spec.ascending = o.ascending;
    s->element[s->nelements++] = spec;
    return 0;
}

int stats_add(struct stats_asked *s, const char *text, struct buf *out, struct buf *err)
{
    bool record = strncasecmp(text, "record", strlen("record")) == 0;
    int rc = record ? read_record(s, text, out, err) : read_element(s, text, out, err);
    if (rc != 0) {
        buf_printf(err, "Failed to parse %s stat option: %s\n", record ? "record" : "element",
                   text);
    }
    return rc;
}
