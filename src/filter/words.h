/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * words.h - the vocabulary of the filter language.
 *
 * What each word stands for is said by the catalogue (field/fields.def):
 *
 *     WORD("term", DIRECTION, FIELD)
 *         "term" in lower case, its words separated by one blank ("nat pblock start"); DIRECTION
 *         from directions.def: what stands in front of it. Several rows with the same term and
 *         direction are or-ed: WORD("port", ANY, SRC_PORT) and WORD("port", ANY, DST_PORT). A
 *         direction without row is refused.
 *
 * How a term may be written is said by keywords.def (its first word's class in the grammar), its
 * limits and messages by terms.def.
 */
#ifndef WEIR_FILTER_WORDS_H
#define WEIR_FILTER_WORDS_H

#include "field/field.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum direction {
#define DIR(id, text) DIR_##id,
#include "filter/directions.def"
    DIR_COUNT_
};

const char *direction_text(enum direction d);

enum keyword_place { WORD_EVERYWHERE, WORD_START };

struct keyword {
    const char *text;
    const char *canonical;
    int token;
    bool compares;
    enum keyword_place where;
};

/* The row of a word, without regard to case; NULL if it is a plain word. */
const struct keyword *keyword_find(const char *text, size_t len);
const struct keyword *keyword_row(size_t i); /* NULL after the last */

enum implied { IMPLIED_NONE, IMPLIED_ICMP, IMPLIED_TCP };

struct term_facts {
    const char *term;
    uint64_t maximum;
    enum implied implied;
    const char *range_message;
    const char *direction_message;
};

/* Facts of a term; terms without a row have no limits. Never NULL. */
const struct term_facts *term_facts(const char *term);
const struct term_facts *term_row(size_t i); /* NULL after the last */

/* Fields of (term, direction) into fields; returns how many (0: direction refused). */
enum { WORD_FIELDS_MAX = 16 };
size_t word_fields(const char *term, enum direction d, enum field_id fields[WORD_FIELDS_MAX]);

struct word_row {
    const char *term;
    enum direction direction;
    enum field_id field;
};
const struct word_row *word_row(size_t i); /* NULL after the last */

/* The group a record must have for a field to count; addresses: of that family (4, 6). HEADER:
 * always. field_has_family is false if the field never holds addresses of the family. */
enum field_group field_guard(enum field_id id);
bool field_has_family(enum field_id id, int family, enum field_group *guard);

#endif
