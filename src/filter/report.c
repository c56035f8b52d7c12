/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * report.c - messages: nfdump's line for stdout; for stderr the line of the text with a mark under
 * the place, what was expected and what may have been meant.
 */
#include "filter/report.h"

#include "filter/suggest.h"

#include <stdio.h>
#include <string.h>

void filter_report_init(struct filter_report *r)
{
    buf_init(&r->line);
    buf_init(&r->detail);
    r->exit_code = 0;
}

void filter_report_free(struct filter_report *r)
{
    buf_free(&r->line);
    buf_free(&r->detail);
}

/* The line of its source that a token is in: start, length, and the token's column from 0. */
static const char *line_of(const struct token *t, size_t *len, size_t *column)
{
    const struct source *s = t->source;
    size_t at = (size_t)(t->raw - s->scanned);
    size_t start = at;
    size_t end = at;
    while (start > 0 && s->text[start - 1] != '\n') {
        start--;
    }
    while (end < s->len && s->text[end] != '\n') {
        end++;
    }
    *len = end - start;
    *column = at - start;
    return s->text + start;
}

/* Is the token a piece of a text that we still have? */
static bool has_place(const struct token *t)
{
    return t->source != NULL && t->raw >= t->source->scanned &&
           t->raw <= t->source->scanned + t->source->len;
}

static void show_line(const struct token *t, struct buf *out)
{
    enum { SHOWN = 100, BEFORE = 60 };
    size_t len, column;
    const char *line = line_of(t, &len, &column);
    size_t from = column > BEFORE ? column - BEFORE : 0;
    size_t shown = len - from < SHOWN ? len - from : SHOWN;
    size_t marks = t->raw_len == 0 ? 1 : t->raw_len;
    buf_str(out, "  ");
    for (size_t i = 0; i < shown; i++) {
        char c = line[from + i];
        buf_char(out, (unsigned char)c < 0x20 || c == 0x7f ? ' ' : c);
    }
    buf_str(out, "\n  ");
    buf_fill(out, ' ', column - from);
    buf_fill(out, '^', marks > SHOWN - (column - from) ? SHOWN - (column - from) : marks);
    buf_char(out, '\n');
}

static void name_line(const struct token *t, struct buf *out)
{
    if (t->source != NULL && t->source->name != NULL) {
        buf_printf(out, "File '%s' line %u: ", t->source->name, t->line);
    } else {
        buf_printf(out, "Line %u: ", t->line);
    }
}

static void nfdump_line(const char *message, const struct token *at, struct buf *out)
{
    name_line(at, out);
    buf_printf(out, "%s at '", message);
    buf_add(out, at->raw, at->raw_len);
    buf_str(out, "'\n");
}

static void fill_fault(struct fault *fault, int rc, const char *message, const struct token *place)
{
    fault_set(fault, rc, "%s", message);
    if (place != NULL && has_place(place)) {
        size_t len, column;
        line_of(place, &len, &column);
        fault_at_text(fault, place->source->name, place->line, (unsigned)column + 1,
                      place->raw_len == 0 ? 1 : place->raw_len);
    }
}

/* A term that makes no sense. */
static void report_term(const struct resolving *r, struct filter_report *report)
{
    if (report == NULL) {
        return;
    }
    buf_add(&report->line, r->before.data, r->before.len);
    nfdump_line(r->message, &r->at, &report->line);
    buf_add(&report->line, r->after.data, r->after.len);
    if (has_place(&r->place)) {
        name_line(&r->place, &report->detail);
        buf_printf(&report->detail, "%s\n", r->message);
        show_line(&r->place, &report->detail);
    }
    if (r->hint[0] != '\0') {
        buf_printf(&report->detail, "%s\n", r->hint);
    }
    if (r->meant[0] != '\0') {
        buf_printf(&report->detail, "did you mean '%s'?\n", r->meant);
    }
}

static void report_syntax(const struct parsing *p, struct filter_report *report)
{
    const struct token *place = suggest_place(p);
    if (report == NULL) {
        return;
    }
    nfdump_line(p->message, &p->error_at, &report->line);
    name_line(place, &report->detail);
    buf_printf(&report->detail, "%s\n", p->message);
    if (has_place(place)) {
        show_line(place, &report->detail);
    }
    if (p->error == ERR_SYNTAX) {
        suggest_syntax(p, &report->detail);
    }
}

static void report_plain(const char *message, struct filter_report *report)
{
    if (report != NULL) {
        buf_printf(&report->detail, "%s\n", message);
        report->exit_code = FILTER_EXIT_INIT;
    }
}

void report_failure(int rc, const struct parsing *p, const struct resolving *r,
                    struct filter_report *report, struct fault *fault)
{
    if (report != NULL) {
        report->exit_code = FILTER_EXIT_SYNTAX;
    }
    if (rc == ERR_NOMEM) {
        fill_fault(fault, rc, "out of memory", NULL);
        report_plain("out of memory", report);
    } else if (r->error != 0) {
        fill_fault(fault, rc, r->message, &r->place);
        report_term(r, report);
    } else if (rc == ERR_IO) {
        fill_fault(fault, rc, p->message, &p->error_at);
        report_plain(p->message, report);
        if (report != NULL && has_place(&p->error_at)) {
            name_line(&p->error_at, &report->detail);
            buf_char(&report->detail, '\n');
            show_line(&p->error_at, &report->detail);
        }
    } else if (p->error != 0) {
        fill_fault(fault, rc == ERR_LIMIT ? ERR_SYNTAX : rc, p->message, suggest_place(p));
        report_syntax(p, report);
    } else {
        fill_fault(fault, rc, "the filter is too large", NULL);
        report_plain("the filter is too large", report);
    }
}
