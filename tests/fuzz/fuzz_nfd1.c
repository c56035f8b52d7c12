/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/* fuzz_nfd1.c - files of nfdump's layout 1; see fuzz_nfd.h. */
#include "fuzz_nfd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t header1(uint8_t *to, unsigned compression, uint32_t release)
{
    static const uint8_t flags[] = {0, 1, 8, 16, 0};
    memset(to, 0, 276);
    to[0] = 0x0c, to[1] = 0xa5, to[2] = 1;
    to[4] = flags[compression];
    memcpy(to + 8, &release, 4); /* of blocks */
    return 276;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return use_nfdump(data, size, header1);
}
