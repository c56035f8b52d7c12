/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * aggrlist.c - the list of -A: elements, masks, formats.
 */
#include "query/aggregate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct aggr_element elements[] = {
#define AGGR(name, tag, kind, field1, field2)                                                      \
    {name, tag, AGGR_##kind, {FIELD_##field1, FIELD_##field2}},
#include "field/fields.def"
};

enum { NELEMENTS = sizeof elements / sizeof elements[0], MASKS_MAX = 15, ADDR_WIDTH = 16 };

const struct aggr_element *aggr_at(size_t i)
{
    return i < NELEMENTS ? &elements[i] : NULL;
}

static const struct aggr_element *find(const char *name, size_t len)
{
    for (size_t i = 0; i < NELEMENTS; i++) {
        if (strlen(elements[i].name) == len && strncasecmp(elements[i].name, name, len) == 0) {
            return &elements[i];
        }
    }
    return NULL;
}

static size_t key_width(const struct aggr_element *e)
{
    switch (e->kind) {
    case AGGR_VALUE:
    case AGGR_AS:
        return field_width(e->field[0]);
    case AGGR_GEO:
        return 2;
    default:
        return ADDR_WIDTH;
    }
}

/* The mask behind '/', whose family the last character of the name says. */
static int read_mask(const char *word, size_t name, size_t n, unsigned *mask, struct fault *fault)
{
    int bits = atoi(word + name + 1);
    char family = name > 0 ? word[name - 1] : '\0';
    int max = family == '4' ? 32 : 128;
    if (family != '4' && family != '6') {
        return fault_set(fault, ERR_USAGE,
                         "Need src4/dst4 or src6/dst6 for IPv4 or IPv6 to aggregate with explicit "
                         "netmask: '%.*s'", (int)n, word);
    }
    if (bits < 1 || bits > max) {
        return fault_set(fault, ERR_USAGE, "Subnet mask length '%d' out of range for IPv%c", bits,
                         family);
    }
    *mask = (unsigned)bits;
    return 0;
}

static bool is_used(const struct aggregation *a, const struct aggr_element *e)
{
    for (size_t i = 0; i < a->nparts; i++) {
        if (a->part[i].element == e) {
            return true;
        }
    }
    return false;
}

static int add_part(struct aggregation *a, const char *word, size_t n, struct fault *fault)
{
    size_t name = 0;
    struct aggr_part part = {.offset = a->key_length};
    int rc;
    while (name < n && word[name] != '/') {
        name++;
    }
    rc = name < n ? read_mask(word, name, n, &part.mask, fault) : 0;
    if (rc != 0) {
        return rc;
    }
    part.element = find(word, name);
    if (part.element == NULL) {
        return fault_set(fault, ERR_USAGE, "Unknown aggregation field '%.*s'", (int)name, word);
    }
    if (is_used(a, part.element)) {
        return fault_set(fault, ERR_USAGE, "Duplicate aggregation element: %.*s", (int)name, word);
    }
    if (part.mask != 0 && part.element->kind != AGGR_ADDR4 && part.element->kind != AGGR_ADDR6) {
        return fault_set(fault, ERR_USAGE, "Element %.*s does not take any netmask", (int)name,
                         word);
    }
    a->key_length += key_width(part.element);
    a->part[a->nparts++] = part;
    return 0;
}

int aggregation_read(const char *list, struct aggregation *a, struct fault *fault)
{
    struct aggregation got = {0};
    while (*list != '\0') {
        size_t n = strcspn(list, ",");
        int rc = n > 0 ? add_part(&got, list, n, fault) : 0;
        if (rc != 0) {
            return rc;
        }
        list += n + (list[n] == ',');
    }
    if (got.nparts == 0) {
        return fault_set(fault, ERR_USAGE, "No aggregation specified!");
    }
    *a = got;
    return 0;
}

void aggregation_five_tuple(struct aggregation *a, bool bidirectional)
{
    memset(a, 0, sizeof *a);
    a->bidirectional = bidirectional;
    a->key_length = 2 * ADDR_WIDTH + 8; /* addresses, ports, protocol, family, two spare */
}

static const char *geo_prefix(const struct aggr_element *e, bool geo)
{
    return geo && (strcmp(e->tag, "sa") == 0 || strcmp(e->tag, "da") == 0) ? "g" : "";
}

void aggregation_format(const struct aggregation *a, bool csv, bool geo, struct buf *out)
{
    buf_str(out, csv ? "csv:%ts,%td" : "fmt:%ts %td ");
    for (size_t i = 0; i < a->nparts; i++) {
        const struct aggr_element *e = a->part[i].element;
        buf_printf(out, "%s%%%s%s", csv ? "," : " ", csv ? "" : geo_prefix(e, geo), e->tag);
    }
    buf_str(out, csv ? ",%pkt,%byt,%bps,%bpp,%fl" : "  %pkt %byt %bps %bpp %fl");
}

bool aggregation_allows(const struct aggregation *a, const char *tag)
{
    bool known = false;
    for (size_t i = 0; i < NELEMENTS; i++) {
        if (strcmp(elements[i].tag, tag) == 0) {
            known = true;
            if (is_used(a, &elements[i])) {
                return true;
            }
        }
    }
    return !known;
}

static uint64_t part_groups(const struct aggr_element *e)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < 2; i++) {
        if (e->field[i] == FIELD_NONE) {
            continue;
        }
        if (e->field[i] == FIELD_SRC_ADDR || e->field[i] == FIELD_DST_ADDR) {
            bits |= e->kind == AGGR_GEO    ? 0
                    : e->kind == AGGR_ADDR4 ? group_bit(GROUP_IPV4)
                    : e->kind == AGGR_ADDR6 ? group_bit(GROUP_IPV6)
                                            : group_bit(GROUP_IPV4) | group_bit(GROUP_IPV6);
        } else {
            bits |= group_bit(field_of(e->field[i])->group);
        }
    }
    return bits;
}

uint64_t aggregation_groups(const struct aggregation *a)
{
    uint64_t bits = group_bit(GROUP_HEADER) | group_bit(GROUP_GENERIC) | group_bit(GROUP_COUNTER);
    for (size_t i = 0; i < a->nparts; i++) {
        bits |= part_groups(a->part[i].element);
    }
    return a->nparts > 0 ? bits : UINT64_MAX;
}

void aggregation_kept(const struct aggregation *a, struct field_set *fields)
{
    static const enum field_id always[] = {
        FIELD_GROUPS,  FIELD_RECORD_FLAGS, FIELD_NF_VERSION,  FIELD_FIRST_SEEN,
        FIELD_LAST_SEEN, FIELD_RECEIVED,   FIELD_PACKETS,     FIELD_BYTES,
        FIELD_FLOWS,   FIELD_OUT_PACKETS,  FIELD_OUT_BYTES,   FIELD_TCP_FLAGS};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        field_set_add(fields, always[i]);
    }
    for (size_t i = 0; i < a->nparts; i++) {
        const struct aggr_element *e = a->part[i].element;
        field_set_add(fields, e->field[0]);
        if (e->kind == AGGR_PAIR) {
            field_set_add(fields, e->field[1]);
        }
    }
    if (a->nparts == 0) {
        field_set_add_all(fields);
    }
}
