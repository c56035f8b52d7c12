/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * parse.y - tokens of a filter into a tree.
 *
 * One production per way of writing a term, not per field. Actions only build nodes with places;
 * what
 * a term means, and whether it is allowed, is found out by filter/resolve.c. The productions read
 * ahead where nfdump's do, because messages name the last token read.
 */
%define api.pure full
%define api.prefix {weir_filter_}
%define parse.error custom
%param {struct parsing *p}
%param {void *scanner}

%code requires {
#include "filter/parsing.h"
}

%code {
#include "base/err.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

int weir_filter_scan(WEIR_FILTER_STYPE *value, void *scanner);

/* The scanner finds the parsing in its extra data. */
static int yylex(WEIR_FILTER_STYPE *value, struct parsing *p, void *scanner)
{
    (void)p;
    return weir_filter_scan(value, scanner);
}

static void yyerror(struct parsing *p, void *scanner, const char *message)
{
    (void)scanner;
    parsing_fail(p, ERR_LIMIT, message);
}

/* A term of some kind from its keyword; further parts are put in by the actions. NULL, then and
 * from
 * then on, when memory is out. */
static struct ast_term *term_of(struct parsing *p, enum term_kind kind, enum direction dir,
                                const struct token *word)
{
    struct ast_term *t = arena_zalloc(p->arena, sizeof *t);
    if (t != NULL) {
        t->kind = kind;
        t->dir = dir;
        t->words[t->nwords++] = *word;
    }
    return t;
}

static struct ast_term *and_word(struct ast_term *t, const struct token *word)
{
    if (t != NULL) {
        t->words[t->nwords++] = *word;
    }
    return t;
}

static struct ast_term *and_number(struct ast_term *t, enum comparator cmp,
                                   const struct token *number)
{
    if (t != NULL) {
        t->cmp = cmp;
        t->number = *number;
        t->has_number = true;
    }
    return t;
}

static struct ast_term *and_time(struct ast_term *t, enum comparator cmp, const struct token *time)
{
    and_number(t, cmp, time);
    if (t != NULL) {
        t->has_number = false;
    }
    return t;
}

static struct ast_term *and_list(struct ast_term *t, struct ast_list *list)
{
    if (t != NULL) {
        t->list = list;
    }
    return t;
}

static struct ast_term *at_word(struct ast_term *t, const struct token *at)
{
    if (t != NULL) {
        t->at = *at;
    }
    return t;
}

static struct ast_term *refused(struct ast_term *t, const char *why)
{
    if (t != NULL) {
        t->kind = TERM_REFUSED;
        t->refusal = why;
    }
    return t;
}

/* asa .. and pf .. take a few directions as plain words. */
static struct ast_term *and_direction(struct ast_term *t, const struct token *at,
                                      enum direction dir,
                                      bool allowed)
{
    struct token word = *at;
    word.text = word.raw = direction_text(dir);
    word.len = word.raw_len = (uint32_t)strlen(word.text);
    return allowed ? and_word(t, &word) : refused(t, "Unknown direction specifier");
}

static struct list_entry entry(const struct parsing *p, const struct token *word)
{
    struct list_entry e = {.token = *word, .at_raw = p->last.raw, .at_len = p->last.raw_len,
                           .at_line = p->last.line};
    return e;
}

static struct list_entry entry_prefix(const struct parsing *p, const struct token *word,
                                      const struct token *prefix)
{
    struct list_entry e = entry(p, word);
    e.prefix_raw = prefix->raw;
    e.prefix_len = prefix->raw_len;
    e.prefix = prefix->number;
    return e;
}

static struct ast_node *finished(struct parsing *p, struct ast_term *t)
{
    if (t != NULL && t->at.raw == NULL) {
        t->at = p->last;
    }
    return t != NULL ? parsing_term(p, t) : NULL;
}

/* A word after "port in" that is no list. */
static const char *why_not_pblock(const struct token *word)
{
    bool pblock = !word->quoted && word->len == 6 && strncasecmp(word->text, "pblock", 6) == 0;
    return pblock ? NULL : "syntax error";
}
}

%union {
    struct token token;
    struct ast_node *node;
    struct ast_term *term;
    struct ast_list *list;
    struct list_entry entry;
    enum direction dir;
    enum comparator cmp;
}

%token <token> PLAIN_WORD "a word" NUMBER "a number" GEO "geo and a country" LABEL "a label"
%token <token> KW_EQ "a comparator" KW_GT KW_LT KW_GE KW_LE
%token <token> KW_AND "'and'" KW_OR "'or'" KW_NOT "'not'"
%token <token> KW_ANY "'any'" KW_FAMILY KW_IPV6 KW_IDENT KW_NUMBER_TERM KW_SUBJECT KW_EXPORTER
    KW_ICMP
%token <token> KW_SRC KW_DST KW_IN "'in'" KW_OUT KW_MIN KW_MAX KW_PREV KW_NEXT "'next'" KW_BGP
    KW_BGPNEXT
%token <token> KW_ROUTER KW_NAT "'nat'" KW_TUN KW_INGRESS KW_EGRESS KW_CLIENT KW_SERVER
%token <token> KW_PROTO KW_PORT KW_AS KW_FLAGS KW_TTL KW_FWDSTAT KW_COUNTER KW_SMALL KW_PLAIN
%token <token> KW_IP KW_NET KW_FLOWDIR KW_MPLS KW_MAC KW_ASA KW_PAYLOAD KW_OBSERVATION
%token <token> KW_SEEN "'seen'" KW_PF KW_TZ

%type <node> expr conj unary
%type <term> term
%type <dir> dir side
%type <cmp> cmp
%type <list> addrs numbers
%type <entry> addr

%%

start:
    %empty                      { p->root = NULL; }
  | expr                        { p->root = $1; }
  ;

expr:
    conj
  | expr KW_OR conj             { $$ = ast_join(p->arena, AST_OR, $1,
                                                $3); if ($$ == NULL) YYNOMEM; }
  ;

conj:
    unary
  | conj KW_AND unary           { $$ = ast_join(p->arena, AST_AND, $1,
                                                $3); if ($$ == NULL) YYNOMEM; }
  ;

unary:
    KW_NOT unary                { $$ = ast_not(p->arena, $2); if ($$ == NULL) YYNOMEM; }
  | '(' expr ')'                { $$ = $2; }
  | '(' expr ')' LABEL          { $$ = $2; }
  | term                        { $$ = finished(p, $1); if ($$ == NULL) YYNOMEM; }
  ;

term:
    KW_ANY                      { $$ = term_of(p, TERM_ANY, DIR_ANY, &$1); }
  | KW_FAMILY                   { $$ = term_of(p, TERM_FAMILY, DIR_ANY, &$1); }
  | KW_IPV6                     { $$ = term_of(p, TERM_FAMILY, DIR_ANY, &$1); }
  | KW_IDENT PLAIN_WORD               { $$ = and_word(term_of(p, TERM_IDENT, DIR_ANY, &$1), &$2); }
  | KW_NUMBER_TERM cmp NUMBER   { $$ = and_number(term_of(p, TERM_NUMBER, DIR_ANY, &$1), $2, &$3); }
  | KW_SUBJECT PLAIN_WORD cmp NUMBER  { $$ = and_number(and_word(term_of(p, TERM_NUMBER, DIR_ANY,
                                                                         &$1), &$2), $3, &$4); }
  | KW_ICMP PLAIN_WORD cmp NUMBER     { $$ = and_number(and_word(term_of(p, TERM_NUMBER, DIR_ANY,
                                                                         &$1), &$2), $3, &$4); }
  | KW_EXPORTER PLAIN_WORD cmp NUMBER { $$ = and_number(and_word(term_of(p, TERM_NUMBER, DIR_ANY,
                                                                         &$1), &$2), $3, &$4); }
  | dir KW_PROTO NUMBER         { $$ = and_number(term_of(p, TERM_NUMBER, $1, &$2), CMP_EQ, &$3); }
  | dir KW_PROTO PLAIN_WORD           { $$ = and_word(term_of(p, TERM_PROTO, $1, &$2), &$3); }
  | dir KW_PROTO KW_IPV6        { $$ = and_word(term_of(p, TERM_PROTO, $1, &$2), &$3); }
  | dir KW_PROTO KW_ICMP        { $$ = and_word(term_of(p, TERM_PROTO, $1, &$2), &$3); }
  | dir KW_PORT cmp NUMBER      { $$ = and_number(term_of(p, TERM_NUMBER, $1, &$2), $3, &$4); }
  | dir KW_PORT KW_IN '[' numbers ']' { $$ = and_list(term_of(p, TERM_NUMBERS, $1, &$2), $5); }
  | dir KW_PORT KW_IN KW_NAT PLAIN_WORD { $$ = and_word(term_of(p, TERM_PBLOCK, $1, &$2), &$5); }
  | dir KW_PORT KW_IN PLAIN_WORD      { const char *why = why_not_pblock(&$4);
                                  $$ = and_word(term_of(p, TERM_PBLOCK, $1, &$2), &$4);
                                  $$ = why != NULL ? refused($$, why) : $$; }
  | dir KW_AS cmp NUMBER        { $$ = and_number(term_of(p, TERM_NUMBER, $1, &$2), $3, &$4); }
  | dir KW_AS KW_IN '[' numbers ']' { $$ = and_list(term_of(p, TERM_NUMBERS, $1, &$2), $5); }
  | dir KW_FLAGS cmp NUMBER     { $$ = and_number(term_of(p, TERM_NUMBER, DIR_ANY, &$2), $3,
                                                  &$4); (void)$1; }
  | dir KW_FLAGS PLAIN_WORD           { $$ = and_word(term_of(p, TERM_FLAGS, DIR_ANY, &$2),
                                                      &$3); (void)$1; }
  | dir KW_FLAGS KW_AS          { $$ = and_word(term_of(p, TERM_FLAGS, DIR_ANY, &$2),
                                                &$3); (void)$1; }
  | dir KW_FLAGS KW_PF          { $$ = and_word(term_of(p, TERM_FLAGS, DIR_ANY, &$2),
                                                &$3); (void)$1; }
  | KW_TTL cmp NUMBER           { $$ = and_number(term_of(p, TERM_NUMBER, DIR_ANY, &$1), $2, &$3); }
  | KW_MIN KW_TTL cmp NUMBER    { $$ = and_number(term_of(p, TERM_NUMBER, DIR_MIN, &$2), $3, &$4); }
  | KW_MAX KW_TTL cmp NUMBER    { $$ = and_number(term_of(p, TERM_NUMBER, DIR_MAX, &$2), $3, &$4); }
  | KW_TTL PLAIN_WORD                 { $$ = and_word(term_of(p, TERM_TTL, DIR_ANY, &$1), &$2); }
  | KW_MIN KW_TTL PLAIN_WORD          { $$ = and_word(term_of(p, TERM_TTL, DIR_ANY, &$2), &$3); }
  | KW_MAX KW_TTL PLAIN_WORD          { $$ = and_word(term_of(p, TERM_TTL, DIR_ANY, &$2), &$3); }
  | KW_FWDSTAT cmp NUMBER       { $$ = and_number(term_of(p, TERM_NUMBER, DIR_ANY, &$1), $2, &$3); }
  | KW_FWDSTAT PLAIN_WORD             { $$ = and_word(term_of(p, TERM_FWDSTAT, DIR_ANY, &$1),
                                                      &$2); }
  | dir KW_COUNTER cmp NUMBER   { $$ = and_number(term_of(p, TERM_NUMBER, $1, &$2), $3, &$4); }
  | dir KW_SMALL NUMBER         { $$ = and_number(term_of(p, TERM_NUMBER, $1, &$2), CMP_EQ, &$3); }
  | KW_PLAIN NUMBER             { $$ = and_number(term_of(p, TERM_NUMBER, DIR_ANY, &$1), CMP_EQ,
                                                  &$2); }
  | dir KW_IP PLAIN_WORD              { $$ = and_word(term_of(p, TERM_IP, $1, &$2), &$3); }
  | dir KW_IP KW_IN '[' addrs ']' { $$ = and_list(term_of(p, TERM_IPS, $1, &$2), $5); }
  | dir KW_NET PLAIN_WORD PLAIN_WORD        { $$ = and_word(and_word(term_of(p, TERM_NETMASK, $1,
                                                                             &$2), &$3), &$4); }
  | dir KW_NET PLAIN_WORD '/' NUMBER  { $$ = and_number(and_word(term_of(p, TERM_NET, $1, &$2),
                                                                 &$3), CMP_EQ, &$5); }
  | KW_FLOWDIR NUMBER           { $$ = and_number(term_of(p, TERM_NUMBER, DIR_ANY, &$1), CMP_EQ,
                                                  &$2); }
  | KW_FLOWDIR side             { $$ = term_of(p, TERM_FLOWDIR, $2, &$1); }
  | KW_FLOWDIR                  { $$ = refused(term_of(p, TERM_FLOWDIR, DIR_ANY, &$1),
                                               "Unknown flowdir: -1"); }
  | KW_MPLS PLAIN_WORD cmp NUMBER     { $$ = and_number(and_word(term_of(p, TERM_MPLS, DIR_ANY,
                                                                         &$1), &$2), $3, &$4); }
  | KW_MPLS KW_ANY cmp NUMBER   { $$ = and_number(and_word(term_of(p, TERM_MPLS, DIR_ANY, &$1),
                                                           &$2), $3, &$4); }
  | dir KW_MAC PLAIN_WORD             { $$ = and_word(term_of(p, TERM_MAC, $1, &$2), &$3); }
  | KW_ASA PLAIN_WORD PLAIN_WORD            { $$ = at_word(and_word(and_word(term_of(p, TERM_ASA,
                                                                  DIR_ANY, &$1), &$2), &$3), &$3); }
  | KW_ASA PLAIN_WORD PLAIN_WORD PLAIN_WORD       { $$ = and_word(and_word(and_word(term_of(p,
                                                        TERM_ASA, DIR_ANY, &$1), &$2), &$3), &$4); }
  | KW_ASA PLAIN_WORD PLAIN_WORD KW_INGRESS { $$ = and_word(and_word(and_word(term_of(p,
                                                        TERM_ASA, DIR_ANY, &$1), &$2), &$3), &$4); }
  | KW_ASA PLAIN_WORD PLAIN_WORD KW_EGRESS  { $$ = and_word(and_word(and_word(term_of(p,
                                                        TERM_ASA, DIR_ANY, &$1), &$2), &$3), &$4); }
  | KW_ASA PLAIN_WORD side            { $$ = and_direction(and_word(term_of(p, TERM_ASA, DIR_ANY,
                                                                            &$1), &$2), &$2, $3,
                                                     $3 == DIR_INGRESS || $3 == DIR_EGRESS); }
  | KW_ASA PLAIN_WORD                 { $$ = refused(and_word(term_of(p, TERM_ASA, DIR_ANY, &$1),
                                                              &$2),
                                               "Unknown direction specifier"); }
  | KW_ASA PLAIN_WORD cmp NUMBER { $$ = and_number(and_word(term_of(p, TERM_NUMBER, DIR_ANY,
                                                                    &$1), &$2), $3, &$4); }
  | KW_NAT PLAIN_WORD PLAIN_WORD            { $$ = and_word(and_word(term_of(p, TERM_NAT,
                                                                        DIR_ANY, &$1), &$2), &$3); }
  | KW_NAT PLAIN_WORD PLAIN_WORD cmp NUMBER { $$ = and_number(and_word(and_word(term_of(p,
                                                 TERM_NUMBER, DIR_ANY, &$1), &$2), &$3), $4, &$5); }
  | KW_NAT PLAIN_WORD cmp NUMBER      { $$ = and_number(and_word(term_of(p, TERM_NUMBER, DIR_ANY,
                                                                         &$1), &$2), $3, &$4); }
  | dir KW_PAYLOAD PLAIN_WORD PLAIN_WORD    { $$ = and_word(and_word(term_of(p, TERM_PAYLOAD, $1,
                                                                             &$2), &$3), &$4); }
  | dir KW_PAYLOAD PLAIN_WORD PLAIN_WORD PLAIN_WORD { $$ = and_word(and_word(and_word(term_of(p,
                                                         TERM_PAYLOAD, $1, &$2), &$3), &$4), &$5); }
  | dir GEO                     { $$ = term_of(p, TERM_GEO, $1, &$2); }
  | dir KW_TZ PLAIN_WORD              { $$ = and_word(term_of(p, TERM_TZ, $1, &$2), &$3); }
  | dir KW_TZ PLAIN_WORD '/' PLAIN_WORD     { $$ = and_word(and_word(term_of(p, TERM_TZ, $1,
                                                                             &$2), &$3), &$5); }
  | KW_OBSERVATION PLAIN_WORD PLAIN_WORD cmp NUMBER { $$ =
          and_number(and_word(and_word(term_of(p, TERM_NUMBER, DIR_ANY, &$1), &$2), &$3), $4,
                     &$5); }
  | PLAIN_WORD KW_SEEN cmp PLAIN_WORD       { $$ = and_time(term_of(p, TERM_SEEN, DIR_ANY, &$1),
                                                            $3, &$4); }
  | PLAIN_WORD KW_SEEN cmp NUMBER     { $$ = and_number(term_of(p, TERM_SEEN, DIR_ANY, &$1), $3,
                                                        &$4); }
  | KW_PF PLAIN_WORD PLAIN_WORD             { $$ = and_word(and_word(term_of(p, TERM_PF, DIR_ANY,
                                                                             &$1), &$2), &$3); }
  | KW_PF PLAIN_WORD side             { $$ = and_direction(and_word(term_of(p, TERM_PF, DIR_ANY,
                                                                            &$1), &$2), &$2, $3,
                                                     $3 == DIR_IN || $3 == DIR_OUT ||
                                                         $3 == DIR_NAT); }
  | KW_PF PLAIN_WORD                  { $$ = refused(and_word(term_of(p, TERM_PF, DIR_ANY, &$1),
                                                              &$2),
                                               "Unknown direction specifier"); }
  | KW_PF PLAIN_WORD cmp NUMBER { $$ = and_number(and_word(term_of(p, TERM_NUMBER, DIR_ANY, &$1),
                                                           &$2), $3, &$4); }
  ;

addrs:
    addr                        { $$ = ast_list_new(p->arena); if (!ast_list_add(p->arena, $$,
                                                                                 &$1)) YYNOMEM; }
  | addrs addr                  { $$ = $1; if (!ast_list_add(p->arena, $$, &$2)) YYNOMEM; }
  | addrs ',' addr              { $$ = $1; if (!ast_list_add(p->arena, $$, &$3)) YYNOMEM; }
  ;

addr:
    PLAIN_WORD                        { $$ = entry(p, &$1); }
  | PLAIN_WORD '/' NUMBER             { $$ = entry_prefix(p, &$1, &$3); }
  ;

numbers:
    NUMBER                      { struct list_entry e = entry(p, &$1); $$ = ast_list_new(p->arena);
                                  if (!ast_list_add(p->arena, $$, &e)) YYNOMEM; }
  | numbers NUMBER              { struct list_entry e = entry(p, &$2); $$ = $1;
                                  if (!ast_list_add(p->arena, $$, &e)) YYNOMEM; }
  | numbers ',' NUMBER          { struct list_entry e = entry(p, &$3); $$ = $1;
                                  if (!ast_list_add(p->arena, $$, &e)) YYNOMEM; }
  ;

cmp:
    %empty                      { $$ = CMP_EQ; }
  | KW_EQ                       { $$ = CMP_EQ; }
  | KW_GT                       { $$ = CMP_GT; }
  | KW_LT                       { $$ = CMP_LT; }
  | KW_GE                       { $$ = CMP_GE; }
  | KW_LE                       { $$ = CMP_LE; }
  ;

dir:
    %empty                      { $$ = DIR_ANY; }
  | side
  | KW_SRC KW_OR KW_DST         { $$ = DIR_SRC_OR_DST; }
  | KW_DST KW_OR KW_SRC         { $$ = DIR_SRC_OR_DST; }
  | KW_SRC KW_AND KW_DST        { $$ = DIR_SRC_AND_DST; }
  | KW_DST KW_AND KW_SRC        { $$ = DIR_SRC_AND_DST; }
  ;

side:
    KW_SRC                      { $$ = DIR_SRC; }
  | KW_DST                      { $$ = DIR_DST; }
  | KW_SRC KW_NAT               { $$ = DIR_SRC_NAT; }
  | KW_DST KW_NAT               { $$ = DIR_DST_NAT; }
  | KW_SRC KW_TUN               { $$ = DIR_SRC_TUN; }
  | KW_DST KW_TUN               { $$ = DIR_DST_TUN; }
  | KW_NAT                      { $$ = DIR_NAT; }
  | KW_TUN                      { $$ = DIR_TUN; }
  | KW_IN                       { $$ = DIR_IN; }
  | KW_OUT                      { $$ = DIR_OUT; }
  | KW_IN KW_SRC                { $$ = DIR_IN_SRC; }
  | KW_IN KW_DST                { $$ = DIR_IN_DST; }
  | KW_OUT KW_SRC               { $$ = DIR_OUT_SRC; }
  | KW_OUT KW_DST               { $$ = DIR_OUT_DST; }
  | KW_INGRESS                  { $$ = DIR_INGRESS; }
  | KW_EGRESS                   { $$ = DIR_EGRESS; }
  | KW_CLIENT                   { $$ = DIR_CLIENT; }
  | KW_SERVER                   { $$ = DIR_SERVER; }
  | KW_PREV                     { $$ = DIR_PREV; }
  | KW_NEXT                     { $$ = DIR_NEXT; }
  | KW_BGP KW_NEXT              { $$ = DIR_BGP_NEXT; }
  | KW_BGPNEXT                  { $$ = DIR_BGP_NEXT; }
  | KW_ROUTER                   { $$ = DIR_ROUTER; }
  | KW_EXPORTER                 { $$ = DIR_ROUTER; }
  ;

%%

/* Note a syntax error with the tokens that would have been right. */
static int yyreport_syntax_error(const yypcontext_t *context, struct parsing *p, void *scanner)
{
    enum { EXPECTED_MAX = 6 };
    yysymbol_kind_t expected[EXPECTED_MAX];
    int n = yypcontext_expected_tokens(context, expected, EXPECTED_MAX);
    size_t used = 0;
    (void)scanner;
    if (p->error != 0) {
        return 0;
    }
    p->expected[0] = '\0';
    for (int i = 0; i < n && used < sizeof p->expected; i++) {
        used += (size_t)snprintf(p->expected + used, sizeof p->expected - used, "%s%s",
                                 i == 0 ? "" : i + 1 == n ? " or " : ", ",
                                 yysymbol_name(expected[i]));
    }
    parsing_fail(p, ERR_SYNTAX, "syntax error");
    return 0;
}
