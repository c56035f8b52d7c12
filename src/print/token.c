/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * token.c - the table of %tokens, made from the catalogue.
 */
#include "print/token.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TAGS_PER_LINE 16

static const struct token table[] = {
#define TOKEN(at, tag, id, id2, id3, cell, width, header, csv)                                     \
    {at, tag, {FIELD_##id, FIELD_##id2, FIELD_##id3}, CELL_##cell, width, header, csv},
#include "field/fields.def"
};

/* Further names of tokens, understood but not listed. */
static const struct {
    const char *alias;
    const char *tag;
} aliases[] = {
#define TAG_ALIAS(alias, tag) {alias, tag},
#include "field/fields.def"
};

static const struct {
    enum column_list list;
    struct token token;
} columns[] = {
#define COLUMN(list, at, name, id, id2, id3, cell, width)                                          \
    {COLUMNS_##list, {at, name, {FIELD_##id, FIELD_##id2, FIELD_##id3}, CELL_##cell, width, name,  \
                      name}},
#include "field/fields.def"
};

#define EXTRA_NONE {FIELD_NONE, FIELD_NONE, FIELD_NONE}
#define EXTRA_TIMES {FIELD_FIRST_SEEN, FIELD_LAST_SEEN, FIELD_NONE}
#define EXTRA_PROTO {FIELD_PROTO, FIELD_NONE, FIELD_NONE}
#define EXTRA_MPLS EXTRA_NONE /* see token_fields() */
#define EXTRA_PAYLOAD {FIELD_PROTO, FIELD_SRC_PORT, FIELD_DST_PORT}

static const struct cell cells[CELL_COUNT_] = {
#define CELL(name, wide_, fields, fmt_, csv_)                                                      \
    [CELL_##name] = {fmt_, csv_, (wide_) != 0, EXTRA_##fields},
#include "print/cells.def"
};

const struct cell *token_cell(const struct token *t)
{
    return &cells[t->cell];
}

static bool same_tag(const char *tag, const char *text, size_t len)
{
    return strlen(tag) == len && memcmp(tag, text, len) == 0;
}

static const struct token *find_listed(const char *tag, size_t len, bool csv)
{
    for (size_t i = 0; i < COUNT(table); i++) {
        if (same_tag(table[i].tag, tag, len) && (!csv || table[i].csv != NULL)) {
            return &table[i];
        }
    }
    return NULL;
}

const struct token *token_find(const char *tag, size_t len, bool csv)
{
    for (size_t i = 0; i < COUNT(aliases); i++) {
        if (same_tag(aliases[i].alias, tag, len)) {
            return find_listed(aliases[i].tag, strlen(aliases[i].tag), csv);
        }
    }
    return find_listed(tag, len, csv);
}

/* By place; there are few, and lists are made once. */
static void insert(const struct token **list, size_t n, const struct token *t)
{
    for (; n > 0 && list[n - 1]->at > t->at; n--) {
        list[n] = list[n - 1];
    }
    list[n] = t;
}

size_t token_columns(enum column_list list, const struct token *out[TOKEN_COLUMNS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < COUNT(columns); i++) {
        if (columns[i].list == list) {
            insert(out, n++, &columns[i].token);
        }
    }
    return n;
}
_Static_assert(COUNT(columns) <= TOKEN_COLUMNS_MAX, "no list is longer");

void token_list(bool csv, struct buf *out)
{
    const struct token *listed[COUNT(table)];
    size_t n = 0;

    for (size_t i = 0; i < COUNT(table); i++) {
        if (!csv || table[i].csv != NULL) {
            insert(listed, n++, &table[i]);
        }
    }
    buf_printf(out, "Available %s format elements:", csv ? "csv" : "fmt");
    for (size_t i = 0; i < n; i++) {
        if (i % TAGS_PER_LINE == 0) {
            buf_char(out, '\n');
        }
        buf_printf(out, "%%%s ", listed[i]->tag);
    }
    buf_str(out, "- See also nfdump(1)\n");
}

void token_part(const struct token *t, bool csv, bool long_ipv6, struct part *part)
{
    const struct cell *cell = &cells[t->cell];

    part->kind = csv ? cell->csv : cell->fmt;
    part->width = t->width;
    for (size_t i = 0; i < 3; i++) {
        part->places[i] = place_of(t->fields[i]);
    }
    if (long_ipv6 && (cell->wide || t->cell == CELL_addr_narrow)) {
        part->width = 39;
    }
    token_fields(t, &part->fields);
}

static void add_fields(struct field_set *set, const enum field_id *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] != FIELD_NONE) {
            field_set_add(set, ids[i]);
        }
    }
}

void token_fields(const struct token *t, struct field_set *set)
{
    add_fields(set, t->fields, 3);
    add_fields(set, cells[t->cell].more, 3);
    if (t->cell == CELL_mpls_stack) { /* all fields between its two */
        for (unsigned id = t->fields[0]; id <= t->fields[1]; id++) {
            field_set_add(set, (enum field_id)id);
        }
    }
    field_set_add(set, FIELD_GROUPS);
}

void cell_none(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    (void)row;
    (void)out;
}
