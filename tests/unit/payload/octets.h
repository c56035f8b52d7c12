/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * octets.h - octets from hexadecimal text, in memory of exactly their size.
 */
#ifndef WEIR_PAYLOAD_OCTETS_H
#define WEIR_PAYLOAD_OCTETS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct octets {
    uint8_t *data;
    size_t len;
};

static inline struct octets octets_of(const char *hex)
{
    struct octets o = {(uint8_t *)malloc(strlen(hex) / 2 + 1), strlen(hex) / 2};

    for (size_t i = 0; i < o.len; i++) {
        unsigned octet = 0;
        sscanf(hex + 2 * i, "%2x", &octet);
        o.data[i] = (uint8_t)octet;
    }
    o.data = (uint8_t *)realloc(o.data, o.len > 0 ? o.len : 1);
    return o;
}

#endif
