/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * simd.h - compile a plain loop for several machines; the best one is chosen when the program
 * starts.
 * Only where the loader can choose (x86-64 ELF with glibc, gcc) and no sanitizer runs before
 * relocation; elsewhere the words vanish and the loop is compiled once. WEIR_PORTABLE forces
 * that.
 */
#ifndef WEIR_BASE_SIMD_H
#define WEIR_BASE_SIMD_H

#include <stdint.h> /* defines __GLIBC__ */

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) &&       \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(WEIR_PORTABLE)
#define SIMD_CLONES                                                                                \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#elif defined(__GNUC__) && !defined(__clang__)
#define SIMD_CLONES __attribute__((optimize("O3")))
#else
#define SIMD_CLONES
#endif

#endif
