/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * eventterms.c - terms of firewall and NAT events, port blocks and pf.
 */
#include "filter/resolve.h"

#include "field/names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------------ events, pf */

static struct cond *text_field(struct resolving *r, enum field_id field, const void *ctx)
{
    const struct token *w = ctx;
    struct test t = {.op = OP_TEXT, .guard = field_guard(field), .field = field,
                     .field2 = FIELD_NONE, .text = w->text, .text_len = w->len};
    struct cond *c = cond_test(r->arena, &t);
    return c != NULL ? c : resolve_no_memory(r);
}

static struct cond *asa_user(struct resolving *r, const struct ast_term *t)
{
    if (t->words[2].len > 65) {
        return resolve_fail(r, t, &t->words[2], "Length of ASA user name > 65 chars");
    }
    return resolve_fields(r, t, "asa user", text_field, &t->words[2]);
}

static struct cond *asa_event(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[2];
    uint32_t number;
    if (token_is(w, "deny")) {
        return resolve_named(r, t, "asa event", 3);
    }
    if (!number_of(NAMES_FW_EVENT, w->text, w->len, &number)) {
        resolve_expect(r, w, "ignore create delete denied alert update");
        return resolve_fail(r, t, w, "Invalid ASA event type: %.*s", TOKEN_TEXT(w));
    }
    return resolve_named(r, t, "asa event", number);
}

static struct cond *asa_denied(struct resolving *r, const struct ast_term *t, const struct token *w)
{
    uint32_t number;
    if (!number_of(NAMES_XEVENT, w->text, w->len, &number)) {
        resolve_expect(r, w, "ignore ingress I-ACL egress E-ACL deny access interface nosyn");
        return resolve_fail(r, t, w, "Invalid ASA Xevent type: %.*s", TOKEN_TEXT(w));
    }
    return resolve_named(r, t, "asa denied", number);
}

/* "asa event denied ingress" of older releases. Of four other words nfdump reads three. */
static struct cond *asa_four_words(struct resolving *r, const struct ast_term *t)
{
    struct ast_term three = *t;
    three.nwords = 3;
    three.at = t->words[2];
    if (resolve_asa(r, &three) == NULL) {
        return NULL;
    }
    three.at = t->words[3];
    if (!token_is(&t->words[1], "event") ||
        (!token_is(&t->words[2], "denied") && !token_is(&t->words[2], "deny"))) {
        return resolve_fail(r, &three, &t->words[3], "syntax error");
    }
    return asa_denied(r, &three, &t->words[3]);
}

struct cond *resolve_asa(struct resolving *r, const struct ast_term *t)
{
    const struct token *what = &t->words[1];
    if (t->nwords == 4) {
        return asa_four_words(r, t);
    }
    if (token_is(what, "event")) {
        return asa_event(r, t);
    }
    if (token_is(what, "denied")) {
        return asa_denied(r, t, &t->words[2]);
    }
    if (token_is(what, "user")) {
        return asa_user(r, t);
    }
    resolve_expect(r, what, "event denied xevent user");
    return resolve_fail(r, t, what, "Invalid ASA type: %.*s", TOKEN_TEXT(what));
}

static void list_nat_events(struct buf *out)
{
    size_t n;
    const struct name_row *rows = names_rows(NAMES_NAT_EVENT, &n);
    buf_str(out, "Valid NAT events:\n");
    for (size_t i = 0; i < n; i++) {
        if (rows[i].number > 0) {
            buf_printf(out, "%s for %s\n", rows[i].text,
                       name_of(NAMES_NAT_EVENT_LONG, rows[i].number));
        }
    }
}

struct cond *resolve_nat(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[2];
    uint32_t number = 1;
    if (!token_is(&t->words[1], "event")) {
        resolve_expect(r, &t->words[1], "event pblock");
        return resolve_fail(r, t, &t->words[1], "Invalid NAT type: %.*s", TOKEN_TEXT(&t->words[1]));
    }
    if (!token_is(w, "create") && !number_of(NAMES_NAT_EVENT, w->text, w->len, &number)) {
        resolve_hint(r, "expected a number from 0 to 19 or a name, such as add, delete, create");
        resolve_expect_name(r, w, NAMES_NAT_EVENT);
        resolve_fail(r, t, w, "Invalid NAT event type: %.*s", TOKEN_TEXT(w));
        list_nat_events(&r->after);
        return NULL;
    }
    return resolve_named(r, t, "nat event", number);
}

static struct cond *pf_named(struct resolving *r, const struct ast_term *t, enum name_table table,
                             const char *what)
{
    const struct token *w = &t->words[2];
    char key[32];
    uint32_t number;
    snprintf(key, sizeof key, "pf %s", what);
    if (!number_of(table, w->text, w->len, &number)) {
        size_t n;
        const struct name_row *rows = names_rows(table, &n);
        resolve_expect_name(r, w, table);
        resolve_fail(r, t, w, "Invalid pf %s: %.*s", what, TOKEN_TEXT(w));
        buf_printf(&r->after, "Possible pf %s values: ", what);
        for (size_t i = 0; i < n; i++) {
            buf_printf(&r->after, "%s ", rows[i].text);
        }
        buf_char(&r->after, '\n');
        return NULL;
    }
    return resolve_named(r, t, key, number);
}

static struct cond *pf_direction(struct resolving *r, const struct ast_term *t)
{
    const struct token *w = &t->words[2];
    struct cond *c;
    if (token_is(w, "in")) {
        return resolve_named(r, t, "pf dir", 1);
    }
    if (!token_is(w, "out")) {
        resolve_expect(r, w, "in out");
        return resolve_fail(r, t, w, "Invalid pf direction: %.*s", TOKEN_TEXT(w));
    }
    c = resolve_named(r, t, "pf dir", 0);
    return c;
}

struct cond *resolve_pf(struct resolving *r, const struct ast_term *t)
{
    const struct token *what = &t->words[1];
    if (token_is(what, "action")) {
        return pf_named(r, t, NAMES_PF_ACTION, "action");
    }
    if (token_is(what, "reason")) {
        return pf_named(r, t, NAMES_PF_REASON, "reason");
    }
    if (token_is(what, "dir")) {
        return pf_direction(r, t);
    }
    if (token_is(what, "interface")) {
        return resolve_fields(r, t, "pf interface", text_field, &t->words[2]);
    }
    resolve_expect(r, what, "action reason dir rule interface");
    return resolve_fail(r, t, what, "Invalid pf argument: %.*s", TOKEN_TEXT(what));
}

/* ------------------------------------------------------------------ port blocks */

static struct cond *pair_test(struct resolving *r, enum op op, enum field_id a, enum field_id b)
{
    struct test t = {.op = op, .guard = field_guard(b), .field = a, .field2 = b};
    return cond_test(r->arena, &t);
}

static struct cond *pblock_field(struct resolving *r, enum field_id field, const void *ctx)
{
    struct test has = {.op = OP_GROUP, .field = FIELD_NONE, .field2 = FIELD_NONE,
                       .number = group_bit(field_guard(field))};
    struct cond *c = cond_pair(r->arena, COND_AND, pair_test(r, OP_GE2, field, FIELD_BLOCK_START),
                               pair_test(r, OP_LE2, field, FIELD_BLOCK_END));
    (void)ctx;
    return c != NULL && cond_add(r->arena, c, cond_test(r->arena, &has)) ? c : resolve_no_memory(r);
}

struct cond *resolve_pblock(struct resolving *r, const struct ast_term *t)
{
    if (!token_is(&t->words[1], "pblock")) {
        resolve_expect(r, &t->words[1], "pblock");
        return resolve_fail(r, t, &t->words[1], "Invalid port block: %.*s",
                            TOKEN_TEXT(&t->words[1]));
    }
    return resolve_fields(r, t, "port in pblock", pblock_field, NULL);
}

