/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * filterhelp.c - the language as text, from the vocabulary and the catalogue.
 */
#include "filter/filter.h"

#include "filter/words.h"

#include <string.h>

static const char intro[] =
    "A filter is made of terms, joined by and, or, not (or !) and parentheses; and binds tighter\n"
    "than or. Words may be in upper or lower case. Numbers take the suffixes k m g t (thousands)\n"
    "or 0x hex. N stands for [= == eq > gt < lt >= ge <= le] number. # begins a comment,\n"
    "@include FILE reads a file. A term about something that a flow does not have is false.\n"
    "\n"
    "  any, ipv4, ipv6, ident NAME, [src|dst] ip tor\n"
    "  [DIR] ip|host ADDRESS          [DIR] ip in [ADDRESS[/N] ...]\n"
    "  [DIR] net ADDRESS/N            [DIR] net ADDRESS NETMASK\n"
    "  proto NUMBER|NAME              tun proto NUMBER|NAME\n"
    "  flags LETTERS                  all of CEUAPRSF; =LETTERS exactly; X: all of UAPRSF\n"
    "  ttl equal                      smallest and largest time to live are the same\n"
    "  port|as in [NUMBER ...]        [src|dst] port in nat pblock\n"
    "  first|last seen [comparison] YYYY-MM-DDTHH:MM:SS.mmm\n"
    "  [DIR] geo CC                   country code, with a geo data base\n"
    "  payload content|regex TEXT, payload dns defined|name|address TEXT,\n"
    "  payload tls|ssl defined|version|sni TEXT, payload ja3|ja4 defined|TEXT\n"
    "\n"
    "Terms and their fields:\n";

/* Is this the first row of its term? */
static bool first_of_term(size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (strcmp(word_row(i)->term, word_row(row)->term) == 0) {
            return false;
        }
    }
    return true;
}

static void help_term(size_t row, struct buf *out)
{
    const char *term = word_row(row)->term;
    size_t start = out->len;
    buf_printf(out, "  %-24s", term);
    for (int d = 0; d < DIR_COUNT_; d++) {
        enum field_id fields[WORD_FIELDS_MAX];
        size_t n = word_fields(term, (enum direction)d, fields);
        if (n == 0) {
            continue;
        }
        if (out->len - start > 76) {
            buf_char(out, '\n');
            start = out->len;
            buf_fill(out, ' ', 26);
        }
        buf_printf(out, "%s:", d == DIR_ANY ? "-" : direction_text((enum direction)d));
        for (size_t i = 0; i < n; i++) {
            buf_printf(out, "%s%s", i > 0 ? "," : "", field_of(fields[i])->member);
        }
        buf_str(out, "  ");
    }
    buf_char(out, '\n');
}

void filter_help(struct buf *out)
{
    buf_str(out, intro);
    for (size_t i = 0; word_row(i) != NULL; i++) {
        if (first_of_term(i)) {
            help_term(i, out);
        }
    }
}
