/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * tokens.h - the token numbers of the grammar.
 */
#ifndef WEIR_FILTER_TOKENS_H
#define WEIR_FILTER_TOKENS_H

#include "filter/parsing.h"

#include "grammar/parse.h"

#endif
