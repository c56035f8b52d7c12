/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfd1reader.c - open and read files of layout 1 (nfdump 1.6): records packed by extension maps.
 * A map says which extensions follow in a record's data; it holds for all records behind it,
 * also in later blocks, until its id is defined anew. Opening goes over all blocks once and
 * keeps every map with its place; reading a block starts with the maps that hold where it
 * begins. Records become struct rec and a builder's batch, which is copied into the caller's
 * arena: layout 1 is read, not fast.
 */
#include "base/cur.h"
#include "flow/builder.h"
#include "store/nfdfile.h"

#include <stdlib.h>
#include <string.h>

enum {
    RECORD_COMMON_OLD = 1,
    RECORD_MAP = 2,
    RECORD_COMMON = 10,
    RECORD_HEAD = 4,
    MAP_IDS = 65536,
    MAP_EXTENSIONS = 64,
};

/* Flags of a common record. */
enum { FLAG_IPV6 = 1, FLAG_PACKETS64 = 2, FLAG_BYTES64 = 4 };

/* Flags of the file header. */
enum { HEADER_LZO = 1, HEADER_BZ2 = 8, HEADER_LZ4 = 16 };

struct map {
    uint16_t id;
    uint16_t n;
    uint32_t block; /* in which it is defined */
    uint16_t extension[MAP_EXTENSIONS];
};

struct nfd1_maps {
    struct map *maps; /* in the order of the file */
    size_t n, room;
};

/* ---- values ---- */

static struct ip take_ip6(struct cur *c)
{
    uint64_t high = cur_u64le(c);
    return ip_from_halves(high, cur_u64le(c));
}

static uint64_t take(struct cur *c, bool wide)
{
    return wide ? cur_u64le(c) : cur_u32le(c);
}

static void take_interfaces(struct cur *c, struct rec *r, bool wide)
{
    r->in_if = wide ? cur_u32le(c) : cur_u16le(c);
    r->out_if = wide ? cur_u32le(c) : cur_u16le(c);
    if (r->in_if != 0 || r->out_if != 0) {
        rec_add_group(r, GROUP_MISC);
    }
}

static void take_as(struct cur *c, struct rec *r, bool wide)
{
    rec_add_group(r, GROUP_AS);
    r->src_as = wide ? cur_u32le(c) : cur_u16le(c);
    r->dst_as = wide ? cur_u32le(c) : cur_u16le(c);
}

static void take_misc(struct cur *c, struct rec *r)
{
    rec_add_group(r, GROUP_MISC);
    r->dst_tos = cur_u8(c);
    r->direction = cur_u8(c);
    r->src_mask = cur_u8(c);
    r->dst_mask = cur_u8(c);
}

static void take_labels(struct cur *c, struct rec *r)
{
    uint32_t *labels[] = {&r->mpls1, &r->mpls2, &r->mpls3, &r->mpls4, &r->mpls5,
                          &r->mpls6, &r->mpls7, &r->mpls8, &r->mpls9, &r->mpls10};
    rec_add_group(r, GROUP_MPLS);
    for (size_t i = 0; i < 10; i++) {
        *labels[i] = cur_u32le(c);
    }
}

static void take_counter(struct cur *c, struct rec *r, uint64_t *field, bool wide)
{
    *field = take(c, wide);
    if (*field != 0) {
        rec_add_group(r, GROUP_COUNTER);
    }
}

/* The event's ICMP word is the destination port. */
static void take_nsel(struct cur *c, struct rec *r)
{
    rec_add_group(r, GROUP_NSEL);
    r->nsel_time = cur_u64le(c);
    r->connection_id = cur_u32le(c);
    r->dst_port = cur_u16le(c);
    r->fw_event = cur_u8(c);
    cur_skip(c, 1);
    r->fw_xevent = cur_u16le(c);
    cur_skip(c, 2);
}

static void take_acls(struct cur *c, struct rec *r)
{
    rec_add_group(r, GROUP_ACL);
    r->in_acl1 = cur_u32le(c);
    r->in_acl2 = cur_u32le(c);
    r->in_acl3 = cur_u32le(c);
    r->out_acl1 = cur_u32le(c);
    r->out_acl2 = cur_u32le(c);
    r->out_acl3 = cur_u32le(c);
}

static void take_user(struct cur *c, struct rec *r, size_t room)
{
    const uint8_t *text = cur_take(c, room);
    rec_add_group(r, GROUP_USER);
    if (text != NULL) {
        r->user_name = (struct span){text, (uint32_t)strnlen((const char *)text, room)};
    }
}

static void take_latency(struct cur *c, struct rec *r)
{
    rec_add_group(r, GROUP_LATENCY);
    r->client_latency = cur_u64le(c);
    r->server_latency = cur_u64le(c);
    r->app_latency = cur_u64le(c);
}

static void take_nat_event(struct cur *c, struct rec *r)
{
    rec_add_group(r, GROUP_NAT);
    rec_add_group(r, GROUP_VRF);
    r->nat_event = cur_u8(c);
    cur_skip(c, 3);
    r->out_vrf = cur_u32le(c);
    r->in_vrf = cur_u32le(c);
}

/* An end of 0 with a size is the last port of the block: start + size - 1. */
static void take_port_block(struct cur *c, struct rec *r)
{
    rec_add_group(r, GROUP_PORT_BLOCK);
    r->block_start = cur_u16le(c);
    r->block_end = cur_u16le(c);
    r->block_step = cur_u16le(c);
    r->block_size = cur_u16le(c);
    if (r->block_end == 0 && r->block_size > 0) {
        r->block_end = (uint16_t)(r->block_start + r->block_size - 1);
    }
}

/* An address of a group of its own. */
static void take_hop(struct cur *c, struct rec *r, enum field_group group, struct ip *field)
{
    bool v6 = group == GROUP_NEXT6 || group == GROUP_BGP_NEXT6 || group == GROUP_ROUTER6;
    rec_add_group(r, group);
    *field = v6 ? take_ip6(c) : ip_from_v4(cur_u32le(c));
}

static void take_macs(struct cur *c, struct rec *r, uint64_t *first, uint64_t *second)
{
    rec_add_group(r, GROUP_MAC);
    *first = cur_u64le(c);
    *second = cur_u64le(c);
}

static void take_nat_ports(struct cur *c, struct rec *r)
{
    rec_add_group(r, GROUP_XLATE_PORT);
    r->xlate_src_port = cur_u16le(c);
    r->xlate_dst_port = cur_u16le(c);
}

static void take_nat_addresses(struct cur *c, struct rec *r, bool v6)
{
    rec_add_group(r, v6 ? GROUP_XLATE6 : GROUP_XLATE4);
    if (v6) {
        r->xlate_src6 = take_ip6(c);
        r->xlate_dst6 = take_ip6(c);
    } else {
        r->xlate_src4 = ip_from_v4(cur_u32le(c));
        r->xlate_dst4 = ip_from_v4(cur_u32le(c));
    }
}

/* ---- extensions: one case a number, giant on purpose ---- */

/* False: a number that has no meaning. */
static bool take_extension(struct cur *c, struct rec *r, unsigned number)
{
    switch (number) {
    case 4:
    case 5:
        take_interfaces(c, r, number == 5);
        return true;
    case 6:
    case 7:
        take_as(c, r, number == 7);
        return true;
    case 8:
        take_misc(c, r);
        return true;
    case 9:
        take_hop(c, r, GROUP_NEXT4, &r->next4);
        return true;
    case 10:
        take_hop(c, r, GROUP_NEXT6, &r->next6);
        return true;
    case 11:
        take_hop(c, r, GROUP_BGP_NEXT4, &r->bgp_next4);
        return true;
    case 12:
        take_hop(c, r, GROUP_BGP_NEXT6, &r->bgp_next6);
        return true;
    case 13:
        rec_add_group(r, GROUP_VLAN);
        r->src_vlan = cur_u16le(c);
        r->dst_vlan = cur_u16le(c);
        return true;
    case 14:
    case 15:
        take_counter(c, r, &r->out_packets, number == 15);
        return true;
    case 16:
    case 17:
        take_counter(c, r, &r->out_bytes, number == 17);
        return true;
    case 18:
    case 19:
        take_counter(c, r, &r->flows, number == 19);
        return true;
    case 20:
        take_macs(c, r, &r->in_src_mac, &r->out_dst_mac);
        return true;
    case 21:
        take_macs(c, r, &r->in_dst_mac, &r->out_src_mac);
        return true;
    case 22:
        take_labels(c, r);
        return true;
    case 23:
        take_hop(c, r, GROUP_ROUTER4, &r->router4);
        return true;
    case 24:
        take_hop(c, r, GROUP_ROUTER6, &r->router6);
        return true;
    case 25:
        cur_skip(c, 2);
        r->engine_type = cur_u8(c);
        r->engine_id = cur_u8(c);
        return true;
    case 26:
        rec_add_group(r, GROUP_AS_ADJACENT);
        r->next_as = cur_u32le(c);
        r->prev_as = cur_u32le(c);
        return true;
    case 27:
        r->received = cur_u64le(c);
        return true;
    case 37:
        take_nsel(c, r);
        return true;
    case 38:
        take_nat_ports(c, r);
        return true;
    case 39:
    case 40:
        take_nat_addresses(c, r, number == 40);
        return true;
    case 41:
        take_acls(c, r);
        return true;
    case 42:
    case 43:
        take_user(c, r, number == 43 ? 72 : 24);
        return true;
    case 45:
        take_latency(c, r);
        return true;
    case 46:
        take_nat_event(c, r);
        return true;
    case 47:
        cur_skip(c, 8);
        return true;
    case 48:
        take_port_block(c, r);
        return true;
    default:
        return number < 50; /* reserved, no octets */
    }
}

/* ---- records ---- */

static void take_generic(struct cur *c, struct rec *r)
{
    uint64_t msec_first = cur_u16le(c);
    uint64_t msec_last = cur_u16le(c);
    rec_add_group(r, GROUP_GENERIC);
    r->first = cur_u32le(c) * UINT64_C(1000) + msec_first;
    r->last = cur_u32le(c) * UINT64_C(1000) + msec_last;
    r->fwd_status = cur_u8(c);
    r->tcp_flags = cur_u8(c);
    r->proto = cur_u8(c);
    r->src_tos = cur_u8(c);
    r->src_port = cur_u16le(c);
    r->dst_port = cur_u16le(c);
}

static void take_addresses(struct cur *c, struct rec *r, bool v6)
{
    rec_add_group(r, v6 ? GROUP_IPV6 : GROUP_IPV4);
    if (v6) {
        r->src_addr = take_ip6(c);
        r->dst_addr = take_ip6(c);
    } else {
        r->src_addr = ip_from_v4(cur_u32le(c));
        r->dst_addr = ip_from_v4(cur_u32le(c));
    }
}

/* The map that a record of this block may use, the newest one first. */
static const struct map *find_map(const struct nfd1_maps *maps, uint16_t id, uint32_t block)
{
    for (size_t i = maps->n; i-- > 0;) {
        if (maps->maps[i].id == id && maps->maps[i].block <= block) {
            return &maps->maps[i];
        }
    }
    return NULL;
}

struct common { /* what stands in front of a common record's data */
    unsigned flags;
    uint16_t map;
    uint8_t biflow_dir, end_reason;
};

static struct common take_common(struct cur *c, struct rec *r, unsigned type)
{
    struct common k = {0};
    if (type == RECORD_COMMON) {
        k.flags = cur_u16le(c);
    } else {
        k.flags = cur_u8(c);
        r->exporter_id = cur_u8(c);
    }
    k.map = cur_u16le(c);
    take_generic(c, r);
    if (type == RECORD_COMMON) {
        r->exporter_id = cur_u16le(c);
        k.biflow_dir = cur_u8(c);
        k.end_reason = cur_u8(c);
    }
    return k;
}

/* False when the record cannot be read. */
static bool read_flow(struct cur c, unsigned type, const struct nfd1_maps *maps, uint32_t block,
                      struct rec *r)
{
    struct common k;
    const struct map *map;
    bool has_misc = false;
    rec_clear(r);
    k = take_common(&c, r, type);
    map = find_map(maps, k.map, block);
    if (map == NULL) {
        return false;
    }
    take_addresses(&c, r, (k.flags & FLAG_IPV6) != 0);
    r->packets = take(&c, (k.flags & FLAG_PACKETS64) != 0);
    r->bytes = take(&c, (k.flags & FLAG_BYTES64) != 0);
    for (unsigned i = 0; i < map->n; i++) {
        has_misc = has_misc || map->extension[i] == 8;
        if (!take_extension(&c, r, map->extension[i])) {
            return false;
        }
    }
    if (has_misc) {
        r->biflow_dir = k.biflow_dir;
        r->end_reason = k.end_reason;
    }
    return cur_ok(&c);
}

/* ---- opening ---- */

static int add_map(struct nfd1_maps *maps, struct cur c, uint32_t block)
{
    struct map m = {.block = block};
    uint16_t number;
    m.id = cur_u16le(&c);
    cur_skip(&c, 2);
    while (cur_left(&c) >= 2 && (number = cur_u16le(&c)) != 0 && m.n < MAP_EXTENSIONS) {
        m.extension[m.n++] = number;
    }
    if (maps->n == maps->room) {
        size_t room = maps->room == 0 ? 16 : maps->room * 2;
        struct map *grown = room <= MAP_IDS ? realloc(maps->maps, room * sizeof *grown) : NULL;
        if (grown == NULL) {
            return ERR_LIMIT;
        }
        maps->maps = grown;
        maps->room = room;
    }
    maps->maps[maps->n++] = m;
    return 0;
}

/* Maps of one block; *found is their number. */
static int collect_maps(struct nfd_file *f, uint32_t block, uint64_t *found)
{
    struct arena arena;
    const uint8_t *octets;
    size_t len;
    int rc = 0;
    arena_init(&arena);
    *found = 0;
    if (nfdfile_unpack(f, &f->blocks[block], &arena, &octets, &len, NULL) == 0) {
        struct cur c = cur_of(octets, len);
        while (rc == 0 && cur_left(&c) >= RECORD_HEAD) {
            unsigned type = cur_u16le(&c);
            unsigned size = cur_u16le(&c);
            struct cur body = cur_sub(&c, size >= RECORD_HEAD ? size - RECORD_HEAD : SIZE_MAX);
            if (type == RECORD_MAP && cur_ok(&body)) {
                rc = add_map(f->old, body, block);
                (*found)++;
            }
        }
    }
    arena_free(&arena);
    return rc;
}

static int collect_all_maps(struct nfd_file *f)
{
    uint64_t before = 0;
    int rc = 0;
    for (uint32_t unit = 0; unit < f->nunits && rc == 0; unit++) {
        uint64_t found = 0;
        f->units[unit].first_no -= before; /* maps are not counted */
        if (f->units[unit].first_row == 0) {
            rc = collect_maps(f, f->units[unit].block, &found);
        }
        before += found;
    }
    f->base.info.nrecords -= before;
    return rc;
}

static void read_statistics(struct cur *c, struct flow_totals *t)
{
    uint64_t v[15];
    for (size_t i = 0; i < 15; i++) {
        v[i] = cur_u64le(c);
    }
    t->flows = v[0];
    t->bytes = v[1];
    t->packets = v[2];
    memcpy(t->flows_of, v + 3, sizeof t->flows_of);
    memcpy(t->bytes_of, v + 7, sizeof t->bytes_of);
    memcpy(t->packets_of, v + 11, sizeof t->packets_of);
    t->first = cur_u32le(c) * UINT64_C(1000);
    t->last = cur_u32le(c) * UINT64_C(1000);
    t->first += cur_u16le(c);
    t->last += cur_u16le(c);
    t->sequence_failures = cur_u32le(c);
}

static int read_header(struct nfd_file *f, struct fault *fault)
{
    uint8_t octets[NFD_HEADER1];
    struct cur c = cur_of(octets, sizeof octets);
    struct flowfile_info *info = &f->base.info;
    const uint8_t *ident;
    uint32_t flags;
    int rc = format_pread(f->base.fd, octets, sizeof octets, 0, fault);
    if (rc != 0) {
        return rc;
    }
    cur_skip(&c, 4);
    flags = cur_u32le(&c);
    f->header.nblocks = cur_u32le(&c);
    ident = cur_take(&c, 128);
    read_statistics(&c, &info->totals);
    info->format = FORMAT_NFDUMP1;
    info->compression = flags & HEADER_LZO ? COMPRESSION_LZO
                        : flags & HEADER_BZ2 ? COMPRESSION_BZ2
                        : flags & HEADER_LZ4 ? COMPRESSION_LZ4 : COMPRESSION_NONE;
    info->ident = arena_strndup(&f->arena, (const char *)ident, strnlen((const char *)ident, 128));
    return 0;
}

static void close_layout1(struct flowfile *file)
{
    struct nfd_file *f = (struct nfd_file *)file;
    struct nfd1_maps *maps = f->old;
    if (maps != NULL) {
        free(maps->maps);
        free(maps);
    }
    nfdfile_close(file);
}

static int list_all(struct nfd_file *f, struct fault *fault)
{
    int rc = read_header(f, fault);
    if (rc == 0) {
        rc = nfdfile_list_blocks(f, NFD_HEADER1, 0);
    }
    if (rc == 0 && f->header.nblocks != 0 && f->header.nblocks != f->nblocks) {
        nfdfile_damage(f, 8, "the header announces %u blocks, %u were found", f->header.nblocks,
                       f->nblocks);
    }
    f->base.info.complete = f->header.nblocks != 0;
    if (rc == 0) {
        rc = nfdfile_make_units(f);
    }
    return rc == 0 ? collect_all_maps(f) : rc;
}

static int open_layout1(const struct format_source *src, struct flowfile **out,
                        struct fault *fault)
{
    struct nfd_file *f = calloc(1, sizeof *f);
    int rc = f != NULL ? 0 : ERR_NOMEM;
    if (rc == 0) {
        f->size = src->size;
        f->base.fd = src->fd;
        arena_init(&f->arena);
        f->old = calloc(1, sizeof(struct nfd1_maps));
        rc = f->old != NULL ? list_all(f, fault) : ERR_NOMEM;
    }
    if (rc != 0) {
        if (f != NULL) {
            f->base.fd = -1; /* stays the caller's */
            free(f->base.damage);
            close_layout1(&f->base);
        }
        return rc;
    }
    *out = &f->base;
    return 0;
}

/* ---- reading ---- */

/* The builder's columns, copied to live as long as the batch. */
static int copy_columns(struct batch *from, struct batch *to)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        struct column c = from->columns[id];
        if (!field_set_has(&from->present, (enum field_id)id) || id == FIELD_RECORD_NO) {
            continue;
        }
        if (c.form == COLUMN_FLAT) {
            c.values = arena_dup(&to->arena, c.values, (size_t)from->nrows * c.width);
        } else if (c.form == COLUMN_VAR) {
            c.bytes = arena_dup(&to->arena, c.bytes, c.offsets[from->nrows]);
            c.offsets = arena_dup(&to->arena, c.offsets, (from->nrows + 1) * sizeof *c.offsets);
        }
        if ((c.form == COLUMN_FLAT && c.values == NULL)
            || (c.form == COLUMN_VAR && (c.bytes == NULL || c.offsets == NULL))) {
            return ERR_NOMEM;
        }
        batch_set_column(to, (enum field_id)id, &c);
    }
    to->nrows = from->nrows;
    to->groups_any = from->groups_any;
    to->groups_all = from->groups_all;
    return 0;
}

/* A flow record: into the builder if it belongs to the unit, with its number. */
static int take_flow(struct nfd_walk *w, const struct nfd_file *f, const struct nfd_unit *u,
                     struct cur body, unsigned type, struct builder *builder, uint64_t *numbers)
{
    struct rec r;
    if (w->nflows++ < u->first_row || builder_full_at(builder_rows(builder))) {
        return 0;
    }
    if (!read_flow(body, type, f->old, u->block, &r)) {
        w->unread++;
        return 0;
    }
    numbers[builder_rows(builder)] = nfdwalk_number(w);
    return builder_add(builder, &r);
}

/* Flows of the unit into the builder, their numbers beside; exporters and samplers into w->meta. */
static int walk1(struct nfd_walk *w, const struct nfd_file *f, const struct nfd_unit *u,
                 struct builder *builder, uint64_t *numbers)
{
    struct cur c = cur_of(w->octets, w->len);
    int rc = 0;
    while (rc == 0 && cur_left(&c) >= RECORD_HEAD) {
        const uint8_t *record = c.at;
        unsigned type = cur_u16le(&c);
        unsigned size = cur_u16le(&c);
        struct cur body = cur_sub(&c, size >= RECORD_HEAD ? size - RECORD_HEAD : SIZE_MAX);
        if (!cur_ok(&body)) {
            w->unread++;
            break;
        }
        if (type == RECORD_COMMON || type == RECORD_COMMON_OLD) {
            rc = take_flow(w, f, u, body, type, builder, numbers);
        } else if (type != RECORD_MAP && w->meta != NULL) {
            w->other_records = true;
            nfdmeta_record(w, type, record, size, &rc);
        }
        w->nrecords += type != RECORD_MAP;
    }
    return rc;
}

static int read_unit(struct nfd_walk *w, struct nfd_file *f, struct nfd_unit *u, struct batch *b)
{
    struct builder *builder = builder_new();
    uint64_t *numbers = arena_alloc(&b->arena, (w->len / RECORD_HEAD + 1) * sizeof *numbers);
    int rc = builder != NULL && numbers != NULL ? walk1(w, f, u, builder, numbers) : ERR_NOMEM;
    if (rc == 0) {
        rc = copy_columns(builder_batch(builder), b);
    }
    if (rc == 0) {
        struct column c = {.form = COLUMN_FLAT, .width = 8, .nvalues = b->nrows,
                           .values = numbers};
        batch_set_column(b, FIELD_RECORD_NO, &c);
    }
    builder_free(builder);
    b->ident = f->base.info.ident;
    b->first_no = u->first_no + 1;
    b->source_bytes = u->first_row == 0 ? w->len : 0;
    b->other_records = w->other_records;
    b->unread = w->unread;
    b->meta = nfdfile_keep_meta(u, w->meta);
    return rc;
}

static int read_layout1(struct flowfile *file, uint32_t block, struct batch *b,
                        struct fault *fault)
{
    struct nfd_file *f = (struct nfd_file *)file;
    struct nfd_unit *u = &f->units[block];
    struct nfd_walk w = {.arena = &b->arena, .first_no = u->first_no + 1,
                         .first_row = u->first_row};
    struct flow_meta meta;
    int rc = nfdfile_unpack(f, &f->blocks[u->block], &b->arena, &w.octets, &w.len, fault);
    if (rc != 0) {
        return rc;
    }
    meta_init(&meta);
    buf_init(&w.notes);
    w.meta = u->first_row == 0 ? &meta : NULL;
    rc = read_unit(&w, f, u, b);
    meta_free(&meta);
    buf_free(&w.notes);
    return rc == 0 ? 0 : fault_set(fault, rc, "%s", err_text(rc));
}

static bool matches(const uint8_t *head, size_t len)
{
    return len >= 4 && head[0] == 0x0C && head[1] == 0xA5 && head[2] == 1 && head[3] == 0;
}

const struct flowfile_ops nfd1_reader = {
    .matches = matches,
    .open = open_layout1,
    .close = close_layout1,
    .zone = nfdfile_zone,
    .records_before = nfdfile_records_before,
    .read = read_layout1,
    .meta = nfdfile_meta,
};
