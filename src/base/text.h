/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * text.h - small questions to texts: numbers, case, likeness.
 *
 * Texts are pointer and length, or C strings where no length is given. Case means ASCII.
 */
#ifndef WEIR_BASE_TEXT_H
#define WEIR_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal number without sign or blanks, from lowest to highest. Returns 0 and sets *v;
 * ERR_SYNTAX when it is not only digits, ERR_RANGE when it lies outside (or does not fit 64
 * bits). */
int text_u64(const char *text, size_t len, uint64_t lowest, uint64_t highest, uint64_t *v);

/* The same for a C string. */
int text_number(const char *text, uint64_t lowest, uint64_t highest, uint64_t *v);

bool text_same(const char *a, const char *b);              /* equal but for case */
bool text_same_n(const char *a, size_t len, const char *b); /* a has a length, b ends in NUL */
bool text_begins(const char *text, const char *prefix);    /* but for case */

/* Insertions, deletions, replacements and swaps of neighbours that make b out of a, but for case.
 * Texts are looked at up to 32 octets; longer ones are "far" (their length). */
size_t text_distance(const char *a, const char *b);

/* The candidate most like the word, if it is near enough to be what was meant; else NULL. */
const char *text_nearest(const char *word, const char *const *candidates, size_t n);

#endif
