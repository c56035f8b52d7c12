/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * veckernels.c - decoding loops as templates over the width of the result (and of codes).
 *
 * KERNELS(U) makes one set; the functions at the end choose by width.
 */
#include "store/veckernels.h"

#include "base/simd.h"

#include <assert.h>
#include <stddef.h>

#define UNALIGNED(type) type##_unaligned
typedef uint8_t UNALIGNED(uint8_t);
typedef uint16_t UNALIGNED(uint16_t) __attribute__((aligned(1), may_alias));
typedef uint32_t UNALIGNED(uint32_t) __attribute__((aligned(1), may_alias));
typedef uint64_t UNALIGNED(uint64_t) __attribute__((aligned(1), may_alias));

#define WIDEN(U, S)                                                                              \
    SIMD_CLONES static void widen_##U##_##S(const void *in, uint32_t n, U base, U *out)          \
    {                                                                                            \
        const UNALIGNED(S) *p = in;                                                              \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            out[i] = (U)(base + p[i]);                                                           \
        }                                                                                        \
    }

#define LOOK_UP(U, C)                                                                            \
    SIMD_CLONES static void look_up_##U##_##C(const U *table, const C *codes, uint32_t n, U *out)\
    {                                                                                            \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            out[i] = table[codes[i]];                                                            \
        }                                                                                        \
    }

/* Which rows are exceptions cannot be predicted (about half are in columns that choose this
 * form), so there must be no branch; compilers make one of "?:" (6.2 against 1.3 ns a row,
 * 2026-11). */
#define POPULAR(U, C)                                                                            \
    static void popular_##U##_##C(const U *table, const C *codes, C escape, const U *exception,  \
                                  uint32_t n, U *out)                                            \
    {                                                                                            \
        size_t at = 0;                                                                           \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            size_t is_escape = codes[i] == escape;                                               \
            U mask = (U)(0 - is_escape);                                                         \
            out[i] = (U)((table[codes[i]] & (U)~mask) | (exception[at] & mask));                 \
            at += is_escape;                                                                     \
        }                                                                                        \
    }

#define KERNELS(U)                                                                               \
    SIMD_CLONES static void fill_##U(U *out, uint32_t n, U value)                                \
    {                                                                                            \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            out[i] = value;                                                                      \
        }                                                                                        \
    }                                                                                            \
    static void sum_##U(U *out, uint32_t n, U base)                                              \
    {                                                                                            \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            base = (U)(base + out[i]);                                                           \
            out[i] = base;                                                                       \
        }                                                                                        \
    }                                                                                            \
    SIMD_CLONES static void unzigzag_##U(U *out, uint32_t n)                                     \
    {                                                                                            \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            out[i] = (U)(out[i] >> 1 ^ (U)(0 - (out[i] & 1)));                                   \
        }                                                                                        \
    }                                                                                            \
    SIMD_CLONES static void narrow_##U(const uint64_t *in, uint32_t n, U *out)                   \
    {                                                                                            \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            out[i] = (U)in[i];                                                                   \
        }                                                                                        \
    }                                                                                            \
    SIMD_CLONES static void planes2_##U(const uint8_t *const *p, uint32_t n, U base, U *out)     \
    {                                                                                            \
        const uint8_t *p0 = p[0], *p1 = p[1];                                                    \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            out[i] = (U)(base + p0[i] + (U)((U)p1[i] << 8 % (8 * sizeof(U))));                   \
        }                                                                                        \
    }                                                                                            \
    SIMD_CLONES static void planes3_##U(const uint8_t *const *p, uint32_t n, U base, U *out)     \
    {                                                                                            \
        const uint8_t *p0 = p[0], *p1 = p[1], *p2 = p[2];                                        \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            out[i] = (U)(base + p0[i] + (U)((U)p1[i] << 8 % (8 * sizeof(U))) +                   \
                         (U)((U)p2[i] << 16 % (8 * sizeof(U))));                                 \
        }                                                                                        \
    }                                                                                            \
    SIMD_CLONES static void plane_##U(const uint8_t *plane, uint32_t n, unsigned shift, U *out)  \
    {                                                                                            \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            out[i] = (U)(out[i] + (U)((U)plane[i] << shift));                                    \
        }                                                                                        \
    }                                                                                            \
    SIMD_CLONES static void planes_##U(const uint8_t *const *p, unsigned count, uint32_t n,      \
                                       U base, U *out)                                           \
    {                                                                                            \
        unsigned done = count >= 3 ? 3 : count;                                                  \
        if (done == 3) {                                                                         \
            planes3_##U(p, n, base, out);                                                        \
        } else if (done == 2) {                                                                  \
            planes2_##U(p, n, base, out);                                                        \
        } else {                                                                                 \
            widen_##U##_uint8_t(p[0], n, base, out);                                             \
        }                                                                                        \
        for (; done < count; done++) {                                                           \
            plane_##U(p[done], n, 8 * done, out);                                                \
        }                                                                                        \
    }                                                                                            \
    SIMD_CLONES static void add_##U(const U *in, uint32_t n, uint64_t *sum)                      \
    {                                                                                            \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            sum[i] += in[i];                                                                     \
        }                                                                                        \
    }                                                                                            \
    static void scatter_##U(const U *in, const uint32_t *rows, uint32_t n, U *out)               \
    {                                                                                            \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            out[rows[i]] = in[i];                                                                \
        }                                                                                        \
    }                                                                                            \
    LOOK_UP(U, uint8_t)                                                                          \
    LOOK_UP(U, uint16_t)                                                                         \
    LOOK_UP(U, uint32_t)                                                                         \
    POPULAR(U, uint8_t)                                                                          \
    POPULAR(U, uint16_t)                                                                         \
    POPULAR(U, uint32_t)

WIDEN(uint8_t, uint8_t)
WIDEN(uint16_t, uint8_t)
WIDEN(uint16_t, uint16_t)
WIDEN(uint32_t, uint8_t)
WIDEN(uint32_t, uint16_t)
WIDEN(uint32_t, uint32_t)
WIDEN(uint64_t, uint8_t)
WIDEN(uint64_t, uint16_t)
WIDEN(uint64_t, uint32_t)
WIDEN(uint64_t, uint64_t)

KERNELS(uint8_t)
KERNELS(uint16_t)
KERNELS(uint32_t)
KERNELS(uint64_t)
#define CODES(C)                                                                                 \
    SIMD_CLONES static uint32_t max_##C(const C *codes, uint32_t n)                              \
    {                                                                                            \
        C max = 0;                                                                               \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            max = codes[i] > max ? codes[i] : max;                                               \
        }                                                                                        \
        return max;                                                                              \
    }                                                                                            \
    SIMD_CLONES static uint32_t count_##C(const C *codes, uint32_t n, uint32_t value)            \
    {                                                                                            \
        uint32_t count = 0;                                                                      \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            count += codes[i] == value;                                                          \
        }                                                                                        \
        return count;                                                                            \
    }

CODES(uint8_t)
CODES(uint16_t)
CODES(uint32_t)

/* Call name_<type of width>(...). */
#define BY_WIDTH(width, CALL)     \
    switch (width) {              \
    case 1:                       \
        CALL(uint8_t);            \
        break;                    \
    case 2:                       \
        CALL(uint16_t);           \
        break;                    \
    case 4:                       \
        CALL(uint32_t);           \
        break;                    \
    default:                      \
        assert((width) == 8);     \
        CALL(uint64_t);           \
        break;                    \
    }

void kernel_fill(void *out, uint32_t n, unsigned width, uint64_t value)
{
#define CALL(U) fill_##U(out, n, (U)value)
    BY_WIDTH(width, CALL)
#undef CALL
}

void kernel_widen(const uint8_t *in, uint32_t n, unsigned in_width, uint64_t base, unsigned width,
                  void *out)
{
    assert(in_width <= width);
    switch (width * 16 + in_width) {
    case 0x11:
        widen_uint8_t_uint8_t(in, n, (uint8_t)base, out);
        break;
    case 0x21:
        widen_uint16_t_uint8_t(in, n, (uint16_t)base, out);
        break;
    case 0x22:
        widen_uint16_t_uint16_t(in, n, (uint16_t)base, out);
        break;
    case 0x41:
        widen_uint32_t_uint8_t(in, n, (uint32_t)base, out);
        break;
    case 0x42:
        widen_uint32_t_uint16_t(in, n, (uint32_t)base, out);
        break;
    case 0x44:
        widen_uint32_t_uint32_t(in, n, (uint32_t)base, out);
        break;
    case 0x81:
        widen_uint64_t_uint8_t(in, n, base, out);
        break;
    case 0x82:
        widen_uint64_t_uint16_t(in, n, base, out);
        break;
    case 0x84:
        widen_uint64_t_uint32_t(in, n, base, out);
        break;
    default:
        widen_uint64_t_uint64_t(in, n, base, out);
        break;
    }
}

void kernel_narrow(const uint64_t *in, uint32_t n, unsigned width, void *out)
{
#define CALL(U) narrow_##U(in, n, out)
    BY_WIDTH(width, CALL)
#undef CALL
}

void kernel_sum(void *out, uint32_t n, unsigned width, uint64_t base, bool zigzag)
{
#define CALL(U) unzigzag_##U(out, n)
    if (zigzag) {
        BY_WIDTH(width, CALL)
    }
#undef CALL
#define CALL(U) sum_##U(out, n, (U)base)
    BY_WIDTH(width, CALL)
#undef CALL
}

void kernel_look_up(const void *table, const void *codes, unsigned code_width, uint32_t n,
                    unsigned width, void *out)
{
#define CALL(U)                                             \
    if (code_width == 1) {                                  \
        look_up_##U##_uint8_t(table, codes, n, out);        \
    } else if (code_width == 2) {                           \
        look_up_##U##_uint16_t(table, codes, n, out);       \
    } else {                                                \
        look_up_##U##_uint32_t(table, codes, n, out);       \
    }
    BY_WIDTH(width, CALL)
#undef CALL
}

void kernel_popular(const void *table, const void *codes, unsigned code_width, uint32_t escape,
                    const void *exceptions, uint32_t n, unsigned width, void *out)
{
#define CALL(U)                                                                             \
    if (code_width == 1) {                                                                  \
        popular_##U##_uint8_t(table, codes, (uint8_t)escape, exceptions, n, out);           \
    } else if (code_width == 2) {                                                           \
        popular_##U##_uint16_t(table, codes, (uint16_t)escape, exceptions, n, out);         \
    } else {                                                                                \
        popular_##U##_uint32_t(table, codes, escape, exceptions, n, out);                   \
    }
    BY_WIDTH(width, CALL)
#undef CALL
}

void kernel_planes(const uint8_t *const *plane, unsigned count, uint32_t n, uint64_t base,
                   unsigned width, void *out)
{
    assert(count >= 1 && count <= width);
#define CALL(U) planes_##U(plane, count, n, (U)base, out)
    BY_WIDTH(width, CALL)
#undef CALL
}

void kernel_add(const void *in, unsigned width, uint32_t n, uint64_t *sum)
{
#define CALL(U) add_##U(in, n, sum)
    BY_WIDTH(width, CALL)
#undef CALL
}

void kernel_scatter(const void *in, const uint32_t *rows, uint32_t n, unsigned width, void *out)
{
#define CALL(U) scatter_##U(in, rows, n, out)
    BY_WIDTH(width, CALL)
#undef CALL
}

void kernel_sum_small(const uint32_t *in, uint32_t n, uint64_t base, bool zigzag, uint64_t *out)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t d = in[i];
        base += zigzag ? d >> 1 ^ (0 - (d & 1)) : d;
        out[i] = base;
    }
}

uint32_t kernel_codes_max(const void *codes, uint32_t n, unsigned code_width)
{
    return code_width == 1   ? max_uint8_t(codes, n)
           : code_width == 2 ? max_uint16_t(codes, n)
                             : max_uint32_t(codes, n);
}

uint32_t kernel_codes_count(const void *codes, uint32_t n, unsigned code_width, uint32_t value)
{
    return code_width == 1   ? count_uint8_t(codes, n, value)
           : code_width == 2 ? count_uint16_t(codes, n, value)
                             : count_uint32_t(codes, n, value);
}
