/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weirctl.c - ask a running weirprobe: softflowctl's command line (probe/ctlargs.c).
 */
#include "probe/control.h"
#include "probe/ctlargs.h"

#include <stdio.h>
#include <string.h>

static int usage(const char *name, FILE *to, int code)
{
    struct buf text;
    buf_init(&text);
    ctlargs_usage(name, &text);
    fputs(buf_text(&text), to);
    buf_free(&text);
    return code;
}

static int complain(const char *name, const struct fault *fault)
{
    char line[1024];
    fault_line(fault, line, sizeof line);
    fprintf(stderr, "%s: %s\n", name, line);
    return 1;
}

static int ask(const char *name, const struct ctlargs *a)
{
    struct fault fault = {0};
    struct buf reply;
    int rc;
    buf_init(&reply);
    rc = control_ask(a->path, a->word, &reply, &fault);
    fputs(buf_text(&reply), stdout);
    buf_free(&reply);
    return rc == 0 ? 0 : complain(name, &fault);
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash != NULL ? slash + 1 : argv[0];
    struct fault fault = {0};
    struct ctlargs asked;
    struct arena arena;
    int rc;
    arena_init(&arena);
    if (ctlargs_parse(name, argc, argv, &arena, &asked, &fault) != 0) {
        complain(name, &fault);
        rc = usage(name, stderr, 1);
    } else if (asked.help) {
        rc = usage(name, stdout, 0);
    } else {
        rc = asked.word != NULL ? ask(name, &asked) : usage(name, stderr, 1);
    }
    arena_free(&arena);
    return rc;
}
