/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weirprobe.c - packets in, exported or written flows out: softflowd's command line, with flow
 * files.
 * Called by the name nfpcapd it understands that program's options instead (probe/probeargs.c
 * has both tables). What was typed becomes a plan, the plan runs.
 */
#include "base/arena.h"
#include "probe/probeargs.h"
#include "probe/probe.h"

#include <stdio.h>
#include <string.h>

static int complain(const struct probeargs_dialect *d, const char *name, const struct fault *fault)
{
    char line[1024];
    fault_line(fault, line, sizeof line);
    fprintf(stderr, "%s: %s\n", name, line);
    if (fault->code == ERR_USAGE) {
        probeargs_usage(d, name, stderr);
    }
    return 1;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash != NULL ? slash + 1 : argv[0];
    const struct probeargs_dialect *dialect = probeargs_dialect_of(name);
    struct fault fault = {0};
    struct arena arena;
    struct probeargs asked;
    struct log log;
    struct probe_plan plan;
    int rc;
    arena_init(&arena);
    rc = probeargs_parse(dialect, argc, argv, &arena, &asked, &fault);
    if (rc == 0 && asked.help) {
        probeargs_usage(dialect, name, stdout);
        return 0;
    }
    if (rc == 0 && asked.show_version) {
        printf("%s: Version: %s\n", name, WEIR_VERSION);
        return 0;
    }
    log_init(&log, name, asked.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    if (rc == 0) {
        rc = probeargs_plan(&asked, name, &log, &plan, &fault);
    }
    if (rc == 0) {
        rc = probe_run(&plan, &fault);
    }
    rc = rc != 0 ? complain(dialect, name, &fault) : 0;
    arena_free(&arena);
    return rc;
}
