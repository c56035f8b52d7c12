/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * scan.c - see scan.h.
 *
 * All shared state is in struct scan under its lock. Steps of work get sequence numbers when they
 * are handed out: one for each file (its opening is reported) and one for each block that may
 * match. Two counters say whose turn it is: `numbered` (passing rows are counted and cut at the
 * limit) and `merged`. Every step passes both, even if it failed or the scan stops, so nobody
 * waits forever.
 *
 * Where operators take rows in parts, a worker whose turn it is to merge does so after each part,
 * while the text is still in the cache; one whose turn it is not leaves its pieces in `late`, for
 * whoever does the step before to merge, and goes on with others.
 *
 * Where no operator needs the order, steps that are done early are left in `early`, for whoever
 * does the step before them to pass on; so workers wait only when they are far ahead, or when a
 * block has something to say.
 */
#include "query/scan.h"

#include "base/bits.h"
#include "query/known.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPEN_AHEAD = 4 };  /* files opened beyond the one being handed out, for each worker */
enum { FEW = 8 };         /* one in so many rows of a block */

enum { PART_ROWS = 256 }; /* of a block, consumed at once */

enum { EARLY = 64 };      /* steps that may be done before their turn */

enum slot_state { SLOT_NEW, SLOT_OPENING, SLOT_READY };

struct slot {
    enum slot_state state;
    struct flowfile *file; /* NULL: failed, skipped, or closed again */
    bool failed;
    struct fault *fault;   /* why it failed; NULL: memory was out */
    bool announced;        /* its file step was handed out */
    uint32_t *block;       /* blocks that may match */
    uint8_t *sure;         /* of them: every row matches */
    uint32_t nblocks;
    uint32_t unfiltered;   /* blocks left out by the address filter alone; if costs are wanted */
    uint32_t next;         /* to be handed out */
    uint32_t finished;
    uint64_t base;         /* records in earlier files */
    uint64_t nrecords;
};

struct step {
    uint64_t sequence;
    size_t file;
    bool opens;          /* the file step; else a block */
    bool done;           /* before its turn */
    uint32_t block;
    bool sure;
    /* what came of reading it; pointers into the batch, but ident */
    int rc;
    struct fault fault;
    uint32_t matched;
    uint32_t nrows;
    bool other_records;
    uint64_t source_bytes;
    const char *ident;
    const char *notes;
    uint32_t unread;
    const struct flow_meta *learnt;
    /* for operators */
    const struct flow_meta *meta;
    uint64_t number;
    uint32_t rows;       /* to be consumed */
};

/* What a worker left to be merged when its turn has come. */
struct late {
    bool done;
    struct step step;
    void **piece; /* one of each operator; NULL: nothing passed */
};

/* Blocks and files whose damage was told: once is enough, however many passes there are. */
struct told {
    uint64_t *place;
    size_t n;
    bool again; /* in a later pass */
};

struct scan {
    const struct scan_plan *plan;
    struct scan_account *account;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot *slot;
    size_t opening;        /* next file to be opened */
    size_t current;        /* file whose steps are handed out */
    uint64_t handed;       /* steps handed out */
    uint64_t numbered;     /* steps past numbering */
    uint64_t merged;       /* steps past merging */
    bool stop;             /* limit reached or error */
    int rc;                /* first error */
    struct fault fault;
    struct known known;
    struct field_set fields; /* of all operators, closed */
    bool unordered;        /* nothing depends on the order of blocks */
    bool in_parts;         /* all operators take rows in parts */
    struct late *late;     /* in_parts: by sequence, one for each worker */
    void ***spare;         /* pieces that were merged, to be used again: up to as many */
    unsigned nspare;
    struct step *early;    /* unordered: EARLY of them, by sequence */
    struct told *told;
};

struct worker {
    struct scan *scan;
    pthread_t thread;
    struct batch batch;
    struct batch few;    /* the passing rows alone, if they are few */
    struct batch *seen;  /* what operators see: one of these two */
    struct filter_work *filter;
    struct scan_cost cost;
    void **piece;
    uint64_t *bits;
    uint32_t *rows;
};

/* ------------------------------------------------------------------ opening files */

static uint64_t place_of(size_t file, uint32_t block)
{
    return (uint64_t)file << 20 | (block & 0xfffff);
}

/* Whether an operator wants any block from one place to another; in the first pass all do. */
static bool is_wanted(const struct scan *scan, uint64_t from, uint64_t end)
{
    const struct scan_plan *plan = scan->plan;
    bool wanted = plan->nops == 0 || !scan->told->again;
    for (size_t i = 0; i < plan->nops && !wanted; i++) {
        const struct operator *op = &plan->ops[i];
        wanted = op->kind->wants == NULL || op->kind->wants(op->op, from, end);
    }
    return wanted;
}

/* Whether the block is left out by the file's address filter, and would not be without. */
static bool left_out_by_filter(const struct scan_plan *plan, const struct zone *zone,
                               const char *ident)
{
    struct zone without = *zone;
    without.may_hold = NULL;
    return plan->explain && filter_zone(plan->filter, &without, ident) != ZONE_NEVER;
}

static int choose_blocks(const struct scan *scan, size_t file, struct slot *s)
{
    const struct scan_plan *plan = scan->plan;
    const struct flowfile_info *info = flowfile_info(s->file);
    s->block = malloc(((size_t)info->nblocks + 1) * sizeof *s->block);
    s->sure = malloc((size_t)info->nblocks + 1);
    if (s->block == NULL || s->sure == NULL) {
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < info->nblocks; i++) {
        enum zone_says says;
        if (!is_wanted(scan, place_of(file, i), place_of(file, i) + 1)) {
            continue;
        }
        says = filter_zone(plan->filter, flowfile_zone(s->file, i), info->ident);
        if (says != ZONE_NEVER) {
            s->sure[s->nblocks] = says == ZONE_ALWAYS;
            s->block[s->nblocks++] = i;
        } else {
            s->unfiltered += left_out_by_filter(plan, flowfile_zone(s->file, i), info->ident);
        }
    }
    return 0;
}

static void fail_slot(struct slot *s, const struct fault *fault)
{
    s->failed = true;
    s->fault = malloc(sizeof *s->fault);
    if (s->fault != NULL) {
        *s->fault = *fault;
    }
}

static void open_slot(const struct scan *scan, size_t file)
{
    struct slot *s = &scan->slot[file];
    const struct scan_plan *plan = scan->plan;
    const struct flowfile_info *info;
    struct fault fault;
    int rc;
    if (!is_wanted(scan, place_of(file, 0), place_of(file + 1, 0))) {
        return;
    }
    rc = flowfile_open(plan->path[file], &s->file, &fault);
    if (rc != 0) {
        fault.code = rc;
        fail_slot(s, &fault);
        return;
    }
    info = flowfile_info(s->file);
    s->nrecords = info->nrecords;
    if (!window_touches(&plan->window, info->totals.first, info->totals.last)) {
        flowfile_close(s->file);
        s->file = NULL;
        return;
    }
    rc = choose_blocks(scan, file, s);
    if (rc != 0) {
        fault_set(&fault, rc, "out of memory");
        fail_slot(s, &fault);
    }
}

static void open_next(struct scan *s, struct scan_cost *cost)
{
    size_t i = s->opening++;
    struct slot *slot = &s->slot[i];
    slot->state = SLOT_OPENING;
    pthread_mutex_unlock(&s->lock);
    scan_cost_begin(cost);
    open_slot(s, i);
    scan_cost_end(cost, SCAN_OPEN);
    pthread_mutex_lock(&s->lock);
    slot->state = SLOT_READY;
    pthread_cond_broadcast(&s->changed);
}

static void close_if_done(struct slot *slot)
{
    if (slot->file != NULL && slot->next == slot->nblocks && slot->finished == slot->nblocks) {
        flowfile_close(slot->file);
        slot->file = NULL;
    }
    if (slot->file == NULL) {
        free(slot->block);
        free(slot->sure);
        slot->block = NULL;
        slot->sure = NULL;
    }
}

/* ------------------------------------------------------------------ handing out steps */

static void hand_file(struct scan *s, struct slot *slot, struct step *step)
{
    slot->announced = true;
    if (s->current > 0) {
        slot->base = s->slot[s->current - 1].base + s->slot[s->current - 1].nrecords;
    }
    step->opens = true;
    step->file = s->current;
    step->sequence = s->handed++;
}

static void hand_block(struct scan *s, struct slot *slot, struct step *step)
{
    step->opens = false;
    step->file = s->current;
    step->block = slot->block[slot->next];
    step->sure = slot->sure[slot->next] != 0;
    step->sequence = s->handed++;
    slot->next++;
}

/* The next step in order, if its file is ready. */
static bool hand_out(struct scan *s, struct step *step)
{
    memset(step, 0, sizeof *step);
    while (s->current < s->plan->npaths && s->slot[s->current].state == SLOT_READY) {
        struct slot *slot = &s->slot[s->current];
        if (!slot->announced) {
            hand_file(s, slot, step);
            return true;
        }
        if (slot->next < slot->nblocks) {
            hand_block(s, slot, step);
            return true;
        }
        s->current++;
    }
    return false;
}

/* ------------------------------------------------------------------ one block */

/* Of few passing rows only these are decoded: operators see a batch that has no others. */
static int choose_rows(struct worker *w, struct step *step)
{
    const uint32_t *rows;
    step->matched = (uint32_t)bits_rows(w->bits, w->batch.nrows, w->rows);
    w->seen = &w->batch;
    if (step->matched == 0 || step->matched > w->batch.nrows / FEW) {
        return 0;
    }
    rows = arena_dup(&w->batch.arena, w->rows, step->matched * sizeof *rows);
    if (rows == NULL) {
        return ERR_NOMEM;
    }
    batch_pick(&w->few, &w->batch, rows, step->matched);
    w->seen = &w->few;
    for (uint32_t i = 0; i < step->matched; i++) {
        w->rows[i] = i;
    }
    bits_fill(w->bits, step->matched, true);
    return 0;
}

static int read_block(struct worker *w, struct step *step)
{
    struct scan *s = w->scan;
    struct slot *slot = &s->slot[step->file];
    int rc;
    scan_cost_begin(&w->cost);
    rc = flowfile_read(slot->file, step->block, &w->batch, &step->fault);
    if (rc != 0) {
        return rc;
    }
    w->batch.first_no += slot->base;
    step->nrows = w->batch.nrows;
    step->other_records = w->batch.other_records;
    step->source_bytes = w->batch.source_bytes;
    step->ident = w->batch.ident;
    step->notes = w->batch.notes;
    step->unread = w->batch.unread;
    step->learnt = w->batch.meta;
    if (step->sure) {
        bits_fill(w->bits, w->batch.nrows, true);
    } else {
        rc = filter_run(s->plan->filter, w->filter, &w->batch, w->bits);
    }
    rc = rc != 0 ? rc : choose_rows(w, step);
    scan_cost_end(&w->cost, SCAN_FILTER);
    if (rc == 0 && step->matched > 0) {
        rc = batch_require(w->seen, &s->fields);
        step->fault = w->seen->fault;
    } else if (rc != 0) {
        step->fault = w->batch.fault;
    }
    scan_cost_end(&w->cost, SCAN_COLUMNS);
    return rc;
}

static void pieces_free(const struct scan_plan *plan, void **piece)
{
    for (size_t i = 0; piece != NULL && i < plan->nops; i++) {
        if (piece[i] != NULL) {
            plan->ops[i].kind->piece_free(piece[i]);
        }
    }
    free(piece);
}

/* One of each operator; NULL: no memory. */
static void **pieces_new(const struct scan_plan *plan)
{
    void **piece = calloc(plan->nops + 1, sizeof *piece);
    for (size_t i = 0; piece != NULL && i < plan->nops; i++) {
        piece[i] = plan->ops[i].kind->piece_new(plan->ops[i].op);
        if (piece[i] == NULL) {
            pieces_free(plan, piece);
            return NULL;
        }
    }
    return piece;
}

/* Take the first n of the passing rows only. */
static void keep_rows(struct worker *w, uint32_t from, uint32_t n)
{
    for (uint32_t i = n; i < from; i++) {
        bits_clear(w->bits, w->rows[i]);
    }
}

static struct passing passing_rows(struct worker *w, const struct step *step)
{
    const struct flowfile *file = w->scan->slot[step->file].file;
    return (struct passing){.place = place_of(step->file, step->block),
                            .zone = flowfile_zone(file, step->block),
                            .settled = flowfile_info(file)->complete, .batch = w->seen,
                            .rows = w->rows, .n = step->rows,
                            .bits = w->bits, .number = step->number, .meta = step->meta};
}

static int consume(struct worker *w, const struct passing *in)
{
    const struct scan_plan *plan = w->scan->plan;
    int rc = 0;
    for (size_t i = 0; i < plan->nops && rc == 0; i++) {
        rc = plan->ops[i].kind->consume(plan->ops[i].op, w->piece[i], in);
    }
    return rc;
}

static int merge(const struct scan_plan *plan, void **piece)
{
    int rc = 0;
    for (size_t i = 0; i < plan->nops && rc == 0; i++) {
        if (plan->ops[i].kind->merge != NULL) {
            rc = plan->ops[i].kind->merge(plan->ops[i].op, piece[i]);
        }
    }
    return rc;
}

/* What a part has come to is merged at once, if it is the step's turn. */
static int merge_part(struct worker *w, const struct step *step)
{
    struct scan *s = w->scan;
    bool turn;
    pthread_mutex_lock(&s->lock);
    turn = s->merged == step->sequence && s->rc == 0;
    pthread_mutex_unlock(&s->lock);
    return turn ? merge(s->plan, w->piece) : 0;
}

static int consume_parts(struct worker *w, const struct step *step)
{
    struct passing in = passing_rows(w, step);
    int rc = 0;
    for (uint32_t at = 0; at < step->rows && rc == 0; at += PART_ROWS) {
        in.rows = w->rows + at;
        in.n = step->rows - at < PART_ROWS ? step->rows - at : PART_ROWS;
        in.number = step->number + at;
        in.more = at > 0;
        rc = consume(w, &in);
        rc = rc != 0 ? rc : merge_part(w, step);
    }
    return rc;
}

/* Hand the pieces of all workers to the operators that gather. */
static int gather(struct worker *w, unsigned n)
{
    const struct scan_plan *plan = w[0].scan->plan;
    void **pieces = calloc(n, sizeof *pieces);
    int rc = pieces != NULL ? 0 : ERR_NOMEM;
    for (size_t i = 0; i < plan->nops && rc == 0; i++) {
        for (unsigned k = 0; k < n; k++) {
            pieces[k] = w[k].piece[i];
        }
        if (plan->ops[i].kind->gather != NULL) {
            rc = plan->ops[i].kind->gather(plan->ops[i].op, pieces, n);
        }
    }
    free(pieces);
    return rc;
}

/* ------------------------------------------------------------------ the account */

static void tell(struct scan *s, const char *text)
{
    s->account->findings++;
    if (text[0] != '\0' && s->plan->warn != NULL) {
        s->plan->warn(s->plan->ctx, text);
    }
}

/* What is wrong with an open file, with its name. */
static void tell_of(struct scan *s, size_t file, const char *text)
{
    char line[1024];
    if (s->plan->terse) {
        tell(s, text);
        return;
    }
    snprintf(line, sizeof line, "%s: %s", s->plan->path[file], text);
    tell(s, line);
}

/* Whether damage at a place was not told before. */
static bool is_news(struct told *t, uint64_t place)
{
    uint64_t *more;
    for (size_t i = 0; i < t->n; i++) {
        if (t->place[i] == place) {
            return false;
        }
    }
    more = realloc(t->place, (t->n + 1) * sizeof *more);
    if (more != NULL) {
        t->place = more;
        t->place[t->n++] = place;
    }
    return true;
}

static void tell_notes(struct scan *s, size_t file, const char *notes)
{
    char line[1024];
    while (!s->told->again && notes != NULL && notes[0] != '\0') {
        size_t n = strcspn(notes, "\n");
        size_t fit = n < sizeof line ? n : sizeof line - 1;
        memcpy(line, notes, fit);
        line[fit] = '\0';
        tell_of(s, file, line);
        notes += n + (notes[n] == '\n');
    }
}

static void account_window(struct scan_account *a, const struct flow_totals *t)
{
    a->file_first = t->first < a->file_first ? t->first : a->file_first;
    a->file_last = t->last > a->file_last ? t->last : a->file_last;
}

void scan_open_line(const char *path, const struct fault *fault, bool terse, char *line,
                    size_t room)
{
    static const char open[] = "open: ";
    const char *quote = fault->code == ERR_FORMAT ? "'" : "";
    const char *beyond = terse ? strstr(fault->text, " (") : NULL;
    size_t len = beyond != NULL ? (size_t)(beyond - fault->text) : strlen(fault->text);
    if (terse && strncmp(fault->text, open, strlen(open)) == 0) {
        snprintf(line, room, "Error open file: %s", fault->text + strlen(open));
        return;
    }
    snprintf(line, room, "Open file %s%s%s: %.*s", quote, path, quote, (int)len, fault->text);
}

static void account_file(struct scan *s, struct step *step)
{
    struct scan_account *a = s->account;
    struct slot *slot = &s->slot[step->file];
    const struct fault *damage;
    if (slot->failed) {
        static const struct fault no_memory = {.code = ERR_NOMEM, .text = "out of memory"};
        char line[1024];
        if (!is_news(s->told, place_of(step->file, UINT32_MAX))) {
            return;
        }
        a->files_failed++;
        scan_open_line(s->plan->path[step->file], slot->fault != NULL ? slot->fault : &no_memory,
                       s->plan->terse, line, sizeof line);
        tell(s, line);
        return;
    }
    if (s->told->again) {
        return; /* said in the first pass */
    }
    if (slot->file == NULL) {
        a->files_outside++;
        return;
    }
    a->files++;
    a->files_needless += slot->nblocks == 0;
    a->blocks_unfiltered += slot->unfiltered;
    a->blocks += flowfile_info(slot->file)->nblocks;
    a->files_unfinished += !flowfile_info(slot->file)->complete;
    account_window(a, &flowfile_info(slot->file)->totals);
    for (size_t i = 0; (damage = flowfile_damage(slot->file, i)) != NULL; i++) {
        tell_of(s, step->file, damage->text);
    }
    step->rc = known_learn(&s->known, flowfile_meta(slot->file));
}

/* In files that promise integrity, say where and how much; nfdump's files have their own texts. */
static void account_damage(struct scan *s, const struct step *step)
{
    struct scan_account *a = s->account;
    const struct slot *slot = &s->slot[step->file];
    char line[1024];
    if (!is_news(s->told, place_of(step->file, step->block))) {
        return;
    }
    a->blocks_skipped++;
    if (flowfile_info(slot->file)->format != FORMAT_WEIR1) {
        tell_of(s, step->file, step->fault.text);
        return;
    }
    a->blocks_damaged++;
    a->flows_damaged += flowfile_zone(slot->file, step->block)->nrows;
    snprintf(line, sizeof line, "%s: block %u at offset %llu skipped, about %u flows: %s",
             flowfile_path(slot->file), step->block, (unsigned long long)step->fault.offset,
             flowfile_zone(slot->file, step->block)->nrows, step->fault.text);
    tell(s, line);
}

static void note_ident(struct scan_account *a, const char *ident)
{
    if (ident == NULL || (a->ident != NULL && strcmp(a->ident, ident) == 0)) {
        return;
    }
    free(a->ident);
    a->ident = strdup(ident);
}

/* Number the passing rows of a block that could be read. */
static void number_rows(struct scan *s, struct step *step)
{
    struct scan_account *a = s->account;
    uint64_t limit = s->plan->limit;
    a->blocks_read++;
    a->blocks_whole += step->sure;
    a->unread += s->told->again ? 0 : step->unread;
    a->rows_read += step->nrows;
    if (step->matched > 0 || step->other_records) {
        a->bytes_read += step->source_bytes;
        note_ident(a, step->ident);
    }
    a->passed += step->matched;
    step->number = a->processed;
    step->rows = step->matched;
    if (limit > 0 && a->processed + step->matched >= limit) {
        step->rows = (uint32_t)(limit - a->processed);
        s->stop = true;
        pthread_cond_broadcast(&s->changed);
    }
    a->processed += step->rows;
    step->rc = known_learn(&s->known, step->learnt);
    step->meta = known_now(&s->known);
}

/* What a step says about the input; it is its turn. */
static void number_step(struct scan *s, struct step *step)
{
    bool stopped = s->plan->limit > 0 && s->account->processed >= s->plan->limit;
    if (s->rc == 0 && !stopped) {
        if (step->opens) {
            account_file(s, step);
        } else if (step->rc != 0) {
            account_damage(s, step);
            step->rc = 0;
        } else {
            tell_notes(s, step->file, step->notes);
            number_rows(s, step);
        }
    }
    s->numbered++;
}

static void turn_number(struct scan *s, struct step *step)
{
    while (s->numbered != step->sequence) {
        pthread_cond_wait(&s->changed, &s->lock);
    }
    number_step(s, step);
    pthread_cond_broadcast(&s->changed);
}

static void note_error(struct scan *s, int rc, const struct fault *fault)
{
    if (s->rc == 0) {
        s->rc = rc;
        s->fault = *fault;
        s->stop = true;
    }
}

static void finish_step(struct scan *s, const struct step *step)
{
    struct slot *slot = &s->slot[step->file];
    bool done;
    s->merged++;
    slot->finished += !step->opens;
    done = slot->next == slot->nblocks && slot->finished == slot->nblocks;
    if (s->plan->progress != NULL) {
        s->plan->progress(s->plan->ctx, step->file + done, s->plan->npaths,
                          s->account->rows_read);
    }
    close_if_done(slot);
}

/* Let operators merge what a step has come to; it is its turn. */
static void merge_step(struct scan *s, struct step *step, void **piece)
{
    if (step->rc != 0) {
        note_error(s, step->rc, &step->fault);
    } else if (step->rows > 0 && s->rc == 0) {
        pthread_mutex_unlock(&s->lock);
        step->rc = merge(s->plan, piece);
        pthread_mutex_lock(&s->lock);
        if (step->rc != 0) {
            note_error(s, step->rc, &step->fault);
        }
    }
    finish_step(s, step);
}

static struct late *late_of(struct scan *s, uint64_t sequence)
{
    return &s->late[sequence % s->plan->workers];
}

/* Leave the worker's pieces for later, and give it others; false: there is no memory for them. */
static bool leave(struct scan *s, struct worker *w, const struct step *step)
{
    struct late *l = late_of(s, step->sequence);
    void **other = NULL;
    if (step->rows > 0) {
        other = s->nspare > 0 ? s->spare[--s->nspare] : pieces_new(s->plan);
        if (other == NULL) {
            return false;
        }
    }
    *l = (struct late){true, *step, other != NULL ? w->piece : NULL};
    w->piece = other != NULL ? other : w->piece;
    return true;
}

/* Merge the steps behind the last one that are waiting for it. */
static void merge_late(struct scan *s)
{
    struct late *l;
    while (s->in_parts && (l = late_of(s, s->merged))->done) {
        l->done = false;
        merge_step(s, &l->step, l->piece);
        if (l->piece != NULL) {
            s->spare[s->nspare++] = l->piece;
        }
        pthread_cond_broadcast(&s->changed);
    }
}

static void turn_merge(struct scan *s, struct worker *w, struct step *step)
{
    uint64_t ahead = s->in_parts ? s->plan->workers : 1;
    while (step->sequence - s->merged >= ahead) {
        pthread_cond_wait(&s->changed, &s->lock);
    }
    if (step->sequence != s->merged && leave(s, w, step)) {
        return;
    }
    while (step->sequence != s->merged) {
        pthread_cond_wait(&s->changed, &s->lock);
    }
    merge_step(s, step, w->piece);
    merge_late(s);
    pthread_cond_broadcast(&s->changed);
}

/* ------------------------------------------------------------------ steps that need not wait */

/* Pass on a step and those behind it that were done early; it is the step's turn. */
static void pass_on(struct scan *s, struct step *step)
{
    for (; step != NULL; step = s->early[s->numbered % EARLY].done
                                    ? &s->early[s->numbered % EARLY] : NULL) {
        step->done = false;
        number_step(s, step);
        if (step->rc != 0) {
            note_error(s, step->rc, &step->fault);
        }
        finish_step(s, step);
    }
    pthread_cond_broadcast(&s->changed);
}

/* A step that says something waits for its turn, because what it says lives in its batch. */
static void end_step(struct scan *s, struct step *step)
{
    uint64_t ahead = step->notes != NULL || step->learnt != NULL ? 1 : EARLY;
    while (step->sequence - s->numbered >= ahead) {
        pthread_cond_wait(&s->changed, &s->lock);
    }
    if (step->sequence == s->numbered) {
        pass_on(s, step);
    } else {
        s->early[step->sequence % EARLY] = *step;
        s->early[step->sequence % EARLY].done = true;
    }
}

/* ------------------------------------------------------------------ workers */

static int consume_rows(struct worker *w, struct step *step, struct flow_totals *totals)
{
    int rc;
    scan_cost_begin(&w->cost);
    if (w->scan->plan->totals) {
        totals_add_batch(totals, w->seen, w->bits);
    }
    if (w->scan->in_parts) {
        rc = consume_parts(w, step);
    } else {
        struct passing in = passing_rows(w, step);
        rc = consume(w, &in);
    }
    scan_cost_end(&w->cost, SCAN_OPERATORS);
    return rc;
}

/* A block that could not be read is told; an operator's failure ends the scan. */
static void do_block_now(struct worker *w, struct step *step)
{
    struct scan *s = w->scan;
    struct flow_totals totals;
    int failed = 0;
    totals_clear(&totals);
    step->meta = known_now(&s->known);
    pthread_mutex_unlock(&s->lock);
    step->rc = read_block(w, step);
    step->rows = step->rc == 0 ? step->matched : 0;
    if (step->rows > 0) {
        failed = consume_rows(w, step, &totals);
    }
    pthread_mutex_lock(&s->lock);
    if (failed != 0 && !batch_ok(w->seen)) {
        step->rc = failed; /* a column that was touched late is damaged */
        step->fault = w->seen->fault;
        step->matched = 0;
    } else if (failed != 0) {
        note_error(s, failed, &step->fault);
    } else {
        totals_merge(&s->account->totals, &totals);
    }
}

static void do_block_in_turn(struct worker *w, struct step *step)
{
    struct scan *s = w->scan;
    struct flow_totals totals;
    totals_clear(&totals);
    pthread_mutex_unlock(&s->lock);
    step->rc = read_block(w, step);
    pthread_mutex_lock(&s->lock);
    turn_number(s, step);
    if (step->rows > 0 && step->rc == 0) {
        pthread_mutex_unlock(&s->lock);
        keep_rows(w, step->matched, step->rows);
        step->rc = consume_rows(w, step, &totals);
        pthread_mutex_lock(&s->lock);
        totals_merge(&s->account->totals, &totals);
    }
}

static void do_step(struct worker *w, struct step *step)
{
    struct scan *s = w->scan;
    if (s->unordered) {
        if (!step->opens) {
            do_block_now(w, step);
        }
        end_step(s, step);
        return;
    }
    if (step->opens) {
        turn_number(s, step);
    } else {
        do_block_in_turn(w, step);
    }
    turn_merge(s, w, step);
}

static bool is_its_turn(const struct scan *s, const struct step *step)
{
    return s->numbered == step->sequence && (s->unordered || s->merged == step->sequence);
}

/* Under the lock: get a step, opening files meanwhile; file steps whose turn it is are done here.
 * False: nothing is left. */
static bool next_step(struct scan *s, struct step *step, struct scan_cost *cost)
{
    while (!s->stop) {
        if (hand_out(s, step)) {
            if (!step->opens || !is_its_turn(s, step)) {
                return true;
            }
            pass_on(s, step);
            continue;
        }
        if (s->current >= s->plan->npaths) {
            return false;
        }
        if (s->opening < s->plan->npaths &&
            s->opening < s->current + OPEN_AHEAD * s->plan->workers) {
            open_next(s, cost);
        } else {
            pthread_cond_wait(&s->changed, &s->lock);
        }
    }
    return false;
}

static void work(struct worker *w)
{
    struct scan *s = w->scan;
    struct step step;
    pthread_mutex_lock(&s->lock);
    while (next_step(s, &step, &w->cost)) {
        do_step(w, &step);
        pthread_mutex_unlock(&s->lock);
        batch_cost_add(&w->cost.batches, &w->batch.cost);
        batch_reset(&w->batch);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
}

static void *work_thread(void *arg)
{
    work(arg);
    return NULL;
}

static void worker_free(struct worker *w)
{
    pieces_free(w->scan->plan, w->piece);
    free(w->bits);
    free(w->rows);
    filter_work_free(w->filter);
    batch_free(&w->few);
    batch_free(&w->batch);
}

static int worker_init(struct worker *w, struct scan *s)
{
    const struct scan_plan *plan = s->plan;
    w->scan = s;
    w->cost.timed = plan->explain;
    batch_init(&w->batch);
    arena_expect_much(&w->batch.arena);
    batch_init(&w->few);
    w->filter = filter_work_new(plan->filter);
    w->piece = pieces_new(plan);
    w->bits = malloc(BITS_WORDS(BATCH_ROWS_MAX) * sizeof *w->bits);
    w->rows = malloc(BATCH_ROWS_MAX * sizeof *w->rows);
    if (w->filter == NULL || w->piece == NULL || w->bits == NULL || w->rows == NULL) {
        return ERR_NOMEM;
    }
    return 0;
}

static int run_workers(struct scan *s)
{
    unsigned n = s->plan->workers, ready = 0, started = 0;
    struct worker *w = calloc(n, sizeof *w);
    int rc = w != NULL ? 0 : ERR_NOMEM;
    while (rc == 0 && ready < n) {
        rc = worker_init(&w[ready++], s);
    }
    for (unsigned i = 1; i < n && rc == 0; i++) {
        if (pthread_create(&w[i].thread, NULL, work_thread, &w[i]) != 0) {
            break; /* fewer workers do */
        }
        started = i;
    }
    if (rc == 0) {
        work(&w[0]);
    }
    for (unsigned i = 1; i <= started; i++) {
        pthread_join(w[i].thread, NULL);
    }
    if (rc == 0 && s->rc == 0) {
        rc = gather(w, ready);
    }
    while (ready > 0) {
        scan_cost_add(&s->account->cost, &w[ready - 1].cost);
        worker_free(&w[--ready]);
    }
    free(w);
    return rc;
}

static void collect_fields(struct scan *s)
{
    const struct scan_plan *plan = s->plan;
    s->unordered = plan->limit == 0;
    s->in_parts = plan->nops > 0;
    for (size_t i = 0; i < plan->nops; i++) {
        s->in_parts &= plan->ops[i].kind->in_parts;
        s->unordered &= plan->ops[i].kind->merge == NULL && !plan->ops[i].numbered;
        field_set_union(&s->fields, &plan->ops[i].fields);
        if (plan->ops[i].numbered) {
            field_set_add(&s->fields, FIELD_RECORD_NO);
        }
    }
    field_set_close(&s->fields);
    if (s->plan->totals) {
        static const enum field_id used[] = {FIELD_GROUPS, FIELD_PROTO, FIELD_FLOWS,
                                             FIELD_PACKETS, FIELD_BYTES, FIELD_OUT_PACKETS,
                                             FIELD_OUT_BYTES, FIELD_FIRST_SEEN, FIELD_LAST_SEEN};
        for (size_t i = 0; i < sizeof used / sizeof used[0]; i++) {
            field_set_add(&s->fields, used[i]);
        }
    }
}

static void close_all(struct scan *s)
{
    for (size_t i = 0; i < s->plan->npaths; i++) {
        struct slot *slot = &s->slot[i];
        if (slot->file != NULL) {
            flowfile_close(slot->file);
        }
        free(slot->fault);
        free(slot->block);
        free(slot->sure);
    }
    free(s->slot);
}

static void free_spare(struct scan *s)
{
    while (s->nspare > 0) {
        pieces_free(s->plan, s->spare[--s->nspare]);
    }
    free(s->spare);
    free(s->late);
    free(s->early);
}

static int one_pass(const struct scan_plan *plan, struct scan_account *account,
                    struct told *told, struct fault *fault)
{
    struct scan s = {.plan = plan, .account = account, .told = told};
    int rc;
    assert(plan->workers >= 1);
    memset(account, 0, sizeof *account);
    totals_clear(&account->totals);
    account->file_first = UINT64_MAX;
    meta_init(&account->meta);
    s.slot = calloc(plan->npaths + 1, sizeof *s.slot);
    s.early = calloc(EARLY, sizeof *s.early);
    s.late = calloc(plan->workers, sizeof *s.late);
    s.spare = calloc(plan->workers, sizeof *s.spare);
    if (s.slot == NULL || s.early == NULL || s.late == NULL || s.spare == NULL) {
        free(s.slot);
        free_spare(&s);
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    known_init(&s.known);
    collect_fields(&s);
    pthread_mutex_init(&s.lock, NULL);
    pthread_cond_init(&s.changed, NULL);
    rc = run_workers(&s);
    rc = rc != 0 ? rc : s.rc;
    if (rc != 0 && fault != NULL) {
        *fault = s.fault;
        fault->code = rc;
    }
    meta_merge(&account->meta, known_now(&s.known));
    known_free(&s.known);
    close_all(&s);
    free_spare(&s);
    pthread_cond_destroy(&s.changed);
    pthread_mutex_destroy(&s.lock);
    return rc;
}

/* Put the operators that want another pass first; how many. */
static size_t again_first(struct operator *ops, size_t nops)
{
    size_t n = 0;
    for (size_t i = 0; i < nops; i++) {
        if (operator_again(&ops[i])) {
            struct operator wants = ops[i];
            ops[i] = ops[n];
            ops[n++] = wants;
        }
    }
    return n;
}

/* The same rows once more; rows that a live file has gained meanwhile are left out. */
static struct scan_plan next_pass(const struct scan_plan *plan, const struct scan_account *account)
{
    struct scan_plan next = *plan;
    next.limit = plan->limit != 0 || account->files_unfinished > 0 ? account->processed : 0;
    next.totals = false;
    next.explain = false;
    return next;
}

/* Only what a later pass found damaged that was not read before. */
static void add_news(struct scan_account *a, const struct scan_account *later)
{
    a->files_failed += later->files_failed;
    a->blocks_skipped += later->blocks_skipped;
    a->blocks_damaged += later->blocks_damaged;
    a->flows_damaged += later->flows_damaged;
    a->findings += later->findings;
}

static int begin_again(const struct scan_plan *plan)
{
    int rc = 0;
    for (size_t i = 0; i < plan->nops && rc == 0; i++) {
        if (plan->ops[i].kind->begin_again != NULL) {
            rc = plan->ops[i].kind->begin_again(plan->ops[i].op);
        }
    }
    return rc;
}

/* What passed without the blocks that turned out to be damaged. */
static void count_again(struct scan_account *a, const struct scan_account *later)
{
    a->passed = later->passed;
    a->processed = later->processed;
    a->blocks_read = later->blocks_read;
    a->bytes_read = later->bytes_read;
    a->rows_read = later->rows_read;
}

static int further_passes(const struct scan_plan *plan, struct scan_account *account,
                          struct told *told, struct fault *fault)
{
    struct scan_plan next = next_pass(plan, account);
    bool begun = false, begins = false;
    int rc = 0;
    told->again = true;
    while (rc == 0 && account->processed > 0) {
        struct scan_account later;
        next.nops = again_first(next.ops, plan->nops);
        if (next.nops == 0) {
            return 0;
        }
        rc = one_pass(&next, &later, told, fault);
        add_news(account, &later);
        if (begins) {
            count_again(account, &later);
        }
        begins = rc == 0 && !begun && later.blocks_skipped > 0;
        rc = begins ? begin_again(plan) : rc;
        begun = begun || begins;
        scan_account_free(&later);
    }
    return rc;
}

int scan_run(const struct scan_plan *plan, struct scan_account *account, struct fault *fault)
{
    struct told told = {.place = NULL};
    int rc = one_pass(plan, account, &told, fault);
    if (rc == 0) {
        rc = further_passes(plan, account, &told, fault);
    }
    free(told.place);
    return rc;
}

void scan_account_free(struct scan_account *a)
{
    free(a->ident);
    meta_free(&a->meta);
}
