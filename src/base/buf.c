/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * buf.c - a growing buffer of octets.
 *
 * Capacity doubles, so that adding is amortised constant. Numbers are written two digits at a time
 * from a table of 100 pairs.
 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_FIRST 256
#define U64_DIGITS 20

static const char digit_pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

void buf_init(struct buf *b)
{
    memset(b, 0, sizeof *b);
}

void buf_free(struct buf *b)
{
    free(b->data);
    buf_init(b);
}

/* No room will be found any more, so that buf_room() ends here and fails again. */
static char *buf_fail(struct buf *b)
{
    b->failed = true;
    b->cap = b->len;
    return NULL;
}

char *buf_enlarge(struct buf *b, size_t n)
{
    size_t cap = b->cap < BUF_FIRST ? BUF_FIRST : b->cap;
    char *data;

    if (b->failed || n > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
        return buf_fail(b);
    }
    while (cap - b->len < n) {
        cap *= 2;
    }
    data = realloc(b->data, cap);
    if (data == NULL) {
        return buf_fail(b);
    }
    b->data = data;
    b->cap = cap;
    return data + b->len;
}

void buf_fill(struct buf *b, char c, size_t n)
{
    char *p = buf_room(b, n);
    if (p != NULL && n > 0) {
        memset(p, c, n);
        b->len += n;
    }
}

/* Write v so that it ends before end; returns its first digit. */
static char *u64_backwards(char *end, uint64_t v)
{
    while (v >= 100) {
        end -= 2;
        memcpy(end, digit_pairs + v % 100 * 2, 2);
        v /= 100;
    }
    if (v >= 10) {
        end -= 2;
        memcpy(end, digit_pairs + v * 2, 2);
    } else {
        *--end = (char)('0' + v);
    }
    return end;
}

void buf_u64(struct buf *b, uint64_t v)
{
    char text[U64_DIGITS];
    const char *first = u64_backwards(text + sizeof text, v);
    buf_add(b, first, (size_t)(text + sizeof text - first));
}

void buf_u64_pad(struct buf *b, uint64_t v, int width)
{
    char text[U64_DIGITS];
    const char *first = u64_backwards(text + sizeof text, v);
    buf_str_pad(b, first, (size_t)(text + sizeof text - first), width);
}

void buf_hex(struct buf *b, uint64_t v, int digits)
{
    char *p;

    assert(digits >= 0);
    p = buf_room(b, (size_t)digits);
    if (p == NULL) {
        return;
    }
    for (int i = digits - 1; i >= 0; i--) {
        p[i] = "0123456789abcdef"[v & 15];
        v >>= 4;
    }
    b->len += (size_t)digits;
}

void buf_str_pad(struct buf *b, const char *text, size_t len, int width)
{
    size_t total = (size_t)(width < 0 ? -(long)width : width);
    size_t pad = total > len ? total - len : 0;
    char *p = buf_room(b, len + pad);

    if (p == NULL) {
        return;
    }
    memset(p, ' ', len + pad);
    if (len > 0) { /* text may be NULL then */
        memcpy(p + (width >= 0 ? pad : 0), text, len);
    }
    b->len += len + pad;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    int need;
    char *p = buf_room(b, 64);

    if (p == NULL) {
        return;
    }
    va_start(args, fmt);
    need = vsnprintf(p, b->cap - b->len, fmt, args);
    va_end(args);
    if (need < 0) {
        b->failed = true;
        return;
    }
    if ((size_t)need >= b->cap - b->len) {
        p = buf_room(b, (size_t)need + 1);
        if (p == NULL) {
            return;
        }
        va_start(args, fmt);
        vsnprintf(p, (size_t)need + 1, fmt, args);
        va_end(args);
    }
    b->len += (size_t)need;
}

const char *buf_text(struct buf *b)
{
    char *p = buf_room(b, 1);
    if (p == NULL) {
        return "";
    }
    *p = '\0';
    return b->data;
}
