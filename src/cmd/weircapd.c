/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weircapd.c - the collector: nfcapd's and sfcapd's command line.
 */
#include "base/arena.h"
#include "collect/collectargs.h"

#include <stdio.h>
#include <string.h>

static int complain(const char *name, const struct fault *fault)
{
    char line[1024];
    fault_line(fault, line, sizeof line);
    fprintf(stderr, "%s: %s\n", name, line);
    return fault->code == ERR_BUSY ? 255 : 1;
}

static int show_usage(const char *name)
{
    struct buf text;
    buf_init(&text);
    collectargs_usage(name, &text);
    fputs(buf_text(&text), stdout);
    buf_free(&text);
    return 0;
}

static int collect(const struct collectargs *a, const char *name)
{
    static const enum log_level levels[] = {LOG_LEVEL_ERROR, LOG_LEVEL_INFO, LOG_LEVEL_INFO,
                                            LOG_LEVEL_DEBUG, LOG_LEVEL_DEBUG};
    struct collector_plan plan;
    struct fault fault = {0};
    struct log log;
    int rc;
    log_init(&log, name, levels[a->verbose]);
    rc = collectargs_plan(a, &log, &plan, &fault);
    if (rc == 0) {
        rc = collector_run(&plan, &fault);
    }
    sources_free(plan.sources);
    return rc == 0 ? 0 : complain(name, &fault);
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash != NULL ? slash + 1 : argv[0];
    struct fault fault = {0};
    struct collectargs a;
    struct arena arena;
    int rc;
    arena_init(&arena);
    if (collectargs_parse(name, argc, argv, &arena, &a, &fault) != 0) {
        rc = complain(name, &fault);
    } else if (a.help) {
        rc = show_usage(name);
    } else if (a.version) {
        rc = printf("%s: Version: %s\n", name, WEIR_VERSION) < 0;
    } else {
        rc = collect(&a, name);
    }
    arena_free(&arena);
    return rc;
}
