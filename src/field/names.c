/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * names.c - numbers that have names.
 *
 * One array holds the rows of all tables; the rows of one table stand together, beginning with
 * the name of 0, so that an enum of all rows tells where each table starts.
 */
#include "field/names.h"

#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct name_row rows[] = {
#define NAME(table, number, text) {number, text},
#include "field/names.def"
};

enum {
#define NAME(table, number, text) ROW_##table##_##number,
#include "field/names.def"
    ROWS_
};

/* The tables in the order of names.def; each begins with the name of 0. */
static const uint16_t first_row[NAMES_TABLES_ + 1] = {
    ROW_PROTO_0,      ROW_FW_EVENT_0,  ROW_XEVENT_0,    ROW_NAT_EVENT_0,
    ROW_NAT_EVENT_LONG_0, ROW_BIFLOW_DIR_0, ROW_END_REASON_0, ROW_PF_ACTION_0,
    ROW_PF_REASON_0,  ROW_FWD_STATUS_0, ROW_FWD_STATUS_LONG_0, ROW_CREATOR_0, ROWS_};

static const struct {
    enum name_table table;
    struct name_row row;
} aliases[] = {
#define ALIAS(table, number, text) {NAMES_##table, {number, text}},
#include "field/names.def"
};

const struct name_row *names_rows(enum name_table table, size_t *n)
{
    *n = (size_t)(first_row[table + 1] - first_row[table]);
    return rows + first_row[table];
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
