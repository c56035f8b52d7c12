/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/* kernelset.c - compiled twice, see kernelset.h. */
#include "kernelset.h"

const struct kernel_set kernels_of_this_machine = {
#define ROW(name, function) .name = function,
    KERNEL_ROWS(ROW)
#undef ROW
};
