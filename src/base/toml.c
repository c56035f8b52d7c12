/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * toml.c - a reader of TOML 1.0.
 *
 * One pass with a pointer and a line number. A failing function sets the fault and returns its
 * code; the caller passes it on. Nesting and the parts of a key are bounded by DEPTH_MAX.
 */
#include "base/toml.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64
#define NUMBER_MAX 64 /* longest text of a number or date */

struct reader {
    const char *at;
    const char *end;
    unsigned line;
    unsigned depth;
    struct arena *arena;
    struct fault *fault;
};

static int fail(struct reader *r, const char *why)
{
    if (r->fault != NULL) {
        r->fault->line = r->line;
    }
    return fault_set(r->fault, ERR_SYNTAX, "%s", why);
}

static int no_memory(struct reader *r)
{
    return fault_set(r->fault, ERR_NOMEM, "out of memory");
}

static int peek(const struct reader *r)
{
    return r->at < r->end ? (unsigned char)*r->at : -1;
}

static bool starts(const struct reader *r, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(r->end - r->at) >= len && memcmp(r->at, text, len) == 0;
}

static bool take(struct reader *r, const char *text)
{
    if (!starts(r, text)) {
        return false;
    }
    r->at += strlen(text);
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t') {
        r->at++;
    }
    if (peek(r) == '#') {
        while (r->at < r->end && *r->at != '\n') {
            r->at++;
        }
    }
}

static bool take_newline(struct reader *r)
{
    if (!take(r, "\n") && !take(r, "\r\n")) {
        return false;
    }
    r->line++;
    return true;
}

static void skip_lines(struct reader *r)
{
    do {
        skip_blanks(r);
    } while (take_newline(r));
}

/* ---- the tree ---- */

static struct toml *node_add(struct reader *r, struct toml *parent, const char *key,
                             enum toml_type type)
{
    struct toml *t = arena_zalloc(r->arena, sizeof *t);

    if (t == NULL) {
        return NULL;
    }
    t->type = type;
    t->key = key;
    if (parent != NULL) {
        *(parent->last != NULL ? &parent->last->next : &parent->first) = t;
        parent->last = t;
        parent->n++;
    }
    return t;
}

static struct toml *find(const struct toml *table, const char *key)
{
    for (struct toml *t = table->first; t != NULL; t = t->next) {
        if (strcmp(t->key, key) == 0) {
            return t;
        }
    }
    return NULL;
}

const struct toml *toml_get(const struct toml *table, const char *key)
{
    return table != NULL && table->type == TOML_TABLE ? find(table, key) : NULL;
}

/* ---- strings ---- */

/* The text of a string as it grows; never longer than its source. */
struct text {
    char *data;
    size_t len;
};

static void put_utf8(struct text *t, uint32_t c)
{
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (unsigned i = n - 1; i > 0; i--) {
        t->data[t->len + i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    t->data[t->len] = (char)(n == 1 ? c : lead[n] | c);
    t->len += n;
}

static int read_unicode(struct reader *r, struct text *t, int digits)
{
    uint32_t c = 0;

    for (int i = 0; i < digits; i++) {
        int ch = peek(r);
        if (ch < 0 || !isxdigit(ch)) {
            return fail(r, "bad escape char");
        }
        c = c << 4 | (uint32_t)(isdigit(ch) ? ch - '0' : (ch | 0x20) - 'a' + 10);
        r->at++;
    }
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        return fail(r, "bad escape char");
    }
    put_utf8(t, c);
    return 0;
}

static int read_escape(struct reader *r, struct text *t)
{
    static const char from[] = "btnfr\"\\";
    static const char to[] = "\b\t\n\f\r\"\\";
    int c = peek(r);
    const char *known = c > 0 ? strchr(from, c) : NULL;

    if (c == 'u' || c == 'U') {
        r->at++;
        return read_unicode(r, t, c == 'u' ? 4 : 8);
    }
    if (known == NULL) {
        return fail(r, "bad escape char");
    }
    r->at++;
    t->data[t->len++] = to[known - from];
    return 0;
}

/* A backslash at the end of a line joins it with the next text. */
static bool take_line_join(struct reader *r)
{
    const char *before = r->at;

    while (peek(r) == ' ' || peek(r) == '\t') {
        r->at++;
    }
    if (!take_newline(r)) {
        r->at = before;
        return false;
    }
    while (peek(r) == ' ' || peek(r) == '\t' || take_newline(r)) {
        r->at += peek(r) == ' ' || peek(r) == '\t';
    }
    return true;
}

static int read_quoted(struct reader *r, const char *quote, struct text *t)
{
    bool literal = quote[0] == '\'';
    bool lines = quote[1] != '\0';

    while (!take(r, quote)) {
        int c = peek(r);
        if (c < 0 || (c == '\n' && !lines)) {
            return fail(r, "unterminated quote");
        }
        r->at++;
        if (c == '\\' && !literal) {
            int rc = lines && take_line_join(r) ? 0 : read_escape(r, t);
            if (rc != 0) {
                return rc;
            }
            continue;
        }
        if (c == '\0') {
            return fail(r, "invalid character in string");
        }
        r->line += c == '\n';
        t->data[t->len++] = (char)c;
    }
    return 0;
}

/* Which quotation mark stands here, or NULL. */
static const char *quote_here(const struct reader *r, bool lines)
{
    static const char *const quotes[] = {"\"\"\"", "'''", "\"", "'"};

    for (size_t i = lines ? 0 : 2; i < 4; i++) {
        if (starts(r, quotes[i])) {
            return quotes[i];
        }
    }
    return NULL;
}

static int read_string(struct reader *r, const char *quote, const char **out)
{
    struct text t = {arena_alloc(r->arena, (size_t)(r->end - r->at) + 1), 0};
    int rc;

    if (t.data == NULL) {
        return no_memory(r);
    }
    take(r, quote);
    if (quote[1] != '\0') {
        take_newline(r);
    }
    rc = read_quoted(r, quote, &t);
    t.data[t.len] = '\0';
    *out = t.data;
    return rc;
}

/* ---- keys ---- */

static bool is_key_char(int c)
{
    return c > 0 && (isalnum(c) || c == '_' || c == '-');
}

static int read_key(struct reader *r, const char **key)
{
    const char *quote = quote_here(r, false);
    const char *start = r->at;

    if (quote != NULL) {
        return read_string(r, quote, key);
    }
    while (is_key_char(peek(r))) {
        r->at++;
    }
    if (r->at == start) {
        return fail(r, "invalid or missing key");
    }
    *key = arena_strndup(r->arena, start, (size_t)(r->at - start));
    return *key != NULL ? 0 : no_memory(r);
}

static bool take_dot(struct reader *r)
{
    const char *before = r->at;

    skip_blanks(r);
    if (!take(r, ".")) {
        r->at = before;
        return false;
    }
    skip_blanks(r);
    return true;
}

/* The table of that name in a table, made if need be; of an array of tables the last one. */
static int enter(struct reader *r, struct toml **table, const char *key)
{
    struct toml *t = find(*table, key);

    if (t == NULL) {
        t = node_add(r, *table, key, TOML_TABLE);
        if (t == NULL) {
            return no_memory(r);
        }
    } else if (t->type == TOML_ARRAY && t->last != NULL && t->last->type == TOML_TABLE) {
        t = t->last;
    }
    if (t->type != TOML_TABLE) {
        return fail(r, "key exists");
    }
    *table = t;
    return 0;
}

/* All parts of a dotted key but the last, which is left in *key. */
static int read_dotted(struct reader *r, struct toml **table, const char **key)
{
    int rc = read_key(r, key);

    for (unsigned parts = 1; rc == 0 && take_dot(r); parts++) {
        if (parts == DEPTH_MAX) {
            return fail(r, "the key has too many parts");
        }
        rc = enter(r, table, *key);
        if (rc == 0) {
            rc = read_key(r, key);
        }
    }
    return rc;
}

/* ---- values ---- */

static int read_value(struct reader *r, struct toml *parent, const char *key);

static bool is_value_char(int c)
{
    return c > 0 && (isalnum(c) || strchr("+-_.:", c) != NULL);
}

/* The characters of a number without underscores between digits. */
static bool clean_number(const char *from, size_t len, char to[NUMBER_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (from[i] != '_') {
            to[n++] = from[i];
        } else if (i == 0 || i + 1 == len || !isxdigit((unsigned char)from[i - 1]) ||
                   !isxdigit((unsigned char)from[i + 1])) {
            return false;
        }
    }
    to[n] = '\0';
    return n > 0;
}

static bool parse_integer(const char *text, int64_t *v)
{
    static const struct {
        char letter;
        int base;
    } bases[] = {{'x', 16}, {'o', 8}, {'b', 2}};
    int base = 10;
    char *end;

    for (size_t i = 0; i < 3; i++) {
        if (text[0] == '0' && text[1] == bases[i].letter) {
            base = bases[i].base;
            text += 2;
        }
    }
    if (!isalnum((unsigned char)text[base == 10 && (text[0] == '-' || text[0] == '+')])) {
        return false;
    }
    errno = 0;
    *v = strtoll(text, &end, base);
    return *end == '\0' && errno == 0;
}

static bool parse_float(const char *text, double *v)
{
    char *end;
    size_t sign = text[0] == '-' || text[0] == '+';

    if (!isdigit((unsigned char)text[sign]) && strcmp(text + sign, "inf") != 0 &&
        strcmp(text + sign, "nan") != 0) {
        return false;
    }
    *v = strtod(text, &end);
    return *end == '\0' && strpbrk(text, "xX") == NULL;
}

static bool looks_like_date(const char *text)
{
    return isdigit((unsigned char)text[0]) && (strchr(text, ':') != NULL ||
                                               strchr(text + 1, '-') != NULL);
}

static bool parse_plain(struct toml *t, const char *text)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        t->type = TOML_BOOL;
        t->integer = text[0] == 't';
        return true;
    }
    if (parse_integer(text, &t->integer)) {
        t->type = TOML_INTEGER;
        return true;
    }
    if (looks_like_date(text)) {
        t->type = TOML_DATE;
        return true;
    }
    t->type = TOML_FLOAT;
    return parse_float(text, &t->number);
}

static int read_plain(struct reader *r, struct toml *t)
{
    const char *start = r->at;
    char text[NUMBER_MAX];
    size_t len;

    while (is_value_char(peek(r))) {
        r->at++;
    }
    len = (size_t)(r->at - start);
    if (len == 0) {
        return fail(r, "syntax error");
    }
    if (len >= NUMBER_MAX || !clean_number(start, len, text) || !parse_plain(t, text)) {
        return fail(r, "invalid value");
    }
    t->string = arena_strndup(r->arena, start, len);
    return t->string != NULL ? 0 : no_memory(r);
}

static int read_array(struct reader *r, struct toml *array)
{
    int rc = 0;

    skip_lines(r);
    while (!take(r, "]")) {
        rc = read_value(r, array, "");
        if (rc != 0) {
            return rc;
        }
        skip_lines(r);
        if (!take(r, ",") && peek(r) != ']') {
            return fail(r, "syntax error");
        }
        skip_lines(r);
    }
    return 0;
}

static int read_pair(struct reader *r, struct toml *table)
{
    const char *key;
    int rc = read_dotted(r, &table, &key);

    if (rc != 0) {
        return rc;
    }
    skip_blanks(r);
    if (!take(r, "=")) {
        return fail(r, "missing =");
    }
    if (find(table, key) != NULL) {
        return fail(r, "key exists");
    }
    skip_blanks(r);
    return read_value(r, table, key);
}

static int read_inline_table(struct reader *r, struct toml *table)
{
    table->closed = true;
    skip_blanks(r);
    if (take(r, "}")) {
        return 0;
    }
    for (;;) {
        int rc = read_pair(r, table);
        if (rc != 0) {
            return rc;
        }
        skip_blanks(r);
        if (take(r, "}")) {
            return 0;
        }
        if (!take(r, ",")) {
            return fail(r, "syntax error");
        }
        skip_blanks(r);
    }
}

static int read_nested(struct reader *r, struct toml *t)
{
    int rc;

    if (r->depth >= DEPTH_MAX) {
        return fail(r, "values are nested too deeply");
    }
    r->depth++;
    rc = take(r, "[") ? read_array(r, t) : (take(r, "{"), read_inline_table(r, t));
    r->depth--;
    return rc;
}

static int read_value(struct reader *r, struct toml *parent, const char *key)
{
    const char *quote = quote_here(r, true);
    bool array = peek(r) == '[';
    struct toml *t = node_add(r, parent, key, array ? TOML_ARRAY : TOML_STRING);

    if (t == NULL) {
        return no_memory(r);
    }
    if (quote != NULL) {
        return read_string(r, quote, &t->string);
    }
    if (array || peek(r) == '{') {
        t->type = array ? TOML_ARRAY : TOML_TABLE;
        return read_nested(r, t);
    }
    return read_plain(r, t);
}

/* ---- lines ---- */

static int open_table(struct reader *r, struct toml *parent, const char *key, struct toml **table)
{
    int rc = enter(r, &parent, key);

    if (rc != 0) {
        return rc;
    }
    if (parent->closed) {
        return fail(r, "key exists");
    }
    parent->closed = true;
    *table = parent;
    return 0;
}

static int open_array(struct reader *r, struct toml *parent, const char *key, struct toml **table)
{
    struct toml *array = find(parent, key);

    if (array == NULL) {
        array = node_add(r, parent, key, TOML_ARRAY);
    } else if (array->type != TOML_ARRAY || array->first == NULL ||
               array->first->type != TOML_TABLE) {
        return fail(r, "key exists");
    }
    *table = array != NULL ? node_add(r, array, "", TOML_TABLE) : NULL;
    return *table != NULL ? 0 : no_memory(r);
}

/* "[a.b]" or "[[a.b]]". */
static int read_header(struct reader *r, struct toml *root, struct toml **table)
{
    bool array = take(r, "[[");
    struct toml *parent = root;
    const char *key;
    int rc;

    if (!array) {
        take(r, "[");
    }
    skip_blanks(r);
    rc = read_dotted(r, &parent, &key);
    if (rc != 0) {
        return rc;
    }
    skip_blanks(r);
    if (!take(r, array ? "]]" : "]")) {
        return fail(r, "invalid key");
    }
    return array ? open_array(r, parent, key, table) : open_table(r, parent, key, table);
}

int toml_parse(const char *text, size_t len, struct arena *arena, struct toml **root,
               struct fault *fault)
{
    struct reader r = {text, text + len, 1, 0, arena, fault};
    struct toml *top = node_add(&r, NULL, "", TOML_TABLE);
    struct toml *table = top;

    if (top == NULL) {
        return no_memory(&r);
    }
    for (skip_lines(&r); r.at < r.end; skip_lines(&r)) {
        bool header = peek(&r) == '[';
        int rc = header ? read_header(&r, top, &table) : read_pair(&r, table);
        if (rc != 0) {
            return rc;
        }
        skip_blanks(&r);
        if (r.at < r.end && *r.at != '\n' && !starts(&r, "\r\n")) {
            return fail(&r, header ? "extra chars after ] or ]]" : "extra chars after value");
        }
    }
    *root = top;
    return 0;
}
