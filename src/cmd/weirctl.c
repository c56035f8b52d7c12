/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weirctl.c - ask a running weirprobe: softflowctl's command line.
 */
#include "base/opt.h"
#include "probe/control.h"

#include <stdio.h>

static const struct opt_row rows[] = {
    {'c', "control", OPT_REQUIRED, "socket",
     "control socket of the probe (" WEIR_CONTROL_SOCKET ")"},
    {'h', "help", OPT_NONE, NULL, "this text"},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void usage(FILE *to)
{
    struct buf text;
    buf_init(&text);
    buf_str(&text, "Usage: weirctl [-c socket] command\n");
    opt_usage(rows, ROWS, &text);
    buf_str(&text, "\nCommands: help (asks the probe for its words), statistics, timeouts, "
                   "dump-flows, expire-all,\n  delete-all, send-template, start-gather, "
                   "stop-gather, debug+, debug-, shutdown, exit\n");
    fputs(buf_text(&text), to);
    buf_free(&text);
}

static int complain(const struct fault *fault)
{
    char line[1024];
    fault_line(fault, line, sizeof line);
    fprintf(stderr, "weirctl: %s\n", line);
    return 1;
}

static int ask(const char *path, const char *word)
{
    struct fault fault = {0};
    struct buf reply;
    int rc;
    buf_init(&reply);
    rc = control_ask(path, word, &reply, &fault);
    fputs(buf_text(&reply), stdout);
    buf_free(&reply);
    return rc == 0 ? 0 : complain(&fault);
}

static int obey(const struct opt_result *typed)
{
    const char *path = WEIR_CONTROL_SOCKET;
    for (size_t i = 0; i < typed->nevents; i++) {
        if (typed->events[i].row->key == 'h') {
            usage(stdout);
            return 0;
        }
        path = typed->events[i].value;
    }
    if (typed->nwords != 1) {
        usage(stderr);
        return 1;
    }
    return ask(path, typed->words[0]);
}

int main(int argc, char **argv)
{
    struct opt_result typed;
    struct fault fault = {0};
    struct arena arena;
    int rc;
    arena_init(&arena);
    if (opt_parse(rows, ROWS, argc, argv, &arena, &typed, &fault) != 0) {
        rc = complain(&fault);
        usage(stderr);
    } else {
        rc = obey(&typed);
    }
    arena_free(&arena);
    return rc;
}
