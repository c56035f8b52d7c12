/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * options_mdoc.c - the option list of a program's manual page, from its option rows.
 *
 * tests/lint/options.sh compares it with what stands in the page, or puts it there.
 */
#include "probe/probeargs.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct buf text;
    if (argc != 2 || strcmp(argv[1], "weirprobe") != 0) {
        fprintf(stderr, "usage: options_mdoc weirprobe\n");
        return 1;
    }
    buf_init(&text);
    probeargs_mdoc(probeargs_dialect_of(argv[1]), &text);
    fputs(buf_text(&text), stdout);
    buf_free(&text);
    return 0;
}
