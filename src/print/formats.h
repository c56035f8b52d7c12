/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * formats.h - from the text of -o to a list of tokens and literals.
 */
#ifndef WEIR_PRINT_FORMATS_H
#define WEIR_PRINT_FORMATS_H

#include "base/arena.h"
#include "print/print.h"
#include "print/token.h"

/* One piece of a line: a literal, or a token. */
struct item {
    const char *literal; /* NULL: a token */
    uint32_t len;
    const struct token *token;
};

/* The pieces of a line; arrays and texts live in the arena. */
struct item_list {
    size_t n;
    size_t cap;
    struct item *items;
};

/* What the text of -o asks for. */
struct format {
    enum print_mode mode;
    const char *text; /* tokens of fmt and csv formats, nested names expanded; else NULL */
    bool long_ipv6;   /* the name ended in 6 */
};

/* Which format, by prefix or by name. Unknown: ERR_NOTFOUND, message and list of names. */
int format_choose(const char *option, const struct print_options *options, struct arena *arena,
                  struct format *f, struct fault *fault, struct buf *possible);

/* Parse tokens. ERR_SYNTAX: message and list of tags. */
int format_parse_fmt(const char *text, struct arena *arena, struct item_list *list,
                     struct fault *fault, struct buf *possible);
int format_parse_csv(const char *text, struct arena *arena, struct item_list *list,
                     struct fault *fault, struct buf *possible);

/* A fixed list of columns with the separator between. */
int format_columns(enum column_list columns, const char *separator, struct arena *arena,
                   struct item_list *list);

/* "Available output formats:" and a line for each. */
void format_list(const struct print_formats *user, struct buf *out);

#endif
