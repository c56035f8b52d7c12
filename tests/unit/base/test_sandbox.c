/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/sandbox.h"
#include "../check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int can_open(const char *path, int flags)
{
    int fd = open(path, flags, 0644);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

/* What a child in the sandbox finds; the number of the first broken promise, 0 when all hold. */
static int look_around(const char *writable, const char *readable, unsigned got)
{
    char path[1024];

    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return 1;
    }
    snprintf(path, sizeof path, "%s/new", writable);
    if (!can_open(path, O_WRONLY | O_CREAT) || !can_open(readable, O_RDONLY)) {
        return 2;
    }
    if ((got & SANDBOX_FILES) &&
        (can_open("/etc/passwd", O_RDONLY) || can_open(readable, O_WRONLY))) {
        return 3;
    }
    if ((got & SANDBOX_CALLS) && (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 || errno != EPERM)) {
        return 4;
    }
    if (got & SANDBOX_CALLS) {
        char *const argv[] = {(char[]){"true"}, NULL};
        execv("/bin/true", argv);
        return errno == EPERM || errno == EACCES ? 0 : 5;
    }
    return 0;
}

static int child(const char *writable, const char *readable)
{
    const char *const reads[] = {readable, "/no/such/path"};
    const char *const writes[] = {writable};
    struct sandbox s = {reads, 2, writes, 1, false};
    unsigned got = 0;

    if (sandbox_enter(&s, &got, NULL) != 0) {
        return 9;
    }
    return look_around(writable, readable, got);
}

static void test_inside(struct check *t)
{
    const char *tmp = getenv("WEIR_TMP");
    char writable[512];
    char readable[512];
    int status = -1;
    pid_t pid;

    snprintf(writable, sizeof writable, "%s/writable", tmp != NULL ? tmp : ".");
    snprintf(readable, sizeof readable, "%s/readable", tmp != NULL ? tmp : ".");
    mkdir(writable, 0755);
    CHECK_OR_RETURN(can_open(readable, O_WRONLY | O_CREAT));
    pid = fork();
    if (pid == 0) {
        _exit(child(writable, readable));
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ_I64(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

/* With may_run_programs another program still starts. */
static void test_programs_allowed(struct check *t)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        struct sandbox s = {.may_run_programs = true};
        char *const argv[] = {(char[]){"true"}, NULL};
        if (sandbox_enter(&s, NULL, NULL) == 0) {
            execv("/bin/true", argv);
        }
        _exit(1);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ_I64(status, 0);
}

CHECK_MAIN(test_inside, test_programs_allowed)
