/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * printer.h - the inside of a printer, for the files of this room.
 */
#ifndef WEIR_PRINT_PRINTER_H
#define WEIR_PRINT_PRINTER_H

#include "print/formats.h"
#include "print/part.h"

/* A row of the catalogue for formats that print what a record has, one key after the other. */
struct keyed_spec {
    int at; /* place in the output; rows of a table may stand in any order */
    const char *prefix;
    part_fn *kind;
    enum field_group group;
    enum when when;
    int width;
    enum field_id ids[3];
};

/* Parts from a table. Returns 0 or ERR_NOMEM. */
int keyed_prepare(struct printer *p, const struct keyed_spec *specs, size_t n);

/* The text behind the last value of a record. Returns 0 or ERR_NOMEM. */
int parts_end(struct printer *p, const char *text);

/* Without a geo data base parts of one kind are of another one, which depends on the first `places`
 * fields only; with one, nothing changes. */
void parts_without_geo(struct printer *p, part_fn *kind, part_fn *other, size_t places);

/* Kinds of JSON's parts that direct.c and shape.c know. */
part_fn json_number, json_line_no, json_time, json_addr4, json_addr6;

struct print_kind {
    void (*head)(const struct printer *p, struct buf *out);
    void (*foot)(const struct printer *p, struct buf *out);
    void (*row)(const struct printer *p, const struct row *row, struct buf *out);
    int (*prepare)(struct printer *p); /* parts, and fields that are read besides; NULL: none */
    bool summary;                          /* summary lines follow the records */
    bool nothing;                          /* says so when no record matched */
};

struct printer {
    enum print_mode mode;
    struct print_options options;
    const struct print_kind *kind;
    struct item_list items; /* lines: for heads */
    struct part_list list;  /* what a record is made of */
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
