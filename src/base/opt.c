/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * opt.c - options as rows.
 * One pass over argv. A struct walk holds where we are; each kind of argv element (a word, a
 * cluster of letters, a long option) has its function.
 */
#include "base/opt.h"

#include <stdbool.h>
#include <string.h>

struct walk {
    const struct opt_row *rows;
    size_t nrows;
    int argc;
    char *const *argv;
    int at; /* the element being looked at */
    struct opt_result *result;
    struct fault *fault;
};

static void event_add(struct walk *w, const struct opt_row *row, const char *value)
{
    w->result->events[w->result->nevents++] = (struct opt_event){row, value};
}

static const struct opt_row *row_of_letter(const struct walk *w, char letter)
{
    for (size_t i = 0; i < w->nrows; i++) {
        if (w->rows[i].key == letter) {
            return &w->rows[i];
        }
    }
    return NULL;
}

/* The letters after one "-". */
static int cluster_parse(struct walk *w, const char *p)
{
    while (*p != '\0') {
        const struct opt_row *row = row_of_letter(w, *p);
        const char *rest = p + 1;

        if (row == NULL) {
            return fault_set(w->fault, ERR_USAGE, "invalid option -- '%c'", *p);
        }
        if (row->arg == OPT_NONE) {
            event_add(w, row, NULL);
            p = rest;
            continue;
        }
        if (*rest == '\0' && row->arg == OPT_REQUIRED) {
            if (w->at + 1 >= w->argc) {
                return fault_set(w->fault, ERR_USAGE, "option requires an argument -- '%c'", *p);
            }
            rest = w->argv[++w->at];
            event_add(w, row, rest);
        } else {
            event_add(w, row, *rest != '\0' ? rest : NULL);
        }
        return ERR_OK;
    }
    return ERR_OK;
}

/* Find the row that the first len octets of name mean: exactly, or as the only beginning. */
static const struct opt_row *row_of_name(const struct walk *w, const char *name, size_t len,
                                         bool *ambiguous)
{
    const struct opt_row *found = NULL;

    *ambiguous = false;
    for (size_t i = 0; i < w->nrows; i++) {
        const struct opt_row *row = &w->rows[i];
        if (row->name == NULL || strncmp(row->name, name, len) != 0) {
            continue;
        }
        if (row->name[len] == '\0') {
            *ambiguous = false;
            return row;
        }
        *ambiguous = found != NULL;
        found = row;
    }
    return found;
}

/* What follows two "-". */
static int long_parse(struct walk *w, const char *name)
{
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    bool ambiguous;
    const struct opt_row *row = row_of_name(w, name, len, &ambiguous);

    if (row == NULL) {
        return fault_set(w->fault, ERR_USAGE, "unrecognized option '--%s'", name);
    }
    if (ambiguous) {
        return fault_set(w->fault, ERR_USAGE, "option '--%s' is ambiguous", name);
    }
    if (value != NULL && row->arg == OPT_NONE) {
        return fault_set(w->fault, ERR_USAGE, "option '--%s' doesn't allow an argument",
                         row->name);
    }
    if (value == NULL && row->arg == OPT_REQUIRED) {
        if (w->at + 1 >= w->argc) {
            return fault_set(w->fault, ERR_USAGE, "option '--%s' requires an argument",
                             row->name);
        }
        value = w->argv[++w->at];
    }
    event_add(w, row, value);
    return ERR_OK;
}

static void word_add(struct walk *w, const char *word)
{
    w->result->words[w->result->nwords++] = word;
}

static int walk_all(struct walk *w)
{
    for (w->at = 1; w->at < w->argc; w->at++) {
        const char *arg = w->argv[w->at];
        int err = ERR_OK;

        if (arg[0] != '-' || arg[1] == '\0') {
            word_add(w, arg);
        } else if (strcmp(arg, "--") == 0) {
            break;
        } else if (arg[1] == '-') {
            err = long_parse(w, arg + 2);
        } else {
            err = cluster_parse(w, arg + 1);
        }
        if (err != 0) {
            return err;
        }
    }
    for (w->at++; w->at < w->argc; w->at++) {
        word_add(w, w->argv[w->at]);
    }
    return ERR_OK;
}

/* An upper bound of the number of events: every octet of argv may be a letter. */
static size_t events_bound(int argc, char *const *argv)
{
    size_t bound = 0;
    for (int i = 1; i < argc; i++) {
        bound += strlen(argv[i]);
    }
    return bound;
}

int opt_parse(const struct opt_row *rows, size_t nrows, int argc, char *const *argv,
              struct arena *a, struct opt_result *result, struct fault *f)
{
    struct walk w = {rows, nrows, argc, argv, 1, result, f};

    memset(result, 0, sizeof *result);
    result->events = arena_alloc(a, events_bound(argc, argv) * sizeof *result->events);
    result->words = arena_alloc(a, (size_t)(argc > 0 ? argc : 0) * sizeof *result->words);
    if (result->events == NULL || result->words == NULL) {
        return fault_set(f, ERR_NOMEM, "out of memory");
    }
    return walk_all(&w);
}

#define USAGE_COLUMN 28
#define USAGE_WIDTH 80

/* "-r, --read=file" */
static void usage_head(const struct opt_row *row, struct buf *out)
{
    const char *arg = row->arg_name != NULL ? row->arg_name : "arg";
    const char *open = row->arg == OPT_OPTIONAL ? "[" : "";
    const char *close = row->arg == OPT_OPTIONAL ? "]" : "";

    buf_str(out, "  ");
    if (row->key < OPT_LONG) {
        buf_printf(out, "-%c", row->key);
        if (row->name == NULL && row->arg != OPT_NONE) {
            buf_printf(out, "%s%s%s%s", row->arg == OPT_REQUIRED ? " " : "", open, arg, close);
        }
    }
    if (row->name != NULL) {
        buf_printf(out, "%s--%s", row->key < OPT_LONG ? ", " : "    ", row->name);
        if (row->arg != OPT_NONE) {
            buf_printf(out, "%s=%s%s", open, arg, close);
        }
    }
}

/* The help text, broken at blanks (and where it says '\n'), every line indented alike. column is
 * where the first line stands already. */
static void usage_help(const char *help, size_t column, struct buf *out)
{
    while (*help != '\0') {
        size_t word = strcspn(help, " \n");
        bool first = column == USAGE_COLUMN;

        if (!first && column + 1 + word > USAGE_WIDTH) {
            buf_char(out, '\n');
            buf_fill(out, ' ', USAGE_COLUMN);
            column = USAGE_COLUMN;
            first = true;
        }
        if (!first) {
            buf_char(out, ' ');
            column++;
        }
        buf_add(out, help, word);
        column += word;
        help += word;
        if (*help == '\n') {
            buf_char(out, '\n');
            buf_fill(out, ' ', USAGE_COLUMN);
            column = USAGE_COLUMN;
        }
        help += *help != '\0';
    }
    buf_char(out, '\n');
}

void opt_usage(const struct opt_row *rows, size_t nrows, struct buf *out)
{
    for (size_t i = 0; i < nrows; i++) {
        size_t start = out->len;
        size_t width;

        if (rows[i].help == NULL) {
            continue;
        }
        usage_head(&rows[i], out);
        width = out->len - start;
        if (width + 2 > USAGE_COLUMN) {
            buf_char(out, '\n');
            width = 0;
        }
        buf_fill(out, ' ', USAGE_COLUMN - width);
        usage_help(rows[i].help, USAGE_COLUMN, out);
    }
}

/* Text for roff: a backslash, and a line's leading dot or quote, must not be taken for its own. */
static void mdoc_word(const char *word, size_t len, bool at_start, struct buf *out)
{
    if (at_start && (*word == '.' || *word == '\'')) {
        buf_str(out, "\\&");
    }
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '\\') {
            buf_str(out, "\\e");
        } else {
            buf_char(out, word[i]);
        }
    }
}

/* In lines of at most 78 columns: mandoc asks for less than 80. */
static void mdoc_text(const char *text, struct buf *out)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, " \n");
        if (column > 0) {
            bool fits = column + 1 + len <= 78;
            buf_char(out, fits ? ' ' : '\n');
            column = fits ? column + 1 : 0;
        }
        mdoc_word(text, len, column == 0, out);
        column = text[len] == '\n' ? SIZE_MAX / 2 : column + len;
        text += len + (text[len] != '\0');
    }
    buf_char(out, '\n');
}

static void mdoc_argument(const struct opt_row *row, bool is_long, struct buf *out)
{
    const char *arg = row->arg_name != NULL ? row->arg_name : "arg";

    if (row->arg == OPT_REQUIRED) {
        buf_printf(out, is_long ? " Ns = Ns Ar %s" : " Ar %s", arg);
    } else if (row->arg == OPT_OPTIONAL) {
        buf_printf(out, is_long ? " Ns Op = Ns Ar %s" : " Ns Op Ar %s", arg);
    }
}

void opt_mdoc(const struct opt_row *rows, size_t nrows, struct buf *out)
{
    for (size_t i = 0; i < nrows; i++) {
        const struct opt_row *row = &rows[i];

        if (row->help == NULL) {
            continue;
        }
        buf_str(out, ".It");
        if (row->key < OPT_LONG) {
            buf_printf(out, " Fl %c", row->key);
            mdoc_argument(row, false, out);
        }
        if (row->name != NULL) {
            buf_printf(out, "%s Fl -%s", row->key < OPT_LONG ? " ," : "", row->name);
            mdoc_argument(row, true, out);
        }
        buf_char(out, '\n');
        mdoc_text(row->help, out);
    }
}
