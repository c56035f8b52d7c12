/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * print.h - flows as text: one printer for each -o value.
 *
 * A printer is compiled once from the text of -o and is then immutable: any number of threads may
 * format rows with it, each with a printer_work of its own, into buffers of their own. Output is
 * head, then the rows in order of their running numbers, then foot. What separates records (the
 * comma between JSON objects) follows from the running number, so buffers are simply put together.
 *
 * Ownership: the printer copies what it needs from the format text; data bases and user formats
 * must outlive it. Functions that return int return 0 or ERR_*.
 */
#ifndef WEIR_PRINT_PRINT_H
#define WEIR_PRINT_PRINT_H

#include "base/buf.h"
#include "base/err.h"
#include "field/field.h"
#include "flow/batch.h"
#include "flow/meta.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct geo_db;
struct tor_db;
struct print_formats; /* print/config.h */

struct print_options {
    bool plain_numbers;  /* -N */
    bool long_ipv6;      /* -6; a format name ending in 6 sets it too */
    bool quiet;          /* -q: no header line in fmt */
    bool tag_addresses;  /* -T */
    bool count_lines;    /* %cnt is the running number of the output (sorted and aggregated tables),
                          * else the number of the record in the input */
    const struct geo_db *geo;                 /* NULL: none */
    const struct tor_db *tor;                 /* NULL: none */
    const struct print_formats *user_formats; /* NULL: none */
};

enum print_mode {
    PRINT_FMT,      /* fmt: and the predefined line formats; summary lines follow */
    PRINT_CSV,      /* csv: and the predefined column list */
    PRINT_CSV_FAST,
    PRINT_CSV16,    /* the 48 columns of nfdump 1.6 */
    PRINT_PIPE,     /* the | separated numbers of nfdump 1.6 */
    PRINT_JSON,
    PRINT_NDJSON,
    PRINT_RAW,
    PRINT_NULL      /* no records; summary lines follow */
};

struct printer;
struct printer_work;

/* Compile the value of -o (NULL: "line", or "gline" with a geo data base). What is wrong with it
 * goes to fault->text, one or more lines for stderr without the last newline; the list of what
 * would be possible is added to *possible, for stdout. */
int printer_new(const char *format, const struct print_options *options, struct printer **out,
                struct fault *fault, struct buf *possible);
void printer_free(struct printer *p);

enum print_mode printer_mode(const struct printer *p);
const struct field_set *printer_fields(const struct printer *p); /* stored fields it reads */
bool printer_long_ipv6(const struct printer *p);
bool printer_has_summary(const struct printer *p); /* summary lines follow the records */

/* The tags of a fmt or csv format in order, without '%'; i < printer_ntags(). */
size_t printer_ntags(const struct printer *p);
const char *printer_tag(const struct printer *p, size_t i);

void printer_head(const struct printer *p, struct buf *out);
void printer_foot(const struct printer *p, struct buf *out);

/* "No matching flows", in the place where head and foot surround it; nothing where it would spoil
 * the output's grammar (json, ndjson). */
void printer_nothing(const struct printer *p, struct buf *out);

/* A thread's workspace: caches of dates and addresses. */
struct printer_work *printer_work_new(const struct printer *p); /* NULL: no memory */
void printer_work_free(struct printer_work *w);

/* Names of interfaces, VRFs, applications, samplers; used in addition to those of the batch. */
void printer_work_names(struct printer_work *w, const struct flow_meta *meta);

/* Lines for stderr collected while formatting; the caller prints and clears it. */
struct buf *printer_work_warnings(struct printer_work *w);

/* Format n rows of a batch, given by their numbers (rows NULL: rows 0 to n - 1). first_no is the
 * running number of the first of them in the output, from 1. */
int printer_rows(const struct printer *p, struct printer_work *w, struct batch *b,
                 const uint32_t *rows, size_t n, uint64_t first_no, struct buf *out);

/* The same for further rows of the batch that printer_rows() was called with last, which is
 * unchanged since. */
int printer_more_rows(const struct printer *p, struct printer_work *w, const uint32_t *rows,
                      size_t n, uint64_t first_no, struct buf *out);

/* All formats and all tags, for --help=fmt. */
void print_help_formats(struct buf *out);

#endif
