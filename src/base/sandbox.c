/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sandbox.c - no_new_privs, Landlock (by its system calls; the C library has no functions for it)
 * and a seccomp filter.
 *
 * The filter is a list of what is refused, not of what is allowed: an allow list breaks with every
 * new C library, and what matters here is that a hijacked decoder can neither start programs nor
 * touch other processes, modules, mounts or namespaces.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_FILE                                                                       \
    (READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |        \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                       \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM |                         \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REFER)
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
/* Rights that a file, not a directory, can have. */
#define ONLY_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define EVERYTHING                                                                       \
    (WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |            \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

static int rule_add(int ruleset, const char *path, uint64_t access, struct fault *f)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};
    int err = ERR_OK;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0) {
        return ERR_OK;
    }
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
        /* Directory rights on a file are EINVAL. */
        rule.allowed_access &= ONLY_FILE;
        if (errno != EINVAL ||
            syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
            err = fault_sys(f, "cannot restrict files to %s", path);
        }
    }
    close(rule.parent_fd);
    return err;
}

static int rules_add(const struct sandbox *s, int ruleset, struct fault *f)
{
    uint64_t run = s->may_run_programs ? LANDLOCK_ACCESS_FS_EXECUTE : 0;
    int err = s->may_run_programs ? rule_add(ruleset, "/", READ_FILE | run, f) : ERR_OK;

    for (size_t i = 0; i < s->nread && err == 0; i++) {
        err = rule_add(ruleset, s->read_paths[i], READ_FILE, f);
    }
    for (size_t i = 0; i < s->nwrite && err == 0; i++) {
        err = rule_add(ruleset, s->write_paths[i], WRITE_FILE, f);
    }
    return err;
}

static int files_restrict(const struct sandbox *s, unsigned *got, struct fault *f)
{
    struct landlock_ruleset_attr handled = {.handled_access_fs = EVERYTHING};
    int ruleset;
    int err;

    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 2) {
        return ERR_OK; /* not in this kernel, switched off, or without renames between directories
                        */
    }
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (ruleset < 0) {
        return ERR_OK;
    }
    err = rules_add(s, ruleset, f);
    if (err == 0) {
        if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
            err = fault_sys(f, "cannot restrict files");
        } else {
            *got |= SANDBOX_FILES;
        }
    }
    close(ruleset);
    return err;
}

#define REFUSE(call)                                                                     \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1),                                   \
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

#if defined __x86_64__
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef OUR_ARCHITECTURE
static int calls_restrict(bool may_run_programs, unsigned *got, struct fault *f)
{
    /* A call through another architecture's numbers is refused altogether. The last two refusals
     * are left out (the accepting statement comes before them) when programs may be run. */
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(SYS_ptrace),
        REFUSE(SYS_process_vm_readv),
        REFUSE(SYS_process_vm_writev),
        REFUSE(SYS_init_module),
        REFUSE(SYS_finit_module),
        REFUSE(SYS_kexec_load),
        REFUSE(SYS_bpf),
        REFUSE(SYS_mount),
        REFUSE(SYS_umount2),
        REFUSE(SYS_pivot_root),
        REFUSE(SYS_chroot),
        REFUSE(SYS_unshare),
        REFUSE(SYS_setns),
        REFUSE(SYS_keyctl),
        REFUSE(SYS_add_key),
        REFUSE(SYS_request_key),
        REFUSE(SYS_reboot),
        REFUSE(SYS_userfaultfd),
        BPF_JUMP(BPF_JMP | BPF_JA, may_run_programs ? 4u : 0u, 0, 0),
        REFUSE(SYS_execve),
        REFUSE(SYS_execveat),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};

    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0) {
        *got |= SANDBOX_CALLS;
        return ERR_OK;
    }
    return errno == EINVAL ? ERR_OK : fault_sys(f, "cannot restrict system calls");
}
#else
static int calls_restrict(bool may_run_programs, unsigned *got, struct fault *f)
{
    (void)may_run_programs;
    (void)got;
    (void)f;
    return ERR_OK;
}
#endif

int sandbox_enter(const struct sandbox *s, unsigned *got, struct fault *f)
{
    unsigned applied = 0;
    int err;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fault_sys(f, "cannot give up gaining privileges");
    }
    applied |= SANDBOX_NO_NEW_PRIVS;
    err = files_restrict(s, &applied, f);
    if (err == 0) {
        err = calls_restrict(s->may_run_programs, &applied, f);
    }
    if (got != NULL) {
        *got = applied;
    }
    return err;
}
