/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "../check.h"

#include "payload/regex.h"

#include <time.h>

static int search(const char *text, size_t text_len, const char *flags, enum regex_engine engine,
                  const void *data, size_t len)
{
    struct regex *re;
    struct regex_scratch *scratch;
    int rc = regex_compile(text, text_len, flags, engine, &re, NULL);

    if (rc != 0) {
        return rc;
    }
    scratch = regex_scratch_new(re);
    rc = scratch != NULL ? regex_match(re, data, len, scratch) : ERR_NOMEM;
    regex_scratch_free(scratch);
    regex_free(re);
    return rc;
}

struct match_case {
    const char *text;
    const char *flags;
    const char *data;
    int found;
};

static const struct match_case matches[] = {
    {"GET", "", "x GET y", 1},
    {"GET", "", "get", 0},
    {"get", "i", "x GeT y", 1},
    {"[a-c]+X", "i", "bCx", 1},
    {"[^a]", "i", "AaAa", 0},
    {"^GET", "", "GET /", 1},
    {"^GET", "", "x\nGET /", 0},
    {"^GET", "m", "x\nGET /", 1},
    {"^GET", "m", "x\rGET /", 1},
    {"b$", "", "ab", 1},
    {"b$", "", "ab\n", 0},
    {"b$", "m", "ab\r\nc", 1},
    {"b$", "m", "abc", 0},
    {"$", "", "abc", 1},
    {"^$", "", "", 1},
    {"^$", "", "a", 0},
    {"^$", "m", "a\n\nb", 1},
    {"a^b", "", "ab", 0},
    {"a$b", "", "ab", 0},
    {"\n^b", "m", "a\nb", 1},
    {"x.y", "", "x\ny", 0},
    {"x.y", "", "x\ry", 0},
    {"x.y", "s", "x\ny", 1},
    {"x.y", "", "x\xffy", 1},
    {"(GET|POST) /", "", "POST /", 1},
    {"GET|POST", "", "a POST", 1},
    {"ab|cd", "", "ad", 0},
    {"a(b|c(d|e))f", "", "acef", 1},
    {"^(ab)+$", "", "ababab", 1},
    {"^(ab)+$", "", "ababa", 0},
    {"^a{2,3}$", "", "a", 0},
    {"^a{2,3}$", "", "aa", 1},
    {"^a{2,3}$", "", "aaaa", 0},
    {"^a{2}$", "", "aa", 1},
    {"^a{2,}$", "", "aaaaa", 1},
    {"^a{0}b$", "", "b", 1},
    {"^(a|b){0,2}c", "", "bac", 1},
    {"^(a|b){0,2}c", "", "babc", 0},
    {"a+?b", "", "aaab", 1},
    {"a??b", "", "b", 1},
    {"^a*?$", "", "aaa", 1},
    {"\\d{3}-\\D", "", "123-x", 1},
    {"^\\w+@\\w+$", "", "me_1@host", 1},
    {"\\W", "", "azAZ09_", 0},
    {"\\s", "", "a\vb", 1},
    {"^\\S+$", "", "a b", 0},
    {"\\r\\n", "", "a\r\nb", 1},
    {"\\t", "", "a\tb", 1},
    {"\\x41\\x7a", "", "Az", 1},
    {"\\.\\*\\[\\]\\{\\}\\\\", "", ".*[]{}\\", 1},
    {"[]a]+$", "", "]a]", 1},
    {"[^]a]", "", "]a", 0},
    {"[a-]", "", "-", 1},
    {"[-a]", "", "-", 1},
    {"[\\]]", "", "]", 1},
    {"[\\d\\s]+x", "", "1 2x", 1},
    {"[^\\d]", "", "123", 0},
    {"[\\D]", "", "1a", 1},
    {"[^\\s\\S]", "", "abc", 0},
    {"[a-c-e]", "", "d", 0},
    {"(a*)*", "", "b", 1},
    {"(a*)*b", "", "aaab", 1},
    {"(a+)+b", "", "aaaa", 0},
    {"(.*)*x", "s", "aaa\nx", 1},
    {"((a?)*)+c", "", "aac", 1},
    {"-", "", "a-b", 1},
    {",=!<>/@#%&~`'\"", "", ",=!<>/@#%&~`'\"", 1},
};

static void test_matches(struct check *t)
{
    for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++) {
        const struct match_case *m = &matches[i];
        for (enum regex_engine engine = REGEX_BEST; engine <= REGEX_OWN; engine++) {
            int got = search(m->text, strlen(m->text), m->flags, engine, m->data, strlen(m->data));
            if (got != m->found) {
                printf("/%s/%s on \"%s\": got %d\n", m->text, m->flags, m->data, got);
            }
            CHECK(got == m->found);
        }
    }
}

static void test_nul(struct check *t)
{
    for (enum regex_engine engine = REGEX_BEST; engine <= REGEX_OWN; engine++) {
        CHECK_EQ_I64(search("b.c", 3, NULL, engine, "a\0b\0c", 5), 1);
        CHECK_EQ_I64(search("^[^ -~]+$", 9, NULL, engine, "\0\x80\xff", 3), 1);
        CHECK_EQ_I64(search("\\x00", 4, NULL, engine, "a\0", 2), 1);
        CHECK_EQ_I64(search("a\0b", 3, NULL, engine, "xa\0b", 4), 1);
        CHECK_EQ_I64(search("$", 1, NULL, engine, "", 0), 1);
    }
}

struct refusal {
    const char *text;
    const char *flags;
    unsigned column;
};

static const struct refusal refusals[] = {
    {"", "", 1},       {"(", "", 2},      {")", "", 1},         {"[a", "", 3},
    {"[]", "", 3},     {"a**", "", 3},    {"a+*", "", 3},       {"a*+", "", 3},
    {"a???", "", 4},   {"*", "", 1},      {"+a", "", 1},        {"(?:a)", "", 2},
    {"(*a)", "", 2},   {"[[:alpha:]]", "", 11}, {"a{,3}", "", 3}, {"a{3,2}", "", 6},
    {"a{2", "", 4},    {"a{", "", 3},     {"a{x}", "", 3},      {"a||b", "", 3},
    {"|a", "", 1},     {"a|", "", 3},     {"(a|)", "", 4},      {"()", "", 2},
    {"a]", "", 2},     {"a}", "", 2},     {"{2}", "", 1},       {"^*", "", 2},
    {"a$+", "", 3},    {"\\", "", 2},     {"\\b", "", 2},       {"\\xg0", "", 3},
    {"[z-a]", "", 5},  {"[a-\\d]", "", 6}, {"\\1", "", 2},      {"(a)\\2", "", 5},
    {"a", "x", 0},     {"a", "ig", 0},    {"a{70000}", "", 7},
};

static void test_refusals(struct check *t)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *r = &refusals[i];
        struct regex *re = NULL;
        struct fault fault = {0};
        int rc = regex_compile(r->text, strlen(r->text), r->flags, REGEX_BEST, &re, &fault);
        if (rc == 0 || fault.column != r->column) {
            printf("/%s/%s: %d, column %u: %s\n", r->text, r->flags, rc, fault.column, fault.text);
        }
        CHECK(rc == ERR_SYNTAX || rc == ERR_LIMIT);
        CHECK(re == NULL && fault.text[0] != '\0');
        CHECK_EQ_U64(fault.column, r->column);
    }
}

static void test_limits(struct check *t)
{
    char deep[2000];
    struct regex *re = NULL;

    memset(deep, '(', sizeof deep);
    CHECK_EQ_I64(regex_compile(deep, sizeof deep, "", REGEX_BEST, &re, NULL), ERR_LIMIT);
    CHECK_EQ_I64(regex_compile("((a{200}){200}){200}", 20, "", REGEX_BEST, &re, NULL), ERR_LIMIT);
    CHECK_EQ_I64(regex_compile("(a{0}){65535}", 13, "", REGEX_OWN, &re, NULL), 0);
    regex_free(re);
    CHECK_EQ_I64(regex_compile("((a|b)?|c){900}", 15, "", REGEX_BEST, &re, NULL), 0);
    regex_free(re);
}

static void test_references(struct check *t)
{
    CHECK_EQ_I64(search("(a|b)\\1", 7, "", REGEX_OWN, "aa", 2), ERR_UNSUPPORTED);
#ifdef HAVE_PCRE2
    CHECK_EQ_I64(search("(a|b)\\1", 7, "", REGEX_BEST, "abba", 4), 1);
    CHECK_EQ_I64(search("(a|b)\\1", 7, "", REGEX_BEST, "abab", 4), 0);
    CHECK_EQ_I64(search("(a|b)\\1", 7, "i", REGEX_BEST, "xaA", 3), 1);
    CHECK_EQ_I64(search("^(.)(.)\\2\\1$", 12, "", REGEX_BEST, "abba", 4), 1);
    CHECK_EQ_I64(search("(x)?\\1y", 7, "", REGEX_BEST, "y", 1), 0);
#else
    CHECK_EQ_I64(search("(a|b)\\1", 7, "", REGEX_BEST, "aa", 2), ERR_UNSUPPORTED);
#endif
}

/* Expressions on which matchers that try one way after the other need years. */
static void test_bounded_time(struct check *t)
{
    static const char *const hard[] = {"(a+)+b", "(a*)*b", "(a|a)*b", "(a|aa)+$b", "(.*)*x",
                                       ".*.*.*.*.*.*x", "(a?){60}a{60}b", "((a+)+)+b",
                                       "(a|b|ab)*c", "(.*.*)*[^a]"};
    static char data[1500];
    clock_t start = clock();

    memset(data, 'a', sizeof data);
    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) {
        for (enum regex_engine engine = REGEX_BEST; engine <= REGEX_OWN; engine++) {
            CHECK_EQ_I64(search(hard[i], strlen(hard[i]), "", engine, data, sizeof data), 0);
        }
    }
    CHECK((double)(clock() - start) / CLOCKS_PER_SEC < 20);
}

/* ---- both engines on random expressions and data ---- */

struct text {
    char data[512];
    size_t len;
};

static void add(struct text *x, const char *part)
{
    for (; *part != '\0' && x->len < sizeof x->data; part++) {
        x->data[x->len++] = *part;
    }
}

static const char *pick(uint64_t *state, const char *const *rows, size_t n)
{
    return rows[check_random(state) % n];
}

static void add_choice(struct text *x, uint64_t *state, unsigned depth);

static void add_item(struct text *x, uint64_t *state, unsigned depth)
{
    static const char *const atoms[] = {"a", "b", "c", "A", ".", "[ab]", "[^a]", "[b-d]", "\\w",
                                        "\\s", "\\W", "\\n", "\\r", "[^\\s]"};
    static const char *const repeats[] = {"", "", "", "*", "+", "?", "*?", "+?", "{2}", "{0,2}",
                                          "{1,}", "{0,1}?"};
    uint64_t what = check_random(state) % 10;

    if (what == 0) {
        add(x, check_random(state) % 2 ? "^" : "$");
        return;
    }
    if (what < 4 && depth > 0) {
        add(x, "(");
        add_choice(x, state, depth - 1);
        add(x, ")");
    } else {
        add(x, pick(state, atoms, sizeof atoms / sizeof atoms[0]));
    }
    add(x, pick(state, repeats, sizeof repeats / sizeof repeats[0]));
}

static void add_choice(struct text *x, uint64_t *state, unsigned depth)
{
    do {
        uint64_t items = 1 + check_random(state) % 3;
        while (items-- > 0) {
            add_item(x, state, depth);
        }
        add(x, check_random(state) % 4 == 0 ? "|" : "");
    } while (x->data[x->len - 1] == '|' && x->len < 300);
}

static void compare(struct check *t, const struct text *x, const char *flags, uint64_t *state)
{
    static const char letters[] = "aaabbcAd \n\r_";

    for (int i = 0; i < 8; i++) {
        char data[12];
        size_t len = check_random(state) % (sizeof data + 1);
        int best, own;
        for (size_t k = 0; k < len; k++) {
            data[k] = letters[check_random(state) % (sizeof letters - 1)];
        }
        best = search(x->data, x->len, flags, REGEX_BEST, data, len);
        own = search(x->data, x->len, flags, REGEX_OWN, data, len);
        if (best != own || own < 0) {
            printf("/%.*s/%s on %.*s: %d, own %d\n", (int)x->len, x->data, flags, (int)len, data,
                   best, own);
        }
        CHECK(best == own && own >= 0);
    }
}

static void test_engines_agree(struct check *t)
{
    static const char *const flags[] = {"", "i", "m", "s", "ims"};
    uint64_t state = 20240607;

#ifndef HAVE_PCRE2
    check_skip(t, "comparison of the engines: no PCRE2 in this build");
    return;
#endif
    for (int i = 0; i < 3000; i++) {
        struct text x = {.len = 0};
        add_choice(&x, &state, 2);
        if (x.len < sizeof x.data) {
            compare(t, &x, pick(&state, flags, sizeof flags / sizeof flags[0]), &state);
        }
    }
}

CHECK_MAIN(test_matches, test_nul, test_refusals, test_limits, test_references, test_bounded_time,
           test_engines_agree)
