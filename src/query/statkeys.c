/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statkeys.c - see statkeys.h. One reader for each kind of value.
 */
#include "query/statkeys.h"

#include "lookup/geo.h"
#include "payload/ja3.h"
#include "payload/ja4.h"

#include <string.h>

struct found {
    struct value_key *key;
    char *text;
};

static bool has_field(const struct stat_reading *r, uint32_t row)
{
    return batch_has(r->batch, field_of(r->id)->group, row);
}

static bool put_number(struct found f, uint64_t v)
{
    f.key->word[0] = v;
    return true;
}

static int family_of(struct batch *b, uint32_t row)
{
    uint64_t g = batch_groups(b, row);
    return (g & group_bit(GROUP_IPV4)) ? 4 : (g & group_bit(GROUP_IPV6)) ? 6 : 0;
}

static bool read_any_number(const struct stat_reading *r, uint32_t row, struct found f)
{
    return put_number(f, column_u64(r->column, row));
}

static bool read_present_number(const struct stat_reading *r, uint32_t row, struct found f)
{
    return has_field(r, row) && put_number(f, column_u64(r->column, row));
}

/* Access lists have shown as 0 since they became statistics; scripts that add columns rely on it.
 * */
static bool read_acl(const struct stat_reading *r, uint32_t row, struct found f)
{
    return has_field(r, row) && put_number(f, 0);
}

uint64_t stat_geo_as(const struct geo_db *geo, const struct ip *addr, int family)
{
    return geo_as(geo, addr, family);
}

static bool read_as(const struct stat_reading *r, uint32_t row, struct found f)
{
    uint64_t as = column_u64(r->column, row);
    if (as == 0 && r->geo != NULL) {
        as = stat_geo_as(r->geo, column_ip(r->address, row), family_of(r->batch, row));
    }
    return put_number(f, as);
}

uint64_t stat_geo_country(const struct geo_db *geo, const struct ip *addr, int family)
{
    char country[2] = {'\0', '\0'};
    if (geo != NULL && family != 0) {
        geo_country(geo, addr, family, country);
    }
    return (uint64_t)(uint8_t)country[0] | (uint64_t)(uint8_t)country[1] << 8;
}

static bool read_geo(const struct stat_reading *r, uint32_t row, struct found f)
{
    return put_number(f, stat_geo_country(r->geo, column_ip(r->column, row),
                                          family_of(r->batch, row)));
}

/* Fields of one family have a group of their own; the flow's own addresses follow its family. */
static bool read_addr(const struct stat_reading *r, uint32_t row, struct found f)
{
    bool own = r->id == FIELD_SRC_ADDR || r->id == FIELD_DST_ADDR;
    const struct ip *addr = column_ip(r->column, row);
    int family = own ? family_of(r->batch, row) : has_field(r, row) ? (ip_is_mapped(addr) ? 4 : 6)
                                                                    : 0;
    if (family == 0) {
        return false;
    }
    memcpy(f.key->word, addr, sizeof *addr);
    f.key->tag |= (uint16_t)(family << 8);
    return true;
}

static bool read_hello(const struct stat_reading *r, uint32_t row, struct tls_hello *hello)
{
    struct span payload;
    if (!has_field(r, row) || column_u64(r->proto, row) != 6) {
        return false;
    }
    payload = column_var(r->column, row);
    return tls_parse(payload.data, payload.len, hello) == 0;
}

static bool read_ja3(const struct stat_reading *r, uint32_t row, struct found f)
{
    struct tls_hello hello;
    return read_hello(r, row, &hello) && ja3_of(&hello, r->work, f.text) == 0;
}

static bool read_ja4(const struct stat_reading *r, uint32_t row, struct found f)
{
    struct tls_hello hello;
    return read_hello(r, row, &hello) && ja4_of(&hello, f.text);
}

static bool read_nbar(const struct stat_reading *r, uint32_t row, struct found f)
{
    struct span id = column_var(r->column, row);
    uint64_t v = 0;
    for (uint32_t i = 0; i < id.len && i < 8; i++) {
        v = v << 8 | id.data[i];
    }
    return has_field(r, row) && put_number(f, v);
}

static bool (*const readers[])(const struct stat_reading *r, uint32_t row, struct found f) = {
    [STAT_KIND_NUMBER] = read_any_number,
    [STAT_KIND_PROTO] = read_any_number,
    [STAT_KIND_TUNPROTO] = read_any_number,
    [STAT_KIND_AS] = read_as,
    [STAT_KIND_ORG] = read_as,
    [STAT_KIND_GEO] = read_geo,
    [STAT_KIND_HEX] = read_present_number,
    [STAT_KIND_ACL] = read_acl,
    [STAT_KIND_ADDR] = read_addr,
    [STAT_KIND_MAC] = read_present_number,
    [STAT_KIND_MPLS] = read_present_number,
    [STAT_KIND_LATENCY] = read_present_number,
    [STAT_KIND_FLAGS] = read_present_number,
    [STAT_KIND_EVENT] = read_present_number,
    [STAT_KIND_NAT_EVENT] = read_present_number,
    [STAT_KIND_NBAR] = read_nbar,
    [STAT_KIND_JA3] = read_ja3,
    [STAT_KIND_JA4] = read_ja4,
};

bool stat_key(const struct stat_reading *r, uint32_t row, struct value_key *key,
              char text[STAT_TEXT_ROOM])
{
    *key = (struct value_key){{0, 0}, 0};
    memset(text, 0, STAT_TEXT_ROOM);
    key->tag = r->spec->by_proto ? (uint16_t)column_u64(r->proto, row) : 0;
    return readers[r->spec->element->kind](r, row, (struct found){key, text});
}

bool stat_kind_is_text(enum stat_kind kind)
{
    return kind == STAT_KIND_JA3 || kind == STAT_KIND_JA4;
}

static bool looks_up_as(const struct stat_spec *spec)
{
    return spec->element->kind == STAT_KIND_AS || spec->element->kind == STAT_KIND_ORG;
}

static enum field_id address_beside(enum field_id as)
{
    return as == FIELD_SRC_AS ? FIELD_SRC_ADDR : FIELD_DST_ADDR;
}

unsigned stat_readings(const struct stat_spec *spec, const struct geo_db *geo, struct buf *work,
                       struct batch *b, struct stat_reading r[STAT_FIELDS_MAX])
{
    const struct stat_element *e = spec->element;
    const struct column *proto =
        spec->by_proto || stat_kind_is_text(e->kind) ? batch_column(b, FIELD_PROTO) : NULL;
    unsigned n = 0;
    for (; n < STAT_FIELDS_MAX && e->field[n] != FIELD_NONE; n++) {
        r[n] = (struct stat_reading){.spec = spec, .geo = geo, .work = work, .batch = b,
                                     .id = e->field[n], .column = batch_column(b, e->field[n]),
                                     .proto = proto};
        if (looks_up_as(spec) && geo != NULL) {
            r[n].address = batch_column(b, address_beside(e->field[n]));
        }
    }
    return n;
}

void stat_key_fields(const struct stat_spec *spec, bool has_geo, struct field_set *set)
{
    const struct stat_element *e = spec->element;
    field_set_add(set, FIELD_GROUPS);
    if (spec->by_proto || stat_kind_is_text(e->kind)) {
        field_set_add(set, FIELD_PROTO);
    }
    for (unsigned i = 0; i < STAT_FIELDS_MAX && e->field[i] != FIELD_NONE; i++) {
        field_set_add(set, e->field[i]);
        if (looks_up_as(spec) && has_geo) {
            field_set_add(set, address_beside(e->field[i]));
        }
    }
}
