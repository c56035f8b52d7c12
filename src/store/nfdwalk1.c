/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdwalk1.c - the records of layout 1 (block type 2): packed by extension maps.
 * A map says which extensions follow in a record's data; it holds for all records behind it,
 * also in later blocks, until its id is defined anew. All maps of a file are collected with the
 * block that defines them; a walk starts with those of earlier blocks and meets its own on the
 * way. Records become struct rec and a builder's batch, which is copied into the caller's arena:
 * layout 1 is read, not fast.
 */
#include "store/nfdwalk.h"

#include "base/cur.h"
#include "flow/builder.h"
#include "store/nfdresync.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORD_COMMON_OLD = 1,
    RECORD_MAP = 2,
    RECORD_COMMON = 10,
    RECORD_HEAD = 4,
    FLOW_MIN = 28, /* octets of the older common record without its data */
    MAP_IDS = 65536,
    PAGE_IDS = 256,
    MAP_EXTENSIONS = 64,
};

/* Flags of a common record. */
enum { FLAG_IPV6 = 1, FLAG_PACKETS64 = 2, FLAG_BYTES64 = 4 };

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

/* ---- maps ---- */

struct nfd1_maps *nfd1maps_new(void)
{
    return calloc(1, sizeof(struct nfd1_maps));
}

void nfd1maps_free(struct nfd1_maps *maps)
{
    if (maps != NULL) {
        free(maps->maps);
        free(maps);
    }
}

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

/* A record of a block, or octets in which there is none. */
struct next {
    const uint8_t *at;
    unsigned type, size;
    struct cur body; /* what stands behind the record's head */
    size_t lost;     /* octets to the next record if this one's size is wrong; else 0 */
};

/* The next record; false if it does not fit and no other can be found behind it. */
static bool next_record(struct nfdresync *s, struct cur *c, struct next *n)
{
    n->at = c->at;
    n->lost = 0;
    n->type = cur_u16le(c);
    n->size = cur_u16le(c);
    if (cur_ok(c) && n->size >= RECORD_HEAD && n->size - RECORD_HEAD <= cur_left(c)) {
        n->body = cur_sub(c, n->size - RECORD_HEAD);
        return true;
    }
    if (!nfdresync(s, (size_t)(n->at - s->octets) + 1, c)) {
        return false;
    }
    n->lost = (size_t)(c->at - n->at);
    return true;
}

int nfd1maps_collect(struct nfd1_maps *maps, const uint8_t *octets, size_t len, uint32_t block,
                     uint64_t *found)
{
    struct nfdresync s = nfdresync_of(octets, len, 1);
    struct cur c = cur_of(octets, len);
    struct next n;
    int rc = 0;
    while (rc == 0 && cur_left(&c) > 0 && next_record(&s, &c, &n)) {
        if (n.lost == 0 && n.type == RECORD_MAP) {
            rc = add_map(maps, n.body, block);
            (*found)++;
        }
    }
    return rc;
}

/* The maps that hold at one place of the file, by id, in pages made when needed: number in maps
 * + 1; 0: none. */
struct maps_now {
    const struct nfd1_maps *all;
    struct arena *arena;
    uint32_t *page[MAP_IDS / PAGE_IDS];
    size_t next; /* the map that is met next */
};

static int meet_map(struct maps_now *now)
{
    const struct map *m = &now->all->maps[now->next++];
    uint32_t **page = &now->page[m->id / PAGE_IDS];
    if (*page == NULL) {
        *page = arena_zalloc(now->arena, PAGE_IDS * sizeof **page);
    }
    if (*page == NULL) {
        return ERR_NOMEM;
    }
    (*page)[m->id % PAGE_IDS] = (uint32_t)now->next;
    return 0;
}

/* Those that hold where a block begins; NULL when memory is out. */
static struct maps_now *maps_at(const struct nfd1_maps *all, uint32_t block, struct arena *arena)
{
    struct maps_now *now = arena_zalloc(arena, sizeof *now);
    int rc = now != NULL ? 0 : ERR_NOMEM;
    if (rc == 0) {
        now->all = all;
        now->arena = arena;
    }
    while (rc == 0 && now->next < all->n && all->maps[now->next].block < block) {
        rc = meet_map(now);
    }
    return rc == 0 ? now : NULL;
}

static const struct map *find_map(const struct maps_now *now, uint16_t id)
{
    const uint32_t *page = now->page[id / PAGE_IDS];
    return page != NULL && page[id % PAGE_IDS] != 0 ? &now->all->maps[page[id % PAGE_IDS] - 1]
                                                    : NULL;
}

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
static bool read_flow(struct cur c, unsigned type, const struct maps_now *maps, struct rec *r)
{
    struct common k;
    const struct map *map;
    bool has_misc = false;
    rec_clear(r);
    k = take_common(&c, r, type);
    map = find_map(maps, k.map);
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

/* ---- the walk ---- */

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

struct walker {
    struct nfd_walk *w;
    struct maps_now *maps;
    struct builder *builder;
    uint32_t rows;    /* that it takes at most */
    uint32_t *row_no; /* which record of the block, from 0 */
};

static int take_flow(struct walker *k, struct cur body, unsigned type)
{
    struct nfd_walk *w = k->w;
    struct rec r;
    if (w->nflows++ < w->first_row || builder_rows(k->builder) >= k->rows) {
        return 0;
    }
    if (!read_flow(body, type, k->maps, &r)) {
        nfdwalk_note(w, "Record %llu: a flow that does not fit its extension map",
                     (unsigned long long)nfdwalk_number(w));
        return 0;
    }
    k->row_no[builder_rows(k->builder)] = w->nrecords;
    return builder_add(k->builder, &r);
}

static int take_record(struct walker *k, const struct next *n)
{
    struct nfd_walk *w = k->w;
    int rc = 0;
    if (n->lost == 0 && n->type == RECORD_MAP) {
        w->nmaps++;
        return meet_map(k->maps);
    }
    if (n->lost > 0) {
        nfdwalk_lost(w, n->at, n->size, n->lost);
    } else if (n->type == RECORD_COMMON || n->type == RECORD_COMMON_OLD) {
        rc = take_flow(k, n->body, n->type);
    } else {
        w->other_records = true;
        if (!nfdmeta_record(w, n->type, n->at, n->size, &rc)) {
            nfdwalk_note(w, "Skip unknown record: %llu type %u",
                         (unsigned long long)nfdwalk_number(w), n->type);
        }
    }
    w->nrecords++;
    return rc;
}

static int walk(struct walker *k)
{
    struct nfd_walk *w = k->w;
    struct nfdresync s = nfdresync_of(w->octets, w->len, 1);
    struct cur c = cur_of(w->octets, w->len);
    struct next n;
    int rc = 0;
    while (rc == 0 && cur_left(&c) > 0) {
        if (!next_record(&s, &c, &n)) {
            nfdwalk_broken(w, n.at, n.size);
            break;
        }
        rc = take_record(k, &n);
    }
    return rc;
}

/* The builder's columns have all but the record numbers, which depend on the files before. */
static int load_number(void *source, struct batch *b, enum field_id id, struct column *c,
                       struct fault *fault)
{
    const uint32_t *row_no = source;
    uint64_t *v;
    if (id != FIELD_RECORD_NO) {
        return 0;
    }
    v = arena_alloc(&b->arena, (size_t)b->nrows * sizeof *v);
    if (v == NULL) {
        return fault_set(fault, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    for (uint32_t i = 0; i < b->nrows; i++) {
        v[i] = b->first_no + row_no[i];
    }
    *c = (struct column){.form = COLUMN_FLAT, .width = 8, .nvalues = b->nrows, .values = v};
    return 0;
}

static const struct batch_loader loader = {.load = load_number};

/* Flows that so many octets hold at most, and no more than a batch. */
static uint32_t rows_bound(size_t len)
{
    size_t most = len / FLOW_MIN + 1;
    return most < BATCH_ROWS_MAX ? (uint32_t)most : BATCH_ROWS_MAX;
}

int nfdwalk1(struct nfd_walk *w, const struct nfd1_maps *maps, uint32_t block, struct batch *b)
{
    uint32_t rows = rows_bound(w->len);
    struct walker k = {.w = w, .rows = rows, .maps = maps_at(maps, block, w->arena),
                       .builder = builder_new()};
    int rc;
    k.row_no = arena_alloc(w->arena, rows * sizeof *k.row_no);
    rc = k.maps != NULL && k.builder != NULL && k.row_no != NULL ? walk(&k) : ERR_NOMEM;
    if (rc == 0) {
        rc = copy_columns(builder_batch(k.builder), b);
        b->loader = &loader;
        b->source = k.row_no;
    }
    builder_free(k.builder);
    return rc;
}
