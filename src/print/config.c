/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * config.c - the table [nfdump] of a configuration file.
 */
#include "print/config.h"

#include "base/file.h"
#include "base/toml.h"

#include <stdio.h>
#include <string.h>

/* Of all formats 15 are predefined, and one place stays empty. */
enum { USER_FORMATS_MAX = PRINT_FORMATS_MAX - 16, FILE_SIZE_MAX = 1 << 24 };

static int read_tree(const char *path, struct arena *arena, struct toml **root,
                     struct fault *fault)
{
    struct buf text;
    int rc;

    buf_init(&text);
    rc = file_read_all(path, FILE_SIZE_MAX, &text, fault);
    if (rc == 0) {
        struct fault why = {0};
        rc = toml_parse(text.data, text.len, arena, root, &why);
        if (rc != 0) {
            fault_set(fault, rc, "Failed to parse config file %s: line %u: %s", path, why.line,
                      why.text);
        }
    }
    buf_free(&text);
    return rc;
}

/* The string at table.key, or NULL. */
static const char *string_at(const struct toml *table, const char *key)
{
    const struct toml *t = toml_get(table, key);
    return t != NULL && t->type == TOML_STRING ? t->string : NULL;
}

/* Take the formats of one kind up to the first value that is no string. */
static int take_formats(struct print_formats *formats, const struct toml *table, bool csv,
                        struct fault *fault)
{
    if (table == NULL || table->type != TOML_TABLE) {
        return 0;
    }
    for (const struct toml *t = table->first; t != NULL && t->type == TOML_STRING; t = t->next) {
        if (formats->n == USER_FORMATS_MAX) {
            return fault_set(fault, ERR_LIMIT, "Number of print format slots exhaustet: %d",
                             PRINT_FORMATS_MAX);
        }
        formats->format[formats->n++] = (struct print_format){t->key, t->string, csv};
    }
    return 0;
}

int config_read(struct config *c, const char *path, struct fault *fault)
{
    const struct toml *table;
    const struct toml *workers;
    struct toml *root = NULL;
    int rc;
    int rc_csv;

    memset(c, 0, sizeof *c);
    arena_init(&c->arena);
    rc = read_tree(path, &c->arena, &root, fault);
    if (rc != 0) {
        return rc;
    }
    table = toml_get(root, "nfdump");
    workers = toml_get(table, "maxworkers");
    c->geodb = string_at(toml_get(table, "geodb"), "path");
    c->tordb = string_at(toml_get(table, "tordb"), "path");
    c->maxworkers = workers != NULL && workers->type == TOML_INTEGER ? workers->integer : 0;
    rc = take_formats(&c->formats, toml_get(table, "fmt"), false, fault);
    rc_csv = take_formats(&c->formats, toml_get(table, "csv"), true, fault);
    return rc != 0 ? rc : rc_csv;
}

void config_free(struct config *c)
{
    arena_free(&c->arena);
}

/* ---- the inventory ---- */

static void put_scalar(const char *prefix, const struct toml *t, struct buf *out)
{
    switch (t->type) {
    case TOML_STRING:
        buf_printf(out, "%s string : %s\n", prefix, t->string);
        break;
    case TOML_BOOL:
        buf_printf(out, "%s bool   : %d\n", prefix, t->integer != 0);
        break;
    case TOML_INTEGER:
        buf_printf(out, "%s int    : %lld\n", prefix, (long long)t->integer);
        buf_printf(out, "%s double : %f\n", prefix, (double)t->integer);
        break;
    case TOML_FLOAT:
        buf_printf(out, "%s double : %f\n", prefix, t->number);
        break;
    case TOML_DATE:
    case TOML_ARRAY:
    case TOML_TABLE:
        break;
    }
}

static void put_table(const char *name, const struct toml *table, struct buf *out);

static void put_array(const char *name, const struct toml *array, struct buf *out)
{
    unsigned i = 0;

    buf_printf(out, "%s is an array with %zu entries:\n", name, array->n);
    for (const struct toml *t = array->first; t != NULL; t = t->next, i++) {
        char prefix[160];
        snprintf(prefix, sizeof prefix, "%.120s:[%u]", array->key, i);
        if (t->type == TOML_TABLE) {
            buf_printf(out, "\n%s", prefix);
            put_table("anonymous", t, out);
        } else if (t->type == TOML_ARRAY) {
            put_array(prefix, t, out);
        } else {
            put_scalar(prefix, t, out);
        }
    }
}

/* First the values, then the arrays, then the tables. */
static void put_entries(const char *name, const struct toml *table, struct buf *out)
{
    char prefix[256];

    for (const struct toml *t = table->first; t != NULL; t = t->next) {
        snprintf(prefix, sizeof prefix, "%.100s:%-10.120s", name, t->key);
        put_scalar(prefix, t, out);
    }
    for (const struct toml *t = table->first; t != NULL; t = t->next) {
        if (t->type == TOML_ARRAY) {
            snprintf(prefix, sizeof prefix, "%.100s:%.120s", name, t->key);
            put_array(prefix, t, out);
        }
    }
    for (const struct toml *t = table->first; t != NULL; t = t->next) {
        if (t->type == TOML_TABLE) {
            buf_printf(out, "\n%s:%s", name, t->key);
            put_table(t->key, t, out);
        }
    }
}

static void put_table(const char *name, const struct toml *table, struct buf *out)
{
    buf_printf(out, " is a table with %zu entries:\n", table->n);
    put_entries(name, table, out);
}

int config_inventory(const char *path, struct buf *out, struct fault *fault)
{
    struct arena arena;
    struct toml *root = NULL;
    int rc;

    arena_init(&arena);
    rc = read_tree(path, &arena, &root, fault);
    if (rc != 0 && fault->sys_errno != 0) {
        fault_set(fault, rc, "Failed to open config file %s: %s", path,
                  strerror(fault->sys_errno));
    } else {
        buf_printf(out, "Check config file: %s\n", path);
    }
    if (rc == 0) {
        buf_printf(out, "Config file %s has %zu sections\n", path, root->n);
        buf_printf(out, "Toplevel table with %zu entries:\n", root->n);
        put_entries("topLevel", root, out);
    }
    arena_free(&arena);
    return rc;
}
