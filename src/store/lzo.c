/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * lzo.c - LZO1X, decoder and a small greedy encoder.
 *
 * The stream is a row of instructions. The first octet of one tells its kind:
 *     0..15    right after a match: a match of 2 (of 3 after a literal run); else a run of literals
 *     16..31   a match 16384..49151 back; distance 16384 exactly is the end mark
 *     32..63   a match up to 16384 back
 *     64..255  a match of 3..8, up to 2048 back
 * The last two bits of a match's distance octets say how many literals (0..3) follow it at once. A
 * length field of zero is continued by octets: each zero adds 255, the first nonzero one ends it.
 *
 * Invariant of the decoder: at <= made positions are written before they are read; every count is
 * checked against what is left of input and room before it is used.
 */
#include "store/lzo.h"

#include "base/cur.h"
#include "base/err.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    NEAR2_MAX = 1024, /* reach of a match of 2 */
    NEAR3_MAX = 2048, /* reach of matches of 3..8; a match of 3 after literals begins behind it */
    MIDDLE_MAX = 16384,
    FAR_MAX = 49151,
    LITERALS_MAX_SHORT = 3, /* that fit into the bits of a match */
    HASH_BITS = 14,
};

/* ------------------------------------------------------------------ decoder */

struct unpacker {
    struct cur in;
    uint8_t *out;
    size_t room;
    size_t made;
    int rc;
};

static bool stop(struct unpacker *u, int rc)
{
    u->rc = rc;
    return false;
}

static bool literals(struct unpacker *u, size_t n)
{
    const uint8_t *from;
    if (n > u->room - u->made) {
        return stop(u, ERR_LIMIT);
    }
    from = cur_take(&u->in, n);
    if (from == NULL) {
        return stop(u, ERR_TRUNCATED);
    }
    memcpy(u->out + u->made, from, n);
    u->made += n;
    return true;
}

/* Source and target may overlap: a match nearer than its length repeats itself. */
static void copy_back(uint8_t *to, size_t distance, size_t n)
{
    const uint8_t *from = to - distance;
    if (distance >= n) {
        memcpy(to, from, n);
        return;
    }
    if (distance >= 8) {
        for (; n >= 8; n -= 8, to += 8, from += 8) {
            memcpy(to, from, 8);
        }
    }
    while (n-- > 0) {
        *to++ = *from++;
    }
}

static bool match(struct unpacker *u, size_t distance, size_t n)
{
    if (distance > u->made) {
        return stop(u, ERR_FORMAT);
    }
    if (n > u->room - u->made) {
        return stop(u, ERR_LIMIT);
    }
    copy_back(u->out + u->made, distance, n);
    u->made += n;
    return true;
}

/* A length whose field in the instruction was zero; `base` is what a full field would count. */
static size_t long_length(struct unpacker *u, size_t base)
{
    size_t n = base;
    uint8_t more = cur_u8(&u->in);
    while (more == 0 && cur_ok(&u->in)) {
        n += 255;
        more = cur_u8(&u->in);
    }
    return n + more;
}

static size_t length_of(struct unpacker *u, unsigned op, unsigned mask)
{
    return (op & mask) != 0 ? op & mask : long_length(u, mask);
}

/* One match instruction; false at the end mark or on failure. *trail: literals that follow. */
static bool match_op(struct unpacker *u, unsigned op, bool after_run, unsigned *trail)
{
    size_t distance, n;
    unsigned low;
    if (op >= 64) {
        *trail = op & 3;
        distance = 1 + (op >> 2 & 7) + 8 * (size_t)cur_u8(&u->in);
        n = (op >> 5) + 1;
    } else if (op >= 16) {
        n = 2 + length_of(u, op, op >= 32 ? 31 : 7);
        low = cur_u16le(&u->in);
        *trail = low & 3;
        distance = op >= 32 ? 1 + (low >> 2) : MIDDLE_MAX + ((op & 8) << 11) + (low >> 2);
        if (op < 32 && distance == MIDDLE_MAX) {
            return stop(u, cur_ok(&u->in) ? ERR_END : ERR_TRUNCATED);
        }
    } else {
        *trail = op & 3;
        distance = 1 + (op >> 2) + 4 * (size_t)cur_u8(&u->in) + (after_run ? NEAR3_MAX : 0);
        n = after_run ? 3 : 2;
    }
    return cur_ok(&u->in) ? match(u, distance, n) : stop(u, ERR_TRUNCATED);
}

static bool literal_run(struct unpacker *u, unsigned op)
{
    size_t n = 3 + length_of(u, op, 15);
    return cur_ok(&u->in) ? literals(u, n) : stop(u, ERR_TRUNCATED);
}

/* What came before decides what an octet below 16 means. */
enum before { BEFORE_MATCH, BEFORE_RUN, BEFORE_FEW_LITERALS };

static bool first_op(struct unpacker *u, enum before *before)
{
    unsigned op;
    if (cur_left(&u->in) == 0 || *u->in.at <= 17) {
        return true;
    }
    op = cur_u8(&u->in) - 17u;
    *before = op > LITERALS_MAX_SHORT ? BEFORE_RUN : BEFORE_FEW_LITERALS;
    return literals(u, op);
}

static bool one_op(struct unpacker *u, enum before *before)
{
    unsigned trail = 0;
    unsigned op = cur_u8(&u->in);
    if (!cur_ok(&u->in)) {
        return stop(u, ERR_TRUNCATED);
    }
    if (op < 16 && *before == BEFORE_MATCH) {
        *before = BEFORE_RUN;
        return literal_run(u, op);
    }
    if (!match_op(u, op, *before == BEFORE_RUN, &trail)) {
        return false;
    }
    *before = trail != 0 ? BEFORE_FEW_LITERALS : BEFORE_MATCH;
    return literals(u, trail);
}

int lzo_unpack(const uint8_t *in, size_t n, uint8_t *out, size_t room, size_t *made)
{
    struct unpacker u = {.in = cur_of(in, n), .out = out, .room = room};
    enum before before = BEFORE_MATCH;
    if (first_op(&u, &before)) {
        while (one_op(&u, &before)) {
        }
    }
    *made = u.made;
    if (u.rc == ERR_END) {
        return cur_left(&u.in) == 0 ? 0 : ERR_FORMAT;
    }
    return u.rc;
}

/* ------------------------------------------------------------------ encoder */

struct packer {
    const uint8_t *in;
    size_t n;
    uint8_t *start;
    uint8_t *to;
    size_t anchor;   /* first octet that is not written yet */
    uint32_t *heads; /* positions + 1 by hash of 4 octets; 0: none */
};

size_t lzo_bound(size_t n)
{
    return n + n / 255 + 32;
}

static void put_long(struct packer *p, size_t n)
{
    for (; n > 255; n -= 255) {
        *p->to++ = 0;
    }
    *p->to++ = (uint8_t)n;
}

/* op with a length field of `mask` bits holding n (1..), continued if it does not fit. */
static void put_length(struct packer *p, unsigned op, unsigned mask, size_t n)
{
    if (n <= mask) {
        *p->to++ = (uint8_t)(op | n);
        return;
    }
    *p->to++ = (uint8_t)op;
    put_long(p, n - mask);
}

/* Literals between two matches: 1..3 hide in the match before (its distance's low octet). */
static void put_literals(struct packer *p, size_t n)
{
    if (n == 0) {
        return;
    }
    if (p->to == p->start && n <= 238) {
        *p->to++ = (uint8_t)(17 + n);
    } else if (p->to != p->start && n <= LITERALS_MAX_SHORT) {
        p->to[-2] |= (uint8_t)n;
    } else {
        put_length(p, 0, 15, n - 3);
    }
    memcpy(p->to, p->in + p->anchor, n);
    p->to += n;
    p->anchor += n;
}

/* All matches here end in two octets of distance whose first has the two bits for literals. */
static void put_match(struct packer *p, size_t distance, size_t n)
{
    unsigned bits;
    if (distance <= MIDDLE_MAX) {
        put_length(p, 32, 31, n - 2);
        bits = (unsigned)(distance - 1);
    } else {
        bits = (unsigned)(distance - MIDDLE_MAX);
        put_length(p, 16 | (bits >> 14 & 1) << 3, 7, n - 2);
        bits &= 0x3fff;
    }
    *p->to++ = (uint8_t)(bits << 2);
    *p->to++ = (uint8_t)(bits >> 6);
    p->anchor += n;
}

static uint32_t load32(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

static size_t hash4(const uint8_t *at)
{
    return load32(at) * 2654435761u >> (32 - HASH_BITS);
}

static size_t match_length(const struct packer *p, size_t a, size_t b)
{
    size_t n = 4;
    while (b + n < p->n && p->in[a + n] == p->in[b + n]) {
        n++;
    }
    return n;
}

/* A match of at least 4 for the octets at i; 0 if none is known. *from: its place. */
static size_t find_match(struct packer *p, size_t i, size_t *from)
{
    uint32_t *head = &p->heads[hash4(p->in + i)];
    size_t place = *head;
    *head = (uint32_t)i + 1;
    if (place == 0 || i - (place - 1) > FAR_MAX ||
        load32(p->in + place - 1) != load32(p->in + i)) {
        return 0;
    }
    *from = place - 1;
    return match_length(p, place - 1, i);
}

static void pack_all(struct packer *p)
{
    size_t i = 0;
    while (i + 4 < p->n) {
        size_t from;
        size_t n = find_match(p, i, &from);
        if (n == 0) {
            i += 1 + ((i - p->anchor) >> 5); /* hurry through what does not pack */
            continue;
        }
        put_literals(p, i - p->anchor);
        put_match(p, i - from, n);
        i = p->anchor;
    }
    put_literals(p, p->n - p->anchor);
}

size_t lzo_pack(const uint8_t *in, size_t n, uint8_t *out)
{
    static const uint8_t end_mark[3] = {17, 0, 0};
    struct packer p = {.in = in, .n = n, .start = out, .to = out};
    assert(n <= UINT32_MAX - 1);
    p.heads = calloc((size_t)1 << HASH_BITS, sizeof *p.heads);
    if (p.heads == NULL) {
        return 0;
    }
    pack_all(&p);
    memcpy(p.to, end_mark, sizeof end_mark);
    p.to += sizeof end_mark;
    free(p.heads);
    return (size_t)(p.to - out);
}
