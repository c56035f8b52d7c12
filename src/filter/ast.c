/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ast.c - building and showing the tree.
 */
#include "filter/ast.h"

#include <string.h>

static struct ast_node *node_new(struct arena *a, enum ast_kind kind)
{
    struct ast_node *n = arena_zalloc(a, sizeof *n);
    if (n != NULL) {
        n->kind = kind;
    }
    return n;
}

struct ast_node *ast_term_node(struct arena *a, struct ast_term *t)
{
    struct ast_node *n = node_new(a, AST_TERM);
    if (n != NULL) {
        n->term = t;
    }
    return n;
}

static void append(struct ast_node *parent, struct ast_node *child)
{
    if (parent->last == NULL) {
        parent->first = child;
    } else {
        parent->last->next = child;
    }
    parent->last = child;
    child->next = NULL;
}

struct ast_node *ast_not(struct arena *a, struct ast_node *child)
{
    struct ast_node *n;
    if (child == NULL) {
        return NULL;
    }
    n = node_new(a, AST_NOT);
    if (n != NULL) {
        append(n, child);
    }
    return n;
}

struct ast_node *ast_join(struct arena *a, enum ast_kind kind, struct ast_node *left,
                          struct ast_node *right)
{
    struct ast_node *n;
    if (left == NULL || right == NULL) {
        return NULL;
    }
    if (left->kind == kind) {
        append(left, right);
        return left;
    }
    n = node_new(a, kind);
    if (n != NULL) {
        append(n, left);
        append(n, right);
    }
    return n;
}

struct ast_list *ast_list_new(struct arena *a)
{
    return arena_zalloc(a, sizeof(struct ast_list));
}

bool ast_list_add(struct arena *a, struct ast_list *l, const struct list_entry *e)
{
    struct list_entry *entries;
    if (l == NULL) {
        return false;
    }
    entries = arena_grow(a, l->entries, l->n, &l->room, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    l->entries = entries;
    l->entries[l->n++] = *e;
    return true;
}

static const char *const comparators[] = {"=", ">", "<", ">=", "<="};

static void dump_list(const struct ast_list *l, struct buf *out)
{
    enum { SHOWN = 8 };
    buf_str(out, " in [");
    for (size_t i = 0; i < l->n && i < SHOWN; i++) {
        const struct list_entry *e = &l->entries[i];
        buf_char(out, ' ');
        buf_add(out, e->token.text, e->token.len);
        if (e->prefix_raw != NULL) {
            buf_printf(out, "/%llu", (unsigned long long)e->prefix);
        }
    }
    if (l->n > SHOWN) {
        buf_printf(out, " ... %zu entries", l->n);
    }
    buf_str(out, " ]");
}

static void dump_term(const struct ast_term *t, struct buf *out)
{
    buf_str(out, direction_text(t->dir));
    if (t->dir != DIR_ANY) {
        buf_char(out, ' ');
    }
    for (unsigned i = 0; i < t->nwords; i++) {
        if (i > 0) {
            buf_char(out, ' ');
        }
        buf_add(out, t->words[i].raw, t->words[i].raw_len);
    }
    if (t->kind == TERM_NET) {
        buf_printf(out, " / %llu", (unsigned long long)t->number.number);
    } else if (t->has_number || t->kind == TERM_SEEN) {
        buf_printf(out, " %s ", comparators[t->cmp]);
        buf_add(out, t->number.raw, t->number.raw_len);
    }
    if (t->list != NULL) {
        dump_list(t->list, out);
    }
    if (t->words[0].source != NULL) {
        buf_printf(out, "   (line %u)", t->words[0].line);
    }
}

static void dump_node(const struct ast_node *n, unsigned depth, struct buf *out)
{
    static const char *const names[] = {"", "and", "or", "not"};
    buf_fill(out, ' ', (size_t)(depth < 40 ? depth : 40) * 2);
    if (n->kind == AST_TERM) {
        dump_term(n->term, out);
    } else {
        buf_str(out, names[n->kind]);
    }
    buf_char(out, '\n');
    for (const struct ast_node *c = n->first; c != NULL; c = c->next) {
        dump_node(c, depth + 1, out);
    }
}

void ast_dump(const struct ast_node *n, struct buf *out)
{
    if (n == NULL) {
        buf_str(out, "any   (empty text)\n");
    } else {
        dump_node(n, 0, out);
    }
}
