/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * log.h - what a daemon says while it runs: to standard error, or to syslog.
 *
 * The struct is handed to whoever may speak. Any thread may; each message is one write.
 */
#ifndef WEIR_BASE_LOG_H
#define WEIR_BASE_LOG_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO,
                 LOG_LEVEL_DEBUG };

struct log {
    enum log_level highest; /* messages above it are dropped */
    bool to_syslog;
    bool with_time;         /* local time in front of each line on standard error */
    const char *ident;      /* the program's name; must outlive the log */
};

void log_init(struct log *l, const char *ident, enum log_level highest);

/* From now on to syslog with the facility ("daemon", "local0" ...). ERR_NOTFOUND if there is none
 * of that name. */
int log_to_syslog(struct log *l, const char *facility);

/* Go into the background, and log to syslog (daemon) from there. stay: in this directory, else in
 * the root. Before threads are made. */
int log_from_background(struct log *l, bool stay, struct fault *fault);

/* l may be NULL: nothing is said. */
void log_write(const struct log *l, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A fault as one line: "name: text". */
void log_fault(const struct log *l, enum log_level level, const struct fault *f);

/* For messages that a stranger can cause: true at most `per_minute` times a minute. *suppressed, if
 * not NULL, is set to the number of times it said no before this yes. One thread. */
struct log_limit {
    unsigned per_minute;
    unsigned said;
    unsigned held_back;
    uint64_t minute;
};

bool log_may_say(struct log_limit *limit, uint64_t now_msec, unsigned *suppressed);

#endif
