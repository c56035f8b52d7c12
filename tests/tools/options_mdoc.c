/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * options_mdoc.c - the option list of a program's manual page, from its option rows.
 *
 * tests/lint/options.sh compares it with what stands in the page, or puts it there.
 */
#include "collect/collectargs.h"
#include "probe/probeargs.h"

#include <stdio.h>
#include <string.h>

static bool list(const char *program, struct buf *text)
{
    if (strcmp(program, "weirprobe") == 0) {
        probeargs_mdoc(probeargs_dialect_of(program), text);
        return true;
    }
    if (strcmp(program, "weircapd") == 0) {
        collectargs_mdoc(text);
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct buf text;
    buf_init(&text);
    if (argc != 2 || !list(argv[1], &text)) {
        fprintf(stderr, "usage: options_mdoc weirprobe|weircapd\n");
        return 1;
    }
    fputs(buf_text(&text), stdout);
    buf_free(&text);
    return 0;
}
