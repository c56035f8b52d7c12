/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdwalk1.h - records of layout 1 (nfdump 1.6): packed by extension maps.
 */
#ifndef WEIR_STORE_NFDWALK1_H
#define WEIR_STORE_NFDWALK1_H

#include "store/nfdwalk.h"

struct nfd1_maps;

/* Records of a block of type 2; maps: those that hold where the block begins (NULL: none). */
int nfdwalk1(struct nfd_walk *w, const struct nfd1_maps *maps);

#endif
