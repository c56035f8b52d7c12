/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * suggest.h - what may have been meant by a word that is not right.
 *
 * struct nearest looks for the candidate with the fewest typing mistakes; a word of up to four
 * letters may have one, a longer one two. A candidate that the text is the beginning of wins.
 */
#ifndef WEIR_FILTER_SUGGEST_H
#define WEIR_FILTER_SUGGEST_H

#include "filter/parsing.h"

#include <stddef.h>

struct nearest {
    const char *text;
    size_t text_len;
    const char *word; /* the best so far, not NUL-terminated; len 0: none */
    size_t len;
    unsigned mistakes;
};

struct nearest nearest_start(const char *text, size_t len);
void nearest_try(struct nearest *n, const char *word, size_t len);

/* The token to point at for a syntax error, not always the one where nfdump noticed it. */
const struct token *suggest_place(const struct parsing *p);

/* Append "expected ..." and "did you mean ...?" lines for a syntax error. */
void suggest_syntax(const struct parsing *p, struct buf *out);

#endif
