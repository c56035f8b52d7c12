/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * log.c - messages to standard error or syslog.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

struct facility {
    const char *name;
    int number;
};

static const struct facility facilities[] = {
    {"daemon", LOG_DAEMON}, {"user", LOG_USER},     {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},
    {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},
    {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7},
};

static const int priorities[] = {
    [LOG_LEVEL_ERROR] = LOG_ERR,     [LOG_LEVEL_WARNING] = LOG_WARNING,
    [LOG_LEVEL_NOTICE] = LOG_NOTICE, [LOG_LEVEL_INFO] = LOG_INFO,
    [LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

void log_init(struct log *l, const char *ident, enum log_level highest)
{
    *l = (struct log){.highest = highest, .ident = ident};
}

int log_to_syslog(struct log *l, const char *facility)
{
    for (size_t i = 0; i < sizeof facilities / sizeof facilities[0]; i++) {
        if (text_same(facility, facilities[i].name)) {
            openlog(l->ident, LOG_PID, facilities[i].number);
            l->to_syslog = true;
            return ERR_OK;
        }
    }
    return ERR_NOTFOUND;
}

int log_from_background(struct log *l, bool stay, struct fault *fault)
{
    if (daemon(stay, 0) != 0) {
        return fault_sys(fault, "daemon");
    }
    return log_to_syslog(l, "daemon");
}

/* One line in one write, so that lines of several threads do not mix. */
static void write_line(const struct log *l, const char *text)
{
    char line[1200];
    char when[CLOCK_TEXT_MAX] = "";
    int len;

    if (l->with_time) {
        struct clock_zone zone;
        clock_zone_init(&zone, false);
        clock_format(&zone, clock_now_msec(), when);
        strcat(when, " ");
    }
    len = snprintf(line, sizeof line, "%s%s: %s\n", when, l->ident, text);
    if (len >= (int)sizeof line) {
        len = sizeof line - 1;
        line[len - 1] = '\n';
    }
    if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0) {
        return; /* nowhere left to complain */
    }
}

void log_write(const struct log *l, enum log_level level, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    if (l == NULL || level > l->highest) {
        return;
    }
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (l->to_syslog) {
        syslog(priorities[level], "%s", text);
    } else {
        write_line(l, text);
    }
}

void log_fault(const struct log *l, enum log_level level, const struct fault *f)
{
    char line[1024];

    fault_line(f, line, sizeof line);
    log_write(l, level, "%s", line);
}

bool log_may_say(struct log_limit *limit, uint64_t now_msec, unsigned *suppressed)
{
    uint64_t minute = now_msec / 60000;

    if (minute != limit->minute) {
        limit->minute = minute;
        limit->said = 0;
    }
    if (limit->said >= limit->per_minute) {
        limit->held_back++;
        return false;
    }
    limit->said++;
    if (suppressed != NULL) {
        *suppressed = limit->held_back;
    }
    limit->held_back = 0;
    return true;
}
