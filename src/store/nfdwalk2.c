/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdwalk2.c - the records of layout 2: V3 flow records and what stands between them.
 * A flow record is first compared with the shape of the record before it, then with the shape
 * that followed that one last time; only if both fail its elements are taken apart and looked
 * up. Comparing means: size, number of elements, and each element's head at the offset where the
 * shape has it.
 * Where a record's size is wrong, the walk goes on with the next record that can be found
 * (nfdresync.c).
 * Invariant: a record that became a row lies within the block and each element within its
 * record.
 */
#include "store/nfdwalk.h"

#include "base/cur.h"
#include "store/nfdresync.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    RECORD_V3 = 11,
    RECORD_SLACK = 256,
    RECORD_IDENT = 0x8001,
    RECORD_STAT = 0x8002,
    RECORD_HEAD = 4,
    HEADS_MAX = (65535 - NFD_RECORD_HEAD) / NFD_ELEMENT_HEAD,
};

#define BIT(n) ((uint64_t)1 << (n))
#define BOTH_FAMILIES (BIT(GROUP_IPV4) | BIT(GROUP_IPV6))

struct walker {
    struct nfd_walk *w;
    const struct nfd_layout *layout;
    uint32_t last;      /* shape of the row before; UINT32_MAX: none */
    uint32_t *heads;    /* room for one record's element heads */
    size_t elements_end; /* of the record just read, if something stands behind; else 0 */
    struct nfdresync resync;
};

static void add_note(struct nfd_walk *w, const char *fmt, va_list args)
{
    char line[256];
    if (w->nnotes < NFD_NOTE_LINES) {
        vsnprintf(line, sizeof line, fmt, args);
        buf_printf(&w->notes, "%s (block at octet %llu)\n", line, (unsigned long long)w->offset);
    } else if (w->nnotes == NFD_NOTE_LINES) {
        buf_str(&w->notes, "more of this kind in this block is not listed\n");
    }
    w->nnotes++;
}

void nfdwalk_note(struct nfd_walk *w, const char *fmt, ...)
{
    va_list args;
    w->unread++;
    va_start(args, fmt);
    add_note(w, fmt, args);
    va_end(args);
}

void nfdwalk_remark(struct nfd_walk *w, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_note(w, fmt, args);
    va_end(args);
}

void nfdwalk_lost(struct nfd_walk *w, const uint8_t *record, size_t size, size_t lost)
{
    nfdwalk_note(w, "Record %llu at octet %zu: size %zu does not fit; %zu octets are lost",
                 (unsigned long long)nfdwalk_number(w), (size_t)(record - w->octets), size, lost);
}

void nfdwalk_broken(struct nfd_walk *w, const uint8_t *record, size_t size)
{
    w->broken = true;
    if (w->cut) {
        return; /* that is known, and why */
    }
    nfdwalk_note(w,
                 "Record %llu at octet %zu: size %zu does not fit; the rest of the block is lost",
                 (unsigned long long)nfdwalk_number(w), (size_t)(record - w->octets), size);
}

static uint32_t load32(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

static uint16_t load16(const uint8_t *at)
{
    uint16_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

/* ------------------------------------------------------------------ shapes of V3 records */

/* The element heads are where the shape has them; record has s->size octets. */
static bool has_shape(const struct nfd_shape *s, const uint8_t *record)
{
    uint32_t at = NFD_RECORD_HEAD;
    if (load16(record + 2) != s->size || load16(record + 4) != s->nheads) {
        return false;
    }
    for (uint32_t i = 0; i < s->nheads; i++) {
        if (load32(record + at) != s->heads[i]) {
            return false;
        }
        at += s->heads[i] >> 16;
    }
    return true;
}

static struct nfd_place locate(const struct nfd_rows *r, const struct nfd_shape *s,
                               enum field_id id)
{
    static const struct nfd_place header[] = {
        [FIELD_ENGINE_TYPE] = {6, 0, NFD_U8},  [FIELD_ENGINE_ID] = {7, 0, NFD_U8},
        [FIELD_EXPORTER_ID] = {8, 0, NFD_U16}, [FIELD_RECORD_FLAGS] = {10, 0, NFD_U8},
        [FIELD_NF_VERSION] = {11, 0, NFD_U8},
    };
    const struct nfd_layout *layout = r->layout;
    if (id < sizeof header / sizeof header[0]) {
        return header[id];
    }
    if (id == FIELD_RECORD_SIZE || id == FIELD_RECORD_ELEMENTS) {
        return (struct nfd_place){id == FIELD_RECORD_SIZE ? 2 : 4, 0, NFD_U16};
    }
    for (int k = 0; k < 2; k++) {
        const struct nfd_source *source = &layout->source[id][k];
        struct nfd_part part;
        if (source->element != 0 && nfdrows_part(s, source->element, &part) &&
            source->offset + nfd_codec_width(source->codec) <= part.len) {
            return (struct nfd_place){(uint16_t)(part.at + source->offset),
                                      (uint16_t)(part.len - source->offset), source->codec};
        }
    }
    return (struct nfd_place){0, 0, NFD_NONE};
}

/* The heads of a record, copied; false and a note if they do not fit into it. */
static bool read_heads(struct walker *k, const uint8_t *record, size_t size, uint32_t *nheads)
{
    unsigned n = load16(record + 4);
    size_t at = NFD_RECORD_HEAD;
    for (unsigned i = 0; i < n; i++) {
        uint32_t head = size - at >= NFD_ELEMENT_HEAD ? load32(record + at) : 0;
        if (head >> 16 < NFD_ELEMENT_HEAD || head >> 16 > size - at) {
            nfdwalk_note(k->w,
                         "Mapping record: %llu - Corrupt extension %u Type: %u with Length: %u",
                         (unsigned long long)nfdwalk_number(k->w), i, head & 0xffff, head >> 16);
            return false;
        }
        k->heads[i] = head;
        at += head >> 16;
    }
    *nheads = n;
    return true;
}

/* Take one element into the shape; the last one of a kind counts. */
static void add_part(const struct walker *k, struct nfd_shape *s, struct nfd_part *by_element,
                     uint32_t head, uint16_t at)
{
    unsigned element = head & 0xffff;
    if (element == 0 || element >= NFD_ELEMENTS) {
        return;
    }
    by_element[element] = (struct nfd_part){(uint16_t)(at + NFD_ELEMENT_HEAD),
                                            (uint16_t)((head >> 16) - NFD_ELEMENT_HEAD)};
    s->all |= BIT(element);
    s->groups |= k->layout->groups[element];
}

static uint32_t new_shape(struct walker *k, uint32_t nheads, uint16_t size)
{
    struct nfd_part by_element[NFD_ELEMENTS], parts[NFD_ELEMENTS];
    struct nfd_shape s = {.groups = group_bit(GROUP_HEADER), .heads = k->heads, .nheads = nheads,
                          .size = size, .parts = parts, .follower = UINT32_MAX};
    uint16_t at = NFD_RECORD_HEAD;
    unsigned n = 0;
    for (uint32_t i = 0; i < nheads; i++) {
        add_part(k, &s, by_element, k->heads[i], at);
        at = (uint16_t)(at + (k->heads[i] >> 16));
    }
    for (unsigned e = 1; e < NFD_ELEMENTS; e++) {
        if (s.all & BIT(e)) {
            parts[n++] = by_element[e];
        }
    }
    s.shown = s.all;
    return nfdrows_add_shape(k->w->rows, &s);
}

static bool note_element(struct walker *k, unsigned i, uint32_t head)
{
    unsigned element = head & 0xffff;
    unsigned len = head >> 16;
    unsigned long long number = nfdwalk_number(k->w);
    if (element >= NFD_ELEMENTS) {
        nfdwalk_note(k->w, "Mapping record: %llu - Skip unknown extension %u Type: %u, Length: %u",
                     number, i, element, len);
        return true;
    }
    if (element != 0 && len < k->layout->length[element]) {
        nfdwalk_note(k->w, "Record %llu: extension %u Type: %u has a Length of %u, not %u", number,
                     i, element, len, k->layout->length[element]);
        return true;
    }
    return false;
}

/* Note what of a record's shape cannot be read; false if nothing. */
static bool note_oddities(struct walker *k, const struct nfd_shape *s)
{
    uint32_t at = NFD_RECORD_HEAD;
    bool odd = false;
    for (uint32_t i = 0; i < s->nheads; i++) {
        odd = note_element(k, i, s->heads[i]) || odd;
        at += s->heads[i] >> 16;
    }
    if (s->size - at >= NFD_ELEMENT_HEAD) {
        nfdwalk_note(k->w, "Record %llu: its %u extensions end at octet %u of %u",
                     (unsigned long long)nfdwalk_number(k->w), s->nheads, at, s->size);
        k->elements_end = at;
        odd = true;
    }
    return odd;
}

static int shape_slowly(struct walker *k, const uint8_t *record, size_t size, uint32_t *shape)
{
    struct nfd_rows *rows = k->w->rows;
    uint32_t nheads;
    *shape = UINT32_MAX;
    if (!read_heads(k, record, size, &nheads)) {
        return 0;
    }
    *shape = nfdrows_find_shape(rows, k->heads, nheads, (uint16_t)size);
    if (*shape == UINT32_MAX) {
        *shape = new_shape(k, nheads, (uint16_t)size);
        return *shape != UINT32_MAX ? 0 : ERR_NOMEM;
    }
    return 0;
}

/* *shape becomes UINT32_MAX if the record is damaged. */
static int shape_of(struct walker *k, const uint8_t *record, size_t size, uint32_t *shape)
{
    const struct nfd_shape *shapes = k->w->rows->shapes;
    int rc;
    if (k->last != UINT32_MAX) {
        uint32_t next = shapes[k->last].follower;
        if (has_shape(&shapes[k->last], record)) {
            *shape = k->last;
            return 0;
        }
        if (next != UINT32_MAX && has_shape(&shapes[next], record)) {
            *shape = k->last = next;
            return 0;
        }
    }
    rc = shape_slowly(k, record, size, shape);
    if (rc != 0 || *shape == UINT32_MAX) {
        return rc;
    }
    if (note_oddities(k, &k->w->rows->shapes[*shape])) {
        k->last = UINT32_MAX; /* so that the next one of this shape is noted too */
        return 0;
    }
    if (k->last != UINT32_MAX) {
        k->w->rows->shapes[k->last].follower = *shape;
    }
    k->last = *shape;
    return 0;
}

/* ------------------------------------------------------------------ one address family a record */

static bool all_zero4(const uint8_t *record, const struct nfd_part *part)
{
    return part->len < 8 || (load32(record + part->at) | load32(record + part->at + 4)) == 0;
}

/* The family that counts in a record with both: layer 2 says, else IPv4 unless it is all zero. */
static unsigned family_of(const struct nfd_shape *s, const uint8_t *record)
{
    enum { IP_VERSION_AT = 26 };
    struct nfd_part part = {0, 0};
    if (nfdrows_part(s, GROUP_LAYER2, &part) && part.len > IP_VERSION_AT) {
        uint8_t version = record[part.at + IP_VERSION_AT];
        if (version == 4 || version == 6) {
            return version;
        }
    }
    nfdrows_part(s, GROUP_IPV4, &part);
    return all_zero4(record, &part) ? 6 : 4;
}

static uint32_t one_family(struct nfd_rows *rows, uint32_t shape, const uint8_t *record)
{
    const struct nfd_shape *s = &rows->shapes[shape];
    bool four;
    uint64_t drop;
    if ((s->all & BOTH_FAMILIES) != BOTH_FAMILIES) {
        return shape;
    }
    four = family_of(s, record) == 4;
    drop = four ? BIT(GROUP_IPV6) : BIT(GROUP_IPV4);
    return nfdrows_twin(rows, shape, four, s->all & ~drop, s->groups & ~drop);
}

/* ------------------------------------------------------------------ records */

static int flow_record(struct walker *k, const uint8_t *record, size_t size)
{
    struct nfd_walk *w = k->w;
    uint32_t number = w->nflows++;
    uint32_t shape;
    int rc;
    if (number < w->first_row || nfdrows_full(w->rows)) {
        return 0;
    }
    rc = shape_of(k, record, size, &shape);
    if (rc != 0 || shape == UINT32_MAX) {
        return rc;
    }
    shape = one_family(w->rows, shape, record);
    if (shape == UINT32_MAX) {
        return ERR_NOMEM;
    }
    nfdrows_add(w->rows, (uint32_t)(record - w->octets), shape, w->nrecords);
    return 0;
}

static int other_record(struct walker *k, unsigned type, const uint8_t *record, size_t size)
{
    struct nfd_walk *w = k->w;
    int rc = 0;
    w->other_records = true;
    if (type == RECORD_SLACK || type == RECORD_IDENT || type == RECORD_STAT ||
        nfdmeta_record(w, type, record, size, &rc)) {
        return rc;
    }
    nfdwalk_note(w, "Skip unknown record: %llu type %u", (unsigned long long)nfdwalk_number(w),
                 type);
    return 0;
}

/* A record whose size cannot be right: go on with the next one that can be found. */
static void pick_up(struct walker *k, const uint8_t *record, size_t size, struct cur *c)
{
    struct nfd_walk *w = k->w;
    if (!nfdresync(&k->resync, (size_t)(record - w->octets) + 1, c)) {
        nfdwalk_broken(w, record, size);
        return;
    }
    nfdwalk_lost(w, record, size, (size_t)(c->at - record));
    w->nrecords++;
}

/* Something stands behind the elements of a record: does the next record begin there? */
static void check_end(struct walker *k, const uint8_t *record, struct cur *c)
{
    size_t end = (size_t)(record - k->w->octets) + k->elements_end;
    if (k->elements_end != 0 &&
        !nfdresync_holds(&k->resync, (size_t)(c->at - k->w->octets)) &&
        nfdresync_holds(&k->resync, end)) {
        *c = cur_of(k->w->octets + end, k->w->len - end);
    }
    k->elements_end = 0;
}

static int walk_record(struct walker *k, struct cur *c)
{
    const uint8_t *record = c->at;
    unsigned type = cur_u16le(c);
    size_t size = cur_u16le(c);
    size_t smallest = type == RECORD_V3 ? NFD_RECORD_HEAD : RECORD_HEAD;
    int rc;
    if (!cur_ok(c) || size < smallest || size - RECORD_HEAD > cur_left(c)) {
        pick_up(k, record, size, c);
        return 0;
    }
    cur_skip(c, size - RECORD_HEAD);
    rc = type == RECORD_V3 ? flow_record(k, record, size) : other_record(k, type, record, size);
    k->w->nrecords++;
    check_end(k, record, c);
    return rc;
}

int nfdwalk2(struct nfd_walk *w, const struct nfd_layout *layout)
{
    struct walker k = {.w = w, .layout = layout, .last = UINT32_MAX,
                       .resync = nfdresync_of(w->octets, w->len, 2)};
    struct cur c = cur_of(w->octets, w->len);
    int rc = 0;
    w->rows = nfdrows_new(w->arena, w->octets, w->len, NFD_RECORD_HEAD, locate, layout);
    k.heads = arena_alloc(w->arena, HEADS_MAX * sizeof *k.heads);
    if (w->rows == NULL || k.heads == NULL) {
        return ERR_NOMEM;
    }
    while (rc == 0 && !w->broken && cur_left(&c) > 0) {
        rc = walk_record(&k, &c);
    }
    return rc;
}
