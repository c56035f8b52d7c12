/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * kernelset.h - the kernels as a table, once as they are linked into the programs and once as plain
 * loops (portable_names.h).
 */
#ifndef WEIR_STORE_KERNELSET_H
#define WEIR_STORE_KERNELSET_H

#include "flow/kernels.h"
#include "store/bitpack.h"
#include "store/veckernels.h"

#define KERNEL_ROWS(ROW)                                                                           \
    ROW(add, kernel_add)                                                                           \
    ROW(bitmap, kernel_bitmap)                                                                     \
    ROW(bits, kernel_bits)                                                                         \
    ROW(codes, kernel_codes)                                                                       \
    ROW(codes_count, kernel_codes_count)                                                           \
    ROW(codes_max, kernel_codes_max)                                                               \
    ROW(eq2, kernel_eq2)                                                                           \
    ROW(fill, kernel_fill)                                                                         \
    ROW(get, bitpack_get)                                                                          \
    ROW(le2, kernel_le2)                                                                           \
    ROW(look_up, kernel_look_up)                                                                   \
    ROW(narrow, kernel_narrow)                                                                     \
    ROW(pack, bitpack_pack)                                                                        \
    ROW(planes, kernel_planes)                                                                     \
    ROW(popular, kernel_popular)                                                                   \
    ROW(range, kernel_range)                                                                       \
    ROW(scatter, kernel_scatter)                                                                   \
    ROW(sum, kernel_sum)                                                                           \
    ROW(sum_small, kernel_sum_small)                                                               \
    ROW(unpack, bitpack_unpack)                                                                    \
    ROW(widen, kernel_widen)

struct kernel_set {
#define ROW(name, function) __typeof__(function) *name;
    KERNEL_ROWS(ROW)
#undef ROW
};

extern const struct kernel_set kernels_of_this_machine;

#endif
