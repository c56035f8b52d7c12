/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * parsing.c - texts, includes, the list of terms.
 */
#include "filter/parsing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { INCLUDE_OCTETS_MAX = 256 * 1024 * 1024 };

const struct source *source_new(struct arena *a, const char *name, const char *text, size_t len)
{
    struct source *s = arena_zalloc(a, sizeof *s);
    const char *nul = len > 0 ? memchr(text, '\0', len) : NULL;
    if (s == NULL) {
        return NULL;
    }
    s->len = nul != NULL ? (size_t)(nul - text) : len;
    s->text = arena_strndup(a, text, s->len);
    s->scanned = arena_zalloc(a, s->len + 2);
    s->name = name != NULL ? arena_strndup(a, name, strlen(name)) : NULL;
    if (s->text == NULL || s->scanned == NULL || (name != NULL && s->name == NULL)) {
        return NULL;
    }
    memcpy(s->scanned, s->text, s->len);
    return s;
}

void parsing_fail_at(struct parsing *p, int error, const struct token *at, const char *message)
{
    if (p->error == 0) {
        p->error = error;
        p->error_at = *at;
        snprintf(p->message, sizeof p->message, "%s", message);
    }
}

void parsing_fail(struct parsing *p, int error, const char *message)
{
    parsing_fail_at(p, error, &p->last, message);
}

/* nfdump's words. */
static const struct source *include_fails(struct parsing *p, const struct token *at,
                                          const char *name, const char *why)
{
    char message[sizeof p->message];
    snprintf(message, sizeof message, "Failed to open include file '%.150s': %s", name, why);
    parsing_fail_at(p, ERR_IO, at, message);
    return NULL;
}

static const struct source *read_stream(struct parsing *p, const struct token *at,
                                        const char *name, FILE *f)
{
    struct stat st;
    char *data;
    size_t len;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        return include_fails(p, at, name, "not a regular file");
    }
    if (st.st_size > INCLUDE_OCTETS_MAX) {
        return include_fails(p, at, name, "larger than 256 MB");
    }
    data = arena_alloc(p->arena, (size_t)st.st_size + 1);
    if (data == NULL) {
        parsing_fail(p, ERR_NOMEM, "out of memory");
        return NULL;
    }
    len = fread(data, 1, (size_t)st.st_size, f);
    return source_new(p->arena, name, data, len);
}

const struct source *source_read(struct parsing *p, const struct token *name)
{
    char copy[512];
    const struct source *s;
    FILE *f;
    snprintf(copy, sizeof copy, "%.*s", (int)(name->len < 511 ? name->len : 511), name->text);
    f = fopen(copy, "re");
    if (f == NULL) {
        return include_fails(p, name, copy, strerror(errno));
    }
    s = read_stream(p, name, copy, f);
    fclose(f);
    return s;
}

struct ast_node *parsing_term(struct parsing *p, struct ast_term *t)
{
    struct ast_node *n = ast_term_node(p->arena, t);
    struct ast_term **terms = arena_grow(p->arena, p->terms, p->nterms, &p->terms_room,
                                         sizeof(struct ast_term *));
    if (n == NULL || terms == NULL) {
        return NULL;
    }
    p->terms = terms;
    p->terms[p->nterms++] = n->term;
    return n;
}
