/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weir1file.c - open a weir file.
 * A finished file: trailer, directory, sections - one read for a usual file, no block is
 * touched; slots of the address filter are read when somebody asks (weir1filter.c). Without a
 * (good) trailer the blocks are walked: a live file, a killed writer, a cut or damaged file. The
 * walk looks for the next block after damage; head.before tells how many flows were lost between.
 * Everything is constant after opening.
 */
#include "base/hash.h"
#include "store/format.h"
#include "store/weir1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAIL 8192             /* octets of the end that are read at once */
#define PLACES_MAX 64
#define SECTION_MAX ((uint64_t)1 << 30)
#define SEARCH 65536          /* octets searched for a block at once */

struct weir1_file {
    struct flowfile base;
    struct weir1_header header;
    uint64_t size;
    struct weir1_block *blocks;
    uint32_t nblocks;
    struct flow_meta meta;
    struct arena arena; /* entries of the blocks */
    struct weir1_place slots;    /* of the address filter; length 0: none */
    struct weir1_filter *filter; /* NULL: none, or it is damaged */
};

static struct weir1_file *of(struct flowfile *f)
{
    return (struct weir1_file *)f;
}

static const struct weir1_file *of_const(const struct flowfile *f)
{
    return (const struct weir1_file *)f;
}

static int note_damage(struct weir1_file *f, uint64_t offset, int code, const char *text)
{
    struct fault fault;
    fault_clear(&fault);
    fault_set(&fault, code, "%s", text);
    fault.offset = offset;
    flowfile_add_damage(&f->base, &fault);
    return code;
}

/* ------------------------------------------------------------------ blocks */

/* Numbers and addresses have bounds; unless they are stored they are 0 in every row. */
static const bool has_bounds[FIELD_STORED_] = {
#define FIELD(id, member, class, type, group, merge, doc)                                          \
    [FIELD_##id] = TYPE_##type != TYPE_VAR && FIELD_##id != FIELD_RECORD_NO &&                     \
                   FIELD_##id != FIELD_RECORD_SIZE && FIELD_##id != FIELD_RECORD_ELEMENTS,
#include "field/fields.def"
};

static void set_bounds(struct zone_bounds *z, const struct weir1_entry *e)
{
    z->known = has_bounds[e->field] && (e->flags & WEIR1_BOUNDS_KNOWN) != 0;
    if (z->known) {
        memcpy(&z->min, e->min, sizeof z->min);
        memcpy(&z->max, e->max, sizeof z->max);
    }
}

void weir1_index_block(struct weir1_block *blk)
{
    struct zone *z = &blk->zone;
    memset(blk->entry_of, 0, sizeof blk->entry_of);
    memset(z, 0, sizeof *z);
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        z->bounds[id].known = has_bounds[id];
    }
    z->nrows = blk->head.rows;
    z->groups_any = blk->head.groups_any;
    z->groups_all = blk->head.groups_all;
    blk->dictionary = 0;
    for (uint32_t i = 0; i < blk->head.nentries; i++) {
        const struct weir1_entry *e = &blk->entries[i];
        if (e->field < FIELD_STORED_) {
            blk->entry_of[e->field] = (uint16_t)(i + 1);
            set_bounds(&z->bounds[e->field], e);
        } else if (e->field == WEIR1_FIELD_DICTIONARY) {
            blk->dictionary = (uint16_t)(i + 1);
        }
    }
}

/* Add a flow block with its entries (copied). */
static int block_add(struct weir1_file *f, uint64_t offset, const struct weir1_head *h,
                     const struct weir1_entry *entries)
{
    struct weir1_block *b;
    if ((f->nblocks & (f->nblocks - 1)) == 0) {
        struct weir1_block *grown =
            realloc(f->blocks, (f->nblocks == 0 ? 1 : f->nblocks * (size_t)2) * sizeof *grown);
        if (grown == NULL) {
            return ERR_NOMEM;
        }
        f->blocks = grown;
    }
    b = &f->blocks[f->nblocks];
    b->offset = offset;
    b->head = *h;
    b->entries = arena_dup(&f->arena, entries, h->nentries * sizeof *entries);
    if (b->entries == NULL) {
        return ERR_NOMEM;
    }
    weir1_index_block(b);
    f->nblocks++;
    return 0;
}

/* ------------------------------------------------------------------ footer */

struct tail {
    uint8_t *data;
    uint64_t offset;
    size_t len;
};

static int get_blocks(struct weir1_file *f, struct cur *c)
{
    static const int damaged = ERR_FORMAT;
    struct weir1_entry *entries = malloc(WEIR1_ENTRIES_MAX * sizeof *entries);
    int rc = entries != NULL ? 0 : ERR_NOMEM;
    while (rc == 0 && cur_left(c) > 0) {
        uint64_t offset = cur_u64le(c);
        struct weir1_head h;
        if (weir1_get_head(c->at, cur_left(c), &h, entries, NULL) != 0 || h.kind != WEIR1_FLOWS ||
            offset > f->size || h.size > f->size - offset) {
            rc = damaged;
            break;
        }
        cur_skip(c, h.length);
        rc = block_add(f, offset, &h, entries);
    }
    free(entries);
    return rc;
}

static int get_section(struct weir1_file *f, const struct weir1_place *p, struct cur *c)
{
    switch (p->id) {
    case WEIR1_SECTION_BLOCKS:
        return get_blocks(f, c);
    case WEIR1_SECTION_TOTALS:
        return weir1_get_totals(c, &f->base.info.totals);
    case WEIR1_SECTION_FILTER:
        return weir1_filter_new(f->base.fd, c->at, cur_left(c), &f->slots, &f->filter);
    default:
        return weir1_get_meta(c, (enum weir1_section)p->id, &f->meta);
    }
}

/* The octets of a place, from the tail or read into memory that *own then holds. */
static int place_octets(const struct weir1_file *f, const struct tail *t,
                        const struct weir1_place *p, const uint8_t **data, uint8_t **own)
{
    *own = NULL;
    if (p->offset > f->size || p->length > f->size - p->offset || p->length > SECTION_MAX) {
        return ERR_FORMAT;
    }
    if (p->offset >= t->offset) {
        *data = t->data + (p->offset - t->offset);
    } else {
        *own = malloc(p->length + 1);
        *data = *own;
        if (*own == NULL || format_pread(f->base.fd, *own, p->length, p->offset, NULL) != 0) {
            return ERR_IO;
        }
    }
    return hash_of(*data, p->length) == p->check ? 0 : ERR_CHECKSUM;
}

static const char *section_name(unsigned id)
{
    static const char *const names[] = {
        [WEIR1_SECTION_BLOCKS] = "list of blocks", [WEIR1_SECTION_TOTALS] = "totals",
        [WEIR1_SECTION_EXPORTERS] = "exporters",   [WEIR1_SECTION_SAMPLERS] = "samplers",
        [WEIR1_SECTION_NAMES] = "names",           [WEIR1_SECTION_APPS] = "applications",
        [WEIR1_SECTION_LOSSES] = "loss account",   [WEIR1_SECTION_FILTER] = "address filter",
        [WEIR1_SECTION_SLOTS] = "slots of the address filter",
    };
    return id < sizeof names / sizeof names[0] && names[id] != NULL ? names[id] : "unknown section";
}

static int read_section(struct weir1_file *f, const struct tail *t, const struct weir1_place *p)
{
    const uint8_t *data = NULL;
    uint8_t *own;
    struct fault fault;
    int rc = place_octets(f, t, p, &data, &own);
    if (rc == 0) {
        struct cur c = cur_of(data, p->length);
        rc = get_section(f, p, &c);
    }
    free(own);
    if (rc != 0) {
        fault_clear(&fault);
        fault_set(&fault, rc, "the %s of the file cannot be read (%s)", section_name(p->id),
                  err_text(rc));
        fault.offset = p->offset;
        flowfile_add_damage(&f->base, &fault);
    }
    return p->id == WEIR1_SECTION_BLOCKS ? rc : 0;
}

static bool known(const struct weir1_place *p)
{
    return p->id >= WEIR1_SECTION_BLOCKS && p->id <= WEIR1_SECTION_SLOTS &&
           p->version == weir1_section_version((enum weir1_section)p->id);
}

/* Slots are only noted, and stand before the filter's head in the directory. */
static void note_slots(struct weir1_file *f, const struct weir1_place *p)
{
    if (p->offset > f->size || p->length > f->size - p->offset) {
        note_damage(f, p->offset, ERR_FORMAT, "slots of the address filter beyond the file's end");
    } else {
        f->slots = *p;
    }
}

/* Sections of ids or versions that are not known here are left alone, unless they forbid it. */
static int read_sections(struct weir1_file *f, const struct tail *t,
                         const struct weir1_place *places, uint32_t n, struct fault *fault)
{
    int rc = 0;
    bool has_blocks = false;
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        const struct weir1_place *p = &places[i];
        if (!known(p)) {
            if (p->flags & WEIR1_SECTION_MUST) {
                return fault_set(fault, ERR_UNSUPPORTED,
                                 "section %u version %u is needed to read this file, and not known "
                                 "to this version", p->id, p->version);
            }
            continue;
        }
        if (p->id == WEIR1_SECTION_SLOTS) {
            note_slots(f, p);
            continue;
        }
        has_blocks |= p->id == WEIR1_SECTION_BLOCKS;
        rc = read_section(f, t, p);
    }
    return rc == 0 && !has_blocks ? ERR_FORMAT : rc;
}

/* Returns 0, ERR_NOTFOUND when there is no trailer, ERR_UNSUPPORTED, or what is wrong with it. */
static int read_footer(struct weir1_file *f, const struct tail *t, struct fault *fault)
{
    struct weir1_place places[PLACES_MAX];
    struct weir1_place directory = {.id = 0};
    const uint8_t *data = NULL;
    uint8_t *own = NULL;
    uint32_t n = 0;
    int rc;
    if (t->len < WEIR1_TRAILER_LEN ||
        weir1_get_trailer(t->data + t->len - WEIR1_TRAILER_LEN, &directory.offset,
                          &directory.length, &directory.check) != 0) {
        return ERR_NOTFOUND;
    }
    rc = place_octets(f, t, &directory, &data, &own);
    rc = rc != 0 ? rc : weir1_get_places(data, directory.length, places, PLACES_MAX, &n);
    free(own);
    if (rc != 0) {
        return note_damage(f, directory.offset, rc,
                           "the directory at the end of the file is damaged");
    }
    return read_sections(f, t, places, n, fault);
}

/* ------------------------------------------------------------------ walk without footer */

struct walk {
    struct weir1_file *f;
    uint64_t at;
    uint64_t rows;     /* found so far */
    uint64_t octets;   /* of the blocks found so far */
    uint64_t bad_from; /* start of what is being skipped */
    bool skipping;
    struct weir1_entry *entries;
    uint8_t *data;     /* SEARCH + head room */
};

#define HEAD_ROOM (WEIR1_BLOCK_HEAD_LEN + WEIR1_ENTRIES_MAX * WEIR1_ENTRY_LEN)

/* Octets at `at`, as many as there are up to n. */
static size_t read_some(struct weir1_file *f, uint8_t *to, size_t n, uint64_t at)
{
    uint64_t left = at < f->size ? f->size - at : 0;
    n = n < left ? n : (size_t)left;
    return format_pread(f->base.fd, to, n, at, NULL) == 0 ? n : 0;
}

static int head_at(struct walk *w, uint64_t at, struct weir1_head *h)
{
    size_t got = read_some(w->f, w->data, WEIR1_BLOCK_HEAD_LEN, at);
    int rc = weir1_get_head(w->data, got, h, w->entries, NULL);
    if (rc == ERR_TRUNCATED && h->length != 0) {
        got = read_some(w->f, w->data, h->length, at);
        rc = weir1_get_head(w->data, got, h, w->entries, NULL);
    }
    return rc;
}

/* Flows in the octets skipped: exact if the next block tells, else by the average so far. */
static uint64_t flows_lost(const struct walk *w, const struct weir1_head *next)
{
    uint64_t octets = w->at - w->bad_from;
    if (next != NULL && next->before >= w->rows) {
        return next->before - w->rows;
    }
    return w->octets > 0 ? octets * w->rows / w->octets : 0;
}

static void skipped(struct walk *w, const struct weir1_head *next)
{
    struct fault fault;
    fault_clear(&fault);
    fault_set(&fault, ERR_FORMAT, "%llu octets are no block; about %llu flows are skipped",
              (unsigned long long)(w->at - w->bad_from),
              (unsigned long long)flows_lost(w, next));
    fault.offset = w->bad_from;
    flowfile_add_damage(&w->f->base, &fault);
    w->skipping = false;
}

static void read_meta_block(struct walk *w, const struct weir1_head *h)
{
    const struct weir1_entry *e = &w->entries[0];
    uint8_t *data = h->nentries == 1 ? malloc((size_t)e->length + 1) : NULL;
    struct cur c;
    if (data == NULL ||
        format_pread(w->f->base.fd, data, e->length, w->at + e->offset, NULL) != 0 ||
        hash_of(data, e->length) != e->check) {
        note_damage(w->f, w->at, ERR_CHECKSUM, "exporters and names in the file are damaged");
    } else {
        c = cur_of(data, e->length);
        weir1_get_meta_body(&c, &w->f->meta);
    }
    free(data);
}

static int take_block(struct walk *w, const struct weir1_head *h)
{
    int rc = 0;
    if (w->skipping) {
        skipped(w, h);
    }
    if (h->size > w->f->size - w->at) {
        char text[128];
        snprintf(text, sizeof text, "the file ends within a block; %u flows are lost", h->rows);
        note_damage(w->f, w->at, ERR_TRUNCATED, text);
        w->at = w->f->size;
        return 0;
    }
    if (h->kind == WEIR1_META) {
        read_meta_block(w, h);
    } else if (h->kind == WEIR1_FLOWS) {
        rc = block_add(w->f, w->at, h, w->entries);
        w->rows = h->before + h->rows;
        w->octets += h->size;
    }
    w->at += h->size;
    return rc;
}

/* A marker of the sections at this place: all blocks are behind us. */
static bool at_sections(struct walk *w)
{
    size_t got = read_some(w->f, w->data, 8, w->at);
    return got == 8 && memcmp(w->data, WEIR1_MAGIC_SECTIONS, 8) == 0;
}

/* Zeros where a block should begin: a writer was about to write it (weir1write.c). */
static bool at_unfinished(struct walk *w)
{
    static const uint8_t zeros[8];
    size_t got = read_some(w->f, w->data, 8, w->at);
    return got > 0 && memcmp(w->data, zeros, got) == 0;
}

/* The next place from `at` on where a block's magic stands; the end of the file if there is
 * none. */
static uint64_t next_magic(struct walk *w, uint64_t at)
{
    while (at < w->f->size) {
        size_t got = read_some(w->f, w->data, SEARCH, at);
        const uint8_t *hit = got >= 8 ? memmem(w->data, got, WEIR1_MAGIC_BLOCK, 8) : NULL;
        if (hit != NULL) {
            return at + (uint64_t)(hit - w->data);
        }
        if (got < SEARCH) {
            break;
        }
        at += got - 7;
    }
    return w->f->size;
}

static int walk_step(struct walk *w)
{
    struct weir1_head h;
    uint64_t next;
    if (head_at(w, w->at, &h) == 0) {
        return take_block(w, &h);
    }
    next = next_magic(w, w->at + 1);
    if (!w->skipping && next == w->f->size && at_unfinished(w)) {
        w->at = next;
        return 0;
    }
    if (!w->skipping && at_sections(w)) {
        note_damage(
            w->f, w->at, ERR_TRUNCATED,
            "the end of the file is missing or damaged; all flows are there, totals are not");
        w->at = w->f->size;
        return 0;
    }
    if (!w->skipping) {
        w->skipping = true;
        w->bad_from = w->at;
    }
    w->at = next;
    return 0;
}

static int walk_blocks(struct weir1_file *f)
{
    struct walk w = {.f = f, .at = WEIR1_HEADER_LEN};
    int rc = 0;
    f->nblocks = 0;
    w.entries = malloc(WEIR1_ENTRIES_MAX * sizeof *w.entries);
    w.data = malloc(SEARCH + HEAD_ROOM);
    if (w.entries == NULL || w.data == NULL) {
        rc = ERR_NOMEM;
    }
    while (rc == 0 && w.at < f->size) {
        rc = walk_step(&w);
    }
    if (w.skipping) {
        skipped(&w, NULL);
    }
    free(w.entries);
    free(w.data);
    return rc;
}

/* ------------------------------------------------------------------ opening */

static bool weir1_matches(const uint8_t *head, size_t len)
{
    return len >= 8 && memcmp(head, WEIR1_MAGIC, 8) == 0;
}

static int read_tail(struct weir1_file *f, struct tail *t, struct fault *fault)
{
    uint64_t len = f->size - WEIR1_HEADER_LEN;
    t->len = len < TAIL ? (size_t)len : TAIL;
    t->offset = f->size - t->len;
    t->data = malloc(t->len + 1);
    return t->data != NULL ? format_pread(f->base.fd, t->data, t->len, t->offset, fault)
                           : ERR_NOMEM;
}

static int read_header(struct weir1_file *f, const uint8_t *data, struct fault *fault)
{
    int rc = weir1_get_header(data, &f->header, fault);
    if (rc == ERR_CHECKSUM) {
        note_damage(f, 0, rc, fault != NULL ? fault->text : "the file header is damaged");
        fault_clear(fault);
        f->header = (struct weir1_header){.version = WEIR1_VERSION};
        return 0;
    }
    return rc;
}

static void set_info(struct weir1_file *f)
{
    struct flowfile_info *i = &f->base.info;
    const struct weir1_block *last = f->nblocks > 0 ? &f->blocks[f->nblocks - 1] : NULL;
    i->format = FORMAT_WEIR1;
    i->compression = f->header.compression < COMPRESSION_COUNT_
                         ? (enum flow_compression)f->header.compression : COMPRESSION_NONE;
    i->creator = (enum flow_creator)f->header.creator;
    i->created = f->header.created;
    i->ident = f->header.ident[0] != '\0' ? f->header.ident : NULL;
    i->nblocks = f->nblocks;
    i->nrecords = last != NULL ? last->head.before + last->head.rows : 0;
    for (uint32_t b = 0; b < f->nblocks && f->filter != NULL; b++) {
        f->blocks[b].zone.may_hold = weir1_filter_may_hold;
        f->blocks[b].zone.may_hold_ctx = f->filter;
    }
}

static void filter_drop(struct weir1_file *f)
{
    weir1_filter_free(f->filter);
    f->filter = NULL;
}

static int read_all(struct weir1_file *f, const uint8_t *head, struct fault *fault)
{
    struct tail t = {NULL, 0, 0};
    int rc = read_header(f, head, fault);
    rc = rc != 0 ? rc : read_tail(f, &t, fault);
    if (rc == 0) {
        rc = read_footer(f, &t, fault);
        f->base.info.complete = rc == 0;
        if (rc != 0 && rc != ERR_UNSUPPORTED && rc != ERR_NOMEM) {
            filter_drop(f);
            totals_clear(&f->base.info.totals);
            f->base.info.totals.first = 0;
            rc = walk_blocks(f);
        }
    }
    free(t.data);
    return rc;
}

static void file_free(struct weir1_file *f)
{
    filter_drop(f);
    free(f->blocks);
    meta_free(&f->meta);
    arena_free(&f->arena);
    free(f);
}

static int weir1_open(const struct format_source *src, struct flowfile **out, struct fault *fault)
{
    struct weir1_file *f = calloc(1, sizeof *f);
    int rc;
    if (f == NULL) {
        return ERR_NOMEM;
    }
    f->base.fd = src->fd;
    f->size = src->size;
    meta_init(&f->meta);
    arena_init(&f->arena);
    rc = src->head_len >= WEIR1_HEADER_LEN
             ? read_all(f, src->head, fault)
             : fault_set(fault, ERR_TRUNCATED, "the file ends within its header");
    if (rc != 0) {
        free(f->base.damage);
        file_free(f);
        return rc;
    }
    set_info(f);
    *out = &f->base;
    return 0;
}

static void weir1_close(struct flowfile *f)
{
    close(f->fd);
    file_free(of(f));
}

static const struct zone *weir1_zone(const struct flowfile *f, uint32_t block)
{
    return &of_const(f)->blocks[block].zone;
}

static uint64_t weir1_records_before(const struct flowfile *f, uint32_t block)
{
    return of_const(f)->blocks[block].head.before;
}

static int weir1_read(struct flowfile *f, uint32_t block, struct batch *b, struct fault *fault)
{
    b->ident = f->info.ident;
    return weir1_read_block(f->fd, f->path, &of_const(f)->blocks[block], b, fault);
}

static const struct flow_meta *weir1_meta(const struct flowfile *f)
{
    return meta_is_empty(&of_const(f)->meta) ? NULL : &of_const(f)->meta;
}

const struct flowfile_ops weir1_file_ops = {
    .matches = weir1_matches,
    .open = weir1_open,
    .close = weir1_close,
    .zone = weir1_zone,
    .records_before = weir1_records_before,
    .read = weir1_read,
    .meta = weir1_meta,
};
