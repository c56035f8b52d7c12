/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * cur.h - a bounds-checked cursor over foreign bytes.
 *
 * Every read past the end returns zeros and sets the sticky overrun mark; a decoder reads what it
 * expects and asks cur_ok() once at the end. The cursor owns nothing. Offsets are octets.
 */
#ifndef WEIR_BASE_CUR_H
#define WEIR_BASE_CUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cur {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    bool overrun;
};

static inline struct cur cur_of(const void *data, size_t len)
{
    const uint8_t *p = (const uint8_t *)data;
    return (struct cur){p, p, len > 0 ? p + len : p, false}; /* nothing may be NULL */
}

static inline bool cur_ok(const struct cur *c)
{
    return !c->overrun;
}

static inline size_t cur_left(const struct cur *c)
{
    return (size_t)(c->end - c->at);
}

static inline size_t cur_offset(const struct cur *c)
{
    return (size_t)(c->at - c->start);
}

/* Take n octets: a pointer to them, or NULL (and overrun) if fewer are left. */
static inline const uint8_t *cur_take(struct cur *c, size_t n)
{
    const uint8_t *p = c->at;
    if (n > cur_left(c)) {
        c->overrun = true;
        c->at = c->end;
        return NULL;
    }
    c->at += n;
    return p;
}

static inline void cur_skip(struct cur *c, size_t n)
{
    (void)cur_take(c, n);
}

/* A cursor over the next n octets, which are skipped here; empty and overrun if fewer are left. */
static inline struct cur cur_sub(struct cur *c, size_t n)
{
    const uint8_t *p = cur_take(c, n);
    struct cur sub = cur_of(p != NULL ? p : c->end, p != NULL ? n : 0);
    sub.overrun = p == NULL;
    return sub;
}

/* Copy n octets to dst; zeros on overrun. */
static inline void cur_copy(struct cur *c, void *dst, size_t n)
{
    const uint8_t *p = cur_take(c, n);
    if (p != NULL) {
        memcpy(dst, p, n);
    } else {
        memset(dst, 0, n);
    }
}

/* Unsigned numbers in network (be) and little-endian (le) order. */
#define CUR_NUMBER_(name, type, swap)                    \
    static inline type cur_##name(struct cur *c)         \
    {                                                    \
        type v = 0;                                      \
        const uint8_t *p = cur_take(c, sizeof v);        \
        if (p != NULL) {                                 \
            memcpy(&v, p, sizeof v);                     \
        }                                                \
        return swap(v);                                  \
    }

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CUR_SAME_(v) (v)
CUR_NUMBER_(u16le, uint16_t, CUR_SAME_)
CUR_NUMBER_(u32le, uint32_t, CUR_SAME_)
CUR_NUMBER_(u64le, uint64_t, CUR_SAME_)
CUR_NUMBER_(u16be, uint16_t, __builtin_bswap16)
CUR_NUMBER_(u32be, uint32_t, __builtin_bswap32)
CUR_NUMBER_(u64be, uint64_t, __builtin_bswap64)
#undef CUR_SAME_
#else
#error "weir is little-endian only for now: see doc/decisions"
#endif
#undef CUR_NUMBER_

static inline uint8_t cur_u8(struct cur *c)
{
    const uint8_t *p = cur_take(c, 1);
    return p != NULL ? *p : 0;
}

/* An unsigned big-endian number of 1..8 octets (IPFIX reduced-size encoding). 0 if n is 0 or >
 * 8. */
static inline uint64_t cur_uintbe(struct cur *c, size_t n)
{
    uint64_t v = 0;
    const uint8_t *p = cur_take(c, n);
    if (p == NULL || n > 8) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

#endif
