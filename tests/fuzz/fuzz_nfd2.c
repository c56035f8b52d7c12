/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/* fuzz_nfd2.c - files of nfdump's layout 2; see fuzz_nfd.h. */
#include "fuzz_nfd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As a killed collector leaves it. */
static size_t header2(uint8_t *to, unsigned compression, uint32_t release)
{
    memset(to, 0, 40);
    to[0] = 0x0c, to[1] = 0xa5, to[2] = 2;
    memcpy(to + 4, &release, 4);
    to[16] = (uint8_t)compression;
    return 40;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return use_nfdump(data, size, header2);
}
