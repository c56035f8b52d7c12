/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * parsing.h - the state that scanner and parser share during one compilation.
 *
 * Texts (the given one and those of @include) are kept twice: as they are, for showing lines, and
 * as a buffer that the scanner works on and tokens point into. All of it lives in the arena.
 */
#ifndef WEIR_FILTER_PARSING_H
#define WEIR_FILTER_PARSING_H

#include "base/arena.h"
#include "base/err.h"
#include "filter/ast.h"

#include <stdbool.h>
#include <stddef.h>

enum { INCLUDE_DEPTH_MAX = 10, WORD_LENGTH_MAX = 256 };

struct source {
    const char *name; /* NULL: command line */
    const char *text;
    size_t len;
    char *scanned; /* len + 2 octets; the scanner's copy */
};

struct parsing {
    struct arena *arena;
    const struct source *source;          /* being read */
    const struct source *main_source;
    unsigned line;
    struct {
        const struct source *source;
        unsigned line;
    } outer[INCLUDE_DEPTH_MAX];
    unsigned depth;

    struct token last;    /* the last token, for messages; empty at the end of the text */
    int last_kind;        /* its number, 0 at the beginning */
    struct token before_last;
    int before_last_kind;
    struct list_entry entry;    /* of the list being read; too large for bison's values */
    struct ast_list *open_list; /* of addresses, when an error came before its end */
    struct ast_node *root;
    struct ast_term **terms; /* all terms in the order of the text */
    size_t nterms;
    size_t terms_room;

    int error;            /* ERR_SYNTAX, ERR_IO, ERR_NOMEM */
    char message[256];    /* "syntax error", "memory exhausted", or why a file cannot be read */
    char expected[256];
    struct token error_at;
};

/* Parse: fills p->root and p->terms. Returns 0 or p->error. */
int parsing_run(struct parsing *p);

/* A text as a source; name may be NULL. NULL when memory is out. */
const struct source *source_new(struct arena *a, const char *name, const char *text, size_t len);

/* Read an include file. NULL, with p->error and p->message set, on failure. */
const struct source *source_read(struct parsing *p, const struct token *name);

/* Note the first error, at the last token or another. */
void parsing_fail(struct parsing *p, int error, const char *message);
void parsing_fail_at(struct parsing *p, int error, const struct token *at, const char *message);

/* Keep a term and make its node; NULL when memory is out. */
struct ast_node *parsing_term(struct parsing *p, struct ast_term *t);

#endif
