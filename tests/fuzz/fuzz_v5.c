/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_v5.c - export datagrams; the seeds are those of v5.
 */
#include "fuzz_wire.h"
