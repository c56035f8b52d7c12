/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * regex_tree.c - recursive descent: choice, sequence, item (atom with repeat), atom. The first
 * fault sticks; functions return NULL from then on.
 */
#include "payload/regex_tree.h"

#include <ctype.h>
#include <string.h>

struct parser {
    const char *start;
    const char *at;
    const char *end;
    struct arena *arena;
    struct regex_tree *tree;
    struct fault *fault;
    bool no_case, lines, dot_all;
    unsigned depth;
    int rc;
};

static struct regex_node *parse_choice(struct parser *p);

static void *refuse(struct parser *p, int code, const char *why)
{
    if (p->rc == 0) {
        p->rc = fault_set(p->fault, code, "%s", why);
        if (p->fault != NULL) {
            p->fault->column = (unsigned)(p->at - p->start) + 1;
        }
    }
    return NULL;
}

static bool at_end(const struct parser *p)
{
    return p->at == p->end;
}

static bool next_is(const struct parser *p, char c)
{
    return p->at < p->end && *p->at == c;
}

static bool take(struct parser *p, char c)
{
    bool is = next_is(p, c);
    p->at += is;
    return is;
}

static struct regex_node *new_node(struct parser *p, enum regex_kind kind)
{
    struct regex_node *node = (struct regex_node *)arena_zalloc(p->arena, sizeof *node);
    if (node == NULL) {
        return (struct regex_node *)refuse(p, ERR_NOMEM, "out of memory");
    }
    node->kind = kind;
    return node;
}

/* ---- sets ---- */

static void set_add(uint64_t set[4], unsigned low, unsigned high)
{
    for (unsigned octet = low; octet <= high; octet++) {
        set[octet >> 6] |= (uint64_t)1 << (octet & 63);
    }
}

static void set_invert(uint64_t set[4])
{
    for (int i = 0; i < 4; i++) {
        set[i] = ~set[i];
    }
}

static void set_fold(uint64_t set[4])
{
    for (unsigned lower = 'a'; lower <= 'z'; lower++) {
        unsigned upper = lower - 'a' + 'A';
        if (regex_set_has(set, lower) || regex_set_has(set, upper)) {
            set_add(set, lower, lower);
            set_add(set, upper, upper);
        }
    }
}

/* Classes by letter, as pairs of first and last octet; the capital letter is the complement. */
struct class_row {
    char letter;
    const char *pairs;
};

static const struct class_row classes[] = {
    {'d', "09"},
    {'w', "azAZ09__"},
    {'s', "\t\r  "},
    {'h', "\t\t  "},
};

static bool set_add_class(uint64_t set[4], char letter)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        uint64_t class[4] = {0, 0, 0, 0};
        if (classes[i].letter != tolower((unsigned char)letter)) {
            continue;
        }
        for (const char *pair = classes[i].pairs; *pair != '\0'; pair += 2) {
            set_add(class, (unsigned char)pair[0], (unsigned char)pair[1]);
        }
        if (isupper((unsigned char)letter)) {
            set_invert(class);
        }
        for (int k = 0; k < 4; k++) {
            set[k] |= class[k];
        }
        return true;
    }
    return false;
}

/* ---- escapes ---- */

static int hex_digit(struct parser *p)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = at_end(p) || *p->at == '\0'
                            ? NULL
                            : strchr(digits, tolower((unsigned char)*p->at));
    if (found == NULL) {
        refuse(p, ERR_SYNTAX, "\\x needs two hexadecimal digits");
        return 0;
    }
    p->at++;
    return (int)(found - digits);
}

static int hex_octet(struct parser *p)
{
    int high = hex_digit(p);
    return high * 16 + hex_digit(p);
}

/* The octet that an escape stands for (p->at is behind the backslash), or -1. */
static int escaped_octet(struct parser *p)
{
    static const char letters[] = "rntfvx", octets[] = "\r\n\t\f\v";
    unsigned char c = (unsigned char)*p->at++;
    const char *letter = c != '\0' ? strchr(letters, c) : NULL;

    if (letter != NULL) {
        return c == 'x' ? hex_octet(p) : octets[letter - letters];
    }
    if (isalnum(c)) {
        p->at--;
        refuse(p, ERR_SYNTAX, "unknown escape");
        return -1;
    }
    return c;
}

/* ---- bracket expressions ---- */

static bool add_range(struct parser *p, uint64_t set[4], int low, int high)
{
    if (high < low) {
        refuse(p, ERR_SYNTAX, "the range is upside down");
        return false;
    }
    set_add(set, (unsigned)low, (unsigned)high);
    return true;
}

/* One member: the octet for a range, or -1 after a class or a fault. */
static int bracket_octet(struct parser *p, uint64_t set[4])
{
    if (!take(p, '\\')) {
        return (unsigned char)*p->at++;
    }
    if (at_end(p)) {
        refuse(p, ERR_SYNTAX, "nothing follows the backslash");
        return -1;
    }
    if (set_add_class(set, *p->at)) {
        p->at++;
        return -1;
    }
    return escaped_octet(p);
}

static void bracket_member(struct parser *p, uint64_t set[4])
{
    int low = bracket_octet(p, set);
    int high = low;

    if (low >= 0 && next_is(p, '-') && p->at + 1 < p->end && p->at[1] != ']') {
        p->at++;
        high = bracket_octet(p, set);
        if (high < 0) {
            refuse(p, ERR_SYNTAX, "a class cannot end a range");
            return;
        }
    }
    if (low >= 0) {
        add_range(p, set, low, high);
    }
}

static struct regex_node *parse_bracket(struct parser *p)
{
    struct regex_node *node = new_node(p, REGEX_SET);
    bool inverted = take(p, '^');
    bool first = true;

    while (node != NULL && p->rc == 0 && (first || !next_is(p, ']'))) {
        if (at_end(p)) {
            return (struct regex_node *)refuse(p, ERR_SYNTAX, "the bracket is not closed");
        }
        bracket_member(p, node->set);
        first = false;
    }
    if (p->rc != 0) {
        return NULL;
    }
    p->at++;
    if (p->no_case) {
        set_fold(node->set);
    }
    if (inverted) {
        set_invert(node->set);
    }
    return node;
}

/* ---- atoms ---- */

static struct regex_node *new_octet(struct parser *p, int octet)
{
    struct regex_node *node = new_node(p, REGEX_SET);
    if (node != NULL && octet >= 0) {
        set_add(node->set, (unsigned)octet, (unsigned)octet);
        if (p->no_case) {
            set_fold(node->set);
        }
    }
    return node;
}

static struct regex_node *parse_dot(struct parser *p)
{
    struct regex_node *node = new_node(p, REGEX_SET);
    if (node != NULL) {
        if (!p->dot_all) {
            set_add(node->set, '\n', '\n');
            set_add(node->set, '\r', '\r');
        }
        set_invert(node->set);
    }
    return node;
}

static struct regex_node *parse_reference(struct parser *p)
{
    struct regex_node *node = new_node(p, REGEX_REFERENCE);
    unsigned number = (unsigned)(*p->at - '0');

    if (number == 0 || number > p->tree->groups) {
        return (struct regex_node *)refuse(p, ERR_SYNTAX, "there is no such group before");
    }
    p->at++;
    if (node != NULL) {
        node->number = number;
        p->tree->has_references = true;
    }
    return node;
}

static struct regex_node *parse_escape(struct parser *p)
{
    struct regex_node *node;

    if (at_end(p)) {
        return (struct regex_node *)refuse(p, ERR_SYNTAX, "nothing follows the backslash");
    }
    if (isdigit((unsigned char)*p->at)) {
        return parse_reference(p);
    }
    node = new_node(p, REGEX_SET);
    if (node != NULL && set_add_class(node->set, *p->at)) {
        p->at++;
        return node;
    }
    return new_octet(p, escaped_octet(p));
}

static struct regex_node *parse_group(struct parser *p)
{
    struct regex_node *node = new_node(p, REGEX_GROUP);

    if (next_is(p, '?')) {
        return (struct regex_node *)refuse(p, ERR_SYNTAX, "(? is not supported");
    }
    if (++p->depth > REGEX_DEPTH_MAX) {
        return (struct regex_node *)refuse(p, ERR_LIMIT, "groups are nested too deeply");
    }
    if (node != NULL) {
        node->number = ++p->tree->groups;
        node->child = parse_choice(p);
    }
    p->depth--;
    if (p->rc == 0 && !take(p, ')')) {
        return (struct regex_node *)refuse(p, ERR_SYNTAX, "the group is not closed");
    }
    return node;
}

static struct regex_node *parse_atom(struct parser *p)
{
    char c = *p->at++;

    switch (c) {
    case '[':
        return parse_bracket(p);
    case '(':
        return parse_group(p);
    case '.':
        return parse_dot(p);
    case '\\':
        return parse_escape(p);
    case '^':
        return new_node(p, p->lines ? REGEX_LINE_BEGIN : REGEX_TEXT_BEGIN);
    case '$':
        return new_node(p, p->lines ? REGEX_LINE_END : REGEX_TEXT_END);
    case '?':
    case '*':
    case '+':
    case '{':
        p->at--;
        return (struct regex_node *)refuse(p, ERR_SYNTAX, "there is nothing to repeat");
    case ']':
    case '}':
        p->at--;
        return (struct regex_node *)refuse(p, ERR_SYNTAX, "a lone closing bracket");
    default:
        return new_octet(p, (unsigned char)c);
    }
}

/* ---- repeats ---- */

static uint32_t parse_number(struct parser *p)
{
    uint32_t n = 0;

    if (at_end(p) || !isdigit((unsigned char)*p->at)) {
        refuse(p, ERR_SYNTAX, "a number is missing");
    }
    while (!at_end(p) && isdigit((unsigned char)*p->at)) {
        n = n * 10 + (uint32_t)(*p->at - '0');
        if (n > REGEX_REPEAT_MAX) {
            refuse(p, ERR_LIMIT, "the number of repeats is too large");
            return 0;
        }
        p->at++;
    }
    return n;
}

static void parse_bounds(struct parser *p, struct regex_node *node)
{
    node->min = parse_number(p);
    node->max = node->min;
    if (take(p, ',')) {
        node->max = next_is(p, '}') ? REGEX_NO_MAX : parse_number(p);
    }
    if (p->rc == 0 && node->max < node->min) {
        refuse(p, ERR_SYNTAX, "the larger number comes first");
    }
    if (p->rc == 0 && !take(p, '}')) {
        refuse(p, ERR_SYNTAX, "the brace is not closed");
    }
}

static bool is_repeat(const struct parser *p)
{
    return !at_end(p) && *p->at != '\0' && strchr("?*+{", *p->at) != NULL;
}

static void parse_times(struct parser *p, struct regex_node *node)
{
    char c = *p->at++;

    node->min = c == '+';
    node->max = c == '?' ? 1 : REGEX_NO_MAX;
    if (c == '{') {
        parse_bounds(p, node);
    }
}

static struct regex_node *parse_repeat(struct parser *p, struct regex_node *atom)
{
    struct regex_node *node;

    if (atom->kind >= REGEX_TEXT_BEGIN) {
        return (struct regex_node *)refuse(p, ERR_SYNTAX, "^ and $ cannot be repeated");
    }
    node = new_node(p, REGEX_REPEAT);
    if (node == NULL) {
        return NULL;
    }
    node->child = atom;
    parse_times(p, node);
    node->lazy = take(p, '?');
    if (is_repeat(p)) {
        return (struct regex_node *)refuse(p, ERR_SYNTAX, "a repeat of a repeat");
    }
    return node;
}

static struct regex_node *parse_item(struct parser *p)
{
    struct regex_node *atom = parse_atom(p);
    if (p->rc != 0) {
        return NULL;
    }
    return is_repeat(p) ? parse_repeat(p, atom) : atom;
}

/* ---- sequences and choices ---- */

static struct regex_node *parse_sequence(struct parser *p)
{
    struct regex_node *node = new_node(p, REGEX_SEQUENCE);
    struct regex_node **last = node != NULL ? &node->child : NULL;

    while (p->rc == 0 && !at_end(p) && *p->at != '|' && *p->at != ')') {
        *last = parse_item(p);
        last = *last != NULL ? &(*last)->next : last;
    }
    if (p->rc == 0 && node->child == NULL) {
        return (struct regex_node *)refuse(p, ERR_SYNTAX, "an empty expression or branch");
    }
    return node;
}

static struct regex_node *parse_choice(struct parser *p)
{
    struct regex_node *node = new_node(p, REGEX_CHOICE);
    struct regex_node **last = node != NULL ? &node->child : NULL;

    do {
        if (p->rc != 0) {
            return NULL;
        }
        *last = parse_sequence(p);
        last = *last != NULL ? &(*last)->next : last;
    } while (take(p, '|'));
    return node;
}

static int read_flags(struct parser *p, const char *flags)
{
    for (; flags != NULL && *flags != '\0'; flags++) {
        switch (*flags) {
        case 'i':
            p->no_case = true;
            break;
        case 'm':
            p->lines = true;
            break;
        case 's':
            p->dot_all = true;
            break;
        default:
            return fault_set(p->fault, ERR_SYNTAX, "unknown flag %c: i, m and s are known",
                             isprint((unsigned char)*flags) ? *flags : '?');
        }
    }
    return 0;
}

int regex_parse(const char *text, size_t len, const char *flags, struct arena *arena,
                struct regex_tree *tree, struct fault *fault)
{
    struct parser p = {.start = text, .at = text, .end = text + len, .arena = arena, .tree = tree,
                       .fault = fault};
    int rc = read_flags(&p, flags);

    if (rc != 0) {
        return rc;
    }
    *tree = (struct regex_tree){.no_case = p.no_case};
    tree->root = parse_choice(&p);
    if (p.rc == 0 && !at_end(&p)) {
        refuse(&p, ERR_SYNTAX, "a closing parenthesis without an opening one");
    }
    return p.rc;
}
