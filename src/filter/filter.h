/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * filter.h - the filter language: text in, selections out.
 *
 * A text is compiled once into a struct filter, which is immutable and may be shared by threads.
 * Each thread has its own struct filter_work (registers, caches) and runs the filter over batches,
 * single records, or zones. Language: doc/filter.md. Stages: scan.l, parse.y -> ast.c -> resolve.c
 * -> simplify.c -> compile.c -> verify.c -> vm.c, kernels.c, zone.c; dump.c shows them.
 */
#ifndef WEIR_FILTER_FILTER_H
#define WEIR_FILTER_FILTER_H

#include "base/buf.h"
#include "base/err.h"
#include "field/field.h"
#include "flow/batch.h"
#include "flow/rec.h"
#include "flow/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filter;
struct filter_work;
struct geo_db;
struct tor_db;

/* Process exit codes for a filter that was not accepted. */
enum { FILTER_EXIT_SYNTAX = 254, FILTER_EXIT_INIT = 255 };

/* Looks a host name up: fills at most max addresses and their families (4, 6), returns how many, 0
 * if unknown. */
typedef size_t (*filter_resolver)(void *ctx, const char *name, struct ip *addrs, int *families,
                                  size_t max);

/* What compilation may use. All members may be zero. Data bases must outlive the filter. */
struct filter_env {
    const struct geo_db *geo;
    const struct tor_db *tor;
    filter_resolver resolver; /* NULL: host names are refused */
    void *resolver_ctx;
    bool has_window;          /* -t: only flows with first > first_after and last < last_before */
    uint64_t first_after;     /* msec since 1970 UTC */
    uint64_t last_before;
    bool plain;               /* skip the optimiser (tests) */
    bool only_check;          /* terms that need a data base are accepted without one */
};

/* What to tell the user about a rejected filter. The caller frees it with filter_report_free(). */
struct filter_report {
    struct buf line;   /* for stdout: nfdump's line(s), each with its newline; may be empty */
    struct buf detail; /* for stderr: source line, caret, expectation and suggestion; or why */
    int exit_code;     /* FILTER_EXIT_SYNTAX or FILTER_EXIT_INIT */
};

void filter_report_init(struct filter_report *r);
void filter_report_free(struct filter_report *r);

/* Compile len octets of text. file: name of the file the text comes from, NULL for the command
 * line. env, report and fault may be NULL. Returns 0 and sets *out, or ERR_SYNTAX, ERR_RANGE,
 * ERR_IO (an include), ERR_NOMEM with fault (file, line, column, length, text) and report filled.
 * Empty and blank texts select everything. */
int filter_compile(const char *text, size_t len, const char *file, const struct filter_env *env,
                   struct filter **out, struct filter_report *report, struct fault *fault);
void filter_free(struct filter *f);

/* State of one thread; NULL when memory is out. */
struct filter_work *filter_work_new(const struct filter *f);
void filter_work_free(struct filter_work *w);

/* Evaluate on all rows: sel gets BITS_WORDS(nrows) words, bits above nrows are 0. Returns 0 or the
 * batch's fault code (a column could not be loaded) or ERR_NOMEM. */
int filter_run(const struct filter *f, struct filter_work *w, struct batch *b, uint64_t *sel);

/* Evaluate on one flow. ident: as in struct batch. Use another filter_work than that of batches in
 * flight, or the same between runs. */
bool filter_matches(const struct filter *f, struct filter_work *w, const struct rec *r,
                    const char *ident);

/* Can a block match? ident: of the file, NULL if unknown. */
enum zone_says filter_zone(const struct filter *f, const struct zone *z, const char *ident);

/* True if a term asks for a time zone, which needs a data base that has them. */
bool filter_needs_zones(const struct filter *f);

/* True if every flow matches (the filter is "any"). */
bool filter_is_any(const struct filter *f);

/* All fields that evaluation may touch, computed ones included (field_set_close for the stored). */
const struct field_set *filter_fields(const struct filter *f);

/* --explain: the parsed text, the simplified conditions, the program. */
void filter_dump_ast(const struct filter *f, struct buf *out);
void filter_dump_conditions(const struct filter *f, struct buf *out);
void filter_dump_program(const struct filter *f, struct buf *out);

/* The language as text, made from the catalogue (weir --help=filter). */
void filter_help(struct buf *out);

/* A time literal (YYYY[-MM[-DD[xHH[:MM[:SS[.mmm]]]]]], local time) in msec; false if malformed. */
bool filter_time_parse(const char *text, size_t len, uint64_t *msec);

#endif
