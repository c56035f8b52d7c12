/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * buf.h - a growing buffer of octets, made for printing fast.
 *
 * A failed allocation sets the sticky mark `failed`; further additions are ignored, the owner asks
 * once at the end. data is not NUL-terminated (see buf_text).
 */
#ifndef WEIR_BASE_BUF_H
#define WEIR_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
};

void buf_init(struct buf *b);
void buf_free(struct buf *b);

static inline void buf_clear(struct buf *b)
{
    b->len = 0;
}

/* The rare half of buf_room(): get more memory, or fail. */
char *buf_enlarge(struct buf *b, size_t n);

/* Make room for n more octets and return the place for them (len is not changed); NULL on failure.
 * Write there, then buf_grow(b, n). */
static inline char *buf_room(struct buf *b, size_t n)
{
    return b->cap - b->len >= n && b->data != NULL ? b->data + b->len : buf_enlarge(b, n);
}

static inline void buf_grow(struct buf *b, size_t n)
{
    b->len += n;
}

static inline void buf_add(struct buf *b, const void *data, size_t n)
{
    char *p = buf_room(b, n);
    if (p != NULL && n > 0) {
        memcpy(p, data, n);
        b->len += n;
    }
}

static inline void buf_char(struct buf *b, char c)
{
    char *p = buf_room(b, 1);
    if (p != NULL) {
        *p = c;
        b->len++;
    }
}

static inline void buf_str(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_fill(struct buf *b, char c, size_t n);           /* n times c */
void buf_u64(struct buf *b, uint64_t v);                  /* decimal */
void buf_u64_pad(struct buf *b, uint64_t v, int width);   /* like %*llu; negative width: left */
void buf_hex(struct buf *b, uint64_t v, int digits);      /* lower case, zero filled */
void buf_str_pad(struct buf *b, const char *text, size_t len, int width); /* like %*s */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The contents as a C string; valid until the next change. "" on failure. */
const char *buf_text(struct buf *b);

#endif
