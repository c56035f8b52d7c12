/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * text.c - small questions to texts.
 */
#include "base/text.h"

#include "base/err.h"

#include <string.h>

#define LONGEST 32

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int text_u64(const char *text, size_t len, uint64_t lowest, uint64_t highest, uint64_t *v)
{
    uint64_t sum = 0;
    bool fits = true;

    if (len == 0) {
        return ERR_SYNTAX;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return ERR_SYNTAX;
        }
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(text[i] - '0'), &sum)) {
            fits = false;
        }
    }
    if (!fits || sum < lowest || sum > highest) {
        return ERR_RANGE;
    }
    *v = sum;
    return ERR_OK;
}

int text_number(const char *text, uint64_t lowest, uint64_t highest, uint64_t *v)
{
    return text_u64(text, strlen(text), lowest, highest, v);
}

bool text_same_n(const char *a, size_t len, const char *b)
{
    for (size_t i = 0; i < len; i++) {
        if (b[i] == '\0' || lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return b[len] == '\0';
}

bool text_same(const char *a, const char *b)
{
    return text_same_n(a, strlen(a), b);
}

bool text_begins(const char *text, const char *prefix)
{
    for (; *prefix != '\0'; text++, prefix++) {
        if (lower(*text) != lower(*prefix)) {
            return false;
        }
    }
    return true;
}

static inline size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t text_distance(const char *a, const char *b)
{
    size_t na = strlen(a);
    size_t nb = strlen(b);
    size_t cost[LONGEST + 1][LONGEST + 1];

    if (na > LONGEST || nb > LONGEST) {
        return na > nb ? na : nb;
    }
    for (size_t i = 0; i <= na; i++) {
        for (size_t j = 0; j <= nb; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            size_t change = lower(a[i - 1]) != lower(b[j - 1]);
            size_t best = least(cost[i - 1][j], cost[i][j - 1]) + 1;
            best = least(best, cost[i - 1][j - 1] + change);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1])) {
                best = least(best, cost[i - 2][j - 2] + change);
            }
            cost[i][j] = best;
        }
    }
    return cost[na][nb];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t n)
{
    size_t len = strlen(word);
    size_t best = len <= 2 ? 1 : len <= 5 ? 2 : 3; /* no farther than this */
    const char *nearest = NULL;

    for (size_t i = 0; i < n; i++) {
        size_t distance = text_distance(word, candidates[i]);
        if (distance < best || (distance == best && nearest == NULL)) {
            best = distance;
            nearest = candidates[i];
        }
    }
    /* All letters different is no likeness. */
    return nearest != NULL && best < len ? nearest : NULL;
}
