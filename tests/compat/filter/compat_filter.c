/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * compat_filter.c - the corpus of filters with what nfdump selects, and what it says to wrong ones.
 *
 * Runs the tables in $WEIR_SHARED/filter (default ../shared/compat/filter beside the source). -v
 * shows every message that differs from nfdump's. Without the corpus everything is skipped.
 */
#include "flows.h"

#include "lookup/geo.h"
#include "unit/check.h"

#include <unistd.h>

enum { COLUMNS_MAX = 16 };

struct row {
    char *column[COLUMNS_MAX];
    size_t n;
};

struct context {
    struct check *t;
    struct flows flows;
    struct filter_env env;
    bool verbose;
    unsigned wording; /* messages that differ from nfdump's */
};

static void split(char *line, struct row *r)
{
    r->n = 0;
    for (char *p = line; p != NULL && r->n < COLUMNS_MAX;) {
        r->column[r->n++] = strsep(&p, "\t");
    }
    while (r->n < COLUMNS_MAX) {
        static char nothing[] = "";
        r->column[r->n++] = nothing;
    }
}

/* Call use() for each row of a table. */
static void each_row(struct context *c, const char *name, void (*use)(struct context *,
                                                                      struct row *))
{
    FILE *f = fopen(name, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    struct row r;
    if (f == NULL) {
        check_skip(c->t, name);
        return;
    }
    while ((len = getline(&line, &room, f)) > 0) {
        if (line[len - 1] == '\n') {
            line[len - 1] = '\0';
        }
        if (line[0] != '#') {
            split(line, &r);
            use(c, &r);
        }
    }
    free(line);
    fclose(f);
}

static struct filter *compile(struct context *c, const char *text, size_t len, const char *file,
                              struct filter_report *report)
{
    struct filter *f = NULL;
    struct fault fault = {0};
    filter_report_init(report);
    filter_compile(text, len, file, &c->env, &f, report, &fault);
    return f;
}

static void fail(struct context *c, const char *what, const char *expr)
{
    c->t->failed++;
    printf("%s: %.160s\n", what, expr);
}

/* Select with an expression and compare the first n counts. */
static void selects(struct context *c, const char *id, const char *flows, const char *text,
                    size_t len,
                    const char *file, char *const want[], size_t n)
{
    struct filter_report report;
    struct flows_file *on = flows_find(&c->flows, flows);
    struct filter *f = compile(c, text, len, file, &report);
    struct counts got;
    if (on == NULL || f == NULL) {
        printf("%s: rejected: %s", id, buf_text(&report.line));
        fail(c, id, text);
    } else {
        size_t good = 0;
        got = flows_count(on, f);
        while (good < n && got.v[good] == strtoull(want[good], NULL, 10)) {
            good++;
        }
        c->t->passed += good == n;
        if (good < n) {
            printf("%s: %s: got %llu want %s (count %zu)\n", id, flows,
                   (unsigned long long)got.v[good], want[good], good);
            fail(c, id, text);
        }
    }
    filter_free(f);
    filter_report_free(&report);
}

static void accept_row(struct context *c, struct row *r)
{
    if (strcmp(r->column[0], "id") == 0) {
        return;
    }
    if (strcmp(r->column[2], "file") == 0) {
        size_t len;
        char *text = read_text(r->column[3], &len);
        if (text != NULL) {
            selects(c, r->column[0], r->column[1], text, len, r->column[3], &r->column[4], 4);
        }
        free(text);
        return;
    }
    unescape(r->column[3]);
    selects(c, r->column[0], r->column[1], r->column[3], strlen(r->column[3]), NULL,
            &r->column[4], 4);
}

static void buggy_row(struct context *c, struct row *r)
{
    if (strcmp(r->column[8], "-") == 0) {
        return;
    }
    unescape(r->column[2]);
    selects(c, r->column[0], r->column[1], r->column[2], strlen(r->column[2]), NULL,
            &r->column[8], 4);
}

/* Quirks and bugs of 1.7.8 that we do not share: doc/decisions. */
static void geo_row(struct context *c, struct row *r)
{
    if (strncmp(r->column[7], "quirk:", 6) == 0 || strncmp(r->column[7], "bug:", 4) == 0) {
        return;
    }
    selects(c, r->column[0], r->column[1], r->column[2], strlen(r->column[2]), NULL,
            &r->column[3], 4);
}

static void legacy_row(struct context *c, struct row *r)
{
    bool counted = strcmp(r->column[6], "-") != 0;
    if (strcmp(r->column[1], "flows 1") == 0) {
        return; /* 1.7.8's meaning */
    }
    selects(c, "legacy", r->column[0], r->column[1], strlen(r->column[1]), NULL, &r->column[6],
            counted ? 1 : 0);
}

/* The first column that differs decides. */
static void reject_row(struct context *c, struct row *r)
{
    char line[1400];
    struct filter_report report;
    struct filter *f;
    const char *said;
    const char *found = NULL;
    unescape(r->column[2]);
    unescape(r->column[5]);
    f = compile(c, r->column[2], strlen(r->column[2]), NULL, &report);
    if (f != NULL) {
        fail(c, "accepted", r->column[2]);
    } else if (report.exit_code != atoi(r->column[3]) || buf_text(&report.detail)[0] == '\0') {
        fail(c, "exit code or no message", r->column[2]);
    } else {
        c->t->passed++;
        said = buf_text(strcmp(r->column[4], "stderr") == 0 ? &report.detail : &report.line);
        snprintf(line, sizeof line, "%s\n", r->column[5]);
        found = strstr(said, line);
        if (strcmp(r->column[4], "none") != 0 && found == NULL) {
            c->wording++;
            if (c->verbose) {
                printf("wording of %.100s\n  is   %s  was  %s", r->column[2], said, line);
            }
        }
    }
    filter_free(f);
    filter_report_free(&report);
}

/* Rejected by 1.7.8, but accepted here on purpose (older releases took them). */
static void rejected_unless_legacy(struct context *c, struct row *r)
{
    static const char *const accepted[] = {
        "port=80", "dst port=80", "port =80", "port= 80", "port ==80", "bytes=100", "bytes ==64",
        "src or dst port 80", "src and dst port 80", "src or dst ip 10.0.0.1",
        "src and dst ip 10.0.0.1", "src or dst as 5", "src or dst net 10.0.0.0/8", "inet", "inet6",
        "flags AS", "flags PF", "sysid 3", "bgpnext ip 192.0.2.1", "nip 192.0.2.1", "xip 10.0.0.1",
        "src xip 10.0.0.1", "xport 80", "xnet 10.0.0.0/8", "asa event denied ingress",
        "ingress ace 7", "ingress xace 7", "pblock start 1", "port in pblock", "(proto tcp) %red",
        "proto icmpv6", "net 10.0/16", "net 172.16/16", "asa event deny", "nat event create",
        "pf reason memory",
    };
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        if (strcmp(r->column[2], accepted[i]) == 0) {
            struct filter_report report;
            struct filter *f = compile(c, r->column[2], strlen(r->column[2]), NULL, &report);
            if (f == NULL) {
                fail(c, "not accepted", r->column[2]);
            } else {
                c->t->passed++;
            }
            filter_free(f);
            filter_report_free(&report);
            return;
        }
    }
    reject_row(c, r);
}

static void crash_row(struct context *c, struct row *r)
{
    struct filter_report report;
    struct filter *f;
    unescape(r->column[2]);
    f = compile(c, r->column[2], strlen(r->column[2]), NULL, &report);
    if (f != NULL) {
        flows_count(flows_find(&c->flows, r->column[1]), f);
    }
    c->t->passed++;
    filter_free(f);
    filter_report_free(&report);
}

static bool go_to_corpus(void)
{
    const char *shared = getenv("WEIR_SHARED");
    const char *src = getenv("WEIR_SRC");
    char path[1024];
    if (shared != NULL) {
        snprintf(path, sizeof path, "%s/filter", shared);
    } else {
        snprintf(path, sizeof path, "%s/../shared/compat/filter", src != NULL ? src : ".");
    }
    return chdir(path) == 0;
}

int main(int argc, char **argv)
{
    struct check t = {0, 0, 0};
    struct context c = {.t = &t, .verbose = argc > 1 && strcmp(argv[1], "-v") == 0};
    struct geo_db *geo = NULL;
    setenv("TZ", "UTC", 1);
    if (!go_to_corpus()) {
        check_skip(&t, "no corpus");
        printf("0 passed, 0 failed, 1 skipped\n");
        return 0;
    }
    each_row(&c, "accept-public.tsv", accept_row);
    each_row(&c, "accept-buggy.tsv", buggy_row);
    each_row(&c, "legacy.tsv", legacy_row);
    each_row(&c, "reject.tsv", rejected_unless_legacy);
    each_row(&c, "crash.tsv", crash_row);
    if (geo_open("geo/syn.nfgeo", &geo, NULL) == 0) {
        c.env.geo = geo;
        each_row(&c, "accept-geo.tsv", geo_row);
    } else {
        fail(&c, "geo data base", "geo/syn.nfgeo");
    }
    flows_free(&c.flows);
    geo_close(geo);
    printf("%u messages differ in wording from nfdump's\n", c.wording);
    printf("%u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
    return t.failed > 0;
}
