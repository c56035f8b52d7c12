/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * regex.h - regular expressions over octets, for `payload regex`.
 *
 * Literals, . [] [^] ( ) | ^ $, the repeats ? * + {n} {n,} {n,m} and their lazy forms, the classes
 * \d \D \w \W \s \S \h, the octets \r \n \t \f \v \xHH, \ before any punctuation, back references
 * \1 to \9. Not accepted: an empty expression or branch, (?...), a repeat of a repeat or of ^ and
 * $, unescaped ] { }.
 *
 * A search is not anchored. "." is any octet but CR and LF. "^" and "$" are the ends of the data.
 * Flags: i no case (ASCII), m "^" and "$" also after and before CR or LF, s "." is any octet.
 *
 * One parser (regex_tree.h) decides what is accepted and what it means; two engines match the tree:
 * PCRE2 if the build has it, else regex_vm.h, whose time is linear. PCRE2 is given up for a search
 * when it needs too many steps, and regex_vm.h decides; only back references need PCRE2.
 *
 * A compiled expression is immutable and may be shared by threads, each with a scratch of its own.
 */
#ifndef WEIR_PAYLOAD_REGEX_H
#define WEIR_PAYLOAD_REGEX_H

#include "base/err.h"

#include <stddef.h>

struct regex;
struct regex_scratch;

enum regex_engine { REGEX_BEST, REGEX_OWN };

/* Compile text; flags is a NUL-terminated text out of "ims" and may be NULL. Returns 0 and an
 * expression that the caller frees, or ERR_SYNTAX, ERR_LIMIT (too large), ERR_UNSUPPORTED (back
 * reference without PCRE2), ERR_NOMEM; then *re is untouched. */
int regex_compile(const char *text, size_t len, const char *flags, enum regex_engine engine,
                  struct regex **re, struct fault *fault);
void regex_free(struct regex *re); /* NULL is fine */

/* Memory for one thread's searches with re; NULL when out of memory. */
struct regex_scratch *regex_scratch_new(const struct regex *re);
void regex_scratch_free(struct regex_scratch *scratch); /* before regex_free(re); NULL is fine */

/* Search: 1 found, 0 not found, ERR_LIMIT if an expression with back references needs too many
 * steps on this data. */
int regex_match(const struct regex *re, const void *data, size_t len,
                struct regex_scratch *scratch);

#endif
