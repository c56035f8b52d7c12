/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * collectconf.c - entries of a TOML table become option events.
 */
#include "collect/collectconf.h"

#include "base/file.h"
#include "base/toml.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_SIZE_MAX = 1 << 20 };

/* While a file is read. */
struct reading {
    const char *path;
    const struct opt_row *rows;
    size_t nrows;
    struct arena *arena;
    struct opt_result *result;
    struct fault *fault;
};

static int read_tree(const struct reading *r, struct toml **root)
{
    struct fault why = {0};
    struct buf text;
    int rc;
    buf_init(&text);
    rc = file_read_all(r->path, FILE_SIZE_MAX, &text, r->fault);
    if (rc == 0) {
        rc = toml_parse(text.data != NULL ? text.data : "", text.len, r->arena, root, &why);
        if (rc != 0) {
            fault_set(r->fault, rc, "%s: line %u: %s", r->path, why.line, why.text);
        }
    }
    buf_free(&text);
    return rc;
}

/* What says how to run, not what to do, stays on the command line. */
static const struct opt_row *row_of(const struct reading *r, const char *name)
{
    static const char *const only_typed[] = {"config", "help", "version"};
    for (size_t i = 0; i < sizeof only_typed / sizeof only_typed[0]; i++) {
        if (strcmp(name, only_typed[i]) == 0) {
            return NULL;
        }
    }
    for (size_t i = 0; i < r->nrows; i++) {
        if (r->rows[i].name != NULL && strcmp(r->rows[i].name, name) == 0) {
            return &r->rows[i];
        }
    }
    return NULL;
}

static int is_no_value(const struct reading *r, const char *key)
{
    return fault_set(r->fault, ERR_USAGE, "%s: %s: not a value for this", r->path, key);
}

static int add_event(const struct reading *r, const struct opt_row *row, const char *value)
{
    struct opt_result *result = r->result;
    struct opt_event *events = arena_alloc(r->arena, (result->nevents + 1) * sizeof *events);
    if (events == NULL) {
        return fault_set(r->fault, ERR_NOMEM, "out of memory");
    }
    if (result->nevents > 0) {
        memcpy(events, result->events, result->nevents * sizeof *events);
    }
    events[result->nevents++] = (struct opt_event){row, value};
    result->events = events;
    return 0;
}

static int take_value(const struct reading *r, const char *key, const struct opt_row *row,
                      const struct toml *value)
{
    char digits[24];
    if (row->arg == OPT_NONE) {
        if (value->type != TOML_BOOL) {
            return is_no_value(r, key);
        }
        return value->integer != 0 ? add_event(r, row, NULL) : 0;
    }
    if (value->type == TOML_STRING) {
        return add_event(r, row, value->string);
    }
    if (value->type != TOML_INTEGER) {
        return is_no_value(r, key);
    }
    snprintf(digits, sizeof digits, "%" PRId64, value->integer);
    return add_event(r, row, arena_strndup(r->arena, digits, strlen(digits)));
}

static int take_entry(const struct reading *r, const struct toml *entry)
{
    const struct opt_row *row = row_of(r, entry->key);
    int rc = 0;
    if (row == NULL) {
        return fault_set(r->fault, ERR_USAGE, "%s: %s: no such setting", r->path, entry->key);
    }
    if (entry->type != TOML_ARRAY) {
        return take_value(r, entry->key, row, entry);
    }
    for (const struct toml *t = entry->first; t != NULL && rc == 0; t = t->next) {
        rc = take_value(r, entry->key, row, t);
    }
    return rc;
}

int collectconf_read(const char *path, const struct opt_row *rows, size_t nrows,
                     struct arena *arena, struct opt_result *result, struct fault *fault)
{
    struct reading r = {path, rows, nrows, arena, result, fault};
    struct toml *root = NULL;
    const struct toml *table;
    int rc = read_tree(&r, &root);
    *result = (struct opt_result){0};
    table = rc == 0 ? toml_get(root, "weircapd") : NULL;
    for (const struct toml *t = table != NULL ? table->first : NULL; t != NULL && rc == 0;
         t = t->next) {
        rc = take_entry(&r, t);
    }
    return rc;
}
