/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * collector.c - receive, decode, write, rotate.
 *
 *     receiving threads --bundles--> this thread: decode --builders--> scribe's thread: files
 *
 * Bundles circulate between two bounded queues, so memory is bounded and a slow decoder shows as
 * kernel drops, which are counted. The first receiver sends a bundle at least once a second, also
 * an empty one: time passes here by bundles. SIGTERM and SIGINT end, SIGHUP ends the current slot
 * early.
 */
#include "collect/collector.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/priv.h"
#include "base/queue.h"
#include "base/sandbox.h"
#include "collect/duty.h"
#include "collect/recover.h"
#include "collect/scribe.h"
#include "collect/stream.h"
#include "store/filename.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { BUNDLES = 64, RECEIVERS_MAX = 16 };

struct collector;

struct receiving {
    struct collector *c;
    struct receiver *receiver;
    struct stream *stream; /* instead of a receiver: IPFIX over TCP */
    pthread_t thread;
    bool running;
    bool first; /* keeps the time */
};

/* Counters of an exporter when the slot began. */
struct baseline {
    uint64_t packets, flows;
    uint32_t sequence_failures;
};

struct collector {
    const struct collector_plan *plan;
    struct log *log;
    struct scribe *scribe;
    struct wire *wire;
    struct feed *feed;
    struct duties *duties;
    struct duty_counters counters;
    struct receiving receiving[RECEIVERS_MAX + 1];
    unsigned nreceiving;
    struct queue *full;  /* bundles to decode */
    struct queue *empty; /* bundles to receive into */
    atomic_bool stopping;
    struct source *current;  /* of the datagram that is being decoded */
    uint64_t slot;           /* start of the slot, seconds since 1970; 0: none yet */
    uint64_t now;            /* msec: time of the last datagram or tick */
    uint64_t last_flush;     /* msec */
    struct baseline *base;   /* by sysid */
    size_t nbase;
    uint64_t received, ignored, kernel_drops; /* in this slot */
    uint64_t started;        /* msec: of this slot's counting */
    int pid_fd;
};

static volatile sig_atomic_t stop_asked;
static volatile sig_atomic_t rotate_asked;

static void on_signal(int number)
{
    if (number == SIGHUP) {
        rotate_asked = 1;
    } else {
        stop_asked = 1;
    }
}

/* ---- files ---- */

static void path_of_slot(const struct collector *c, const struct source *s, char path[PATH_MAX])
{
    char sub[FILENAME_MAX_LEN], name[FILENAME_MAX_LEN];
    filename_subdir(c->plan->subdirs, c->slot, sub);
    filename_of_slot(c->slot, c->plan->seconds, c->plan->zone_names, name);
    snprintf(path, PATH_MAX, "%s/%s%s%s", s->dir, sub, *sub != '\0' ? "/" : "", name);
}

static void begin_slot(struct collector *c, struct source *s)
{
    char path[PATH_MAX], temp[PATH_MAX];
    struct scribe_place place = {.ident = s->ident, .dir = s->dir, .path = path, .temp = temp,
                                 .start = c->slot, .writer = c->plan->writer};
    path_of_slot(c, s, path);
    snprintf(temp, sizeof temp, "%s/nfcapd.current.%u", s->dir, (unsigned)getpid());
    s->slot = scribe_begin(c->scribe, &place);
    s->meta_changed = !meta_is_empty(&s->known);
    s->bad_datagrams = s->datagrams = 0;
}

static void send_rows(struct collector *c, struct source *s)
{
    if (s->rows == NULL || s->slot == NULL) {
        return;
    }
    if (builder_rows(s->rows) > 0) {
        scribe_rows(c->scribe, s->slot, s->rows);
    } else {
        scribe_return_builder(c->scribe, s->rows);
    }
    s->rows = NULL;
}

static void send_meta(struct collector *c, struct source *s, const struct flow_meta *meta)
{
    struct flow_meta *copy = malloc(sizeof *copy);
    if (copy == NULL || s->slot == NULL) {
        free(copy);
        return;
    }
    meta_init(copy);
    if (meta_merge(copy, meta) == 0) {
        scribe_meta(c->scribe, s->slot, copy);
    } else {
        meta_free(copy);
        free(copy);
    }
}

static void send_changes(struct collector *c, struct source *s)
{
    if (s->meta_changed) {
        send_meta(c, s, &s->known);
        s->meta_changed = false;
    }
    send_rows(c, s);
}

static void flush_all(struct collector *c)
{
    for (size_t i = 0; i < sources_count(c->plan->sources); i++) {
        struct source *s = sources_at(c->plan->sources, i);
        bool something = s->meta_changed || (s->rows != NULL && builder_rows(s->rows) > 0);
        if (s->slot != NULL && something) {
            send_changes(c, s);
            scribe_flush(c->scribe, s->slot);
        }
    }
    c->last_flush = c->now;
}

/* ---- what the decoder hands over ---- */

static void take_flow(void *ctx, const struct wire_exporter *from, const struct rec *r)
{
    struct collector *c = ctx;
    struct source *s = c->current;
    (void)from;
    metric_add(&s->metric, r);
    metric_add(&s->total, r);
    if (s->rows != NULL && builder_full_at(builder_rows(s->rows))) {
        send_rows(c, s);
    }
    if (s->rows == NULL) {
        s->rows = scribe_take_builder(c->scribe);
    }
    if (s->rows == NULL || builder_add(s->rows, r) != 0) {
        log_write(c->log, LOG_LEVEL_ERROR, "Ident: '%s' out of memory: a flow is lost", s->ident);
    }
}

/* Exporters loaded from an earlier run may belong to nobody any more. */
static struct flow_meta *known_of(const struct wire_exporter *e)
{
    struct source *s = e->source;
    if (s == NULL) {
        return NULL;
    }
    s->meta_changed = true;
    return &s->known;
}

static void take_exporter(void *ctx, const struct wire_exporter *e)
{
    struct flow_meta *known = known_of(e);
    (void)ctx;
    if (known != NULL) {
        meta_put_exporter(known, &e->id);
    }
}

static void take_sampler(void *ctx, const struct wire_exporter *from, const struct sampler *sampler)
{
    struct flow_meta *known = known_of(from);
    (void)ctx;
    if (known != NULL) {
        meta_put_sampler(known, sampler);
    }
}

static void take_name(void *ctx, const struct wire_exporter *from, enum name_kind kind, uint32_t id,
                      const char *text)
{
    struct flow_meta *known = known_of(from);
    (void)ctx;
    if (known != NULL) {
        meta_put_name(known, kind, id, text);
    }
}

static void take_app(void *ctx, const struct wire_exporter *from, const struct app_name *app)
{
    struct flow_meta *known = known_of(from);
    (void)ctx;
    if (known != NULL) {
        meta_put_app(known, app);
    }
}

static void hear(void *ctx, enum wire_event event, const char *text)
{
    const struct collector *c = ctx;
    log_write(c->log, event == WIRE_TROUBLE ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "%s", text);
}

/* ---- the end of a slot ---- */

static struct baseline *baseline_of(struct collector *c, uint32_t sysid)
{
    if (sysid >= c->nbase) {
        size_t n = (size_t)sysid * 2 + 16;
        struct baseline *grown = realloc(c->base, n * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        memset(grown + c->nbase, 0, (n - c->nbase) * sizeof *grown);
        c->base = grown;
        c->nbase = n;
    }
    return &c->base[sysid];
}

struct slot_end { /* per source while its statistics are gathered */
    struct collector *c;
    struct source *source;
    struct flow_meta meta;
    uint64_t sequence_failures;
};

static void add_exporter_stat(void *ctx, struct wire_exporter *e)
{
    struct slot_end *end = ctx;
    struct baseline *base = baseline_of(end->c, e->id.sysid);
    struct exporter stat = e->id;
    if (e->source != end->source || base == NULL) {
        return;
    }
    stat.has_stat = true;
    stat.packets = e->id.packets - base->packets;
    stat.flows = e->id.flows - base->flows;
    stat.sequence_failures = e->id.sequence_failures - base->sequence_failures;
    *base = (struct baseline){e->id.packets, e->id.flows, e->id.sequence_failures};
    end->sequence_failures += stat.sequence_failures;
    meta_put_exporter(&end->meta, &stat);
}

static void add_loss(void *ctx, const struct wire_exporter *e, const struct loss *loss)
{
    struct collector *c = ctx;
    struct source *s = e != NULL && e->source != NULL ? e->source : sources_at(c->plan->sources, 0);
    struct flow_meta meta;
    meta_init(&meta);
    if (meta_add_loss(&meta, loss) == 0) {
        send_meta(c, s, &meta);
    }
    meta_free(&meta);
}

/* Datagrams that the kernel dropped belong to nobody in particular: the first source's account. */
static void add_kernel_drops(struct collector *c)
{
    struct loss loss = {.kernel_drops = c->kernel_drops};
    if (c->kernel_drops > 0 && sources_count(c->plan->sources) > 0) {
        add_loss(c, NULL, &loss);
    }
}

static void finish_source(struct collector *c, struct source *s)
{
    struct slot_end end = {.c = c, .source = s};
    if (s->slot == NULL) {
        return;
    }
    send_changes(c, s);
    meta_init(&end.meta);
    wire_exporters(c->wire, add_exporter_stat, &end);
    send_meta(c, s, &end.meta);
    meta_free(&end.meta);
    scribe_finish(c->scribe, s->slot, end.sequence_failures, s->bad_datagrams);
    s->slot = NULL;
}

static void say_totals(struct collector *c)
{
    double seconds = (double)(c->now - c->started) / 1000.0;
    log_write(c->log, LOG_LEVEL_INFO,
              "Total packets received: %llu avg: %3.2f/s ignored packets: %llu, "
              "kernel drops: %llu",
              (unsigned long long)c->received,
              seconds > 0 ? (double)c->received / seconds : 0.0, (unsigned long long)c->ignored,
              (unsigned long long)c->kernel_drops);
    c->received = c->ignored = c->kernel_drops = 0;
    c->started = c->now;
}

static void finish_slots(struct collector *c)
{
    if (c->slot == 0) {
        return;
    }
    add_kernel_drops(c);
    wire_take_losses(c->wire, add_loss, c);
    for (size_t i = 0; i < sources_count(c->plan->sources); i++) {
        finish_source(c, sources_at(c->plan->sources, i));
    }
    say_totals(c);
}

static void recover(struct collector *c, const struct source *s)
{
    struct recover_names names = {c->plan->seconds, c->plan->subdirs, c->plan->zone_names};
    recover_directory(s->dir, &names, c->log);
}

static void recover_all(struct collector *c)
{
    for (size_t i = 0; i < sources_count(c->plan->sources); i++) {
        recover(c, sources_at(c->plan->sources, i));
    }
}

static void begin_slots(struct collector *c)
{
    uint64_t second = c->now / 1000;
    c->slot = second - second % c->plan->seconds;
    for (size_t i = 0; i < sources_count(c->plan->sources); i++) {
        begin_slot(c, sources_at(c->plan->sources, i));
    }
}

/* Time has come to c->now: turn to its slot if it is another one. */
static void keep_slot(struct collector *c)
{
    if (c->slot == 0) {
        c->started = c->now;
        begin_slots(c);
    } else if (c->now / 1000 >= c->slot + c->plan->seconds || rotate_asked) {
        rotate_asked = 0;
        finish_slots(c);
        begin_slots(c);
    }
}

/* nfcapd's line; in the scribe's thread. */
static void slot_finished(void *ctx, const struct scribe_report *r)
{
    const struct collector *c = ctx;
    duty_file(c->duties, r);
    log_write(c->log, LOG_LEVEL_INFO,
              "Ident: '%s' Flows: %llu, Packets: %llu, Bytes: %llu, Sequence Errors: %llu, "
              "Bad Packets: %llu, Blocks: %llu",
              r->ident, (unsigned long long)r->totals.flows, (unsigned long long)r->totals.packets,
              (unsigned long long)r->totals.bytes, (unsigned long long)r->totals.sequence_failures,
              (unsigned long long)r->bad_datagrams, (unsigned long long)r->blocks);
}

/* ---- decoding ---- */

static void ignore(struct collector *c, const struct datagram *d)
{
    char text[IP_TEXT_MAX];
    c->ignored++;
    c->counters.ignored++;
    if (c->ignored == 1) { /* once a slot */
        ip_format(&d->from, d->family, text);
        log_write(c->log, LOG_LEVEL_WARNING, "Skip UDP packet from: %s. Ignored packets: 1", text);
    }
}

static void take_datagram(struct collector *c, const struct datagram *d)
{
    struct wire_datagram wd = {.data = d->data, .len = d->len, .from = d->from, .port = d->port,
                               .received = d->received, .stream = d->stream};
    bool fresh;
    int rc;
    c->now = d->received;
    keep_slot(c);
    c->received++;
    c->counters.received++;
    duty_datagram(c->duties, d);
    c->current = sources_find(c->plan->sources, &d->from, d->family, &fresh);
    if (c->current == NULL || d->len == 0) {
        ignore(c, d);
        return;
    }
    if (fresh) {
        log_write(c->log, LOG_LEVEL_INFO, "Dynamic source added: ident: %s in directory: %s",
                  c->current->ident, c->current->dir);
        recover(c, c->current);
        begin_slot(c, c->current);
    }
    wd.source = c->current;
    c->current->datagrams++;
    rc = wire_decode(c->wire, &wd);
    if (rc == ERR_UNSUPPORTED) {
        ignore(c, d);
    }
    c->current->bad_datagrams += rc < 0;
}

static void take_bundle(struct collector *c, const struct bundle *b)
{
    c->kernel_drops += b->kernel_drops;
    c->counters.kernel_drops += b->kernel_drops;
    for (unsigned i = 0; i < b->n; i++) {
        take_datagram(c, &b->datagrams[i]);
    }
}

/* Once per bundle: what time asks for. */
static void keep_time(struct collector *c, uint64_t now)
{
    c->now = now;
    keep_slot(c);
    if (now - c->last_flush >= c->plan->flush_msec) {
        wire_tick(c->wire, now);
        flush_all(c);
    }
    duty_tick(c->duties, &c->counters, now);
}

/* ---- receiving threads ---- */

/* Messages of streams go the way of datagrams. */
static void *receive_streams(void *arg)
{
    struct receiving *r = arg;
    struct collector *c = r->c;
    while (!c->stopping) {
        struct bundle *b = queue_get(c->empty);
        if (b == NULL) {
            break;
        }
        queue_put(stream_take(r->stream, b, 1000) > 0 ? c->full : c->empty, b);
    }
    return NULL;
}

static void *receive(void *arg)
{
    struct receiving *r = arg;
    struct collector *c = r->c;
    struct pollfd fd = {.fd = receiver_fd(r->receiver), .events = POLLIN};
    struct fault fault = {0};
    while (!c->stopping) {
        struct bundle *b = queue_get(c->empty);
        int n;
        if (b == NULL) {
            break;
        }
        n = receiver_take(r->receiver, b, &fault);
        if (n == 0) {
            poll(&fd, 1, 1000);
            n = receiver_take(r->receiver, b, &fault);
        }
        if (n < 0) {
            b->n = 0;
            log_fault(c->log, LOG_LEVEL_ERROR, &fault);
        }
        queue_put(n > 0 || r->first ? c->full : c->empty, b);
    }
    return NULL;
}

static int fill_bundles(struct collector *c, struct fault *fault)
{
    for (int i = 0; i < BUNDLES; i++) {
        struct bundle *b = bundle_new();
        if (b == NULL) {
            return fault_set(fault, ERR_NOMEM, "out of memory");
        }
        queue_put(c->empty, b);
    }
    return 0;
}

static int open_streams(struct collector *c, struct fault *fault)
{
    struct receiving *r = &c->receiving[c->nreceiving];
    int rc;
    if (c->plan->tcp_service == NULL) {
        return 0;
    }
    rc = stream_open(c->plan->receiver.host, c->plan->tcp_service, c->plan->receiver.family,
                     &r->stream, fault);
    if (rc == 0) {
        r->c = c;
        c->nreceiving++;
    }
    return rc;
}

static int open_receivers(struct collector *c, struct fault *fault)
{
    struct receiver_options o = c->plan->receiver;
    o.share_port = c->plan->nreceivers > 1;
    for (unsigned i = 0; i < c->plan->nreceivers && i < RECEIVERS_MAX; i++) {
        struct receiving *r = &c->receiving[i];
        int buffer;
        int rc = receiver_open(&o, &r->receiver, &buffer, fault);
        if (rc != 0) {
            return rc;
        }
        r->c = c;
        r->first = i == 0;
        c->nreceiving++;
        log_write(c->log, LOG_LEVEL_DEBUG, "Receive buffer: %d octets", buffer);
    }
    return open_streams(c, fault);
}

/* Signals reach only the decoding thread. */
static int start_receivers(struct collector *c, struct fault *fault)
{
    sigset_t all, before;
    int failed = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < c->nreceiving && failed == 0; i++) {
        struct receiving *r = &c->receiving[i];
        failed = pthread_create(&r->thread, NULL, r->stream != NULL ? receive_streams : receive, r);
        c->receiving[i].running = failed == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ? 0 : fault_set(fault, ERR_NOMEM, "cannot start a thread");
}

static void stop_receivers(struct collector *c)
{
    c->stopping = true;
    queue_close(c->empty);
    for (unsigned i = 0; i < c->nreceiving; i++) {
        if (c->receiving[i].running) {
            pthread_join(c->receiving[i].thread, NULL);
        }
        receiver_close(c->receiving[i].receiver);
        stream_close(c->receiving[i].stream);
    }
    queue_close(c->full);
}

/* ---- the run ---- */

static void collect_from_network(struct collector *c)
{
    while (!stop_asked) {
        struct bundle *b = queue_get(c->full);
        take_bundle(c, b);
        queue_put(c->empty, b);
        keep_time(c, clock_now_msec());
    }
}

/* What was received before the end is decoded too. */
static void drain(struct collector *c)
{
    struct bundle *b;
    while ((b = queue_get(c->full)) != NULL) {
        take_bundle(c, b);
        bundle_free(b);
    }
}

static int collect_from_feed(struct collector *c, struct fault *fault)
{
    struct bundle *b = queue_get(c->empty);
    bool live = feed_fd(c->feed) >= 0;
    int rc = 1;
    while (rc >= 0 && !stop_asked) {
        rc = feed_take(c->feed, b, fault);
        take_bundle(c, b);
        if (live) {
            struct pollfd fd = {.fd = feed_fd(c->feed), .events = POLLIN};
            keep_time(c, clock_now_msec());
            poll(&fd, rc == 0, 1000);
        }
    }
    bundle_free(b);
    return rc == ERR_END || rc >= 0 ? 0 : rc;
}

static int write_pid(struct collector *c, struct fault *fault)
{
    const char *path = c->plan->pid_path;
    if (path == NULL) {
        return 0;
    }
    c->pid_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (c->pid_fd < 0) {
        return fault_sys(fault, "PID file %s", path);
    }
    if (flock(c->pid_fd, LOCK_EX | LOCK_NB) != 0) {
        return fault_set(fault, ERR_BUSY, "PID file %s: another collector holds it", path);
    }
    return ftruncate(c->pid_fd, 0) == 0 && dprintf(c->pid_fd, "%u\n", (unsigned)getpid()) > 0
               ? 0 : fault_sys(fault, "PID file %s", path);
}

static int drop_rights(const struct collector *c, struct fault *fault)
{
    struct priv who;
    int rc;
    if (c->plan->user == NULL && c->plan->group == NULL) {
        return 0;
    }
    rc = priv_find(c->plan->user, c->plan->group, &who, fault);
    return rc == 0 ? priv_drop(&who, fault) : rc;
}

static int become_daemon(struct collector *c, struct fault *fault)
{
    if (!c->plan->daemon) {
        return 0;
    }
    if (daemon(1, 0) != 0) {
        return fault_sys(fault, "daemon");
    }
    return log_to_syslog(c->log, "daemon");
}

static bool is_feeding(const struct collector *c)
{
    return c->plan->feed.file != NULL || c->plan->feed.interface != NULL;
}

static int open_input(struct collector *c, struct fault *fault)
{
    return is_feeding(c) ? feed_open(&c->plan->feed, &c->feed, fault) : open_receivers(c, fault);
}

static const char *directory_of(const char *path, char dir[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    snprintf(dir, PATH_MAX, "%.*s", (int)n, slash == NULL ? "." : path);
    return dir;
}

static int make_parts(struct collector *c, struct fault *fault)
{
    struct scribe_options scribe = {.log = c->log, .finished = slot_finished, .ctx = c};
    struct wire_sink sink = {.ctx = c, .flow = take_flow, .exporter = take_exporter,
                             .sampler = take_sampler, .name = take_name, .app = take_app,
                             .say = hear};
    c->wire = wire_new(&c->plan->wire, &sink);
    c->scribe = scribe_new(&scribe);
    if (c->wire == NULL || c->scribe == NULL || fill_bundles(c, fault) != 0) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    return duties_start(c->duties, c->wire, fault);
}

/* Only the network is a stranger: captures are read with the rights of who asked for them. A
 * command may need any file, so then only privileges are given up. */
static int enter_sandbox(struct collector *c, struct fault *fault)
{
    static const char *const everything[] = {"/"};
    static const char *const readable[] = {"/etc", "/usr/share/zoneinfo", "/dev/null", "/dev/log",
                                           "/sys/devices/system/cpu", "/proc/self"};
    const char *writable[SOURCES_DYNAMIC_MAX + 3];
    struct sandbox s = {.read_paths = readable, .nread = sizeof readable / sizeof readable[0],
                        .write_paths = writable};
    char pid_dir[PATH_MAX], state_dir[PATH_MAX];
    if (is_feeding(c)) {
        return 0;
    }
    if (c->plan->command != NULL) {
        s.write_paths = everything;
        s.nwrite = 1;
        s.may_run_programs = true;
        return sandbox_enter(&s, NULL, fault);
    }
    s.nwrite = sources_directories(c->plan->sources, writable, SOURCES_DYNAMIC_MAX);
    if (c->plan->pid_path != NULL) {
        writable[s.nwrite++] = directory_of(c->plan->pid_path, pid_dir);
    }
    if (c->plan->state_path != NULL) {
        writable[s.nwrite++] = directory_of(c->plan->state_path, state_dir);
    }
    return sandbox_enter(&s, NULL, fault);
}

static int open_all(struct collector *c, struct fault *fault)
{
    int rc;
    c->full = queue_new(BUNDLES + 1);
    c->empty = queue_new(BUNDLES + 1);
    if (c->full == NULL || c->empty == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    rc = duties_open(c->plan, &c->duties, fault);
    if (rc == 0) {
        rc = open_input(c, fault);
    }
    if (rc == 0) {
        rc = drop_rights(c, fault);
    }
    if (rc == 0) {
        rc = become_daemon(c, fault);
    }
    if (rc == 0) {
        rc = write_pid(c, fault);
    }
    if (rc == 0) {
        rc = enter_sandbox(c, fault);
    }
    return rc == 0 ? make_parts(c, fault) : rc;
}

static void handle_signals(void)
{
    struct sigaction act = {.sa_handler = on_signal};
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full disk is an error, not an end */
    signal(SIGCHLD, SIG_IGN); /* commands are not waited for */
}

static int run(struct collector *c, struct fault *fault)
{
    int rc = 0;
    recover_all(c);
    log_write(c->log, LOG_LEVEL_NOTICE, "Startup %s.", c->log->ident);
    if (c->feed != NULL) {
        rc = collect_from_feed(c, fault);
    } else {
        rc = start_receivers(c, fault);
        if (rc == 0) {
            keep_time(c, clock_now_msec());
            duty_ready(c->duties);
            collect_from_network(c);
        }
        stop_receivers(c);
        drain(c);
    }
    finish_slots(c);
    duties_end(c->duties, c->now);
    log_write(c->log, LOG_LEVEL_NOTICE, "Terminating %s.", c->log->ident);
    return rc;
}

static void free_bundles(struct queue *q)
{
    struct bundle *b;
    while (q != NULL && (b = queue_try_get(q)) != NULL) {
        bundle_free(b);
    }
    queue_free(q);
}

static void close_all(struct collector *c)
{
    scribe_free(c->scribe); /* first: it still reports */
    duties_free(c->duties);
    wire_free(c->wire);
    feed_close(c->feed);
    free_bundles(c->full);
    free_bundles(c->empty);
    free(c->base);
    if (c->pid_fd >= 0) {
        unlink(c->plan->pid_path);
        close(c->pid_fd);
    }
}

int collector_run(const struct collector_plan *plan, struct fault *fault)
{
    struct collector *c = calloc(1, sizeof *c);
    int rc;
    if (c == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    c->plan = plan;
    c->log = plan->log;
    c->pid_fd = -1;
    handle_signals();
    rc = open_all(c, fault);
    if (rc == 0) {
        rc = run(c, fault);
    }
    close_all(c);
    free(c);
    return rc;
}
