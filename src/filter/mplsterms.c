/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * mplsterms.c - terms of MPLS label stacks.
 */
#include "filter/resolve.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------------ mpls */

static struct cond *mpls_bits(struct resolving *r, enum field_id field, unsigned shift,
                              uint64_t bits,
                              uint64_t low, uint64_t high)
{
    struct test t = {.op = OP_RANGE, .guard = field_guard(field), .field = field,
                     .field2 = FIELD_NONE, .shift = shift, .bits = bits};
    return ranges_single(r->arena, low, high, &t.set) ? cond_test(r->arena, &t) : NULL;
}

/* From the bottom up: this label ends the stack and fits, or it does not and a lower one does. */
static struct cond *mpls_eos(struct resolving *r, uint64_t low, uint64_t high)
{
    struct cond *below = NULL;
    for (int i = FIELD_MPLS10; i >= FIELD_MPLS1; i--) {
        enum field_id f = (enum field_id)i;
        struct cond *here = cond_pair(r->arena, COND_AND, mpls_bits(r, f, 0, 1, 1, 1),
                                      mpls_bits(r, f, 4, 0xfffff, low, high));
        if (below != NULL) {
            below = cond_pair(r->arena, COND_AND, mpls_bits(r, f, 0, 1, 0, 0), below);
            here = cond_pair(r->arena, COND_OR, here, below);
        }
        below = here;
    }
    return below != NULL ? below : resolve_no_memory(r);
}

/* A label counts as long as the stack has not ended. "= N" looks at all ten places, as nfdump
 * does. */
static struct cond *mpls_any(struct resolving *r, enum comparator cmp, uint64_t low, uint64_t high)
{
    struct cond *below = NULL;
    for (int i = FIELD_MPLS10; i >= FIELD_MPLS1; i--) {
        enum field_id f = (enum field_id)i;
        struct cond *here = mpls_bits(r, f, 4, 0xfffff, low, high);
        struct test used = {.op = OP_RANGE, .guard = GROUP_MPLS, .field = f, .field2 = FIELD_NONE,
                            .bits = UINT64_MAX};
        if (cmp != CMP_EQ) {
            here = ranges_single(r->arena, 1, UINT32_MAX, &used.set)
                       ? cond_pair(r->arena, COND_AND, cond_test(r->arena, &used), here) : NULL;
        }
        below = below == NULL ? here : cond_pair(r->arena, COND_OR, here, below);
    }
    return below != NULL ? below : resolve_no_memory(r);
}

/* Number behind "label" or "exp": 1..10, or 0. */
static unsigned mpls_index(const struct token *w, size_t skip)
{
    unsigned n = 0;
    for (size_t i = skip; i < w->len; i++) {
        if (w->text[i] < '0' || w->text[i] > '9' || n > 10) {
            return 0;
        }
        n = n * 10 + (unsigned)(w->text[i] - '0');
    }
    return n <= 10 ? n : 0;
}

static struct cond *mpls_numbered(struct resolving *r, const struct ast_term *t, uint64_t low,
                                  uint64_t high)
{
    const struct token *w = &t->words[1];
    bool label = w->len >= 5 && strncasecmp(w->text, "label", 5) == 0;
    bool exp = !label && w->len >= 3 && strncasecmp(w->text, "exp", 3) == 0;
    unsigned n = label || exp ? mpls_index(w, label ? 5 : 3) : 0;
    struct cond *c;
    if ((label && w->len == 5) || (exp && w->len == 3)) {
        return resolve_fail(r, t, w, label ? "Missing mpls stack number for label"
                                           : "Missing mpls stack number for exp value");
    }
    if (n == 0) {
        resolve_hint(r, "expected any, eos, label1 to label10 or exp1 to exp10");
        return resolve_fail(r, t, w, "Unknown mpls argument: %.*s", TOKEN_TEXT(w));
    }
    c = mpls_bits(r, (enum field_id)(FIELD_MPLS1 + n - 1), label ? 4 : 1, label ? 0xfffff : 7,
                  low, high);
    return c != NULL ? c : resolve_no_memory(r);
}

struct cond *resolve_mpls(struct resolving *r, const struct ast_term *t)
{
    uint64_t low, high;
    comparator_range(t->cmp, t->number.number, &low, &high);
    if (token_is(&t->words[1], "any")) {
        return mpls_any(r, t->cmp, low, high);
    }
    return token_is(&t->words[1], "eos") ? mpls_eos(r, low, high) : mpls_numbered(r, t, low, high);
}

