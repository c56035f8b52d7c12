/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * search.h - find one string of octets in another. NUL is an octet like any other.
 */
#ifndef WEIR_PAYLOAD_SEARCH_H
#define WEIR_PAYLOAD_SEARCH_H

#include <stddef.h>
#include <stdint.h>

#define SEARCH_NONE SIZE_MAX

/* Offset of the first occurrence of needle, or SEARCH_NONE. The empty needle is found at 0, also in
 * no data at all (data may then be NULL). Time is linear. */
size_t search_find(const void *data, size_t len, const void *needle, size_t needle_len);

#endif
