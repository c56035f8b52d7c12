/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_ipfix.c - export datagrams; the seeds are those of ipfix.
 */
#include "fuzz_wire.h"
