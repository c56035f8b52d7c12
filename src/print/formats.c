/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * formats.c - the predefined formats, and the parsers of fmt: and csv: texts.
 */
#include "print/formats.h"

#include "print/config.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* So many characters of a format's name count. */
#define NAME_SIGNIFICANT 16

struct mode {
    const char *name;
    enum print_mode mode;
    const char *text; /* NULL: not made of tokens */
    const char *help;
};

static const struct mode listed[] = {
    {"raw", PRINT_RAW, NULL, "Raw format - multi line"},
    {"line", PRINT_FMT, "%ts %td %pr %sap -> %dap %pkt %byt %fl", "predefined"},
    {"gline", PRINT_FMT, "%ts %td %pr %gsap -> %gdap %pkt %byt %fl", "predefined"},
    {"long", PRINT_FMT, "%ts %td %pr %sap -> %dap %flg %tos %pkt %byt %fl", "predefined"},
    {"glong", PRINT_FMT, "%ts %td %pr %gsap -> %gdap %flg %tos %pkt %byt %fl", "predefined"},
    {"extended", PRINT_FMT, "%ts %td %pr %sap -> %dap %flg %tos %pkt %byt %pps %bps %bpp %fl",
     "predefined"},
    {"biline", PRINT_FMT, "%ts %td %pr %sap <-> %dap %opkt %ipkt %obyt %ibyt %fl", "predefined"},
    {"bilong", PRINT_FMT, "%ts %td %pr %sap <-> %dap %flg %tos %opkt %ipkt %obyt %ibyt %fl",
     "predefined"},
    {"nsel", PRINT_FMT, "%ts %evt %xevt %pr %sap -> %dap %xsap -> %xdap %ibyt %obyt", "predefined"},
    {"nat", PRINT_FMT, "%ts %nevt %pr %sap -> %dap %nsap -> %ndap", "predefined"},
    {"json", PRINT_JSON, NULL, "json output"},
    {"ndjson", PRINT_NDJSON, NULL, "ndjson output formart"},
    {"csv", PRINT_CSV, "%ts,%td,%pr,%sa,%sp,%da,%dp,%pkt,%byt,%fl", "csv predefined"},
    {"csv-fast", PRINT_CSV_FAST, NULL, "csv fast predefined"},
    {"null", PRINT_NULL, NULL, "do not print any output"},
};

/* Formats of older releases, for the programs that still ask for them; not in the list. */
static const struct mode unlisted[] = {
    {"pipe", PRINT_PIPE, NULL, "numbers separated by |, as nfdump 1.6 had them"},
    {"csv16", PRINT_CSV16, NULL, "the 48 columns of nfdump 1.6"},
};

/* ---- the table of modes: predefined ones, replaced and followed by the user's ---- */

struct mode_list {
    size_t n;
    struct mode mode[COUNT(listed) + PRINT_FORMATS_MAX];
};

static bool same_name(const char *a, const char *b)
{
    return strncasecmp(a, b, NAME_SIGNIFICANT) == 0;
}

static struct mode *mode_find(struct mode_list *modes, const char *name)
{
    for (size_t i = 0; i < modes->n; i++) {
        if (same_name(modes->mode[i].name, name)) {
            return &modes->mode[i];
        }
    }
    return NULL;
}

static void modes_make(struct mode_list *modes, const struct print_formats *user)
{
    memcpy(modes->mode, listed, sizeof listed);
    modes->n = COUNT(listed);
    for (size_t i = 0; user != NULL && i < user->n; i++) {
        const struct print_format *f = &user->format[i];
        struct mode *m = mode_find(modes, f->name);
        if (m == NULL) {
            m = &modes->mode[modes->n++];
            m->name = f->name;
            m->help = "user defined";
        }
        m->mode = f->csv ? PRINT_CSV : PRINT_FMT;
        m->text = f->text;
    }
}

void format_list(const struct print_formats *user, struct buf *out)
{
    struct mode_list modes;

    modes_make(&modes, user);
    buf_str(out, "Available output formats:\n");
    for (size_t i = 0; i < modes.n; i++) {
        const struct mode *m = &modes.mode[i];
        buf_str_pad(out, m->name, strlen(m->name), 10);
        buf_str(out, " : ");
        if (m->text != NULL) {
            buf_printf(out, "%s -o %s %s", m->mode == PRINT_CSV ? "csv" : "fmt", m->help, m->text);
        } else {
            buf_str(out, m->help);
        }
        buf_char(out, '\n');
    }
}

/* ---- choosing ---- */

/* Replace "%name" of the first place where the mode's name stands, if that is one. */
static const char *expand_one(const char *text, const struct mode *m, struct arena *arena)
{
    const char *at = strstr(text, m->name);
    size_t len = strlen(m->name);
    size_t size = strlen(text) + strlen(m->text) + 1;
    size_t before;
    char *expanded;

    if (at == NULL || at == text || at[-1] != '%' || isalpha((unsigned char)at[len])) {
        return text;
    }
    expanded = arena_alloc(arena, size);
    if (expanded == NULL) {
        return NULL;
    }
    before = (size_t)(at - 1 - text);
    memcpy(expanded, text, before);
    strcpy(expanded + before, m->text);
    strcat(expanded, at + len);
    return expanded;
}

static const char *expand(const char *text, const struct mode_list *modes, struct arena *arena)
{
    for (size_t i = 0; i < modes->n && text != NULL; i++) {
        if (modes->mode[i].text != NULL) {
            text = expand_one(text, &modes->mode[i], arena);
        }
    }
    return text;
}

/* The text of "fmt:…", "csv:…", "%…"; NULL if it is a name. */
static const char *explicit_text(const char *option, enum print_mode *mode)
{
    if (strncasecmp(option, "fmt:", 4) == 0 || strncasecmp(option, "csv:", 4) == 0) {
        *mode = tolower((unsigned char)option[0]) == 'f' ? PRINT_FMT : PRINT_CSV;
        return option + 4;
    }
    *mode = PRINT_FMT;
    return option[0] == '%' ? option : NULL;
}

static const struct mode *mode_by_name(struct mode_list *modes, const char *name)
{
    const struct mode *m = mode_find(modes, name);

    for (size_t i = 0; m == NULL && i < COUNT(unlisted); i++) {
        if (same_name(unlisted[i].name, name)) {
            m = &unlisted[i];
        }
    }
    return m;
}

/* The unlisted csv16 ends in a 6 of its own. */
static bool ends_in_six(const char *name)
{
    size_t len = strlen(name);
    return len >= 2 && name[len - 1] == '6' && !same_name(name, "csv16");
}

static int choose_by_name(const char *option, struct mode_list *modes, struct arena *arena,
                          struct format *f, struct fault *fault)
{
    size_t len = strlen(option);
    const struct mode *m;
    const char *name;

    f->long_ipv6 = ends_in_six(option);
    name = arena_strndup(arena, option, f->long_ipv6 ? len - 1 : len);
    if (name == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    m = mode_by_name(modes, name);
    if (m == NULL) {
        return fault_set(fault, ERR_NOTFOUND, "Unknown output mode '%s'\n", name);
    }
    f->mode = m->mode;
    f->text = m->text;
    return 0;
}

int format_choose(const char *option, const struct print_options *options, struct arena *arena,
                  struct format *f, struct fault *fault, struct buf *possible)
{
    struct mode_list modes;
    const char *text;
    int rc;

    memset(f, 0, sizeof *f);
    modes_make(&modes, options->user_formats);
    if (option == NULL) {
        option = options->geo != NULL ? "gline" : "line";
    }
    text = explicit_text(option, &f->mode);
    if (text != NULL) {
        f->text = expand(text, &modes, arena);
        return f->text != NULL ? 0 : fault_set(fault, ERR_NOMEM, "out of memory");
    }
    rc = choose_by_name(option, &modes, arena, f, fault);
    if (rc == ERR_NOTFOUND) {
        format_list(options->user_formats, possible);
    }
    return rc;
}

/* ---- lists of items ---- */

static struct item *item_new(struct item_list *list, struct arena *arena)
{
    struct item *items = arena_grow(arena, list->items, list->n, &list->cap, sizeof *items);
    if (items == NULL) {
        return NULL;
    }
    list->items = items;
    list->items[list->n] = (struct item){0};
    return &list->items[list->n++];
}

static int add_literal(struct item_list *list, struct arena *arena, const char *text, size_t len)
{
    struct item *it = item_new(list, arena);

    if (it == NULL || (it->literal = arena_strndup(arena, text, len)) == NULL) {
        return ERR_NOMEM;
    }
    it->len = (uint32_t)len;
    return 0;
}

static int add_token(struct item_list *list, struct arena *arena, const struct token *t)
{
    struct item *it = item_new(list, arena);

    if (it == NULL) {
        return ERR_NOMEM;
    }
    it->token = t;
    return 0;
}

/* Length of the word after a '%'. */
static size_t tag_length(const char *text)
{
    size_t n = 0;

    while (isalnum((unsigned char)text[n])) {
        n++;
    }
    return n;
}

static int unknown_tag(const char *at, bool csv, struct fault *fault, struct buf *possible)
{
    token_list(csv, possible);
    return fault_set(fault, ERR_SYNTAX, "Output format parse error at: %s", at);
}

static int no_memory(struct fault *fault, int rc)
{
    return rc == 0 ? 0 : fault_set(fault, rc, "out of memory");
}

/* ---- fmt ---- */

int format_parse_fmt(const char *text, struct arena *arena, struct item_list *list,
                     struct fault *fault, struct buf *possible)
{
    int rc = 0;

    while (*text != '\0' && rc == 0) {
        const struct token *t;
        size_t len = strcspn(text, "%");
        if (len > 0) {
            rc = add_literal(list, arena, text, len);
            text += len;
            continue;
        }
        len = tag_length(text + 1);
        t = token_find(text + 1, len, false);
        if (t == NULL) {
            return unknown_tag(text, false, fault, possible);
        }
        rc = add_token(list, arena, t);
        text += 1 + len;
    }
    return no_memory(fault, rc);
}

/* ---- csv ---- */

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

static int add_csv_token(const char **text, struct arena *arena, struct item_list *list,
                         struct fault *fault, struct buf *possible)
{
    size_t len = tag_length(*text + 1);
    const struct token *t = token_find(*text + 1, len, true);
    int rc = 0;

    if (t == NULL) {
        return unknown_tag(*text, true, fault, possible);
    }
    if (list->n > 0) {
        rc = add_literal(list, arena, ",", 1);
    }
    *text += 1 + len;
    return no_memory(fault, rc != 0 ? rc : add_token(list, arena, t));
}

/* A comma and the blanks around it; a token must follow. */
static int skip_comma(const char **text, struct fault *fault)
{
    if (**text != ',') {
        return fault_set(fault, ERR_SYNTAX, "Expected ',' separator, but found %c", **text);
    }
    *text = skip_blanks(*text + 1);
    if (**text != '%') {
        return fault_set(fault, ERR_SYNTAX, "Expected '%%' token, but found %s",
                         **text == '\0' ? "<end of string>" : *text);
    }
    return 0;
}

/* A comma may also be missing between two tokens, or stand before the first one. */
int format_parse_csv(const char *text, struct arena *arena, struct item_list *list,
                     struct fault *fault, struct buf *possible)
{
    int rc = 0;

    text = skip_blanks(text);
    if (*text == '\0') {
        return fault_set(fault, ERR_SYNTAX, "Empty csv token string");
    }
    while (rc == 0 && *text != '\0') {
        if (*text == '%') {
            rc = add_csv_token(&text, arena, list, fault, possible);
            continue;
        }
        text = skip_blanks(text);
        rc = *text != '\0' ? skip_comma(&text, fault) : 0;
    }
    return rc;
}

int format_columns(enum column_list columns, const char *separator, struct arena *arena,
                   struct item_list *list)
{
    const struct token *t[TOKEN_COLUMNS_MAX];
    size_t n = token_columns(columns, t);
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++) {
        if (list->n > 0) {
            rc = add_literal(list, arena, separator, strlen(separator));
        }
        if (rc == 0) {
            rc = add_token(list, arena, t[i]);
        }
    }
    return rc;
}
