/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * shape.c - see shape.h.
 */
#include "print/shape.h"

#include "print/direct.h"
#include "print/printer.h"
#include "print/texts.h"

#include <string.h>

enum { TEXT_UNIT = 32 };
enum { OFTEN = 16 };
enum { SMALL = 256 }; /* numbers that may stand beside codes are below */

void shapes_init(struct shapes *s)
{
    s->n = 0;
    s->texts = NULL;
    arena_init(&s->arena);
    buf_init(&s->text);
}

void shapes_free(struct shapes *s)
{
    arena_free(&s->arena);
    buf_free(&s->text);
}

static void forget(struct shapes *s)
{
    s->n = 0;
    s->texts = NULL;
    arena_reset(&s->arena);
}

/* Fields that the printer does not read are absent, as they are in its records. */
static const struct strip *strip_if_read(struct shapes *s, const struct field_set *fields,
                                         enum field_id id)
{
    return field_set_has(fields, id) ? strips_of(&s->strips, id) : NULL;
}

void shapes_bind(struct shapes *s, struct batch *b, const struct field_set *fields)
{
    forget(s);
    strips_bind(&s->strips, b);
    s->groups = strips_of(&s->strips, FIELD_GROUPS);
    s->proto = strip_if_read(s, fields, FIELD_PROTO);
    s->flags = strip_if_read(s, fields, FIELD_RECORD_FLAGS);
    s->first = strip_if_read(s, fields, FIELD_FIRST_SEEN);
    s->last = strip_if_read(s, fields, FIELD_LAST_SEEN);
}

/* ------------------------------------------------------------------ sorts of records */

enum { SORT_ICMP = 1, SORT_EVENT = 2, RECORD_EVENT = 1 };

static inline unsigned sort_of(const struct shapes *s, unsigned at)
{
    return (proto_is_icmp(strip_number(s->proto, at)) ? SORT_ICMP : 0) |
           (strip_number(s->flags, at) & RECORD_EVENT ? SORT_EVENT : 0);
}

/* ------------------------------------------------------------------ what varies */

/* The fields of a part that are not the same in all records of a shape. */
static unsigned varying_fields(const struct part *t, const struct field_set *varying,
                               enum field_id *ids)
{
    unsigned n = 0;

    for (unsigned word = 0; word < FIELD_SET_WORDS; word++) {
        uint64_t bits = t->fields.word[word] & varying->word[word];
        for (; bits != 0; bits &= bits - 1) {
            enum field_id id = (enum field_id)(word * 64 + (unsigned)__builtin_ctzll(bits));
            if (id != FIELD_GROUPS) {
                ids[n++] = id;
            }
        }
    }
    return n;
}

/* Whether the answer to a condition is the same for all records of the shape. */
static bool when_is_settled(const struct part *t, unsigned nvarying)
{
    switch (t->when) {
    case WHEN_ALWAYS:
    case WHEN_IDENT:
    case WHEN_AS_OR_GEO:
    case WHEN_ICMP:
    case WHEN_PORTS:
    case WHEN_EVENT:
    case WHEN_FLOW:
        return true;
    case WHEN_NONZERO:
        return nvarying == 0;
    case WHEN_SAMPLER_KNOWN:
    case WHEN_TLS:
    case WHEN_SNI:
    case WHEN_JA3:
    case WHEN_JA4:
        return false;
    }
    return false;
}

/* ------------------------------------------------------------------ how values are written */

/* The numbers of a place of the step's part; false: they cannot be had. place -1: none. */
static bool find_values(struct shapes *s, struct shape_step *step, unsigned i, int place)
{
    const struct strip *t;

    if (place < 0) {
        return true;
    }
    t = strips_of(&s->strips, step->part->places[place].id);
    if (t == NULL || t->codes) {
        return false;
    }
    step->number[i] = t->number;
    return true;
}

/* An address: that of IPv4 if the records have it, as place_address() says. */
static const struct place *address_place(const struct part *t, uint64_t groups, int *family)
{
    const struct place *v4 = &t->places[0], *v6 = &t->places[1];

    if (v4->group == group_bit(GROUP_HEADER)) {
        *family = groups & group_bit(GROUP_IPV4) ? 4 : groups & group_bit(GROUP_IPV6) ? 6 : 0;
        return v4;
    }
    *family = groups & v4->group ? 4 : v6->id != FIELD_NONE && groups & v6->group ? 6 : 0;
    return *family == 6 ? v6 : v4;
}

static bool find_address(struct shapes *s, const struct shape *shape, struct shape_step *step,
                         int family)
{
    const struct place *place = &step->part->places[0];
    const struct strip *t;

    if (family == 0) {
        place = address_place(step->part, shape->groups, &family);
    }
    t = strips_of(&s->strips, place->id);
    if (t == NULL || family == 0) {
        return false;
    }
    step->number[0] = t->number;
    step->table = t->table;
    step->family = family;
    return true;
}

static bool choose_direct(struct shapes *s, const struct shape *shape, struct shape_step *step)
{
    const struct direct_row *d = direct_find(step->part->kind);
    bool found;

    if (d == NULL || (d->not_icmp && shape->sort & SORT_ICMP)) {
        return false;
    }
    found = d->how == DIRECT_IP || d->how == DIRECT_QUOTED_IP
                ? find_address(s, shape, step, d->family)
                : find_values(s, step, 0, d->first) && find_values(s, step, 1, d->second);
    step->how = found ? d->how : DIRECT_NOT;
    return found;
}

static struct texts *texts_for(struct shapes *s, const struct shape *shape, const struct part *part,
                               const struct strip *codes, bool beside)
{
    struct texts *t = s->texts;

    while (t != NULL && !texts_serve(t, part, shape->groups, shape->sort, codes, beside)) {
        t = t->next;
    }
    if (t == NULL) {
        t = texts_new(&s->arena, codes, beside);
        if (t != NULL) {
            t->part = part;
            t->groups = shape->groups;
            t->sort = shape->sort;
            t->next = s->texts;
            s->texts = t;
        }
    }
    return t;
}

/* Texts pay if each is used several times. */
static bool is_worth_it(const struct shapes *s, const struct strip *t)
{
    return t->limit > 0 && (t->limit <= SMALL || t->limit <= s->strips.batch->nrows / OFTEN);
}

/* Up to three columns: one of codes, the others of small numbers. */
static bool choose_texts(struct shapes *s, const struct shape *shape, struct shape_step *step,
                         const enum field_id *ids, unsigned n)
{
    const struct strip *strip[3], *codes;
    unsigned main = 0;

    if (n == 0 || n > 3) {
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        strip[i] = strips_of(&s->strips, ids[i]);
        if (strip[i] == NULL || !is_worth_it(s, strip[i])) {
            return false;
        }
        main = strip[i]->limit > strip[main]->limit ? i : main;
    }
    codes = strip[main];
    strip[main] = strip[0];
    for (unsigned i = 1; i < n; i++) {
        if (strip[i]->limit > SMALL) {
            return false;
        }
    }
    step->texts = texts_for(s, shape, step->part, codes, n > 1);
    step->how = DIRECT_TEXTS;
    step->number[0] = codes->number;
    for (unsigned i = 1; i < n; i++) {
        step->number[i] = strip[i]->number;
    }
    return step->texts != NULL;
}

/* ------------------------------------------------------------------ making one */

/* End the text collected so far; the new step has no value yet. NULL: no memory. */
static struct shape_step *add_step(struct shapes *s, struct shape *shape)
{
    struct buf *text = &s->text;
    struct shape_step *step = &shape->steps[shape->n];
    char *copy = arena_zalloc(&s->arena, text->len + TEXT_UNIT);

    if (copy == NULL || text->failed) {
        return NULL;
    }
    if (text->len > 0) {
        memcpy(copy, text->data, text->len);
    }
    *step = (struct shape_step){.text = copy, .len = (uint32_t)text->len, .how = DIRECT_NOTHING};
    shape->n++;
    shape->room += text->len + TEXT_UNIT;
    buf_clear(text);
    return step;
}

static bool find_loads(struct shapes *s, struct shape_step *step, const struct view *v)
{
    uint16_t which[FIELD_STORED_];

    step->nloads = view_loads_of(v, &step->part->fields, which);
    step->loads = arena_dup(&s->arena, which, step->nloads * sizeof *which);
    return step->loads != NULL;
}

static bool add_value(struct shapes *s, struct shape *shape, const struct part *t,
                      const struct row *row, const enum field_id *ids, unsigned n,
                      bool conditional)
{
    struct shape_step *step = add_step(s, shape);

    if (step == NULL) {
        return false;
    }
    step->part = t;
    step->conditional = conditional;
    if (!choose_texts(s, shape, step, ids, n) && !choose_direct(s, shape, step)) {
        step->how = DIRECT_NOT;
    }
    shape->room += DIRECT_ROOM;
    return find_loads(s, step, &row->work->view);
}

static bool add_part(struct shapes *s, struct shape *shape, const struct part *t,
                     const struct row *row)
{
    enum field_id ids[FIELD_COUNT_];
    unsigned n = varying_fields(t, &row->work->view.varying, ids);
    bool settled = when_is_settled(t, n);

    if ((row->r->groups & t->group) == 0 || (settled && !part_applies(t, row))) {
        return true;
    }
    if (!settled && s->text.len > 0 && add_step(s, shape) == NULL) {
        return false;
    }
    buf_add(&s->text, t->prefix, t->prefix_len);
    if (t->kind == NULL) {
        return true;
    }
    if (settled && n == 0) {
        t->kind(t, row, &s->text);
        return true;
    }
    return add_value(s, shape, t, row, ids, n, !settled);
}

/* The shape of the row's sort of record, or NULL without memory. */
static const struct shape *shape_make(struct shapes *s, const struct row *row, uint64_t groups,
                                      unsigned sort)
{
    const struct part_list *list = &row->work->printer->list;
    struct shape *shape;
    bool ok;

    row_load(row);
    if (s->n == SHAPES_MAX) {
        forget(s);
    }
    shape = &s->shape[s->n];
    *shape = (struct shape){.groups = groups, .sort = sort};
    shape->steps = arena_alloc(&s->arena, (2 * list->n + 1) * sizeof *shape->steps);
    ok = shape->steps != NULL;
    buf_clear(&s->text);
    for (size_t i = 0; i < list->n && ok; i++) {
        ok = add_part(s, shape, &list->parts[i], row);
    }
    if (!ok || (s->text.len > 0 && add_step(s, shape) == NULL)) {
        return NULL;
    }
    s->n++;
    return shape;
}

static const struct shape *shape_of(struct shapes *s, const struct row *row, uint64_t groups)
{
    unsigned sort = sort_of(s, row->at);

    for (size_t i = 0; i < s->n; i++) {
        if (s->shape[i].groups == groups && s->shape[i].sort == sort) {
            return &s->shape[i];
        }
    }
    return shape_make(s, row, groups, sort);
}

/* ------------------------------------------------------------------ writing with it */

/* In whole units, which compilers turn into a few moves. */
static inline char *put_text(const struct shape_step *step, char *p)
{
    for (uint32_t i = 0; i < step->len; i += TEXT_UNIT) {
        memcpy(p + i, step->text + i, TEXT_UNIT);
    }
    return p + step->len;
}

static inline bool is_wanted(const struct shape_step *step, const struct row *row)
{
    if (!step->conditional) {
        return true;
    }
    row_load(row);
    return when_holds(step->part->when, row, step->part->places);
}

/* Let the part's kind write behind p; returns the place behind it with room for the rest. */
static char *call(const struct shape *shape, const struct shape_step *step, const struct row *row,
                  struct buf *out, char *p)
{
    struct printer_work *w = row->work;

    out->len = (size_t)(p - out->data);
    if (!w->loaded) {
        view_load_some(&w->view, step->loads, step->nloads, w->shapes.strips.rows[row->at]);
    }
    step->part->kind(step->part, row, out);
    return buf_room(out, shape->room);
}

static char *make_text(const struct shape *shape, const struct shape_step *step,
                       const struct row *row, uint64_t beside, struct buf *out, char *p)
{
    size_t before = (size_t)(p - out->data);
    size_t len;

    p = call(shape, step, row, out, p);
    if (p != NULL) {
        len = out->len - before;
        texts_keep(step->texts, step->number[0][row->at], beside, p - len, len);
    }
    return p;
}

static inline char *put_coded(const struct shape *shape, const struct shape_step *step,
                              const struct row *row, struct buf *out, char *p)
{
    unsigned at = row->at;
    uint64_t code = step->number[0][at];
    uint64_t beside = 0;

    if (step->number[1] != NULL) {
        beside = step->number[1][at];
        beside |= step->number[2] != NULL ? step->number[2][at] << 8 : 0;
    }
    return texts_know(step->texts, code, beside)
               ? texts_put(step->texts, code, p)
               : make_text(shape, step, row, beside, out, p);
}

static char *put_value(const struct shape *shape, const struct shape_step *step,
                       const struct row *row, struct buf *out, char *p)
{
    switch (step->how) {
    case DIRECT_NOTHING:
        return p;
    case DIRECT_NOT:
        return call(shape, step, row, out, p);
    case DIRECT_TEXTS:
        return put_coded(shape, step, row, out, p);
    default:
        return direct_write(step, row, p);
    }
}

/* Kinds ask the record for its groups, whatever else they read. */
void shapes_write(struct shapes *s, const struct row *row, struct buf *out)
{
    uint64_t groups = strip_number(s->groups, row->at);
    const struct shape *shape = shape_of(s, row, groups);
    char *p = shape != NULL ? buf_room(out, shape->room) : NULL;

    row->work->view.rec.groups = groups;
    for (size_t i = 0; p != NULL && i < shape->n; i++) {
        const struct shape_step *step = &shape->steps[i];
        if (is_wanted(step, row)) {
            p = put_value(shape, step, row, out, put_text(step, p));
        }
    }
    if (p == NULL) {
        out->failed = true;
        return;
    }
    out->len = (size_t)(p - out->data);
}
