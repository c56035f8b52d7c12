/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_v9.c - export datagrams; the seeds are those of v9.
 */
#include "fuzz_wire.h"
