/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * err.h - error codes and fault records.
 *
 * Library functions return 0 or a negative ERR_ code and never print, exit or log. What the user or
 * a foreign file did wrong is described in a struct fault, which the caller owns (usually on its
 * stack) and hands down; fault may always be NULL.
 */
#ifndef WEIR_BASE_ERR_H
#define WEIR_BASE_ERR_H

#include <stddef.h>
#include <stdint.h>

enum err {
    ERR_OK = 0,
    ERR_NOMEM = -1,       /* out of memory */
    ERR_IO = -2,          /* a system call failed; fault.sys_errno holds errno */
    ERR_NOTFOUND = -3,    /* no such file, name, template */
    ERR_FORMAT = -4,      /* foreign bytes do not have the shape they must have */
    ERR_CHECKSUM = -5,    /* stored and computed checksum differ */
    ERR_TRUNCATED = -6,   /* the bytes end too early */
    ERR_UNSUPPORTED = -7, /* well formed, but not for this version or build */
    ERR_SYNTAX = -8,      /* the user's text does not parse */
    ERR_RANGE = -9,       /* a value is outside of its range */
    ERR_USAGE = -10,      /* options or arguments do not fit together */
    ERR_LIMIT = -11,      /* a configured bound was reached */
    ERR_BUSY = -12,       /* somebody else holds it */
    ERR_END = -13,        /* regular end of input; not a failure */
    ERR_COUNT_ = 14
};

/* Short English name of a code, never NULL. */
const char *err_text(int code);

/* Where and why something failed. All members are 0 / "" when unknown. */
struct fault {
    int code;           /* ERR_ code */
    int sys_errno;      /* errno at the time of an ERR_IO */
    char name[256];     /* file, include file or device */
    uint64_t offset;    /* octet offset in that file; UINT64_MAX if unknown */
    unsigned line;      /* line of a text, from 1; 0 if unknown */
    unsigned column;    /* column of a text, from 1; 0 if unknown */
    unsigned length;    /* width of the place in columns */
    char text[512];     /* one sentence, no trailing newline, no file name in front */
};

/* Clear *f (f may be NULL). */
void fault_clear(struct fault *f);

/* Fill *f (may be NULL) with code and text and return code, so that one can write
 * "return fault_set(f, ERR_RANGE, ...)". Keeps name, offset, line, column already set. */
int fault_set(struct fault *f, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed system call: appends ": strerror(errno)" and keeps errno. */
int fault_sys(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Name the place. Return f->code, so that calls can be chained at the end of a function. */
int fault_at_file(struct fault *f, const char *name, uint64_t offset);
int fault_at_text(struct fault *f, const char *name, unsigned line, unsigned column,
                  unsigned length);

/* What a program says of it: "name, offset N: text", without what is not known. */
void fault_line(const struct fault *f, char *line, size_t room);

#endif
