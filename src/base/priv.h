/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * priv.h - become somebody with fewer rights, for good.
 */
#ifndef WEIR_BASE_PRIV_H
#define WEIR_BASE_PRIV_H

#include "base/err.h"

#include <sys/types.h>

/* Who to become: user and group by name or number; either may be NULL (group NULL: the user's own
 * group). ERR_NOTFOUND with text when there is no such user or group. */
struct priv {
    uid_t uid;
    gid_t gid;
    char user[64]; /* login name for its supplementary groups, "" when only a number is known */
};

int priv_find(const char *user, const char *group, struct priv *p, struct fault *f);

/* Real, effective and saved ids and the supplementary groups are set, and it is proved that there
 * is no way back. Already being that user is fine. ERR_IO if the kernel refuses. */
int priv_drop(const struct priv *p, struct fault *f);

#endif
