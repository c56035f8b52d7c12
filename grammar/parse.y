/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * parse.y - tokens of a filter into a tree.
 *
 * One production per way of writing a term, not per field. Actions only build nodes with places;
 * what a term means, and whether it is allowed, is found out by filter/resolve.c. The productions
 * read ahead where nfdump's do, because messages name the last token read.
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

/* A term of some kind from its keyword and what stands in front of it (NULL: nothing counts);
 * further parts are put in by the actions. NULL, then and from then on, when memory is out. */
static struct ast_term *term_of(struct parsing *p, enum term_kind kind, const struct token *word,
                                const struct side *side)
{
    struct ast_term *t = arena_zalloc(p->arena, sizeof *t);
    if (t != NULL) {
        t->kind = kind;
        t->words[t->nwords++] = *word;
        t->dir = side != NULL ? side->dir : DIR_ANY;
        t->dir_at = side != NULL ? side->at : t->dir_at;
    }
    return t;
}

static void and_word(struct ast_term *t, const struct token *word)
{
    if (t != NULL) {
        t->words[t->nwords++] = *word;
    }
}

static void and_number(struct ast_term *t, enum comparator cmp, const struct token *number)
{
    if (t != NULL) {
        t->cmp = cmp;
        t->number = *number;
        t->has_number = true;
    }
}

static void and_time(struct ast_term *t, enum comparator cmp, const struct token *time)
{
    and_number(t, cmp, time);
    if (t != NULL) {
        t->has_number = false;
    }
}

static void and_list(struct parsing *p, struct ast_term *t, struct ast_list *list)
{
    p->open_list = NULL;
    if (t != NULL) {
        t->list = list;
    }
}

static void at_word(struct ast_term *t, const struct token *at)
{
    if (t != NULL) {
        t->at = *at;
    }
}

static void refused(struct ast_term *t, const char *why, const char *expected)
{
    if (t != NULL) {
        t->kind = TERM_REFUSED;
        t->refusal = why;
        t->expected = expected;
    }
}

/* asa .. and pf .. take a few directions as plain words. */
static void and_side(struct ast_term *t, const struct side *side, bool allowed)
{
    and_word(t, &side->at);
    if (!allowed) {
        refused(t, "Unknown direction specifier", NULL);
    }
}

static struct list_entry entry(const struct parsing *p, const struct token *word)
{
    struct list_entry e = {.token = *word, .at_raw = p->last.raw, .at_len = p->last.raw_len,
                           .at_line = p->last.line};
    return e;
}

static bool add_number(struct parsing *p, struct ast_list *list, const struct token *number)
{
    struct list_entry e = entry(p, number);
    return ast_list_add(p->arena, list, &e);
}

/* The address read last, with its prefix if it has one. */
static bool add_address(struct parsing *p, struct ast_list *list)
{
    return ast_list_add(p->arena, list, &p->entry);
}

static void prefix_of_entry(struct list_entry *e, const struct token *prefix)
{
    e->prefix_raw = prefix->raw;
    e->prefix_len = prefix->raw_len;
    e->prefix = prefix->number;
}

static struct ast_node *finished(struct parsing *p, struct ast_term *t)
{
    if (t != NULL && t->at.raw == NULL) {
        t->at = p->last;
    }
    return t != NULL ? parsing_term(p, t) : NULL;
}

/* A word after "port in" that is no list. */
static void refuse_unless_pblock(struct ast_term *t, const struct token *word)
{
    if (word->quoted || word->len != 6 || strncasecmp(word->text, "pblock", 6) != 0) {
        refused(t, "syntax error", "nat [");
    }
}
}

%union {
    struct token token;
    struct ast_node *node;
    struct ast_term *term;
    struct ast_list *list;
    struct side side;
    enum comparator cmp;
}

%token <token> PLAIN_WORD "a word" NUMBER "a number" GEO "geo and a country" LABEL "a label"
%token <token> KW_EQ "a comparator" KW_GT "'>'" KW_LT "'<'" KW_GE "'>='" KW_LE "'<='"
%token <token> KW_AND "'and'" KW_OR "'or'" KW_NOT "'not'"
%token <token> KW_ANY "'any'" KW_FAMILY "'ipv4'" KW_IPV6 "'ipv6'" KW_IDENT "'ident'"
%token <token> KW_NUMBER_TERM "'count'" KW_SUBJECT "'engine'" KW_EXPORTER "'exporter'"
%token <token> KW_ICMP "'icmp'" KW_MIN "'min'" KW_MAX "'max'"
%token <token> KW_SRC "'src'" KW_DST "'dst'" KW_IN "'in'" KW_OUT "'out'"
%token <token> KW_PREV "'prev'" KW_NEXT "'next'" KW_BGP "'bgp'" KW_BGPNEXT "'bgpnext'"
%token <token> KW_ROUTER "'router'" KW_NAT "'nat'" KW_TUN "'tun'" KW_INGRESS "'ingress'"
%token <token> KW_EGRESS "'egress'" KW_CLIENT "'client'" KW_SERVER "'server'" KW_PROTO "'proto'"
%token <token> KW_PORT "'port'" KW_AS "'as'" KW_FLAGS "'flags'" KW_TTL "'ttl'"
%token <token> KW_FWDSTAT "'fwdstat'" KW_COUNTER "'bytes'" KW_SMALL "'if'"
%token <token> KW_PLAIN "'ethertype'" KW_IP "'ip'" KW_NET "'net'"
%token <token> KW_FLOWDIR "'flowdir'" KW_MPLS "'mpls'" KW_MAC "'mac'" KW_ASA "'asa'"
%token <token> KW_PAYLOAD "'payload'" KW_OBSERVATION "'observation'" KW_SEEN "'seen'" KW_PF "'pf'"
%token <token> KW_TZ "'tz'"

%type <node> expr conj unary
%type <term> term
%type <side> dir side
%type <cmp> cmp
%type <list> addrs numbers

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
    KW_ANY                                  { $$ = term_of(p, TERM_ANY, &$1, NULL); }
  | KW_FAMILY                               { $$ = term_of(p, TERM_FAMILY, &$1, NULL); }
  | KW_IPV6                                 { $$ = term_of(p, TERM_FAMILY, &$1, NULL); }
  | KW_IDENT PLAIN_WORD
      { $$ = term_of(p, TERM_IDENT, &$1, NULL); and_word($$, &$2); }
  | KW_NUMBER_TERM cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_number($$, $2, &$3); }
  | KW_SUBJECT PLAIN_WORD cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_word($$, &$2); and_number($$, $3, &$4); }
  | KW_ICMP PLAIN_WORD cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_word($$, &$2); and_number($$, $3, &$4); }
  | KW_EXPORTER PLAIN_WORD cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_word($$, &$2); and_number($$, $3, &$4); }
  | dir KW_PROTO NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$2, &$1); and_number($$, CMP_EQ, &$3); }
  | dir KW_PROTO PLAIN_WORD
      { $$ = term_of(p, TERM_PROTO, &$2, &$1); and_word($$, &$3); }
  | dir KW_PROTO KW_IPV6
      { $$ = term_of(p, TERM_PROTO, &$2, &$1); and_word($$, &$3); }
  | dir KW_PROTO KW_ICMP
      { $$ = term_of(p, TERM_PROTO, &$2, &$1); and_word($$, &$3); }
  | dir KW_PORT cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$2, &$1); and_number($$, $3, &$4); }
  | dir KW_PORT KW_IN '[' numbers ']'
      { $$ = term_of(p, TERM_NUMBERS, &$2, &$1); and_list(p, $$, $5); }
  | dir KW_PORT KW_IN KW_NAT PLAIN_WORD
      { $$ = term_of(p, TERM_PBLOCK, &$2, &$1); and_word($$, &$5); }
  | dir KW_PORT KW_IN PLAIN_WORD
      { $$ = term_of(p, TERM_PBLOCK, &$2, &$1); and_word($$, &$4); refuse_unless_pblock($$, &$4); }
  | dir KW_AS cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$2, &$1); and_number($$, $3, &$4); }
  | dir KW_AS KW_IN '[' numbers ']'
      { $$ = term_of(p, TERM_NUMBERS, &$2, &$1); and_list(p, $$, $5); }
  | dir KW_FLAGS cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$2, NULL); and_number($$, $3, &$4); }
  | dir KW_FLAGS PLAIN_WORD
      { $$ = term_of(p, TERM_FLAGS, &$2, NULL); and_word($$, &$3); }
  | dir KW_FLAGS KW_AS
      { $$ = term_of(p, TERM_FLAGS, &$2, NULL); and_word($$, &$3); }
  | dir KW_FLAGS KW_PF
      { $$ = term_of(p, TERM_FLAGS, &$2, NULL); and_word($$, &$3); }
  | KW_TTL cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_number($$, $2, &$3); }
  | KW_MIN KW_TTL cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$2, &(struct side){DIR_MIN, $1}); and_number($$, $3, &$4); }
  | KW_MAX KW_TTL cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$2, &(struct side){DIR_MAX, $1}); and_number($$, $3, &$4); }
  | KW_TTL PLAIN_WORD
      { $$ = term_of(p, TERM_TTL, &$1, NULL); and_word($$, &$2); }
  | KW_MIN KW_TTL PLAIN_WORD
      { $$ = term_of(p, TERM_TTL, &$2, NULL); and_word($$, &$3); }
  | KW_MAX KW_TTL PLAIN_WORD
      { $$ = term_of(p, TERM_TTL, &$2, NULL); and_word($$, &$3); }
  | KW_FWDSTAT cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_number($$, $2, &$3); }
  | KW_FWDSTAT PLAIN_WORD
      { $$ = term_of(p, TERM_FWDSTAT, &$1, NULL); and_word($$, &$2); }
  | dir KW_COUNTER cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$2, &$1); and_number($$, $3, &$4); }
  | dir KW_SMALL NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$2, &$1); and_number($$, CMP_EQ, &$3); }
  | KW_PLAIN NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_number($$, CMP_EQ, &$2); }
  | dir KW_IP PLAIN_WORD
      { $$ = term_of(p, TERM_IP, &$2, &$1); and_word($$, &$3); }
  | dir KW_IP KW_IN '[' addrs ']'
      { $$ = term_of(p, TERM_IPS, &$2, &$1); and_list(p, $$, $5); }
  | dir KW_NET PLAIN_WORD PLAIN_WORD
      { $$ = term_of(p, TERM_NETMASK, &$2, &$1); and_word($$, &$3); and_word($$, &$4); }
  | dir KW_NET PLAIN_WORD '/' NUMBER
      { $$ = term_of(p, TERM_NET, &$2, &$1); and_word($$, &$3); and_number($$, CMP_EQ, &$5); }
  | KW_FLOWDIR NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_number($$, CMP_EQ, &$2); }
  | KW_FLOWDIR side                         { $$ = term_of(p, TERM_FLOWDIR, &$1, &$2); }
  | KW_FLOWDIR
      { $$ = term_of(p, TERM_FLOWDIR, &$1, NULL);
        refused($$, "Unknown flowdir: -1", "0 1 ingress egress"); }
  | KW_MPLS PLAIN_WORD cmp NUMBER
      { $$ = term_of(p, TERM_MPLS, &$1, NULL); and_word($$, &$2); and_number($$, $3, &$4); }
  | KW_MPLS KW_ANY cmp NUMBER
      { $$ = term_of(p, TERM_MPLS, &$1, NULL); and_word($$, &$2); and_number($$, $3, &$4); }
  | dir KW_MAC PLAIN_WORD
      { $$ = term_of(p, TERM_MAC, &$2, &$1); and_word($$, &$3); }
  | KW_ASA PLAIN_WORD PLAIN_WORD
      { $$ = term_of(p, TERM_ASA, &$1, NULL); and_word($$, &$2); and_word($$, &$3);
        at_word($$, &$3); }
  | KW_ASA PLAIN_WORD PLAIN_WORD PLAIN_WORD
      { $$ = term_of(p, TERM_ASA, &$1, NULL); and_word($$, &$2); and_word($$, &$3);
        and_word($$, &$4); }
  | KW_ASA PLAIN_WORD PLAIN_WORD KW_INGRESS
      { $$ = term_of(p, TERM_ASA, &$1, NULL); and_word($$, &$2); and_word($$, &$3);
        and_word($$, &$4); }
  | KW_ASA PLAIN_WORD PLAIN_WORD KW_EGRESS
      { $$ = term_of(p, TERM_ASA, &$1, NULL); and_word($$, &$2); and_word($$, &$3);
        and_word($$, &$4); }
  | KW_ASA PLAIN_WORD side
      { $$ = term_of(p, TERM_ASA, &$1, NULL); and_word($$, &$2);
        and_side($$, &$3, $3.dir == DIR_INGRESS || $3.dir == DIR_EGRESS); }
  | KW_ASA PLAIN_WORD
      { $$ = term_of(p, TERM_ASA, &$1, NULL); and_word($$, &$2);
        refused($$, "Unknown direction specifier", NULL); }
  | KW_ASA PLAIN_WORD cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_word($$, &$2); and_number($$, $3, &$4); }
  | KW_NAT PLAIN_WORD PLAIN_WORD
      { $$ = term_of(p, TERM_NAT, &$1, NULL); and_word($$, &$2); and_word($$, &$3); }
  | KW_NAT PLAIN_WORD PLAIN_WORD cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_word($$, &$2); and_word($$, &$3);
        and_number($$, $4, &$5); }
  | KW_NAT PLAIN_WORD cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_word($$, &$2); and_number($$, $3, &$4); }
  | dir KW_PAYLOAD PLAIN_WORD PLAIN_WORD
      { $$ = term_of(p, TERM_PAYLOAD, &$2, &$1); and_word($$, &$3); and_word($$, &$4); }
  | dir KW_PAYLOAD PLAIN_WORD PLAIN_WORD PLAIN_WORD
      { $$ = term_of(p, TERM_PAYLOAD, &$2, &$1); and_word($$, &$3); and_word($$, &$4);
        and_word($$, &$5); }
  | dir GEO                                 { $$ = term_of(p, TERM_GEO, &$2, &$1); }
  | dir KW_TZ PLAIN_WORD
      { $$ = term_of(p, TERM_TZ, &$2, &$1); and_word($$, &$3); }
  | dir KW_TZ PLAIN_WORD '/' PLAIN_WORD
      { $$ = term_of(p, TERM_TZ, &$2, &$1); and_word($$, &$3); and_word($$, &$5); }
  | KW_OBSERVATION PLAIN_WORD PLAIN_WORD cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_word($$, &$2); and_word($$, &$3);
        and_number($$, $4, &$5); }
  | PLAIN_WORD KW_SEEN cmp PLAIN_WORD
      { $$ = term_of(p, TERM_SEEN, &$1, NULL); and_time($$, $3, &$4); }
  | PLAIN_WORD KW_SEEN cmp NUMBER
      { $$ = term_of(p, TERM_SEEN, &$1, NULL); and_number($$, $3, &$4); }
  | KW_PF PLAIN_WORD PLAIN_WORD
      { $$ = term_of(p, TERM_PF, &$1, NULL); and_word($$, &$2); and_word($$, &$3); }
  | KW_PF PLAIN_WORD side
      { $$ = term_of(p, TERM_PF, &$1, NULL); and_word($$, &$2);
        and_side($$, &$3, $3.dir == DIR_IN || $3.dir == DIR_OUT || $3.dir == DIR_NAT); }
  | KW_PF PLAIN_WORD
      { $$ = term_of(p, TERM_PF, &$1, NULL); and_word($$, &$2);
        refused($$, "Unknown direction specifier", NULL); }
  | KW_PF PLAIN_WORD cmp NUMBER
      { $$ = term_of(p, TERM_NUMBER, &$1, NULL); and_word($$, &$2); and_number($$, $3, &$4); }
  ;

addrs:
    addr                        { $$ = p->open_list = ast_list_new(p->arena);
                                  if (!add_address(p, $$)) YYNOMEM; }
  | addrs addr                  { $$ = $1; if (!add_address(p, $$)) YYNOMEM; }
  | addrs ',' addr              { $$ = $1; if (!add_address(p, $$)) YYNOMEM; }
  ;

addr:
    PLAIN_WORD                  { p->entry = entry(p, &$1); }
  | PLAIN_WORD '/' NUMBER       { p->entry = entry(p, &$1); prefix_of_entry(&p->entry, &$3); }
  ;

numbers:
    NUMBER                      { $$ = ast_list_new(p->arena);
                                  if (!add_number(p, $$, &$1)) YYNOMEM; }
  | numbers NUMBER              { $$ = $1; if (!add_number(p, $$, &$2)) YYNOMEM; }
  | numbers ',' NUMBER          { $$ = $1; if (!add_number(p, $$, &$3)) YYNOMEM; }
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
    %empty                      { $$ = (struct side){.dir = DIR_ANY}; }
  | side
  | KW_SRC KW_OR KW_DST         { $$ = (struct side){DIR_SRC_OR_DST, $1}; }
  | KW_DST KW_OR KW_SRC         { $$ = (struct side){DIR_SRC_OR_DST, $1}; }
  | KW_SRC KW_AND KW_DST        { $$ = (struct side){DIR_SRC_AND_DST, $1}; }
  | KW_DST KW_AND KW_SRC        { $$ = (struct side){DIR_SRC_AND_DST, $1}; }
  ;

side:
    KW_SRC                      { $$ = (struct side){DIR_SRC, $1}; }
  | KW_DST                      { $$ = (struct side){DIR_DST, $1}; }
  | KW_SRC KW_NAT               { $$ = (struct side){DIR_SRC_NAT, $1}; }
  | KW_DST KW_NAT               { $$ = (struct side){DIR_DST_NAT, $1}; }
  | KW_SRC KW_TUN               { $$ = (struct side){DIR_SRC_TUN, $1}; }
  | KW_DST KW_TUN               { $$ = (struct side){DIR_DST_TUN, $1}; }
  | KW_NAT                      { $$ = (struct side){DIR_NAT, $1}; }
  | KW_TUN                      { $$ = (struct side){DIR_TUN, $1}; }
  | KW_IN                       { $$ = (struct side){DIR_IN, $1}; }
  | KW_OUT                      { $$ = (struct side){DIR_OUT, $1}; }
  | KW_IN KW_SRC                { $$ = (struct side){DIR_IN_SRC, $1}; }
  | KW_IN KW_DST                { $$ = (struct side){DIR_IN_DST, $1}; }
  | KW_OUT KW_SRC               { $$ = (struct side){DIR_OUT_SRC, $1}; }
  | KW_OUT KW_DST               { $$ = (struct side){DIR_OUT_DST, $1}; }
  | KW_INGRESS                  { $$ = (struct side){DIR_INGRESS, $1}; }
  | KW_EGRESS                   { $$ = (struct side){DIR_EGRESS, $1}; }
  | KW_CLIENT                   { $$ = (struct side){DIR_CLIENT, $1}; }
  | KW_SERVER                   { $$ = (struct side){DIR_SERVER, $1}; }
  | KW_PREV                     { $$ = (struct side){DIR_PREV, $1}; }
  | KW_NEXT                     { $$ = (struct side){DIR_NEXT, $1}; }
  | KW_BGP KW_NEXT              { $$ = (struct side){DIR_BGP_NEXT, $1}; }
  | KW_BGPNEXT                  { $$ = (struct side){DIR_BGP_NEXT, $1}; }
  | KW_ROUTER                   { $$ = (struct side){DIR_ROUTER, $1}; }
  | KW_EXPORTER                 { $$ = (struct side){DIR_ROUTER, $1}; }
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
