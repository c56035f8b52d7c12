/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * resolve.h - from what was typed to what it means.
 *
 * Words become fields, values are checked, directions are spread over fields. A term that makes no
 * sense sets the first failure: nfdump's message, the place, what would have been right.
 */
#ifndef WEIR_FILTER_RESOLVE_H
#define WEIR_FILTER_RESOLVE_H

#include "base/arena.h"
#include "base/buf.h"
#include "field/names.h"
#include "filter/ast.h"
#include "filter/cond.h"
#include "filter/filter.h"

#include <stdbool.h>

struct regex;

struct regex_entry {
    struct regex *regex;
    struct regex_entry *next;
};

struct resolving {
    struct arena *arena;
    const struct filter_env *env;
    struct regex_entry *regexes; /* owned by whoever owns the arena */

    int error;           /* 0, ERR_SYNTAX, ERR_RANGE, ERR_NOMEM */
    char message[512];   /* without "Line N:" */
    char hint[256];      /* what would be right; may be empty */
    char meant[64];      /* what may have been meant; may be empty */
    struct token at;     /* the token that nfdump's message names */
    struct token place;  /* where the caret goes */
    struct buf before;   /* lists that nfdump prints around its line */
    struct buf after;
};

/* NULL on failure (r->error is set). */
struct cond *resolve_tree(struct resolving *r, const struct ast_node *n);
struct cond *resolve_term(struct resolving *r, const struct ast_term *t);

/* ---- for the files that make up this stage ---- */

/* Note a failure; place: the wrong token. Returns NULL. */
struct cond *resolve_fail(struct resolving *r, const struct ast_term *t, const struct token *place,
                          const char *fmt, ...) __attribute__((format(printf, 4, 5)));
struct cond *resolve_no_memory(struct resolving *r);

/* What would be right, unless something was said already: a text; or one of the words of a list
 * separated by blanks, or of a table, and the one nearest to the token. Before resolve_fail(). */
void resolve_hint(struct resolving *r, const char *text);
void resolve_expect(struct resolving *r, const struct token *t, const char *words);
void resolve_expect_name(struct resolving *r, const struct token *t, enum name_table table);

/* A token for "%.*s" in a message. */
#define TOKEN_TEXT(token) (int)((token)->len), (token)->text

/* Case-insensitive comparison of a token with a word. */
bool token_is(const struct token *t, const char *word);

/* The condition for one field of a term. */
typedef struct cond *(*field_maker)(struct resolving *r, enum field_id field, const void *ctx);

/* Or (and, for "src and dst") of make() over the fields of (key, direction of t). */
struct cond *resolve_fields(struct resolving *r, const struct ast_term *t, const char *key,
                            field_maker make, const void *ctx);

/* Direction of a term, older spellings ("src xip") translated. */
enum direction resolve_direction(const struct ast_term *t);

/* Range of numbers a comparator stands for; low > high if there is none. */
void comparator_range(enum comparator cmp, uint64_t n, uint64_t *low, uint64_t *high);

/* The test of one number field; ctx: struct ranges. */
struct cond *resolve_number_field(struct resolving *r, enum field_id field, const void *ctx);

/* c with the protocol that the term carries (terms.def). */
struct cond *resolve_implied(struct resolving *r, const struct term_facts *facts, struct cond *c);

/* key = number, for terms whose value was given by name. */
struct cond *resolve_named(struct resolving *r, const struct ast_term *t, const char *key,
                           uint64_t number);

/* Terms of names (namedterms.c). */
struct cond *resolve_any(struct resolving *r, const struct ast_term *t);
struct cond *resolve_family(struct resolving *r, const struct ast_term *t);
struct cond *resolve_ident(struct resolving *r, const struct ast_term *t);
struct cond *resolve_proto(struct resolving *r, const struct ast_term *t);
struct cond *resolve_flags(struct resolving *r, const struct ast_term *t);
struct cond *resolve_ttl(struct resolving *r, const struct ast_term *t);
struct cond *resolve_fwdstat(struct resolving *r, const struct ast_term *t);
struct cond *resolve_flowdir(struct resolving *r, const struct ast_term *t);
struct cond *resolve_mac(struct resolving *r, const struct ast_term *t);
struct cond *resolve_seen(struct resolving *r, const struct ast_term *t);

/* Of label stacks (mplsterms.c), of events (eventterms.c). */
struct cond *resolve_mpls(struct resolving *r, const struct ast_term *t);
struct cond *resolve_asa(struct resolving *r, const struct ast_term *t);
struct cond *resolve_nat(struct resolving *r, const struct ast_term *t);
struct cond *resolve_pf(struct resolving *r, const struct ast_term *t);
struct cond *resolve_pblock(struct resolving *r, const struct ast_term *t);

/* Of addresses, of payload. */
struct cond *resolve_ip(struct resolving *r, const struct ast_term *t);
struct cond *resolve_ips(struct resolving *r, const struct ast_term *t);
void resolve_open_list(struct resolving *r, const struct ast_list *list); /* only for mistakes */
struct cond *resolve_net(struct resolving *r, const struct ast_term *t);
struct cond *resolve_netmask(struct resolving *r, const struct ast_term *t);
struct cond *resolve_geo(struct resolving *r, const struct ast_term *t);
struct cond *resolve_tz(struct resolving *r, const struct ast_term *t);
struct cond *resolve_payload(struct resolving *r, const struct ast_term *t);

/* AS of an address: the field, or where it is 0 the data base's. */
struct cond *resolve_as(struct resolving *r, enum field_id field, const struct ranges *set);

/* Or of make(field, family) over both families, for fields that hold addresses. */
struct cond *resolve_families(struct resolving *r, enum field_id field, const struct test *model);

#endif
