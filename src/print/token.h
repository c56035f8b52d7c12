/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * token.h - %tokens of fmt and csv formats, and the cells they print.
 *
 * A row of the catalogue is
 *
 *   TOKEN(at, "tag", FIELD, FIELD2, FIELD3, cell, width, "fmt header", "csv name")
 *
 *     at      place in lists of tokens
 *     FIELDs  what the cell prints: usually one field; addresses: IPv4 field, IPv6 field (NONE if
 *             they are one), port or mask; see cells.def
 *     cell    how: a row of cells.def, which names one function for fmt and one for csv
 *     width   columns in fmt; negative: left-aligned
 *     csv     name in the csv header; NULL: the token is for fmt only
 */
#ifndef WEIR_PRINT_TOKEN_H
#define WEIR_PRINT_TOKEN_H

#include "field/field.h"
#include "print/part.h"

enum cell_id {
#define CELL(name, wide, fields, fmt, csv) CELL_##name,
#include "print/cells.def"
    CELL_COUNT_
};

struct token {
    int at; /* place in lists; rows of tables may stand in any order */
    const char *tag;
    enum field_id fields[3];
    enum cell_id cell;
    int width;
    const char *header;
    const char *csv; /* NULL: not in csv */
};

struct cell {
    part_fn *fmt;
    part_fn *csv;
    bool wide;              /* an address: 39 columns with -6, header too */
    enum field_id more[3];  /* fields it reads beside those of its token */
};

const struct cell *token_cell(const struct token *t);

/* The token whose tag is the len octets at tag, or NULL. csv: only those csv knows. */
const struct token *token_find(const char *tag, size_t len, bool csv);

/* Columns of a fixed list, in order: tokens whose tag is the column's name. Returns how many. */
enum column_list { COLUMNS_FAST, COLUMNS_CSV16, COLUMNS_PIPE };
enum { TOKEN_COLUMNS_MAX = 128 };
size_t token_columns(enum column_list list, const struct token *out[TOKEN_COLUMNS_MAX]);

/* "Available fmt format elements:" and all tags, 16 a line. */
void token_list(bool csv, struct buf *out);

/* The value of a token in a format. */
void token_part(const struct token *t, bool csv, bool long_ipv6, struct part *part);

/* Add the stored fields it reads. */
void token_fields(const struct token *t, struct field_set *set);

#define CELL(name, wide, fields, fmt, csv) part_fn fmt, csv;
#include "print/cells.def"
part_fn cell_none; /* csv function of cells that csv does not know */

#endif
