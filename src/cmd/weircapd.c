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

/* What a plan is made of; what it points to lives as long as the process. */
struct origin {
    const char *name;
    int argc;
    char **argv;
    struct arena *arena;
    struct log *log;
};

static int reread(void *ctx, struct collector_plan *next, struct fault *fault)
{
    struct origin *o = ctx;
    struct collectargs a;
    next->sources = NULL;
    if (collectargs_parse(o->name, o->argc, o->argv, o->arena, &a, fault) != 0) {
        return fault->code;
    }
    return collectargs_plan(&a, o->log, next, fault);
}

static int collect(const struct collectargs *a, struct origin *o)
{
    static const enum log_level levels[] = {LOG_LEVEL_ERROR, LOG_LEVEL_INFO, LOG_LEVEL_INFO,
                                            LOG_LEVEL_DEBUG, LOG_LEVEL_DEBUG};
    struct collector_plan plan;
    struct fault fault = {0};
    struct log log;
    int rc;
    log_init(&log, o->name, levels[a->verbose]);
    rc = collectargs_plan(a, &log, &plan, &fault);
    if (rc == 0) {
        o->log = &log;
        plan.reread = a->config != NULL ? reread : NULL;
        plan.reread_ctx = o;
        rc = collector_run(&plan, &fault);
    }
    sources_free(plan.sources);
    return rc == 0 ? 0 : complain(o->name, &fault);
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash != NULL ? slash + 1 : argv[0];
    struct fault fault = {0};
    struct collectargs a;
    struct arena arena;
    struct origin origin = {.name = name, .argc = argc, .argv = argv, .arena = &arena};
    int rc;
    arena_init(&arena);
    if (collectargs_parse(name, argc, argv, &arena, &a, &fault) != 0) {
        rc = complain(name, &fault);
    } else if (a.help) {
        rc = show_usage(name);
    } else if (a.version) {
        rc = printf("%s: Version: %s\n", name, WEIR_VERSION) < 0;
    } else {
        rc = collect(&a, &origin);
    }
    arena_free(&arena);
    return rc;
}
