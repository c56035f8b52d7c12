/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * launcher.c - words, tokens, posix_spawn.
 */
#include "collect/launcher.h"

#include "base/buf.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

struct launcher {
    unsigned nwords;
    char *words[LAUNCHER_WORDS_MAX];
    char text[LAUNCHER_COMMAND_MAX + 1]; /* the words, NUL-terminated */
};

/* Split text in place; a word may be in quotation marks. */
static int split(struct launcher *l, struct fault *fault)
{
    char *p = l->text;
    while (*(p += strspn(p, " \t")) != '\0') {
        char mark = *p == '"' || *p == '\'' ? *p : '\0';
        char *end;
        p += mark != '\0';
        end = mark != '\0' ? strchr(p, mark) : p + strcspn(p, " \t");
        if (end == NULL) {
            return fault_set(fault, ERR_USAGE, "command: quotation mark without end");
        }
        if (l->nwords == LAUNCHER_WORDS_MAX) {
            return fault_set(fault, ERR_USAGE, "command: more than %d words", LAUNCHER_WORDS_MAX);
        }
        l->words[l->nwords++] = p;
        p = *end != '\0' ? end + 1 : end;
        *end = '\0';
    }
    return l->nwords > 0 ? 0 : fault_set(fault, ERR_USAGE, "command: empty");
}

static int check_tokens(const struct launcher *l, struct fault *fault)
{
    for (unsigned i = 0; i < l->nwords; i++) {
        for (const char *p = strchr(l->words[i], '%'); p != NULL; p = strchr(p + 2, '%')) {
            if (p[1] == '\0' || strchr("fdtui%", p[1]) == NULL) {
                return fault_set(fault, ERR_USAGE, "Unknown format token '%%%c'", p[1]);
            }
        }
    }
    return 0;
}

int launcher_new(const char *command, struct launcher **out, struct fault *fault)
{
    struct launcher *l;
    int rc;
    if (strlen(command) > LAUNCHER_COMMAND_MAX) {
        return fault_set(fault, ERR_USAGE, "command: longer than %d", LAUNCHER_COMMAND_MAX);
    }
    l = calloc(1, sizeof *l);
    if (l == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    strcpy(l->text, command);
    rc = split(l, fault);
    if (rc == 0) {
        rc = check_tokens(l, fault);
    }
    if (rc != 0) {
        free(l);
        return rc;
    }
    *out = l;
    return 0;
}

void launcher_free(struct launcher *l)
{
    free(l);
}

static void expand_token(struct buf *out, char token, const struct launch *what)
{
    switch (token) {
    case 'f':
        buf_str(out, what->file);
        return;
    case 'd':
        buf_str(out, what->dir);
        return;
    case 't':
        buf_str(out, what->time);
        return;
    case 'u':
        buf_u64(out, what->start);
        return;
    case 'i':
        buf_str(out, what->ident);
        return;
    default:
        buf_char(out, token);
        return;
    }
}

/* The word with its tokens replaced, NUL at the end. */
static void expand(struct buf *out, const char *word, const struct launch *what)
{
    for (const char *p = word; *p != '\0'; p++) {
        if (*p == '%') {
            expand_token(out, *++p, what);
        } else {
            buf_char(out, *p);
        }
    }
    buf_char(out, '\0');
}

/* The child starts with all signals as they are by default, none blocked. */
static int spawn(char **argv, struct fault *fault)
{
    posix_spawnattr_t attr;
    sigset_t set;
    pid_t pid;
    int rc;
    posix_spawnattr_init(&attr);
    sigfillset(&set);
    posix_spawnattr_setsigdefault(&attr, &set);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attr, &set);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    rc = posix_spawnp(&pid, argv[0], NULL, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    if (rc != 0) {
        return fault_set(fault, ERR_IO, "cannot run %s: %s", argv[0], strerror(rc));
    }
    return 0;
}

int launcher_run(const struct launcher *l, const struct launch *what, struct fault *fault)
{
    size_t at[LAUNCHER_WORDS_MAX];
    char *argv[LAUNCHER_WORDS_MAX + 1];
    struct buf text;
    int rc = ERR_NOMEM;
    buf_init(&text);
    for (unsigned i = 0; i < l->nwords; i++) {
        at[i] = text.len;
        expand(&text, l->words[i], what);
    }
    for (unsigned i = 0; i < l->nwords; i++) {
        argv[i] = text.data + at[i];
    }
    argv[l->nwords] = NULL;
    if (!text.failed) {
        rc = spawn(argv, fault);
    }
    buf_free(&text);
    return rc;
}
