/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * probe.c - one loop: frames, control words, time.
 *
 * Live: sleeps in ppoll until a frame, a control client, a signal or the next second. Capture files
 * are read to their end; there flows end by packet time when they go to files, and all at the end
 * when they are exported, as softflowd does it. Signals only set a flag.
 */
#include "probe/probe.h"

#include "base/priv.h"
#include "base/sandbox.h"
#include "probe/control.h"
#include "probe/flowstat.h"
#include "probe/record.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
    FRAMES_PER_TURN = 4096,
    BOOT_BEFORE_USEC = 1000000, /* no flow starts at uptime 0: collectors take that for none */
};

enum probe_end { RUNNING, GRACEFUL, AT_ONCE };

struct probe {
    const struct probe_plan *plan;
    struct log *log;
    struct capture *capture;
    struct meter *meter;
    struct export *export;
    struct slots *slots;
    struct control *control;
    int pid_fd;
    enum probe_end end;
    bool gathering;
    uint64_t started;      /* usec since 1970 */
    uint64_t packet_usec;  /* time of the last frame; 0: none yet */
    uint64_t last_second;  /* the last one flows were looked through */
    uint64_t seen_drops;
    int write_error;       /* first failure of the files; the run goes on, the exit code tells */
    struct fault write_fault;
};

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal)
{
    (void)signal;
    stop_asked = 1;
}

static uint64_t now_usec(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The time by which flows end. */
static uint64_t flow_clock(const struct probe *p)
{
    return p->plan->packet_time || !capture_is_live(p->capture) ? p->packet_usec : now_usec();
}

/* ---- finished flows ---- */

static void write_flow(struct probe *p, const struct probe_flow *f)
{
    struct fault fault = {0};
    struct rec r;
    for (int side = 0; side < 2; side++) {
        int rc = 0;
        if (record_of_flow(f, side, RECORD_FILE, &r)) {
            r.received = flow_clock(p) / 1000;
            rc = slots_add(p->slots, &r, flow_clock(p) / 1000000, &fault);
        }
        if (rc != 0 && p->write_error == 0) {
            p->write_error = rc;
            p->write_fault = fault;
            log_fault(p->log, LOG_LEVEL_ERROR, &fault);
        }
    }
}

static void flow_ended(void *ctx, const struct probe_flow *f)
{
    struct probe *p = ctx;
    if (p->export != NULL) {
        export_flow(p->export, f, flow_clock(p));
    }
    if (p->slots != NULL) {
        write_flow(p, f);
    }
}

static void end_due_flows(struct probe *p, uint64_t second)
{
    struct fault fault = {0};
    if (second == p->last_second) {
        return;
    }
    p->last_second = second;
    if (meter_expire(p->meter, second) > 0 && p->export != NULL) {
        export_flush(p->export, flow_clock(p));
    }
    if (p->slots != NULL && slots_tick(p->slots, second, &fault) != 0) {
        log_fault(p->log, LOG_LEVEL_ERROR, &fault);
    }
}

/* ---- the control socket ---- */

static void note_drops(struct probe *p, const struct capture_stats *s)
{
    if (s->known && s->dropped > p->seen_drops && p->slots != NULL) {
        slots_loss(p->slots, s->dropped - p->seen_drops);
    }
    if (s->known) {
        p->seen_drops = s->dropped;
    }
}

static void add_statistics(struct probe *p, struct buf *out)
{
    struct capture_stats c;
    struct meter_outside o = {0};
    capture_stats(p->capture, &c);
    note_drops(p, &c);
    o.has_capture = c.known;
    o.received = c.received;
    o.dropped = c.dropped;
    o.interface_dropped = c.interface_dropped;
    if (p->export != NULL) {
        const struct export_stats *e = export_stats(p->export);
        o.exported_flows = e->flows;
        o.exported_records = e->records;
        o.datagrams = e->datagrams;
        o.failures = e->failures;
    }
    meter_statistics(p->meter, &o, out);
}

static void do_statistics(struct probe *p, struct buf *out)
{
    char since[20];
    flowstat_time(p->started / 1000000, since);
    buf_printf(out, "Accumulated statistics since %s UTC:\n", since);
    add_statistics(p, out);
}

static void do_timeouts(struct probe *p, struct buf *out)
{
    buf_str(out, "Printing timeouts:\n");
    timeouts_print(meter_timeouts(p->meter), out);
}

static void do_dump(struct probe *p, struct buf *out)
{
    buf_str(out, "Dumping flow data:\n");
    meter_dump(p->meter, flow_clock(p) / 1000000, out);
}

static void do_expire_all(struct probe *p, struct buf *out)
{
    size_t n;
    if (p->export != NULL) {
        export_send_template(p->export);
    }
    n = meter_expire_all(p->meter);
    if (p->export != NULL) {
        export_flush(p->export, flow_clock(p));
    }
    buf_printf(out, "Expired %zu flows.\n", n);
}

static void do_delete_all(struct probe *p, struct buf *out)
{
    buf_printf(out, "Deleted %zu flows.\n", meter_delete_all(p->meter));
}

static void do_send_template(struct probe *p, struct buf *out)
{
    if (p->export != NULL) {
        export_send_template(p->export);
    }
    buf_str(out, "Template will be sent at next flow export\n");
}

static void do_stop_gather(struct probe *p, struct buf *out)
{
    p->gathering = false;
    buf_str(out, "Data collection stopped.\n");
}

static void do_start_gather(struct probe *p, struct buf *out)
{
    p->gathering = true;
    buf_str(out, "Data collection resumed.\n");
}

static void do_debug_more(struct probe *p, struct buf *out)
{
    p->log->highest = LOG_LEVEL_DEBUG;
    buf_str(out, "Debug level increased.\n");
}

static void do_debug_less(struct probe *p, struct buf *out)
{
    p->log->highest = LOG_LEVEL_INFO;
    buf_str(out, "Debug level decreased.\n");
}

static void do_shutdown(struct probe *p, struct buf *out)
{
    p->end = GRACEFUL;
    buf_str(out, "Shutting down gracefully...\n");
}

static void do_exit(struct probe *p, struct buf *out)
{
    p->end = AT_ONCE;
    buf_str(out, "Exiting now...\n");
}

static const struct control_word {
    const char *word;
    void (*act)(struct probe *p, struct buf *out);
} control_words[] = {
    {"statistics", do_statistics},
    {"timeouts", do_timeouts},
    {"dump-flows", do_dump},
    {"expire-all", do_expire_all},
    {"delete-all", do_delete_all},
    {"send-template", do_send_template},
    {"stop-gather", do_stop_gather},
    {"start-gather", do_start_gather},
    {"debug+", do_debug_more},
    {"debug-", do_debug_less},
    {"shutdown", do_shutdown},
    {"exit", do_exit},
};

static void say_help(struct buf *out)
{
    buf_str(out, "Valid control words are:\n"
                 "\tdebug+ debug- delete-all dump-flows exit expire-all\n"
                 "\tshutdown start-gather statistics stop-gather timeouts\n"
                 "\tsend-template\n");
}

static void answer_control(void *ctx, const char *word, struct buf *reply)
{
    struct probe *p = ctx;
    if (strcmp(word, "help") == 0) {
        say_help(reply);
        return;
    }
    for (size_t i = 0; i < sizeof control_words / sizeof control_words[0]; i++) {
        if (strcmp(word, control_words[i].word) == 0) {
            buf_printf(reply, "%s[%u]: ", p->plan->name, (unsigned)getpid());
            control_words[i].act(p, reply);
            return;
        }
    }
    buf_printf(reply, "Unknown control command \"%s\"\n", word);
}

/* ---- frames ---- */

static void take_frame(struct probe *p, const struct frame *f)
{
    if (p->packet_usec == 0 && p->plan->boot_from_packets && p->export != NULL) {
        export_set_boot(p->export, f->usec - BOOT_BEFORE_USEC);
    }
    p->packet_usec = f->usec;
    if (p->gathering) {
        meter_packet(p->meter, f->usec, capture_link_type(p->capture), f->data, f->captured,
                     f->length);
    }
    if (p->plan->packet_time) {
        end_due_flows(p, f->usec / 1000000);
    }
}

/* Frames that wait, at most a turn's worth: 1 when there may be more, 0 when not, or ERR_*. */
static int take_frames(struct probe *p, struct fault *fault)
{
    struct frame f;
    for (int i = 0; i < FRAMES_PER_TURN; i++) {
        int rc = capture_next(p->capture, &f, fault);
        if (rc != 1) {
            return rc;
        }
        take_frame(p, &f);
    }
    return 1;
}

static int read_file(struct probe *p, struct fault *fault)
{
    int rc = 1;
    while (rc > 0 && !stop_asked) {
        rc = take_frames(p, fault);
    }
    p->end = GRACEFUL;
    return rc == ERR_END || rc >= 0 ? 0 : rc;
}

static void wait_for_work(struct probe *p, bool more, const sigset_t *unblocked)
{
    struct timespec second = {.tv_sec = more ? 0 : 1};
    struct pollfd fds[2] = {
        {.fd = capture_fd(p->capture), .events = POLLIN},
        {.fd = p->control != NULL ? control_fd(p->control) : -1, .events = POLLIN},
    };
    if (ppoll(fds, 2, &second, unblocked) > 0 && (fds[1].revents & POLLIN)) {
        control_serve(p->control, answer_control, p);
    }
}

static int watch_interface(struct probe *p, const sigset_t *unblocked, struct fault *fault)
{
    int rc = 0;
    while (p->end == RUNNING && rc >= 0) {
        wait_for_work(p, rc > 0, unblocked);
        rc = take_frames(p, fault);
        end_due_flows(p, now_usec() / 1000000);
        if (stop_asked && p->end == RUNNING) {
            p->end = GRACEFUL;
        }
    }
    return rc < 0 && rc != ERR_END ? rc : 0;
}

/* ---- start and end ---- */

static int open_meter(struct probe *p, struct fault *fault)
{
    struct meter_options o = p->plan->meter;
    o.on_flow = flow_ended;
    o.ctx = p;
    p->meter = meter_new(&o);
    return p->meter != NULL ? 0 : fault_set(fault, ERR_NOMEM, "out of memory");
}

static int write_pid(struct probe *p, struct fault *fault)
{
    if (p->plan->pid_path == NULL) {
        return 0;
    }
    p->pid_fd = open(p->plan->pid_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (p->pid_fd < 0) {
        return fault_sys(fault, "PID file %s", p->plan->pid_path);
    }
    if (flock(p->pid_fd, LOCK_EX | LOCK_NB) != 0) {
        return fault_set(fault, ERR_BUSY, "PID file %s: another probe holds it",
                         p->plan->pid_path);
    }
    return ftruncate(p->pid_fd, 0) == 0 && dprintf(p->pid_fd, "%u\n", (unsigned)getpid()) > 0
               ? 0 : fault_sys(fault, "PID file %s", p->plan->pid_path);
}

static int become_daemon(struct probe *p, struct fault *fault)
{
    if (!p->plan->daemon) {
        return 0;
    }
    if (daemon(0, 0) != 0) {
        return fault_sys(fault, "daemon");
    }
    return log_to_syslog(p->log, "daemon");
}

/* The directory of a path, into dir. */
static const char *directory_of(const char *path, char dir[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    snprintf(dir, PATH_MAX, "%.*s", slash != NULL ? (int)(slash - path + 1) : 1,
             slash != NULL ? path : ".");
    return dir;
}

/* What a live probe still writes: flow files, and the socket and PID file it removes at the end. */
static int enter_sandbox(const struct probe *p, struct fault *fault)
{
    char control[PATH_MAX], pid[PATH_MAX];
    const char *dirs[3];
    struct sandbox box = {.write_paths = dirs};
    if (p->plan->writing) {
        dirs[box.nwrite++] = p->plan->slots.dir;
    }
    if (p->plan->control_path != NULL) {
        dirs[box.nwrite++] = directory_of(p->plan->control_path, control);
    }
    if (p->plan->pid_path != NULL) {
        dirs[box.nwrite++] = directory_of(p->plan->pid_path, pid);
    }
    return sandbox_enter(&box, NULL, fault);
}

static int give_up_rights(const struct probe *p, struct fault *fault)
{
    struct priv who;
    int rc = 0;
    if (p->plan->user != NULL) {
        rc = priv_find(p->plan->user, NULL, &who, fault);
        if (rc == 0) {
            rc = priv_drop(&who, fault);
        }
    }
    if (rc == 0 && capture_is_live(p->capture)) {
        rc = enter_sandbox(p, fault);
    }
    return rc;
}

static int open_all(struct probe *p, struct fault *fault)
{
    const struct probe_plan *plan = p->plan;
    int rc = capture_open(&plan->capture, &p->capture, fault);
    if (rc == 0) {
        rc = open_meter(p, fault);
    }
    if (rc == 0 && plan->exporting) {
        rc = export_open(&plan->export, &p->export, fault);
    }
    if (rc == 0 && plan->writing) {
        rc = slots_open(&plan->slots, &p->slots, fault);
    }
    if (rc == 0) {
        rc = become_daemon(p, fault);
    }
    if (rc == 0) {
        rc = write_pid(p, fault);
    }
    if (rc == 0 && plan->control_path != NULL) {
        rc = control_open(plan->control_path, &p->control, fault);
    }
    return rc == 0 ? give_up_rights(p, fault) : rc;
}

static void block_signals(sigset_t *before)
{
    struct sigaction stop = {.sa_handler = ask_stop};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, before);
    sigdelset(before, SIGINT);
    sigdelset(before, SIGTERM);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int run(struct probe *p, struct fault *fault)
{
    sigset_t unblocked;
    int rc;
    block_signals(&unblocked);
    log_write(p->log, LOG_LEVEL_NOTICE, "%s v%s starting data collection", p->plan->name,
              WEIR_VERSION);
    if (capture_is_live(p->capture)) {
        return watch_interface(p, &unblocked, fault);
    }
    sigprocmask(SIG_SETMASK, &unblocked, NULL);
    rc = read_file(p, fault);
    log_write(p->log, LOG_LEVEL_NOTICE, "Shutting down after pcap EOF");
    return rc;
}

static void finish_flows(struct probe *p)
{
    if (p->end == AT_ONCE) {
        log_write(p->log, LOG_LEVEL_NOTICE, "Exiting immediately on user request");
        meter_delete_all(p->meter);
        return;
    }
    if (capture_is_live(p->capture)) {
        log_write(p->log, LOG_LEVEL_NOTICE, "Shutting down on user request");
    }
    meter_expire_all(p->meter);
    if (p->export != NULL) {
        export_flush(p->export, flow_clock(p));
    }
}

static void print_statistics(struct probe *p)
{
    struct buf text;
    buf_init(&text);
    add_statistics(p, &text);
    fwrite(text.data, 1, text.len, stdout);
    fflush(stdout);
    buf_free(&text);
}

static int close_files(struct probe *p, struct fault *fault)
{
    int rc = 0;
    if (p->slots != NULL) {
        struct capture_stats s;
        capture_stats(p->capture, &s);
        note_drops(p, &s);
        rc = slots_close(p->slots, fault);
    }
    if (rc == 0 && p->write_error != 0) {
        rc = p->write_error;
        *fault = p->write_fault;
    }
    return rc;
}

static void close_all(struct probe *p)
{
    control_close(p->control);
    export_close(p->export);
    meter_free(p->meter);
    capture_close(p->capture);
    if (p->pid_fd >= 0) {
        unlink(p->plan->pid_path);
        close(p->pid_fd);
    }
}

int probe_run(const struct probe_plan *plan, struct fault *fault)
{
    struct fault later = {0};
    struct probe p = {.plan = plan, .log = plan->log, .gathering = true, .pid_fd = -1,
                      .started = now_usec()};
    int rc = open_all(&p, fault);
    int files;
    if (rc == 0) {
        rc = run(&p, fault);
        finish_flows(&p);
        if (plan->print_statistics) {
            print_statistics(&p);
        }
    }
    files = close_files(&p, rc == 0 ? fault : &later);
    close_all(&p);
    return rc != 0 ? rc : files;
}
