/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * priv.c - drop privileges: groups first, then the user, then try to come back.
 */
#include "base/priv.h"

#include "base/text.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int user_find(const char *user, struct priv *p, struct fault *f)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char space[4096];
    uint64_t number;

    if (getpwnam_r(user, &entry, space, sizeof space, &found) != 0 || found == NULL) {
        if (text_number(user, 0, UINT32_MAX - 1, &number) != 0) {
            return fault_set(f, ERR_NOTFOUND, "no user \"%s\"", user);
        }
        p->uid = (uid_t)number;
        if (getpwuid_r(p->uid, &entry, space, sizeof space, &found) != 0 || found == NULL) {
            return ERR_OK; /* a bare number: keeps the present group unless one is named */
        }
    }
    p->uid = found->pw_uid;
    p->gid = found->pw_gid;
    snprintf(p->user, sizeof p->user, "%s", found->pw_name);
    return ERR_OK;
}

static int group_find(const char *group, struct priv *p, struct fault *f)
{
    struct group entry;
    struct group *found = NULL;
    char space[16384];
    uint64_t number;

    if (getgrnam_r(group, &entry, space, sizeof space, &found) == 0 && found != NULL) {
        p->gid = found->gr_gid;
        return ERR_OK;
    }
    if (text_number(group, 0, UINT32_MAX - 1, &number) != 0) {
        return fault_set(f, ERR_NOTFOUND, "no group \"%s\"", group);
    }
    p->gid = (gid_t)number;
    return ERR_OK;
}

int priv_find(const char *user, const char *group, struct priv *p, struct fault *f)
{
    int err = ERR_OK;

    memset(p, 0, sizeof *p);
    p->uid = geteuid();
    p->gid = getegid();
    if (user != NULL) {
        err = user_find(user, p, f);
    }
    if (err == ERR_OK && group != NULL) {
        err = group_find(group, p, f);
    }
    return err;
}

static int groups_set(const struct priv *p)
{
    if (geteuid() != 0) {
        return 0; /* only root can, and only root needs to */
    }
    return p->user[0] != '\0' ? initgroups(p->user, p->gid) : setgroups(1, &p->gid);
}

int priv_drop(const struct priv *p, struct fault *f)
{
    if (groups_set(p) != 0) {
        return fault_sys(f, "cannot set the groups of user %u", (unsigned)p->uid);
    }
    if (setresgid(p->gid, p->gid, p->gid) != 0) {
        return fault_sys(f, "cannot become group %u", (unsigned)p->gid);
    }
    if (setresuid(p->uid, p->uid, p->uid) != 0) {
        return fault_sys(f, "cannot become user %u", (unsigned)p->uid);
    }
    if (p->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0)) {
        return fault_set(f, ERR_IO, "privileges can be regained after dropping them");
    }
    return ERR_OK;
}
