/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * err.c - names of error codes, filling of fault records.
 */
#include "base/err.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const err_texts[] = {
    [-ERR_OK] = "no error",
    [-ERR_NOMEM] = "out of memory",
    [-ERR_IO] = "input/output error",
    [-ERR_NOTFOUND] = "not found",
    [-ERR_FORMAT] = "malformed data",
    [-ERR_CHECKSUM] = "checksum mismatch",
    [-ERR_TRUNCATED] = "truncated data",
    [-ERR_UNSUPPORTED] = "not supported",
    [-ERR_SYNTAX] = "syntax error",
    [-ERR_RANGE] = "value out of range",
    [-ERR_USAGE] = "wrong usage",
    [-ERR_LIMIT] = "limit reached",
    [-ERR_BUSY] = "in use",
    [-ERR_END] = "end of input",
};
_Static_assert(sizeof err_texts / sizeof err_texts[0] == ERR_COUNT_, "a text for each code");

const char *err_text(int code)
{
    if (code > 0 || code <= -ERR_COUNT_) {
        return "unknown error";
    }
    return err_texts[-code];
}

void fault_clear(struct fault *f)
{
    if (f != NULL) {
        memset(f, 0, sizeof *f);
        f->offset = UINT64_MAX;
    }
}

int fault_set(struct fault *f, int code, const char *fmt, ...)
{
    va_list args;

    if (f != NULL) {
        f->code = code;
        va_start(args, fmt);
        vsnprintf(f->text, sizeof f->text, fmt, args);
        va_end(args);
    }
    return code;
}

int fault_sys(struct fault *f, const char *fmt, ...)
{
    int saved = errno;
    char reason[128];
    va_list args;
    int used;

    if (f == NULL) {
        return ERR_IO;
    }
    f->code = ERR_IO;
    f->sys_errno = saved;
    va_start(args, fmt);
    used = vsnprintf(f->text, sizeof f->text, fmt, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof f->text) {
        snprintf(f->text + used, sizeof f->text - (size_t)used, ": %s",
                 strerror_r(saved, reason, sizeof reason));
    }
    errno = saved;
    return ERR_IO;
}

/* A name too long for its place keeps its end, which tells more. */
static void name_copy(char *dst, size_t room, const char *name)
{
    size_t len = strlen(name);
    if (len >= room) {
        name += len - (room - 1);
        len = room - 1;
    }
    memmove(dst, name, len + 1);
}

int fault_at_file(struct fault *f, const char *name, uint64_t offset)
{
    if (f == NULL) {
        return ERR_OK;
    }
    name_copy(f->name, sizeof f->name, name);
    f->offset = offset;
    return f->code;
}

int fault_at_text(struct fault *f, const char *name, unsigned line, unsigned column,
                  unsigned length)
{
    if (f == NULL) {
        return ERR_OK;
    }
    if (name != NULL) {
        name_copy(f->name, sizeof f->name, name);
    }
    f->line = line;
    f->column = column;
    f->length = length;
    return f->code;
}

void fault_line(const struct fault *f, char *line, size_t room)
{
    const char *text = f->text[0] != '\0' ? f->text : err_text(f->code);

    if (f->name[0] == '\0') {
        snprintf(line, room, "%s", text);
    } else if (f->offset == UINT64_MAX || f->line != 0) {
        snprintf(line, room, "%s: %s", f->name, text);
    } else {
        snprintf(line, room, "%s, offset %" PRIu64 ": %s", f->name, f->offset, text);
    }
}
