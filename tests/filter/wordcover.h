/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * wordcover.h - which words of the language have been used by cases.
 *
 * The vocabulary says what there is: WORD rows of the catalogue with their directions, keywords,
 * names of numbers, messages about ranges and directions. A case uses a WORD row if its syntax tree
 * has that term with that direction.
 */
#ifndef WEIR_TESTS_WORDCOVER_H
#define WEIR_TESTS_WORDCOVER_H

#include "../unit/check.h"

#include "field/names.h"
#include "filter/parsing.h"
#include "filter/words.h"

#include <ctype.h>

enum { COVER_WORDS_MAX = 1024, COVER_KEY_MAX = 512 };

struct wordcover {
    bool word[COVER_WORDS_MAX]; /* row of the catalogue */
    struct buf accepted;        /* all accepted texts, a line each, in lower case */
    struct buf refused;         /* all messages */
};

static void cover_append(char *key, const char *word, size_t len)
{
    size_t used = strlen(key);
    snprintf(key + used, COVER_KEY_MAX - used, "%s%.*s", used > 0 ? " " : "", (int)len, word);
}

/* A term as WORD rows spell it, with everything that follows: "nat pblock start", "ip in". */
static void cover_key(const struct ast_term *t, char *key)
{
    const struct keyword *k = t->words[0].word;
    const char *first = k == NULL ? "" : k->canonical;
    key[0] = '\0';
    if (strcmp(first, "nat ip") == 0 || strcmp(first, "nat port") == 0) {
        first += 4;
    }
    cover_append(key, t->kind == TERM_GEO ? "geo" : first, 64);
    if (t->kind == TERM_SEEN) {
        snprintf(key, COVER_KEY_MAX, "%.*s seen", (int)t->words[0].len, t->words[0].text);
    }
    if (t->list != NULL || t->kind == TERM_PBLOCK) {
        cover_append(key, "in", 2);
    }
    for (unsigned i = 1; i < t->nwords && t->kind != TERM_SEEN; i++) {
        cover_append(key, t->words[i].text, t->words[i].len);
    }
    for (char *p = key; *p != '\0'; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    if (strcmp(key, "exporter sysid") == 0) {
        snprintf(key, COVER_KEY_MAX, "exporter id");
    }
    if (strncmp(key, "payload ssl", 11) == 0) {
        memcpy(key, "payload tls", 11);
    }
}

static bool cover_begins(const char *key, const char *term)
{
    size_t n = strlen(term);
    return strncmp(key, term, n) == 0 && (key[n] == '\0' || key[n] == ' ');
}

static bool cover_direction(const struct ast_term *t, enum direction d)
{
    const struct keyword *k = t->words[0].word;
    bool nat = k != NULL && strncmp(k->canonical, "nat ", 4) == 0 && k->canonical[4] != 'p';
    bool natport = k != NULL && strcmp(k->canonical, "nat port") == 0;
    enum direction dir = t->kind == TERM_FLOWDIR ? DIR_ANY : t->dir;
    if (nat || natport) {
        dir = dir == DIR_SRC ? DIR_SRC_NAT : dir == DIR_DST ? DIR_DST_NAT : DIR_NAT;
    }
    if (dir == DIR_SRC_OR_DST || dir == DIR_SRC_AND_DST) {
        return d == DIR_SRC || d == DIR_DST;
    }
    return d == dir;
}

static void cover_term(struct wordcover *c, const struct ast_term *t)
{
    char key[COVER_KEY_MAX];
    size_t longest = 0;
    cover_key(t, key);
    for (size_t i = 0; word_row(i) != NULL; i++) {
        size_t n = strlen(word_row(i)->term);
        longest = cover_begins(key, word_row(i)->term) && n > longest ? n : longest;
    }
    for (size_t i = 0; word_row(i) != NULL && i < COVER_WORDS_MAX; i++) {
        const struct word_row *row = word_row(i);
        if (strlen(row->term) == longest && cover_begins(key, row->term) &&
            cover_direction(t, row->direction)) {
            c->word[i] = true;
        }
    }
}

static void wordcover_accepted(struct wordcover *c, const char *text)
{
    struct arena arena;
    struct parsing p = {.arena = &arena};
    arena_init(&arena);
    p.main_source = source_new(&arena, NULL, text, strlen(text));
    if (parsing_run(&p) == 0) {
        for (size_t i = 0; i < p.nterms; i++) {
            cover_term(c, p.terms[i]);
        }
    }
    arena_free(&arena);
    buf_char(&c->accepted, ' ');
    for (; *text != '\0'; text++) {
        bool blank = strchr("'\"\n\t", *text) != NULL;
        buf_char(&c->accepted, blank ? ' ' : (char)tolower((unsigned char)*text));
    }
    buf_str(&c->accepted, " \n");
}

static void wordcover_refused(struct wordcover *c, const char *message)
{
    buf_str(&c->refused, message);
    buf_char(&c->refused, '\n');
}

/* ------------------------------------------------------------------ what is missing */

static bool cover_word_char(char c)
{
    return isalnum((unsigned char)c) || strchr("_:.-=", c) != NULL;
}

/* Does a text stand among the accepted ones as words of its own? */
static bool cover_has(struct wordcover *c, const char *words)
{
    char lower[COVER_KEY_MAX];
    const char *all = buf_text(&c->accepted);
    size_t n = strlen(words);
    for (size_t i = 0; i <= n && i < sizeof lower; i++) {
        lower[i] = (char)tolower((unsigned char)words[i]);
    }
    for (const char *p = strstr(all, lower); p != NULL; p = strstr(p + 1, lower)) {
        if (!cover_word_char(p[-1]) && !cover_word_char(p[n])) {
            return true;
        }
    }
    return false;
}

static void cover_names(struct wordcover *c, struct check *t, enum name_table table,
                        const char *keyword)
{
    size_t n;
    const struct name_row *rows = names_rows(table, &n);
    for (size_t i = 0; i < n; i++) {
        char words[128];
        bool used;
        snprintf(words, sizeof words, "%s %s", keyword, rows[i].text);
        used = cover_has(c, words);
        if (!used) { /* the name may have been quoted */
            snprintf(words, sizeof words, "%s  %s", keyword, rows[i].text);
            used = cover_has(c, words);
        }
        check_note(t, used, "no case for", (int)rows[i].number, words);
    }
}

/* The text of a message up to its number. */
static void cover_message(struct wordcover *c, struct check *t, const char *term,
                          const char *message)
{
    char start[256];
    snprintf(start, sizeof start, "%.*s", (int)strcspn(message, "%"), message);
    if (message[0] != '\0') {
        bool used = strstr(buf_text(&c->refused), start) != NULL;
        if (!check_note(t, used, "no refused case for", 0, term)) {
            printf("    %s\n", message);
        }
    }
}

static void wordcover_check(struct wordcover *c, struct check *t)
{
    for (size_t i = 0; word_row(i) != NULL; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s %s (%s)", direction_text(word_row(i)->direction),
                 word_row(i)->term, field_of(word_row(i)->field)->name);
        check_note(t, c->word[i], "no case for", (int)i, name);
    }
    for (size_t i = 0; keyword_row(i) != NULL; i++) {
        check_note(t, cover_has(c, keyword_row(i)->text), "no case for", (int)i,
                   keyword_row(i)->text);
    }
    for (size_t i = 0; term_row(i) != NULL; i++) {
        cover_message(c, t, term_row(i)->term, term_row(i)->range_message);
        cover_message(c, t, term_row(i)->term, term_row(i)->direction_message);
    }
    cover_names(c, t, NAMES_FWD_STATUS, "fwdstat");
    cover_names(c, t, NAMES_FW_EVENT, "asa event");
    cover_names(c, t, NAMES_XEVENT, "asa denied");
    cover_names(c, t, NAMES_NAT_EVENT, "nat event");
    cover_names(c, t, NAMES_PF_ACTION, "pf action");
    cover_names(c, t, NAMES_PF_REASON, "pf reason");
}

static void wordcover_free(struct wordcover *c)
{
    buf_free(&c->accepted);
    buf_free(&c->refused);
}

#endif
