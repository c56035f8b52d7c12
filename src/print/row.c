/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * row.c - facts of a row that several printers need.
 */
#include "print/row.h"

#include "lookup/geo.h"
#include "print/payloadtext.h"

#include <string.h>

void row_load_now(const struct row *row)
{
    struct printer_work *w = row->work;

    view_load(&w->view, w->shapes.strips.rows[row->at]);
    w->loaded = true;
}

struct place place_of(enum field_id id)
{
    struct place p = {id, 0, 0, 0};

    if (id == FIELD_NONE) {
        return p;
    }
    p.group = group_bit(field_of(id)->group);
    if (!field_is_computed(id)) {
        size_t width = field_width(id);
        p.offset = (uint16_t)rec_offset(id);
        p.width = width <= 8 ? (uint8_t)width : 0;
    }
    return p;
}

struct address place_address(const struct place *v4, const struct place *v6, const struct rec *r)
{
    if (v4->group == group_bit(GROUP_HEADER)) { /* a flow's own addresses: one field, two groups */
        return (struct address){place_ip(v4, r), rec_family(r)};
    }
    if (place_present(v4, r)) {
        return (struct address){place_ip(v4, r), 4};
    }
    if (v6->id != FIELD_NONE && place_present(v6, r)) {
        return (struct address){place_ip(v6, r), 6};
    }
    return (struct address){place_ip(v4, r), 0};
}

uint64_t row_duration(const struct rec *r)
{
    return r->first != 0 && r->last > r->first ? r->last - r->first : 0;
}

struct ip network_of(const struct address *a, unsigned mask)
{
    if (a->family != 6) {
        return mask == 0 ? *a->ip : ip_mask(a->ip, 96 + (mask < 32 ? mask : 32));
    }
    return ip_mask(a->ip, mask == 0 ? 64 : mask < 128 ? mask : 128);
}

uint64_t row_event_time(const struct rec *r)
{
    return rec_has(r, GROUP_NSEL) ? r->nsel_time : rec_has(r, GROUP_NAT) ? r->nat_time : 0;
}

uint32_t row_as(const struct row *row, uint64_t as, const struct address *a)
{
    if (as != 0 || row->options->geo == NULL || a->family == 0) {
        return (uint32_t)as;
    }
    return geo_as(row->options->geo, a->ip, a->family);
}

static const char *const no_name[NAME_KINDS_] = {
    [NAME_INTERFACE] = " <no if name>",
    [NAME_VRF] = " <no vrf name>",
};

void row_name(const struct row *row, enum name_kind kind, uint64_t id, struct buf *out)
{
    bool any = false;

    for (size_t i = 0; i < 2; i++) {
        const char *name;
        if (row->names[i] == NULL || !meta_has_names(row->names[i], kind)) {
            continue;
        }
        any = true;
        name = id != 0 ? meta_name(row->names[i], kind, (uint32_t)id) : NULL;
        if (name != NULL) {
            buf_char(out, ' ');
            buf_str(out, name);
            return;
        }
    }
    if (any) {
        buf_str(out, id == 0 ? no_name[kind] : " <ingress not found>");
    }
}

const struct app_name *row_app(const struct row *row, struct span id)
{
    for (size_t i = 0; i < 2; i++) {
        const struct app_name *a =
            row->names[i] != NULL ? meta_app(row->names[i], id.data, id.len) : NULL;
        if (a != NULL) {
            return a;
        }
    }
    return NULL;
}

static uint32_t big_endian(const uint8_t *p, uint32_t n)
{
    uint32_t v = 0;

    for (uint32_t i = 0; i < n; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

/* Engine 20 carries a private enterprise number of four octets before the selector. */
enum { APP_ENGINE_PRIVATE = 20 };

void text_app_id(struct span id, bool pad, struct buf *out)
{
    uint32_t head = 1;

    buf_u64_pad(out, id.len > 0 ? id.data[0] : 0, pad ? 2 : 0);
    buf_str(out, "..");
    if (id.len >= 5 && id.data[0] == APP_ENGINE_PRIVATE) {
        buf_u64(out, big_endian(id.data + 1, 4));
        buf_str(out, "..");
        head = 5;
    }
    buf_u64(out, id.len > head ? big_endian(id.data + head, id.len - head) : 0);
}

char *text_time(struct clock_zone *c, uint64_t msec, char *p)
{
    return msec == 0 ? value_literal(p, "0000-00-00 00:00:00.000") : p + clock_format(c, msec, p);
}

uint32_t text_length(struct span s)
{
    const uint8_t *nul = s.len > 0 ? memchr(s.data, '\0', s.len) : NULL;
    return nul != NULL ? (uint32_t)(nul - s.data) : s.len;
}

void text_span(struct span s, bool comma, struct buf *out)
{
    size_t from = out->len;

    buf_add(out, s.data, text_length(s));
    for (size_t i = from; comma && i < out->len; i++) {
        if (out->data[i] == ',') {
            out->data[i] = ';';
        }
    }
}
