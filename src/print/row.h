/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * row.h - one flow on its way to text, as the printers of this room see it.
 *
 * A view binds the columns of a batch that a printer needs; loading a row copies its values into
 * one struct rec. Columns that hold one value for all rows (most of them: absent ones too) are
 * copied once per batch. Everything here belongs to one thread's printer_work.
 */
#ifndef WEIR_PRINT_ROW_H
#define WEIR_PRINT_ROW_H

#include "base/buf.h"
#include "base/clock.h"
#include "field/value.h"
#include "flow/batch.h"
#include "flow/meta.h"
#include "flow/rec.h"
#include "print/print.h"
#include "print/shape.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- loading rows ---- */

struct view_load {
    const struct column *column;
    enum field_id id;
    uint16_t offset; /* of the member of struct rec */
    uint8_t type;    /* enum field_type */
    uint8_t how;     /* see view.c */
};

struct view {
    struct rec rec;
    struct field_set varying; /* fields that may differ from row to row of the batch */
    unsigned nloads;
    struct view_load loads[FIELD_STORED_];
};

/* Bind the columns of a set; loads them. Returns 0 or the batch's error. */
int view_bind(struct view *v, struct batch *b, const struct field_set *set);
void view_load(struct view *v, uint32_t row);

/* The loads that a set of fields needs: how many, into which[FIELD_STORED_]. */
unsigned view_loads_of(const struct view *v, const struct field_set *set, uint16_t *which);
void view_load_some(struct view *v, const uint16_t *which, unsigned n, uint32_t row);

/* ---- a row ---- */

struct payload_cache;

struct row {
    const struct rec *r;             /* see row_load() */
    const struct print_options *options;
    struct printer_work *work;
    unsigned at;                     /* of the rows at hand (strips.h) */
    uint64_t line_no;                /* running number in the output */
    const char *ident;               /* NULL: none */
    const struct flow_meta *names[2]; /* where names are looked for; each may be NULL */
};

/* What cells and kinds find in a workspace. */
#define ROW_SCRATCH 512

struct printer_work {
    const struct printer *printer;
    struct view view;
    bool loaded;                     /* view.rec is the row at hand */
    struct clock_zone local;
    struct clock_zone utc;
    const struct flow_meta *meta;    /* given by printer_work_names() */
    struct shapes shapes;
    struct payload_cache *payload;   /* decoded payloads of the row, both directions */
    struct buf warnings;
    struct buf text;                 /* for values that must be looked at before they go out */
    char scratch[ROW_SCRATCH];       /* written to instead of a buffer that has no memory */
};

/* Make row->r the record of the row; unless it is a record of its own, not of the batch. */
void row_load_now(const struct row *row);

static inline void row_load(const struct row *row)
{
    if (!row->work->loaded) {
        row_load_now(row);
    }
}

/* ---- writing values ---- */

/* Room for one value (at most 256 octets); text_close() with the end makes it part of out. */
static inline char *text_open(const struct row *row, struct buf *out)
{
    char *p = buf_room(out, 256);
    return p != NULL ? p : row->work->scratch;
}

static inline void text_close(struct buf *out, const char *end)
{
    if (!out->failed) {
        out->len = (size_t)(end - out->data);
    }
}

/* ---- reading values ---- */

/* Where a field stands in a rec. */
struct place {
    enum field_id id; /* FIELD_NONE: nothing there, reads as 0 */
    uint16_t offset;
    uint8_t width;    /* 0: computed, VAR or nothing */
    uint64_t group;   /* bit */
};

struct place place_of(enum field_id id);

static inline uint64_t place_u64(const struct place *p, const struct rec *r)
{
    const char *at = (const char *)r + p->offset;

    switch (p->width) {
    case 1:
        return *(const uint8_t *)at;
    case 2:
        return *(const uint16_t *)(const void *)at;
    case 4:
        return *(const uint32_t *)(const void *)at;
    case 8:
        return *(const uint64_t *)(const void *)at;
    default:
        return p->id == FIELD_NONE ? 0 : rec_u64(r, p->id);
    }
}

static inline const struct ip *place_ip(const struct place *p, const struct rec *r)
{
    return (const struct ip *)(const void *)((const char *)r + p->offset);
}

static inline struct span place_span(const struct place *p, const struct rec *r)
{
    return *(const struct span *)(const void *)((const char *)r + p->offset);
}

static inline bool place_present(const struct place *p, const struct rec *r)
{
    return (r->groups & p->group) != 0;
}

/* The address a place (and a second one for IPv6, or nothing) holds. family 0: none. */
struct address {
    const struct ip *ip;
    int family;
};

struct address place_address(const struct place *v4, const struct place *v6, const struct rec *r);

/* ---- shared facts of a row ---- */

/* last - first; 0 if one is unknown or they are the wrong way round. */
uint64_t row_duration(const struct rec *r);

/* The address masked; with a mask of 0 (unknown) IPv4 stays as it is, IPv6 keeps its upper half. */
struct ip network_of(const struct address *a, unsigned mask);

/* Time of the event: NSEL's, else NAT's; 0 without either. */
uint64_t row_event_time(const struct rec *r);

/* An AS number; 0 is looked up by address in the geo data base. */
uint32_t row_as(const struct row *row, uint64_t as, const struct address *a);

/* "␣name", "␣<no if name>", …; empty if no names of that kind are known at all. */
void row_name(const struct row *row, enum name_kind kind, uint64_t id, struct buf *out);

/* "name/description" of an application, or NULL. */
const struct app_name *row_app(const struct row *row, struct span id);

/* An application id: "%2u..%u" or "%2u..%u..%u"; the engine number padded if `pad`. */
void text_app_id(struct span id, bool pad, struct buf *out);

/* "YYYY-MM-DD HH:MM:SS.mmm" in local time; 0: zeros everywhere. */
char *text_time(struct clock_zone *c, uint64_t msec, char *p);

/* Add text without the NUL and what follows it; with `comma`, each ',' becomes ';'. */
void text_span(struct span s, bool comma, struct buf *out);

/* Length of a text up to its NUL. */
uint32_t text_length(struct span s);

#endif
