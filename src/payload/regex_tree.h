/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * regex_tree.h - the parser of regular expressions (dialect: regex.h). Flags are resolved here: the
 * tree's sets contain both cases, and line ends are nodes of their own.
 */
#ifndef WEIR_PAYLOAD_REGEX_TREE_H
#define WEIR_PAYLOAD_REGEX_TREE_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGEX_NO_MAX UINT32_MAX
#define REGEX_REPEAT_MAX 65535
#define REGEX_DEPTH_MAX 200

enum regex_kind {
    REGEX_SET,        /* one octet out of a set */
    REGEX_SEQUENCE,   /* the children one after the other; at least one */
    REGEX_CHOICE,     /* one of the children; at least one */
    REGEX_REPEAT,     /* the child min to max times */
    REGEX_GROUP,      /* the child, as group number */
    REGEX_REFERENCE,  /* what group number matched */
    REGEX_TEXT_BEGIN,
    REGEX_TEXT_END,
    REGEX_LINE_BEGIN, /* TEXT_BEGIN or behind CR or LF */
    REGEX_LINE_END    /* TEXT_END or before CR or LF */
};

struct regex_node {
    enum regex_kind kind;
    struct regex_node *child; /* the first one */
    struct regex_node *next;  /* the next child of the parent */
    uint64_t set[4];          /* bit per octet */
    uint32_t min, max;
    bool lazy;
    unsigned number;
};

struct regex_tree {
    struct regex_node *root;
    unsigned groups;
    bool has_references;
    bool no_case; /* for references */
};

/* Parse into nodes that live in the arena. Returns 0, ERR_SYNTAX, ERR_LIMIT (nested too deeply) or
 * ERR_NOMEM; the fault's column counts octets of text from 1. */
int regex_parse(const char *text, size_t len, const char *flags, struct arena *arena,
                struct regex_tree *tree, struct fault *fault);

static inline bool regex_set_has(const uint64_t set[4], unsigned octet)
{
    return set[octet >> 6] >> (octet & 63) & 1;
}

#endif
