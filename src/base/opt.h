/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * opt.h - options as rows, the command line as events.
 * A program has one constant table of rows. opt_parse turns argv into a list of events in the
 * order typed and a list of words that are no options; usage text and manual tables come from
 * the same rows. Conventions and messages are those of getopt_long: options and words may be
 * mixed, letters clustered (-qN), arguments attached or separate (-rfile, -r file), long names
 * shortened as long as they are unique, "--" ends the options, "-" is a word.
 */
#ifndef WEIR_BASE_OPT_H
#define WEIR_BASE_OPT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

enum opt_arg {
    OPT_NONE,
    OPT_REQUIRED,
    OPT_OPTIONAL /* only attached: -zlz4, -z=lz4 (value "=lz4"), --name=value */
};

/* A key is the option's letter; options with only a long name take a number from here on. */
#define OPT_LONG 256

struct opt_row {
    int key;
    const char *name;     /* long name, or NULL */
    enum opt_arg arg;
    const char *arg_name; /* for the usage text, or NULL */
    const char *help;     /* NULL: accepted, but not shown */
};

struct opt_event {
    const struct opt_row *row;
    const char *value; /* points into argv; NULL when there is none */
};

struct opt_result {
    struct opt_event *events;
    size_t nevents;
    const char **words;
    size_t nwords;
};

/* argv[0] is skipped. The result lies in the arena. ERR_USAGE with getopt's text ("invalid
 * option -- 'Q'", without the program's name in front), or ERR_NOMEM. */
int opt_parse(const struct opt_row *rows, size_t nrows, int argc, char *const *argv,
              struct arena *a, struct opt_result *result, struct fault *f);

/* One paragraph per row: "  -r, --read=file    help", wrapped to 80 columns. */
void opt_usage(const struct opt_row *rows, size_t nrows, struct buf *out);

/* The same as the items of an mdoc list (".It Fl r Ar file"). */
void opt_mdoc(const struct opt_row *rows, size_t nrows, struct buf *out);

#endif
