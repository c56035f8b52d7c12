/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ast.h - what was typed, as a tree with places.
 *
 * Inner nodes have any number of children: "a or b or c" is one node, so that 70,000 terms make a
 * wide tree, not a deep one. Nodes live in the arena of the compilation. Nothing is judged here.
 */
#ifndef WEIR_FILTER_AST_H
#define WEIR_FILTER_AST_H

#include "base/arena.h"
#include "base/buf.h"
#include "filter/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;

/* A piece of the text. */
struct token {
    const char *text; /* without quotes; not NUL-terminated */
    uint32_t len;
    uint32_t line;
    const char *raw; /* as typed */
    uint32_t raw_len;
    bool quoted;
    const struct source *source;
    uint64_t number;            /* of a number */
    const struct keyword *word; /* of a keyword */
};

enum comparator { CMP_EQ, CMP_GT, CMP_LT, CMP_GE, CMP_LE };

/* Lists are long: an entry keeps no more than it must. */
struct list_entry {
    struct token token;     /* address or number */
    const char *at_raw;     /* last token seen when the entry was complete */
    uint32_t at_len;
    uint32_t at_line;
    const char *prefix_raw; /* NULL: none */
    uint32_t prefix_len;
    uint64_t prefix;
};

struct ast_list {
    struct list_entry *entries;
    size_t n;
    size_t room;
};

enum term_kind {
    TERM_ANY,       /* any */
    TERM_FAMILY,    /* ipv4, ipv6 */
    TERM_IDENT,     /* ident W */
    TERM_NUMBER,    /* [dir] word.. cmp N */
    TERM_NUMBERS,   /* [dir] word in [N ..] */
    TERM_PROTO,     /* [dir] proto W */
    TERM_FLAGS,     /* flags W */
    TERM_TTL,       /* ttl W */
    TERM_FWDSTAT,   /* fwdstat W */
    TERM_FLOWDIR,   /* flowdir dir */
    TERM_IP,        /* [dir] ip W */
    TERM_IPS,       /* [dir] ip in [W ..] */
    TERM_NET,       /* [dir] net W / N */
    TERM_NETMASK,   /* [dir] net W W */
    TERM_PBLOCK,    /* [dir] port in nat W */
    TERM_MPLS,      /* mpls W cmp N */
    TERM_MAC,       /* [dir] mac W */
    TERM_ASA,       /* asa W W */
    TERM_NAT,       /* nat W W */
    TERM_PAYLOAD,   /* [dir] payload W W [W] */
    TERM_GEO,       /* [dir] geo CC */
    TERM_TZ,        /* [dir] tz NAME */
    TERM_SEEN,      /* W seen cmp TIME */
    TERM_PF,        /* pf W W */
    TERM_REFUSED,   /* a term that is well formed, but always refused: message says why */
    TERM_COUNT_
};

enum { TERM_WORDS_MAX = 4 };

/* What stands in front of a term, and its first word; without one at.raw is NULL. */
struct side {
    enum direction dir;
    struct token at;
};

struct ast_term {
    enum term_kind kind;
    enum direction dir;
    struct token dir_at; /* its first word; raw is NULL if it has none */
    enum comparator cmp;
    struct token words[TERM_WORDS_MAX]; /* the first is the keyword */
    unsigned nwords;
    struct token number; /* kinds with N */
    bool has_number;
    struct ast_list *list;
    const char *refusal;  /* REFUSED: the message, and the words that would be right (or NULL) */
    const char *expected;
    struct token at;    /* the last token seen: nfdump's messages name it */
};

enum ast_kind { AST_TERM, AST_AND, AST_OR, AST_NOT };

struct ast_node {
    enum ast_kind kind;
    struct ast_node *first, *last; /* children */
    struct ast_node *next;         /* sibling */
    struct ast_term *term;
};

/* t becomes part of the tree. */
struct ast_node *ast_term_node(struct arena *a, struct ast_term *t);
struct ast_node *ast_not(struct arena *a, struct ast_node *child);

/* a and b under one AND or OR; either may already be such a node. NULL when memory is out. */
struct ast_node *ast_join(struct arena *a, enum ast_kind kind, struct ast_node *left,
                          struct ast_node *right);

struct ast_list *ast_list_new(struct arena *a);
bool ast_list_add(struct arena *a, struct ast_list *l, const struct list_entry *e);

void ast_dump(const struct ast_node *n, struct buf *out);

#endif
