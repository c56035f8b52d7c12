/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * runs.c - see runs.h.
 *
 * In a run each record has a head (key, tie, length) before its octets. Runs are read through
 * buffers, all of which together take as much as the records in memory did; the next record of each
 * run stands in a heap with the least one on top.
 */
#include "query/runs.h"

#include "base/buf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_LEAST = 4096, BUFFER_MOST = 1 << 18 };

struct head {
    uint64_t key, tie;
    uint64_t length;
};

/* A record in memory. */
struct held {
    uint64_t key, tie;
    size_t at;
    uint32_t length;
};

struct runs {
    struct budget *budget;
    struct spill file;
    struct buf data;
    struct held *held;
    size_t n, cap;
    size_t next;        /* no runs: the record to be given next */
    struct spill_reader *run;
    size_t nruns, runs_cap;
    struct spill_reader **heap;
    size_t in_heap;
};

struct runs *runs_new(struct budget *b)
{
    struct runs *r = calloc(1, sizeof *r);
    if (r != NULL) {
        r->budget = b;
        spill_init(&r->file, b);
        buf_init(&r->data);
    }
    return r;
}

void runs_free(struct runs *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->nruns; i++) {
        spill_reader_free(&r->run[i]);
    }
    spill_free(&r->file);
    buf_free(&r->data);
    free(r->held);
    free(r->run);
    free(r->heap);
    free(r);
}

/* ------------------------------------------------------------------ runs out */

static int compare_held(const void *a, const void *b)
{
    const struct held *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return x->tie < y->tie ? -1 : x->tie > y->tie;
}

/* The records in memory go to the file, in their order. */
static int write_run(struct runs *r)
{
    struct spill_reader run = {.spill = &r->file, .from = r->file.size};
    struct buf out;
    int rc = 0;
    buf_init(&out);
    qsort(r->held, r->n, sizeof *r->held, compare_held);
    for (size_t i = 0; i < r->n && rc == 0; i++) {
        struct head h = {r->held[i].key, r->held[i].tie, r->held[i].length};
        buf_add(&out, &h, sizeof h);
        buf_add(&out, r->data.data + r->held[i].at, h.length);
        rc = out.len >= BUFFER_MOST ? spill_flush(&r->file, &out) : 0;
    }
    rc = rc != 0 ? rc : spill_flush(&r->file, &out);
    buf_free(&out);
    buf_clear(&r->data);
    r->n = 0;
    run.to = r->file.size;
    if (rc == 0 && r->nruns == r->runs_cap) {
        size_t cap = r->runs_cap != 0 ? r->runs_cap * 2 : 16;
        struct spill_reader *more = realloc(r->run, cap * sizeof *more);
        rc = more != NULL ? 0 : ERR_NOMEM;
        r->run = more != NULL ? more : r->run;
        r->runs_cap = more != NULL ? cap : r->runs_cap;
    }
    if (rc == 0) {
        r->run[r->nruns++] = run;
    }
    return rc;
}

static int hold(struct runs *r, const struct run_record *record)
{
    if (r->n == r->cap) {
        size_t cap = r->cap != 0 ? r->cap * 2 : 1024;
        struct held *more = realloc(r->held, cap * sizeof *more);
        if (more == NULL) {
            return ERR_NOMEM;
        }
        r->held = more;
        r->cap = cap;
    }
    r->held[r->n++] = (struct held){record->key, record->tie, r->data.len, record->length};
    buf_add(&r->data, record->data, record->length);
    return r->data.failed ? ERR_NOMEM : 0;
}

/* Both arrays double when they grow, and both are there twice while they do. */
static bool is_full(const struct runs *r)
{
    return (r->data.len + r->n * sizeof *r->held) > budget_share(r->budget, 4) && r->n >= 1024;
}

int runs_add(struct runs *r, const struct run_record *record)
{
    int rc = is_full(r) ? write_run(r) : 0;
    return rc != 0 ? rc : hold(r, record);
}

/* ------------------------------------------------------------------ merging */

static void head_of(const struct spill_reader *run, struct head *h)
{
    memcpy(h, spill_at(run), sizeof *h);
}

/* Have the next record of a run in its buffer. 1, 0: there is none, or ERR_*. */
static int look_ahead(struct spill_reader *run)
{
    struct head h;
    int rc = spill_ahead(run, sizeof h);
    if (rc != 1) {
        return rc;
    }
    head_of(run, &h);
    return spill_ahead(run, sizeof h + h.length);
}

static bool is_before(const struct spill_reader *a, const struct spill_reader *b)
{
    struct head x, y;
    head_of(a, &x);
    head_of(b, &y);
    return x.key != y.key ? x.key < y.key : x.tie < y.tie;
}

static void sink(struct runs *r, size_t i)
{
    struct spill_reader *moving = r->heap[i];
    for (size_t child; (child = 2 * i + 1) < r->in_heap; i = child) {
        if (child + 1 < r->in_heap && is_before(r->heap[child + 1], r->heap[child])) {
            child++;
        }
        if (!is_before(r->heap[child], moving)) {
            break;
        }
        r->heap[i] = r->heap[child];
    }
    r->heap[i] = moving;
}

static size_t buffer_room(const struct runs *r)
{
    uint64_t room = budget_share(r->budget, 4) / r->nruns;
    return room < BUFFER_LEAST ? BUFFER_LEAST : room > BUFFER_MOST ? BUFFER_MOST : (size_t)room;
}

static int open_runs(struct runs *r)
{
    int rc = 1;
    r->heap = malloc(r->nruns * sizeof(struct spill_reader *));
    for (size_t i = 0; i < r->nruns && r->heap != NULL && rc == 1; i++) {
        struct spill_reader *run = &r->run[i];
        rc = spill_reader_init(run, &r->file, run->from, run->to, buffer_room(r));
        rc = rc == 0 ? look_ahead(run) : rc;
        r->heap[r->in_heap++] = &r->run[i];
    }
    if (r->heap == NULL || rc != 1) {
        return rc != 1 ? rc : ERR_NOMEM;
    }
    for (size_t i = r->in_heap / 2; i > 0; i--) {
        sink(r, i - 1);
    }
    return 0;
}

int runs_sort(struct runs *r)
{
    int rc;
    if (r->nruns == 0) {
        if (r->n > 0) {
            qsort(r->held, r->n, sizeof *r->held, compare_held);
        }
        return 0;
    }
    rc = r->n > 0 ? write_run(r) : 0;
    buf_free(&r->data);
    free(r->held);
    r->held = NULL;
    return rc != 0 ? rc : open_runs(r);
}

static int next_held(struct runs *r, struct run_record *record)
{
    const struct held *h = &r->held[r->next];
    if (r->next == r->n) {
        return 0;
    }
    r->next++;
    *record = (struct run_record){h->key, h->tie, h->length, (uint8_t *)r->data.data + h->at};
    return 1;
}

/* The record given before is passed over only now, because it was still in use. */
static int pass_over(struct runs *r)
{
    struct spill_reader *run = r->heap[0];
    struct head h;
    int rc;
    head_of(run, &h);
    spill_pass(run, sizeof h + h.length);
    rc = look_ahead(run);
    if (rc == 0) {
        r->heap[0] = r->heap[--r->in_heap];
    }
    if (rc >= 0 && r->in_heap > 0) {
        sink(r, 0);
    }
    return rc < 0 ? rc : 0;
}

int runs_next(struct runs *r, struct run_record *record)
{
    struct head h;
    int rc = 0;
    if (r->nruns == 0) {
        return next_held(r, record);
    }
    if (r->next != 0 && r->in_heap > 0) {
        rc = pass_over(r);
    }
    r->next = 1;
    if (rc != 0 || r->in_heap == 0) {
        return rc;
    }
    head_of(r->heap[0], &h);
    *record = (struct run_record){h.key, h.tie, (uint32_t)h.length,
                                  spill_at(r->heap[0]) + sizeof h};
    return 1;
}
