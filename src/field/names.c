/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * names.c - numbers that have names.
 *
 * One array holds the rows of all tables; the rows of one table stand together. Hot paths (protocol
 * names of printers) keep their own expanded texts and do not come here per flow.
 */
#include "field/names.h"

#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct name_row rows[] = {
#define NAME(table, number, text) {number, text},
#include "field/names.def"
};

static const uint8_t table_of[] = {
#define NAME(table, number, text) NAMES_##table,
#include "field/names.def"
};

static const struct {
    enum name_table table;
    struct name_row row;
} aliases[] = {
#define ALIAS(table, number, text) {NAMES_##table, {number, text}},
#include "field/names.def"
};

/* The rows of a table stand together: the first one and one past the last. */
static void slice_of(enum name_table table, size_t *first, size_t *end)
{
    size_t i = 0;

    while (i < COUNT(table_of) && table_of[i] != table) {
        i++;
    }
    *first = i;
    while (i < COUNT(table_of) && table_of[i] == table) {
        i++;
    }
    *end = i;
}

const struct name_row *names_rows(enum name_table table, size_t *n)
{
    size_t first;
    size_t end;

    slice_of(table, &first, &end);
    *n = end - first;
    return rows + first;
}

const char *name_of(enum name_table table, uint64_t number)
{
    size_t n;
    const struct name_row *row = names_rows(table, &n);

    if (number < n && row[number].number == number) {
        return row[number].text;
    }
    for (size_t i = 0; i < n; i++) {
        if (row[i].number == number) {
            return row[i].text;
        }
    }
    return NULL;
}

static bool same_word(const char *name, const char *text, size_t len)
{
    return strlen(name) == len && strncasecmp(name, text, len) == 0;
}

bool number_of(enum name_table table, const char *text, size_t len, uint32_t *number)
{
    size_t n;
    const struct name_row *row = names_rows(table, &n);

    for (size_t i = 0; i < n; i++) {
        if (same_word(row[i].text, text, len)) {
            *number = row[i].number;
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(aliases); i++) {
        if (aliases[i].table == table && same_word(aliases[i].row.text, text, len)) {
            *number = aliases[i].row.number;
            return true;
        }
    }
    return false;
}

bool number_of_prefix(enum name_table table, const char *text, size_t len, uint32_t *number)
{
    size_t n;
    const struct name_row *row = names_rows(table, &n);

    for (size_t i = 0; i < n; i++) {
        if (strncasecmp(row[i].text, text, len) == 0) {
            *number = row[i].number;
            return true;
        }
    }
    return false;
}
