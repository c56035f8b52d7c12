/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_sflow.c - export datagrams; the seeds are those of sflow.
 */
#include "fuzz_wire.h"
