/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * optimiser_cases.c - what the optimiser makes of filters, as text.
 *
 *   optimiser_cases [-u] FILE     -u: print the file with the programs that come out now
 *
 * A case is a line "filter TEXT"; the indented lines after it are its program as written and as
 * optimised, under the lines "as written" and "optimised". All other lines are notes. Every rule
 * must be named by a line "rule NAME".
 */
#include "../unit/check.h"

#include "base/buf.h"
#include "filter/filter.h"

enum { LINE_MAX_ = 1024 };

static const char *const rules[] = {"constants", "negation", "sets", "duplicates", "order",
                                    "sharing"};
enum { RULES = sizeof rules / sizeof rules[0] };

struct reading {
    struct check *t;
    const char *name;
    unsigned line;
    bool update;
    bool named[RULES];
    char text[LINE_MAX_]; /* the filter of the present case; empty: none */
    struct buf wanted, got;
};

/* Each line of a text indented. */
static void indent(const struct buf *text, struct buf *out)
{
    const char *start = buf_text((struct buf *)(uintptr_t)text);
    while (*start != '\0') {
        size_t len = strcspn(start, "\n");
        buf_printf(out, "    %.*s\n", (int)len, start);
        start += len + (start[len] == '\n');
    }
}

static void add_program(struct reading *r, const char *title, bool plain)
{
    struct filter_env env = {.plain = plain};
    struct filter_report report;
    struct filter *f = NULL;
    struct buf text;
    buf_init(&text);
    filter_report_init(&report);
    if (filter_compile(r->text, strlen(r->text), NULL, &env, &f, &report, NULL) == 0) {
        filter_dump_program(f, &text);
    } else {
        buf_str(&text, buf_text(&report.line));
    }
    buf_printf(&r->got, "  %s\n", title);
    indent(&text, &r->got);
    filter_free(f);
    filter_report_free(&report);
    buf_free(&text);
}

/* The case is over: compare. */
static void finish(struct reading *r)
{
    if (r->text[0] == '\0') {
        return;
    }
    add_program(r, "as written", true);
    add_program(r, "optimised", false);
    if (r->update) {
        printf("%s", buf_text(&r->got));
    } else if (strcmp(buf_text(&r->got), buf_text(&r->wanted)) == 0) {
        r->t->passed++;
    } else {
        r->t->failed++;
        printf("%s:%u: %s\n%s", r->name, r->line, r->text, buf_text(&r->got));
    }
    r->text[0] = '\0';
    buf_clear(&r->wanted);
    buf_clear(&r->got);
}

static void read_line(struct reading *r, const char *line)
{
    if (line[0] == ' ' && r->text[0] != '\0') {
        buf_str(&r->wanted, line);
        return;
    }
    finish(r);
    if (r->update) {
        printf("%s", line);
    }
    if (strncmp(line, "filter ", 7) == 0) {
        snprintf(r->text, sizeof r->text, "%.*s", (int)strcspn(line + 7, "\n"), line + 7);
    }
    for (size_t i = 0; i < RULES; i++) {
        r->named[i] = r->named[i] || (strncmp(line, "rule ", 5) == 0 &&
                                      strncmp(line + 5, rules[i], strlen(rules[i])) == 0);
    }
}

int main(int argc, char **argv)
{
    struct check t = {0, 0, 0};
    struct reading r = {.t = &t, .name = argv[argc - 1], .update = argc == 3};
    char line[LINE_MAX_];
    FILE *f = fopen(r.name, "r");
    if (argc < 2 || f == NULL) {
        printf("cannot read %s\n", r.name);
        return 1;
    }
    for (; fgets(line, sizeof line, f) != NULL; r.line++) {
        read_line(&r, line);
    }
    finish(&r);
    fclose(f);
    for (size_t i = 0; i < RULES && !r.update; i++) {
        check_note(&t, r.named[i], "no case for the rule", (int)i, rules[i]);
    }
    if (!r.update) {
        printf("%u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
    }
    buf_free(&r.wanted);
    buf_free(&r.got);
    return t.failed > 0;
}
