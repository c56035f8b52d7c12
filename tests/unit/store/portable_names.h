/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * portable_names.h - read before the kernels' sources when they are compiled a second time, as
 * plain loops, so that test_kernels.c can link both.
 */
#ifndef WEIR_STORE_PORTABLE_NAMES_H
#define WEIR_STORE_PORTABLE_NAMES_H

#define bitpack_get portable_bitpack_get
#define bitpack_pack portable_bitpack_pack
#define bitpack_size portable_bitpack_size
#define bitpack_unpack portable_bitpack_unpack
#define kernel_add portable_kernel_add
#define kernel_bitmap portable_kernel_bitmap
#define kernel_bits portable_kernel_bits
#define kernel_codes portable_kernel_codes
#define kernel_codes_count portable_kernel_codes_count
#define kernel_codes_max portable_kernel_codes_max
#define kernel_eq2 portable_kernel_eq2
#define kernel_fill portable_kernel_fill
#define kernel_le2 portable_kernel_le2
#define kernel_look_up portable_kernel_look_up
#define kernel_narrow portable_kernel_narrow
#define kernel_planes portable_kernel_planes
#define kernel_popular portable_kernel_popular
#define kernel_range portable_kernel_range
#define kernel_scatter portable_kernel_scatter
#define kernel_sum portable_kernel_sum
#define kernel_sum_small portable_kernel_sum_small
#define kernel_widen portable_kernel_widen
#define number_passes portable_number_passes
#define number_test_array portable_number_test_array
#define kernels_of_this_machine portable_kernels

#endif
