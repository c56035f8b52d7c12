/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * regex_pcre2.c - the pattern writer, and one body with PCRE2 and one without.
 *
 * Nothing in the pattern depends on options or on tables of PCRE2: octets are \xHH, classes are
 * spelled out, ends of lines are look-arounds. JIT is used if PCRE2 has it for this machine.
 */
#include "payload/regex_pcre2.h"

#include <stdlib.h>

/* ---- the pattern ---- */

static void write_octet(struct buf *out, unsigned octet)
{
    buf_str(out, "\\x");
    buf_hex(out, octet, 2);
}

static unsigned run_end(const uint64_t set[4], unsigned octet)
{
    while (octet < 255 && regex_set_has(set, octet + 1)) {
        octet++;
    }
    return octet;
}

static void write_set(struct buf *out, const uint64_t set[4])
{
    size_t before = out->len;

    buf_char(out, '[');
    for (unsigned octet = 0; octet < 256; octet++) {
        if (regex_set_has(set, octet)) {
            write_octet(out, octet);
            octet = run_end(set, octet);
            buf_char(out, '-');
            write_octet(out, octet);
        }
    }
    buf_char(out, ']');
    if (out->len == before + 2) { /* the empty set never matches */
        out->len = before;
        buf_str(out, "(?!)");
    }
}

static void write_node(struct buf *out, const struct regex_tree *tree,
                       const struct regex_node *node);

static void write_children(struct buf *out, const struct regex_tree *tree,
                           const struct regex_node *node, const char *between)
{
    for (const struct regex_node *child = node->child; child != NULL; child = child->next) {
        write_node(out, tree, child);
        buf_str(out, child->next != NULL ? between : "");
    }
}

static void write_repeat(struct buf *out, const struct regex_tree *tree,
                         const struct regex_node *node)
{
    write_children(out, tree, node, "");
    buf_char(out, '{');
    buf_u64(out, node->min);
    buf_char(out, ',');
    if (node->max != REGEX_NO_MAX) {
        buf_u64(out, node->max);
    }
    buf_str(out, node->lazy ? "}?" : "}");
}

static void write_node(struct buf *out, const struct regex_tree *tree,
                       const struct regex_node *node)
{
    switch (node->kind) {
    case REGEX_SET:
        write_set(out, node->set);
        break;
    case REGEX_SEQUENCE:
        write_children(out, tree, node, "");
        break;
    case REGEX_CHOICE:
        write_children(out, tree, node, "|");
        break;
    case REGEX_REPEAT:
        write_repeat(out, tree, node);
        break;
    case REGEX_GROUP:
        buf_str(out, tree->has_references ? "(" : "(?:");
        write_children(out, tree, node, "");
        buf_char(out, ')');
        break;
    case REGEX_REFERENCE:
        buf_printf(out, tree->no_case ? "(?i:\\g{%u})" : "(?:\\g{%u})", node->number);
        break;
    case REGEX_TEXT_BEGIN:
        buf_str(out, "\\A");
        break;
    case REGEX_TEXT_END:
        buf_str(out, "\\z");
        break;
    case REGEX_LINE_BEGIN:
        buf_str(out, "(?:\\A|(?<=[\\x0a\\x0d]))");
        break;
    case REGEX_LINE_END:
        buf_str(out, "(?:\\z|(?=[\\x0a\\x0d]))");
        break;
    }
}

void regex_pcre2_pattern(const struct regex_tree *tree, struct buf *pattern)
{
    write_node(pattern, tree, tree->root);
}

/* ---- PCRE2 ---- */

#ifdef HAVE_PCRE2

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* About 20 ms on the slowest expressions; ordinary ones need a few hundred steps. */
enum { STEPS_MAX = 200000, HEAP_KIB_MAX = 1024 };

struct regex_pcre2 {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static pcre2_code *compile(const struct regex_tree *tree)
{
    struct buf pattern;
    pcre2_code *code = NULL;
    int error;
    PCRE2_SIZE offset;

    buf_init(&pattern);
    regex_pcre2_pattern(tree, &pattern);
    if (!pattern.failed) {
        code = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.len, PCRE2_NEVER_UTF, &error,
                             &offset, NULL);
    }
    buf_free(&pattern);
    return code;
}

int regex_pcre2_new(const struct regex_tree *tree, struct regex_pcre2 **re, struct fault *fault)
{
    struct regex_pcre2 *made = (struct regex_pcre2 *)calloc(1, sizeof *made);

    if (made == NULL || (made->limits = pcre2_match_context_create(NULL)) == NULL) {
        free(made);
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    made->code = compile(tree);
    if (made->code == NULL) {
        regex_pcre2_free(made);
        return fault_set(fault, ERR_UNSUPPORTED, "PCRE2 does not compile the expression");
    }
    (void)pcre2_jit_compile(made->code, PCRE2_JIT_COMPLETE); /* without it, it only is slower */
    pcre2_set_match_limit(made->limits, STEPS_MAX);
    pcre2_set_heap_limit(made->limits, HEAP_KIB_MAX);
    *re = made;
    return 0;
}

void regex_pcre2_free(struct regex_pcre2 *re)
{
    if (re != NULL) {
        pcre2_code_free(re->code);
        pcre2_match_context_free(re->limits);
        free(re);
    }
}

struct regex_pcre2_scratch *regex_pcre2_scratch_new(const struct regex_pcre2 *re)
{
    return (struct regex_pcre2_scratch *)pcre2_match_data_create_from_pattern(re->code, NULL);
}

void regex_pcre2_scratch_free(struct regex_pcre2_scratch *scratch)
{
    pcre2_match_data_free((pcre2_match_data *)scratch);
}

int regex_pcre2_match(const struct regex_pcre2 *re, const void *data, size_t len,
                      struct regex_pcre2_scratch *scratch)
{
    int rc = pcre2_match(re->code, (PCRE2_SPTR)data, len, 0, 0, (pcre2_match_data *)scratch,
                         re->limits);
    if (rc == PCRE2_ERROR_NOMATCH) {
        return 0;
    }
    return rc >= 0 ? 1 : ERR_LIMIT;
}

#else

int regex_pcre2_new(const struct regex_tree *tree, struct regex_pcre2 **re, struct fault *fault)
{
    (void)tree;
    (void)re;
    return fault_set(fault, ERR_UNSUPPORTED, "this build has no PCRE2");
}

void regex_pcre2_free(struct regex_pcre2 *re)
{
    (void)re;
}

struct regex_pcre2_scratch *regex_pcre2_scratch_new(const struct regex_pcre2 *re)
{
    (void)re;
    return NULL;
}

void regex_pcre2_scratch_free(struct regex_pcre2_scratch *scratch)
{
    (void)scratch;
}

int regex_pcre2_match(const struct regex_pcre2 *re, const void *data, size_t len,
                      struct regex_pcre2_scratch *scratch)
{
    (void)re;
    (void)data;
    (void)len;
    (void)scratch;
    return ERR_LIMIT;
}

#endif
