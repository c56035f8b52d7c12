/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * standing.c - the process's standing: rights, background, PID file, sandbox. The sockets are open
 * by then, and nothing has been read from them.
 */
#include "collect/collecting.h"

#include "base/priv.h"
#include "base/sandbox.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

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

static const char *directory_of(const char *path, char dir[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    snprintf(dir, PATH_MAX, "%.*s", (int)n, slash == NULL ? "." : path);
    return dir;
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

int standing_take(struct collector *c, struct fault *fault)
{
    int rc = drop_rights(c, fault);
    if (rc == 0) {
        rc = become_daemon(c, fault);
    }
    if (rc == 0) {
        rc = write_pid(c, fault);
    }
    return rc == 0 ? enter_sandbox(c, fault) : rc;
}

void standing_leave(struct collector *c)
{
    if (c->pid_fd >= 0) {
        unlink(c->plan->pid_path);
        close(c->pid_fd);
    }
}
