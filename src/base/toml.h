/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * toml.h - TOML, the language of configuration files, read into a tree.
 *
 * Tables keep their entries in the order of the file. Dates are kept as text. All memory belongs to
 * the arena given; names and strings are NUL-terminated there.
 */
#ifndef WEIR_BASE_TOML_H
#define WEIR_BASE_TOML_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum toml_type {
    TOML_STRING,
    TOML_INTEGER,
    TOML_FLOAT,
    TOML_BOOL,
    TOML_DATE,
    TOML_ARRAY,
    TOML_TABLE
};

struct toml {
    enum toml_type type;
    const char *key;     /* "" for elements of an array */
    const char *string;  /* TOML_STRING, TOML_DATE */
    int64_t integer;     /* TOML_INTEGER; TOML_BOOL: 0 or 1 */
    double number;       /* TOML_FLOAT */
    size_t n;            /* TOML_ARRAY, TOML_TABLE: number of entries */
    struct toml *first;  /* … and the entries */
    struct toml *last;
    struct toml *next;   /* the entry after this one */
    bool closed;         /* an inline table or a defined table: may not be defined again */
};

/* Parse a text. ERR_SYNTAX: fault->line and a sentence; ERR_NOMEM. */
int toml_parse(const char *text, size_t len, struct arena *arena, struct toml **root,
               struct fault *fault);

/* The entry of a table, or NULL; the table may be NULL or no table. */
const struct toml *toml_get(const struct toml *table, const char *key);

#endif
