/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * recover.c - find nfcapd.current.PID.N of dead processes and put them into their slots.
 */
#include "collect/recover.h"

#include "base/file.h"
#include "base/text.h"
#include "store/filename.h"
#include "store/flowfile.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CURRENT "nfcapd.current."

/* Is a collector with that number at work? The number may belong to another program by now. */
static bool is_alive(uint64_t pid)
{
    char link[64], other[PATH_MAX], own[PATH_MAX];
    ssize_t n, m;
    if (pid == (uint64_t)getpid() || pid > INT_MAX
        || (kill((pid_t)pid, 0) != 0 && errno == ESRCH)) {
        return false;
    }
    snprintf(link, sizeof link, "/proc/%llu/exe", (unsigned long long)pid);
    n = readlink(link, other, sizeof other);
    m = readlink("/proc/self/exe", own, sizeof own);
    return n < 0 || m < 0 || (n == m && memcmp(other, own, (size_t)n) == 0);
}

/* Records in a file, and when it was made; false when it is none of ours. */
static bool look_into(const char *path, uint64_t *records, uint64_t *created)
{
    struct flowfile *f;
    if (flowfile_open(path, &f, NULL) != 0) {
        return false;
    }
    *records = flowfile_info(f)->nrecords;
    *created = flowfile_info(f)->created;
    flowfile_close(f);
    return true;
}

static void path_in_slot(const char *dir, const struct recover_names *n, uint64_t created,
                         char path[PATH_MAX])
{
    char sub[FILENAME_MAX_LEN], name[FILENAME_MAX_LEN];
    uint64_t slot = created / 1000 - created / 1000 % n->seconds;
    filename_subdir(n->subdirs, slot, sub);
    filename_of_slot(slot, n->seconds, n->zone_names, name);
    snprintf(path, PATH_MAX, "%s/%s%s%s", dir, sub, *sub != '\0' ? "/" : "", name);
}

/* The abandoned file has all that the slot's file has, unless it died while copying just that. */
static void recover_file(const char *dir, const char *path, const struct recover_names *names,
                         const struct log *log)
{
    struct fault fault = {0};
    char place[PATH_MAX];
    uint64_t records, there, created, ignored;
    int rc;
    if (!look_into(path, &records, &created)) {
        log_write(log, LOG_LEVEL_WARNING, "%s: left by a collector that died, unreadable", path);
        return;
    }
    path_in_slot(dir, names, created, place);
    if (look_into(place, &there, &ignored) && there > records) {
        rc = unlink(path) == 0 ? 0 : fault_sys(&fault, "%s", path);
    } else {
        rc = file_mkdirs_above(place, 0755, &fault);
        rc = rc == 0 ? file_rename(path, place, &fault) : rc;
    }
    if (rc != 0) {
        log_fault(log, LOG_LEVEL_ERROR, &fault);
    } else {
        log_write(log, LOG_LEVEL_NOTICE, "%s: left by a collector that died, now %s", path, place);
    }
}

void recover_temp_name(const char *dir, uint64_t n, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/" CURRENT "%u.%llu", dir, (unsigned)getpid(),
             (unsigned long long)n);
}

/* Is it an unfinished file of a process that is gone? *rest: what follows its number. */
static bool is_abandoned(const char *name, const char **rest)
{
    const char *digits = name + strlen(CURRENT);
    uint64_t pid;
    size_t n;
    if (strncmp(name, CURRENT, strlen(CURRENT)) != 0) {
        return false;
    }
    n = strspn(digits, "0123456789");
    *rest = digits + n;
    return (digits[n] == '\0' || digits[n] == '.')
           && text_u64(digits, n, 1, UINT32_MAX, &pid) == 0 && !is_alive(pid);
}

void recover_directory(const char *dir, const struct recover_names *names, const struct log *log)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    while (d != NULL && (e = readdir(d)) != NULL) {
        char path[PATH_MAX];
        const char *rest;
        if (!is_abandoned(e->d_name, &rest)
            || snprintf(path, sizeof path, "%s/%s", dir, e->d_name) >= (int)sizeof path) {
            continue;
        }
        if (strstr(rest, ".merge") != NULL) {
            unlink(path); /* a copy that was not complete; the original is there */
        } else {
            recover_file(dir, path, names, log);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
}
