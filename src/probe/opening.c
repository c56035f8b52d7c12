/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * opening.c - what a probe opens at its start, the rights it gives up then, and what it closes at
 * its end.
 */
#include "probe/opening.h"

#include "base/file.h"
#include "base/priv.h"
#include "base/sandbox.h"

#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum { FINISHED_MAX = 65536 }; /* flows on their way from the workers' threads */

static int open_workers(struct probe *p, ended_flow *ended, struct fault *fault)
{
    const struct probe_plan *plan = p->plan;
    struct worker_options o = {.capture = plan->capture, .meter = plan->meter,
                               .packet_time = plan->packet_time, .gathering = true,
                               .log = plan->log, .ended = ended, .ctx = p};
    unsigned wanted = plan->threads > 1 ? plan->threads : 1;
    o.capture.share = wanted > 1;
    if (wanted > 1) {
        p->finished = queue_new(FINISHED_MAX);
    }
    for (unsigned i = 0; i < wanted && i < PROBE_WORKERS_MAX; i++) {
        int rc = worker_open(&o, &p->workers[i], fault);
        if (rc != 0) {
            return rc;
        }
        p->nworkers++;
    }
    return 0;
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

/* What a live probe still writes: flow files, and the socket and PID file it removes at the end.
 * It reads the names of protocols, for its statistics; the first look-up loads what that needs. */
static int enter_sandbox(const struct probe *p, struct fault *fault)
{
    static const char *const read_paths[] = {"/etc/protocols"};
    char control[PATH_MAX], pid[PATH_MAX];
    const char *dirs[3];
    struct sandbox box = {.write_paths = dirs, .read_paths = read_paths, .nread = 1};
    getprotobynumber(0);
    if (p->plan->writing) {
        dirs[box.nwrite++] = p->plan->slots.dir;
    }
    if (p->plan->control_path != NULL) {
        file_directory_of(p->plan->control_path, control);
        dirs[box.nwrite++] = control;
    }
    if (p->plan->pid_path != NULL) {
        file_directory_of(p->plan->pid_path, pid);
        dirs[box.nwrite++] = pid;
    }
    return sandbox_enter(&box, NULL, fault);
}

static int give_up_rights(const struct probe *p, struct fault *fault)
{
    struct priv who;
    int rc = 0;
    if (p->plan->user != NULL || p->plan->group != NULL) {
        rc = priv_find(p->plan->user, p->plan->group, &who, fault);
        if (rc == 0) {
            rc = priv_drop(&who, fault);
        }
    }
    if (rc == 0 && running_is_live(p)) {
        rc = enter_sandbox(p, fault);
    }
    return rc;
}

int opening_all(struct probe *p, ended_flow *ended, struct fault *fault)
{
    const struct probe_plan *plan = p->plan;
    int rc = open_workers(p, ended, fault);
    if (rc == 0 && plan->exporting) {
        rc = export_open(&plan->export, &p->export, fault);
    }
    if (rc == 0 && plan->writing) {
        rc = slots_open(&plan->slots, &p->slots, fault);
    }
    if (rc == 0 && plan->daemon) {
        rc = log_from_background(p->log, false, fault);
    }
    if (rc == 0) {
        rc = write_pid(p, fault);
    }
    if (rc == 0 && plan->control_path != NULL) {
        rc = control_open(plan->control_path, &p->control, fault);
    }
    return rc == 0 ? give_up_rights(p, fault) : rc;
}

void opening_undo(struct probe *p)
{
    control_close(p->control);
    export_close(p->export);
    for (unsigned i = 0; i < p->nworkers; i++) {
        worker_close(p->workers[i]);
    }
    queue_free(p->finished);
    if (p->pid_fd >= 0) {
        unlink(p->plan->pid_path);
        close(p->pid_fd);
    }
}
