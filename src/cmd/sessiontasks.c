/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sessiontasks.c - what weir does instead of a query: help, information about files, changes of
 * files.
 */
#include "cmd/session.h"

#include "print/info.h"
#include "query/rewrite.h"
#include "store/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Wrappers compare this with the versions of nfdump; what follows the dash is ours. */
#define NFDUMP_VERSION "1.7.8"

void session_usage(struct session *s)
{
    struct buf out;
    buf_init(&out);
    buf_printf(&out, "usage %s [options] [\"filter\"]\n", s->program);
    opt_usage(asked_rows, asked_nrows, &out);
    say_out(&out);
    buf_free(&out);
}

/* ------------------------------------------------------------------ help */

static void help_stats(struct buf *out)
{
    buf_str(out, "-s element[:p][/order[:a|:d]]...\n-s record[/order[:a|:d]]...\n\n");
    stat_list(out);
    buf_char(out, '\n');
    order_list(ORDER_OF_STATS, out);
    buf_char(out, '\n');
    order_list(ORDER_OF_RECORDS, out);
}

static void help_aggregation(struct buf *out)
{
    const struct aggr_element *e;
    buf_str(out, "-A element[/mask],...\n\n");
    for (size_t i = 0; (e = aggr_at(i)) != NULL; i++) {
        bool mask = e->kind == AGGR_ADDR4 || e->kind == AGGR_ADDR6;
        buf_printf(out, "  %-10s %%%-8s %s%s\n", e->name, e->tag, field_of(e->field[0])->doc,
                   mask ? "; takes a mask" : "");
    }
}

static const struct topic {
    const char *name;
    void (*show)(struct buf *out);
} topics[] = {
    {"filter", filter_help},
    {"fmt", print_help_formats},
    {"stat", help_stats},
    {"aggr", help_aggregation},
};

static bool help(struct session *s)
{
    struct buf out;
    if (s->asked.argument == NULL) {
        session_usage(s);
        return session_end(s, EXIT_OK);
    }
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        if (strcmp(topics[i].name, s->asked.argument) == 0) {
            buf_init(&out);
            topics[i].show(&out);
            say_out(&out);
            buf_free(&out);
            return session_end(s, EXIT_OK);
        }
    }
    fprintf(stderr, "no help on %s: try filter, fmt, stat or aggr\n", s->asked.argument);
    return session_end(s, EXIT_FAILED);
}

static bool version(struct session *s)
{
    printf("%s: Version: %s-weir-%s options: LZ4 ZSTD BZIP2\n", s->program,
           NFDUMP_VERSION, WEIR_VERSION);
    return session_end(s, EXIT_OK);
}

/* ------------------------------------------------------------------ single files */

static bool is_there(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) {
        return true;
    }
    fprintf(stderr, "%s is not a file or directory\n", path);
    return false;
}

static void cannot_open(const char *path, const struct fault *fault)
{
    char line[1024];
    scan_open_line(path, fault, line, sizeof line);
    say_line(line);
}

static void read_metas(struct flowfile *f, struct flow_meta *m)
{
    struct batch b;
    if (flowfile_meta(f) != NULL) {
        meta_merge(m, flowfile_meta(f));
    }
    batch_init(&b);
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks; i++) {
        if (flowfile_read(f, i, &b, NULL) == 0 && b.meta != NULL) {
            meta_merge(m, b.meta);
        }
    }
    batch_free(&b);
}

static bool exporters(struct session *s)
{
    struct flowfile *f;
    struct flow_meta m;
    struct fault fault;
    struct buf out;
    fault_clear(&fault);
    if (!is_there(s->asked.argument)) {
        return session_end(s, EXIT_FAILED);
    }
    printf("Exporters:\n");
    if (flowfile_open(s->asked.argument, &f, &fault) != 0) {
        cannot_open(s->asked.argument, &fault);
        return session_end(s, EXIT_OK);
    }
    meta_init(&m);
    buf_init(&out);
    read_metas(f, &m);
    info_exporters(&m, &out);
    say_out(&out);
    buf_free(&out);
    meta_free(&m);
    flowfile_close(f);
    return session_end(s, EXIT_OK);
}

/* Only files of nfdump 1.6 have extension maps. */
static bool extensions(struct session *s)
{
    struct flowfile *f;
    struct fault fault;
    fault_clear(&fault);
    if (!is_there(s->asked.argument)) {
        return session_end(s, EXIT_FAILED);
    }
    printf("\nDump all extension maps:\n========================\n");
    if (flowfile_open(s->asked.argument, &f, &fault) != 0) {
        cannot_open(s->asked.argument, &fault);
        return session_end(s, EXIT_OK);
    }
    flowfile_close(f);
    printf("No 1.6.x extension definition records\n");
    return session_end(s, EXIT_OK);
}

/* Read every column of every block. */
static uint32_t count_damage(struct flowfile *f)
{
    struct field_set all = {{0}};
    struct batch b;
    uint32_t damaged = 0;
    field_set_add_all(&all);
    batch_init(&b);
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks; i++) {
        struct fault fault;
        int rc;
        fault_clear(&fault);
        rc = flowfile_read(f, i, &b, &fault);
        if (rc == 0) {
            rc = batch_require(&b, &all);
            fault = b.fault;
        }
        if (rc != 0) {
            damaged++;
            fprintf(stderr, "block %u at offset %llu: %s\n", i, (unsigned long long)fault.offset,
                    fault.text);
        }
    }
    batch_free(&b);
    return damaged;
}

static bool verify_layout2(struct session *s)
{
    struct buf out, err;
    int rc;
    buf_init(&out);
    buf_init(&err);
    rc = verify_nfdump(s->asked.argument, s->asked.dump, &out, &err);
    say_out(&out);
    say_err(&err);
    buf_free(&out);
    buf_free(&err);
    return session_end(s, rc == 0 ? EXIT_OK : EXIT_FAILED);
}

static bool verify(struct session *s)
{
    struct flowfile *f;
    struct fault fault;
    uint32_t damaged;
    fault_clear(&fault);
    if (access(s->asked.argument, R_OK) != 0) {
        fprintf(stderr, "Can't read '%s': %s\n", s->asked.argument, strerror(errno));
        return session_end(s, EXIT_FAILED);
    }
    if (verify_knows(s->asked.argument)) {
        return verify_layout2(s);
    }
    if (flowfile_open(s->asked.argument, &f, &fault) != 0) {
        cannot_open(s->asked.argument, &fault);
        return session_end(s, EXIT_FAILED);
    }
    damaged = count_damage(f);
    printf("File       : %s\nSize       : %llu\nComplete   : %s\nBlocks     : %u\nRecords    : "
           "%llu\nDamaged    : %u\n",
           s->asked.argument, (unsigned long long)flowfile_info(f)->size,
           flowfile_info(f)->complete ? "yes" : "no", flowfile_info(f)->nblocks,
           (unsigned long long)flowfile_info(f)->nrecords, damaged);
    flowfile_close(f);
    return session_end(s, damaged == 0 ? EXIT_OK : EXIT_FAILED);
}

static bool repair(struct session *s)
{
    struct flowfile *f;
    struct flowwriter_options options;
    struct rewritten result;
    struct fault fault;
    const char *to = s->asked.write != NULL ? s->asked.write : s->asked.argument;
    int rc;
    fault_clear(&fault);
    rc = flowfile_open(s->asked.argument, &f, &fault);
    if (rc == 0) {
        options = rewrite_as(f);
        rc = rewrite_file(s->asked.argument, to, &options, &result, &fault);
        flowfile_close(f);
    }
    if (rc != 0) {
        say_line(fault.text);
        return session_end(s, EXIT_FAILED);
    }
    printf("%s: %llu flows, %u blocks lost\n", to, (unsigned long long)result.flows,
           result.blocks_lost);
    return session_end(s, EXIT_OK);
}

bool session_task(struct session *s)
{
    static bool (*const tasks[])(struct session *s) = {
        [TASK_HELP] = help, [TASK_VERSION] = version, [TASK_EXPORTERS] = exporters,
        [TASK_EXTENSIONS] = extensions, [TASK_VERIFY] = verify, [TASK_REPAIR] = repair,
    };
    if (s->asked.task == TASK_FAILED) {
        return session_end(s, s->asked.exit_code);
    }
    if (s->asked.task == TASK_USAGE) {
        session_usage(s);
        return session_end(s, EXIT_OK);
    }
    return tasks[s->asked.task](s);
}

/* ------------------------------------------------------------------ all files of a list */

/* Call a function for each file that can be opened and lies in the window; how many there were. */
static size_t for_files(struct session *s, void (*see)(void *ctx, const struct flowfile *f),
                        void *ctx)
{
    size_t n = 0;
    for (size_t i = 0; i < s->files.n; i++) {
        struct flowfile *f;
        struct fault fault;
        fault_clear(&fault);
        if (flowfile_open(s->files.path[i], &f, &fault) != 0) {
            cannot_open(s->files.path[i], &fault);
            continue;
        }
        if (window_touches(&s->window, flowfile_info(f)->totals.first,
                           flowfile_info(f)->totals.last)) {
            n++;
            see(ctx, f);
        }
        flowfile_close(f);
    }
    return n;
}

static bool no_file(struct session *s)
{
    say_line("Error open file: Success\n");
    return session_end(s, EXIT_NO_FILE);
}

struct sums {
    struct flow_totals totals;
    struct arena *arena;
    const char *ident; /* of the first file */
    struct flow_meta losses;
    bool any;
};

static void add_totals(void *ctx, const struct flowfile *f)
{
    struct sums *sums = ctx;
    const char *ident = flowfile_info(f)->ident;
    const struct flow_meta *meta = flowfile_meta(f);
    if (!sums->any && ident != NULL) {
        sums->ident = arena_strndup(sums->arena, ident, strlen(ident));
    }
    sums->any = true;
    totals_merge(&sums->totals, &flowfile_info(f)->totals);
    for (size_t i = 0; meta != NULL && i < meta->nlosses; i++) {
        meta_add_loss(&sums->losses, &meta->losses[i]);
    }
}

bool session_totals(struct session *s)
{
    struct sums sums = {.arena = &s->arena};
    struct buf out;
    totals_clear(&sums.totals);
    meta_init(&sums.losses);
    if (for_files(s, add_totals, &sums) == 0) {
        return no_file(s);
    }
    buf_init(&out);
    info_totals(sums.ident, &sums.totals, &out);
    info_losses(&sums.losses, &out);
    meta_free(&sums.losses);
    say_out(&out);
    buf_free(&out);
    return session_end(s, EXIT_OK);
}

struct plot {
    struct buf out;
    bool any;
};

static void add_plot(void *ctx, const struct flowfile *f)
{
    struct plot *p = ctx;
    if (!p->any) {
        info_plot_head(&p->out);
        p->any = true;
    }
    info_plot_line(flowfile_path(f), &flowfile_info(f)->totals, &p->out);
}

bool session_plot(struct session *s)
{
    struct plot p = {.any = false};
    size_t n;
    buf_init(&p.out);
    n = for_files(s, add_plot, &p);
    say_out(&p.out);
    buf_free(&p.out);
    return n == 0 ? no_file(s) : session_end(s, EXIT_OK);
}

/* ------------------------------------------------------------------ changes */

static enum flow_compression fitting(enum flow_format format, enum flow_compression c)
{
    return format == FORMAT_WEIR1 && c != COMPRESSION_NONE ? COMPRESSION_ZSTD : c;
}

static bool recompress_one(struct session *s, const char *path)
{
    struct flowfile *f;
    struct flowwriter_options options;
    struct rewritten result;
    struct fault fault;
    int rc;
    fault_clear(&fault);
    if (flowfile_open(path, &f, &fault) != 0) {
        cannot_open(path, &fault);
        return true;
    }
    options = rewrite_as(f);
    if (options.compression == fitting(options.format, s->asked.compression)) {
        printf("File %s is already same compression method\n", path);
        flowfile_close(f);
        return true;
    }
    options.compression = fitting(options.format, s->asked.compression);
    options.level = s->asked.level;
    rc = rewrite_file(path, path, &options, &result, &fault);
    flowfile_close(f);
    if (rc != 0) {
        say_line(fault.text);
        return false;
    }
    printf("File %s compression changed\n", path);
    return true;
}

bool session_recompress(struct session *s)
{
    bool ok = true;
    for (size_t i = 0; i < s->files.n && ok; i++) {
        ok = recompress_one(s, s->files.path[i]);
    }
    return session_end(s, ok ? EXIT_OK : EXIT_FAILED);
}

bool session_ident(struct session *s)
{
    struct flowfile *f;
    struct flowwriter_options options;
    struct rewritten result;
    struct fault fault;
    int rc;
    fault_clear(&fault);
    if (flowfile_open(s->asked.files.single, &f, &fault) != 0) {
        cannot_open(s->asked.files.single, &fault);
        return session_end(s, EXIT_FAILED);
    }
    options = rewrite_as(f);
    options.ident = s->asked.ident;
    rc = rewrite_file(s->asked.files.single, s->asked.files.single, &options, &result, &fault);
    if (rc == 0) {
        const char *old = flowfile_info(f)->ident;
        printf("%s ident: %s -> %s\n", s->asked.files.single, old != NULL ? old : "none",
               s->asked.ident);
    } else {
        say_line(fault.text);
    }
    flowfile_close(f);
    return session_end(s, rc == 0 ? EXIT_OK : EXIT_FAILED);
}
