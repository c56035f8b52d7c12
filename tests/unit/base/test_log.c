/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/log.h"
#include "../check.h"

#include <fcntl.h>
#include <unistd.h>

/* What the log writes to standard error, caught in a pipe. */
static void catch(const struct log *l, enum log_level level, const char *text, char *got,
                  size_t room)
{
    int ends[2];
    int saved = dup(STDERR_FILENO);
    ssize_t n;

    got[0] = '\0';
    if (saved < 0 || pipe2(ends, O_NONBLOCK) != 0) {
        return;
    }
    dup2(ends[1], STDERR_FILENO);
    log_write(l, level, "%s", text);
    dup2(saved, STDERR_FILENO);
    n = read(ends[0], got, room - 1);
    got[n > 0 ? n : 0] = '\0';
    close(saved);
    close(ends[0]);
    close(ends[1]);
}

static void test_lines(struct check *t)
{
    struct log l;
    char got[2048];
    char big[3000];

    log_init(&l, "weircapd", LOG_LEVEL_NOTICE);
    catch (&l, LOG_LEVEL_ERROR, "no room", got, sizeof got);
    CHECK_STR(got, "weircapd: no room\n");
    catch (&l, LOG_LEVEL_INFO, "chatter", got, sizeof got);
    CHECK_STR(got, "");
    catch (NULL, LOG_LEVEL_ERROR, "nobody listens", got, sizeof got);
    CHECK_STR(got, "");
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = '\0';
    catch (&l, LOG_LEVEL_ERROR, big, got, sizeof got);
    CHECK(strlen(got) > 1000 && got[strlen(got) - 1] == '\n');
    l.with_time = true;
    catch (&l, LOG_LEVEL_ERROR, "now", got, sizeof got);
    CHECK_EQ_U64(strlen(got), 24 + strlen("weircapd: now\n"));
    CHECK(got[4] == '-' && got[23] == ' ');
}

static void test_syslog_facility(struct check *t)
{
    struct log l;
    log_init(&l, "test", LOG_LEVEL_ERROR);
    CHECK_EQ_I64(log_to_syslog(&l, "nonsense"), ERR_NOTFOUND);
    CHECK(!l.to_syslog);
    CHECK_EQ_I64(log_to_syslog(&l, "local3"), 0);
    CHECK(l.to_syslog);
}

static void test_limit(struct check *t)
{
    struct log_limit limit = {.per_minute = 2};
    unsigned held = 99;

    CHECK(log_may_say(&limit, 60000, &held));
    CHECK_EQ_U64(held, 0);
    CHECK(log_may_say(&limit, 60001, NULL));
    CHECK(!log_may_say(&limit, 60002, &held));
    CHECK(!log_may_say(&limit, 119999, &held));
    CHECK(log_may_say(&limit, 120000, &held));
    CHECK_EQ_U64(held, 2);
}

CHECK_MAIN(test_lines, test_syslog_facility, test_limit)
