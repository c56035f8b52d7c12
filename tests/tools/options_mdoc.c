/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * options_mdoc.c - a list of a program's manual page, from the rows that it comes from.
 *
 * tests/lint/options.sh compares it with what stands in the page, or puts it there.
 */
#include "collect/collectargs.h"
#include "probe/ctlargs.h"
#include "probe/probeargs.h"
#include "probe/timeouts.h"

#include <stdio.h>
#include <string.h>

static void probe_options(struct buf *out)
{
    probeargs_mdoc(probeargs_dialect_of("weirprobe"), out);
}

static const struct list {
    const char *program, *name;
    void (*write)(struct buf *out);
} lists[] = {
    {"weirprobe", "options", probe_options},
    {"weirprobe", "timeouts", timeouts_mdoc},
    {"weircapd", "options", collectargs_mdoc},
    {"weirctl", "options", ctlargs_mdoc_options},
    {"weirctl", "commands", ctlargs_mdoc_words},
};

int main(int argc, char **argv)
{
    struct buf text;
    bool found;
    buf_init(&text);
    for (size_t i = 0; argc == 3 && i < sizeof lists / sizeof lists[0]; i++) {
        if (strcmp(argv[1], lists[i].program) == 0 && strcmp(argv[2], lists[i].name) == 0) {
            lists[i].write(&text);
        }
    }
    found = text.len > 0;
    fputs(found ? buf_text(&text) : "usage: options_mdoc program list\n", found ? stdout : stderr);
    buf_free(&text);
    return !found;
}
