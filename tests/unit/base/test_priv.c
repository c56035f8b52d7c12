/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/priv.h"
#include "../check.h"

#include <sys/wait.h>
#include <unistd.h>

static void test_find(struct check *t)
{
    struct priv p;
    struct fault f;

    fault_clear(&f);
    CHECK_EQ_I64(priv_find("root", NULL, &p, &f), 0);
    CHECK_EQ_U64(p.uid, 0);
    CHECK_EQ_U64(p.gid, 0);
    CHECK_STR(p.user, "root");
    CHECK_EQ_I64(priv_find("no-such-user", NULL, &p, &f), ERR_NOTFOUND);
    CHECK_STR(f.text, "no user \"no-such-user\"");
    CHECK_EQ_I64(priv_find(NULL, "no-such-group", &p, &f), ERR_NOTFOUND);
    CHECK_STR(f.text, "no group \"no-such-group\"");
    CHECK_EQ_I64(priv_find("54321", "54322", &p, &f), 0);
    CHECK_EQ_U64(p.uid, 54321);
    CHECK_EQ_U64(p.gid, 54322);
    CHECK_EQ_I64(priv_find(NULL, NULL, &p, &f), 0);
    CHECK_EQ_U64(p.uid, geteuid());
}

/* In a child: drop, then look at what is left. */
static int dropped_child(void)
{
    struct priv p;
    gid_t groups[32];
    int n;

    if (priv_find("54321", "54322", &p, NULL) != 0 || priv_drop(&p, NULL) != 0) {
        return 1;
    }
    n = getgroups(32, groups);
    if (n > 1 || (n == 1 && groups[0] != 54322)) {
        return 2;
    }
    return getuid() == 54321 && geteuid() == 54321 && getegid() == 54322 && setuid(0) != 0 ? 0 : 3;
}

static void test_drop(struct check *t)
{
    pid_t child;
    int status = -1;

    if (geteuid() != 0) {
        check_skip(t, "only root can become somebody else");
        return;
    }
    child = fork();
    if (child == 0) {
        _exit(dropped_child());
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_EQ_I64(status, 0);
}

CHECK_MAIN(test_find, test_drop)
