/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sessiontasks.c - what weir does instead of a query: help and information about files.
 */
#include "cmd/session.h"

#include "print/info.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
    struct buf out;
    if (!is_there(s->asked.argument)) {
        return session_end(s, EXIT_FAILED);
    }
    printf("Exporters:\n");
    f = session_open(s, s->asked.argument);
    if (f == NULL) {
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
    if (!is_there(s->asked.argument)) {
        return session_end(s, EXIT_FAILED);
    }
    printf("\nDump all extension maps:\n========================\n");
    f = session_open(s, s->asked.argument);
    if (f == NULL) {
        return session_end(s, EXIT_OK);
    }
    flowfile_close(f);
    printf("No 1.6.x extension definition records\n");
    return session_end(s, EXIT_OK);
}

bool session_task(struct session *s)
{
    static bool (*const tasks[])(struct session *s) = {
        [TASK_HELP] = help, [TASK_VERSION] = version, [TASK_EXPORTERS] = exporters,
        [TASK_EXTENSIONS] = extensions, [TASK_VERIFY] = session_verify,
        [TASK_REPAIR] = session_repair,
    };
    if (s->asked.task == TASK_FAILED) {
        return session_end(s, s->asked.exit_code);
    }
    if (s->asked.task == TASK_USAGE) {
        session_usage(s);
        return session_end(s, s->as_nfdump ? EXIT_OK : s->asked.exit_code);
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
        struct flowfile *f = session_open(s, s->files.path[i]);
        if (f == NULL) {
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
