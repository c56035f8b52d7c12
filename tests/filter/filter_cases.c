/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * filter_cases.c - runs files of filter cases on the flows of flows.txt.
 *
 *   filter_cases [-d DIRECTORY] [-c] FILE.ft...
 *       DIRECTORY: data bases of tests/tools/mkdatabases.py; -c: also that no word lacks a case
 *   filter_cases -w FILE weir|nfdump
 *       the flows as a flow file
 *
 * A case is a line, \n and \t in it are a newline and a tab:
 *
 *   expression => web dns            the flows it selects; "*": all, "* but web", "-": none
 *   expression !! 7 text             refused: the mark is at "line:column" (or column of line
 *                                    1), and standard output gets "Line N: text"
 *   expression !! 1 text ?? proto    and this is suggested
 *
 * A line "%geo nfdump mmdb" makes the lines behind it run with each of these data bases in turn,
 * and with the Tor data base. "%pcre2 with" and "%pcre2 without" are for lines behind them that
 * only hold of such a build, "%pcre2 any" ends that. Every accepted expression is run four ways:
 * optimised and as written, on all flows at once and flow by flow.
 */
#include "flowrows.h"
#include "wordcover.h"

#include "../unit/check.h"

#include "base/bits.h"
#include "flow/builder.h"
#include "lookup/geo.h"
#include "lookup/tor.h"
#include "store/flowwriter.h"

#include <unistd.h>

enum { NO_GEO, NFDUMP_GEO, MMDB_GEO, GEOS };

struct runner {
    struct check *t;
    struct flowrows flows;
    struct builder *batch;
    struct geo_db *geo[GEOS];
    struct tor_db *tor;
    bool with_geo[GEOS]; /* the present case is run with */
    bool other_build;    /* ... is about another build */
    struct wordcover cover;
    const char *file;
    unsigned line;
};

static void failed(struct runner *r, const char *expression, const char *what)
{
    r->t->failed++;
    printf("%s:%u: %s: %s\n", r->file, r->line, expression, what);
}

static void unescape(char *s)
{
    char *to = s;
    for (; *s != '\0'; s++) {
        bool escape = *s == '\\' && (s[1] == 'n' || s[1] == 't');
        *to++ = !escape ? *s : s[1] == 'n' ? '\n' : '\t';
        s += escape;
    }
    *to = '\0';
}

/* The last place of a mark, so that the expression may hold its letters; cuts the text there. */
static char *cut_at(char *text, const char *mark)
{
    char *found = NULL;
    for (char *p = strstr(text, mark); p != NULL; p = strstr(p + 1, mark)) {
        found = p;
    }
    if (found == NULL) {
        return NULL;
    }
    *found = '\0';
    return found + strlen(mark);
}

/* ------------------------------------------------------------------ accepted */

static bool flip(const struct flowrows *flows, const char *name, bool *says, bool value)
{
    for (size_t i = 0; i < flows->n; i++) {
        if (strcmp(flows->names[i], name) == 0) {
            says[i] = value;
            return true;
        }
    }
    return false;
}

/* "* but a b" as one answer for each flow. */
static bool wanted(const struct flowrows *flows, char *names, bool *says)
{
    bool all = strncmp(names, "* but ", 6) == 0 || strcmp(names, "*") == 0;
    char *rest = all ? names + (names[1] != '\0' ? 6 : 1) : names;
    char *word;
    for (size_t i = 0; i < flows->n; i++) {
        says[i] = all;
    }
    if (strcmp(rest, "-") == 0) {
        return true;
    }
    while ((word = strsep(&rest, " ")) != NULL) {
        if (*word != '\0' && !flip(flows, word, says, !all)) {
            return false;
        }
    }
    return true;
}

static struct filter *compiled(const struct runner *r, const char *text, unsigned geo, bool plain,
                               struct filter_report *report, struct fault *fault)
{
    struct filter_env env = {.plain = plain, .geo = r->geo[geo],
                             .tor = geo != NO_GEO ? r->tor : NULL};
    struct filter *f = NULL;
    filter_compile(text, strlen(text), NULL, &env, &f, report, fault);
    return f;
}

/* Does the filter select exactly these flows? Prints the first that differs. */
static bool selects(struct runner *r, const struct filter *f, const bool *says, bool one_by_one)
{
    uint64_t sel[BITS_WORDS(FLOWROWS_MAX)] = {0};
    struct filter_work *w = filter_work_new(f);
    struct batch *b = builder_batch(r->batch);
    size_t at = 0;
    b->ident = "filter-test";
    b->first_no = 1;
    if (w == NULL || filter_run(f, w, b, sel) != 0) {
        filter_work_free(w);
        return false;
    }
    for (; at < r->flows.n; at++) {
        bool got = one_by_one ? filter_matches(f, w, &r->flows.recs[at], "filter-test")
                              : bits_get(sel, at);
        if (got != says[at]) {
            printf("%s %s\n", r->flows.names[at], got ? "is selected" : "is not selected");
            break;
        }
    }
    filter_work_free(w);
    return at == r->flows.n;
}

static void four_ways(struct runner *r, const char *text, unsigned geo, const bool *says)
{
    for (int way = 0; way < 4; way++) {
        struct filter_report report;
        struct filter *f;
        filter_report_init(&report);
        f = compiled(r, text, geo, way % 2 == 1, &report, NULL);
        if (f == NULL) {
            failed(r, text, buf_text(&report.line));
        } else if (!selects(r, f, says, way / 2 == 1)) {
            failed(r, text, way % 2 == 1 ? "as written" : "optimised");
        } else {
            r->t->passed++;
        }
        filter_free(f);
        filter_report_free(&report);
    }
}

static void accepted_case(struct runner *r, const char *text, char *names)
{
    bool says[FLOWROWS_MAX];
    if (!wanted(&r->flows, names, says)) {
        failed(r, text, "no such flow");
        return;
    }
    wordcover_accepted(&r->cover, text);
    for (unsigned geo = 0; geo < GEOS; geo++) {
        if (r->with_geo[geo] && geo != NO_GEO && r->geo[geo] == NULL) {
            r->t->skipped++;
        } else if (r->with_geo[geo]) {
            four_ways(r, text, geo, says);
        }
    }
}

/* ------------------------------------------------------------------ refused */

/* One line "Line N: message", a mark on stderr, and the suggestion. */
static bool explained(struct filter_report *report, const char *message, const char *advice)
{
    char line[600];
    char meant[300] = "^";
    snprintf(line, sizeof line, ": %s\n", message);
    if (advice != NULL) {
        snprintf(meant, sizeof meant, "did you mean '%s'?", advice);
    }
    return report->exit_code == FILTER_EXIT_SYNTAX &&
           strstr(buf_text(&report->line), line) != NULL &&
           strchr(buf_text(&report->detail), '^') != NULL &&
           strstr(buf_text(&report->detail), meant) != NULL;
}

static void refused_case(struct runner *r, const char *text, char *expected)
{
    char *advice = cut_at(expected, " ?? ");
    char *message = strchr(expected, ' ');
    char *colon = strchr(expected, ':');
    bool has_line = colon != NULL && message != NULL && colon < message;
    unsigned line = has_line ? (unsigned)strtoul(expected, NULL, 10) : 1;
    unsigned column = (unsigned)strtoul(has_line ? colon + 1 : expected, NULL, 10);
    struct filter_report report;
    struct fault fault;
    struct filter *f;
    fault_clear(&fault);
    filter_report_init(&report);
    f = compiled(r, text, r->with_geo[MMDB_GEO] ? MMDB_GEO : NO_GEO, false, &report, &fault);
    message = message != NULL ? message + 1 : expected + strlen(expected);
    wordcover_refused(&r->cover, message);
    if (f != NULL) {
        failed(r, text, "accepted");
    } else if (fault.line != line || fault.column != column) {
        printf("place is %u:%u\n", fault.line, fault.column);
        failed(r, text, "another place");
    } else if (!explained(&report, message, advice)) {
        printf("%s%s", buf_text(&report.line), buf_text(&report.detail));
        failed(r, text, "another message");
    } else {
        r->t->passed++;
    }
    filter_free(f);
    filter_report_free(&report);
}

/* ------------------------------------------------------------------ files */

/* "%pcre2 with", "without" or "any" */
static void choose_build(struct runner *r, const char *which)
{
#ifdef HAVE_PCRE2
    r->other_build = strcmp(which, "without") == 0;
#else
    r->other_build = strcmp(which, "with") == 0;
#endif
}

static void one_case(struct runner *r, char *line)
{
    char copy[4096];
    char *refusal, *names;
    snprintf(copy, sizeof copy, "%s", line);
    if (strncmp(line, "%pcre2 ", 7) == 0) {
        choose_build(r, line + 7);
    } else if (r->other_build) {
        r->t->skipped++;
    } else if ((refusal = cut_at(copy, " !! ")) != NULL) {
        unescape(copy);
        refused_case(r, copy, refusal);
    } else if ((names = cut_at(copy, " => ")) != NULL) {
        unescape(copy);
        accepted_case(r, copy, names);
    } else if (strncmp(line, "%geo ", 5) == 0) {
        r->with_geo[NO_GEO] = false;
        r->with_geo[NFDUMP_GEO] = strstr(line, "nfdump") != NULL;
        r->with_geo[MMDB_GEO] = strstr(line, "mmdb") != NULL;
    } else {
        failed(r, line, "not a case");
    }
}

static void run_file(struct runner *r, const char *name)
{
    char line[4096];
    FILE *f = fopen(name, "r");
    r->file = name;
    r->line = 0;
    memset(r->with_geo, 0, sizeof r->with_geo);
    r->with_geo[NO_GEO] = true;
    r->other_build = false;
    if (f == NULL) {
        failed(r, name, "cannot open");
        return;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        r->line++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0' && strncmp(line, "# ", 2) != 0 && strcmp(line, "#") != 0) {
            one_case(r, line);
        }
    }
    fclose(f);
}

static int write_flows(struct runner *r, const char *name, const char *format)
{
    struct flowwriter_options options = {.format = FORMAT_WEIR1, .ident = "filter-test",
                                         .creator = CREATOR_NFCAPD};
    struct flowwriter *w;
    struct fault fault;
    int rc;
    if (strcmp(format, "nfdump") == 0) {
        options.format = FORMAT_NFDUMP2;
    }
    fault_clear(&fault);
    rc = flowwriter_create(name, &options, false, &w, &fault);
    if (rc == 0) {
        rc = flowwriter_add(w, builder_batch(r->batch), NULL, &fault);
        rc = rc == 0 ? flowwriter_finish(w, &fault) : rc;
    }
    if (rc != 0) {
        printf("%s: %s\n", name, fault.text);
    }
    return rc != 0;
}

static bool ready(struct runner *r)
{
    const char *top = getenv("WEIR_SRC");
    if (!flowrows_read(&r->flows, top != NULL ? top : ".", "tests/filter/flows.txt")) {
        return false;
    }
    r->batch = builder_new();
    for (size_t i = 0; i < r->flows.n; i++) {
        if (builder_add(r->batch, &r->flows.recs[i]) != 0) {
            return false;
        }
    }
    return true;
}

/* A build without libmaxminddb does not read the third. */
static void open_databases(struct runner *r, const char *where)
{
    char path[3][1024];
    struct fault fault;
    int rc;
    fault_clear(&fault);
    snprintf(path[0], sizeof path[0], "%s/geo.nf", where);
    snprintf(path[1], sizeof path[1], "%s/geo.mmdb", where);
    snprintf(path[2], sizeof path[2], "%s/tor.nf", where);
    rc = geo_open(path[1], &r->geo[MMDB_GEO], &fault);
    if (geo_open(path[0], &r->geo[NFDUMP_GEO], &fault) != 0 ||
        tor_open(path[2], &r->tor, &fault) != 0 || (rc != 0 && rc != ERR_UNSUPPORTED)) {
        failed(r, "data base", fault.text);
    }
}

int main(int argc, char **argv)
{
    struct check t = {0, 0, 0};
    static struct runner r;
    const char *databases = NULL;
    bool complete = false;
    int letter, rc = 0;
    r.t = &t;
    r.file = argv[0];
    setenv("TZ", "UTC", 1);
    if (!ready(&r)) {
        return 1;
    }
    if (argc == 4 && strcmp(argv[1], "-w") == 0) {
        rc = write_flows(&r, argv[2], argv[3]);
    } else {
        while ((letter = getopt(argc, argv, "cd:")) != -1) {
            complete = complete || letter == 'c';
            databases = letter == 'd' ? optarg : databases;
        }
        if (databases != NULL) {
            open_databases(&r, databases);
        }
        for (int i = optind; i < argc; i++) {
            run_file(&r, argv[i]);
        }
        if (complete) {
            wordcover_check(&r.cover, &t);
        }
        printf("%u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
        rc = t.failed > 0;
    }
    geo_close(r.geo[NFDUMP_GEO]);
    geo_close(r.geo[MMDB_GEO]);
    tor_close(r.tor);
    builder_free(r.batch);
    flowrows_free(&r.flows);
    wordcover_free(&r.cover);
    return rc;
}
