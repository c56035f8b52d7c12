/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ctlargs.c - see ctlargs.h.
 */
#include "probe/ctlargs.h"

#include "base/opt.h"

#include <string.h>

static const struct opt_row rows[] = {
    {'c', "control", OPT_REQUIRED, "socket", "control socket of the probe"},
    {'h', "help", OPT_NONE, NULL, "this text"},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct word {
    const char *word, *help;
} words[] = {
#define WORD(word, act, help) {word, help},
#include "probe/controlwords.def"
    {"help", "the words, as the probe knows them"},
};

enum { WORDS = sizeof words / sizeof words[0] };

int ctlargs_parse(const char *name, int argc, char **argv, struct arena *arena,
                  struct ctlargs *a, struct fault *fault)
{
    struct opt_result typed;
    int rc = opt_parse(rows, ROWS, argc, argv, arena, &typed, fault);
    if (rc != 0) {
        return rc;
    }
    *a = (struct ctlargs){.path = strcmp(name, "softflowctl") == 0 ? SOFTFLOWD_CONTROL_SOCKET
                                                                    : WEIR_CONTROL_SOCKET};
    for (size_t i = 0; i < typed.nevents; i++) {
        if (typed.events[i].row->key == 'h') {
            a->help = true;
        } else {
            a->path = typed.events[i].value;
        }
    }
    a->word = typed.nwords == 1 ? typed.words[0] : NULL;
    return 0;
}

void ctlargs_usage(const char *name, struct buf *out)
{
    buf_printf(out, "Usage: %s [-c socket] command\n", name);
    opt_usage(rows, ROWS, out);
    buf_str(out, "\nCommands:");
    for (size_t i = 0; i < WORDS; i++) {
        buf_printf(out, "%s%s", i % 6 == 0 ? "\n  " : " ", words[i].word);
    }
    buf_char(out, '\n');
}

void ctlargs_mdoc_options(struct buf *out)
{
    opt_mdoc(rows, ROWS, out);
}

void ctlargs_mdoc_words(struct buf *out)
{
    for (size_t i = 0; i < WORDS; i++) {
        buf_printf(out, ".It Cm %s\n%s\n", words[i].word, words[i].help);
    }
}
