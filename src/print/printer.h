/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * printer.h - the inside of a printer, for the files of this room.
 */
#ifndef WEIR_PRINT_PRINTER_H
#define WEIR_PRINT_PRINTER_H

#include "print/formats.h"
#include "print/when.h"

/* A row of the catalogue for formats that print what a record has, one key after the other. */
struct keyed_row;
typedef void keyed_fn(const struct keyed_row *k, const struct row *row, struct buf *out);

struct keyed_spec {
    const char *prefix; /* NULL: a gap in the table */
    keyed_fn *kind;
    enum field_group group;
    enum when when;
    int width;
    enum field_id ids[3];
};

/* The same, ready for use. */
struct keyed_row {
    const char *prefix;
    uint32_t prefix_len;
    keyed_fn *kind;
    uint64_t group; /* bit */
    enum when when;
    int width;
    struct place places[3];
};

/* Fill p->keyed from a table, and p->fields with what it reads. Returns 0 or ERR_NOMEM. */
int keyed_prepare(struct printer *p, const struct keyed_spec *specs, size_t n);

static inline bool keyed_applies(const struct keyed_row *k, const struct row *row)
{
    return (row->r->groups & k->group) != 0 &&
           (k->when == WHEN_ALWAYS || when_holds(k->when, row, k->places));
}

struct print_kind {
    void (*head)(const struct printer *p, struct buf *out);
    void (*foot)(const struct printer *p, struct buf *out);
    void (*row)(const struct printer *p, const struct row *row, struct buf *out);
    int (*prepare)(struct printer *p); /* last step of making one; NULL: none */
    bool summary;                          /* summary lines follow the records */
    bool nothing;                          /* says so when no record matched */
};

struct printer {
    enum print_mode mode;
    struct print_options options;
    const struct print_kind *kind;
    struct item_list list;   /* lines */
    size_t nkeyed;           /* json, ndjson, raw */
    struct keyed_row *keyed;
    bool tunnels;      /* a line of its own for the outer addresses of a tunnel */
    bool check_times;  /* complain of flows that end before they begin */
    struct field_set fields;
    struct arena arena;
};

/* One for each print_mode. */
extern const struct print_kind print_kind_fmt;
extern const struct print_kind print_kind_csv;
extern const struct print_kind print_kind_csv_fast;
extern const struct print_kind print_kind_csv16;
extern const struct print_kind print_kind_pipe;
extern const struct print_kind print_kind_json;
extern const struct print_kind print_kind_ndjson;
extern const struct print_kind print_kind_raw;
extern const struct print_kind print_kind_null;

#endif
