/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * session.h - one run of the weir command, from what was typed to its exit code.
 *
 * Steps fill the session one after the other, in the order in which mistakes are reported. A step
 * returns true to go on; false ends the run with exit_code, everything having been said.
 */
#ifndef WEIR_CMD_SESSION_H
#define WEIR_CMD_SESSION_H

#include "filter/filter.h"
#include "print/config.h"
#include "print/print.h"
#include "query/aggregate.h"
#include "query/asked.h"
#include "query/scan.h"
#include "query/spill.h"
#include "query/window.h"
#include "store/filelist.h"

#include <stdbool.h>
#include <time.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_NO_FILE = 250, EXIT_FILTER = 254, EXIT_START = 255 };

struct session {
    const char *program;      /* argv[0] */
    bool damaged;             /* something was told about damage, or a file could not be opened */
    bool as_nfdump;           /* nfdump's messages and exit codes: doc/decisions/021 */
    struct arena arena;
    struct asked asked;
    int exit_code;

    struct filter *filter;
    struct filter *post;
    struct config config;
    struct window window;
    struct filelist files;
    const char *temporary;    /* copy of standard input, removed at the end; NULL: none */
    struct geo_db *geo;
    struct tor_db *tor;
    bool aggregates;          /* -a, -A, -b, -B without statistics */
    struct aggregation aggregation;
    struct buf format;        /* automatic format of -A */
    struct print_options print_options;
    struct printer *printer;
    uint64_t top;             /* rows of tables; 0: all */
    bool quiet;
    unsigned workers;
    struct budget budget;     /* of the memory that tables may take */
    enum flow_format write_format;

    struct scan_account account;
    struct timespec started;
    double progress_shown;    /* seconds after the start */
};

void session_init(struct session *s, const char *program);
void session_free(struct session *s);

/* sessionsteps.c: from options to a plan. */
bool session_prepare(struct session *s);

/* sessionrun.c: the scan and its results. */
bool session_run(struct session *s);

/* sessiontasks.c: everything that is not a query. */
bool session_task(struct session *s);
bool session_totals(struct session *s);  /* -I */
bool session_plot(struct session *s);    /* -g */
void session_usage(struct session *s);

/* sessionfiles.c: single files, verified or written anew. */
bool session_verify(struct session *s);
bool session_repair(struct session *s);
bool session_recompress(struct session *s); /* -J */
bool session_ident(struct session *s);   /* -i */
/* Open a flow file; NULL after telling why it cannot be. */
struct flowfile *session_open(struct session *s, const char *path);

/* Write out a buffer and empty it. */
void say_out(struct buf *b);
void say_err(struct buf *b);
void say_line(const char *line); /* to stderr */

/* End the run. EXIT_OK becomes EXIT_FAILED after damage, unless weir stands in for nfdump. Returns
 * false. */
bool session_end(struct session *s, int exit_code);

#endif
