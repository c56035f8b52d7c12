/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * search.c - memmem() of the C library does it: two-way search, linear in the worst case.
 */
#include "payload/search.h"

#include <string.h>

size_t search_find(const void *data, size_t len, const void *needle, size_t needle_len)
{
    const uint8_t *found;

    if (needle_len == 0) {
        return 0;
    }
    if (len < needle_len) {
        return SEARCH_NONE;
    }
    found = (const uint8_t *)memmem(data, len, needle, needle_len);
    return found != NULL ? (size_t)(found - (const uint8_t *)data) : SEARCH_NONE;
}
