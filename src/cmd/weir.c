/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weir.c - the query command: list, filter, sort, aggregate and count flows.
 *
 * What was typed (query/asked.h) is either a task of its own or a query; a query is prepared step
 * by step and then run. See session.h.
 */
#include "cmd/session.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

static bool start(struct session *s, int argc, char **argv)
{
    asked_read(&s->asked, argc, argv, &s->arena);
    if (s->asked.utc) {
        setenv("TZ", "UTC", 1);
    }
    say_err(&s->asked.err);
    say_out(&s->asked.out);
    return s->asked.task == TASK_QUERY || session_task(s);
}

int main(int argc, char **argv)
{
    struct session s;
    int exit_code;
    setlocale(LC_ALL, "C");
    session_init(&s, argv[0]);
    if (start(&s, argc, argv) && session_prepare(&s)) {
        session_run(&s);
    }
    exit_code = s.exit_code;
    session_free(&s);
    if (fflush(stdout) != 0 && exit_code == EXIT_OK) {
        exit_code = EXIT_FAILED;
    }
    return exit_code;
}
