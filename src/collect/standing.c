/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * standing.c - the process's standing: rights, background, PID file, sandbox. The sockets are open
 * by then, and nothing has been read from them.
 */
#include "collect/collecting.h"

#include "base/file.h"
#include "base/priv.h"
#include "base/sandbox.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
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

/* What the collector writes; with a configuration file, directories of sources that come later may
 * lie beside those there are. Texts of the last kind are put into the arena. */
static size_t writable_paths(const struct collector *c, struct arena *texts, const char **paths)
{
    const char *const extra[] = {c->plan->pid_path, c->plan->state_path};
    char dir[PATH_MAX];
    size_t n = sources_directories(c->plan->sources, paths, SOURCES_DYNAMIC_MAX);
    for (size_t i = 0; c->plan->config_path != NULL && i < n; i++) {
        file_directory_of(paths[i], dir);
        paths[i] = arena_strndup(texts, dir, strlen(dir));
    }
    for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        if (extra[i] != NULL) {
            file_directory_of(extra[i], dir);
            paths[n++] = arena_strndup(texts, dir, strlen(dir));
        }
    }
    return n;
}

static int enter_small_sandbox(struct collector *c, struct sandbox *s, struct fault *fault)
{
    const char *writable[SOURCES_DYNAMIC_MAX + 2];
    struct arena texts;
    int rc;
    arena_init(&texts);
    s->write_paths = writable;
    s->nwrite = writable_paths(c, &texts, writable);
    rc = sandbox_enter(s, NULL, fault);
    arena_free(&texts);
    return rc;
}

/* Only the network is a stranger: captures are read with the rights of who asked for them. A
 * command may need any file, so then only privileges are given up. */
static int enter_sandbox(struct collector *c, struct fault *fault)
{
    static const char *const everything[] = {"/"};
    const char *readable[] = {"/etc", "/usr/share/zoneinfo", "/dev/null", "/dev/log",
                              "/sys/devices/system/cpu", "/proc/self", NULL};
    struct sandbox s = {.read_paths = readable,
                        .nread = sizeof readable / sizeof readable[0] - 1};
    char config_dir[PATH_MAX];
    if (is_feeding(c)) {
        return 0;
    }
    if (c->plan->config_path != NULL) {
        file_directory_of(c->plan->config_path, config_dir);
        readable[s.nread++] = config_dir;
    }
    if (c->plan->command != NULL) {
        s.write_paths = everything;
        s.nwrite = 1;
        s.may_run_programs = true;
        return sandbox_enter(&s, NULL, fault);
    }
    return enter_small_sandbox(c, &s, fault);
}

/* A file for each of a thousand sources, and those that are being finished. */
static void allow_many_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit); /* a wish */
    }
}

int standing_take(struct collector *c, struct fault *fault)
{
    int rc = drop_rights(c, fault);
    allow_many_files();
    if (rc == 0 && c->plan->daemon) {
        rc = log_from_background(c->log, true, fault);
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
