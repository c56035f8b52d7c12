/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * constants.h - making the constants of a program. False when memory is out.
 */
#ifndef WEIR_FILTER_CONSTANTS_H
#define WEIR_FILTER_CONSTANTS_H

#include "filter/program.h"

bool constant_numbers(struct arena *a, const struct ranges *set, struct constant *c);
bool constant_addrs(struct arena *a, const struct ranges *set, struct constant *c);

#endif
