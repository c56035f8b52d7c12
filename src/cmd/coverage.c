/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * coverage.c - see coverage.h.
 */
#include "cmd/coverage.h"

#include <stdio.h>
#include <unistd.h>

static double seconds_since(const struct timespec *t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - t->tv_sec) + (double)(now.tv_nsec - t->tv_nsec) / 1e9;
}

/* ------------------------------------------------------------------ progress */

static void progress(void *ctx, size_t done, size_t files, uint64_t rows)
{
    struct session *s = *(struct session **)ctx; /* first member of the run */
    double seconds = seconds_since(&s->started);
    double left = done > 0 ? seconds * (double)(files - done) / (double)done : 0;
    bool soon = seconds < (s->asked.progress ? 0 : 1) || seconds - s->progress_shown < 0.2;
    if (soon && !(s->asked.progress && done == files)) {
        return;
    }
    s->progress_shown = seconds;
    fprintf(stderr, "\r%zu of %zu files, %.1f M flows, %.1f M flows/s, %.0f s left  ", done, files,
            (double)rows / 1e6, (double)rows / 1e6 / seconds, left);
    fflush(stderr);
}

/* Flows that are shown as they come would mix with it on the same terminal. */
static bool is_in_the_way(const struct asked *q)
{
    bool at_the_end = q->stats.record || q->stats.nelements > 0 || q->aggregate ||
                      q->aggregation != NULL || q->bidirectional || q->order != ORDER_NONE ||
                      q->write != NULL;
    return isatty(STDOUT_FILENO) && !at_the_end;
}

void coverage_progress(struct session *s, struct scan_plan *plan)
{
    if (s->asked.progress || (isatty(STDERR_FILENO) && !is_in_the_way(&s->asked))) {
        plan->progress = progress;
    }
}

/* A terminal is left as it was, a file keeps the last line. */
void coverage_progress_end(struct session *s)
{
    if (s->progress_shown > 0 && isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%78s\r", "");
    } else if (s->progress_shown > 0) {
        fputc('\n', stderr);
    }
}

/* ------------------------------------------------------------------ account */

/* Counters that are not zero, of all exporters together. */
static bool lost(const struct flow_meta *m, struct buf *line)
{
    struct loss sum = meta_loss(m);
    for (unsigned k = 0; k < LOSS_COUNTERS_; k++) {
        uint64_t n = loss_count(&sum, (enum loss_counter)k);
        if (n > 0) {
            buf_printf(line, "%s%s %llu", line->len > 0 ? ", " : "",
                       loss_text((enum loss_counter)k), (unsigned long long)n);
        }
    }
    return !loss_is_none(&sum);
}

static bool report_losses(struct session *s)
{
    struct buf line;
    bool any;
    buf_init(&line);
    any = lost(&s->account.meta, &line);
    if (any) {
        fprintf(stderr, "incomplete: while collecting: %s\n", buf_text(&line));
    }
    buf_free(&line);
    return any;
}

/* One line that sums up what was told about damage; nfdump has none. */
static void report_damage(struct session *s)
{
    const struct scan_account *a = &s->account;
    if (a->blocks_damaged > 0) {
        fprintf(stderr, "incomplete: %llu damaged blocks with about %llu flows were skipped\n",
                (unsigned long long)a->blocks_damaged, (unsigned long long)a->flows_damaged);
    } else if (!s->as_nfdump && (a->files_failed > 0 || a->blocks_skipped > 0 || a->unread > 0)) {
        fprintf(stderr,
                "incomplete: %zu files, %llu blocks and %llu records or parts of them could not be "
                "read\n", a->files_failed, (unsigned long long)a->blocks_skipped,
                (unsigned long long)a->unread);
    }
}

static void explain_input(const struct scan_account *a, unsigned workers, struct buf *out)
{
    uint64_t left_out = a->blocks - a->blocks_read - a->blocks_skipped;
    uint64_t filtered = a->blocks_unfiltered < left_out ? a->blocks_unfiltered : left_out;
    buf_printf(out, "files: %zu opened, %zu failed, %zu outside of the time window, %zu without a "
                    "block that is needed; workers: %u\n",
               a->files, a->files_failed, a->files_outside, a->files_needless, workers);
    buf_printf(out, "blocks: %llu, left out by zones: %llu, by address filters: %llu, read: %llu "
                    "(whole: %llu), skipped: %llu\n",
               (unsigned long long)a->blocks, (unsigned long long)(left_out - filtered),
               (unsigned long long)filtered, (unsigned long long)a->blocks_read,
               (unsigned long long)a->blocks_whole, (unsigned long long)a->blocks_skipped);
    buf_printf(out, "flows: %llu in the blocks read, %llu passed\n",
               (unsigned long long)a->rows_read, (unsigned long long)a->passed);
}

static void explain_cost(const struct scan_cost *c, double seconds, struct buf *out)
{
    static const char *const stages[SCAN_STAGES_] = {"opening", "filter", "columns", "operators"};
    buf_printf(out, "columns: %llu decoded, %llu questions answered without, %llu decoded in few "
                    "rows; octets read: %llu\n",
               (unsigned long long)c->batches.columns, (unsigned long long)c->batches.questions,
               (unsigned long long)c->batches.picked, (unsigned long long)c->batches.octets);
    buf_str(out, "time of all workers:");
    for (int i = 0; i < SCAN_STAGES_; i++) {
        buf_printf(out, " %s %.3f s,", stages[i], (double)c->nsec[i] / 1e9);
    }
    buf_printf(out, " from start to end %.3f s\n", seconds);
}

static void explain(struct session *s)
{
    const struct scan_account *a = &s->account;
    struct buf out;
    buf_init(&out);
    buf_str(&out, "filter, as parsed:\n");
    filter_dump_ast(s->filter, &out);
    buf_str(&out, "filter, simplified:\n");
    filter_dump_conditions(s->filter, &out);
    buf_str(&out, "program:\n");
    filter_dump_program(s->filter, &out);
    buf_str(&out, "columns of the filter:");
    for (unsigned id = 0; id < FIELD_COUNT_; id++) {
        if (field_set_has(filter_fields(s->filter), (enum field_id)id)) {
            buf_printf(&out, " %s", field_of((enum field_id)id)->name);
        }
    }
    buf_str(&out, "\ncolumns of the output:");
    for (unsigned id = 0; id < FIELD_COUNT_; id++) {
        if (field_set_has(printer_fields(s->printer), (enum field_id)id)) {
            buf_printf(&out, " %s", field_of((enum field_id)id)->name);
        }
    }
    buf_char(&out, '\n');
    explain_input(a, s->workers, &out);
    explain_cost(&a->cost, seconds_since(&s->started), &out);
    say_err(&out);
    buf_free(&out);
}

bool coverage_report(struct session *s)
{
    const struct scan_account *a = &s->account;
    bool incomplete = report_losses(s) || a->files_failed > 0 || a->blocks_skipped > 0 ||
                      a->files_unfinished > 0;
    report_damage(s);
    s->damaged = s->damaged || a->findings > 0;
    if (s->asked.explain) {
        explain(s);
    }
    return session_end(s, a->blocks_damaged > 0 || (s->asked.strict && incomplete) ? EXIT_FAILED
                                                                                   : EXIT_OK);
}
