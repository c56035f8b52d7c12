/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * filter_tables.c - the tables of doc/filter.md, from the vocabulary and the catalogue.
 *
 * tests/lint/filterpage.sh compares them with what stands in the page, or puts them there.
 */
#include "base/buf.h"
#include "field/names.h"
#include "filter/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool first_of_term(size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (strcmp(word_row(i)->term, word_row(row)->term) == 0) {
            return false;
        }
    }
    return true;
}

/* Directions, then the fields: "src, dst, none" and "source port; destination port". */
static void directions_of(const char *term, struct buf *out)
{
    const char *between = "";
    enum field_id fields[WORD_FIELDS_MAX];
    for (int d = DIR_ANY + 1; d < DIR_COUNT_; d++) {
        if (word_fields(term, (enum direction)d, fields) > 0) {
            buf_printf(out, "%s%s", between, direction_text((enum direction)d));
            between = ", ";
        }
    }
    if (word_fields(term, DIR_ANY, fields) > 0) {
        buf_printf(out, "%s", between[0] != '\0' ? ", none" : "none");
    }
}

static void fields_of(size_t row, struct buf *out)
{
    enum { LISTED_MAX = 10 };
    const char *term = word_row(row)->term;
    struct field_set seen = {0};
    unsigned n = 0;
    for (size_t i = row; word_row(i) != NULL; i++) {
        enum field_id id = word_row(i)->field;
        if (strcmp(word_row(i)->term, term) == 0 && !field_set_has(&seen, id)) {
            field_set_add(&seen, id);
            if (n < LISTED_MAX) {
                buf_printf(out, "%s%s", n > 0 ? "; " : "", field_of(id)->doc);
            }
            n++;
        }
    }
    if (n > LISTED_MAX) {
        buf_printf(out, "; and %u more", n - LISTED_MAX);
    }
}

static void terms(struct buf *out)
{
    buf_str(out, "| term | in front of it | greatest number | looks at |\n|---|---|---|---|\n");
    for (size_t i = 0; word_row(i) != NULL; i++) {
        const struct term_facts *facts = term_facts(word_row(i)->term);
        if (!first_of_term(i)) {
            continue;
        }
        buf_printf(out, "| `%s` | ", word_row(i)->term);
        directions_of(word_row(i)->term, out);
        if (facts->maximum == UINT64_MAX) {
            buf_str(out, " | | ");
        } else {
            buf_printf(out, " | %" PRIu64 " | ", facts->maximum);
        }
        fields_of(i, out);
        buf_printf(out, "%s |\n", facts->implied == IMPLIED_TCP    ? "; only TCP"
                                  : facts->implied == IMPLIED_ICMP ? "; only ICMP and ICMPv6" : "");
    }
}

static void words(struct buf *out)
{
    buf_str(out, "| word | same as | |\n|---|---|---|\n");
    for (size_t i = 0; keyword_row(i) != NULL; i++) {
        const struct keyword *k = keyword_row(i);
        bool older = k->where == WORD_START;
        if (strcmp(k->text, k->canonical) != 0 || older) {
            buf_printf(out, "| `%s` | `%s` | %s |\n", k->text, k->canonical,
                       older ? "only where a term begins" : "");
        }
    }
}

static void names(struct buf *out)
{
    static const struct {
        const char *term;
        enum name_table table;
    } tables[] = {
        {"proto", NAMES_PROTO},          {"fwdstat", NAMES_FWD_STATUS},
        {"asa event", NAMES_FW_EVENT},   {"asa denied", NAMES_XEVENT},
        {"nat event", NAMES_NAT_EVENT},  {"pf action", NAMES_PF_ACTION},
        {"pf reason", NAMES_PF_REASON},
    };
    buf_str(out, "| term | names |\n|---|---|\n");
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        size_t n;
        const struct name_row *rows = names_rows(tables[i].table, &n);
        buf_printf(out, "| `%s` |", tables[i].term);
        for (size_t k = 0; k < n; k++) {
            buf_printf(out, "%s %s %u", k > 0 ? "," : "", rows[k].text, rows[k].number);
        }
        buf_str(out, " |\n");
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*make)(struct buf *out);
    } tables[] = {{"terms", terms}, {"words", words}, {"names", names}};
    struct buf out;
    buf_init(&out);
    for (size_t i = 0; argc == 2 && i < sizeof tables / sizeof tables[0]; i++) {
        if (strcmp(argv[1], tables[i].name) == 0) {
            tables[i].make(&out);
        }
    }
    fputs(buf_text(&out), stdout);
    buf_free(&out);
    return 0;
}
