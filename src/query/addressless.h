/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * addressless.h - the operator that counts flows without any address.
 *
 * They cannot be told apart by addresses, so a table of them is a single group; nfdump says so for
 * each of them.
 */
#ifndef WEIR_QUERY_ADDRESSLESS_H
#define WEIR_QUERY_ADDRESSLESS_H

#include "query/operator.h"

/* *n is added to, and must live as long as the operator. */
struct operator addressless_operator(uint64_t *n);

#endif
