/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * scribe.c - the threads that write flow files.
 *
 *     orders -> the scribe's thread: rows to writers (their blocks: encoders) -> finishers: merge
 *
 * Finishing a file (merging its blocks, the filter, fsync, rename) takes long and happens beside
 * the writing of the next slot. What became of the files is told in the order of their ends.
 */
#include "collect/scribe.h"

#include "base/file.h"
#include "base/queue.h"
#include "store/encoders.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUILDERS_SPARE = 1, /* more than one per open slot and encoder */
    BUILDERS_MAX = 4096,
    ORDERS = 256,
    FINISHERS = 2,
    FINISHING_MAX = 16 /* files; more than that wait */
};

struct scribe_slot {
    char *ident, *dir, *path, *temp;
    uint64_t start;
    struct flowwriter_options options;
    struct flowwriter *writer;   /* NULL: could not be created yet */
    struct scribe_slot *next;    /* among those that are being finished */
    uint64_t lost_flows;         /* not written, in no account yet */
    uint64_t complained_flows;   /* lost since the last complaint, accounted */
    uint64_t batches;
    bool complained;
};

enum order_kind { ORDER_BEGIN, ORDER_ROWS, ORDER_META, ORDER_FLUSH, ORDER_FINISH };

struct order {
    enum order_kind kind;
    struct scribe_slot *slot;
    struct builder *rows;
    struct flow_meta *meta;
    uint64_t sequence_failures;
    uint64_t bad_datagrams;
    uint64_t number; /* ORDER_FINISH: running */
};

struct scribe {
    struct scribe_options o;
    struct queue *orders;
    struct queue *builders; /* empty ones */
    size_t made;            /* builders there are */
    size_t open_slots;      /* begun and not yet ordered to finish */
    struct encoders *encoders;
    pthread_t thread;
    bool running;

    struct queue *ends;     /* orders to finish */
    pthread_t finisher[FINISHERS];
    unsigned nfinishers;
    uint64_t ended;         /* the scribe's: orders to finish so far */
    pthread_mutex_t lock;   /* of the rest */
    pthread_cond_t finished;
    struct scribe_slot *finishing;
    uint64_t told;          /* reports so far */
};

/* ---- in the scribe's thread ---- */

static void complain(struct scribe *s, struct scribe_slot *slot, const struct fault *fault)
{
    if (!slot->complained) {
        log_write(s->o.log, LOG_LEVEL_ERROR, "Ident: '%s' cannot write %s: %s", slot->ident,
                  slot->path, fault->text);
    }
    slot->complained = true;
}

static void relieved(struct scribe *s, struct scribe_slot *slot)
{
    if (slot->complained) {
        log_write(s->o.log, LOG_LEVEL_WARNING,
                  "Ident: '%s' writing %s again; %llu flows were lost", slot->ident, slot->path,
                  (unsigned long long)(slot->complained_flows + slot->lost_flows));
    }
    slot->complained = false;
    slot->complained_flows = 0;
}

static bool is_being_finished(const struct scribe *s, const char *path)
{
    for (const struct scribe_slot *o = s->finishing; o != NULL; o = o->next) {
        if (strcmp(o->path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* A slot that ended early goes on in the same file, once that is there. */
static void wait_for_file(struct scribe *s, const char *path)
{
    pthread_mutex_lock(&s->lock);
    while (is_being_finished(s, path)) {
        pthread_cond_wait(&s->finished, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
}

static bool have_writer(struct scribe *s, struct scribe_slot *slot)
{
    struct fault fault = {0};
    if (slot->writer != NULL) {
        return true;
    }
    slot->options.temp = slot->temp;
    slot->options.ident = slot->ident;
    slot->options.encoders = s->encoders;
    wait_for_file(s, slot->path);
    if (file_mkdirs_above(slot->path, 0755, &fault) == 0
        && flowwriter_create(slot->path, &slot->options, true, &slot->writer, &fault) == 0) {
        return true;
    }
    complain(s, slot, &fault);
    return false;
}

/* Lost flows go into the loss account as soon as the writer takes rows again. */
static void account_loss(struct scribe_slot *slot)
{
    struct loss loss = {.storage = slot->lost_flows};
    struct flow_meta meta;
    if (slot->lost_flows == 0) {
        return;
    }
    meta_init(&meta);
    if (meta_add_loss(&meta, &loss) == 0 && flowwriter_meta(slot->writer, &meta, NULL) == 0) {
        slot->complained_flows += slot->lost_flows;
        slot->lost_flows = 0;
    }
    meta_free(&meta);
}

/* In any thread. */
static void give_back(void *scribe, struct builder *rows)
{
    struct scribe *s = scribe;
    builder_reset(rows);
    queue_put(s->builders, rows);
}

static void write_rows(struct scribe *s, struct scribe_slot *slot, struct builder *rows)
{
    const struct builder_back back = {give_back, s};
    struct fault fault = {0};
    uint32_t n = builder_rows(rows);
    if (!have_writer(s, slot)) {
        slot->lost_flows += n;
    } else if (flowwriter_add_builder(slot->writer, rows, back, &fault) != 0) {
        slot->lost_flows += n - flowwriter_taken(slot->writer);
        complain(s, slot, &fault);
    } else {
        account_loss(slot);
        slot->batches++;
        return;
    }
    give_back(s, rows);
}

static void write_meta(struct scribe *s, struct scribe_slot *slot, struct flow_meta *meta)
{
    struct fault fault = {0};
    if (have_writer(s, slot) && flowwriter_meta(slot->writer, meta, &fault) != 0) {
        complain(s, slot, &fault);
    }
    meta_free(meta);
    free(meta);
}

static void flush_slot(struct scribe *s, struct scribe_slot *slot)
{
    struct fault fault = {0};
    if (slot->writer == NULL) {
        return;
    }
    if (flowwriter_flush(slot->writer, &fault) != 0) {
        complain(s, slot, &fault);
    } else {
        relieved(s, slot);
        log_write(s->o.log, LOG_LEVEL_DEBUG, "Ident: '%s' %llu flows of the slot are safe",
                  slot->ident, (unsigned long long)flowwriter_totals(slot->writer)->flows);
    }
}

static void free_slot(struct scribe_slot *slot)
{
    free(slot->ident);
    free(slot->dir);
    free(slot->path);
    free(slot->temp);
    free(slot);
}

/* ---- in the finishers' threads ---- */

static void finish_file(struct scribe *s, const struct order *order, struct scribe_report *report)
{
    struct scribe_slot *slot = order->slot;
    struct fault fault = {0};
    if (slot->writer == NULL) {
        report->lost = slot->lost_flows;
        return;
    }
    account_loss(slot);
    flowwriter_sequence_failures(slot->writer, order->sequence_failures);
    flowwriter_slot(slot->writer, slot->start * 1000, slot->start * 1000);
    report->totals = *flowwriter_totals(slot->writer);
    report->written = flowwriter_finish_counting(slot->writer, &report->lost, &fault) == 0;
    report->lost += slot->lost_flows;
    if (!report->written) {
        complain(s, slot, &fault);
    }
}

static void take_off_list(struct scribe *s, struct scribe_slot *slot)
{
    struct scribe_slot **at = &s->finishing;
    while (*at != slot) {
        at = &(*at)->next;
    }
    *at = slot->next;
}

/* In the order of the ends; the next slot may use the file from now on. */
static void tell(struct scribe *s, const struct order *order, const struct scribe_report *report)
{
    pthread_mutex_lock(&s->lock);
    while (s->told != order->number) {
        pthread_cond_wait(&s->finished, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    s->o.finished(s->o.ctx, report);
    pthread_mutex_lock(&s->lock);
    s->told++;
    take_off_list(s, order->slot);
    pthread_cond_broadcast(&s->finished);
    pthread_mutex_unlock(&s->lock);
}

static void finish_slot(struct scribe *s, const struct order *order)
{
    const struct scribe_slot *slot = order->slot;
    struct scribe_report report = {.ident = slot->ident, .dir = slot->dir, .path = slot->path,
                                   .start = slot->start, .blocks = slot->batches,
                                   .bad_datagrams = order->bad_datagrams};
    totals_clear(&report.totals);
    finish_file(s, order, &report);
    report.totals.sequence_failures = order->sequence_failures;
    tell(s, order, &report);
    free_slot(order->slot);
}

static void *run_finisher(void *arg)
{
    struct scribe *s = arg;
    struct order *order;
    while ((order = queue_get(s->ends)) != NULL) {
        finish_slot(s, order);
        free(order);
    }
    return NULL;
}

/* ---- in the scribe's thread ---- */

/* Takes the order over. */
static void end_slot(struct scribe *s, struct order *order)
{
    have_writer(s, order->slot); /* a slot without flows is a file too */
    order->number = s->ended++;
    pthread_mutex_lock(&s->lock);
    order->slot->next = s->finishing;
    s->finishing = order->slot;
    pthread_mutex_unlock(&s->lock);
    queue_put(s->ends, order);
}

/* Takes the order over. */
static void carry_out(struct scribe *s, struct order *order)
{
    switch (order->kind) {
    case ORDER_BEGIN:
        have_writer(s, order->slot);
        break;
    case ORDER_ROWS:
        write_rows(s, order->slot, order->rows);
        break;
    case ORDER_META:
        write_meta(s, order->slot, order->meta);
        break;
    case ORDER_FLUSH:
        flush_slot(s, order->slot);
        break;
    case ORDER_FINISH:
        end_slot(s, order);
        return;
    }
    free(order);
}

static void *run(void *arg)
{
    struct scribe *s = arg;
    struct order *order;
    while ((order = queue_get(s->orders)) != NULL) {
        carry_out(s, order);
    }
    return NULL;
}

/* ---- in the decoding thread ---- */

static bool start_threads(struct scribe *s)
{
    s->running = pthread_create(&s->thread, NULL, run, s) == 0;
    while (s->running && s->nfinishers < FINISHERS
           && pthread_create(&s->finisher[s->nfinishers], NULL, run_finisher, s) == 0) {
        s->nfinishers++;
    }
    return s->nfinishers == FINISHERS;
}

struct scribe *scribe_new(const struct scribe_options *options)
{
    struct scribe *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->o = *options;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->finished, NULL);
    s->orders = queue_new(ORDERS);
    s->ends = queue_new(FINISHING_MAX);
    s->builders = queue_new(BUILDERS_MAX);
    s->encoders = flowwriter_encoders(&s->o.writer, s->o.encoders);
    if (s->orders == NULL || s->ends == NULL || s->builders == NULL || s->encoders == NULL
        || !start_threads(s)) {
        scribe_free(s);
        return NULL;
    }
    return s;
}

/* All orders are carried out first. */
static void stop_threads(struct scribe *s)
{
    if (s->running) {
        queue_close(s->orders);
        pthread_join(s->thread, NULL);
    }
    if (s->ends != NULL) {
        queue_close(s->ends);
    }
    for (unsigned i = 0; i < s->nfinishers; i++) {
        pthread_join(s->finisher[i], NULL);
    }
}

void scribe_free(struct scribe *s)
{
    struct builder *b;
    if (s == NULL) {
        return;
    }
    stop_threads(s);
    while (s->builders != NULL && (b = queue_try_get(s->builders)) != NULL) {
        builder_free(b);
    }
    encoders_free(s->encoders);
    queue_free(s->orders);
    queue_free(s->ends);
    queue_free(s->builders);
    pthread_cond_destroy(&s->finished);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void give_order(struct scribe *s, struct order what)
{
    struct order *order = malloc(sizeof *order);
    assert(what.slot != NULL);
    if (order == NULL) {
        log_write(s->o.log, LOG_LEVEL_ERROR, "out of memory: an order to write flows is lost");
        return;
    }
    *order = what;
    queue_put(s->orders, order);
}

struct scribe_slot *scribe_begin(struct scribe *s, const struct scribe_place *place)
{
    struct scribe_slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL) {
        return NULL;
    }
    slot->ident = strdup(place->ident);
    slot->dir = strdup(place->dir);
    slot->path = strdup(place->path);
    slot->temp = strdup(place->temp);
    slot->start = place->start;
    slot->options = s->o.writer;
    if (slot->ident == NULL || slot->dir == NULL || slot->path == NULL || slot->temp == NULL) {
        free_slot(slot);
        return NULL;
    }
    s->open_slots++;
    give_order(s, (struct order){.kind = ORDER_BEGIN, .slot = slot});
    return slot;
}

struct builder *scribe_take_builder(struct scribe *s)
{
    struct builder *b = queue_try_get_newest(s->builders);
    size_t allowed = BUILDERS_SPARE + s->o.encoders + s->open_slots;
    if (b == NULL && s->made < allowed && s->made < BUILDERS_MAX) {
        b = builder_new();
        s->made += b != NULL;
    }
    return b != NULL || s->made == 0 ? b : queue_get_newest(s->builders);
}

void scribe_return_builder(struct scribe *s, struct builder *b)
{
    queue_put(s->builders, b);
}

void scribe_rows(struct scribe *s, struct scribe_slot *slot, struct builder *rows)
{
    give_order(s, (struct order){.kind = ORDER_ROWS, .slot = slot, .rows = rows});
}

void scribe_meta(struct scribe *s, struct scribe_slot *slot, struct flow_meta *meta)
{
    give_order(s, (struct order){.kind = ORDER_META, .slot = slot, .meta = meta});
}

void scribe_flush(struct scribe *s, struct scribe_slot *slot)
{
    give_order(s, (struct order){.kind = ORDER_FLUSH, .slot = slot});
}

void scribe_finish(struct scribe *s, struct scribe_slot *slot, uint64_t sequence_failures,
                   uint64_t bad_datagrams)
{
    s->open_slots--;
    give_order(s, (struct order){.kind = ORDER_FINISH, .slot = slot,
                                 .sequence_failures = sequence_failures,
                                 .bad_datagrams = bad_datagrams});
}
