/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_lzo.c - LZO streams from strangers into rooms of several sizes; what we pack comes back.
 */
#include "store/lzo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void unpack(const uint8_t *data, size_t size, size_t room)
{
    uint8_t *out = malloc(room + 1);
    size_t made = 0;
    if (out != NULL) {
        lzo_unpack(data, size, out, room, &made);
        if (made > room) {
            abort();
        }
    }
    free(out);
}

static void round_trip(const uint8_t *data, size_t size)
{
    uint8_t *packed = malloc(lzo_bound(size));
    uint8_t *back = malloc(size + 1);
    size_t n, made = 0;
    if (packed != NULL && back != NULL && (n = lzo_pack(data, size, packed)) != 0 &&
        (n > lzo_bound(size) || lzo_unpack(packed, n, back, size, &made) != 0 || made != size ||
         memcmp(back, data, size) != 0)) {
        abort();
    }
    free(packed);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < (size_t)1 << 17) {
        unpack(data, size, 65536);
        unpack(data, size, size);
        round_trip(data, size);
    }
    return 0;
}
