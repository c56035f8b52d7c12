/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * check.h - the whole unit-test harness: one program per test_<file>.c.
 *
 *   static void test_adding(struct check *t) { CHECK(1 + 1 == 2); CHECK_EQ_U64(1 + 1, 2); }
 *   CHECK_MAIN(test_adding, test_something_else)
 *
 * Each CHECK is one case. A failed one prints its place and goes on. The parameter must be named t.
 * The program ends with "N passed, N failed, N skipped" and exits 1 if anything failed.
 */
#ifndef WEIR_TESTS_CHECK_H
#define WEIR_TESTS_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
    unsigned passed;
    unsigned failed;
    unsigned skipped;
};

static inline bool check_note(struct check *t, bool ok, const char *file, int line,
                              const char *what)
{
    if (ok) {
        t->passed++;
    } else {
        t->failed++;
        printf("%s:%d: failed: %s\n", file, line, what);
    }
    return ok;
}

static inline void check_u64(struct check *t, uint64_t got, uint64_t want, const char *file,
                             int line, const char *what)
{
    if (!check_note(t, got == want, file, line, what)) {
        printf("    got  %" PRIu64 " (0x%" PRIx64 ")\n    want %" PRIu64 " (0x%" PRIx64 ")\n", got,
               got, want, want);
    }
}

static inline void check_i64(struct check *t, int64_t got, int64_t want, const char *file,
                             int line, const char *what)
{
    if (!check_note(t, got == want, file, line, what)) {
        printf("    got  %" PRId64 "\n    want %" PRId64 "\n", got, want);
    }
}

static inline void check_str(struct check *t, const char *got, const char *want, const char *file,
                             int line, const char *what)
{
    bool same = got != NULL && want != NULL ? strcmp(got, want) == 0 : got == want;
    if (!check_note(t, same, file, line, what)) {
        printf("    got  \"%s\"\n    want \"%s\"\n", got != NULL ? got : "(null)",
               want != NULL ? want : "(null)");
    }
}

static inline void check_mem(struct check *t, const void *got, const void *want, size_t len,
                             const char *file, int line, const char *what)
{
    const uint8_t *g = (const uint8_t *)got;
    const uint8_t *w = (const uint8_t *)want;
    size_t at = 0;

    while (at < len && g[at] == w[at]) {
        at++;
    }
    if (!check_note(t, at == len, file, line, what)) {
        printf("    differ first at octet %zu of %zu: got %02x, want %02x\n", at, len, g[at],
               w[at]);
    }
}

#define CHECK(cond) ((void)check_note(t, (cond), __FILE__, __LINE__, #cond))
#define CHECK_EQ_U64(got, want) \
    check_u64(t, (uint64_t)(got), (uint64_t)(want), __FILE__, __LINE__, #got " == " #want)
#define CHECK_EQ_I64(got, want) \
    check_i64(t, (int64_t)(got), (int64_t)(want), __FILE__, __LINE__, #got " == " #want)
#define CHECK_STR(got, want) check_str(t, (got), (want), __FILE__, __LINE__, #got " == " #want)
#define CHECK_MEM(got, want, len) \
    check_mem(t, (got), (want), (len), __FILE__, __LINE__, #got " == " #want)

/* Go on only if cond holds: for what later checks need. */
#define CHECK_OR_RETURN(cond)                                      \
    do {                                                           \
        if (!check_note(t, (cond), __FILE__, __LINE__, #cond)) {   \
            return;                                                \
        }                                                          \
    } while (0)

static inline void check_skip(struct check *t, const char *why)
{
    t->skipped++;
    printf("skipped: %s\n", why);
}

/* Small deterministic random numbers (xorshift64*), for tests that compare two ways of computing.
 * *state must not be 0. */
static inline uint64_t check_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

#define CHECK_MAIN(...)                                                                \
    int main(void)                                                                     \
    {                                                                                  \
        static void (*const tests[])(struct check *) = {__VA_ARGS__};                  \
        struct check t = {0, 0, 0};                                                    \
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {                  \
            tests[i](&t);                                                              \
        }                                                                              \
        printf("%u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);   \
        return t.failed > 0;                                                           \
    }

#endif
