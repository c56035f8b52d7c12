/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdlayout.h - where fields stand in the elements of nfdump's V3 records, by release.
 *
 * Made once per file from the catalogue's NFD rows and nfdhistory.def; read-only afterwards.
 */
#ifndef WEIR_STORE_NFDLAYOUT_H
#define WEIR_STORE_NFDLAYOUT_H

#include "field/field.h"

#include <stdint.h>

#define NFD_ELEMENTS 43       /* numbers 1 .. 42 */
#define NFD_ELEMENT_HEAD 4    /* type and length */
#define NFD_RECORD_HEAD 12    /* a V3 record without elements */

struct nfd_source {
    uint8_t element; /* 0: the field has no (other) source */
    uint8_t codec;   /* enum nfd_codec */
    uint16_t offset; /* in the element's body */
};

struct nfd_layout {
    struct nfd_source source[FIELD_STORED_][2]; /* addresses stand in one of two elements */
    uint16_t length[NFD_ELEMENTS];              /* smallest length of an element, with its head */
    uint64_t groups[NFD_ELEMENTS];              /* groups that an element gives to its record */
};

/* For files that this release (0xMmmpp) wrote; 0: the current one. */
void nfdlayout_init(struct nfd_layout *l, uint32_t release);

/* The release in a file header's nfdversion. */
static inline uint32_t nfdlayout_release(uint32_t nfdversion)
{
    return nfdversion >> 8 & 0xfffff;
}

#endif
