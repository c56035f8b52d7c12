/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdresync.c - see nfdresync.h.
 *
 * Records have no mark either. One that makes sense has a known type and a size that its type can
 * have; the elements of a V3 record must fill it exactly. A few of them in a row, or a row that
 * ends where the block does, are proof enough.
 */
#include "store/nfdresync.h"

#include "store/nfdlayout.h"

enum { PROOF = 4, HEAD = 4, WORK_AN_OCTET = 64, WORK_MIN = 1 << 16 };

/* Types that a layout's blocks have, with their sizes; V3 records are looked at more closely. */
static const struct kind {
    uint8_t layout;
    uint16_t type, smallest, largest;
} kinds[] = {
    {2, 7, 32, 32}, {2, 8, 8, 65535}, {2, 9, 16, 16}, {2, 11, NFD_RECORD_HEAD, 65535},
    {2, 12, 14, 65535}, {2, 13, 12, 65535}, {2, 14, 12, 65535}, {2, 15, 24, 24},
    {1, 1, 28, 65535}, {1, 2, 8, 65535}, {1, 7, 32, 32}, {1, 8, 8, 65535}, {1, 9, 16, 16},
    {1, 10, 28, 65535},
};

struct nfdresync nfdresync_of(const uint8_t *octets, size_t len, unsigned layout)
{
    return (struct nfdresync){octets, len, layout, WORK_MIN + (uint64_t)len * WORK_AN_OCTET};
}

static bool may_go_on(struct nfdresync *s)
{
    s->work -= s->work > 0;
    return s->work > 0;
}

static bool elements_fill(struct nfdresync *s, const uint8_t *record, size_t size)
{
    struct cur c = cur_of(record, size);
    unsigned n;
    cur_skip(&c, HEAD);
    n = cur_u16le(&c);
    cur_skip(&c, NFD_RECORD_HEAD - HEAD - 2);
    for (unsigned i = 0; i < n && cur_ok(&c); i++) {
        size_t len;
        cur_skip(&c, 2);
        len = cur_u16le(&c);
        if (len < NFD_ELEMENT_HEAD || !may_go_on(s)) {
            return false;
        }
        cur_skip(&c, len - NFD_ELEMENT_HEAD);
    }
    return n > 0 && cur_ok(&c) && cur_left(&c) == 0;
}

/* The size of the record at this place; 0: none that makes sense. */
static size_t record_at(struct nfdresync *s, size_t at)
{
    enum { RECORD_V3 = 11 };
    const uint8_t *record = s->octets + at;
    struct cur c = cur_of(record, s->len - at);
    unsigned type = cur_u16le(&c);
    size_t size = cur_u16le(&c);
    if (!cur_ok(&c) || size > s->len - at) {
        return 0;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct kind *k = &kinds[i];
        if (k->layout == s->layout && k->type == type && size >= k->smallest &&
            size <= k->largest) {
            return type != RECORD_V3 || elements_fill(s, record, size) ? size : 0;
        }
    }
    return 0;
}

bool nfdresync_holds(struct nfdresync *s, size_t at)
{
    for (int i = 0; i < PROOF && at < s->len; i++) {
        size_t size = record_at(s, at);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

bool nfdresync(struct nfdresync *s, size_t from, struct cur *c)
{
    if (from <= 1) {
        return false; /* the first record of a block: then it is not what its head says */
    }
    for (size_t at = from; at < s->len && may_go_on(s); at++) {
        if (nfdresync_holds(s, at)) {
            *c = cur_of(s->octets + at, s->len - at);
            return true;
        }
    }
    return false;
}
