/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * words.c - look-ups in the vocabulary.
 */
#include "filter/words.h"

#include "filter/tokens.h"

#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const directions[] = {
#define DIR(id, text) text,
#include "filter/directions.def"
};

static const struct keyword keywords[] = {
#define KEYWORD(word, token, compares, where, canonical)                                           \
    {word, canonical, token, compares, WORD_##where},
#include "filter/keywords.def"
};

static const struct term_facts terms[] = {
#define TERM(term, maximum, implied, range, direction)                                             \
    {term, maximum, IMPLIED_##implied, range, direction},
#include "filter/terms.def"
};

static const struct word_row words[] = {
#define WORD(term, direction, field) {term, DIR_##direction, FIELD_##field},
#include "field/fields.def"
};

/* Which family's addresses a field holds, and the group that says so. */
static const struct {
    enum field_id field;
    enum field_group group;
    int family;
} families[] = {
#define FAMILY_U8 0
#define FAMILY_U16 0
#define FAMILY_U32 0
#define FAMILY_U64 0
#define FAMILY_MAC 0
#define FAMILY_TEXT 0
#define FAMILY_BYTES 0
#define FAMILY_IP4 4
#define FAMILY_IP6 6
#define NFD(id, group, offset, codec) {FIELD_##id, GROUP_##group, FAMILY_##codec},
#include "field/fields.def"
};

const char *direction_text(enum direction d)
{
    return directions[d];
}

static int compare_word(const char *text, size_t len, const char *word)
{
    int order = strncasecmp(text, word, len);
    return order != 0 ? order : word[len] == '\0' ? 0 : -1;
}

const struct keyword *keyword_find(const char *text, size_t len)
{
    size_t low = 0;
    size_t high = COUNT(keywords);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_word(text, len, keywords[middle].text);
        if (order == 0) {
            return &keywords[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const struct keyword *keyword_row(size_t i)
{
    return i < COUNT(keywords) ? &keywords[i] : NULL;
}

const struct term_facts *term_facts(const char *term)
{
    static const struct term_facts unlimited = {"", UINT64_MAX, IMPLIED_NONE, "", ""};
    for (size_t i = 0; i < COUNT(terms); i++) {
        if (strcmp(terms[i].term, term) == 0) {
            return &terms[i];
        }
    }
    return &unlimited;
}

const struct term_facts *term_row(size_t i)
{
    return i < COUNT(terms) ? &terms[i] : NULL;
}

size_t word_fields(const char *term, enum direction d, enum field_id fields[WORD_FIELDS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < COUNT(words) && n < WORD_FIELDS_MAX; i++) {
        /* The first letter saves most calls: long filters look up words very often. */
        if (words[i].direction == d && words[i].term[0] == term[0] &&
            strcmp(words[i].term, term) == 0) {
            fields[n++] = words[i].field;
        }
    }
    return n;
}

const struct word_row *word_row(size_t i)
{
    return i < COUNT(words) ? &words[i] : NULL;
}

enum field_group field_guard(enum field_id id)
{
    const struct field *f = field_of(id);
    return field_is_computed(id) ? field_of(f->inputs[0])->group : f->group;
}

bool field_has_family(enum field_id id, int family, enum field_group *guard)
{
    for (size_t i = 0; i < COUNT(families); i++) {
        if (families[i].field == id && families[i].family == family) {
            *guard = families[i].group;
            return true;
        }
    }
    return false;
}
