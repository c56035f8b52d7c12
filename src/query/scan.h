/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * scan.h - read files with several workers, filter, and feed operators in the order of the input.
 *
 * How it works: files are opened ahead by whichever worker is free; the blocks of opened files
 * that may hold matching rows (zones, time window) are handed out in order. A worker reads and
 * filters its block without a lock, waits for its turn to number the passing rows (and to cut
 * them at a limit), lets its pieces of the operators consume them, and waits for its turn to
 * merge. A turn is a position (file, block), so results do not depend on the number of workers.
 *
 * Operators may ask for further passes over the same rows (operator.h); their order in the plan may
 * change thereby.
 *
 * Damage does not stop a scan: it is told to `warn` in order and counted in the account.
 */
#ifndef WEIR_QUERY_SCAN_H
#define WEIR_QUERY_SCAN_H

#include "base/buf.h"
#include "filter/filter.h"
#include "query/operator.h"
#include "query/scancost.h"
#include "query/window.h"
#include "store/flowfile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan_plan {
    char *const *path;
    size_t npaths;
    const struct filter *filter;
    struct window window;
    uint64_t limit;            /* passing rows wanted; 0: all */
    unsigned workers;          /* at least 1 */
    bool terse;                /* warn in nfdump's words, without the file's name */
    bool totals;               /* totals of passing rows are wanted */
    bool explain;              /* times and reasons are wanted */
    struct operator *ops;
    size_t nops;
    /* Lines for the user about damage, without a newline; called under a lock, in input order. */
    void (*warn)(void *ctx, const char *line);
    /* Now and then from one of the workers; NULL: not wanted. */
    void (*progress)(void *ctx, size_t files_done, size_t files, uint64_t rows);
    void *ctx;
};

/* What a scan saw. Times in msec. */
struct scan_account {
    /* passing rows */
    struct flow_totals totals;      /* if the plan wants them */
    uint64_t passed;                /* rows that matched in the blocks that were read */
    uint64_t processed;             /* of them, those handed to operators */
    /* files */
    size_t files;                   /* opened */
    size_t files_failed;            /* could not be opened */
    size_t files_outside;           /* of the time window, by their totals */
    size_t files_needless;          /* opened, but no block of them is needed */
    size_t files_unfinished;        /* without trailer, recovered */
    uint64_t file_first, file_last; /* over their stored totals; file_first UINT64_MAX: no file */
    char *ident;                    /* of the last file with passing rows; NULL: none */
    struct flow_meta meta;          /* merged over all files that were read */
    /* blocks */
    uint64_t blocks;                /* of the files opened */
    uint64_t blocks_read;
    uint64_t blocks_whole;          /* of them, those all of whose rows pass by what is known */
    uint64_t blocks_unfiltered;     /* left out by address filters alone; with plan->explain */
    uint64_t blocks_skipped;        /* damaged or of unknown type */
    uint64_t blocks_damaged;        /* of them, in files that promise integrity (weir format) */
    uint64_t flows_damaged;         /* records in damaged blocks */
    uint64_t findings;              /* lines that were told about damage of any kind */
    uint64_t unread;                /* records or parts of them, in blocks that could be read */
    uint64_t bytes_read;            /* uncompressed octets of blocks with passing rows */
    uint64_t rows_read;
    struct scan_cost cost;          /* of the first pass */
};

/* Run. The account is valid in any case; scan_account_free() it. Returns 0, ERR_NOMEM, or the
 * first error of an operator with *fault. */
int scan_run(const struct scan_plan *plan, struct scan_account *account, struct fault *fault);
void scan_account_free(struct scan_account *a);

/* The line that tells the user why a file could not be opened; terse: in nfdump's words only, what
 * we know beyond them stands in brackets. */
void scan_open_line(const char *path, const struct fault *fault, bool terse, char *line,
                    size_t room);

#endif
