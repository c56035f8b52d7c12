/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * bitpack.c - packing and unpacking groups of 1024 numbers.
 * The unpackers are one template per output type; the inner loops have 32 independent steps with
 * the same shifts, which gcc turns into vector code (SIMD_CLONES: one body, compiled for several
 * machines).
 */
#include "store/bitpack.h"

#include "base/simd.h"

#include <assert.h>
#include <string.h>

typedef uint32_t u32_unaligned __attribute__((aligned(1), may_alias));

static inline uint32_t slots_of(uint32_t t)
{
    return (t + BITPACK_LANES - 1) / BITPACK_LANES;
}

static inline size_t group_size(uint32_t t, unsigned bits)
{
    return 128 * (((size_t)slots_of(t) * bits + 31) / 32);
}

size_t bitpack_size(uint32_t n, unsigned bits)
{
    size_t full = n / BITPACK_GROUP;
    return full * 128 * bits + group_size(n % BITPACK_GROUP, bits);
}

static inline void pack_slot(const uint32_t *v, unsigned shift, unsigned bits, uint32_t *word)
{
    for (int l = 0; l < BITPACK_LANES; l++) {
        word[l] |= v[l] << shift;
    }
    if (shift + bits > 32) {
        for (int l = 0; l < BITPACK_LANES; l++) {
            word[l + BITPACK_LANES] |= v[l] >> (32 - shift);
        }
    }
}

SIMD_CLONES static void pack_group(const uint64_t *v, uint32_t t, unsigned bits, uint64_t base,
                                   uint8_t *out)
{
    uint32_t words[BITPACK_GROUP + BITPACK_LANES];
    uint32_t low[BITPACK_GROUP];
    for (uint32_t i = 0; i < t; i++) {
        low[i] = (uint32_t)(v[i] - base);
    }
    memset(low + t, 0, (BITPACK_GROUP - t) * sizeof *low);
    memset(words, 0, sizeof words);
    for (uint32_t s = 0; s < slots_of(t); s++) {
        unsigned bit = s * bits;
        pack_slot(low + s * BITPACK_LANES, bit % 32, bits, words + bit / 32 * BITPACK_LANES);
    }
    memcpy(out, words, group_size(t, bits));
}

void bitpack_pack(const uint64_t *v, uint32_t n, unsigned bits, uint64_t base, uint8_t *out)
{
    assert(bits >= 1 && bits <= 32);
    for (uint32_t i = 0; i < n; i += BITPACK_GROUP) {
        uint32_t t = n - i < BITPACK_GROUP ? n - i : BITPACK_GROUP;
        pack_group(v + i, t, bits, base, out);
        out += group_size(t, bits);
    }
}

/* Slots of one group, 32 values each. */
#define UNPACK(type)                                                                          \
    SIMD_CLONES static void unpack_##type(const uint8_t *in, unsigned slots, unsigned bits,    \
                                          type base, type *out)                               \
    {                                                                                         \
        uint32_t mask = bits == 32 ? UINT32_MAX : ((uint32_t)1 << bits) - 1;                  \
        for (unsigned s = 0; s < slots; s++, out += BITPACK_LANES) {                          \
            unsigned shift = s * bits % 32;                                                   \
            const u32_unaligned *p =                                                          \
                (const u32_unaligned *)(const void *)in + s * bits / 32 * BITPACK_LANES;      \
            if (shift + bits <= 32) {                                                         \
                for (int l = 0; l < BITPACK_LANES; l++) {                                     \
                    out[l] = (type)((type)((p[l] >> shift) & mask) + base);                   \
                }                                                                             \
            } else {                                                                          \
                for (int l = 0; l < BITPACK_LANES; l++) {                                     \
                    uint32_t v = p[l] >> shift | p[l + BITPACK_LANES] << (32 - shift);        \
                    out[l] = (type)((type)(v & mask) + base);                                 \
                }                                                                             \
            }                                                                                 \
        }                                                                                     \
    }                                                                                         \
    static void unpack_all_##type(const uint8_t *in, uint32_t n, unsigned bits, type base,    \
                                  type *out)                                                  \
    {                                                                                         \
        type tail[BITPACK_GROUP];                                                             \
        for (; n >= BITPACK_GROUP; n -= BITPACK_GROUP, out += BITPACK_GROUP) {                \
            unpack_##type(in, BITPACK_GROUP / BITPACK_LANES, bits, base, out);                \
            in += (size_t)128 * bits;                                                         \
        }                                                                                     \
        if (n > 0) {                                                                          \
            unpack_##type(in, slots_of(n), bits, base, tail);                                 \
            memcpy(out, tail, n * sizeof *out);                                               \
        }                                                                                     \
    }

UNPACK(uint8_t)
UNPACK(uint16_t)
UNPACK(uint32_t)
UNPACK(uint64_t)

void bitpack_unpack(const uint8_t *in, uint32_t n, unsigned bits, uint64_t base, unsigned width,
                    void *out)
{
    assert(bits >= 1 && bits <= 32);
    switch (width) {
    case 1:
        unpack_all_uint8_t(in, n, bits, (uint8_t)base, out);
        break;
    case 2:
        unpack_all_uint16_t(in, n, bits, (uint16_t)base, out);
        break;
    case 4:
        unpack_all_uint32_t(in, n, bits, (uint32_t)base, out);
        break;
    default:
        unpack_all_uint64_t(in, n, bits, base, out);
        break;
    }
}

uint32_t bitpack_get(const uint8_t *in, uint32_t i, unsigned bits)
{
    const u32_unaligned *group =
        (const u32_unaligned *)(const void *)(in + (size_t)(i / BITPACK_GROUP) * 128 * bits);
    unsigned bit = i % BITPACK_GROUP / BITPACK_LANES * bits;
    const u32_unaligned *p = group + bit / 32 * BITPACK_LANES + i % BITPACK_LANES;
    uint32_t v = p[0] >> bit % 32;
    if (bit % 32 + bits > 32) {
        v |= p[BITPACK_LANES] << (32 - bit % 32);
    }
    return bits == 32 ? v : v & (((uint32_t)1 << bits) - 1);
}
