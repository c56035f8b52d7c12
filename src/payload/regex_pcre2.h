/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * regex_pcre2.h - match a tree with PCRE2, if the build has it.
 *
 * The tree is written out as a pattern of PCRE2 that means the same in every respect, so that the
 * dialect does not depend on the engine. Steps are limited, so time is bounded.
 */
#ifndef WEIR_PAYLOAD_REGEX_PCRE2_H
#define WEIR_PAYLOAD_REGEX_PCRE2_H

#include "base/buf.h"
#include "payload/regex_tree.h"

struct regex_pcre2;
struct regex_pcre2_scratch;

/* The pattern for PCRE2, which is plain text. */
void regex_pcre2_pattern(const struct regex_tree *tree, struct buf *pattern);

/* Returns 0, ERR_UNSUPPORTED (no PCRE2, or PCRE2 refuses), ERR_NOMEM. */
int regex_pcre2_new(const struct regex_tree *tree, struct regex_pcre2 **re, struct fault *fault);
void regex_pcre2_free(struct regex_pcre2 *re); /* NULL is fine */

struct regex_pcre2_scratch *regex_pcre2_scratch_new(const struct regex_pcre2 *re);
void regex_pcre2_scratch_free(struct regex_pcre2_scratch *scratch); /* NULL is fine */

/* 1, 0, or ERR_LIMIT: it would take too many steps. */
int regex_pcre2_match(const struct regex_pcre2 *re, const void *data, size_t len,
                      struct regex_pcre2_scratch *scratch);

#endif
