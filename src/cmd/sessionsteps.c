/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sessionsteps.c - the steps from what was typed to what will be done.
 */
#include "cmd/session.h"

#include "base/file.h"
#include "base/pool.h"
#include "lookup/geo.h"
#include "lookup/tor.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILTER_FILE_MAX = 256 << 20, WORKERS_MAX = 256, TOP_DEFAULT = 10 };

static bool wants_nfdump_format(const char *option)
{
    const char *format = option != NULL ? option : getenv("WEIR_FORMAT");
    return format != NULL && strcmp(format, "nfdump") == 0;
}

static bool answers_as_nfdump(const char *program)
{
    const char *slash = strrchr(program, '/');
    return wants_nfdump_format(NULL) ||
           strcmp(slash != NULL ? slash + 1 : program, "nfdump") == 0;
}

void session_init(struct session *s, const char *program)
{
    memset(s, 0, sizeof *s);
    s->program = program;
    s->as_nfdump = answers_as_nfdump(program);
    arena_init(&s->arena);
    buf_init(&s->format);
    arena_init(&s->config.arena);
    budget_init(&s->budget, 0);
    clock_gettime(CLOCK_MONOTONIC, &s->started);
}

void session_free(struct session *s)
{
    if (s->temporary != NULL) {
        unlink(s->temporary);
    }
    printer_free(s->printer);
    filter_free(s->filter);
    filter_free(s->post);
    filelist_free(&s->files);
    geo_close(s->geo);
    tor_close(s->tor);
    scan_account_free(&s->account);
    config_free(&s->config);
    buf_free(&s->format);
    asked_free(&s->asked);
    budget_free(&s->budget);
    arena_free(&s->arena);
}

bool session_end(struct session *s, int exit_code)
{
    bool tells = exit_code == EXIT_OK && s->damaged && !s->as_nfdump; /* doc/decisions/031 */
    s->exit_code = tells ? EXIT_FAILED : exit_code;
    return false;
}

static void write_out(struct buf *b, FILE *to)
{
    if (b->len > 0) {
        fwrite(b->data, 1, b->len, to);
    }
    buf_clear(b);
}

void say_out(struct buf *b)
{
    write_out(b, stdout);
}

void say_err(struct buf *b)
{
    if (b->len > 0) {
        fflush(stdout);
    }
    write_out(b, stderr);
}

void say_line(const char *line)
{
    fprintf(stderr, "%s\n", line);
}

/* The filter decides about the time window, too. */
static bool step_window(struct session *s)
{
    struct fault fault;
    fault_clear(&fault);
    if (s->asked.window == NULL || window_parse(s->asked.window, &s->window, &fault) == 0) {
        return true;
    }
    if (fault.text[0] != '\0') {
        say_line(fault.text);
    }
    return session_end(s, EXIT_FAILED);
}

/* ------------------------------------------------------------------ filter */

static bool step_inventory(struct session *s)
{
    struct buf out;
    struct fault fault;
    if (!s->asked.check || s->asked.config == NULL) {
        return true;
    }
    fault_clear(&fault);
    buf_init(&out);
    if (config_inventory(s->asked.config, &out, &fault) != 0) {
        buf_printf(&out, "%s\n", fault.text);
    }
    say_out(&out);
    buf_free(&out);
    return session_end(s, EXIT_OK);
}

static bool read_filter_file(struct session *s, const char **text, size_t *len)
{
    struct buf b;
    struct fault fault;
    bool ok;
    fault_clear(&fault);
    buf_init(&b);
    ok = file_read_all(s->asked.filter_file, FILTER_FILE_MAX, &b, &fault) == 0;
    if (ok) {
        *text = arena_strndup(&s->arena, b.len > 0 ? b.data : "", b.len);
        *len = b.len;
    } else {
        say_line(fault.text);
    }
    buf_free(&b);
    return ok || session_end(s, EXIT_START);
}

/* A text that is there but says nothing selects nothing; no text at all selects everything, unless
 * it is of -P. */
static bool is_blank(const char *text, size_t len)
{
    bool comment = false;
    for (size_t i = 0; i < len; i++) {
        comment = text[i] == '#' || (comment && text[i] != '\n');
        if (!comment && strchr(" \t\r\n", text[i]) == NULL) {
            return false;
        }
    }
    return len > 0;
}

static bool compile(struct session *s, const char *text, size_t len, const char *file,
                    const struct filter_env *env, struct filter **out)
{
    static const char nothing[] = "not any";
    struct filter_report report;
    int rc;
    filter_report_init(&report);
    if (is_blank(text, len) || (len == 0 && out == &s->post)) {
        text = nothing;
        len = strlen(nothing);
    }
    rc = filter_compile(text, len, file, env, out, &report, NULL);
    if (rc != 0) {
        say_out(&report.line);
        if (s->as_nfdump && report.exit_code == FILTER_EXIT_INIT) {
            report.detail.len = strcspn(buf_text(&report.detail), "\n") + 1;
        }
        if (!s->as_nfdump || report.exit_code == FILTER_EXIT_INIT) {
            say_err(&report.detail);
        }
        session_end(s, report.exit_code != 0 ? report.exit_code : EXIT_FILTER);
    }
    filter_report_free(&report);
    return rc == 0;
}

static bool read_filter(struct session *s, const char **text, size_t *len, const char **file)
{
    *text = s->asked.filter;
    *file = NULL;
    *len = *text != NULL ? strlen(*text) : 0;
    if (*text != NULL || s->asked.filter_file == NULL) {
        *text = *text != NULL ? *text : "";
        return true;
    }
    *file = s->asked.filter_file;
    return read_filter_file(s, text, len);
}

/* All addresses of a name, each once, as the system knows them. */
static size_t look_up(void *ctx, const char *name, struct ip *addrs, int *families, size_t max)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    size_t n = 0;
    (void)ctx;
    if (getaddrinfo(name, NULL, &hints, &list) != 0) {
        return 0;
    }
    for (const struct addrinfo *a = list; a != NULL && n < max; a = a->ai_next) {
        if (a->ai_family == AF_INET) {
            const struct sockaddr_in *s4 = (const struct sockaddr_in *)(const void *)a->ai_addr;
            addrs[n] = ip_from_v4(ntohl(s4->sin_addr.s_addr));
            families[n++] = 4;
        } else if (a->ai_family == AF_INET6) {
            const struct sockaddr_in6 *s6 = (const struct sockaddr_in6 *)(const void *)a->ai_addr;
            memcpy(addrs[n].octet, &s6->sin6_addr, sizeof addrs[n].octet);
            families[n++] = 6;
        }
    }
    freeaddrinfo(list);
    return n;
}

static filter_resolver resolver_of(const struct session *s)
{
    return s->asked.resolve ? look_up : NULL;
}

/* Checked before data bases and the window are known, because its mistakes are reported first. */
static bool step_check_filter(struct session *s)
{
    const char *text, *file;
    size_t len;
    struct filter_env env = {.only_check = true, .resolver = resolver_of(s)};
    if (!read_filter(s, &text, &len, &file) || !compile(s, text, len, file, &env, &s->filter)) {
        return false;
    }
    return s->asked.post == NULL ||
           compile(s, s->asked.post, strlen(s->asked.post), NULL, &env, &s->post);
}

static bool step_dump(struct session *s)
{
    struct buf out;
    if (!s->asked.dump && !s->asked.check) {
        return true;
    }
    buf_init(&out);
    if (s->asked.dump) {
        filter_dump_program(s->filter, &out);
        if (s->post != NULL) {
            buf_str(&out, "\nPost filter:\n");
            filter_dump_program(s->post, &out);
        }
    }
    say_out(&out);
    buf_free(&out);
    return session_end(s, EXIT_OK);
}

static bool needs_zones(const struct session *s)
{
    return filter_needs_zones(s->filter) || (s->post != NULL && filter_needs_zones(s->post));
}

/* Compile again when there is more to know. */
static bool step_filter(struct session *s)
{
    const char *text, *file;
    size_t len;
    struct filter_env env = {.geo = s->geo, .tor = s->tor, .has_window = s->window.given,
                             .first_after = s->window.first, .last_before = s->window.last,
                             .resolver = resolver_of(s)};
    struct filter_env post = {.geo = s->geo, .tor = s->tor, .resolver = resolver_of(s)};
    if (s->geo == NULL && s->tor == NULL && !s->window.given && !needs_zones(s)) {
        return true;
    }
    filter_free(s->filter);
    s->filter = NULL;
    if (!read_filter(s, &text, &len, &file) || !compile(s, text, len, file, &env, &s->filter)) {
        return false;
    }
    filter_free(s->post);
    s->post = NULL;
    return s->asked.post == NULL ||
           compile(s, s->asked.post, strlen(s->asked.post), NULL, &post, &s->post);
}

/* ------------------------------------------------------------------ configuration and input */

static bool check_path(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        fprintf(stderr, "path does not exist: %s\n", path);
        return false;
    }
    if (!S_ISREG(st.st_mode)) {
        fprintf(stderr, "not a regular file: %s\n", path);
        return false;
    }
    return true;
}

/* "none" in the environment is a file for nfdump. */
static const char *config_path(const struct session *s)
{
    const char *path = s->asked.config != NULL ? s->asked.config : getenv("NFCONF");
    bool none = path != NULL && strcmp(path, "none") == 0;
    struct stat st;
    if (path == NULL && stat(WEIR_SYSCONF_FILE, &st) == 0) {
        path = WEIR_SYSCONF_FILE;
    }
    return none && (s->asked.config != NULL || !s->as_nfdump) ? NULL : path;
}

static bool step_config(struct session *s)
{
    const char *path = config_path(s);
    struct fault fault;
    int rc;
    if (path == NULL) {
        return true;
    }
    if (!check_path(path)) {
        return session_end(s, EXIT_FAILED);
    }
    fault_clear(&fault);
    rc = config_read(&s->config, path, &fault);
    if (rc == 0) {
        return true;
    }
    fprintf(rc == ERR_SYNTAX ? stdout : stderr, "%s\n", fault.text);
    return session_end(s, EXIT_FAILED);
}

static unsigned choose_workers(const struct session *s)
{
    unsigned cores = pool_processors();
    uint64_t n = s->asked.workers != 0            ? s->asked.workers
                 : s->config.maxworkers > 0 ? (uint64_t)s->config.maxworkers
                                            : cores;
    return n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

/* Tables and statistics of a run share the budget. */
static uint64_t tables_asked(const struct asked *q)
{
    uint64_t n = q->stats.nelements + q->stats.record;
    return n > 0 ? n : 1;
}

static bool step_defaults(struct session *s)
{
    const struct asked *q = &s->asked;
    bool stats = q->stats.record || q->stats.nelements > 0;
    s->top = q->top >= 0 ? (uint64_t)q->top : stats ? TOP_DEFAULT : 0;
    s->quiet = q->quiet || q->write != NULL;
    s->workers = choose_workers(s);
    s->budget.octets = (q->memory != 0 ? q->memory : budget_default()) / tables_asked(q);
    s->write_format = wants_nfdump_format(q->file_format) ? FORMAT_NFDUMP2 : FORMAT_WEIR1;
    if (q->stats.nelements > 0 && !q->stats.record && q->aggregation != NULL) {
        say_line("Warning: Aggregation ignored for element statistics\n");
    }
    s->aggregates = q->aggregate || (q->aggregation != NULL && !stats);
    return true;
}

static void warn_line(void *ctx, const char *text)
{
    (void)ctx;
    say_line(text);
}

/* "-r -": a pipe is copied to a file of its own, because readers need to seek. */
static bool take_stdin(struct session *s)
{
    char name[] = "/tmp/weir.stdin.XXXXXX";
    char octets[65536];
    struct stat st;
    size_t n;
    FILE *to;
    int fd;
    if (fstat(STDIN_FILENO, &st) != 0 || S_ISCHR(st.st_mode) || S_ISDIR(st.st_mode)) {
        return true;
    }
    fd = mkstemp(name);
    to = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (to == NULL) {
        perror(name);
        return session_end(s, EXIT_FAILED);
    }
    s->temporary = arena_strndup(&s->arena, name, strlen(name));
    s->asked.files.single = s->temporary;
    while ((n = fread(octets, 1, sizeof octets, stdin)) > 0) {
        fwrite(octets, 1, n, to);
    }
    if (ferror(stdin) || fclose(to) != 0) {
        perror("standard input");
        return session_end(s, EXIT_FAILED);
    }
    return true;
}

/* A file or directory that was named and is not there. */
static void warn_missing(void *ctx, const char *line)
{
    struct session *s = ctx;
    s->damaged = true;
    warn_line(ctx, line);
}

/* Nothing to read, and nobody said so yet. */
static void warn_nothing(struct session *s)
{
    if (s->files.n == 0 && !s->damaged && !s->as_nfdump) {
        warn_missing(s, "no flow files there");
    }
}

static bool step_files(struct session *s)
{
    const struct filelist_asked *f = &s->asked.files;
    struct fault fault;
    if (f->single == NULL && f->multiple == NULL && f->dirs == NULL) {
        session_usage(s);
        return session_end(s, EXIT_OK);
    }
    if (f->single != NULL && strcmp(f->single, "-") == 0 && !take_stdin(s)) {
        return false;
    }
    fault_clear(&fault);
    if (filelist_make(f, warn_missing, s, &s->files, &fault) == 0) {
        warn_nothing(s);
        return true;
    }
    if (fault.text[0] != '\0') {
        say_line(fault.text);
    }
    if (f->dirs != NULL && f->single == NULL && f->multiple == NULL) {
        say_line(""); /* a paragraph of its own */
    }
    return session_end(s, EXIT_FAILED);
}

static bool step_changes(struct session *s)
{
    if (s->asked.recompress) {
        return session_recompress(s);
    }
    if (s->asked.ident != NULL && s->asked.ident[0] != '\0' && s->asked.files.single != NULL) {
        struct stat st;
        if (stat(s->asked.files.single, &st) != 0 || !S_ISDIR(st.st_mode)) {
            return session_ident(s);
        }
    }
    return !s->asked.totals || session_totals(s);
}

/* ------------------------------------------------------------------ data bases */

static const char *database_name(const char *option, const char *variable, const char *configured)
{
    const char *name = option != NULL ? option : getenv(variable);
    name = name != NULL ? name : configured;
    return name == NULL || strcmp(name, "none") == 0 ? NULL : name;
}

/* What is wrong with a data base, or only strange. */
static void say_of_database(const char *name, const struct fault *fault)
{
    char line[1024];
    const char *quote = fault->code == ERR_FORMAT ? "'" : "";
    if (fault->text[0] == '\0') {
        return;
    }
    if (fault->code == ERR_FORMAT || fault->code == ERR_UNSUPPORTED) {
        snprintf(line, sizeof line, "Open file %s%s%s: %s", quote, name, quote, fault->text);
        say_line(line);
    } else {
        say_line(fault->text);
    }
}

/* Whether a statistic shows the organisations of AS numbers. */
static bool shows_orgs(const struct stats_asked *stats)
{
    for (unsigned i = 0; i < stats->nelements; i++) {
        if (stats->element[i].element->kind == STAT_KIND_ORG) {
            return true;
        }
    }
    return false;
}

static bool step_geo(struct session *s)
{
    const char *name = database_name(s->asked.geo, "NFGEODB", s->config.geodb);
    struct fault fault;
    fault_clear(&fault);
    if (name == NULL) {
        return true;
    }
    if ((strchr(name, ',') != NULL || check_path(name)) && geo_open(name, &s->geo, &fault) == 0) {
        say_of_database(name, &fault);
        if (!shows_orgs(&s->asked.stats) || geo_read_orgs(s->geo) == 0) {
            return true;
        }
        fault_set(&fault, ERR_NOMEM, "out of memory");
    }
    say_of_database(name, &fault);
    fprintf(stderr, "Error reading geo location DB file %s\n", name);
    return session_end(s, EXIT_FAILED);
}

static bool step_tor(struct session *s)
{
    const char *name = database_name(s->asked.tor, "NFTORDB", s->config.tordb);
    struct fault fault;
    fault_clear(&fault);
    if (name == NULL) {
        return true;
    }
    if (check_path(name) && tor_open(name, &s->tor, &fault) == 0) {
        say_of_database(name, &fault);
        return true;
    }
    say_of_database(name, &fault);
    fprintf(stderr, "Error reading tor info DB file %s\n", name);
    return session_end(s, EXIT_FAILED);
}

/* ------------------------------------------------------------------ output */

static bool step_overwrites(struct session *s)
{
    const struct stats_asked *st = &s->asked.stats;
    if (s->aggregates && (st->record || st->nelements > 0)) {
        s->aggregates = false;
        say_line("Command line switch -s overwrites -a\n");
    }
    return true;
}

static bool aggregation_fails(struct session *s, const char *text)
{
    say_line(text);
    return session_end(s, EXIT_FAILED);
}

/* Only csv and own formats can show a chosen aggregation, and of those only what is aggregated. */
static bool is_own_format(const char *format)
{
    return strncmp(format, "fmt:", 4) == 0 || strncmp(format, "csv:", 4) == 0;
}

static bool step_aggregation(struct session *s)
{
    const struct asked *q = &s->asked;
    struct fault fault;
    char line[600];
    bool csv = q->format != NULL && strcmp(q->format, "csv") == 0;
    aggregation_five_tuple(&s->aggregation, q->bidirectional);
    s->aggregation.geo = s->geo;
    if (q->aggregation == NULL) {
        return true;
    }
    if (q->bidirectional) {
        return aggregation_fails(s, "Can not set custom aggregation in bidir mode");
    }
    if (q->format != NULL && !csv && !is_own_format(q->format)) {
        snprintf(line, sizeof line, "Invalid print format %s to aggregate flows", q->format);
        return aggregation_fails(s, line);
    }
    fault_clear(&fault);
    if (aggregation_read(q->aggregation, &s->aggregation, &fault) != 0) {
        return aggregation_fails(s, fault.text);
    }
    s->aggregation.geo = s->geo;
    if (q->format == NULL || csv) {
        aggregation_format(&s->aggregation, csv, s->geo != NULL, &s->format);
    }
    return true;
}

static bool step_plot(struct session *s)
{
    return !s->asked.plot || session_plot(s);
}

/* Tags as they were typed; names of formats inside are not looked into. */
static bool tags_are_aggregated(struct session *s)
{
    const char *p = s->asked.format + 4;
    while ((p = strchr(p, '%')) != NULL) {
        char tag[32];
        size_t n = strspn(++p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        char line[600];
        snprintf(tag, sizeof tag, "%.*s", (int)n, p);
        if (!aggregation_allows(&s->aggregation, tag)) {
            snprintf(line, sizeof line,
                     "Output token %%%s not allowed with current aggregation %s", tag,
                     s->asked.aggregation);
            return aggregation_fails(s, line);
        }
    }
    return true;
}

static bool step_tags(struct session *s)
{
    bool own = s->asked.aggregation != NULL && s->asked.format != NULL &&
               is_own_format(s->asked.format);
    return !own || tags_are_aggregated(s);
}

static bool step_printer(struct session *s)
{
    const struct asked *q = &s->asked;
    bool tables = s->aggregates || q->stats.record || q->order != ORDER_NONE;
    const char *format = s->format.len > 0 ? buf_text(&s->format) : q->format;
    struct fault fault;
    struct buf possible;
    int rc;
    s->print_options = (struct print_options){
        .plain_numbers = q->plain, .long_ipv6 = q->long_ipv6, .quiet = s->quiet,
        .tag_addresses = q->tag_addresses, .count_lines = tables, .geo = s->geo, .tor = s->tor,
        .user_formats = &s->config.formats};
    fault_clear(&fault);
    buf_init(&possible);
    rc = printer_new(format, &s->print_options, &s->printer, &fault, &possible);
    if (rc != 0) {
        say_line(fault.text);
        say_out(&possible);
        session_end(s, EXIT_FAILED);
    } else {
        s->print_options.long_ipv6 = printer_long_ipv6(s->printer);
    }
    buf_free(&possible);
    return rc == 0;
}

static bool step_exclusive(struct session *s)
{
    if (s->asked.order != ORDER_NONE && s->asked.stats.record) {
        printf("-s record and -O (-m) are mutually exclusive options\n");
        return session_end(s, EXIT_FAILED);
    }
    return true;
}

bool session_prepare(struct session *s)
{
    static bool (*const steps[])(struct session *s) = {
        step_inventory, step_check_filter, step_dump,     step_config,      step_defaults,
        step_window,    step_files,        step_changes,  step_geo,         step_tor,
        step_filter,    step_overwrites,   step_aggregation, step_tags,     step_plot,
        step_printer,   step_exclusive,
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (!steps[i](s)) {
            return false;
        }
    }
    return true;
}
